"""Clips with their poses, prepared on CPU cores for a device that simulates many clips at a time.

Reading, fitting and placing the motion of a clip takes a core tens of milliseconds, so one process
cannot prepare clips as fast as an accelerator simulates them. A worker with an accelerator has a
pool of processes, which use the processor only.
"""

import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

import jax
import numpy as np

from pipelines.clip_simulation import (
    arrays_of_motion,
    clip_key,
    prepare_clip,
    simulation_settings,
)
from pipelines.parent_process import end_with_parent
from pipelines.plan import Clip, radar_of_clip
from pipelines.recipe import Recipe
from pipelines.sources import Take, TakeChanged, take_of_clip
from pipelines.subjects import BodyKey
from radarsim.errors import InputError
from radarsim.posed_clip import PosedClip, pose_clip

# Tasks queued per process of the pool; enough to keep every process busy.
QUEUED_PER_PROCESS = 2
# Largest number of clips per task: a long take is read by several processes.
CLIPS_PER_TASK = 8


@dataclass(frozen=True, kw_only=True)
class PosedRow:
    """A clip of the plan with the input of `BatchSimulator`, or with its error.

    Attributes:
        clip: clip of the plan.
        body_keys: keys of the body models of all people in the clip, the main person first.
        posed: poses for the frames of a full clip, as NumPy arrays; None if there is an error.
        arrays: poses and joints that the recipe keeps.
        error: reason why the clip cannot be simulated; None if the clip can be simulated.
    """

    clip: Clip
    body_keys: tuple[BodyKey, ...] = ()
    posed: PosedClip | None = None
    arrays: Mapping[str, np.ndarray] | None = None
    error: InputError | None = None


def pose_row(recipe: Recipe, clip: Clip, take: Take, body_models: str | None = None) -> PosedRow:
    """Prepare one clip on the processor; the arguments are those of `make_clip`.

    Raises:
        TakeChanged: the take has changed since the plan was made.
    """
    with jax.default_device(_processor()):
        try:
            prepared = prepare_clip(recipe, clip, take, body_models)
            posed = pose_clip(
                radar_of_clip(recipe, clip),
                prepared.scene,
                jax.random.key_data(clip_key(clip.seed)),
                prepared.reflection,
                simulation_settings(recipe),
                num_frames=recipe.num_frames,
                extra_noise_db=clip.extra_noise_db,
            )
            arrays = arrays_of_motion(recipe, prepared)
        except TakeChanged:
            raise
        except InputError as error:
            return PosedRow(clip=clip, error=error)
    posed = jax.tree.map(_on_host, replace(posed, own_frames=np.int32(clip.num_frames)))
    keys = tuple(each.body_key for each in (prepared.take, *prepared.others))
    return PosedRow(clip=clip, body_keys=keys, posed=posed, arrays=arrays)


def posed_rows(
    recipe: Recipe,
    clips: Iterable[Clip],
    takes: Mapping[str, Take],
    body_models: str | None = None,
    processes: int = 0,
) -> Iterator[PosedRow]:
    """Prepare clips in order; with several processes, work on the first clips starts immediately.

    Args:
        recipe, body_models: arguments of `make_clip`.
        clips: clips of the plan.
        takes: takes of the clips, keyed by id.
        processes: number of processes; 0 to prepare each clip in the calling process when the clip
            is needed.

    Raises:
        TakeChanged: a take has changed since the plan was made.
    """
    if processes == 0:
        return (pose_row(recipe, clip, take_of_clip(clip, takes), body_models) for clip in clips)
    pool = _pool(processes)
    tasks = (
        pool.submit(
            _pose_rows, recipe, group, [take_of_clip(clip, takes) for clip in group], body_models
        )
        for group in _tasks_of(clips)
    )
    ahead = deque(itertools.islice(tasks, QUEUED_PER_PROCESS * processes))
    return _in_order(ahead, tasks)


def _in_order(ahead: deque[Future], tasks: Iterator[Future]) -> Iterator[PosedRow]:
    """Yield the results of tasks in order; the next task starts whenever a task has ended."""
    try:
        while ahead:
            rows = ahead.popleft().result()
            ahead.extend(itertools.islice(tasks, 1))
            yield from rows
    except BrokenProcessPool:
        _POOLS.clear()  # the next shard starts new processes
        raise


def _pose_rows(recipe, clips, takes, body_models) -> list[PosedRow]:
    return [pose_row(recipe, clip, take, body_models) for clip, take in zip(clips, takes)]


def _tasks_of(clips: Iterable[Clip]) -> Iterator[tuple[Clip, ...]]:
    """Consecutive clips of the same take, at most `CLIPS_PER_TASK` each."""
    for _, of_take in itertools.groupby(clips, key=lambda clip: clip.take):
        while task := tuple(itertools.islice(of_take, CLIPS_PER_TASK)):
            yield task


_POOLS: dict[int, ProcessPoolExecutor] = {}
_ONE_STARTS = threading.Lock()


def _pool(processes: int) -> ProcessPoolExecutor:
    """The pool of this worker, which all its shards share."""
    with _ONE_STARTS:
        if processes not in _POOLS:
            # A forked process cannot use JAX.
            context = multiprocessing.get_context("spawn")
            _POOLS[processes] = ProcessPoolExecutor(
                processes, context, initializer=_use_processor_only, initargs=(os.getpid(),)
            )
        return _POOLS[processes]


def _use_processor_only(parent: int) -> None:
    """Set up a process of the pool; it ends when its worker ends, even if the worker is killed."""
    jax.config.update("jax_platforms", "cpu")
    end_with_parent(parent)


def _processor() -> jax.Device | None:
    try:
        return jax.devices("cpu")[0]
    except RuntimeError:  # JAX was restricted to the accelerator
        return None


def _on_host(part) -> np.ndarray:
    values = np.asarray(part)
    return values.astype(np.float32) if values.dtype == np.float64 else values
