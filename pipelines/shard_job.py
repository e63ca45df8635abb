"""Task that simulates the clips of one shard and writes its files; independent of Dask.

In a process with several threads, only one of them simulates at a time, and the others encode and
write, so that an accelerator does not wait for the disk.

If a clip cannot be simulated, its row stays empty and the error is reported; the other clips are
still written. If a take has changed since the plan was made, or if the store cannot be written, the
shard stays unfinished.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from pipelines.clip_maker import ClipMaker
from pipelines.device_record import agreed_frames_per_batch
from pipelines.failed_clips import FAILED
from pipelines.plan import SEE_LINES, Clip, Note
from pipelines.recipe import Recipe
from pipelines.sources import Take, TakeChanged, take_of_clip
from pipelines.storage import open_folder
from pipelines.store_folder import StoreError, StoreFolder
from pipelines.store_spec import StoreSpec
from pipelines.store_tables import shard_tables
from pipelines.store_writer import ShardWriter, done_record
from radarsim.errors import InputError
from radarsim.numerics.malloc import trim_heap

MakeClip = Callable[[Recipe, Clip, Take], Mapping[str, np.ndarray]]
_ONE_SIMULATES = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class ShardJob:
    """Settings common to all shard tasks of a build; small, because each task receives a copy.

    Attributes:
        out: path or URL of the store.
        recipe: recipe of the dataset.
        store_spec: specification of the store.
        make_clip: function that makes the named arrays of one clip; must be picklable. A
            `ClipMaker` makes the clips of the shard together.
    """

    out: str
    recipe: Recipe
    store_spec: StoreSpec
    make_clip: MakeClip


def make_shard(
    job: ShardJob,
    shard: int,
    clips: tuple[Clip, ...],
    takes: Mapping[str, Take],
    on_progress: Callable[[int, int], None] = lambda clips, frames: None,
) -> dict:
    """Make a shard unless it is already done.

    Args:
        job: settings of the build.
        shard: index of the shard.
        clips: clips of the shard, in row order.
        takes: takes of the clips, keyed by id.
        on_progress: called after each clip with the numbers of clips and frames made so far.

    Returns:
        Record of the shard: "clips", "frames", "bytes", "failed", and "found" if the shard was
        already done.

    Raises:
        TakeChanged: a take has changed since the plan was made; the shard stays unfinished.
        StoreError: the store cannot be written; the shard stays unfinished.
        InputError: the store was begun on a device of another kind; the shard stays unfinished.
    """
    # The progress display reports compilation, so the workers do not report it.
    logging.getLogger("radarsim.progress").setLevel(logging.ERROR)
    folder = open_folder(job.out)
    record = done_record(folder, shard)
    if record is not None:
        return {**record, "found": True}
    job = _with_recorded_batches(job, folder)
    writer = ShardWriter(folder, job.store_spec, shard)
    arrays_of_clips = _made_clips(job, clips, takes)  # a pool of processes starts to prepare poses
    with _ONE_SIMULATES:
        made, failed = _write_clips(writer, arrays_of_clips, on_progress)
    record = {
        "clips": len(made) - len(failed),
        "frames": sum(clip.num_frames for clip in made),
        "failed": [asdict(note) for note in failed],
    }
    writer.finish(_tables(job.recipe, made, takes), record)
    trim_heap()
    return {**record, "bytes": writer.num_bytes}


def _with_recorded_batches(job: ShardJob, folder: StoreFolder) -> ShardJob:
    """The job with the number of frames per batch that all shards of the store use."""
    maker = job.make_clip
    if not isinstance(maker, ClipMaker):
        return job
    frames = agreed_frames_per_batch(folder, *maker.device(job.recipe))
    return replace(job, make_clip=replace(maker, batch_frames=frames))


def _write_clips(writer: ShardWriter, clips: Iterator, on_progress) -> tuple[list, list]:
    """Make and add the clips of a shard; return them in row order, with notes on failed clips."""
    made, failed = {}, {}
    for clip, arrays in clips:
        error = arrays if isinstance(arrays, InputError) else _add(writer, clip, arrays)
        if error is not None:
            failed[clip.row] = Note(cause=FAILED, line=str(error), remedy=SEE_LINES)
            clip = replace(clip, num_frames=0)
        made[clip.row] = clip
        on_progress(len(made), sum(each.num_frames for each in made.values()))
    return [made[row] for row in sorted(made)], [failed[row] for row in sorted(failed)]


def _made_clips(job: ShardJob, clips, takes) -> Iterator[tuple[Clip, Mapping | InputError]]:
    """Iterator over the clips with their arrays or errors, in any order."""
    if isinstance(job.make_clip, ClipMaker):
        return job.make_clip.made_clips(job.recipe, clips, takes)
    return _one_by_one(job, clips, takes)


def _one_by_one(job: ShardJob, clips, takes) -> Iterator[tuple[Clip, Mapping | InputError]]:
    for clip in clips:
        try:
            yield clip, job.make_clip(job.recipe, clip, take_of_clip(clip, takes))
        except (StoreError, TakeChanged):
            raise
        except InputError as error:
            yield clip, error


def _add(writer: ShardWriter, clip: Clip, arrays: Mapping[str, np.ndarray]) -> InputError | None:
    try:
        writer.add(clip.row, clip.id, arrays)
    except StoreError:
        raise
    except InputError as error:
        return error
    return None


def _tables(recipe: Recipe, clips: list[Clip], takes: Mapping[str, Take]) -> dict:
    texts = {name: take.texts for name, take in takes.items()}
    return shard_tables(clips, texts, recipe.radar.name, recipe.body, recipe.radar.frame.period_s)
