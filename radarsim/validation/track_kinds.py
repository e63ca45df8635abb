"""Classify tracks as moving targets or as flickering or vibrating static echoes; unfold speeds.

A static echo changes when somebody crosses the line of sight to the reflector (shadowing) or when
the reflector sways slowly. The echo is then detected at a fixed range and at zero Doppler. A
vibrating reflector or mains ripple produces spectral lines at a fixed Doppler frequency. Such
echoes are not moving targets.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from radarsim.detection.doppler_ambiguity import is_aliased, range_rate, travels, unfolded
from radarsim.detection.track import FLICKERING, MIN_DETECTIONS, MOVING, VIBRATING, Track
from radarsim.radar.radar import Radar

# Speeds below `SLOW_MPS` or below `SLOW_BINS` Doppler bins count as slow, because standing people
# sway at up to a few cm/s.
SLOW_MPS, SLOW_BINS = 0.1, 1
# Minimum fraction and minimum number of detections of a moving target that are not slow.
MIN_FAST_SHARE, MIN_FAST = 0.3, 2
# Minimum mean speed of the torso of a person who exercises in place (squats, jumping jacks).
IN_PLACE_MPS = 0.08
AT_REST_MPS = 0.03  # Largest median speed of a static echo.
# Largest deviation (75th percentile) of the Doppler speeds of a vibration line, in Doppler bins or
# as a fraction of the speed; minimum fraction of fast detections of a vibrating reflector.
LINE_BINS, LINE_SHARE, LINE_PERCENTILE, LINE_FAST_SHARE = 1.0, 0.1, 75, 0.5
# Largest Doppler speed, and largest scatter of the range in range bins, of a static echo at the
# edge of a moving shadow (diffraction).
DIFFRACTION_MPS, DIFFRACTION_BINS = 0.5, 0.2
# An echo is at a fixed range if at least the given fraction of its ranges is within the given
# distance of the median.
FIXED_M, FIXED_SHARE = 0.2, 0.8


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
    classified = replace(track, kind=kind)
    return unfolded(classified, radar, folded_azimuths_rad) if kind == MOVING else classified


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
    """Speed below which a detection may be a flickering static echo [m/s]."""
    return max(SLOW_MPS, SLOW_BINS * radar.speed_resolution_mps)


def _speed_explains_range(track: Track, radar: Radar) -> bool:
    """Whether the target travels and its speed explains at least half of its change in range.

    Walls that flicker one after another resemble a target that travels with zero Doppler.
    """
    rate_mps, _ = range_rate(track.times_s, track.range_m)
    travelled_m = rate_mps * float(np.ptp(track.times_s))
    by_speed_m = float(np.trapezoid(track.speed_mps, track.times_s))
    return travels(track, radar) and abs(by_speed_m - travelled_m) < 0.5 * abs(travelled_m)


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
