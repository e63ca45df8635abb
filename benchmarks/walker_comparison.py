"""Comparison of recorded and simulated walks: straight legs, time alignment, and result table."""

import numpy as np
from scipy.ndimage import gaussian_filter1d, label

from benchmarks.walker_measures import (
    Walk,
    level_slope_db,
    limb_level_db,
    limb_spread_mps,
    phase_deviation_rad,
    ripple_mps,
    step_frequency_hz,
    step_prominence,
    trend_free_mps,
)

NEAR_M, FAR_M = 2.0, 8.0
_MIDDLE_M = 0.5 * (NEAR_M + FAR_M)
# Ranges in which the level is stated [m]; the torso is in the main lobe of the antennas there.
_LEVEL_M = (6.0, 8.0)
# Standard deviation of the Gaussian filter of the range before its direction is determined [s].
_SMOOTHING_S = 0.3
# Smallest overlap in time of two legs that are compared, relative to the shortest leg.
_LEAST_OVERLAP = 0.8


def straight_legs(walk: Walk) -> dict[str, Walk]:
    """Split a walk at its turning point into two legs, both limited to `NEAR_M` to `FAR_M`."""
    turn = int(np.argmax(walk.range_m))
    frames = np.arange(len(walk.times_s))
    legs = {"out": one_leg(walk, frames < turn), "back": one_leg(walk, frames > turn)}
    return {name: leg for name, leg in legs.items() if leg is not None}


def one_leg(walk: Walk, chosen: np.ndarray | bool = True) -> Walk | None:
    """Limit a walk in one direction to `NEAR_M` to `FAR_M`.

    Args:
        walk: walk of at least two frames.
        chosen: mask [frame] of the frames of this direction; True: all frames.

    Returns:
        The leg from the first to the last frame within the limits; None if the leg is too short.
    """
    kept = np.flatnonzero((walk.range_m > NEAR_M) & (walk.range_m < FAR_M) & chosen)
    if len(kept) < _frames(walk, walk.pace.least_s):
        return None
    return walk.part(slice(kept[0], kept[-1] + 1))


def legs_by_direction(walk: Walk, near_m: float, far_m: float) -> dict[str, Walk]:
    """Longest leg away from the radar ("out") and towards it ("back") within a range interval."""
    sigma = _frames(walk, _SMOOTHING_S)
    rate_mps = np.gradient(gaussian_filter1d(walk.range_m, sigma, mode="nearest"), walk.times_s)
    inside = (walk.range_m > near_m) & (walk.range_m < far_m)
    legs = {}
    for name, sign in (("out", 1), ("back", -1)):
        parts, count = label(inside & (np.sign(rate_mps) == sign))
        sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
        if count and sizes.max() >= _frames(walk, walk.pace.least_s):
            legs[name] = walk.part(parts == 1 + sizes.argmax())
    return legs


def _frames(walk: Walk, duration_s: float) -> int:
    return round(duration_s / (walk.times_s[1] - walk.times_s[0]))


def measures(walk: Walk) -> dict[str, float]:
    """All measures of a straight walk, keyed by name and unit."""
    return {
        "range rate [m/s]": float(np.polyfit(walk.times_s, walk.range_m, 1)[0]),
        "torso speed [m/s]": float(walk.speed_mps.mean()),
        "step frequency [Hz]": step_frequency_hz(walk),
        "step prominence": step_prominence(walk),
        "ripple [m/s]": ripple_mps(walk),
        "limb spread [m/s]": limb_spread_mps(walk),
        "limb level [dB]": limb_level_db(walk),
        "level 2 to 8 m [dB]": level_slope_db(walk),
        "level x R^4 at 6 to 8 m [dB]": _far_level_db(walk),
        "receiver phase [rad]": phase_deviation_rad(walk),
    }


def _far_level_db(walk: Walk) -> float:
    """Median of the torso's level times R^4 at the ranges `_LEVEL_M` [dB]; NaN without frames."""
    inside = (walk.range_m > _LEVEL_M[0]) & (walk.range_m < _LEVEL_M[1])
    level_db = (walk.level_db + 40 * np.log10(walk.range_m))[inside]
    return float(np.median(level_db)) if len(level_db) else np.nan


