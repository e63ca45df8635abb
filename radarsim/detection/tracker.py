"""Track people over the frames of a point cloud.

    points of a frame -> nearest track within the gate -> Kalman filter; other points -> new tracks

A person has many points, from torso and limbs. Each point is assigned to one track by range, cross
range and radial speed, so that two people who pass each other keep their tracks as long as they
differ in one of the three.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import connected_components

from radarsim.detection.point_cloud import POINT_VALUES, PointCloud
from radarsim.detection.track import MIN_DETECTIONS, Track
from radarsim.errors import InputError

# Standard deviations of a person's points about the torso: limbs are displaced and faster.
BODY_RANGE_M, BODY_CROSS_M, BODY_SPEED_MPS = 0.25, 0.25, 1.0
AZIMUTH_ERROR_RAD = 0.06  # of a point; grows where echoes of several limbs share a cell
UNRESOLVED_M, UNRESOLVED_RAD = 0.8, 0.1  # two people, and the azimuth error while so close
GATE = 3.0  # largest distance of a point from its track, in standard deviations
# Standard deviations of the mean of a frame's points about the torso.
MEAN_RANGE_M, MEAN_SPEED_MPS = 0.08, 0.35
ACCELERATION_MPS2 = 2.0  # of people who start, stop or turn
START_SPEED_MPS = 1.5
NEAR_M = 0.5  # points nearer than this belong to one person
# No track starts this close to another one: the points are limbs beyond the gate.
APART_M = 0.9
START_SNR_DB = 14.0  # strongest point of a new track
MAX_GAP_S = 1.0  # a track ends after this time without points
MIN_SHARE = 0.3  # fraction of the frames from first to last that must contain points of the track
_INDEX = {name: index for index, name in enumerate(POINT_VALUES)}


class TargetPoints(NamedTuple):
    """Mean of the points assigned to a track in one frame, weighted by their power."""

    frame: int
    time_s: float
    range_m: float
    speed_mps: float
    azimuth_rad: float
    snr_db: float
    folded_azimuths_rad: Float[np.ndarray, " fold"]


@dataclass
class _OpenTrack:
    """State of a track: position and velocity in the horizontal plane, and their covariance."""

    mean: Float[np.ndarray, " 4"]
    covariance: Float[np.ndarray, "4 4"]
    time_s: float
    entries: list[TargetPoints] = field(default_factory=list)

    def predict(self, time_s: float) -> None:
        """Advance the state to a time, at constant velocity with random acceleration."""
        step_s = time_s - self.time_s
        move = np.eye(4) + step_s * np.eye(4, k=2)
        push = np.concatenate([np.eye(2) * step_s**2 / 2, np.eye(2) * step_s])
        self.mean = move @ self.mean
        self.covariance = move @ self.covariance @ move.T + ACCELERATION_MPS2**2 * push @ push.T
        self.time_s = time_s

    def update(self, measured: np.ndarray, noise: np.ndarray, max_speed_mps: float) -> None:
        """Correct the state by a measured position and radial speed (extended Kalman filter)."""
        sight = self.mean[:2] / np.linalg.norm(self.mean[:2])
        matrix = np.zeros((3, 4))
        matrix[:2, :2] = np.eye(2)
        matrix[2, 2:] = sight
        error = measured - matrix @ self.mean
        error[2] = wrapped(error[2], max_speed_mps)
        spread = matrix @ self.covariance @ matrix.T + noise
        gain = np.linalg.solve(spread, matrix @ self.covariance).T
        self.mean = self.mean + gain @ error
        self.covariance = self.covariance - gain @ matrix @ self.covariance


def track(points: PointCloud) -> list[Track]:
    """Track the people in the point cloud of one clip.

    The speeds of the tracks are as measured and ambiguous by twice `Radar.max_speed_mps`.

    Args:
        points: points of one clip, from `rs.detect`.

    Returns:
        The tracks, strongest first; an empty list if nothing moves.

    Raises:
        InputError: these are the points of several clips.
    """
    if np.ndim(points.range_m) != 2:
        problem = f"has shape {np.shape(points.range_m)}: points of several clips"
        hint = "track one of them: jax.tree.map(lambda values: values[0], points)"
        raise InputError("PointCloud", "range_m", problem, hint)
    values, folded_rad = points.values, np.asarray(points.folded_azimuth_rad)
    frames = [
        FramePoints(time_s, values[index, :count], folded_rad[index, :count])
        for index, (time_s, count) in enumerate(zip(points.times_s, np.asarray(points.count)))
    ]
    found = targets_of_frames(frames, points.radar.max_speed_mps)
    return sorted(map(as_track, found), key=energy, reverse=True)


class FramePoints(NamedTuple):
    """The points of one frame: middle of the burst [s], values, azimuths per Doppler ambiguity."""

    time_s: float
    values: Float[np.ndarray, "point value"]
    folded_azimuths_rad: Float[np.ndarray, "point fold"]


def targets_of_frames(
    frames: Sequence[FramePoints], max_speed_mps: float, max_gap_s: float = MAX_GAP_S
) -> list[list[TargetPoints]]:
    """Assign the points of successive frames to targets.

    Args:
        frames: points of each frame.
        max_speed_mps: unambiguous speed of the radar [m/s].
        max_gap_s: a target ends after this time without points [s].

    Returns:
        Entries of each confirmed target, in the order of their first frames.
    """
    closed: list[_OpenTrack] = []
    live: list[_OpenTrack] = []
    for index, frame in enumerate(frames):
        closed += [one for one in live if frame.time_s - one.entries[-1].time_s > max_gap_s]
        live = [one for one in live if frame.time_s - one.entries[-1].time_s <= max_gap_s]
        for one in live:
            one.predict(frame.time_s)
        owner = _owners(live, frame.values, max_speed_mps)
        close = _unresolved(live)
        for number, one in enumerate(live):
            _extend(one, index, frame, owner == number, max_speed_mps, close[number])
        live += _new_tracks(live, index, frame, owner < 0, max_speed_mps)
    return [one.entries for one in closed + live if is_confirmed(one.entries, len(frames))]


def is_confirmed(entries: Sequence[TargetPoints], num_frames: int) -> bool:
    """Whether a target was detected often enough; in very short clips, one frame suffices."""
    if num_frames < 2 * MIN_DETECTIONS:
        return True
    lasting = entries[-1].frame - entries[0].frame + 1
    return len(entries) >= max(MIN_DETECTIONS, MIN_SHARE * lasting)


def as_track(entries: Sequence[TargetPoints]) -> Track:
    """Series of a target's ranges, speeds, azimuths and signal-to-noise ratios."""
    return Track(
        times_s=np.array([entry.time_s for entry in entries]),
        range_m=np.array([entry.range_m for entry in entries]),
        speed_mps=np.array([entry.speed_mps for entry in entries]),
        azimuth_rad=np.array([entry.azimuth_rad for entry in entries]),
        snr_db=np.array([entry.snr_db for entry in entries]),
    )


