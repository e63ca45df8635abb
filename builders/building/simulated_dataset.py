"""Build a simulated dataset: motions, clip selection, plan, simulation and console output."""

import argparse
import logging
import time
from contextlib import nullcontext
from dataclasses import replace

import jax
from tqdm import tqdm

from builders.building.console_report import (
    print_build_estimate,
    print_motion_findings,
    print_note_counts,
    print_note_lines,
    print_plan,
    print_radar,
    print_summary,
)
from builders.building.grammar_motions import (
    Sample,
    sample_for_dry_run,
    uses_grammar,
    write_motions,
)
from builders.sources.join_captions import join_texts, load_caption_datasets
from builders.sources.motion_lookup import body_name
from builders.sources.takes import amass_takes, built_in_takes, file_takes, unique_takes
from pipelines.bundled_rooms import other_text_note
from pipelines.clip_maker import ClipMaker
from pipelines.clip_selection import FEW_TAKES, select_all_clips
from pipelines.cost_estimate import CostEstimate, estimate_cost
from pipelines.people import add_people
from pipelines.plan import Note, Plan, clips_per_shard, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_people import check_further_people
from pipelines.recipe_toml import radar_board_guess, recipe_from_table
from pipelines.run import build
from pipelines.sources import takes_of_clips
from pipelines.storage import open_folder
from pipelines.store_spec import keeps_cubes, make_store_spec
from pipelines.store_writer import check_place
from pipelines.worker_environment import default_workers, physical_cores
from radarsim.errors import InputError
from radarsim.radar.boards import DEFAULT_BOARD


def build_dataset(options: argparse.Namespace, table: dict, origin: str) -> int:
    """Build the requested stores and return the exit status of `builders.amass`.

    Args:
        options: parsed flags for paths, workers and dry run.
        table: recipe table; "radar" may list several radars, each of which gives one store.
        origin: origin of the table, for error messages.

    Raises:
        InputError: the request is invalid, or no clip can be made.
    """
    # The workers simulate the clips; this process only makes the plan, without the GPU.
    jax.config.update("jax_platforms", "cpu")
    # Use this package's logger, because a root handler would also print the Dask scheduler's
    # messages.
    logging.getLogger("radarsim").addHandler(logging.StreamHandler())
    body = _checked_body(options.body_models, table, origin)
    radars = table.pop("radar", DEFAULT_BOARD)
    radars = radars if isinstance(radars, list) else [radars]
    recipes = [recipe_from_table({**table, **body, "radar": radar}, origin) for radar in radars]
    check_further_people(recipes[0].people)
    guesses = [radar_board_guess(radar, origin) for radar in radars]
    outs = [options.out] if len(recipes) == 1 else _paths_per_radar(options.out, recipes)
    several = len(recipes) > 1
    return max(
        _build_store(options, recipe, out, guess, several)
        for recipe, out, guess in zip(recipes, outs, guesses)
    )


def _build_store(
    options: argparse.Namespace,
    recipe: Recipe,
    out: str | None,
    board_guess: str,
    one_of_several: bool,
) -> int:
    if out:
        check_place(open_folder(out))
    samples = options.dry_run and uses_grammar(options, recipe)
    with sample_for_dry_run(options, recipe, out) if samples else nullcontext() as sample:
        return _plan_and_build(options, recipe, out, board_guess, one_of_several, sample)


def _plan_and_build(
    options: argparse.Namespace,
    recipe: Recipe,
    out: str | None,
    board_guess: str,
    one_of_several: bool,
    sample: Sample | None,
) -> int:
    takes, notes = _takes(options, recipe, out, sample)
    plan, selection_notes = _plan(recipe, takes, options)
    notes += selection_notes
    print_note_lines(notes)
    if not plan.clips:
        print_note_counts(notes)
        raise InputError(out or "dry run", "clips", "no clip can be made", "see the messages above")
    if one_of_several:
        print_radar(plan, out)
    print_plan(plan)
    if board_guess:
        print(f"radar: {board_guess}")
    if note := other_text_note(recipe.room):
        print(f"note: {note}; --room {recipe.room.name} selects the bundled room")
    if options.dry_run:
        _print_estimate(options, plan, takes, sample)
        print_note_counts(notes)
        return 0
    return _build(options, plan, takes, notes, out)


