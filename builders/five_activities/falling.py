"""Falls: the body sways, the knees give way, and the stiff body topples about its feet.

The body topples like an inverted pendulum that lands on a mat: the whole body rotates about a
horizontal axis on the floor, and the angle grows with the third power of time. The floor is not
part of the scene, so the body may reach a few centimetres into the floor.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from builders.activities.movement import Movement, arms, head, root, trunk
from builders.activities.performers import Style
from builders.five_activities.kinds import in_real_time, merged
from builders.five_activities.timeline import held_s, shaking
from radarsim.scene.motion import Motion

# Standard deviation of the Gaussian that smooths the impact [s].
_IMPACT_S = 0.05
# Shares of falls forward, backward, to the left and to the right. Hardly anybody falls towards the
# radar in the recordings of the people A to E.
_DIRECTION_SHARES = (0.1, 0.6, 0.15, 0.15)


@dataclass(frozen=True, kw_only=True)
class Fall:
    """Parameters of one fall.

    Attributes:
        start_s: time at which the body starts to topple.
        topple_s: time from the start of the topple until the body reaches the floor.
        direction_rad: direction of the fall relative to the direction that the person faces,
            positive to the left: 0 is forward, pi backward.
        angle_rad: final tilt of the body, about a right angle.
        sink: lowering of the pelvis by the bending knees [leg lengths].
        steps_m: distance by which the body moves forward before the fall, as when a person rises
            from a chair or stumbles; negative backward.
    """

    start_s: float
    topple_s: float
    direction_rad: float
    angle_rad: float
    sink: float
    steps_m: float


def draw_fall(rng: np.random.Generator) -> Fall:
    """Draw a random fall: forward, backward or sideways, stiff or with the knees giving way."""
    side_rad = rng.choice([0.0, np.pi, np.pi / 2, -np.pi / 2], p=_DIRECTION_SHARES)
    return Fall(
        start_s=rng.uniform(2.5, 6.0),
        topple_s=rng.uniform(1.0, 2.6),
        direction_rad=side_rad + rng.normal(0.0, 0.3),
        angle_rad=np.deg2rad(rng.uniform(75, 92)),
        sink=rng.uniform(0.05, 0.5),
        steps_m=rng.uniform(-0.4, 0.2),
    )


def falling_movement(style: Style, fall: Fall) -> Movement:
    """Return the movement of the body during a fall, without the topple."""
    start_s, end_s = fall.start_s, fall.start_s + fall.topple_s
    sway = held_s(start_s - 1.8, start_s + 0.8, 0.7, 0.8)
    flung = held_s(start_s, 12.0, 0.7 * fall.topple_s, 1.0)
    knees = held_s(start_s - 0.2, 12.5, end_s - start_s, 0.8)
    channels = merged(
        arms(
            flexion=style.between(10, 70) * flung + sway * shaking(style, 22, 0.5, 1.5),
            abduction=25 * flung + sway * shaking(style, 15, 0.5, 1.5),
            elbow=25 * flung,
        ),
        trunk(
            flexion=style.between(-8, 18) * sway + sway * shaking(style, 6, 0.5, 1.3),
            bend=style.between(-10, 10) * sway + sway * shaking(style, 5, 0.4, 1.1),
            twist=sway * shaking(style, 12, 0.4, 1.2),
        ),
        head(flexion=15 * flung),
        root(sink=fall.sink * knees),
    )
    return in_real_time(style, channels)


def topple(motion: Motion, fall: Fall) -> Motion:
    """Add the topple of a fall to a motion.

    Args:
        motion: motion of a standing person who faces +x and performs `falling_movement`.
        fall: parameters of the fall.
    """
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    share = np.clip((times_s - fall.start_s) / fall.topple_s, 0.0, 1.0) ** 3
    angle_rad = fall.angle_rad * gaussian_filter1d(share, _IMPACT_S * motion.rate_hz)
    step = np.clip((times_s - fall.start_s + 2.0) / 1.4, 0.0, 1.0)
    ahead_m = fall.steps_m * step**2 * (3 - 2 * step)
    axis = np.array([-np.sin(fall.direction_rad), np.cos(fall.direction_rad), 0.0])
    turn = Rotation.from_rotvec(angle_rad[:, None] * axis)
    pelvis_m = motion.pelvis_m
    pivot_m = np.array([*pelvis_m[0, :2], 0.0])
    moved_m = turn.apply(pelvis_m - pivot_m) + pivot_m
    moved_m[:, 0] += ahead_m
    # Raise the lying body by half its depth, because the rotation puts the body axis on the floor.
    moved_m[:, 2] += 0.1 * np.sin(angle_rad)
    poses_rad = motion.poses_rad.copy()
    poses_rad[:, 0] = (turn * Rotation.from_rotvec(motion.poses_rad[:, 0])).as_rotvec()
    return replace(motion, poses_rad=poses_rad, transl_m=moved_m - motion.pelvis_offset_m)
