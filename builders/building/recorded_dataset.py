"""From options to a store of recordings: labels, survey, plan, build, and what is said about it."""

import argparse
import time
from dataclasses import replace
from functools import partial

import jax

from builders.building.cli_options import recipe_table
from builders.building.console_report import (
    MANY_LINES,
    tell_counts,
    tell_lines,
    tell_plan,
    tell_summary,
)
from builders.sources.recording_labels import read_labels
from pipelines.blueprint import Blueprint, keeps_cubes, make_blueprint
from pipelines.plan import Note, Plan, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.recordings import (
    BODY,
    RecordedTake,
    frames_needed,
    make_recorded_clip,
    select_recorded_clips,
)
from pipelines.run import build
from pipelines.storage import open_folder
from pipelines.store_writer import check_place
from radarsim.errors import InputError
from radarsim.files import load_setup


def run(options: argparse.Namespace) -> int:
    """Build what the options ask for; returns the exit status of `builders.recordings`.

    Raises:
        InputError: the request as a whole cannot be carried out.
    """
    # Workers read and transform; this process only plans, and leaves a GPU to them.
    jax.config.update("jax_platforms", "cpu")
    takes = read_labels(options.labels, options.captures, options.radar, options.iq_order)
    if not takes:
        raise InputError(options.labels, "labels", "hold no row", "list at least one stretch")
    recipe = _recipe(options, takes[0])
    check_place(open_folder(options.out))
    plan, notes = _plan(recipe, takes)
    tell_lines(notes)
    if not plan.clips:
        tell_counts(notes)
        raise InputError(options.out, "clips", "none can be made", "see the lines above")
    tell_plan(plan)
    if options.dry_run:
        tell_counts(notes)
        return 0
    return _build(options, plan, {take.id: take for take in takes}, notes)


def _recipe(options: argparse.Namespace, take: RecordedTake) -> Recipe:
    """The recipe of the options; its radar is that of the first capture."""
    table = recipe_table({**vars(options), "radar": None})
    radar = load_setup(take.setup).radar
    recipe = recipe_from_table({**table, "radar": radar, "body": BODY}, "options")
    if recipe.num_frames < frames_needed(recipe):
        least_s = frames_needed(recipe) * radar.frame.period_s
        problem = f"are {recipe.clips.length_s:g} s, {recipe.num_frames} frames of {radar.name}"
        hint = f"a heatmap column needs {least_s:g} s: give --clip-seconds {least_s:g} or more"
        raise InputError("options", "clips", problem, hint)
    return recipe


def _plan(recipe: Recipe, takes: list[RecordedTake]) -> tuple[Plan, list[Note]]:
    clips, notes, told = [], [], {}
    for take in takes:
        found = select_recorded_clips(recipe, take)
        clips += found.clips
        notes += found.notes
        told |= dict.fromkeys(found.findings)
    for line in list(told)[:MANY_LINES]:
        print(f"note: {line}")
    return make_plan(recipe, clips), notes


def _blueprint(plan: Plan, takes: dict[str, RecordedTake]) -> Blueprint:
    blueprint = make_blueprint(plan, takes)
    return replace(blueprint, attributes={**blueprint.attributes, "recorded": True})


def _build(options: argparse.Namespace, plan: Plan, takes: dict, notes: list[Note]) -> int:
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        options.out,
        _blueprint(plan, named),
        partial(make_recorded_clip, keep_cubes=keeps_cubes(plan)),
        workers=options.workers,
        quiet=options.quiet,
    )
    tell_summary(options.out, plan, summary, time.monotonic() - start_s)
    tell_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2
