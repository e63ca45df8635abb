"""Track targets: join detections of successive bursts into tracks by nearest neighbours.

detections of each burst -> nearest track within the gate -> confirm -> kind -> one per person
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from radarsim.captures.recording import Recording
from radarsim.radar.radar import Radar
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.detection import Detection, detect
from radarsim.validation.track import FLICKERING, MIN_DETECTIONS, MOVING, Track
from radarsim.validation.track_kinds import range_rate, travels, with_kind

GATE_M = 0.5
GATE_MPS = 1.5  # larger than the speed change of a walking torso between two bursts
MAX_GAP_S = 1.0  # a track ends after this time without a detection
MIN_SHARE = 0.3  # fraction of the bursts from first to last detection that must detect the target
UNASSIGNED = 2.0  # cost of leaving a detection without a track, in units of the gate
TREND_DETECTIONS = 8  # number of detections used to predict the next range
SAME_PERSON_M = 0.7
SAME_PERSON_RAD = np.radians(20.0)


class _Entry(NamedTuple):
    """A detection, with the index and time of its burst."""

    burst: int
    time_s: float
    detection: Detection


@dataclass
class _OpenTrack:
    """A track that is still being extended."""

    entries: list[_Entry] = field(default_factory=list)

    def distance(self, time_s: float, found: Detection, max_speed_mps: float) -> float:
        """Distance of a detection from the prediction, relative to the gate; inf if outside it."""
        last = self.entries[-1].detection
        near_m = float(np.abs(found.range_m - np.array(self._expected_m(time_s))).min())
        change_mps = abs(found.speed_mps - last.speed_mps)
        change_mps = min(change_mps, abs(2 * max_speed_mps - change_mps))
        gates = near_m / GATE_M, change_mps / GATE_MPS
        return max(gates) if max(gates) <= 1 else np.inf

    def _expected_m(self, time_s: float) -> list[float]:
        """Ranges predicted from the measured speed, the last range, and the range trend [m].

        The measured speed does not predict the range of an aliased target.
        """
        _, last_s, last = self.entries[-1]
        expected_m = [last.range_m + last.speed_mps * (time_s - last_s), last.range_m]
        recent = self.entries[-TREND_DETECTIONS:]
        if len(recent) >= MIN_DETECTIONS:
            times_s = np.array([entry.time_s for entry in recent])
            ranges_m = np.array([entry.detection.range_m for entry in recent])
            rate_mps, _ = range_rate(times_s, ranges_m)
            expected_m.append(ranges_m.mean() + rate_mps * (time_s - times_s.mean()))
        return expected_m


def find_tracks(recording: Recording, stats: CaptureStats, *, tdm: bool = True) -> list[Track]:
    """Find tracks of a recording: moving targets, then changing static echoes; strongest first.

    Args:
        recording: frames with a Doppler axis, from `captures.recording.for_doppler`.
        stats: statistics of the same recording.
        tdm: whether to compensate the phase that a moving target gains between TDM transmit slots.

    Returns:
        The tracks with their kinds; an empty list if nothing moves or changes.
    """
    radar = recording.radar
    middle_s = float(radar.chirp_times_s.mean())
    closed: list[_OpenTrack] = []
    live: list[_OpenTrack] = []
    max_gap_s = max(MAX_GAP_S, 2.5 * radar.frame.period_s)
    for index, (frame_v, neighbour_v) in enumerate(_with_neighbour(recording)):
        time_s = index * radar.frame.period_s + middle_s
        found = detect(radar, stats, frame_v, neighbour_v=neighbour_v, tdm=tdm)
        closed += [one for one in live if time_s - one.entries[-1].time_s > max_gap_s]
        live = [one for one in live if time_s - one.entries[-1].time_s <= max_gap_s]
        _extend(live, index, time_s, found, radar.max_speed_mps)
    confirmed = [one for one in closed + live if _is_confirmed(one, recording.num_frames)]
    tracks = [with_kind(_track(one), radar, _folded_azimuths_rad(one)) for one in confirmed]
    tracks.sort(key=energy, reverse=True)
    tracks = tracks if recording.num_frames == 1 else _one_per_person(tracks, radar)
    return sorted(tracks, key=lambda track: track.kind != MOVING)


def _with_neighbour(recording: Recording):
    """Each frame with the mean chirp of the previous frame (of the second, for the first frame)."""
    last_v = recording.read(1, 2)[0].mean(0) if recording.num_frames > 1 else None
    for _, block_v in recording.blocks():
        for frame_v in block_v:
            yield frame_v, last_v
            last_v = frame_v.mean(0)


def _extend(live, index, time_s, found: Sequence[Detection], max_speed_mps) -> None:
    """Assign detections to tracks with the smallest total distance; the rest start new tracks.

    Assigning the strongest detection first would hand a walker's track to a flickering wall nearby.
    """
    away = np.array([[one.distance(time_s, detection, max_speed_mps) for one in live]
                     for detection in found]).reshape(len(found), len(live))  # fmt: skip
    rows, columns = linear_sum_assignment(np.where(np.isfinite(away), away, UNASSIGNED))
    track_of = {row: live[column] for row, column in zip(rows, columns)
                if np.isfinite(away[row, column])}  # fmt: skip
    for row, detection in enumerate(found):
        one = track_of.get(row)
        if one is None:
            one = _OpenTrack()
            live.append(one)
        one.entries.append(_Entry(index, time_s, detection))


def _is_confirmed(one: _OpenTrack, num_frames: int) -> bool:
    if num_frames < 2 * MIN_DETECTIONS:
        return True
    num_bursts = one.entries[-1].burst - one.entries[0].burst + 1
    return len(one.entries) >= max(MIN_DETECTIONS, MIN_SHARE * num_bursts)


def energy(track: Track) -> float:
    """Sum of the linear signal-to-noise ratios of a track."""
    return float((10 ** (track.snr_db / 10)).sum())


def _track(one: _OpenTrack) -> Track:
    def series(value):
        return np.array([value(entry.detection) for entry in one.entries], np.float64)

    return Track(
        times_s=np.array([entry.time_s for entry in one.entries]),
        range_m=series(lambda found: found.range_m),
        speed_mps=series(lambda found: found.speed_mps),
        azimuth_rad=_folded_azimuths_rad(one)[:, 0],
        snr_db=series(lambda found: found.snr_db),
    )


def _folded_azimuths_rad(one: _OpenTrack) -> np.ndarray:
    """`Detection.folded_azimuths_rad` of a track, [detection, n]; NaN where not measured [rad]."""
    return np.array(
        [entry.detection.folded_azimuths_rad for entry in one.entries], np.float64
    )  # None becomes NaN


def _one_per_person(tracks: list[Track], radar: Radar) -> list[Track]:
    """Remove tracks of limbs, that is, weaker tracks that stay close to a stronger one.

    A fixed echo with limbs is a person who moves in place, not a wall. The track of a walker who
    passes a stronger wall is kept.

    Args:
        tracks: strongest first.
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
    """Whether two tracks differ in azimuth at times when both azimuths are measured."""
    one, other = np.isfinite(track.azimuth_rad), np.isfinite(stronger.azimuth_rad)
    if None in (track.median_azimuth_rad, stronger.median_azimuth_rad):
        return False
    at_rad = np.interp(track.times_s[one], stronger.times_s[other], stronger.azimuth_rad[other])
    return bool(np.median(np.abs(track.azimuth_rad[one] - at_rad)) > SAME_PERSON_RAD)
