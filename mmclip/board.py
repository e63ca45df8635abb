"""Figures of a training for TensorBoard, where the extra `viz` is installed."""

from collections.abc import Mapping
from pathlib import Path


class Board:
    """Scalars over steps, in the folder `board` of a training; nothing without tensorboardX.

    Args:
        folder: of the training.
        first: step it begins with; what an interrupted run has shown after it is hidden.
    """

    def __init__(self, folder: Path, first: int):
        self._folder, self._first, self._writer = folder / "board", first, None

    def show(self, step: int, values: Mapping[str, float]) -> None:
        """Add values of a step."""
        self._writer = self._writer or self._opened()
        if self._writer is None:
            return
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def _opened(self):
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            return None
        return SummaryWriter(str(self._folder), purge_step=self._first + 1)

    def close(self) -> None:
        """Write what a thread still holds."""
        if self._writer is not None:
            self._writer.close()
