"""Measurements on a GPU machine without internet in ten minutes, in order of importance.

    python -m benchmarks.gpu_session --out DIR --minutes 8 --plan plan.json

The steps are: errors relative to the float64 sum on the device; speed to IF cubes and to heatmaps,
next to the plan; a profile of the kernels; the time for 30 h, extrapolated from 5 min of motion; a
dataset of an hour by `builders.amass`; 2,000 training steps; the latency of inference. Each step
runs in a process of its own. DIR/session.json and DIR/session.html are rewritten after every
result, so that no result is lost if the session is interrupted. If a step fails, its traceback is
recorded and the next step runs.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks.gpu_session_page import page

# Steps in order of importance, with their shares of a session of 8 minutes [s]. A step may also use
# the time that earlier steps did not need.
STEPS = {
    "errors": 90,
    "speed": 100,
    "profile": 35,
    "motion": 75,
    "dataset": 90,
    "training": 60,
    "inference": 30,
}
MINUTES = 8.0
# Interval at which the results of a running step are collected [s].
COLLECT_EVERY_S = 1.0
# Lines of the output of a failed step that are recorded.
TRACEBACK_LINES = 40


def main(arguments: list[str] | None = None) -> int:
    """Run the session, or one of its steps.

    Returns:
        Exit status: 0, or 1 if a step failed or was cut off.
    """
    options = make_parser().parse_args(arguments)
    if options.step:
        return run_step(options)
    # A batch system ends the session by SIGTERM; the running step must end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    session = Session(options)
    for name in options.steps:
        session.run(name)
    print(f"written: {options.out / 'session.json'} and session.html")
    return int(any(step["status"] != "done" for step in session.record["steps"].values()))


class Session:
    """Results of a session, which are written after every change.

    Attributes:
        record: JSON values; for each step its status, seconds, result and error.
    """

    def __init__(self, options: argparse.Namespace, run: Callable | None = None):
        """Start the clock and write the first page.

        Args:
            options: parsed command line.
            run: replaces the process of a step; a function of name, limit [s] and report.
        """
        self._options, self._run = options, run or self._run_process
        self._end_s = time.monotonic() + 60 * options.minutes
        self.record = {
            "started": time.strftime("%Y-%m-%d %H:%M:%S"),
            "minutes": options.minutes,
            "miniature": options.miniature,
            "plans": _plans(options.plan),
            "steps": {name: {"status": "waiting"} for name in options.steps},
        }
        options.out.mkdir(parents=True, exist_ok=True)
        self._write()

    def run(self, name: str) -> None:
        """Run one step; the steps after it keep their shares of the session."""
        step, start_s = self.record["steps"][name], time.monotonic()
        later = self._options.steps[self._options.steps.index(name) + 1 :]
        later_s = sum(STEPS[each] for each in later) * self._options.minutes / MINUTES
        limit_s = self._end_s - start_s - later_s
        if limit_s <= 0:
            return self._update(step, status="no time left")
        self._update(step, status="running")

        def report(result: dict) -> None:
            self._update(step, result=result, seconds=round(time.monotonic() - start_s, 1))

        try:
            status = self._run(name, limit_s, report)
            self._update(step, status=status)
        except Exception:
            self._update(step, status="failed", error=traceback.format_exc())
        self._update(step, seconds=round(time.monotonic() - start_s, 1))

    def _run_process(self, name: str, limit_s: float, report: Callable) -> str:
        """Run a step in a process of its own and collect its results; return its status."""
        folder = self._options.out / "steps"
        folder.mkdir(exist_ok=True)
        results, log = folder / f"{name}.json", folder / f"{name}.log"
        results.unlink(missing_ok=True)
        end_s, seen = time.monotonic() + limit_s, ""
        with log.open("w") as output:
            process = subprocess.Popen(
                step_command(self._options, name),
                stdout=output,
                stderr=subprocess.STDOUT,
                env=step_environment(self._options.out),
                start_new_session=True,  # own group, to signal child processes too
            )
        try:
            while process.poll() is None and time.monotonic() < end_s:
                time.sleep(COLLECT_EVERY_S)
                seen = _collect(results, seen, report)
        finally:
            cut_off = process.poll() is None
            _end_group(process)
            _collect(results, seen, report)
        if cut_off:
            return f"cut off after {limit_s:.0f} s"
        if process.returncode != 0:
            raise StepFailed("\n".join(log.read_text().splitlines()[-TRACEBACK_LINES:]))
        return "done"

    def _update(self, step: dict, **values) -> None:
        step |= values
        self._write()

    def _write(self) -> None:
        _replace(self._options.out / "session.json", json.dumps(self.record, indent=2) + "\n")
        _replace(self._options.out / "session.html", page(self.record))


class StepFailed(Exception):
    """The process of a step ended with an error; the message is the end of its output."""


def run_step(options: argparse.Namespace) -> int:
    """Run one step in this process, and write its results whenever they change."""
    from benchmarks.gpu_session_steps import FUNCTIONS, full_scale, miniature_scale

    scale = miniature_scale() if options.miniature else full_scale()
    results = options.out / "steps" / f"{options.step}.json"
    FUNCTIONS[options.step](scale, options.out, lambda found: _replace(results, json.dumps(found)))
    return 0


def step_command(options: argparse.Namespace, name: str) -> list[str]:
    """Command of the process that runs one step."""
    command = [sys.executable, "-m", "benchmarks.gpu_session", "--out", str(options.out)]
    return [*command, "--step", name, *(["--miniature"] if options.miniature else [])]


def step_environment(out: Path) -> dict[str, str]:
    """Environment of a step: steps share compiled programs, which take most of their time."""
    own = {
        "JAX_COMPILATION_CACHE_DIR": str(out.resolve() / "programs"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
    }
    return {**own, **os.environ}


def _collect(results: Path, seen: str, report: Callable) -> str:
    """Report the results of a step if they have changed; return their text."""
    text = results.read_text() if results.exists() else seen
    if text != seen:
        report(json.loads(text))
    return text


def _end_group(process: subprocess.Popen) -> None:
    """Terminate a step and all processes that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _replace(path: Path, text: str) -> None:
    """Write a file atomically, so that a reader never finds an incomplete file."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(text)
    part.replace(path)


def _plans(path: Path | None) -> list[dict]:
    """Plans of `benchmarks.gpu_plan`, which the page shows next to the measured speed."""
    if path is None:
        return []
    kept = ("program", "card", "batch", "item", "most_items_per_s", "launches", "mb_per_item")
    plans = json.loads(path.read_text())["plans"]
    return [{name: plan.get(name) for name in kept} for plan in plans]


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu_session",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
    add("--minutes", type=float, default=MINUTES, metavar="N", help="length (%(default)s)")
    add("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="default: all, in order")
    add("--plan", type=Path, metavar="FILE", help="JSON of benchmarks.gpu_plan, to be compared")
    add("--miniature", action="store_true", help="a small radar and few frames, to try the command")
    add("--step", choices=STEPS, help=argparse.SUPPRESS)
    return command


if __name__ == "__main__":
    sys.exit(main())
