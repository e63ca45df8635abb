"""Log of a training run: progress lines, metrics.csv and TensorBoard."""

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mmclip.errors import MmclipError
from mmclip.model_selection import Validation
from mmclip.tensorboard import TensorBoardWriter

COLUMNS = (
    "step",
    "loss",
    "attribute_loss",
    "class_loss",
    "part_score_loss",
    "window_pair_loss",
    "scale",
    "rate",
    "windows_per_s",
    "waiting_share",
    "validation_accuracy",
    "r_at_1",
    "r_at_5",
    "median_rank",
)


class TrainingLog:
    """Metrics of a training run, averaged between log entries.

    Args:
        folder: folder of the training run; metrics.csv is written to it.
        first: number of completed steps; later entries of an interrupted run are removed.
        last: number of the last step.
        batch: windows per step.
        report: function that receives one line per log entry.
    """

    def __init__(
        self,
        folder: Path,
        first: int,
        last: int,
        batch: int,
        report: Callable[[str], None] = print,
    ):
        self._path, self._batch, self._report = folder / "metrics.csv", batch, report
        self._first, self._last = first, last
        self._remove_after(first)
        self._board = TensorBoardWriter(folder, first)
        self._waiting_s = 0.0
        self._start_s = self._written_s = time.monotonic()
        self._pending: list[tuple[int, dict]] = []

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Measure the time that training waits for data."""
        start_s = time.monotonic()
        yield
        self._waiting_s += time.monotonic() - start_s

    def add(self, step: int, metrics: dict) -> None:
        """Add the metrics of a step; they stay on the device until `write`."""
        self._pending.append((step, metrics))

    def write(self, rate: float, found: Validation | None = None) -> None:
        """Write and report one entry that covers all steps since the previous entry.

        Args:
            rate: learning rate of the last step.
            found: validation measures; None if no validation was made.

        Raises:
            MmclipError: a loss is not finite; the message names the first such step.
        """
        rows = [(step, {n: float(x) for n, x in each.items()}) for step, each in self._pending]
        self._check_finite(rows)
        now_s, step = time.monotonic(), rows[-1][0]
        spent_s = max(now_s - self._written_s, 1e-9)
        means = {name: np.mean([each[name] for _, each in rows]) for name in rows[0][1]}
        entry = {
            "step": step,
            **{name: f"{value:.7g}" for name, value in means.items()},
            "rate": f"{rate:.4g}",
            "windows_per_s": f"{len(rows) * self._batch / spent_s:.1f}",
            "waiting_share": f"{self._waiting_s / spent_s:.3f}",
            **_validation_entries(found),
        }
        self._append(entry)
        self._write_board(entry)
        left_s = (now_s - self._start_s) / (step - self._first) * (self._last - step)
        self._report(
            f"step {step}/{self._last}: loss {means['loss']:.4f}, rate {rate:.2g}, "
            f"{entry['windows_per_s']} windows/s, {_duration(left_s)} left{_described(found)}"
        )
        self._pending, self._waiting_s, self._written_s = [], 0.0, now_s

    def _check_finite(self, rows: list[tuple[int, dict]]) -> None:
        for step, metrics in rows:
            if not np.isfinite(metrics["loss"]):
                problem = f"is {metrics['loss']} at step {step}"
                hint = "lower train.rate; the last checkpoint is from an earlier step"
                raise MmclipError(self._path.parent, "loss", problem, hint)

    def _append(self, entry: dict) -> None:
        new = not self._path.exists()
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            if new:
                writer.writeheader()
            writer.writerow(entry)

    def _write_board(self, entry: dict) -> None:
        scalars = {name: float(value) for name, value in entry.items() if value != ""}
        step = int(scalars.pop("step"))
        self._board.write(step, scalars)
        if step == self._last:
            self._board.close()

    def _remove_after(self, first: int) -> None:
        """Remove the entries of steps that will be repeated."""
        if not self._path.exists():
            return
        with open(self._path, newline="", encoding="utf-8") as file:
            # An interrupted write leaves an incomplete row, whose missing values are None.
            rows = [row for row in csv.DictReader(file) if None not in row.values()]
        new_path = self._path.with_suffix(".new")
        with open(new_path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(row for row in rows if int(row["step"]) <= first)
        new_path.replace(self._path)


def _validation_entries(found: Validation | None) -> dict[str, str]:
    """Validation columns of a row of metrics.csv; empty strings if no validation was made."""
    if found is None:
        return dict.fromkeys(("validation_accuracy", "r_at_1", "r_at_5", "median_rank"), "")
    return {
        "validation_accuracy": f"{found.accuracy:.4f}",
        "r_at_1": f"{found.retrieval.r_at_1:.4f}",
        "r_at_5": f"{found.retrieval.r_at_5:.4f}",
        "median_rank": f"{found.retrieval.median_rank:g}",
    }


def _described(found: Validation | None) -> str:
    if found is None:
        return ""
    own = found.retrieval
    return (
        f", validation accuracy {found.accuracy:.1%}, retrieval among {own.items} texts: "
        f"R@1 {own.r_at_1:.1%}, R@5 {own.r_at_5:.1%}, median rank {own.median_rank:g}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
