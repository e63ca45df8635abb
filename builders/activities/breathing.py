"""Breathing and heartbeat: chest motion of a person who stands still.

The free body has no ribs. With each breath, the upper spine is rotated back by a degree or two, and
the neck and collars are rotated forward by the same angle, so the sternum moves by millimetres
while the head and arms stay in place. In the same way, a heartbeat moves the sternum by tenths of a
millimetre. The spatial pattern of the motion over the chest is not modelled.
"""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.skeleton import J
from builders.activities.variation import generator, smooth_noise
from radarsim.scene.motion import Motion

# Sources: rates of resting adults: 12 to 20 breaths per minute (Russo, Santarelli and O'Rourke,
# "The physiological effects of slow breathing in the healthy human", Breathe 13, 2017) and 60 to 90
# heartbeats per minute; chest displacement 4 to 12 mm by breathing and 0.2 to 0.5 mm by the heart
# (Droitcour, "Non-contact measurement of heart and respiration rates with a single-chip microwave
# Doppler radar", Stanford, 2006).
BREATHS_PER_MIN, BEATS_PER_MIN = (12.0, 20.0), (60.0, 90.0)
BREATH_M, BEAT_M = (0.004, 0.009), (0.0002, 0.0005)
LEVER_M = 0.14  # height of the sternum above the rotated spine joint
INHALE_SHARE = 0.4  # fraction of a breath spent inhaling


def add_breathing(motion: Motion, seed: int = 0) -> Motion:
    """Add breathing and heartbeat to a motion.

    Args:
        motion: motion in any SMPL layout.
        seed: seed of the whole corpus; seed and motion name determine rates, depths and phases.
    """
    subject, _, take = motion.name.rpartition("/")
    person = generator("alive", seed, subject)
    breaths_hz, beats_hz = (person.uniform(*r) / 60 for r in (BREATHS_PER_MIN, BEATS_PER_MIN))
    depth_m, pulse_m = person.uniform(*BREATH_M), person.uniform(*BEAT_M)
    per_take = generator("alive", seed, subject, take)
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    drift = 0.08 * smooth_noise(per_take, times_s, spacing_s=3.0)  # varies the breath duration
    breath = breath_curve(per_take.uniform() + breaths_hz * times_s + drift)
    beat = heartbeat_curve(per_take.uniform() + beats_hz * times_s)
    return _move_sternum(motion, depth_m * breath + pulse_m * beat)


def breath_curve(phase: np.ndarray) -> np.ndarray:
    """Smooth chest expansion from 0 (exhaled) to 1 (inhaled); inhaling is faster than exhaling."""
    share = np.mod(phase, 1.0)
    inhaling = 0.5 * share / INHALE_SHARE
    exhaling = 0.5 + 0.5 * (share - INHALE_SHARE) / (1 - INHALE_SHARE)
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.where(share < INHALE_SHARE, inhaling, exhaling))


def heartbeat_curve(phase: np.ndarray) -> np.ndarray:
    """Heartbeat curve: one short pulse of height 1 in each heartbeat."""
    share = np.mod(phase, 1.0)
    return np.exp(-(((share - 0.2) / 0.07) ** 2)) - 0.4 * np.exp(-(((share - 0.42) / 0.09) ** 2))


def _move_sternum(motion, forward_m):
    """Displace the sternum forward by `forward_m` [pose]; the head and arms stay in place."""
    lean = Rotation.from_rotvec((forward_m / LEVER_M)[:, None] * [-1.0, 0.0, 0.0])  # SMPL's x axis
    poses_rad = motion.poses_rad.copy()
    chest = Rotation.from_rotvec(poses_rad[:, J["spine3"]])
    poses_rad[:, J["spine3"]] = (chest * lean).as_rotvec()
    for joint in ("neck", "left_collar", "right_collar"):
        kept = lean.inv() * Rotation.from_rotvec(poses_rad[:, J[joint]])
        poses_rad[:, J[joint]] = kept.as_rotvec()
    return replace(motion, poses_rad=poses_rad)
