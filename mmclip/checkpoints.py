"""Checkpoints by orbax: the whole state, from which a training goes on as if never stopped."""

from pathlib import Path

import jax

from mmclip.errors import MmclipError
from mmclip.step import State

KEPT = 2


class Checkpoints:
    """States of one training, the newest few of them.

    Args:
        folder: of the training; they lie in `checkpoints` within.
    """

    def __init__(self, folder: Path):
        import orbax.checkpoint as ocp

        self._ocp, self._place = ocp, Path(folder).resolve() / "checkpoints"
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager(self._place, options=options)

    def save(self, state: State) -> None:
        """Keep a state, whole or not at all."""
        self._manager.save(int(state.step), args=self._ocp.args.StandardSave(state._asdict()))

    def newest(self, start: State) -> State:
        """The newest state, or the start where none is kept.

        Args:
            start: of the same training.

        Raises:
            MmclipError: it cannot be read.
        """
        step = self._manager.latest_step()
        if step is None:
            return start
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), start._asdict())
        try:
            found = self._manager.restore(step, args=self._ocp.args.StandardRestore(shapes))
        except (ValueError, OSError, KeyError) as error:
            problem = f"cannot be read ({str(error).splitlines()[0][:120]})"
            hint = "remove this step's folder to go on from the one before"
            raise MmclipError(self._place / str(step), "checkpoint", problem, hint) from None
        return State(**found)

    def close(self) -> None:
        """Let the folder go."""
        self._manager.close()
