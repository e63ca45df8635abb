"""Make the clips of a shard, one by one on a CPU or many per call on an accelerator.

A CPU makes one clip after another (`clip_simulation`), because its caches hold one frame. An
accelerator makes many clips per call (`device_clips`), with poses from a pool of processes. The
results of the two methods agree within the error of the simulation mode, and each method always
gives the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from pipelines.clip_simulation import make_clip
from pipelines.device_clips import MOST_FACES, clip_batches, clips_per_call
from pipelines.first_clip import compile_other_programs, first_clip_of_one_worker
from pipelines.plan import Clip
from pipelines.posed_clips import posed_rows
from pipelines.recipe import Recipe
from pipelines.sources import GroupTake, Take, TakeChanged, take_of_clip
from pipelines.worker_environment import posing_processes
from radarsim.errors import InputError
from radarsim.frame_batches import frames_per_batch


@dataclass(frozen=True, kw_only=True)
class ClipMaker:
    """Function that makes the arrays of one clip, or of the clips of a shard; picklable.

    Attributes:
        body_models: folder or file of body models; None for the free body.
        keep_cubes: whether IF cubes are saved in the store.
        per_call: number of clips per call of the program for many clips; None for the method and
            the number that suit the device.
        batch_frames: number of frames that this program simulates at a time; None for the number
            that suits the device.
    """

    body_models: str | None = None
    keep_cubes: bool = False
    per_call: int | None = None
    batch_frames: int | None = None

    def __call__(self, recipe: Recipe, clip: Clip, take: Take) -> Mapping[str, np.ndarray]:
        """Make one clip; the arguments and errors are those of `clip_simulation.make_clip`."""
        takes = (take.main, *take.others) if isinstance(take, GroupTake) else (take,)
        ((_, arrays),) = self.made_clips(recipe, (clip,), dict(zip(clip.takes, takes)))
        if isinstance(arrays, InputError):
            raise arrays
        return arrays

    def made_clips(
        self, recipe: Recipe, clips: Sequence[Clip], takes: Mapping[str, Take]
    ) -> Iterator[tuple[Clip, Mapping[str, np.ndarray] | InputError]]:
        """Return an iterator over the clips with their arrays, or with their errors, in any order.

        If a pool of processes prepares the poses, the pool starts immediately; all other work is
        done when the iterator is advanced.

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
        _, batch_frames = self.device(recipe)
        batches = clip_batches(recipe, per_call, self.keep_cubes, batch_frames)
        return ((row.clip, arrays) for row, arrays in batches.run(rows))

    def clips_at_once(self, recipe: Recipe) -> int | None:
        """Number of clips per call on this device; None if one clip is made after another."""
        if _needs_host(recipe):
            return None
        if self.per_call is None and jax.default_backend() != "cpu":
            _, batch_frames = self.device(recipe)
            return clips_per_call(recipe, batch_frames)
        return self.per_call

    def device(self, recipe: Recipe) -> tuple[str, int | None]:
        """Kind of this process's device, and the number of frames that it simulates at a time.

        The number is None if frames are simulated one by one.
        """
        kind, batch_frames = jax.devices()[0].device_kind, self.batch_frames
        if _needs_host(recipe):
            return kind, None
        if batch_frames is None and jax.default_backend() != "cpu":
            batch_frames = frames_per_batch(recipe.radar, MOST_FACES)
        return kind, batch_frames

    def _one_by_one(self, recipe: Recipe, clips, takes) -> Iterator[tuple[Clip, Mapping]]:
        for clip in clips:
            with first_clip_of_one_worker(recipe, self._compiling(recipe, clip, takes)):
                arrays = self._one(recipe, clip, take_of_clip(clip, takes))
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
        inputs = recipe, clip, take_of_clip(clip, takes), self.body_models, self.keep_cubes
        return partial(compile_other_programs, *inputs)


def _needs_host(recipe: Recipe) -> bool:
    """Whether clips are made one by one on every device.

    This is the case for hidden point removal, which computes a convex hull on the host, for clips
    in rooms, because the rooms differ from clip to clip, and for smooth or rough bodies, which have
    more faces than the batches of frames allow for.
    """
    many_faces = recipe.surface.smooth or recipe.surface.is_rough
    return many_faces or recipe.simulation.visibility == "hpr" or recipe.room.name != "none"
