"""Training steps of two versions of mmclip, timed alternately (`benchmarks.mmclip --against`)."""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Program that calls `main` of a script, its first argument, with the remaining arguments.
RUN = "import runpy, sys; runpy.run_path(sys.argv[1])['main'](*sys.argv[2:])"


class _Version:
    """A process that trains with the mmclip of a checkout; see mmclip_steps.py."""

    def __init__(self, checkout: Path, options: argparse.Namespace):
        # -P keeps this folder off the import path, where its module mmclip would hide the package.
        script = [sys.executable, "-P", "-c", RUN, str(HERE / "mmclip_steps.py")]
        store = str(Path(options.store).resolve())
        self._process = subprocess.Popen(
            [*script, store, options.preset, *options.set],
            env={**os.environ, "PYTHONPATH": str(checkout.resolve())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read_line()

    def step_s(self, steps: int) -> list[float]:
        """Train for the given number of steps; return wall time and processor time per step [s]."""
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return [float(word) for word in self._read_line().split()]

    def close(self) -> None:
        self._process.communicate()

    def _read_line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a version of mmclip failed; see its message above")
        return line


def compare_versions(options: argparse.Namespace) -> dict:
    """Train alternately with the version in `options.against` and with the present version.

    Returns:
        Steps/s of both versions (medians over the rounds), and the medians over the rounds of the
        wall-time ratio and of the processor-time ratio. Other load on the machine changes the wall
        times (but hardly the processor times), so each ratio compares two successive runs.
    """
    versions = [_Version(options.against, options), _Version(HERE.parent, options)]
    rounds = [
        [each.step_s(options.round_steps) for each in versions] for _ in range(options.rounds)
    ]
    for version in versions:
        version.close()
    before, after = zip(*rounds)
    wall, cpu = (
        statistics.median(old[kind] / new[kind] for old, new in rounds) for kind in range(2)
    )
    return {
        "rounds": options.rounds,
        "steps_per_s_before": round(1 / statistics.median(wall_s for wall_s, _ in before), 2),
        "steps_per_s_after": round(1 / statistics.median(wall_s for wall_s, _ in after), 2),
        "cpu_ms_per_step_before": round(1e3 * statistics.median(cpu_s for _, cpu_s in before), 1),
        "cpu_ms_per_step_after": round(1e3 * statistics.median(cpu_s for _, cpu_s in after), 1),
        "wall_time_ratio": round(wall, 2),
        "cpu_time_ratio": round(cpu, 2),
    }
