"""Track people over the frames of a point cloud.

    points of a frame -> nearest track within the gate -> Kalman filter; other points -> new tracks

A person has many points on the torso and the limbs. Each point is assigned to one track by range,
cross-range and radial speed, so that two people who pass each other keep their tracks as long as
they differ in one of these quantities.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import connected_components

from radarsim.detection.association import (
    person_owners,
    single_owners,
    unresolved,
    with_likely_speed,
)
from radarsim.detection.doppler_ambiguity import unfolded
from radarsim.detection.point_cloud import PointCloud, check_one_clip
from radarsim.detection.target_points import (
    COLUMN,
    FramePoints,
    TargetPoints,
    as_track,
    energy,
    folded_azimuths_rad,
    mean_of_points,
)
from radarsim.detection.track import MIN_DETECTIONS, Track
from radarsim.detection.track_state import (
    AZIMUTH_ERROR_RAD,
    TrackState,
    measurement,
    started_track,
)

UNRESOLVED_RAD = 0.1  # Standard deviation of the azimuth while another person is close.
NEAR_M = 0.5  # Points closer together than this distance belong to one person.
# No track starts within this distance of another track: points there belong to limbs outside the
# gate.
APART_M = 0.9
START_SNR_DB = 14.0  # Minimum level of the strongest point of a new track.
MAX_GAP_S = 1.0  # A track without points for longer than this time ends.
MIN_SHARE = 0.3  # Minimum fraction of frames, from first to last, with points of the track.


def track(points: PointCloud) -> list[Track]:
    """Track the people in the point cloud of one clip.

    If the range of a person changes faster than `Radar.max_speed_mps`, the Doppler speed is
    aliased: the track then contains the true speeds, and `Track.folded_mps` the measured one.

    Args:
        points: points of one clip, from `rs.detect`.

    Returns:
        The tracks, strongest first; an empty list if nothing moves.

    Raises:
        InputError: these are the points of several clips.
    """
    check_one_clip(points)
    values, folded_rad = points.values, np.asarray(points.folded_azimuth_rad)
    frames = [
        FramePoints(time_s, values[index, :count], folded_rad[index, :count])
        for index, (time_s, count) in enumerate(zip(points.times_s, np.asarray(points.count)))
    ]
    tracks = [
        unfolded(as_track(one), points.radar, folded_azimuths_rad(one))
        for one in targets_of_frames(frames, points.radar.max_speed_mps)
    ]
    return sorted(tracks, key=energy, reverse=True)


def targets_of_frames(
    frames: Sequence[FramePoints],
    max_speed_mps: float,
    max_gap_s: float = MAX_GAP_S,
    single: bool = False,
) -> list[list[TargetPoints]]:
    """Assign the points of successive frames to targets.

    Args:
        frames: points of each frame.
        max_speed_mps: unambiguous speed of the radar [m/s].
        max_gap_s: a target ends after this time without points [s].
        single: whether each point is a separate target, as after clustering; otherwise, a target
            has many points.

    Returns:
        Entries of each confirmed target, in the order of their first frames.
    """
    closed: list[TrackState] = []
    live: list[TrackState] = []
    for index, frame in enumerate(frames):
        closed += [one for one in live if frame.time_s - one.entries[-1].time_s > max_gap_s]
        live = [one for one in live if frame.time_s - one.entries[-1].time_s <= max_gap_s]
        for one in live:
            one.predict(frame.time_s)
        if not single:
            live = [with_likely_speed(one, frame.values, max_speed_mps) for one in live]
        assign = single_owners if single else person_owners
        owner = assign(live, frame.values, max_speed_mps)
        close = unresolved(live)
        for number, one in enumerate(live):
            _extend(one, index, frame, owner == number, max_speed_mps, close[number])
        free = owner < 0
        if single:
            groups = np.eye(len(free), dtype=bool)[free]
            live += [
                started_track(mean_of_points(index, frame, own, max_speed_mps)) for own in groups
            ]
        else:
            live += _new_tracks(live, index, frame, free, max_speed_mps)
    return [one.entries for one in closed + live if is_confirmed(one.entries, len(frames))]


def is_confirmed(entries: Sequence[TargetPoints], num_frames: int) -> bool:
    """Whether a target was detected often enough; in very short clips, one frame suffices."""
    if num_frames < 2 * MIN_DETECTIONS:
        return True
    lasting = entries[-1].frame - entries[0].frame + 1
    return len(entries) >= max(MIN_DETECTIONS, MIN_SHARE * lasting)


def _extend(one: TrackState, index: int, frame: FramePoints, own, max_speed_mps, close) -> None:
    """Add a frame's points to a track and correct its state."""
    if not own.any():
        return
    entry = mean_of_points(index, frame, own, max_speed_mps)
    one.entries.append(entry)
    # If a cell contains echoes of two people, its azimuth may lie anywhere between or beside them.
    measured, noise = measurement(entry, UNRESOLVED_RAD if close else AZIMUTH_ERROR_RAD)
    one.update(measured, noise, max_speed_mps)


def _new_tracks(live, index: int, frame: FramePoints, free, max_speed_mps) -> list[TrackState]:
    """Start tracks at groups of unassigned points that are far enough from all tracks."""
    picked = np.flatnonzero(free)
    if not len(picked):
        return []
    place_m = _places_m(frame.values[picked])
    apart_m = np.linalg.norm(place_m[:, None] - place_m, axis=-1)
    count, label = connected_components(apart_m < NEAR_M, directed=False)
    started: list[TrackState] = []
    for group in range(count):
        own = np.zeros(len(free), bool)
        own[picked[label == group]] = True
        entry = mean_of_points(index, frame, own, max_speed_mps)
        if entry.snr_db < START_SNR_DB or _is_near(entry, live + started):
            continue
        started.append(started_track(entry))
    return started


def _places_m(values) -> np.ndarray:
    azimuth_rad = np.nan_to_num(values[:, COLUMN["azimuth_rad"]])
    sight = np.stack([np.cos(azimuth_rad), np.sin(azimuth_rad)], axis=1)
    return values[:, COLUMN["range_m"], None] * sight


def _is_near(entry: TargetPoints, tracks: Sequence[TrackState]) -> bool:
    place_m = measurement(entry)[0][:2]
    return any(np.linalg.norm(place_m - one.mean[:2]) < APART_M for one in tracks)
