"""Place a motion so that its path follows a radar track; compute the offset between two tracks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from radarsim.detection.track import Track
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement, RadarPose, facing_rad
from radarsim.scene.scene import Scene, only_subject
from radarsim.validation.track_motion import SURFACE_M

# Standard deviations of a track's range, radial speed and azimuth, which weight the residuals.
RANGE_M, SPEED_MPS, AZIMUTH_RAD = 0.1, 0.3, np.radians(8.0)
MIN_PATH_M = 0.5  # a shorter path does not define a walking direction
NUM_ROTATIONS = 36


class TrackOffset(NamedTuple):
    """Offset between two tracks in range [m] and azimuth [rad]."""

    range_m: float
    azimuth_rad: float


class _FittedStart(NamedTuple):
    """Start position of a path, fitted for one rotation of the path, with the cost of the fit."""

    cost: float
    rotation_rad: float
    ahead_m: float
    left_m: float


def current_placement(motion: Motion) -> Placement:
    """Placement that leaves a motion unchanged.

    Args:
        motion: motion in world coordinates, with the radar above the origin.

    Returns:
        Distance, lateral offset and heading of the first pose.
    """
    start_m = motion.pelvis_m[0]
    to_radar_rad = np.arctan2(-start_m[1], -start_m[0])
    return Placement(
        distance_m=float(start_m[0]),
        lateral_m=float(start_m[1]),
        heading_rad=float(facing_rad(motion) - to_radar_rad),
    )


def place_on_track(motion: Motion, track: Track, radar_pose: RadarPose) -> Placement:
    """Find the placement for which range, radial speed and azimuth of a motion fit a track best.

    The start position is fitted by robust least squares for each of 36 rotations of the path about
    the vertical. A motion whose path is shorter than `MIN_PATH_M` is placed facing the radar.

    Args:
        motion: motion fitted to its body, not yet placed in front of the radar.
        track: track of the target.
        radar_pose: height and tilt of the radar.

    Returns:
        The placement.
    """
    in_place = np.ptp(motion.pelvis_m[:, :2], axis=0).max() < MIN_PATH_M
    towards_rad = np.pi - facing_rad(motion)
    rotations_rad = np.linspace(-np.pi, np.pi, NUM_ROTATIONS, endpoint=False)
    fit_start = _start_fit(motion, track, radar_pose)
    best = min(fit_start(towards_rad + angle) for angle in ([0.0] if in_place else rotations_rad))
    to_radar_rad = np.arctan2(-best.left_m, -best.ahead_m)
    heading_rad = 0.0 if in_place else best.rotation_rad + facing_rad(motion) - to_radar_rad
    heading_rad = float((heading_rad + np.pi) % (2 * np.pi) - np.pi)
    return Placement(distance_m=best.ahead_m, lateral_m=best.left_m, heading_rad=heading_rad)


def _pelvis_at(motion: Motion, times_s) -> np.ndarray:
    """Pelvis positions relative to the floor point below the first pelvis position [m]."""
    own_s = np.arange(motion.num_poses) / motion.rate_hz
    path_m = motion.pelvis_m - motion.pelvis_m[0] * [1, 1, 0]
    return np.stack([np.interp(times_s, own_s, part) for part in path_m.T], axis=1)


def _first_guess(track: Track) -> np.ndarray:
    """Initial estimate of the start position, from a track's first range and median azimuth [m]."""
    range_m = float(track.range_m[0]) + SURFACE_M
    azimuth_rad = track.median_azimuth_rad or 0.0
    return range_m * np.array([np.cos(azimuth_rad), np.sin(azimuth_rad)])


def _start_fit(motion: Motion, track: Track, radar_pose: RadarPose):
    """Return a function that fits the start position of a path rotated about the vertical."""
    inside = track.times_s <= motion.duration_s
    if not inside.any():
        inside = np.arange(len(track.times_s)) == 0
    times_s = np.minimum(track.times_s[inside], motion.duration_s)
    path_m = _pelvis_at(motion, times_s)
    velocity_mps = (_pelvis_at(motion, times_s + 0.05) - _pelvis_at(motion, times_s - 0.05)) / 0.1
    above_m = path_m[:, 2] - float(radar_pose.height_m)
    azimuth_rad = track.azimuth_rad[inside]
    known = np.isfinite(azimuth_rad)

    def fit_start(rotation_rad: float) -> _FittedStart:
        cos, sin = np.cos(rotation_rad), np.sin(rotation_rad)
        rotation = np.array([[cos, -sin], [sin, cos]])
        rotated_m, rotated_mps = path_m[:, :2] @ rotation.T, velocity_mps[:, :2] @ rotation.T

        def residuals(start_m):
            at_m = rotated_m + start_m
            range_m = np.sqrt((at_m**2).sum(1) + above_m**2)
            speed_mps = (at_m * rotated_mps).sum(1) / range_m
            azimuth_error = np.arcsin(np.clip(at_m[:, 1] / range_m, -1, 1)) - azimuth_rad
            return np.concatenate([
                (range_m - SURFACE_M - track.range_m[inside]) / RANGE_M,
                (speed_mps - track.speed_mps[inside]) / SPEED_MPS,
                np.where(known, azimuth_error, 0.0) / AZIMUTH_RAD,
                # Weak prior that places the path straight ahead if the track has no azimuth.
                [0.1 * start_m[1]],
            ])  # fmt: skip

        found = least_squares(residuals, _first_guess(track), loss="soft_l1")
        return _FittedStart(
            float(found.cost), float(rotation_rad), float(found.x[0]), float(found.x[1])
        )

    return fit_start


def shift_subject(scene: Scene, offset: TrackOffset) -> Scene:
    """Return the scene with its subject moved along the line of sight and about the radar."""
    subject = only_subject("shift_subject", scene)
    here = subject.placement
    start = complex(float(here.distance_m), float(here.lateral_m))
    distance_m = abs(start) + offset.range_m
    start = distance_m * np.exp(1j * (np.angle(start) + offset.azimuth_rad))
    moved = replace(here, distance_m=float(start.real), lateral_m=float(start.imag))
    return replace(scene, subjects=[replace(subject, placement=moved)])


def track_offset(real: Sequence[Track], simulated: Sequence[Track]) -> TrackOffset | None:
    """Offset of the strongest target of the capture from the strongest simulated target.

    Args:
        real: tracks of the capture.
        simulated: tracks of the simulation.

    Returns:
        Median offset while both targets are tracked; None if the tracks do not overlap in time.
    """
    if not real or not simulated:
        return None
    one, other = real[0], simulated[0]
    both = (one.times_s >= other.times_s[0] - 1e-6) & (one.times_s <= other.times_s[-1] + 1e-6)
    if not both.any():
        return None
    at_m = np.interp(one.times_s[both], other.times_s, other.range_m)
    angles = one.median_azimuth_rad, other.median_azimuth_rad
    azimuth_rad = 0.0 if None in angles else angles[0] - angles[1]
    return TrackOffset(float(np.median(one.range_m[both] - at_m)), float(azimuth_rad))
