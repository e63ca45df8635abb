"""Synthetic motion along a radar track: a standing body or a simple walking gait.

The motion is derived from the track alone. If no motion file is given, the synthetic motion is
simulated, so that level, range and speed of the capture can still be compared. The gait is a sum of
a few sines; realistic activities are in `builders.activities`.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from radarsim.detection.track import Track
from radarsim.scene.motion import Motion
from radarsim.scene.skeleton import JOINT
from radarsim.validation.breathing import Breathing

RATE_HZ = 60.0
# Distance from the pelvis to the body surface seen by the radar.
SURFACE_M = 0.12
# Minimum distance, or minimum speed, of a target that walks.
MIN_WALK_M, MIN_WALK_MPS = 0.4, 0.25
GAITS = ("walking", "standing")
# Joint angles at 1.3 m/s [degrees], after Winter, "Biomechanics and Motor Control of Human
# Movement", 4th ed. Joint angles and stride length scale with the square root of the speed.
HIP_DEG, KNEE_STANCE_DEG, KNEE_SWING_DEG, SHOULDER_DEG, ELBOW_DEG = 22.0, 6.0, 52.0, 18.0, 20.0
USUAL_MPS, STRIDE_M = 1.3, 1.4
ARM_DOWN_DEG = 75.0


def motion_along_track(
    track: Track, duration_s: float, gait: str, breathing: Breathing | None = None
) -> Motion:
    """Create the motion of a body that follows a track.

    Args:
        track: track to follow; a track of unknown azimuth is placed straight ahead.
        duration_s: duration of the motion, which starts at the first frame of the recording [s].
        gait: "walking" or "standing"; a standing body glides along a moving track.
        breathing: breathing that moves a stationary body along the line of sight.

    Returns:
        Motion in world coordinates with the radar above the origin. The pelvis height is a
        placeholder of 1 m, which is replaced when the motion is fitted to a body.
    """
    times_s = np.arange(int(np.ceil(duration_s * RATE_HZ)) + 2) / RATE_HZ
    range_m, azimuth_rad = smooth_track(track, times_s)
    range_m = range_m + SURFACE_M
    if breathing is not None and track.is_stationary:
        range_m = np.full_like(range_m, track.median_range_m + SURFACE_M)
        range_m += np.interp(times_s, breathing.times_s, breathing.waveform_m)
        azimuth_rad = np.full_like(range_m, azimuth_rad.mean())
    place_m = range_m[:, None] * np.stack([np.cos(azimuth_rad), np.sin(azimuth_rad)], axis=1)
    heading_rad = _headings(place_m, azimuth_rad)
    poses_rad = np.zeros((len(times_s), len(JOINT), 3))
    poses_rad[:, 0] = upright(heading_rad)
    step_m = np.linalg.norm(np.gradient(place_m, axis=0), axis=1)
    rotations_rad = walking_pose(step_m) if gait == "walking" else standing_pose(len(times_s))
    for name, rotation_rad in rotations_rad.items():
        poses_rad[:, JOINT[name]] = rotation_rad
    transl_m = np.concatenate([place_m, np.full((len(times_s), 1), 1.0)], axis=1)
    return Motion(
        poses_rad=poses_rad, transl_m=transl_m, rate_hz=RATE_HZ, shape_space="free", name=gait
    )


def is_walking(track: Track) -> bool:
    """Whether the target of a track walks, judged by the travelled distance or the speed."""
    travelled_m = float(np.abs(np.diff(track.range_m)).sum()) if len(track.range_m) > 1 else 0.0
    return travelled_m > MIN_WALK_M or abs(track.median_speed_mps) > MIN_WALK_MPS


def smooth_track(
    track: Track, times_s: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Range [m] and azimuth [rad] of a track at given times; Gaussian smoothing, sigma 0.25 s.

    The range of each detection is extrapolated with its speed, and the extrapolated ranges are
    averaged. Beyond the ends of the track, the speed is held constant for 0.25 s, and then the
    position is held constant.
    """
    at_s = np.clip(times_s, track.times_s[0] - 0.25, track.times_s[-1] + 0.25)
    weight = np.exp(-0.5 * ((at_s[:, None] - track.times_s) / 0.25) ** 2) + 1e-12
    weight /= weight.sum(1, keepdims=True)
    extrapolated_m = track.range_m + (at_s[:, None] - track.times_s) * track.speed_mps
    range_m = (weight * extrapolated_m).sum(1)
    known = np.isfinite(track.azimuth_rad)
    if not known.any():
        return range_m, np.zeros(len(times_s))
    share = weight[:, known] / weight[:, known].sum(1, keepdims=True)
    return range_m, share @ track.azimuth_rad[known]


