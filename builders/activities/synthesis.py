"""Motion synthesis: convert a movement to time series of channels, then to SMPL poses."""

from dataclasses import dataclass

import numpy as np

from builders.activities.balance import balanced_pelvis
from builders.activities.foot_trajectories import standing_feet, stepping_feet
from builders.activities.joint_angles import (
    RANGE_DEG,
    joint_of,
    limit_to_range,
    upper_body_rotations,
)
from builders.activities.jumps import GRAVITY_MPS2
from builders.activities.movement import Gait, Movement, all_channels, mirrored
from builders.activities.performers import Performer, Style, draw_style, make_performer
from builders.activities.skeleton import SMPL_TO_WORLD, to_smpl
from builders.activities.variation import cycle_phase, generator, smooth_noise
from radarsim.scene.motion import Motion

PAD_S = 1.5  # extra time at both ends, later discarded, so that takes start in mid-movement
CYCLE_SPREAD = 0.04  # relative standard deviation of the cycle length
GAIN_SPREAD = 0.05  # relative standard deviation of the amplitude
# Standard deviation of involuntary movement [degrees or metres].
TREMOR_DEG = {"trunk": 0.4, "pelvis": 0.3, "head": 0.9, "shoulder": 0.8, "elbow": 1.0}
SWAY_M = {"root.ahead": 0.004, "root.left": 0.0025}
# Source of the sway: Winter, "Human balance and posture control", Gait & Posture 3, 1995.


@dataclass(frozen=True, eq=False)
class Performance:
    """A motion with foot contacts and cycle phase.

    Attributes:
        motion: motion for the simulator.
        contact: whether each foot stands on the floor [pose, side].
        phase: phase of the movement's cycle [pose].
    """

    motion: Motion
    contact: np.ndarray
    phase: np.ndarray


def synthesize(
    name: str,
    build,
    performer: int | Performer,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float | None = 5.0,
    rate_hz: float = 120.0,
) -> Performance:
    """Synthesize one take of a movement by one performer.

    Args:
        name: name of the movement, which is part of the take's id.
        build: function from a style to the movement.
        performer: the person, or the person's number.
        repeat: number of the take.
        seed: seed of the whole corpus.
        duration_s: duration [s]; None for one complete performance of the movement.
        rate_hz: poses per second.

    Returns:
        The performance, which starts at the world origin, facing +x, with the floor at z = 0.
    """
    if not isinstance(performer, Performer):
        performer = make_performer(performer, seed)
    rng = generator("take", seed, performer.number, name, repeat)
    style = draw_style(performer, rng)
    movement = build(style)
    if movement.handed and not performer.right_handed:
        movement = mirrored(movement)
    period_s = movement.period_s / style.tempo
    duration_s = movement.cycles * period_s if duration_s is None else duration_s
    num_pad, num = round(PAD_S * rate_hz), round(duration_s * rate_hz)
    times_s = np.arange(-num_pad, num + num_pad) / rate_hz
    start = rng.uniform(*movement.start)
    phase, cycle_s = cycle_phase(rng, times_s, period_s, start, CYCLE_SPREAD)
    series = channel_series(movement, style, times_s, phase)
    series["root.hop"] = GRAVITY_MPS2 * cycle_s**2 * series["root.hop"]
    feet, middle_m, heading_rad = _feet(movement, style, times_s, phase, series)
    upper = upper_body_rotations(series, heading_rad)
    rotations, pelvis_m = balanced_pelvis(
        performer.skeleton, movement.base, series, feet, upper, middle_m, rate_hz
    )
    keep = slice(num_pad, num_pad + num)
    take = f"{performer.name}/{name}_{repeat:03d}"
    motion = _as_motion(take, performer, rotations[keep], pelvis_m[keep], rate_hz)
    contact = np.stack([foot.contact for foot in feet], axis=-1)[keep]
    return Performance(motion, contact, phase[keep])


def channel_series(
    movement: Movement, style: Style, times_s: np.ndarray, phase: np.ndarray
) -> dict[str, np.ndarray]:
    """Value of every channel over time [pose].

    Each value is the sum of the performer's habitual posture, the movement scaled by the
    performer's amplitude, and involuntary movement.
    """
    rng, performer, series = style.rng, style.performer, {}
    # The stride must not change during a contact. The gain therefore changes only at the end of a
    # cycle, when the feet are in their home positions.
    first = int(np.floor(phase.min()))
    gains = np.clip(rng.normal(1.0, GAIN_SPREAD, int(phase.max()) - first + 2), 0.88, 1.12)
    stride = style.stride * gains[np.floor(phase).astype(int) - first]
    for channel in all_channels():
        curve, key = movement.channels.get(channel), joint_of(channel)
        if key in RANGE_DEG:
            series[channel] = _angle_series(channel, curve, style, times_s, phase)
            continue
        value = np.zeros(len(phase)) if curve is None else curve.at(phase)
        if key in ("foot.ahead", "foot.out"):
            value = value * stride
        if key == "root.sink":
            value = value * np.clip(style.amplitude, 0.85, 1.08)
        if key in SWAY_M:
            sway_m = performer.restless * SWAY_M[key]
            value = value + sway_m * smooth_noise(rng, times_s, spacing_s=0.9)
        series[channel] = value
    return series


def _angle_series(channel, curve, style, times_s, phase):
    """One joint angle over time [degrees]."""
    rng, performer = style.rng, style.performer
    tremor_deg = performer.restless * TREMOR_DEG.get(joint_of(channel).split(".")[0], 0.5)
    angle_deg = performer.habit_deg.get(channel, 0.0) + tremor_deg * smooth_noise(rng, times_s)
    if curve is not None:
        gain = style.amplitude + GAIN_SPREAD * smooth_noise(rng, times_s, spacing_s=1.1)
        deviation_deg = curve.at(phase - performer.lag.get(channel, 0.0)) - curve.rest
        angle_deg = angle_deg + curve.rest + gain * deviation_deg
    return limit_to_range(channel, angle_deg)


def _feet(movement, style, times_s, phase, series):
    """Foot trajectories, the floor point below the body [pose, 2], and the heading [rad]."""
    performer, base = style.performer, movement.base
    if isinstance(base, Gait):
        return stepping_feet(performer.skeleton, base, times_s, phase, performer.turnout_deg)
    feet = standing_feet(performer.skeleton, base, series, performer.turnout_deg)
    return feet, np.zeros((len(phase), 2)), np.deg2rad(series["root.turn"])


def _as_motion(take, performer, rotations, pelvis_m, rate_hz):
    """Convert the poses to a motion in SMPL's axes, with the first pose above the origin."""
    rest_pelvis_m = SMPL_TO_WORLD.T @ performer.skeleton.rest_m[0]
    start_m = np.array([*pelvis_m[0, :2], 0.0])
    return Motion(
        poses_rad=to_smpl(rotations),
        transl_m=pelvis_m - start_m - rest_pelvis_m,
        rate_hz=float(rate_hz),
        betas=np.array(performer.betas),
        shape_space="free",
        layout="smpl",
        name=take,
        rest_pelvis_m=tuple(rest_pelvis_m.tolist()),
    )
