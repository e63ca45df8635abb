"""TensorBoard event files of a training run, written if the extra `viz` is installed."""

from collections.abc import Mapping
from pathlib import Path


class TensorBoardWriter:
    """Writes scalars to the subfolder `board` of a run, if tensorboardX is installed.

    Args:
        folder: folder of the training run.
        first: number of completed steps; later scalars of an interrupted run are hidden.
    """

    def __init__(self, folder: Path, first: int):
        self._folder, self._first, self._writer = folder / "board", first, None

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Write the scalars of a step."""
        self._writer = self._writer or self._open()
        if self._writer is None:
            return
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def _open(self):
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            return None
        return SummaryWriter(str(self._folder), purge_step=self._first + 1)

    def close(self) -> None:
        """Write buffered events and close the file."""
        if self._writer is not None:
            self._writer.close()