def _headings(place_m, azimuth_rad) -> np.ndarray:
    """Headings along the path, or towards the radar if the path is too short to be a walk."""
    step_m = np.gradient(place_m, axis=0)
    travelled_m = np.linalg.norm(place_m[-1] - place_m[0])
    if travelled_m < MIN_WALK_M:
        return azimuth_rad + np.pi
    kernel = np.hanning(2 * int(RATE_HZ // 2) + 1)
    smooth = np.stack([np.convolve(np.pad(part, len(kernel) // 2, "edge"), kernel, "valid")
                       for part in step_m.T], axis=1)  # fmt: skip
    return np.arctan2(smooth[:, 1], smooth[:, 0])


def upright(heading_rad: Float[np.ndarray, " pose"]) -> Float[np.ndarray, "pose 3"]:
    """Pelvis rotation of an upright body with a given heading.

    Args:
        heading_rad: heading at each pose, measured from +x, positive to the left [rad].

    Returns:
        Axis-angle vector of each pose [rad].
    """
    zero, one = np.zeros_like(heading_rad), np.ones_like(heading_rad)
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    left, up = np.stack([-sin, cos, zero]), np.stack([zero, zero, one])
    front = np.stack([cos, sin, zero])
    return Rotation.from_matrix(np.stack([left, up, front], axis=1).transpose(2, 0, 1)).as_rotvec()


def standing_pose(num_poses: int) -> dict[str, Float[np.ndarray, "pose 3"]]:
    """Axis-angle vectors of a standing pose [rad]: arms down, all other joints at rest."""
    return _arms(np.zeros(num_poses), np.full(num_poses, 5.0))


def walking_pose(step_m: Float[np.ndarray, " pose"]) -> dict[str, Float[np.ndarray, "pose 3"]]:
    """Axis-angle vectors of a walking gait, keyed by joint [rad].

    Args:
        step_m: distance travelled from one pose to the next [m].
    """
    amplitude = np.sqrt(np.clip(step_m * RATE_HZ / USUAL_MPS, 0.0, 1.8))
    cycle = np.cumsum(step_m / (STRIDE_M * np.maximum(amplitude, 0.4)))
    rotations_rad = {}
    for side, shift in (("left", 0.0), ("right", 0.5)):
        phase = 2 * np.pi * (cycle + shift)
        hip_deg = amplitude * HIP_DEG * np.cos(phase)
        # The knee bends while the leg swings forward (hip angle increasing).
        swing = np.maximum(0.0, np.cos(phase + 0.4 * np.pi))
        knee_deg = amplitude * (KNEE_STANCE_DEG + KNEE_SWING_DEG * swing**2)
        rotations_rad[f"{side}_hip"] = _about_x(-hip_deg)
        rotations_rad[f"{side}_knee"] = _about_x(knee_deg)
    swing_deg = amplitude * SHOULDER_DEG * np.cos(2 * np.pi * cycle)
    return rotations_rad | _arms(swing_deg, amplitude * ELBOW_DEG)


def _arms(swing_deg, elbow_deg) -> dict[str, np.ndarray]:
    """Shoulder and elbow rotations of arms that hang down and swing opposite to the legs."""
    angles = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        down = Rotation.from_rotvec([0, 0, -sign * np.radians(ARM_DOWN_DEG)])
        swung = Rotation.from_rotvec(_about_x(sign * swing_deg)) * down
        angles[f"{side}_shoulder"] = swung.as_rotvec()
        bent = np.zeros((len(elbow_deg), 3))
        bent[:, 1] = -sign * np.radians(elbow_deg)
        angles[f"{side}_elbow"] = bent
    return angles


def _about_x(degrees) -> np.ndarray:
    rotation = np.zeros((len(degrees), 3))
    rotation[:, 0] = np.radians(degrees)
    return rotation
