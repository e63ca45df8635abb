"""Simulated people on straight paths in front of a radar: built-in walk and run, captured walk.

A single person moves at a constant speed along the axis of the radar, away from the radar or
towards it; two people move along lines on both sides of the axis. The captured walk is straightened
by rotating each pose onto the path, and the time axis of the walk is scaled to obtain the required
cadence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

import radarsim as rs
from benchmarks.walker_comparison import one_leg
from benchmarks.walker_measures import WALKING, Pace, Walk, measure_walk
from builders.activities.curves import swing
from builders.activities.gait_analysis import HIP_ABOVE_ANKLE_M, boulic_cycle_s
from builders.activities.library.walking import JOG_CYCLE_S, jog_gait, jogging, striding
from builders.activities.movement import Gait, Movement, root
from builders.activities.performers import make_performer
from builders.activities.synthesis import synthesize
from radarsim.scene.placement import facing_rad

# Simulate without noise: the units and the noise of the recordings are unknown, and the echo of a
# walker in the sidelobes of an antenna would be buried in the noise of an assumed receiver.
NOISELESS = rs.SimulationSettings(thermal_noise=False, quantise=False)
# Standard deviation of the Gaussian filter that smooths the heading and the speed of a captured
# walk [s]. The filter is longer than a step.
_SMOOTHING_S = 0.5
# Fraction of the cycle during which a foot is on the floor; smaller than that of the built-in jog,
# because the run is faster.
RUN_DUTY = 0.35


@dataclass(frozen=True, kw_only=True)
class WalkPlan:
    """Parameters of a straight walk.

    Attributes:
        speed_mps: speed of the body, positive away from the radar.
        start_m: horizontal distance of the pelvis from the radar at time zero.
        step_hz: steps per second; None: the natural cadence at this speed (Boulic's model, or the
            cadence of the captured walk).
        duration_s: duration of the walk.
        surge_mps: amplitude of the oscillation of the pelvis's forward speed within a step of the
            built-in walk. Without a surge, the pelvis moves at the constant speed of the path.
    """

    speed_mps: float
    start_m: float
    duration_s: float
    step_hz: float | None = None
    surge_mps: float = 0.0


def more_s(speed_mps: float) -> float:
    """Time by which a simulated leg is longer than a recorded one, so that both overlap [s].

    The person moves 1 m in this time, so that fast people do not reach the radar.
    """
    return min(1.0, 1.0 / abs(speed_mps))


def built_in_walk(plan: WalkPlan, performer: int = 0) -> rs.Motion:
    """Create the walk of a synthetic performer along +x."""
    speed_mps = abs(plan.speed_mps)

    def build(style):
        cycle_s = boulic_cycle_s(speed_mps, style.leg_m + HIP_ABOVE_ANKLE_M)
        cycle_s = 2 / plan.step_hz if plan.step_hz else cycle_s
        gait = Gait(path=_straight(speed_mps), sink=0.012, width=0.95)
        surge_m = plan.surge_mps * cycle_s / (4 * np.pi)
        # The body is fastest just after a foot has landed and slowest when it passes over the
        # stance leg.
        surge = root(ahead=swing(surge_m, at=0.25, beats=2))
        return Movement(cycle_s * style.tempo, striding() | surge, gait)

    person = make_performer(performer)
    return synthesize("straight_walk", build, person, duration_s=plan.duration_s).motion


def built_in_run(plan: WalkPlan, performer: int = 0) -> rs.Motion:
    """Create the run of a synthetic performer along +x.

    The runner is derived from the built-in jog, with a shorter stance, higher feet and a lower
    pelvis.
    """
    cycle_s = 2 / plan.step_hz if plan.step_hz else JOG_CYCLE_S

    def build(style):
        path = _straight(abs(plan.speed_mps))
        gait = jog_gait(path, duty=RUN_DUTY, lift_m=0.2, trail_m=0.1, sink=0.07, width=0.7)
        return Movement(cycle_s * style.tempo, jogging(RUN_DUTY), gait)

    person = make_performer(performer)
    return synthesize("straight_run", build, person, duration_s=plan.duration_s).motion


def captured_walk(motion: rs.Motion, plan: WalkPlan) -> rs.Motion:
    """Straighten a captured walk to a path along +x that lasts at most as long as the capture.

    The time axis is scaled to the cadence of the plan. The remaining speed ratio scales the
    deviation of every joint rotation from its mean, and thereby the step length.

    Args:
        motion: motion of one person who walks on any path without stopping.
        plan: speed, cadence and maximum duration of the walk.
    """
    heading_rad, ahead_m, aside_m = _along_path(motion)
    natural_mps = (ahead_m[-1] - ahead_m[0]) * motion.rate_hz / (motion.num_poses - 1)
    pace = plan.step_hz / _step_hz(motion) if plan.step_hz else 1.0
    scale = abs(plan.speed_mps) / (natural_mps * pace)
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    wobble_m = ahead_m - np.linspace(ahead_m[0], ahead_m[-1], len(ahead_m))
    pelvis_m = np.stack(
        [natural_mps * scale * times_s + scale * wobble_m, aside_m, motion.pelvis_m[:, 2]], axis=-1
    )
    turned = Rotation.from_rotvec([[0, 0, -each] for each in heading_rad])
    poses_rad = _scaled_swings(motion.poses_rad, scale)
    poses_rad[:, 0] = (turned * Rotation.from_rotvec(motion.poses_rad[:, 0])).as_rotvec()
    straight = replace(
        motion,
        poses_rad=poses_rad,
        transl_m=pelvis_m - motion.pelvis_offset_m,
        rate_hz=motion.rate_hz * pace,
        name="captured_walk",
    )
    return straight


def steady_part(motion: rs.Motion, first_s: float = 1.5, last_s: float = 0.5) -> rs.Motion:
    """Return the motion without the beginning and the end, in which the person starts and stops."""
    keep = slice(round(first_s * motion.rate_hz), motion.num_poses - round(last_s * motion.rate_hz))
    return replace(motion, poses_rad=motion.poses_rad[keep], transl_m=motion.transl_m[keep])


def simulated_walk(
    radar: rs.Radar,
    motion: rs.Motion,
    plan: WalkPlan,
    reflection,
    height_m: float = 1.0,
    pace: Pace = WALKING,
) -> Walk | None:
    """Simulate a straight walk in front of the radar, and measure the walk as in a recording.

    Args:
        radar: radar to simulate.
        motion: motion along +x, from `built_in_walk`, `built_in_run` or `captured_walk`.
        plan: start position and direction of the walk.
        reflection: reflection model of the body.
        height_m: height of the radar above the floor.
        pace: limits of the measures.

    Returns:
        The leg within the limits of range of recorded legs; None if it is too short.
    """
    placement = rs.Placement(
        distance_m=plan.start_m,
        heading_rad=np.pi if plan.speed_mps > 0 else 0.0,
    )
    cube_v = simulated_cube(radar, [(motion, placement)], reflection, height_m)
    return one_leg(measure_walk(radar, cube_v, pace))


def simulated_cube(
    radar: rs.Radar,
    people: Sequence[tuple[rs.Motion, rs.Placement]],
    reflection,
    height_m: float = 1.0,
) -> np.ndarray:
    """Simulate the IF cube [frame, chirp, tx, rx, sample] of placed people without noise [V]."""
    subjects = [rs.Subject(motion, rs.free_body(), placement) for motion, placement in people]
    scene = rs.Scene(subjects, radar_pose=rs.RadarPose(height_m=height_m))
    return np.asarray(rs.simulate(radar, scene, jax.random.key(0), reflection, NOISELESS))


def placement_on_path(motion: rs.Motion, start_m, end_m) -> rs.Placement:
    """Placement with which a motion along +x leads from a point to another (ahead, left) [m].

    Headings refer to the direction of the radar and to the direction that the hips face at the
    first pose, which differs from the path by the twist of the hips within a step.
    """
    ahead_m, left_m = np.subtract(end_m, start_m)
    to_radar_rad = np.arctan2(-start_m[1], -start_m[0])
    heading_rad = np.arctan2(left_m, ahead_m) - to_radar_rad + facing_rad(motion)
    return rs.Placement(
        distance_m=float(start_m[0]), lateral_m=float(start_m[1]), heading_rad=float(heading_rad)
    )


def _straight(speed_mps):
    def path(times_s):
        return np.stack([speed_mps * times_s, 0 * times_s], axis=-1), np.zeros(len(times_s))

    return path


def _along_path(motion):
    """Heading of the smoothed path [rad], distance along the path, and leftward deviation [m]."""
    sigma = _SMOOTHING_S * motion.rate_hz
    step_m = np.diff(motion.pelvis_m[:, :2], axis=0, append=np.nan)
    step_m[-1] = step_m[-2]
    smooth_m = gaussian_filter1d(step_m, sigma, axis=0, mode="nearest")
    course_rad = np.unwrap(np.arctan2(smooth_m[:, 1], smooth_m[:, 0]))
    unit = np.stack([np.cos(course_rad), np.sin(course_rad)], axis=-1)
    ahead_m = np.cumsum((step_m * unit).sum(-1))
    aside_m = np.cumsum(step_m[:, 1] * unit[:, 0] - step_m[:, 0] * unit[:, 1])
    aside_m -= gaussian_filter1d(aside_m, 2 * sigma, mode="nearest")
    even_m = gaussian_filter1d(ahead_m, 2 * sigma, mode="nearest")
    return course_rad, ahead_m - even_m + np.linspace(even_m[0], even_m[-1], len(even_m)), aside_m


def _step_hz(motion) -> float:
    """Cadence: the strongest frequency of the vertical movement of the pelvis."""
    height_m = motion.pelvis_m[:, 2] - gaussian_filter1d(motion.pelvis_m[:, 2], motion.rate_hz)
    frequencies_hz = np.arange(*WALKING.step_band_hz, 0.01)
    times_s = np.arange(len(height_m)) / motion.rate_hz
    turns = np.exp(-2j * np.pi * frequencies_hz[:, None] * times_s)
    return float(frequencies_hz[np.argmax(np.abs(turns @ height_m))])


def _scaled_swings(poses_rad, scale):
    """Scale the deviation of every joint's rotation from the joint's mean rotation."""
    scaled_rad = poses_rad.copy()
    for joint in range(1, poses_rad.shape[1]):
        rotations = Rotation.from_rotvec(poses_rad[:, joint])
        mean = rotations.mean()
        swing_rad = (mean.inv() * rotations).as_rotvec()
        scaled_rad[:, joint] = (mean * Rotation.from_rotvec(scale * swing_rad)).as_rotvec()
    return scaled_rad
