"""Calibrate the acceptance thresholds of `radarsim.validate`.

    python -m tools.calibrate_thresholds

Twelve built-in activities are used as captures, at three signal-to-noise ratios. Each capture is
compared with a simulation of the same motion with realistic errors (different noise, body displaced
by 3 cm and turned by 5 degrees, different lobe width) and with simulations of the eleven other
motions from the same start. A threshold is the value that 98 % of the same-motion comparisons
reach. If more than half of the comparisons with other motions also reach the threshold, the metric
does not distinguish motions and is reported without a limit.

The thresholds are written to radarsim/assets/acceptance_thresholds.json.
"""

import argparse
import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

ACTIVITIES = (
    *("walk_forward_and_turn_around", "walking_forward_and_backward", "side_walk"),
    *("march_in_place", "jog_in_place", "jumping_jack", "squat", "bow", "kick", "punch"),
    *("sit_on_a_chair_and_stand_up", "torso_rotation"),
)
# Noise levels of the captures [dB] above the board's thermal noise.
NOISE_DB = (0.0, 9.0, 18.0)
# Fraction of same-motion comparisons that may miss a threshold.
MISSED_SHARE = 0.02
MAX_OTHER_SHARE = 0.5  # largest fraction of other motions that may reach a threshold
LOOPS, SAMPLES, SECONDS = 64, 128, 3.0
MAPS = ("time_doppler", "time_range", "time_angle")
TITLES = {"time_doppler": "time-Doppler", "time_range": "time-range", "time_angle": "time-angle"}
CALIBRATED = "98 % of simulations of the same motion"
NO_LIMIT = "reported without a limit: other motions reach similar values"
ASSET = Path(__file__).parents[1] / "radarsim" / "assets" / "acceptance_thresholds.json"
# Thresholds that cannot be calibrated by simulation.
GIVEN = {
    "level_bias_db": {
        "title": "level bias", "limit": 7.9, "relation": "<=", "unit": "dB",
        "source": "twice the spread of human RCS, 3.94 dB (3GPP TR 38.901)",
    },
    "noise_bias_db": {
        "title": "noise bias", "limit": 3.0, "relation": "<=", "unit": "dB",
        "source": "chip to chip 1 dB, ADC full scale known to about 2 dB (boards.py)",
    },
    "leakage_headroom_db": {
        "title": "leakage below full scale", "limit": 3.0, "relation": ">=", "unit": "dB",
        "source": "half of the ADC range is left for echoes",
    },
    "azimuth_fit_share": {
        "title": "phases that fit one direction", "limit": 0.25, "relation": ">=", "unit": "",
        "source": "fraction of the detections of targets; a wrong antenna layout fits no direction",
    },
}  # fmt: skip


