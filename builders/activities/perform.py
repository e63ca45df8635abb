"""From a movement to a motion: curves, then feet, then the pelvis, then the legs that join them."""

from dataclasses import dataclass

import numpy as np

from builders.activities.anatomy import RANGE_DEG, trunk_rotations, within_range
from builders.activities.feet import standing_feet, stepping_feet
from builders.activities.movement import Gait, Movement, all_channels, mirrored
from builders.activities.pelvis import balanced_pelvis
from builders.activities.skeleton import SMPL_TO_WORLD, to_smpl
from builders.activities.style import (
    Style,
    Subject,
    cycle_clock,
    draw_style,
    generator,
    subject,
    wander,
)
from radarsim.scene.motion import Motion

GRAVITY_MPS2 = 9.81
PAD_S = 1.5  # performed and thrown away at both ends, so that clips start amid the movement
CYCLE_SPREAD = 0.04  # standard deviation of a cycle's length
GAIN_SPREAD = 0.05  # and of its amplitude
# Involuntary movement, standard deviation [degrees, metres].
TREMOR_DEG = {"trunk": 0.4, "pelvis": 0.3, "head": 0.9, "shoulder": 0.8, "elbow": 1.0}
SWAY_M = {"root.ahead": 0.004, "root.left": 0.0025}
# Source of the sway: Winter, "Human balance and posture control", Gait & Posture 3, 1995.


@dataclass(frozen=True, eq=False)
class Performance:
    """A motion and what the performer knows about it.

    Attributes:
        motion: for the simulator.
        contact: whether each foot stands on the floor [pose, side].
        phase: of the movement's cycle [pose].
    """

    motion: Motion
    contact: np.ndarray
    phase: np.ndarray


def rehearse(
    name: str,
    build,
    who: int | Subject,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float | None = 5.0,
    rate_hz: float = 120.0,
) -> Performance:
    """One take of one activity by one subject.

    Args:
        name: the activity's, part of the take's id.
        build: style to movement.
        who: the subject or its number.
        repeat: which take.
        seed: of the whole corpus.
        duration_s: length [s]; None for the movement's own.
        rate_hz: poses per second.

    Returns:
        The performance; it starts at the world's origin, facing +x, floor at z = 0.
    """
    who = who if isinstance(who, Subject) else subject(who, seed)
    rng = generator("take", seed, who.number, name, repeat)
    style = draw_style(who, rng)
    movement = build(style)
    if movement.handed and not who.right_handed:
        movement = mirrored(movement)
    period_s = movement.period_s / style.tempo
    duration_s = movement.cycles * period_s if duration_s is None else duration_s
    num_pad, num = round(PAD_S * rate_hz), round(duration_s * rate_hz)
    times_s = np.arange(-num_pad, num + num_pad) / rate_hz
    start = rng.uniform(*movement.start)
    phase, cycle_s = cycle_clock(rng, times_s, period_s, start, CYCLE_SPREAD)
    course = channel_courses(movement, style, times_s, phase)
    course["root.hop"] = GRAVITY_MPS2 * cycle_s**2 * course["root.hop"]
    feet, middle_m, heading_rad = _feet(movement, style, times_s, phase, course)
    upper = trunk_rotations(course, heading_rad)
    rotations, pelvis_m = balanced_pelvis(
        who.skeleton, movement.base, course, feet, upper, middle_m, rate_hz
    )
    keep = slice(num_pad, num_pad + num)
    take = f"{who.name}/{name}_{repeat:03d}"
    motion = _as_motion(take, who, rotations[keep], pelvis_m[keep], rate_hz)
    contact = np.stack([track.contact for track in feet], axis=-1)[keep]
    return Performance(motion, contact, phase[keep])


def channel_courses(
    movement: Movement, style: Style, times_s: np.ndarray, phase: np.ndarray
) -> dict[str, np.ndarray]:
    """Every channel over time: the subject's habit, the movement in the subject's size, and
    small movements nobody means."""
    rng, who, course = style.rng, style.subject, {}
    # A foot that stands must not be scaled while it stands: one gain a cycle, feet being home
    # when cycles change.
    first = int(np.floor(phase.min()))
    gains = np.clip(rng.normal(1.0, GAIN_SPREAD, int(phase.max()) - first + 2), 0.88, 1.12)
    stride = style.stride * gains[np.floor(phase).astype(int) - first]
    for channel in all_channels():
        curve = movement.channels.get(channel)
        key = channel.split(".", 1)[1] if channel.startswith(("left.", "right.")) else channel
        if key in RANGE_DEG:
            course[channel] = _angle_course(channel, key, curve, style, times_s, phase)
            continue
        value = np.zeros(len(phase)) if curve is None else curve.at(phase)
        if key in ("foot.ahead", "foot.out"):
            value = value * stride
        if key == "root.sink":
            value = value * np.clip(style.amplitude, 0.85, 1.08)
        if key in SWAY_M:
            value = value + who.restless * SWAY_M[key] * wander(rng, times_s, slowness_s=0.9)
        course[channel] = value
    return course


def _angle_course(channel, key, curve, style, times_s, phase):
    rng, who = style.rng, style.subject
    tremor_deg = who.restless * TREMOR_DEG.get(key.split(".")[0], 0.5)
    angle_deg = who.habit_deg.get(channel, 0.0) + tremor_deg * wander(rng, times_s)
    if curve is not None:
        gain = style.amplitude + GAIN_SPREAD * wander(rng, times_s, slowness_s=1.1)
        moved_deg = curve.at(phase - who.lag.get(channel, 0.0)) - curve.rest
        angle_deg = angle_deg + curve.rest + gain * moved_deg
    return within_range(channel, angle_deg)


def _feet(movement, style, times_s, phase, course):
    """Foot tracks, the middle the body is over, and the heading."""
    who, base = style.subject, movement.base
    if isinstance(base, Gait):
        return stepping_feet(who.skeleton, base, times_s, phase, who.turnout_deg)
    feet = standing_feet(who.skeleton, base, course, who.turnout_deg)
    return feet, np.zeros((len(phase), 2)), np.deg2rad(course["root.turn"])


def _as_motion(take, who, rotations, pelvis_m, rate_hz):
    """SMPL's axes, and the first pose above the origin."""
    rest_pelvis_m = SMPL_TO_WORLD.T @ who.skeleton.rest_m[0]
    start_m = np.array([*pelvis_m[0, :2], 0.0])
    return Motion(
        poses_rad=to_smpl(rotations),
        transl_m=pelvis_m - start_m - rest_pelvis_m,
        rate_hz=float(rate_hz),
        betas=np.array(who.betas),
        shape_space="free",
        layout="smpl",
        name=take,
        rest_pelvis_m=tuple(rest_pelvis_m.tolist()),
    )
