"""Make the clips of a shard by the path that suits the device of the process.

A processor makes one clip after another (`clip_simulation`), because its caches hold one frame. An
accelerator makes many clips per call (`device_clips`), with poses from a pool of processes. The two
paths agree within the error of the simulation's mode; each writes the same bytes every time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from pipelines.clip_simulation import make_clip
from pipelines.device_clips import clip_batches, clips_per_call
from pipelines.first_clip import compile_other_programs, first_clip_of_one_worker
from pipelines.plan import Clip
from pipelines.posed_clips import posed_rows
from pipelines.recipe import Recipe
from pipelines.sources import Take, TakeChanged
from pipelines.worker_environment import posing_processes
from radarsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ClipMaker:
    """Function that makes the arrays of one clip, or of the clips of a shard; picklable.

    Attributes:
        body_models: folder or file of body models; None for the free body.
        keep_cubes: whether IF cubes are saved in the store.
        per_call: number of clips per call of the program for many clips; None for the path and
            number that suit the device.
    """

    body_models: str | None = None
    keep_cubes: bool = False
    per_call: int | None = None

    def __call__(self, recipe: Recipe, clip: Clip, take: Take) -> Mapping[str, np.ndarray]:
        """Make one clip; the arguments and errors are those of `clip_simulation.make_clip`."""
        ((_, arrays),) = self.made_clips(recipe, (clip,), {clip.take: take})
        if isinstance(arrays, InputError):
            raise arrays
        return arrays

    def made_clips(
        self, recipe: Recipe, clips: Sequence[Clip], takes: Mapping[str, Take]
    ) -> Iterator[tuple[Clip, Mapping[str, np.ndarray] | InputError]]:
        """Return an iterator over the clips with their arrays, or with their errors, in any order.

        Poses are prepared at once where a pool of processes prepares them; everything else is done
        when the iterator is advanced.

        Args:
            recipe: recipe of the dataset.
            clips: clips of the plan.
            takes: takes of the clips, keyed by id.

        Raises:
            TakeChanged: a take has changed since the plan was made.
        """
        per_call = self.clips_at_once(recipe)
        if per_call is None:
            return self._one_by_one(recipe, clips, takes)
        processes = 0 if jax.default_backend() == "cpu" else posing_processes()
        rows = posed_rows(recipe, clips, takes, self.body_models, processes)
        batches = clip_batches(recipe, per_call, self.keep_cubes)
        return ((row.clip, arrays) for row, arrays in batches.run(rows))

    def clips_at_once(self, recipe: Recipe) -> int | None:
        """Number of clips per call on this device; None if one clip is made after another."""
        # Hidden point removal computes a convex hull on the host; rooms differ from clip to clip.
        if recipe.simulation.visibility == "hpr" or recipe.room.name != "none":
            return None
        if self.per_call is None and jax.default_backend() != "cpu":
            return clips_per_call(recipe)
        return self.per_call

    def _one_by_one(self, recipe: Recipe, clips, takes) -> Iterator[tuple[Clip, Mapping]]:
        for clip in clips:
            with first_clip_of_one_worker(recipe, self._compiling(recipe, clip, takes)):
                arrays = self._one(recipe, clip, takes[clip.take])
            yield clip, arrays

    def _one(self, recipe: Recipe, clip: Clip, take: Take) -> Mapping | InputError:
        options = {"body_models": self.body_models, "keep_cubes": self.keep_cubes}
        try:
            return make_clip(recipe, clip, take, **options)
        except TakeChanged:
            raise
        except InputError as error:
            return error

    def _compiling(self, recipe: Recipe, clip: Clip, takes: Mapping[str, Take]) -> Callable:
        inputs = recipe, clip, takes[clip.take], self.body_models, self.keep_cubes
        return partial(compile_other_programs, *inputs)
