"""Cut takes into clips that lie inside the activity area, and count the omitted parts."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from multiprocessing import get_context

from pipelines.parent_process import end_with_parent
from pipelines.plan import (
    SEE_LINES,
    Clip,
    ClipSelection,
    Note,
    clip_seed,
    draw_placement,
    draw_simulation,
)
from pipelines.recipe import Recipe
from pipelines.sources import Take
from pipelines.subjects import fit_take, placed_window
from radarsim.errors import InputError
from radarsim.radar.timing import frames_in
from radarsim.scene.motion import Motion
from radarsim.scene.placement import ActivityArea

UNUSABLE = "motions that could not be used"
TOO_SHORT = "ends of motions too short for a clip"
OUTSIDE = "parts of motions outside the area"
CUT = "clips cut where the subject left the area"
TOO_LATE = "texts that begin after the end of their motion"
OUTSIDE_REMEDY = "--area, --distance-m, --lateral-m and --heading-deg change this"
# Minimum number of takes for which several processes are started; for fewer takes, a single process
# is faster, because a process takes seconds to start.
FEW_TAKES = 100
# Step by which the start of a clip is delayed if the clip would leave the activity area too early.
SEARCH_STEP_S = 0.5


def select_all_clips(
    recipe: Recipe, takes: Iterable[Take], body_models: str | None = None, workers: int = 1
) -> Iterator[ClipSelection]:
    """Select the clips of each take, in order; many takes are distributed over processes.

    Args:
        recipe, body_models: arguments of `select_clips`.
        takes: takes from any source.
        workers: number of processes; if 1, the clips are selected in this process.
    """
    select = partial(select_clips, recipe, body_models=body_models)
    takes = list(takes)
    if workers < 2 or len(takes) < FEW_TAKES:
        yield from map(select, takes)
        return
    # Processes are spawned, because JAX does not work after a fork. JAX runs on the CPU, because
    # clip selection does not need the GPU.
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (os.getpid(),)) as pool:
        try:
            yield from pool.map(select, takes, chunksize=8)
        finally:
            pool.shutdown(cancel_futures=True)


def select_clips(recipe: Recipe, take: Take, body_models: str | None = None) -> ClipSelection:
    """Cut a take into clips; parts outside the activity area are omitted.

    Args:
        recipe: recipe of the dataset.
        take: a take from any source.
        body_models: folder or file of body models; None for the free body.

    Returns:
        Clips without row, shard and split; notes on omitted and shortened parts; and findings of
        the file reader.
    """
    try:
        sha256 = take.sha256()
        motion = fit_take(take, sha256, recipe, body_models).fitted.motion
    except InputError as error:
        return ClipSelection(notes=(Note(cause=UNUSABLE, line=str(error), remedy=SEE_LINES),))
    clips, notes = [], []
    for variant in range(recipe.placements.per_clip):
        found, left_out = _clips_of(recipe, take, sha256, motion, variant)
        clips += found
        notes += left_out
    late = sum(text.start_s >= motion.duration_s for text in take.texts)
    notes += [Note(cause=TOO_LATE, count=late)] if late else []
    findings = tuple(f"{take.id}: {note}" for note in motion.notes)
    return ClipSelection(clips=tuple(clips), notes=tuple(notes), findings=findings)


def _start(parent: int) -> None:
    """Set up a process that uses the CPU only, and that ends when its parent ends."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    end_with_parent(parent)


def _clips_of(
    recipe: Recipe, take: Take, sha256: str, motion: Motion, variant: int
) -> tuple[list[Clip], list[Note]]:
    """Return the clips of one placement variant, and notes on omitted parts of the take.

    If a clip has too few frames inside the area, the next attempt starts `SEARCH_STEP_S` later.
    """
    clips, notes, start_s, covered_s, searching = [], [], 0.0, 0.0, False
    period_s, min_frames = recipe.radar.frame.period_s, recipe.min_frames
    while (left := frames_in(recipe.radar, motion.duration_s - start_s)) >= min_frames:
        clip = _unplanned_clip(recipe, take, sha256, start_s, variant)
        inside = _frames_inside(recipe, clip, motion)
        if inside < min_frames:
            start_s += SEARCH_STEP_S
            notes += [] if searching else [Note(cause=OUTSIDE, remedy=_remedy_of_outside(recipe))]
            searching = True
            continue
        clips.append(replace(clip, num_frames=inside, gender=motion.gender))
        if inside < min(left, recipe.num_frames):
            notes.append(Note(cause=CUT, remedy=OUTSIDE_REMEDY))
        covered_s = start_s + inside * period_s
        start_s, searching = start_s + recipe.clips.stride_s, False
    uncovered = frames_in(recipe.radar, motion.duration_s - max(start_s, covered_s))
    if uncovered > 0 and not searching:
        notes.append(Note(cause=TOO_SHORT, remedy=_remedy_of_short(recipe)))
    return clips, notes


def _remedy_of_outside(recipe: Recipe) -> str:
    """State the area and for how long a subject must stay in the area for one clip."""
    area, frames = recipe.area, recipe.min_frames
    return (
        f"a clip needs {frames} frames, {frames * recipe.radar.frame.period_s:.3g} s, in the area "
        f"{area.near_m:g} to {area.far_m:g} m ahead and {area.half_width_m:g} m to either side; "
        f"{OUTSIDE_REMEDY}"
    )


def _remedy_of_short(recipe: Recipe) -> str:
    if recipe.clips.min_frames <= recipe.frames_per_column:
        return f"a heatmap column needs {recipe.frames_per_column} frames"
    return f"--min-frames sets the limit, now {recipe.min_frames} frames"


def _unplanned_clip(recipe: Recipe, take: Take, sha256: str, start_s: float, variant: int) -> Clip:
    """Make a clip with its random draws; length, gender, row, shard and split are set later."""
    clip_id = f"{take.id}@{start_s:.2f}s.{variant}"
    whole_take = recipe.placements.scope == "sequence"
    return Clip(
        id=clip_id,
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        official_split=take.official_split,
        split_group=take.split_group,
        take_sha256=sha256,
        start_s=start_s,
        **draw_simulation(recipe, clip_id),
        seed=clip_seed(recipe, clip_id),
        **draw_placement(recipe, f"{take.id}.{variant}" if whole_take else clip_id),
    )


def _frames_inside(recipe: Recipe, clip: Clip, motion: Motion) -> int:
    """Number of radar frames until the subject leaves the area or the window ends."""
    window = placed_window(recipe, clip, motion)
    inside = ActivityArea(**asdict(recipe.area)).inside(window)
    return min(recipe.num_frames, frames_in(recipe.radar, (inside - 1) / window.rate_hz))