def main() -> int:
    """Simulate all activities, compare all pairs and write the thresholds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=ASSET)
    options = parser.parse_args()
    radar = small_radar()
    print("simulating", flush=True)
    captures = {name: echo_of_activity(radar, name) for name in ACTIVITIES}
    simulations = {name: echo_of_activity(radar, name, inexact=True) for name in ACTIVITIES}
    same, other, ranks = compare_all(radar, captures, simulations)
    thresholds = {key: threshold_of(key, same[key], other[key], radar) for key in same}
    joint = {
        "same_motion_passes": share_within(thresholds, same),
        "other_motion_passes": share_within(thresholds, other),
        "true_motion_first": ranks,
    }
    calibration = {
        "activities": list(ACTIVITIES), "noise_db_over_the_board": list(NOISE_DB),
        "radar": f"AWR1843BOOST, {LOOPS} loops, {SAMPLES} samples, {SECONDS:g} s",
        "missed_share": MISSED_SHARE, "max_other_share": MAX_OTHER_SHARE,
        "all_lines_together": joint,
    }  # fmt: skip
    text = json.dumps({"lines": thresholds | GIVEN, "calibration": calibration}, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def small_radar():
    """Board of the mmCLIP paper with half the loops and samples: the same bins, 1/4 of the work."""
    from radarsim.radar.boards import BOARDS

    radar = BOARDS["AWR1843BOOST"]
    chirp = replace(radar.chirp, num_samples=SAMPLES, sample_rate_hz=radar.chirp.sample_rate_hz / 2)
    return replace(radar, chirp=chirp, frame=replace(radar.frame, num_chirps=LOOPS), board="")


def echo_of_activity(radar, name: str, inexact: bool = False) -> np.ndarray:
    """Noise-free IF cube of an activity at 3 m [V]; `inexact` adds position and lobe errors."""
    from builders.activities import perform
    from radarsim.files import free_body
    from radarsim.scene.placement import Placement
    from radarsim.scene.scene import Scene
    from radarsim.scene.subject import Subject
    from radarsim.validation.simulated_recording import simulate_echo

    placement = Placement(distance_m=3.0)
    if inexact:
        placement = Placement(distance_m=3.03, heading_rad=np.radians(5.0))
    motion = perform(name, duration_s=SECONDS + 0.5)
    scene = Scene([Subject(motion, free_body(), placement)])
    print(" ", name, flush=True)
    return simulate_echo(
        radar, scene, round(SECONDS / radar.frame.period_s), 0.4 if inexact else 0.5
    )


def noisy_heatmaps(radar, echo_v: np.ndarray, noise_db: float, seed: int):
    """Heatmaps of an echo with thermal noise added, and their axes."""
    import jax

    from radarsim.captures.recording import of_cube
    from radarsim.signal.noise_and_adc import add_thermal_noise
    from radarsim.validation.capture_stats import measure_stats
    from radarsim.validation.recording_heatmaps import (
        make_recording_heatmaps,
        recording_axes,
        settings_for,
    )

    cube_v = np.asarray(add_thermal_noise(radar, echo_v, jax.random.key(seed), noise_db))
    recording = of_cube(radar, cube_v)
    settings = settings_for(recording)
    maps = make_recording_heatmaps(recording, measure_stats(recording), settings)
    return maps, recording_axes(recording, settings)


def compare_all(radar, captures, simulations):
    """Compute the metrics of all pairs, and count the captures whose true motion ranks first.

    Returns:
        Values by metric for pairs of the same motion, values by metric for pairs of different
        motions, and the number of activities whose own simulation is the most similar one, by
        noise level.
    """
    from radarsim.validation.heatmap_metrics import centroid_errors, mean_similarity, similarity

    same: dict[str, list[float]] = {}
    other: dict[str, list[float]] = {}
    ranks = {}
    for noise_db in NOISE_DB:
        real = {name: noisy_heatmaps(radar, captures[name], noise_db, 1) for name in ACTIVITIES}
        simulated = {
            name: noisy_heatmaps(radar, simulations[name], noise_db, 2)[0] for name in ACTIVITIES
        }
        exact = {name: noisy_heatmaps(radar, captures[name], noise_db, 3)[0] for name in ACTIVITIES}
        scores, exact_scores = {}, {}
        for true, guess in product(ACTIVITIES, ACTIVITIES):
            maps, axes = real[true]
            similarities = similarity(maps, simulated[guess])
            scores[true, guess] = mean_similarity(similarities)
            exact_scores[true, guess] = mean_similarity(similarity(maps, exact[guess]))
            kept = same if true == guess else other
            for kind, name in product(("correlation", "ssim"), MAPS):
                kept.setdefault(f"{name}.{kind}", []).append(similarities[name][kind])
            for key, value in centroid_errors(maps, simulated[guess], axes).items():
                kept.setdefault(key, []).append(value)
        ranks[f"{noise_db:g} dB"] = {
            "body_off": num_first(scores), "body_known": num_first(exact_scores)
        }  # fmt: skip
        print(noise_db, "first:", ranks[f"{noise_db:g} dB"], "of", len(ACTIVITIES), flush=True)
    return same, other, ranks


def num_first(scores) -> int:
    """Number of activities that are most similar to their own simulation."""
    return sum(
        max(ACTIVITIES, key=lambda guess: scores[true, guess]) == true for true in ACTIVITIES
    )


def threshold_of(key: str, same, other, radar) -> dict:
    """Threshold of a metric, and the metric's distributions for equal and different motions."""
    higher = "." in key
    quantile = MISSED_SHARE if higher else 1 - MISSED_SHARE
    limit = float(np.nanquantile(same, quantile))
    limit = float(np.floor(limit * 100) / 100) if higher else float(np.ceil(limit * 1000) / 1000)
    through = float(np.mean([value >= limit if higher else value <= limit for value in other]))
    name, _, kind = key.partition(".")
    titles = {
        "correlation": f"{TITLES.get(name)} correlation", "ssim": f"{TITLES.get(name)} SSIM",
        "range_error_m": "range centroid error, rms",
        "doppler_error_mps": "Doppler centroid error, rms",
        "envelope_error_mps": "Doppler envelope error, rms",
    }  # fmt: skip
    unit = "" if higher else key.rpartition("_")[2].replace("mps", "m/s")
    separates = through <= MAX_OTHER_SHARE
    found = {
        "title": titles[kind or key], "limit": limit if separates else None,
        "relation": ">=" if higher else "<=", "unit": unit,
        "source": CALIBRATED if separates else NO_LIMIT, "other_motion_share": round(through, 2),
        "same_motion_quantiles": quantiles(same), "other_motion_quantiles": quantiles(other),
    }  # fmt: skip
    if not separates:
        return found
    if key == "range_error_m":
        found["at_least_bins"] = 1.0
    if unit == "m/s":
        found["bins"] = round(limit / radar.speed_resolution_mps, 2)
    return found


def quantiles(values) -> dict[str, float]:
    """Minimum, 5 %, median, 95 % and maximum of a distribution."""
    return {
        f"{share:g}": round(float(np.nanquantile(values, share)), 4)
        for share in (0.0, 0.05, 0.5, 0.95, 1.0)
    }


def share_within(thresholds, values) -> float:
    """Fraction of the comparisons that satisfy all calibrated thresholds."""
    within = [
        np.array(values[key]) >= entry["limit"]
        if entry["relation"] == ">="
        else np.array(values[key]) <= entry["limit"]
        for key, entry in thresholds.items()
        if entry["limit"] is not None
    ]
    return round(float(np.all(within, axis=0).mean()), 4)


if __name__ == "__main__":
    sys.exit(main())
