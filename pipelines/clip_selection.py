"""Which clips a take yields, and what of it is left out: the look before the plan."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from multiprocessing import get_context

from pipelines.plan import Clip, ClipSelection, Note, clip_seed, draw_placement, draw_simulation
from pipelines.recipe import Recipe
from pipelines.sources import Take
from pipelines.subjects import fitted_subject, placed_window
from radarsim.errors import InputError
from radarsim.scene.motion import Motion
from radarsim.scene.placement import ActivityArea
from radarsim.simulate import frames_in

UNUSABLE = "motions that could not be used"
TOO_SHORT = "ends of motions too short for a clip"
OUTSIDE = "stretches of motion outside the area"
CUT = "clips cut where the subject left the area"
TOO_LATE = "texts that begin after the end of their motion"
# Processes take seconds to start: with fewer takes one is sooner done alone.
FEW_TAKES = 100
# Where no clip fits, the next start is tried this much later.
SEARCH_STEP_S = 0.5


def select_all_clips(
    recipe: Recipe, takes: Iterable[Take], body_models: str | None = None, workers: int = 1
) -> Iterator[ClipSelection]:
    """The survey of each take, in order; many takes are shared out to processes.

    Args:
        recipe, body_models: as for `select_clips`.
        takes: any source's.
        workers: processes; 1: none but this one.
    """
    look = partial(select_clips, recipe, body_models=body_models)
    takes = list(takes)
    if workers < 2 or len(takes) < FEW_TAKES:
        yield from map(look, takes)
        return
    # Spawned, as JAX does not survive a fork; on the CPU, as there is nothing to simulate here.
    with ProcessPoolExecutor(workers, get_context("spawn"), _on_cpu) as pool:
        try:
            yield from pool.map(look, takes, chunksize=8)
        finally:
            pool.shutdown(cancel_futures=True)


def select_clips(recipe: Recipe, take: Take, body_models: str | None = None) -> ClipSelection:
    """The clips that a take yields, and what it does not yield, counted by cause.

    Args:
        recipe: the dataset.
        take: any source's.
        body_models: folder or file of body models; None for the free body.

    Returns:
        Clips without row, shard and split, and notes for the closing summary.
    """
    try:
        sha256 = take.sha256()
        motion = fitted_subject(take, sha256, recipe, body_models).fitted.motion
    except InputError as error:
        return ClipSelection(notes=(Note(cause=UNUSABLE, line=str(error)),))
    clips, notes = [], []
    for variant in range(recipe.placements.per_clip):
        found, left_out = _clips_of(recipe, take, sha256, motion, variant)
        clips += found
        notes += left_out
    late = sum(text.start_s >= motion.duration_s for text in take.texts)
    notes += [Note(cause=TOO_LATE, count=late)] if late else []
    findings = tuple(f"{take.id}: {note}" for note in motion.notes)
    return ClipSelection(clips=tuple(clips), notes=tuple(notes), findings=findings)


def _on_cpu() -> None:
    import jax

    jax.config.update("jax_platforms", "cpu")


def _clips_of(
    recipe: Recipe, take: Take, sha256: str, motion: Motion, variant: int
) -> tuple[list[Clip], list[Note]]:
    """Clips from the start of a take on; where one does not fit, the next start is tried."""
    clips, notes, start_s, covered_s, lost = [], [], 0.0, 0.0, False
    period_s = recipe.radar.frame.period_s
    while (
        there := frames_in(recipe.radar, motion.duration_s - start_s)
    ) >= recipe.clips.min_frames:
        clip = replace(_draft(recipe, take, sha256, start_s, variant), gender=motion.gender)
        inside = _frames_inside(recipe, clip, motion)
        if inside < recipe.clips.min_frames:
            start_s += SEARCH_STEP_S
            notes += [] if lost else [Note(cause=OUTSIDE)]
            lost = True
            continue
        clips.append(replace(clip, num_frames=inside))
        notes += [Note(cause=CUT)] if inside < min(there, recipe.num_frames) else []
        covered_s = start_s + inside * period_s
        start_s, lost = start_s + recipe.clips.stride_s, False
    uncovered = frames_in(recipe.radar, motion.duration_s - max(start_s, covered_s))
    if uncovered > 0 and not lost:
        notes.append(Note(cause=TOO_SHORT))
    return clips, notes


def _draft(recipe: Recipe, take: Take, sha256: str, start_s: float, variant: int) -> Clip:
    clip_id = f"{take.id}@{start_s:.2f}s.{variant}"
    whole_take = recipe.placements.scope == "sequence"
    return Clip(
        id=clip_id,
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        official_split=take.official_split,
        take_sha256=sha256,
        start_s=start_s,
        **draw_simulation(recipe, clip_id),
        seed=clip_seed(recipe, clip_id),
        **draw_placement(recipe, f"{take.id}.{variant}" if whole_take else clip_id),
    )


def _frames_inside(recipe: Recipe, clip: Clip, motion: Motion) -> int:
    """Radar frames before the window ends or the subject leaves the area."""
    window = placed_window(recipe, clip, motion)
    inside = ActivityArea(**asdict(recipe.area)).inside(window)
    return min(recipe.num_frames, frames_in(recipe.radar, (inside - 1) / window.rate_hz))
