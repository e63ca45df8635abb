"""Target tracking: detections of successive bursts joined into tracks by nearest neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from radarsim.captures.recording import Recording
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.detection import Detection, detect

GATE_M = 0.5
GATE_MPS = 1.5  # more than the speed of a walking torso changes between two bursts
MAX_GAP_S = 1.0  # a track ends after this time without a detection
MIN_SHARE = 0.3  # fraction of the bursts between first and last detection that must detect it
MIN_DETECTIONS = 3
SAME_PERSON_M = 0.7
SAME_PERSON_RAD = np.radians(20.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One target over time; a single burst gives tracks with one entry.

    Attributes:
        times_s: middle of each burst that detected it, from the first frame on [s].
        range_m: range, see `Detection` [m].
        speed_mps: radial speed, receding positive [m/s].
        azimuth_rad: azimuth, left positive; NaN where it could not be measured [rad].
        snr_db: signal-to-noise ratio [dB].
    """

    times_s: Float[np.ndarray, " seen"]
    range_m: Float[np.ndarray, " seen"]
    speed_mps: Float[np.ndarray, " seen"]
    azimuth_rad: Float[np.ndarray, " seen"]
    snr_db: Float[np.ndarray, " seen"]

    @property
    def median_range_m(self) -> float:
        """Median range [m]."""
        return float(np.median(self.range_m))

    @property
    def median_speed_mps(self) -> float:
        """Median radial speed [m/s]."""
        return float(np.median(self.speed_mps))

    @property
    def median_azimuth_rad(self) -> float | None:
        """Median azimuth [rad]; None if fewer than a quarter of the bursts could measure it."""
        known = self.azimuth_rad[np.isfinite(self.azimuth_rad)]
        return float(np.median(known)) if len(known) >= max(1, len(self.azimuth_rad) // 4) else None

    @property
    def is_stationary(self) -> bool:
        """Whether the target is stationary: 90 % of its ranges lie within 0.3 m."""
        low, high = np.percentile(self.range_m, [5, 95])
        return bool(high - low < 0.3)


class _Entry(NamedTuple):
    """A detection with the index and the time of its burst."""

    burst: int
    time_s: float
    detection: Detection


@dataclass
class _OpenTrack:
    """A track that is still being extended."""

    entries: list[_Entry] = field(default_factory=list)

    def distance(self, time_s: float, found: Detection, max_speed_mps: float) -> float:
        """Distance of a detection from the prediction in units of the gate; inf outside it."""
        _, last_s, last = self.entries[-1]
        expected_m = last.range_m + last.speed_mps * (time_s - last_s)
        near_m = min(abs(found.range_m - expected_m), abs(found.range_m - last.range_m))
        change_mps = abs(found.speed_mps - last.speed_mps)
        change_mps = min(change_mps, abs(2 * max_speed_mps - change_mps))
        gates = near_m / GATE_M, change_mps / GATE_MPS
        return max(gates) if max(gates) <= 1 else np.inf


def find_tracks(recording: Recording, stats: CaptureStats, *, tdm: bool = True) -> list[Track]:
    """Tracks of all moving targets of a recording, by decreasing energy.

    Args:
        recording: frames with a Doppler axis (see `captures.recording.for_doppler`).
        stats: statistics of the same recording.
        tdm: see `detection.detect`.

    Returns:
        The tracks; an empty list if nothing moves.
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
    tracks = sorted((_track(one) for one in confirmed), key=lambda track: -_energy(track))
    return tracks if recording.num_frames == 1 else _one_per_person(tracks)


def _with_neighbour(recording: Recording):
    """Each frame with the mean chirp of the previous frame; the first with that of the second."""
    last_v = recording.read(1, 2)[0].mean(0) if recording.num_frames > 1 else None
    for _, block_v in recording.blocks():
        for frame_v in block_v:
            yield frame_v, last_v
            last_v = frame_v.mean(0)


def _extend(live, index, time_s, found: Sequence[Detection], max_speed_mps) -> None:
    """Assign each detection, strongest first, to the nearest free track or to a new one."""
    free = list(live)
    for detection in found:
        away = [one.distance(time_s, detection, max_speed_mps) for one in free]
        if away and min(away) < np.inf:
            one = free.pop(int(np.argmin(away)))
        else:
            one = _OpenTrack()
            live.append(one)
        one.entries.append(_Entry(index, time_s, detection))


def _is_confirmed(one: _OpenTrack, num_frames: int) -> bool:
    if num_frames < 2 * MIN_DETECTIONS:
        return True
    num_bursts = one.entries[-1].burst - one.entries[0].burst + 1
    return len(one.entries) >= max(MIN_DETECTIONS, MIN_SHARE * num_bursts)


def _energy(track: Track) -> float:
    """Sum of the linear signal-to-noise ratios."""
    return float((10 ** (track.snr_db / 10)).sum())


def _track(one: _OpenTrack) -> Track:
    def series(value):
        return np.array([value(entry.detection) for entry in one.entries], np.float64)

    return Track(
        times_s=np.array([entry.time_s for entry in one.entries]),
        range_m=series(lambda found: found.range_m),
        speed_mps=series(lambda found: found.speed_mps),
        azimuth_rad=series(
            lambda found: np.nan if found.azimuth_rad is None else found.azimuth_rad
        ),
        snr_db=series(lambda found: found.snr_db),
    )


def _one_per_person(tracks: list[Track]) -> list[Track]:
    """Tracks without the limbs: weaker tracks that stay close to a stronger one are removed."""
    kept: list[Track] = []
    for track in tracks:
        if not any(_belongs_to(track, stronger) for stronger in kept):
            kept.append(track)
    return kept


def _belongs_to(track: Track, stronger: Track) -> bool:
    inside = (track.times_s >= stronger.times_s[0] - 0.5) & (
        track.times_s <= stronger.times_s[-1] + 0.5
    )
    if inside.mean() < 0.5:
        return False
    at_m = np.interp(track.times_s, stronger.times_s, stronger.range_m)
    near = np.median(np.abs(track.range_m - at_m)[inside]) < SAME_PERSON_M
    angles = track.median_azimuth_rad, stronger.median_azimuth_rad
    other_direction = None not in angles and abs(angles[0] - angles[1]) > SAME_PERSON_RAD
    return bool(near and not other_direction)