def energy(one: Track) -> float:
    """Sum of the linear signal-to-noise ratios of all detections of a track."""
    return float((10 ** (one.snr_db / 10)).sum())


def wrapped(speed_mps, max_speed_mps: float):
    """Speed difference modulo twice the unambiguous speed, in -max_speed_mps to max_speed_mps."""
    return (speed_mps + max_speed_mps) % (2 * max_speed_mps) - max_speed_mps


def _owners(live, values, max_speed_mps) -> np.ndarray:
    """Index of the nearest track of each point; -1 if no track is near enough."""
    if not live or not len(values):
        return np.full(len(values), -1)
    away = np.stack([_distance(one, values, max_speed_mps) for one in live])
    nearest = away.argmin(0)
    return np.where(away.min(0) <= GATE, nearest, -1)


def _distance(one: _OpenTrack, values, max_speed_mps) -> np.ndarray:
    """Distance of each point from the predicted torso, in standard deviations."""
    range_m, azimuth_rad = np.linalg.norm(one.mean[:2]), np.arctan2(one.mean[1], one.mean[0])
    sight, across = one.mean[:2] / range_m, one.mean[[1, 0]] * [-1, 1] / range_m
    position = one.covariance[:2, :2]
    range_sd = np.hypot(BODY_RANGE_M, np.sqrt(sight @ position @ sight))
    cross_sd = np.sqrt(
        BODY_CROSS_M**2 + (AZIMUTH_ERROR_RAD * range_m) ** 2 + across @ position @ across
    )
    turn_rad = np.nan_to_num(values[:, _INDEX["azimuth_rad"]]) - azimuth_rad
    radial_mps = sight @ one.mean[2:]
    speed_sd = np.hypot(BODY_SPEED_MPS, np.sqrt(sight @ one.covariance[2:, 2:] @ sight))
    terms = (
        (values[:, _INDEX["range_m"]] - range_m) / range_sd,
        range_m * np.sin(turn_rad) / cross_sd,
        wrapped(values[:, _INDEX["speed_mps"]] - radial_mps, max_speed_mps) / speed_sd,
    )
    return np.sqrt(sum(term**2 for term in terms))


def _unresolved(live: Sequence[_OpenTrack]) -> np.ndarray:
    """Whether another person stands so close to each track that echoes share range cells."""
    place_m = np.array([one.mean[:2] for one in live]).reshape(-1, 2)
    apart_m = np.linalg.norm(place_m[:, None] - place_m, axis=-1)
    return (apart_m + np.diag(np.full(len(live), np.inf)) < UNRESOLVED_M).any(1)


