"""One task: the clips of one shard, from takes to files; no engine needed.

A clip that cannot be simulated costs its row alone and is told. A take that changed since the
plan was made, or a store that cannot be written, leaves the shard undone.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from pipelines.blueprint import Blueprint
from pipelines.plan import Clip, Note
from pipelines.recipe import Recipe
from pipelines.sources import Take, TakeChanged
from pipelines.storage import open_folder
from pipelines.store_folder import StoreError
from pipelines.store_tables import shard_tables
from pipelines.store_writer import ShardWriter, done_record
from radarsim.errors import InputError
from radarsim.numerics.malloc import give_back

MakeClip = Callable[[Recipe, Clip, Take], Mapping[str, np.ndarray]]
FAILED = "clips that could not be simulated"


@dataclass(frozen=True, kw_only=True)
class ShardJob:
    """What every task of a build needs; small, as it travels with each.

    Attributes:
        out: path of the store.
        recipe: of the dataset.
        blueprint: of the store.
        make_clip: one clip in, named arrays out; must pickle.
    """

    out: str
    recipe: Recipe
    blueprint: Blueprint
    make_clip: MakeClip


def make_shard(
    job: ShardJob,
    shard: int,
    clips: tuple[Clip, ...],
    takes: Mapping[str, Take],
    tell: Callable[[int, int], None] = lambda clips, frames: None,
) -> dict:
    """Make a shard, unless it is done.

    Args:
        job: the build.
        shard: which.
        clips: its clips, in row order.
        takes: those the clips name, by id.
        tell: called after each clip with the clips and frames made so far.

    Returns:
        The shard's record: "clips", "frames", "bytes", "failed", and "found" where it was done.

    Raises:
        TakeChanged, StoreError: the shard is not done.
    """
    folder = open_folder(job.out)
    record = done_record(folder, shard)
    if record is not None:
        return {**record, "found": True}
    writer = ShardWriter(folder, job.blueprint, shard)
    made, failed = [], []
    for clip in clips:
        try:
            writer.add(clip.row, clip.id, job.make_clip(job.recipe, clip, takes[clip.take]))
        except (StoreError, TakeChanged):
            raise
        except InputError as error:
            failed.append(Note(cause=FAILED, line=str(error)))
            clip = replace(clip, num_frames=0)
        made.append(clip)
        tell(len(made), sum(each.num_frames for each in made))
    record = {
        "clips": len(made) - len(failed),
        "frames": sum(clip.num_frames for clip in made),
        "failed": [asdict(note) for note in failed],
    }
    writer.finish(_tables(job.recipe, made, takes), record)
    give_back()
    return {**record, "bytes": writer.num_bytes}


def _tables(recipe: Recipe, clips: list[Clip], takes: Mapping[str, Take]) -> dict:
    texts = {name: take.texts for name, take in takes.items()}
    return shard_tables(clips, texts, recipe.radar.name, recipe.body, recipe.radar.frame.period_s)
