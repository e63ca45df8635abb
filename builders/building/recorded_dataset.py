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
from pipelines.recorded_maps import make_map_clip, map_store_spec
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
from radarsim.captures.recorded_maps import RecordedMaps
from radarsim.captures.recording import Recording
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
    described = {"description": options.description, "array": options.array}
    described |= {"axes": options.axes, "units": options.units}
    takes = read_labels(
        options.labels, options.captures, options.radar, options.iq_order, described
    )
    if not takes:
        raise InputError(
            options.labels, "labels", "the table has no rows", "add at least one labelled segment"
        )
    opened = _opened(takes)
    recipe = _recipe(options, takes[0], opened)
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
    return _build(options, plan, {take.id: take for take in takes}, notes, opened)


def _opened(takes: list[RecordedTake]) -> Recording | RecordedMaps | None:
    """The first array that can be read, from which axes and radar follow; None for captures."""
    arrays = [take for take in takes if take.description]
    if not arrays:
        return None
    if len(arrays) < len(takes):
        problem = "names captures and arrays"
        raise InputError("options", "--labels", problem, "build one store per kind of recording")
    _check_descriptions(arrays)
    error = None
    for take in arrays:
        try:
            return take.recording()
        except InputError as found:
            error = error or found
    raise error


def _check_descriptions(takes: list[RecordedTake]) -> None:
    """Check that all recordings have the same description, which is saved in the store."""
    first = replace(takes[0].parsed_description, array="")
    for take in takes:
        if replace(take.parsed_description, array="") != first:
            problem = f"differs from that of {takes[0].path}"
            raise InputError(take.path, "description", problem, "build one store per description")


def _recipe(
    options: argparse.Namespace, take: RecordedTake, opened: Recording | RecordedMaps | None
) -> Recipe:
    """Recipe from the flags, with the radar of the first recording."""
    table = recipe_table({**vars(options), "radar": None})
    radar = opened.radar if opened else load_setup(take.setup).radar
    if opened:  # recorded arrays need not be whole ADC codes
        table["simulation"] = {**table.get("simulation", {}), "quantise": False}
    if isinstance(opened, RecordedMaps):
        table["keep"] = {**table.get("keep", {}), "if_cubes": "off"}
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


def _store_spec(
    plan: Plan, takes: dict[str, RecordedTake], opened: Recording | RecordedMaps | None
) -> StoreSpec:
    if isinstance(opened, RecordedMaps):
        store_spec = map_store_spec(plan, takes, opened)
    else:
        store_spec = make_store_spec(plan, takes)
    attributes = {**store_spec.attributes, "recorded": True}
    if opened:
        description = next(iter(takes.values())).parsed_description
        attributes["recording"] = description.as_table()
    return replace(store_spec, attributes=attributes)


def _build(
    options: argparse.Namespace,
    plan: Plan,
    takes: dict,
    notes: list[Note],
    opened: Recording | RecordedMaps | None,
) -> int:
    as_maps = isinstance(opened, RecordedMaps)
    make = make_map_clip if as_maps else partial(make_recorded_clip, keep_cubes=keeps_cubes(plan))
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        options.out,
        _store_spec(plan, named, opened),
        make,
        workers=options.workers,
        quiet=options.quiet,
    )
    print_summary(options.out, plan, summary, time.monotonic() - start_s)
    print_note_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2
