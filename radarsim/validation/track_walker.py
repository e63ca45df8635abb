"""A body where no motion is given: the free body along a track, standing or walking plainly.

It knows what the radar tracked and nothing else: it stands in for the person so that level, range
and speed can be compared. The gait is a handful of sines; activities live in `builders`.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from radarsim.scene.motion import Motion
from radarsim.scene.skeleton import JOINT
from radarsim.validation.breathing import Breathing
from radarsim.validation.tracks import Track

RATE_HZ = 60.0
# Between what the radar sees of a body and its pelvis.
SURFACE_M = 0.12
MIN_WALK_M, MIN_WALK_MPS = 0.4, 0.25
GAITS = ("walking", "standing")
# Angles of a walk of 1.3 m/s [degrees], after Winter, "Biomechanics and Motor Control of Human
# Movement", 4th ed.; joints swing less where speed is less, steps are as long as the root of it.
HIP_DEG, KNEE_STANCE_DEG, KNEE_SWING_DEG, SHOULDER_DEG, ELBOW_DEG = 22.0, 6.0, 52.0, 18.0, 20.0
USUAL_MPS, STRIDE_M = 1.3, 1.4
ARM_DOWN_DEG = 75.0


def stand_in(
    track: Track, duration_s: float, gait: str, breathing: Breathing | None = None
) -> Motion:
    """The motion of a body that follows a track.

    Args:
        track: where it goes; straight ahead where the azimuth cannot be told.
        duration_s: of the motion, from the recording's first frame [s].
        gait: "walking", or "standing", which glides if the track moves.
        breathing: moves the body of a target that keeps its place, along its line of sight.

    Returns:
        Motion in the world, radar over the origin; the height is retarget's matter.
    """
    times_s = np.arange(int(np.ceil(duration_s * RATE_HZ)) + 2) / RATE_HZ
    range_m, azimuth_rad = smooth_course(track, times_s)
    range_m = range_m + SURFACE_M
    if breathing is not None and track.stays:
        range_m = np.full_like(range_m, track.typical_range_m + SURFACE_M)
        range_m += np.interp(times_s, breathing.times_s, breathing.waveform_m)
        azimuth_rad = np.full_like(range_m, azimuth_rad.mean())
    place_m = range_m[:, None] * np.stack([np.cos(azimuth_rad), np.sin(azimuth_rad)], axis=1)
    heading_rad = _headings(place_m, azimuth_rad)
    poses_rad = np.zeros((len(times_s), len(JOINT), 3))
    poses_rad[:, 0] = upright(heading_rad)
    way_m = np.linalg.norm(np.gradient(place_m, axis=0), axis=1)
    angles_deg = walking_angles(way_m) if gait == "walking" else standing_angles(len(times_s))
    for name, rotation in angles_deg.items():
        poses_rad[:, JOINT[name]] = rotation
    transl_m = np.concatenate([place_m, np.full((len(times_s), 1), 1.0)], axis=1)
    return Motion(
        poses_rad=poses_rad, transl_m=transl_m, rate_hz=RATE_HZ, shape_space="free", name=gait
    )


def moves(track: Track) -> bool:
    """Whether a track is a walk and not a person who keeps a place."""
    travelled_m = float(np.abs(np.diff(track.range_m)).sum()) if len(track.range_m) > 1 else 0.0
    return travelled_m > MIN_WALK_M or abs(track.typical_speed_mps) > MIN_WALK_MPS


def smooth_course(
    track: Track, times_s: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Range [m] and azimuth [rad] at any time: a smoothing over half a second, speed included.

    Weighted lines through what was seen around each time; beyond the ends the last speed goes on
    for a quarter of a second, then the body stays.
    """
    seen_s = np.clip(times_s, track.times_s[0] - 0.25, track.times_s[-1] + 0.25)
    weight = np.exp(-0.5 * ((seen_s[:, None] - track.times_s) / 0.25) ** 2) + 1e-12
    weight /= weight.sum(1, keepdims=True)
    # Each sight tells a place and a speed: extrapolate each, then average.
    there_m = track.range_m + (seen_s[:, None] - track.times_s) * track.speed_mps
    told = np.isfinite(track.azimuth_rad)
    if not told.any():
        return (weight * there_m).sum(1), np.zeros(len(times_s))
    share = weight[:, told] / weight[:, told].sum(1, keepdims=True)
    return (weight * there_m).sum(1), share @ track.azimuth_rad[told]


def _headings(place_m, azimuth_rad) -> np.ndarray:
    """Along the way where there is one, else towards the radar."""
    step_m = np.gradient(place_m, axis=0)
    travelled_m = np.linalg.norm(place_m[-1] - place_m[0])
    if travelled_m < MIN_WALK_M:
        return azimuth_rad + np.pi
    kernel = np.hanning(2 * int(RATE_HZ // 2) + 1)
    smooth = np.stack([np.convolve(np.pad(part, len(kernel) // 2, "edge"), kernel, "valid")
                       for part in step_m.T], axis=1)  # fmt: skip
    return np.arctan2(smooth[:, 1], smooth[:, 0])


def upright(heading_rad: Float[np.ndarray, " pose"]) -> Float[np.ndarray, "pose 3"]:
    """Root rotations of a body that stands and faces so far left of +x: axis-angle [rad]."""
    zero, one = np.zeros_like(heading_rad), np.ones_like(heading_rad)
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    left, up, front = (
        np.stack([-sin, cos, zero]),
        np.stack([zero, zero, one]),
        np.stack([cos, sin, zero]),
    )
    return Rotation.from_matrix(np.stack([left, up, front], axis=1).transpose(2, 0, 1)).as_rotvec()


def standing_angles(num_poses: int) -> dict[str, Float[np.ndarray, "pose 3"]]:
    """Arms down, all else at rest: axis-angle by joint [rad]."""
    return _arms(np.zeros(num_poses), np.full(num_poses, 5.0))


def walking_angles(way_m: Float[np.ndarray, " pose"]) -> dict[str, Float[np.ndarray, "pose 3"]]:
    """A plain gait that covers so much ground per pose: axis-angle by joint [rad]."""
    speed_mps = way_m * RATE_HZ
    vigour = np.sqrt(np.clip(speed_mps / USUAL_MPS, 0.0, 1.8))
    cycle = np.cumsum(way_m / (STRIDE_M * np.maximum(vigour, 0.4)))
    angles = {}
    for side, shift in (("left", 0.0), ("right", 0.5)):
        phase = 2 * np.pi * (cycle + shift)
        hip_deg = vigour * HIP_DEG * np.cos(phase)
        # The knee bends while the leg swings forward: hip angle rising.
        swing = np.maximum(0.0, np.cos(phase + 0.4 * np.pi))
        knee_deg = vigour * (KNEE_STANCE_DEG + KNEE_SWING_DEG * swing**2)
        angles[f"{side}_hip"] = _about_x(-hip_deg)
        angles[f"{side}_knee"] = _about_x(knee_deg)
    swing_deg = vigour * SHOULDER_DEG * np.cos(2 * np.pi * cycle)
    return angles | _arms(swing_deg, vigour * ELBOW_DEG)


def _arms(swing_deg, elbow_deg) -> dict[str, np.ndarray]:
    """Arms down, swinging against the legs."""
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
