"""Track targets: global nearest-neighbour association of the detections of successive bursts.

detections of a burst -> association within a gate -> confirmation -> kind -> one track per person
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from radarsim.captures.recording import Recording, mean_chirp
from radarsim.detection.doppler_ambiguity import travels
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.detection.target_points import (
    FramePoints,
    as_track,
    energy,
    folded_azimuths_rad,
)
from radarsim.detection.track import FLICKERING, MOVING, Track
from radarsim.detection.tracker import MAX_GAP_S, targets_of_frames
from radarsim.radar.radar import Radar
from radarsim.validation.burst_targets import Detection, is_recorded, targets_of_burst
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.track_kinds import with_kind

# Largest differences in range and azimuth between two tracks of the same person.
SAME_PERSON_M = 0.7
SAME_PERSON_RAD = np.radians(20.0)
# Number of lost frames at the start of a recording after which the first recorded frame is still
# compared with the second. The limit keeps a muted transmitter from a search of all frames.
_MAX_LOST_AT_START = 16


def find_tracks(recording: Recording, stats: CaptureStats, *, tdm: bool = True) -> list[Track]:
    """Find the tracks of a recording: moving targets first, then flickering static echoes.

    Args:
        recording: recording with a Doppler axis, from `captures.recording.for_doppler`.
        stats: statistics of the same recording.
        tdm: whether to compensate the phase shift of a moving target between TDM transmit slots.

    Returns:
        The tracks with their kinds: moving targets, then static echoes that change, each group
        with the strongest first; an empty list if nothing moves or changes.
    """
    radar = recording.radar
    middle_s = float(radar.chirp_times_s.mean())
    frames = [
        _frame_points(
            index * radar.frame.period_s + middle_s,
            targets_of_burst(radar, stats, frame_v, neighbour_v=neighbour_v, tdm=tdm),
        )
        for index, (frame_v, neighbour_v) in enumerate(_with_neighbour(recording))
    ]
    max_gap_s = max(MAX_GAP_S, 2.5 * radar.frame.period_s)
    found = targets_of_frames(frames, radar.max_speed_mps, max_gap_s, single=True)
    tracks = [with_kind(as_track(one), radar, folded_azimuths_rad(one)) for one in found]
    tracks.sort(key=energy, reverse=True)
    tracks = tracks if recording.num_frames == 1 else _one_per_person(tracks, radar)
    return sorted(tracks, key=lambda track: track.kind != MOVING)


def _with_neighbour(recording: Recording):
    """Yield each frame and the mean chirps of a neighbouring frame, which are zero if unknown.

    The neighbour of each transmitter is the last frame with a recorded chirp of the transmitter; a
    lost frame would differ in all static echoes. Its first recorded frame is compared with the
    second.
    """
    last_v = _second_means(recording)
    for _, block_v in recording.blocks():
        for frame_v in block_v:
            yield frame_v, last_v
            last_v = _updated(last_v, mean_chirp(frame_v))


def _second_means(recording: Recording):
    """Mean chirp of each transmitter in its second recorded frame; zero if there is none."""
    first_v = second_v = np.zeros_like(mean_chirp(recording.read(0, 1)[0]))
    for index in range(min(recording.num_frames, _MAX_LOST_AT_START + 2)):
        mean_v = mean_chirp(recording.read(index, index + 1)[0])
        known = is_recorded(first_v) & ~is_recorded(second_v)
        second_v = np.where(known[:, None, None], mean_v, second_v)
        first_v = _updated(first_v, mean_v)
        if is_recorded(second_v).all():
            break
    return second_v


def _updated(last_v, mean_v):
    """The new mean chirp of each recorded transmitter, and the last one of the others."""
    return np.where(is_recorded(mean_v)[:, None, None], mean_v, last_v)


def _frame_points(time_s: float, found: Sequence[Detection]) -> FramePoints:
    """The detections of one burst as points; heights are not measured."""
    rows = [
        (one.range_m, _or_nan(one.azimuth_rad), np.nan, one.speed_mps, one.snr_db, *[np.nan] * 3)
        for one in found
    ]
    folds = [[_or_nan(angle) for angle in one.folded_azimuths_rad] for one in found]
    num_folds = len(folds[0]) if folds else 1
    return FramePoints(
        time_s,
        np.array(rows, float).reshape(-1, len(POINT_VALUES)),
        np.array(folds, float).reshape(-1, num_folds),
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _one_per_person(tracks: list[Track], radar: Radar) -> list[Track]:
    """Remove the tracks of limbs: weaker tracks that stay close to a stronger track.

    An echo at a fixed range with limb tracks nearby is a person who moves in place, not a wall. The
    track of a person who walks past a wall with a stronger echo is kept.

    Args:
        tracks: tracks of the recording, strongest first.
        radar: radar of the recording.
    """
    kept: list[Track] = []
    for track in tracks:
        at = next((i for i, other in enumerate(kept) if _belongs_to(track, other)), None)
        if at is None or (track.kind == MOVING != kept[at].kind and travels(track, radar)):
            kept.append(track)
        elif track.kind == MOVING and kept[at].kind == FLICKERING:
            kept[at] = replace(kept[at], kind=MOVING)
    return kept


def _belongs_to(track: Track, stronger: Track) -> bool:
    inside = (track.times_s >= stronger.times_s[0] - 0.5) & (
        track.times_s <= stronger.times_s[-1] + 0.5
    )
    if inside.mean() < 0.5:
        return False
    at_m = np.interp(track.times_s, stronger.times_s, stronger.range_m)
    near = np.median(np.abs(track.range_m - at_m)[inside]) < SAME_PERSON_M
    return bool(near and not _other_direction(track, stronger))


def _other_direction(track: Track, stronger: Track) -> bool:
    """Whether the measured azimuths of two tracks show that they lie in different directions."""
    one, other = np.isfinite(track.azimuth_rad), np.isfinite(stronger.azimuth_rad)
    if None in (track.median_azimuth_rad, stronger.median_azimuth_rad):
        return False
    at_rad = np.interp(track.times_s[one], stronger.times_s[other], stronger.azimuth_rad[other])
    return bool(np.median(np.abs(track.azimuth_rad[one] - at_rad)) > SAME_PERSON_RAD)
