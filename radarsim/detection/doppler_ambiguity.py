"""Resolve the Doppler ambiguity of tracks from their change in range.

For a moving target, range rate and Doppler speed agree except for aliasing,

    range rate = Doppler speed + n x 2 v_max,    v_max = lambda / (4 T_loop)

with an integer n that is not 0 if the target is faster than the unambiguous speed v_max (aliasing).
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from radarsim.detection.track import MIN_DETECTIONS, Track
from radarsim.radar.radar import Radar

# A target counts as travelling if its change in range exceeds `TRAVEL_M`, `TRAVEL_BINS` range bins,
# and `TRAVEL_SCATTERS` times the scatter of its ranges about the fitted line.
TRAVEL_M, TRAVEL_BINS, TRAVEL_SCATTERS = 0.3, 1.5, 4.0
TREND_S = 0.5  # Half the length of the window in which a local range rate is fitted.
MAX_RATE_ERROR = 0.35  # Largest standard error of a range rate that determines n [v_max].
ALIAS_M = 0.15  # Largest scatter of the ranges of an aliased target about the fitted line.
AGREE = 0.3  # Tolerance between range rate and unfolded speed [v_max].


def unfolded(
    track: Track, radar: Radar, folded_azimuths_rad: Float[np.ndarray, "seen fold"]
) -> Track:
    """Return the track with unambiguous speeds and the corresponding azimuths.

    Args:
        track: track with the speeds as measured, possibly aliased.
        radar: radar of the recording.
        folded_azimuths_rad: azimuths for each Doppler ambiguity n, modulo the number of
            transmitters; NaN where not measured [rad].

    Returns:
        The given track if its speeds are not aliased; otherwise, a track with unfolded speeds,
        whose `folded_mps` contains the measured speed.
    """
    if not is_aliased(track, radar):
        return track
    speed_mps = unfolded_speeds(track, radar)
    folds = _folds(speed_mps, track.speed_mps, radar).astype(int) % folded_azimuths_rad.shape[1]
    return replace(
        track,
        speed_mps=speed_mps,
        azimuth_rad=folded_azimuths_rad[np.arange(len(folds)), folds],
        folded_mps=track.median_speed_mps,
    )


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
        return False  # probably static echoes at several ranges that flicker in turn
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

    Returns:
        Whether the target travels; False if it was seen at one time only.
    """
    least_m = max(TRAVEL_M, TRAVEL_BINS * radar.range_resolution_m)
    return _steady_change(track.times_s, track.range_m) > least_m


def _steady_change(times_s, values_m) -> float:
    """Change along the least-squares line [m].

    The change is 0 if the values scatter too much about the line, or belong to a single time.
    """
    if np.ptp(times_s) == 0:
        return 0.0
    smooth_m = ndimage.median_filter(values_m, 3, mode="nearest")
    rate_mps, _ = range_rate(times_s, smooth_m)
    middle_s = times_s - times_s.mean()
    scatter_m = float(np.std(smooth_m - smooth_m.mean() - rate_mps * middle_s))
    change_m = abs(rate_mps) * float(np.ptp(times_s))
    return change_m if change_m > TRAVEL_SCATTERS * scatter_m else 0.0
