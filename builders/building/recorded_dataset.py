"""Build a dataset from radar recordings: labels, clip selection, plan and heatmaps."""

import argparse
import time
from dataclasses import replace
from functools import partial

import jax

from builders.building.cli_options import recipe_table
from builders.building.console_report import (
    print_capture_findings,
    print_note_counts,
    print_note_lines,
    print_plan,
    print_summary,
)
from builders.sources.recording_labels import read_labels
from pipelines.plan import Note, Plan, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.recordings import (
    RecordedTake,
    make_recorded_clip,
    select_recorded_clips,
)
from pipelines.run import build
from pipelines.schema import RECORDED_BODY
from pipelines.storage import open_folder
from pipelines.store_spec import StoreSpec, keeps_cubes, make_store_spec
from pipelines.store_writer import check_place
from radarsim.errors import InputError
from radarsim.files import load_setup


def build_recorded_dataset(options: argparse.Namespace) -> int:
    """Build the requested store and return the exit status of `builders.recordings`.

    Raises:
        InputError: the request is invalid, or no clip can be made.
    """
    # The workers read and transform the captures; this process only makes the plan, without the
    # GPU.
    jax.config.update("jax_platforms", "cpu")
    if "joints" in (options.keep or ()):
        problem = "names joints, but a recording contains no motion of the body"
        raise InputError("options", "--keep", problem, "keep points and frame maps only")
    takes = read_labels(options.labels, options.captures, options.radar, options.iq_order)
    if not takes:
        raise InputError(
            options.labels, "labels", "the table has no rows", "add at least one labelled segment"
        )
    recipe = _recipe(options, takes[0])
    check_place(open_folder(options.out))
    plan, notes = _plan(recipe, takes)
    print_note_lines(notes)
    if not plan.clips:
        print_note_counts(notes)
        raise InputError(options.out, "clips", "no clip can be made", "see the messages above")
    print_plan(plan)
    if options.dry_run:
        print_note_counts(notes)
        return 0
    return _build(options, plan, {take.id: take for take in takes}, notes)


def _recipe(options: argparse.Namespace, take: RecordedTake) -> Recipe:
    """Recipe from the flags, with the radar of the first capture."""
    table = recipe_table({**vars(options), "radar": None})
    radar = load_setup(take.setup).radar
    return recipe_from_table({**table, "radar": radar, "body": RECORDED_BODY}, "options")


def _plan(recipe: Recipe, takes: list[RecordedTake]) -> tuple[Plan, list[Note]]:
    clips, notes, findings = [], [], {}
    for take in takes:
        found = select_recorded_clips(recipe, take)
        clips += found.clips
        notes += found.notes
        findings |= dict.fromkeys(found.findings)
    print_capture_findings(findings)
    return make_plan(recipe, clips), notes


def _store_spec(plan: Plan, takes: dict[str, RecordedTake]) -> StoreSpec:
    store_spec = make_store_spec(plan, takes)
    return replace(store_spec, attributes={**store_spec.attributes, "recorded": True})


def _build(options: argparse.Namespace, plan: Plan, takes: dict, notes: list[Note]) -> int:
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        options.out,
        _store_spec(plan, named),
        partial(make_recorded_clip, keep_cubes=keeps_cubes(plan)),
        workers=options.workers,
        quiet=options.quiet,
    )
    print_summary(options.out, plan, summary, time.monotonic() - start_s)
    print_note_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2