def aligned_speed_rms_mps(recorded: Walk, simulated: Walk) -> dict[str, float]:
    """RMS differences of torso speed and range after the simulated walk is aligned in time.

    The start time aligns the ranges. The step phase is a further time shift by up to half a step
    that minimises the difference. Start time and step phase are the only free parameters. Only the
    frames of the recording within the time of the shifted simulated walk are compared.

    Returns:
        RMS of the speed difference, RMS after removal of the mean and of the slow trend (a cubic
        polynomial in time), and mean of the difference [m/s]; RMS of the range difference with the
        start time alone [m]; number of frames in which speeds are compared. All values are NaN if
        the walks overlap by less than 0.8 of the shortest leg (20 frames of 0.1 s for a walk, 8 for
        a run).
    """
    coarse_s = _start_s(recorded, simulated)
    half_step_s = 0.5 / recorded.pace.step_band_hz[0]
    shifts_s = coarse_s + np.linspace(-half_step_s, half_step_s, 81)
    found = [_differences(recorded, simulated, each) for each in shifts_s]
    found = [each for each in found if each is not None]
    names = ("", " without mean", " without trend")
    if not found:
        return dict.fromkeys([f"speed RMS{name} [m/s]" for name in names] + _OTHERS, np.nan)
    times_s, best = min(found, key=lambda each: each[1].std())
    parts = (best, best - best.mean(), trend_free_mps(times_s, best))
    rms = {f"speed RMS{name} [m/s]": _rms(part) for name, part in zip(names, parts)}
    others = (float(best.mean()), _range_rms_m(recorded, simulated), float(len(best)))
    return rms | dict(zip(_OTHERS, others))


_OTHERS = ["mean speed [m/s]", "range RMS [m]", "compared frames"]


def _rms(values) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _range_rms_m(recorded: Walk, simulated: Walk) -> float:
    """RMS difference of the ranges after alignment of the start time [m]; NaN without overlap."""
    times_s = simulated.times_s + _start_s(recorded, simulated)
    common = (recorded.times_s >= times_s[0]) & (recorded.times_s <= times_s[-1])
    range_m = np.interp(recorded.times_s[common], times_s, simulated.range_m)
    return _rms(range_m - recorded.range_m[common]) if common.any() else np.nan


def _start_s(recorded: Walk, simulated: Walk) -> float:
    """Time shift of the simulated walk with which the lines fitted to both ranges meet at 5 m."""
    lines = [np.polyfit(walk.times_s, walk.range_m, 1) for walk in (recorded, simulated)]
    first_s, second_s = ((_MIDDLE_M - start_m) / rate_mps for rate_mps, start_m in lines)
    return float(first_s - second_s)


def _differences(recorded: Walk, simulated: Walk, shift_s: float):
    """Times and differences of speed (simulated minus recorded); None if the overlap is short."""
    times_s = simulated.times_s + shift_s
    common = (recorded.times_s >= times_s[0]) & (recorded.times_s <= times_s[-1])
    if common.sum() < _LEAST_OVERLAP * _frames(recorded, recorded.pace.least_s):
        return None
    speed_mps = np.interp(recorded.times_s[common], times_s, simulated.speed_mps)
    return recorded.times_s[common], speed_mps - recorded.speed_mps[common]


def print_table(rows: list[dict], fitted: str) -> None:
    """Print the measures of all walks, and then the differences between the torso speeds."""
    for rows_of_kind in (
        [row for row in rows if "simulation" not in row],
        [row for row in rows if "simulation" in row],
    ):
        if not rows_of_kind:
            continue
        names = list(rows_of_kind[0])
        print("\n| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|")
        for row in rows_of_kind:
            cells = [f"{row[name]:.2f}" if name not in _TEXTS else row[name] for name in names]
            cells[0] += " (fitted)" if row["walk"].split()[0] == fitted else ""
            print("| " + " | ".join(cells) + " |")


_TEXTS = ("walk", "leg", "simulation")
