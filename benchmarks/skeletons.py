"""Accuracy of the skeleton fit for noisy joints of built-in motion, and of the resulting heatmaps.

    python -m benchmarks.skeletons --clips 20 --maps 20 --out skeletons.jsonl

Each clip is a built-in activity of an unusual person, observed as joints of one layout with white
noise, and fitted by four methods: the skeleton fit, a separate fit of each pose, a separate fit of
each pose after a moving average of the joints, and a separate fit of each pose to joints that are
interpolated linearly between every third observation. The first two columns are the mean distance
of the layout's landmarks [cm] and the root mean square error of the velocity of wrists, elbows,
knees and ankles [m/s]. For the first clips, three more columns are the correlations of the heatmaps
[dB] with those of the true motion, over the cells that are 6 dB above noise in either heatmap; both
are clipped 30 dB below the peak. The last lines contain the mean distance, the root mean square of
all velocity errors, and the mean correlations.

With --minutes, one long recording is fitted instead. The command prints the processor time, the
peak memory before and after the fit, and the acceleration errors at the boundaries of the windows
compared with other poses (`benchmarks/skeleton_recording.py`).

Each result is immediately appended to the file of --out; the same command resumes after an
interruption, and a run with more clips or maps reuses the results of earlier runs.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.skeleton_methods import METHODS, fitted


def main(arguments: list[str] | None = None) -> int:
    """Measure the missing results, and print a table; return exit status 0."""
    options = make_parser().parse_args(arguments)
    if options.minutes:
        print_recording(options)
        return 0
    results = Results(options)
    numbers = range(options.first, options.first + options.clips)
    for number in numbers:
        measure_clip(number, options, results)
    for method in options.methods:
        rows = [results.rows[_key(number, method, options)] for number in numbers]
        print(f"all, {method}: {summary(rows)}")
    return 0


def print_recording(options: argparse.Namespace) -> None:
    """Fit one long recording, and print time, memory and acceleration errors at boundaries."""
    from benchmarks.machine_info import commit
    from benchmarks.skeleton_recording import measure_recording

    found = measure_recording(options.minutes, options.noise_m)
    print(
        f"{options.minutes:g} min, {found['poses']} poses: {found['cpu_s']:.0f} s of processor "
        f"time; peak memory {found['peak_mb']:.0f} MB, of which {found['before_mb']:.0f} MB before "
        f"the fit ({commit()})"
    )
    if found["boundaries"]:
        low, high = found["range_mps2"]
        print(
            f"acceleration error at the boundaries ({found['boundaries']}): "
            f"{found['boundaries_mps2']:.3f} m/s2; at shifted poses: median "
            f"{found['median_mps2']:.3f} m/s2, 95 % between {low:.3f} and {high:.3f} m/s2"
        )


def summary(rows: list[dict]) -> str:
    """Return mean distance, RMS velocity error, mean map correlations and time as text."""
    distance_cm = np.mean([row["distance_cm"] for row in rows])
    speed_mps = np.sqrt(np.mean([row["speed_mps"] ** 2 for row in rows]))
    maps = [row["maps"] for row in rows if row["maps"]]
    shown = ", ".join(f"{value:.3f}" for value in np.mean(maps, axis=0)) if maps else "-"
    cpu_s = np.mean([row["cpu_s_per_s"] for row in rows])
    return (
        f"{distance_cm:.2f} cm, {speed_mps:.3f} m/s, maps {shown} of {len(maps)} clips, "
        f"{cpu_s:.2f} s of processor time per second"
    )


class Results:
    """Rows of the results file, keyed by clip, method and settings."""

    def __init__(self, options: argparse.Namespace):
        self.path, self.rows = options.out, {}
        if self.path and self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.rows[tuple(row.pop("key"))] = row

    def add(self, key: tuple, row: dict) -> None:
        """Keep a row, and append it to the file."""
        from benchmarks.machine_info import commit

        self.rows[key] = row
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **row, "commit": commit()}) + "\n")


def _key(number: int, method: str, options: argparse.Namespace) -> tuple:
    return number, method, options.seconds, options.noise_m, number < options.maps


def measure_clip(number: int, options: argparse.Namespace, results: Results) -> None:
    """Measure a clip with the methods for which the results file has no row yet."""
    missing = [each for each in options.methods if _key(number, each, options) not in results.rows]
    if not missing:
        return
    from benchmarks.skeleton_clips import true_clip
    from radarsim.files import free_body

    body = free_body()
    truth = true_clip(number, options.seconds, body)
    rng = np.random.default_rng(number)
    sequence = truth.sequence(options.noise_m * rng.normal(size=truth.posed.points_m.shape))
    true_maps = truth.maps() if number < options.maps else None
    for method in missing:
        begin = time.process_time()
        found = fitted(method, sequence, body)
        cpu_s_per_s = (time.process_time() - begin) / options.seconds
        row = truth.compare(*found, true_maps) | {"cpu_s_per_s": cpu_s_per_s}
        print(f"{truth.title}, {method}: {summary([row])}", flush=True)
        results.add(_key(number, method, options), row)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skeletons", description=__doc__)
    add = parser.add_argument
    add("--clips", type=int, default=20, help="number of clips (default: 20)")
    add("--first", type=int, default=0, help="index of the first clip (default: 0)")
    add("--methods", nargs="+", default=METHODS, choices=METHODS, help="methods (default: all)")
    add("--maps", type=int, default=0, help="simulate clips with indices below N (default: 0)")
    add("--seconds", type=float, default=6.0, help="length of a clip (default: 6)")
    add("--noise-m", type=float, default=0.02, help="noise per axis (default: 0.02)")
    add("--minutes", type=float, help="fit one recording of this length instead of the clips")
    add("--out", type=Path, help="results file, to which a resumed run appends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
