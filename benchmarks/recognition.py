"""Can the sixty activities be told apart by their maps, and does nobody repeat themselves?

    python -m builders.amass --preset zeroshot --out sixty.zarr
    python -m benchmarks.recognition sixty.zarr

A fixed descriptor, magnitudes of the 2-D Fourier transform of each map (blind to when and where,
not to how fast and how far), z-scored on the training subjects; then the nearest clip of the
training subjects names each clip of the others. With it, how tempo and amplitude vary.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.throughput import commit

MAPS = ("time_doppler", "time_range", "time_angle")
# Lowest frequencies that are kept: cycles in the clip, and cycles across the bins.
NUM_TIME, NUM_BIN = 32, 24
# Declared alike: what a radar at three metres is hardly expected to tell apart. Counted apart in
# `top1` and `top5`, together in `top1_alike`.
ALIKE = (
    ("stand_still", "sitting_still", "nodding_head", "rotating_head", "playing_phone"),
    ("bow", "standing_forward_bend"),
    ("crouch", "squat", "sit_on_a_chair_and_stand_up"),
    ("walking_clockwise", "walking_counter_clockwise"),
    ("jog_clockwise", "jog_counter_clockwise"),
    ("raise_one_arm_to_the_side", "bend_torso_to_side"),
    ("jog_in_place", "high_leg_lift"),
)
_GROUP = {name: group[0] for group in ALIKE for name in group}
PASS = {"top1": 0.70, "top5": 0.90}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status: 1 where the figures miss their goal."""
    options = _parser().parse_args(arguments)
    described, names, people = read(options.store)
    result = {"commit": commit(), "clips": len(names), "subjects": len(set(people))}
    result |= recognise(described, names, people)
    result["variety"] = variety(len(set(people)))
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(result[key] >= least for key, least in PASS.items()) else 1


def read(path: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Descriptors, activities and subjects of every clip of a store."""
    from pipelines.stored import Store

    store = Store(path)
    described, names, people = [], [], []
    for row, clip in sorted(store.clips.items()):
        described.append(descriptor(store.maps(row)))
        names.append(clip.take.rsplit("/", 1)[-1].rsplit("_", 1)[0])
        people.append(clip.subject)
    return np.stack(described), names, people


def descriptor(maps: dict[str, np.ndarray]) -> np.ndarray:
    """Log magnitudes of the lowest frequencies of each map."""
    parts = []
    for name in MAPS:
        spectrum = np.abs(np.fft.rfft2(np.asarray(maps[name], float)))
        low = np.concatenate([spectrum[:NUM_TIME], spectrum[-NUM_TIME + 1 :]])[:, :NUM_BIN]
        parts.append(np.log1p(low).ravel())
    return np.concatenate(parts)


def recognise(described: np.ndarray, names: list[str], people: list[str]) -> dict:
    """How often the nearest clip, and one of the five nearest activities, is right.

    Args:
        described: [clip, value].
        names: activity of each clip.
        people: subject of each; every other one is held out, then the others are.
    """
    names, everyone = np.array(names), sorted(set(people))
    right = {"top1": [], "top5": [], "top1_alike": []}
    mistaken = Counter()
    for half in (0, 1):
        test = np.isin(people, everyone[half::2])
        mean, spread = described[~test].mean(axis=0), described[~test].std(axis=0) + 1e-9
        known, asked = (described[~test] - mean) / spread, (described[test] - mean) / spread
        apart = (asked**2).sum(1)[:, None] + (known**2).sum(1) - 2 * asked @ known.T
        for true, order in zip(names[test], np.argsort(apart, axis=1)):
            ranked = list(dict.fromkeys(names[~test][order]))
            right["top1"].append(ranked[0] == true)
            right["top5"].append(true in ranked[:5])
            same = _GROUP.get(true, true) == _GROUP.get(ranked[0], ranked[0])
            right["top1_alike"].append(same)
            if ranked[0] != true:
                mistaken[tuple(sorted((str(true), str(ranked[0]))))] += 1
    pairs = [[*pair, count] for pair, count in mistaken.most_common(12)]
    return {key: round(float(np.mean(hits)), 4) for key, hits in right.items()} | {
        "mistaken": pairs
    }


def variety(num_subjects: int, num_takes: int = 8) -> dict:
    """Coefficients of variation of tempo and amplitude over subjects and takes."""
    from builders.activities.style import draw_style, generator, subject

    styles = [
        draw_style(subject(number), generator("take", 0, number, "variety", take))
        for number in range(max(num_subjects, 8))
        for take in range(num_takes)
    ]
    return {
        key: round(float(np.std(values) / np.mean(values)), 3)
        for key, values in (
            ("tempo_cv", [style.tempo for style in styles]),
            ("amplitude_cv", [style.amplitude for style in styles]),
        )
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recognition", description=__doc__.split("\n\n", 1)[0]
    )
    parser.add_argument("store", help="made from built-in activities, at least two subjects")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
