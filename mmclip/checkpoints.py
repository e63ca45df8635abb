"""Orbax checkpoints of the complete training state; resumed training is bit-identical."""

from pathlib import Path

import jax

from mmclip.errors import MmclipError
from mmclip.training_step import TrainState

# Subfolder of the folder of a training run.
FOLDER = "checkpoints"
# Number of most recent checkpoints that are kept.
MAX_TO_KEEP = 2


class Checkpoints:
    """The most recent states of one training run.

    Args:
        folder: folder of the training run; states are stored in its subfolder `checkpoints`.
    """

    def __init__(self, folder: Path):
        import orbax.checkpoint as ocp

        self._ocp, self._folder = ocp, Path(folder).resolve() / FOLDER
        options = ocp.CheckpointManagerOptions(
            max_to_keep=MAX_TO_KEEP, enable_async_checkpointing=False
        )
        self._manager = ocp.CheckpointManager(self._folder, options=options)

    def save(self, state: TrainState) -> None:
        """Write a state atomically."""
        self._manager.save(int(state.step), args=self._ocp.args.StandardSave(state._asdict()))

    def restore_latest(self, start: TrainState) -> TrainState:
        """Restore the latest state; returns `start` if there is no checkpoint.

        Args:
            start: initial state of the same training run, which defines shapes and dtypes.

        Raises:
            MmclipError: the checkpoint cannot be read.
        """
        step = self._manager.latest_step()
        if step is None:
            return start
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), start._asdict())
        try:
            state = self._manager.restore(step, args=self._ocp.args.StandardRestore(shapes))
        except (ValueError, OSError, KeyError) as error:
            problem = f"cannot be read ({str(error).splitlines()[0][:120]})"
            hint = "delete the folder of this step to resume from the previous one"
            raise MmclipError(self._folder / str(step), "checkpoint", problem, hint) from None
        return TrainState(**state)

    def close(self) -> None:
        """Close the checkpoint manager."""
        self._manager.close()
