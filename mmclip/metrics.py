"""Progress of a training: a line now and then, every line in metrics.csv, and TensorBoard."""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mmclip.board import Board
from mmclip.errors import MmclipError

COLUMNS = (
    "step",
    "loss",
    "attribute_loss",
    "class_loss",
    "scale",
    "rate",
    "windows_per_s",
    "waiting_share",
    "validation_accuracy",
)


class Metrics:
    """What a training measures, in metrics.csv of its folder.

    Args:
        folder: of the training.
        first: step it begins with; later lines of an interrupted run are dropped.
        last: step it ends with.
        batch: windows per step.
        tell: hears a line of each report.
    """

    def __init__(self, folder: Path, first: int, last: int, batch: int, tell=print):
        self._path, self._last, self._batch, self._tell = folder / "metrics.csv", last, batch, tell
        self._keep_before(first)
        self._board = Board(folder, first)
        self._first, self._waiting_s = first, 0.0
        self._start_s = self._said_s = time.monotonic()
        self._pending: list[tuple[int, dict]] = []

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what waits for data."""
        asked_s = time.monotonic()
        yield
        self._waiting_s += time.monotonic() - asked_s

    def add(self, step: int, measures: dict) -> None:
        """Measures of a step, still on the device."""
        self._pending.append((step, measures))

    def report(self, rate: float, accuracy: float | None = None) -> None:
        """Write and say what came since the last report.

        Raises:
            MmclipError: a loss is no number; tells the first such step.
        """
        rows = [(step, {n: float(x) for n, x in each.items()}) for step, each in self._pending]
        for step, each in rows:
            if not np.isfinite(each["loss"]):
                problem = f"is {each['loss']} at step {step}"
                hint = "lower train.rate; the last checkpoint is from before"
                raise MmclipError(self._path.parent, "loss", problem, hint)
        now_s, step = time.monotonic(), rows[-1][0]
        spent_s = max(now_s - self._said_s, 1e-9)
        means = {name: np.mean([each[name] for _, each in rows]) for name in rows[0][1]}
        line = {
            "step": step,
            **{name: f"{value:.7g}" for name, value in means.items()},
            "rate": f"{rate:.4g}",
            "windows_per_s": f"{len(rows) * self._batch / spent_s:.1f}",
            "waiting_share": f"{self._waiting_s / spent_s:.3f}",
            "validation_accuracy": "" if accuracy is None else f"{accuracy:.4f}",
        }
        self._append(line)
        shown = {name: float(value) for name, value in line.items() if value != ""}
        self._board.show(int(shown.pop("step")), shown)
        if step == self._last:
            self._board.close()
        left_s = (now_s - self._start_s) / (step - self._first) * (self._last - step)
        seen = "" if accuracy is None else f", {accuracy:.1%} of the validation windows right"
        self._tell(
            f"step {step}/{self._last}: loss {means['loss']:.4f}, rate {rate:.2g}, "
            f"{line['windows_per_s']} windows/s, {_minutes(left_s)} left{seen}"
        )
        self._pending, self._waiting_s, self._said_s = [], 0.0, now_s

    def _append(self, line: dict) -> None:
        new = not self._path.exists()
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            if new:
                writer.writeheader()
            writer.writerow(line)

    def _keep_before(self, first: int) -> None:
        """Drop lines of steps that will be done again."""
        if not self._path.exists():
            return
        with open(self._path, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if None not in row.values()]
        beside = self._path.with_suffix(".new")
        with open(beside, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(row for row in rows if int(row["step"]) <= first)
        beside.replace(self._path)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
