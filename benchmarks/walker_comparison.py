"""Comparison of recorded and simulated walks: straight legs, time alignment, and result table."""

import numpy as np

from benchmarks.walker_measures import (
    STEP_BAND_HZ,
    Walk,
    level_slope_db,
    limb_level_db,
    limb_spread_mps,
    phase_deviation_rad,
    ripple_mps,
    step_frequency_hz,
)

NEAR_M, FAR_M = 2.0, 8.0
# Minimum number of frames of a leg that is compared, about five steps.
LEAST_FRAMES = 25
_MIDDLE_M = 0.5 * (NEAR_M + FAR_M)


def straight_legs(walk: Walk) -> dict[str, Walk]:
    """Split a walk at its turning point into two legs, both limited to `NEAR_M` to `FAR_M`."""
    turn = int(np.argmax(walk.range_m))
    inside = (walk.range_m > NEAR_M) & (walk.range_m < FAR_M)
    frames = np.arange(len(walk.times_s))
    legs = {}
    for name, side in (("out", frames < turn), ("back", frames > turn)):
        kept = np.flatnonzero(inside & side)
        if len(kept) >= LEAST_FRAMES:
            legs[name] = walk.part(slice(kept[0], kept[-1] + 1))
    return legs


def measures(walk: Walk) -> dict[str, float]:
    """All measures of a straight walk, keyed by name and unit."""
    return {
        "range rate [m/s]": float(np.polyfit(walk.times_s, walk.range_m, 1)[0]),
        "torso speed [m/s]": float(walk.speed_mps.mean()),
        "step frequency [Hz]": step_frequency_hz(walk),
        "ripple [m/s]": ripple_mps(walk),
        "limb spread [m/s]": limb_spread_mps(walk),
        "limb level [dB]": limb_level_db(walk),
        "level 2 to 8 m [dB]": level_slope_db(walk),
        "receiver phase [rad]": phase_deviation_rad(walk),
    }


def aligned_speed_rms_mps(recorded: Walk, simulated: Walk) -> dict[str, float]:
    """RMS difference of the torso speeds after the simulated walk is aligned in time.

    The start time aligns the ranges. The step phase is a further time shift by up to half a step
    that minimises the difference. Start time and step phase are the only free parameters.

    Returns:
        Root mean square of the difference, and root mean square after removal of the mean [m/s];
        NaN if the walks overlap by less than 2 s.
    """
    coarse_s = _start_s(recorded, simulated)
    half_step_s = 0.5 / STEP_BAND_HZ[0]
    shifts_s = coarse_s + np.linspace(-half_step_s, half_step_s, 81)
    found = [_differences(recorded, simulated, each) for each in shifts_s]
    found = [each for each in found if each is not None] or [np.full(1, np.nan)]
    best = min(found, key=lambda each: each.std())
    return {
        "speed RMS [m/s]": float(np.sqrt(np.mean(best**2))),
        "speed RMS without mean [m/s]": float(best.std()),
        "mean speed [m/s]": float(best.mean()),
    }


def _start_s(recorded: Walk, simulated: Walk) -> float:
    """Time shift of the simulated walk with which the lines fitted to both ranges meet at 5 m."""
    lines = [np.polyfit(walk.times_s, walk.range_m, 1) for walk in (recorded, simulated)]
    first_s, second_s = ((_MIDDLE_M - start_m) / rate_mps for rate_mps, start_m in lines)
    return float(first_s - second_s)


def _differences(recorded: Walk, simulated: Walk, shift_s: float) -> np.ndarray | None:
    """Simulated minus recorded speed in the overlap of the walks; None if shorter than 2 s."""
    times_s = simulated.times_s + shift_s
    common = (recorded.times_s >= times_s[0]) & (recorded.times_s <= times_s[-1])
    if common.sum() * np.diff(recorded.times_s[:2])[0] < 2.0:
        return None
    speed_mps = np.interp(recorded.times_s[common], times_s, simulated.speed_mps)
    return speed_mps - recorded.speed_mps[common]


def print_table(rows: list[dict], fitted: str) -> None:
    """Print the measures of all walks, and then the differences between the torso speeds."""
    for rows_of_kind in (
        [row for row in rows if "simulation" not in row],
        [row for row in rows if "simulation" in row],
    ):
        names = list(rows_of_kind[0]) if rows_of_kind else []
        print("\n| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|")
        for row in rows_of_kind:
            cells = [f"{row[name]:.2f}" if name not in _TEXTS else row[name] for name in names]
            cells[0] += " (fitted)" if row["walk"] == fitted else ""
            print("| " + " | ".join(cells) + " |")


_TEXTS = ("walk", "leg", "simulation")
