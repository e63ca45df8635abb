"""From options to a finished store: sources, survey, plan, build, and what is said about it."""

import argparse
import logging
import time
from functools import partial

import jax
from tqdm import tqdm

from builders.building.console_report import (
    MANY_LINES,
    tell_counts,
    tell_lines,
    tell_plan,
    tell_rate,
    tell_summary,
)
from builders.sources.caption_datasets import texts_of, with_texts
from builders.sources.motion_lookup import body_name
from builders.sources.takes import amass_takes, built_in_takes, file_takes, without_doubles
from pipelines.blueprint import keeps_cubes, make_blueprint
from pipelines.clip_selection import FEW_TAKES, select_all_clips
from pipelines.cost_estimate import CostEstimate, estimate_cost
from pipelines.plan import Note, Plan, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.run import build
from pipelines.shard_job import MakeClip
from pipelines.stages import make_clip
from pipelines.storage import open_folder
from pipelines.store_writer import check_place
from pipelines.worker_environment import physical_cores
from radarsim.errors import InputError
from radarsim.radar.boards import DEFAULT_BOARD


def run(options: argparse.Namespace, table: dict, where: str) -> int:
    """Build what the options ask for; returns the exit status of `builders.amass`.

    Args:
        options: where things lie and how the work is done.
        table: the recipe's; "radar" may list several, which make a store each.
        where: the table's origin, for messages.

    Raises:
        InputError: the request as a whole cannot be carried out.
    """
    # The workers simulate; this process only plans, and leaves a GPU to them.
    jax.config.update("jax_platforms", "cpu")
    # Ours alone: a handler of all loggers would let the scheduler's chatter through.
    logging.getLogger("radarsim").addHandler(logging.StreamHandler())
    body = _checked_body(options.body_models, table, where)
    radars = table.pop("radar", DEFAULT_BOARD)
    radars = radars if isinstance(radars, list) else [radars]
    recipes = [recipe_from_table({**table, **body, "radar": radar}, where) for radar in radars]
    outs = [options.out] if len(recipes) == 1 else _named_after(options.out, recipes)
    return max(_one_store(options, recipe, out) for recipe, out in zip(recipes, outs))


def _one_store(options: argparse.Namespace, recipe: Recipe, out: str | None) -> int:
    if out:
        check_place(open_folder(out))
    takes, notes = _takes(options, recipe)
    plan, seen = _plan(recipe, takes, options)
    notes += seen
    tell_lines(notes)
    if not plan.clips:
        tell_counts(notes)
        raise InputError(out or "dry run", "clips", "none can be made", "see the lines above")
    tell_plan(plan)
    if options.dry_run:
        tell_rate(plan, _measured(options, plan, takes))
        tell_counts(notes)
        return 0
    return _build(options, plan, takes, notes, out)


def _takes(options: argparse.Namespace, recipe: Recipe) -> tuple[dict, list[Note]]:
    texts = texts_of(options)
    if not (options.amass or options.motions):
        print("no source given: performing the built-in activities")
        length_s = recipe.clips.length_s
        built_in = recipe.built_in
        found = built_in_takes(built_in.takes, built_in.subjects, recipe.seed, length_s)
        return without_doubles(found)
    found = amass_takes(options.amass) if options.amass else []
    from_files, notes = file_takes(options.motions)
    named, doubles = without_doubles([*found, *from_files])
    named, joined = with_texts(named, texts)
    return named, [*notes, *doubles, *joined]


def _plan(recipe: Recipe, takes: dict, options: argparse.Namespace) -> tuple[Plan, list[Note]]:
    clips, notes, told = [], [], {}
    workers = options.workers or physical_cores()
    surveys = select_all_clips(recipe, takes.values(), options.body_models, workers)
    hidden = options.quiet or len(takes) < FEW_TAKES
    for found in tqdm(surveys, "reading motions", total=len(takes), disable=hidden):
        clips += found.clips
        notes += found.notes
        told |= dict.fromkeys(found.findings)
        if recipe.limit and len(clips) >= recipe.limit:
            break
    for line in list(told)[:MANY_LINES]:
        print(f"note: {line}")
    return make_plan(recipe, clips), notes


def _measured(options: argparse.Namespace, plan: Plan, takes: dict) -> CostEstimate:
    """What a clip made on trial takes here."""
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    print("making a clip on trial ...", flush=True)
    return estimate_cost(
        plan, named, make_blueprint(plan, named), _stage(options, plan), options.workers
    )


def _stage(options: argparse.Namespace, plan: Plan) -> MakeClip:
    return partial(make_clip, body_models=options.body_models, keep_cubes=keeps_cubes(plan))


def _build(
    options: argparse.Namespace, plan: Plan, takes: dict, notes: list[Note], out: str
) -> int:
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        out,
        make_blueprint(plan, named),
        _stage(options, plan),
        workers=options.workers,
        scheduler=options.scheduler,
        quiet=options.quiet,
    )
    tell_summary(out, plan, summary, time.monotonic() - start_s)
    tell_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2


def _checked_body(body_models: str | None, table: dict, where: str) -> dict:
    """The recipe's body: that of the models given, and of the recipe, where it names one."""
    body = body_name(body_models)
    wanted = table.get("body", body)
    if wanted != body:
        hint = "give those with --body-models" if wanted != "free" else "leave --body-models out"
        raise InputError(where, "body", f"is {wanted!r}, but {body!r} is given", hint)
    return {"body": body}


def _named_after(out: str | None, recipes: list[Recipe]) -> list[str | None]:
    """synth.zarr becomes synth-AWR1843BOOST.zarr and so on: axes belong to a radar."""
    names = [recipe.radar.name for recipe in recipes]
    if len(set(names)) < len(names):
        raise InputError("options", "--radar", f"names {names[0]} twice", "give each radar once")
    stem, dot, suffix = (out or "").rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot and "/" not in suffix else (out, "")
    return [f"{stem}-{name}{suffix}" if out else None for name in names]
