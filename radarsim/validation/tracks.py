"""Targets over time: detections of successive bursts joined into tracks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from radarsim.captures.recording import Recording
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.detection import Detection, detect

GATE_M = 0.5
GATE_MPS = 1.5  # beyond what a walker's torso changes from burst to burst
PATIENCE_S = 1.0
MIN_SHARE = 0.3  # of the bursts of a track's life in which it must be seen
MIN_SEEN = 3
SAME_PERSON_M = 0.7
SAME_PERSON_RAD = np.radians(20.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One target over time; a single burst gives tracks of one entry.

    Attributes:
        times_s: middle of each burst that saw it, since the first frame [s].
        range_m, speed_mps: as `detection.Detection`.
        azimuth_rad: NaN where it cannot be told.
        snr_db: over noise.
    """

    times_s: Float[np.ndarray, " seen"]
    range_m: Float[np.ndarray, " seen"]
    speed_mps: Float[np.ndarray, " seen"]
    azimuth_rad: Float[np.ndarray, " seen"]
    snr_db: Float[np.ndarray, " seen"]

    @property
    def typical_range_m(self) -> float:
        """Median [m]."""
        return float(np.median(self.range_m))

    @property
    def typical_speed_mps(self) -> float:
        """Median [m/s]."""
        return float(np.median(self.speed_mps))

    @property
    def typical_azimuth_rad(self) -> float | None:
        """Median of what could be told [rad]."""
        told = self.azimuth_rad[np.isfinite(self.azimuth_rad)]
        return float(np.median(told)) if len(told) >= max(1, len(self.azimuth_rad) // 4) else None

    @property
    def stays(self) -> bool:
        """Whether it keeps its place: the range it covers is less than a pace."""
        low, high = np.percentile(self.range_m, [5, 95])
        return bool(high - low < 0.3)


@dataclass
class _Open:
    """A track that may go on."""

    seen: list[tuple[int, float, Detection]] = field(default_factory=list)

    def distance(self, time_s: float, found: Detection, max_speed_mps: float) -> float:
        """How far a detection lies from where the track should be, in gates; inf if outside."""
        _, last_s, last = self.seen[-1]
        expected_m = last.range_m + last.speed_mps * (time_s - last_s)
        near_m = min(abs(found.range_m - expected_m), abs(found.range_m - last.range_m))
        turn = abs(found.speed_mps - last.speed_mps)
        turn = min(turn, abs(2 * max_speed_mps - turn))
        gates = near_m / GATE_M, turn / GATE_MPS
        return max(gates) if max(gates) <= 1 else np.inf


def find_tracks(recording: Recording, stats: CaptureStats, *, tdm: bool = True) -> list[Track]:
    """Targets of a whole recording, the longest and strongest first.

    Args:
        recording: with a Doppler axis (`recording.for_doppler`).
        stats: of the same recording.
        tdm: see `detection.detect`.

    Returns:
        Tracks; none in a still room.
    """
    radar = recording.radar
    middle_s = float(radar.chirp_times_s.mean())
    closed: list[_Open] = []
    live: list[_Open] = []
    patience_s = max(PATIENCE_S, 2.5 * radar.frame.period_s)
    for index, (frame_v, other_v) in enumerate(_with_neighbour(recording)):
        time_s = index * radar.frame.period_s + middle_s
        found = detect(radar, stats, frame_v, other_v=other_v, tdm=tdm)
        closed += [one for one in live if time_s - one.seen[-1][1] > patience_s]
        live = [one for one in live if time_s - one.seen[-1][1] <= patience_s]
        _extend(live, index, time_s, found, radar.max_speed_mps)
    lasting = [one for one in closed + live if _lasts(one, recording.num_frames)]
    tracks = sorted((_track(one) for one in lasting), key=lambda track: -_weight(track))
    return tracks if recording.num_frames == 1 else _one_per_person(tracks)


def _with_neighbour(recording: Recording):
    """Each frame with the mean chirp of the one before it; the first with that of the next."""
    last_v = recording.read(1, 2)[0].mean(0) if recording.num_frames > 1 else None
    for _, block_v in recording.blocks():
        for frame_v in block_v:
            yield frame_v, last_v
            last_v = frame_v.mean(0)


def _extend(live, index, time_s, found: Sequence[Detection], max_speed_mps) -> None:
    """Give each detection, strongest first, to the nearest track that has none yet."""
    free = list(live)
    for detection in found:
        away = [one.distance(time_s, detection, max_speed_mps) for one in free]
        if away and min(away) < np.inf:
            one = free.pop(int(np.argmin(away)))
        else:
            one = _Open()
            live.append(one)
        one.seen.append((index, time_s, detection))


def _lasts(one: _Open, num_frames: int) -> bool:
    if num_frames < 2 * MIN_SEEN:
        return True
    life = one.seen[-1][0] - one.seen[0][0] + 1
    return len(one.seen) >= MIN_SEEN and len(one.seen) >= MIN_SHARE * life


def _weight(track: Track) -> float:
    """Energy over the noise, added over time."""
    return float((10 ** (track.snr_db / 10)).sum())


def _track(one: _Open) -> Track:
    def course(value):
        return np.array([value(found) for _, _, found in one.seen], np.float64)

    return Track(
        times_s=np.array([time_s for _, time_s, _ in one.seen]),
        range_m=course(lambda found: found.range_m),
        speed_mps=course(lambda found: found.speed_mps),
        azimuth_rad=course(
            lambda found: np.nan if found.azimuth_rad is None else found.azimuth_rad
        ),
        snr_db=course(lambda found: found.snr_db),
    )


def _one_per_person(tracks: list[Track]) -> list[Track]:
    """Without the limbs: weaker tracks that keep beside a stronger one."""
    kept: list[Track] = []
    for track in tracks:
        if not any(_beside(track, stronger) for stronger in kept):
            kept.append(track)
    return kept


def _beside(track: Track, stronger: Track) -> bool:
    inside = (track.times_s >= stronger.times_s[0] - 0.5) & (
        track.times_s <= stronger.times_s[-1] + 0.5
    )
    if inside.mean() < 0.5:
        return False
    at_m = np.interp(track.times_s, stronger.times_s, stronger.range_m)
    near = np.median(np.abs(track.range_m - at_m)[inside]) < SAME_PERSON_M
    angles = track.typical_azimuth_rad, stronger.typical_azimuth_rad
    aside = None not in angles and abs(angles[0] - angles[1]) > SAME_PERSON_RAD
    return bool(near and not aside)
