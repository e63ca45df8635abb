"""Classify tracks as moving targets or as flickering or vibrating static echoes; unfold speeds.

A static echo changes when somebody crosses the line of sight to the reflector (shadowing) or when
the reflector sways slowly. The echo is then detected at a fixed range and at zero Doppler. A
vibrating reflector or mains ripple produces spectral lines at a fixed Doppler frequency. Such
echoes are not moving targets. For a moving target, range rate and Doppler speed agree,

    range rate = Doppler speed + n x 2 v_max,    v_max = lambda / (4 T_loop)

with an integer n that is not 0 if the target is faster than the unambiguous speed v_max (aliasing).
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from radarsim.detection.track import FLICKERING, MIN_DETECTIONS, MOVING, VIBRATING, Track
from radarsim.radar.radar import Radar

# Speeds below `SLOW_MPS` or below `SLOW_BINS` Doppler bins count as slow, because standing people
# sway at up to a few cm/s.
SLOW_MPS, SLOW_BINS = 0.1, 1
# Minimum fraction and minimum number of detections of a moving target that are not slow.
MIN_FAST_SHARE, MIN_FAST = 0.3, 2
# Minimum mean speed of the torso of a person who exercises in place (squats, jumping jacks).
IN_PLACE_MPS = 0.08
AT_REST_MPS = 0.03  # largest median speed of a static echo
# A target travels if its change in range exceeds `TRAVEL_M`, `TRAVEL_BINS` range bins, and
# `TRAVEL_SCATTERS` times the scatter of its ranges about the fitted line.
TRAVEL_M, TRAVEL_BINS, TRAVEL_SCATTERS = 0.3, 1.5, 4.0
# Largest deviation (75th percentile) of the Doppler speeds of a vibration line, in Doppler bins or
# as a fraction of the speed; minimum fraction of fast detections of a vibrating reflector.
LINE_BINS, LINE_SHARE, LINE_PERCENTILE, LINE_FAST_SHARE = 1.0, 0.1, 75, 0.5
# Largest Doppler speed, and largest scatter of the range in range bins, of a static echo at the
# edge of a moving shadow (diffraction).
DIFFRACTION_MPS, DIFFRACTION_BINS = 0.5, 0.2
# An echo is at a fixed range if at least this fraction of its ranges is this close to the median.
FIXED_M, FIXED_SHARE = 0.2, 0.8
TREND_S = 0.5  # half the length of the window in which a local range rate is fitted
MAX_RATE_ERROR = 0.35  # largest standard error of a range rate that determines n, in units of v_max
ALIAS_M = 0.15  # largest scatter of the ranges of an aliased target about the fitted line
AGREE = 0.3  # tolerance between range rate and unfolded speed, in units of v_max


def with_kind(
    track: Track, radar: Radar, folded_azimuths_rad: Float[np.ndarray, "seen fold"]
) -> Track:
    """Return the track with its kind and with unambiguous speeds.

    Args:
        track: track with the speeds as measured, possibly aliased.
        radar: radar of the recording in which the track was found.
        folded_azimuths_rad: azimuths for each Doppler ambiguity n, modulo the number of
            transmitters; NaN where not measured [rad].

    Returns:
        The track with `kind` set. If the track is aliased, speeds and azimuths are corrected, and
        `folded_mps` is set.
    """
    kind = kind_of(track, radar)
    if kind != MOVING or not is_aliased(track, radar):
        return replace(track, kind=kind)
    speed_mps = unfolded_speeds(track, radar)
    folds = _folds(speed_mps, track.speed_mps, radar).astype(int) % folded_azimuths_rad.shape[1]
    return replace(
        track,
        kind=kind,
        speed_mps=speed_mps,
        azimuth_rad=folded_azimuths_rad[np.arange(len(folds)), folds],
        folded_mps=track.median_speed_mps,
    )


def kind_of(track: Track, radar: Radar) -> str:
    """Decide whether a track is a moving target, a flickering echo or a vibrating echo.

    Args:
        track: track with the speeds as measured, possibly aliased.
        radar: radar of the recording.

    Returns:
        `MOVING`, `FLICKERING` or `VIBRATING`.
    """
    if len(track.times_s) < MIN_DETECTIONS:  # too few for a range rate: decide by Doppler
        return MOVING if np.abs(track.speed_mps).max() > radar.speed_resolution_mps else FLICKERING
    fast = np.abs(track.speed_mps) >= slow_limit_mps(radar)
    in_place = len(fast) >= 2 * MIN_DETECTIONS and np.abs(track.speed_mps).mean() >= IN_PLACE_MPS
    if np.median(np.abs(track.speed_mps)) < AT_REST_MPS:  # some detections may be vibration lines
        in_place, fast = False, fast & _speed_explains_range(track, radar)
    if in_place or (fast.mean() >= MIN_FAST_SHARE and fast.sum() >= MIN_FAST):
        if not _is_line(track, radar, fast):
            return FLICKERING if _range_ignores_speed(track, radar) else MOVING
        return VIBRATING if fast.mean() >= LINE_FAST_SHARE else FLICKERING
    # This case includes blind speeds (multiples of 2 v_max) and radars with a v_max of a few cm/s.
    moves = _speed_explains_range(track, radar) or is_aliased(track, radar)
    return MOVING if moves else FLICKERING


def slow_limit_mps(radar: Radar) -> float:
    """Speed below which a detection may be a changing static echo [m/s]."""
    return max(SLOW_MPS, SLOW_BINS * radar.speed_resolution_mps)


def is_aliased(track: Track, radar: Radar) -> bool:
    """Whether the range rate of a moving target exceeds the unambiguous speed.

    Args:
        track: track with the speeds as measured, possibly aliased.
        radar: radar of the recording.

    Returns:
        Whether the target is aliased; False if the range rate is too uncertain, as in a single
        burst.
    """
    if len(track.times_s) < 2 * MIN_DETECTIONS or not travels(track, radar):
        return False
    limit_mps = radar.max_speed_mps
    rate_mps, error_mps = range_rate(track.times_s, track.range_m)
    line_m = track.range_m.mean() + rate_mps * (track.times_s - track.times_s.mean())
    if np.std(track.range_m - line_m) > max(ALIAS_M, 0.5 * radar.range_resolution_m):
        return False  # static echoes at several ranges that flicker one after another
    if error_mps > MAX_RATE_ERROR * limit_mps:
        return bool(abs(rate_mps) - 3 * error_mps > 1.1 * limit_mps)
    folds = _folds(rate_mps, track.speed_mps, radar)
    unfolded_mps = float(np.median(track.speed_mps + 2 * limit_mps * folds))
    nearest_mps = np.clip(3 * error_mps, AGREE * limit_mps, 0.5 * limit_mps)
    agree = abs(unfolded_mps - rate_mps) < nearest_mps
    return bool(agree and np.median(folds) != 0)


def unfolded_speeds(track: Track, radar: Radar) -> Float[np.ndarray, " seen"]:
    """Unfold the speeds of an aliased track by the multiple of 2 v_max that fits the range rate.

    Args:
        track: track with the speeds as measured, possibly aliased.
        radar: radar of the recording.

    Returns:
        Radial speeds [m/s], or the local range rates if the multiple cannot be determined.
    """
    local = [_local_rate(track, time_s) for time_s in track.times_s]
    rate_mps = np.array([rate for rate, _ in local])
    error_mps = float(np.median([error for _, error in local]))
    if error_mps > MAX_RATE_ERROR * radar.max_speed_mps:
        return rate_mps
    return track.speed_mps + 2 * radar.max_speed_mps * _folds(rate_mps, track.speed_mps, radar)


def _folds(rate_mps, speed_mps, radar: Radar):
    """Doppler ambiguity n: range rate minus measured speed, in multiples of 2 v_max."""
    return np.round((rate_mps - speed_mps) / (2 * radar.max_speed_mps))


def _local_rate(track: Track, time_s: float) -> tuple[float, float]:
    """Range rate around a time and its standard error, from at least five detections [m/s]."""
    away_s = np.abs(track.times_s - time_s)
    reach_s = max(TREND_S, float(np.partition(away_s, min(4, len(away_s) - 1))[:5].max()))
    near = away_s <= reach_s + 1e-9
    return range_rate(track.times_s[near], track.range_m[near])


def range_rate(
    times_s: Float[np.ndarray, " seen"], range_m: Float[np.ndarray, " seen"]
) -> tuple[float, float]:
    """Range rate (slope of the least-squares line through the ranges) and its standard error.

    Args:
        times_s: times of the detections, at least two of which differ [s].
        range_m: ranges of the detections [m].

    Returns:
        Range rate and standard error [m/s]; the error is infinite for fewer than three detections.
    """
    middle_s = times_s - times_s.mean()
    spread = float(middle_s @ middle_s)
    rate_mps = float(middle_s @ range_m) / spread
    if len(times_s) < 3:
        return rate_mps, float("inf")
    scatter_m = range_m - range_m.mean() - rate_mps * middle_s
    return rate_mps, float(np.sqrt(scatter_m @ scatter_m / (len(times_s) - 2) / spread))


def travels(track: Track, radar: Radar) -> bool:
    """Whether the range of the target changes steadily and by more than a range bin.

    Args:
        track: track of the target.
        radar: radar of the recording.
    """
    least_m = max(TRAVEL_M, TRAVEL_BINS * radar.range_resolution_m)
    return _steady_change(track.times_s, track.range_m) > least_m


def _speed_explains_range(track: Track, radar: Radar) -> bool:
    """Whether the target travels, and its speed explains at least half of its change in range.

    Walls that flicker one after another look like a target that travels with zero Doppler.
    """
    rate_mps, _ = range_rate(track.times_s, track.range_m)
    travelled_m = rate_mps * float(np.ptp(track.times_s))
    by_speed_m = float(np.trapezoid(track.speed_mps, track.times_s))
    return travels(track, radar) and abs(by_speed_m - travelled_m) < 0.5 * abs(travelled_m)


def _steady_change(times_s, values_m) -> float:
    """Change along the least-squares line [m]; 0 if the values scatter too much about the line."""
    smooth_m = ndimage.median_filter(values_m, 3, mode="nearest")
    rate_mps, _ = range_rate(times_s, smooth_m)
    middle_s = times_s - times_s.mean()
    scatter_m = float(np.std(smooth_m - smooth_m.mean() - rate_mps * middle_s))
    change_m = abs(rate_mps) * float(np.ptp(times_s))
    return change_m if change_m > TRAVEL_SCATTERS * scatter_m else 0.0


def _is_line(track: Track, radar: Radar, fast: Bool[np.ndarray, " seen"]) -> bool:
    """Whether the fast detections form a vibration line: one Doppler frequency at a fixed range.

    The sign of the Doppler frequency may vary. A target at constant speed also has one Doppler
    frequency, but its range changes by speed x time.
    """
    if not fast.any():
        return False
    speed_mps = np.abs(track.speed_mps[fast])
    middle_mps = float(np.median(speed_mps))
    scatter_mps = float(np.percentile(np.abs(speed_mps - middle_mps), LINE_PERCENTILE))
    if scatter_mps > max(LINE_BINS * radar.speed_resolution_mps, LINE_SHARE * middle_mps):
        return False
    if not _is_at_fixed_range(track, radar):
        return False
    both_signs = 0 < (track.speed_mps[fast] > 0).mean() < 1
    rate_mps, error_mps = range_rate(track.times_s, track.range_m)
    duration_s = float(np.ptp(track.times_s))
    missing_m = abs(float(np.trapezoid(track.speed_mps, track.times_s)) - rate_mps * duration_s)
    least_m = max(3 * error_mps * duration_s, 0.25 * radar.range_resolution_m)
    return bool(both_signs or missing_m > least_m)


def _range_ignores_speed(track: Track, radar: Radar) -> bool:
    """Whether the range stays constant despite a low Doppler speed, as at a moving shadow's edge.

    Fresnel fringes that sweep over a static reflector change the phase of the echo, but not its
    range. The ranges are fitted by a + b x (integral of the speed), where b is 1 for a moving
    target and 0 for a static reflector.
    """
    if np.percentile(np.abs(track.speed_mps), 90) > DIFFRACTION_MPS:
        return False
    if np.std(track.range_m) > DIFFRACTION_BINS * radar.range_resolution_m:
        return False
    steps_s = np.diff(track.times_s)
    middle_mps = (track.speed_mps[1:] + track.speed_mps[:-1]) / 2
    moved_m = np.concatenate([[0.0], np.cumsum(middle_mps * steps_s)])
    share, error = range_rate(moved_m, track.range_m)
    return bool(share + 3 * error < 0.5)


def _is_at_fixed_range(track: Track, radar: Radar) -> bool:
    """Whether most ranges lie close to their median."""
    away_m = np.abs(track.range_m - track.median_range_m)
    return bool((away_m < max(FIXED_M, radar.range_resolution_m)).mean() >= FIXED_SHARE)