def _extend(
    one: _OpenTrack, index: int, frame: FramePoints, own, max_speed_mps, unresolved
) -> None:
    """Add a frame's points to a track and correct its state."""
    if not own.any():
        return
    entry = mean_of_points(index, frame, own, max_speed_mps)
    one.entries.append(entry)
    # The azimuth of a cell with echoes of two people lies anywhere between and beside them.
    measured, noise = _measurement(entry, UNRESOLVED_RAD if unresolved else AZIMUTH_ERROR_RAD)
    one.update(measured, noise, max_speed_mps)


def mean_of_points(
    index: int, frame: FramePoints, own: np.ndarray, max_speed_mps: float
) -> TargetPoints:
    """Mean of some points of a frame, weighted by power.

    Args:
        index: index of the frame.
        frame: points of the frame.
        own: mask of the points to average.
        max_speed_mps: unambiguous speed; speeds are averaged around the strongest point's [m/s].
    """
    values, folded_rad = frame.values[own], frame.folded_azimuths_rad[own]
    snr_db = values[:, _INDEX["snr_db"]]
    weight = 10 ** ((snr_db - snr_db.max()) / 10)
    weight /= weight.sum()
    speed_mps = values[:, _INDEX["speed_mps"]]
    strongest_mps = speed_mps[snr_db.argmax()]
    apart_mps = wrapped(speed_mps - strongest_mps, max_speed_mps)
    azimuths_rad = np.arcsin(np.clip(weight @ np.sin(folded_rad), -1, 1))
    return TargetPoints(
        frame=index,
        time_s=frame.time_s,
        range_m=float(weight @ values[:, _INDEX["range_m"]]),
        speed_mps=float(wrapped(strongest_mps + weight @ apart_mps, max_speed_mps)),
        azimuth_rad=float(azimuths_rad[0]),
        snr_db=float(snr_db.max()),
        folded_azimuths_rad=azimuths_rad,
    )


def _measurement(
    entry: TargetPoints, error_rad: float = AZIMUTH_ERROR_RAD
) -> tuple[np.ndarray, np.ndarray]:
    """Measured x, y [m] and radial speed [m/s] of a target, and their covariance."""
    azimuth_rad = np.nan_to_num(entry.azimuth_rad)
    sight = np.array([np.cos(azimuth_rad), np.sin(azimuth_rad)])
    across = np.array([-sight[1], sight[0]])
    cross_m = np.hypot(0.1, error_rad * entry.range_m)
    noise = np.zeros((3, 3))
    noise[:2, :2] = MEAN_RANGE_M**2 * np.outer(sight, sight) + cross_m**2 * np.outer(across, across)
    noise[2, 2] = MEAN_SPEED_MPS**2
    return np.append(entry.range_m * sight, entry.speed_mps), noise


def _new_tracks(live, index: int, frame: FramePoints, free, max_speed_mps) -> list[_OpenTrack]:
    """Tracks of the groups of points that belong to no track and are far enough from all."""
    picked = np.flatnonzero(free)
    if not len(picked):
        return []
    place_m = _places_m(frame.values[picked])
    apart_m = np.linalg.norm(place_m[:, None] - place_m, axis=-1)
    count, label = connected_components(apart_m < NEAR_M, directed=False)
    started: list[_OpenTrack] = []
    for group in range(count):
        own = np.zeros(len(free), bool)
        own[picked[label == group]] = True
        entry = mean_of_points(index, frame, own, max_speed_mps)
        if entry.snr_db < START_SNR_DB or _is_near(entry, live + started):
            continue
        started.append(_started(entry))
    return started


def _places_m(values) -> np.ndarray:
    azimuth_rad = np.nan_to_num(values[:, _INDEX["azimuth_rad"]])
    sight = np.stack([np.cos(azimuth_rad), np.sin(azimuth_rad)], axis=1)
    return values[:, _INDEX["range_m"], None] * sight


def _is_near(entry: TargetPoints, tracks: Sequence[_OpenTrack]) -> bool:
    place_m = _measurement(entry)[0][:2]
    return any(np.linalg.norm(place_m - one.mean[:2]) < APART_M for one in tracks)


def _started(entry: TargetPoints) -> _OpenTrack:
    """A new track at the entry, with its radial speed and an unknown transverse speed."""
    measured, noise = _measurement(entry)
    sight = measured[:2] / np.linalg.norm(measured[:2])
    across = np.array([-sight[1], sight[0]])
    covariance = np.zeros((4, 4))
    covariance[:2, :2] = noise[:2, :2]
    covariance[2:, 2:] = MEAN_SPEED_MPS**2 * np.outer(sight, sight)
    covariance[2:, 2:] += START_SPEED_MPS**2 * np.outer(across, across)
    mean = np.concatenate([measured[:2], measured[2] * sight])
    return _OpenTrack(mean, covariance, entry.time_s, [entry])