def _takes(
    options: argparse.Namespace, recipe: Recipe, out: str | None, sample: Sample | None
) -> tuple[dict, list[Note]]:
    texts = load_caption_datasets(options)
    if not (options.amass or options.motions):
        if uses_grammar(options, recipe):
            folder = sample.folder if sample else write_motions(options, recipe, out)
            return unique_takes(amass_takes(str(folder)))
        print("no motion source given; using the built-in activities")
        length_s = recipe.clips.length_s
        built_in = recipe.built_in
        found = built_in_takes(built_in.takes, built_in.subjects, recipe.seed, length_s)
        return unique_takes(found)
    found = amass_takes(options.amass, recipe.sources) if options.amass else []
    from_files, notes = file_takes(options.motions, recipe.sources)
    takes, duplicates = unique_takes([*found, *from_files])
    takes, text_notes = join_texts(takes, texts)
    return takes, [*notes, *duplicates, *text_notes]


def _plan(recipe: Recipe, takes: dict, options: argparse.Namespace) -> tuple[Plan, list[Note]]:
    clips, notes, findings = [], [], {}
    # Starting processes takes seconds, which is not worthwhile for the few takes of a small limit.
    few = recipe.limit and recipe.limit < FEW_TAKES
    workers = options.workers or (1 if few else physical_cores())
    selections = select_all_clips(recipe, takes.values(), options.body_models, workers)
    no_bar = options.quiet or len(takes) < FEW_TAKES
    for found in tqdm(selections, "reading motions", total=len(takes), disable=no_bar):
        clips += found.clips
        notes += found.notes
        findings |= dict.fromkeys(found.findings)
        if recipe.limit and len(clips) >= recipe.limit:
            break
    print_motion_findings(findings)
    clips, fewer = add_people(recipe, clips, takes, options.body_models)
    return make_plan(recipe, clips), [*notes, *fewer]


def _print_estimate(
    options: argparse.Namespace, plan: Plan, takes: dict, sample: Sample | None
) -> None:
    """Print time and size of the build, which makes more clips than the plan of a sample."""
    estimate, num_clips = _measured_cost(options, plan, takes), len(plan.clips)
    if sample:
        num_clips = round(num_clips * sample.num_all / sample.num_motions)
        num_clips = min(num_clips, plan.recipe.limit or num_clips)
        shards = -(-num_clips // clips_per_shard(num_clips))
        estimate = replace(estimate, workers=min(options.workers or default_workers(), shards))
    print_build_estimate(plan, estimate, num_clips)


def _measured_cost(options: argparse.Namespace, plan: Plan, takes: dict) -> CostEstimate:
    """Simulate one clip to estimate the time and the size of the build."""
    named = takes_of_clips(plan.clips, takes)
    print("simulating one clip to estimate time and size; compiling comes first ...", flush=True)
    store_spec = make_store_spec(plan, named)
    return estimate_cost(plan, named, store_spec, _clip_maker(options, plan), options.workers)


def _clip_maker(options: argparse.Namespace, plan: Plan) -> ClipMaker:
    return ClipMaker(body_models=options.body_models, keep_cubes=keeps_cubes(plan))


def _build(
    options: argparse.Namespace, plan: Plan, takes: dict, notes: list[Note], out: str
) -> int:
    named = takes_of_clips(plan.clips, takes)
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        out,
        make_store_spec(plan, named),
        _clip_maker(options, plan),
        workers=options.workers,
        scheduler=options.scheduler,
        quiet=options.quiet,
    )
    print_summary(out, plan, summary, time.monotonic() - start_s)
    print_note_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2


def _checked_body(body_models: str | None, table: dict, origin: str) -> dict:
    """Body entry of the recipe; if the recipe names a body, --body-models must match that body."""
    body = body_name(body_models)
    wanted = table.get("body", body)
    if wanted != body:
        hint = "omit --body-models" if wanted == "free" else "give those models with --body-models"
        raise InputError(origin, "body", f"is {wanted!r}, but {body!r} is given", hint)
    return {"body": body}


def _paths_per_radar(out: str | None, recipes: list[Recipe]) -> list[str | None]:
    """One store path per radar, e.g. synth-AWR1843BOOST.zarr; the radars have different axes."""
    names = [recipe.radar.name for recipe in recipes]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        hint = "give each radar once; a radar file states its name in the key `name`"
        raise InputError("options", "--radar", f"names {twice} twice", hint)
    stem, dot, suffix = (out or "").rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot and "/" not in suffix else (out, "")
    return [f"{stem}-{name}{suffix}" if out else None for name in names]
