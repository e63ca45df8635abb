"""Track targets: global nearest-neighbour association of the detections of successive bursts.

detections of a burst -> association within a gate -> confirmation -> kind -> one track per person
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from radarsim.captures.recording import Recording
from radarsim.detection.track import FLICKERING, MIN_DETECTIONS, MOVING, Track
from radarsim.radar.radar import Radar
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.detection import Detection, detect
from radarsim.validation.track_kinds import range_rate, travels, with_kind

# Largest differences in range and speed between a detection and the track that it extends.
GATE_M = 0.5
GATE_MPS = 1.5  # exceeds the speed change of a walking person's torso between two bursts
MAX_GAP_S = 1.0  # a track ends after this time without a detection
MIN_SHARE = 0.3  # minimum fraction of bursts with a detection, within the time span of a track
UNASSIGNED = 2.0  # cost of leaving a detection without a track, in units of the gate
TREND_DETECTIONS = 8  # number of most recent detections used to predict the next range
# Largest differences in range and azimuth between two tracks of the same person.
SAME_PERSON_M = 0.7
SAME_PERSON_RAD = np.radians(20.0)


class _Entry(NamedTuple):
    """A detection, and the index and time of the burst that contains the detection."""

    burst: int
    time_s: float
    detection: Detection


@dataclass
class _OpenTrack:
    """A track that is still being extended."""

    entries: list[_Entry] = field(default_factory=list)

    def distance(self, time_s: float, found: Detection, max_speed_mps: float) -> float:
        """Distance from detection to prediction, relative to the gate; inf outside the gate."""
        last = self.entries[-1].detection
        near_m = float(np.abs(found.range_m - np.array(self._expected_m(time_s))).min())
        change_mps = abs(found.speed_mps - last.speed_mps)
        change_mps = min(change_mps, abs(2 * max_speed_mps - change_mps))
        gates = near_m / GATE_M, change_mps / GATE_MPS
        return max(gates) if max(gates) <= 1 else np.inf

    def _expected_m(self, time_s: float) -> list[float]:
        """Ranges predicted from the measured speed, the last range, and the range trend [m].

        For an aliased target, the prediction from the measured speed is wrong.
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
    """Find the tracks of a recording: moving targets first, then changing static echoes.

    Args:
        recording: recording with a Doppler axis, from `captures.recording.for_doppler`.
        stats: statistics of the same recording.
        tdm: whether to compensate the phase shift of a moving target between TDM transmit slots.

    Returns:
        The tracks with their kinds, strongest first among the moving targets and among the static
        echoes; an empty list if nothing moves or changes.
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
    """Yield each frame and the mean chirp of the previous frame (for frame 0, that of frame 1)."""
    last_v = recording.read(1, 2)[0].mean(0) if recording.num_frames > 1 else None
    for _, block_v in recording.blocks():
        for frame_v in block_v:
            yield frame_v, last_v
            last_v = frame_v.mean(0)


def _extend(live, index, time_s, found: Sequence[Detection], max_speed_mps) -> None:
    """Assign detections to tracks with the smallest total distance; other detections start tracks.

    If the strongest detection were assigned first, a flickering wall could take over the track of a
    person who walks past it.
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
    """Sum of the linear signal-to-noise ratios of all detections of a track."""
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
    """Azimuth of each detection for each Doppler ambiguity n; NaN where not measured [rad]."""
    return np.array(
        [entry.detection.folded_azimuths_rad for entry in one.entries], np.float64
    )  # conversion to float64 turns None into NaN


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
