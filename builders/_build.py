"""From options to a finished store: sources, survey, plan, build, and what is said about it."""

import argparse
import hashlib
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import jax
from tqdm import tqdm

from builders._takes import amass_takes, built_in_takes, file_takes, without_doubles
from pipelines.blueprint import cube_bytes, keeps_cubes, make_blueprint
from pipelines.folder import Folder
from pipelines.plan import Note, Plan, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.run import Summary, build
from pipelines.shards import check_place
from pipelines.stages import make_clip
from pipelines.survey import survey
from radarsim.errors import InputError

MANY_LINES = 20


def run(options: argparse.Namespace, table: dict) -> int:
    """Build what the options ask for; returns the exit status of `builders.amass`.

    Raises:
        InputError: the request as a whole cannot be carried out.
    """
    # The workers simulate; this process only plans, and leaves a GPU to them.
    jax.config.update("jax_platforms", "cpu")
    # Ours alone: a handler of all loggers would let the scheduler's chatter through.
    logging.getLogger("radarsim").addHandler(logging.StreamHandler())
    recipe = recipe_from_table({**table, "body": _body_name(options.body_models)}, "options")
    if options.out:
        check_place(Folder(options.out))
    takes, notes = _takes(options, recipe)
    plan, seen = _plan(recipe, takes, options)
    notes += seen
    _tell_lines(notes)
    if not plan.clips:
        _tell_counts(notes)
        raise InputError(
            options.out or "dry run", "clips", "none can be made", "see the lines above"
        )
    _tell_plan(plan)
    if options.dry_run:
        _tell_counts(notes)
        return 0
    return _build(options, plan, takes, notes)


def _takes(options: argparse.Namespace, recipe: Recipe) -> tuple[dict, list[Note]]:
    if not (options.amass or options.motions):
        print("no source given: performing the built-in activities")
        length_s = recipe.clips.length_s
        found = built_in_takes(options.takes, options.subjects, recipe.seed, length_s)
        return without_doubles(found)
    found = amass_takes(options.amass) if options.amass else []
    from_files, notes = file_takes(options.motions)
    named, doubles = without_doubles([*found, *from_files])
    return named, notes + doubles


def _plan(recipe: Recipe, takes: dict, options: argparse.Namespace) -> tuple[Plan, list[Note]]:
    clips, notes, told = [], [], {}
    bar = tqdm(takes.values(), "reading motions", disable=options.quiet or len(takes) < 100)
    for take in bar:
        found = survey(recipe, take, options.body_models)
        clips += found.clips
        notes += found.notes
        told |= dict.fromkeys(found.told)
        if recipe.limit and len(clips) >= recipe.limit:
            break
    for line in list(told)[:MANY_LINES]:
        print(f"note: {line}")
    return make_plan(recipe, clips), notes


def _build(options: argparse.Namespace, plan: Plan, takes: dict, notes: list[Note]) -> int:
    named = {clip.take: takes[clip.take] for clip in plan.clips}
    stage = partial(make_clip, body_models=options.body_models, keep_cubes=keeps_cubes(plan))
    start_s = time.monotonic()
    summary = build(
        plan,
        named,
        options.out,
        make_blueprint(plan, named),
        stage,
        workers=options.workers,
        quiet=options.quiet,
    )
    _tell_summary(options.out, plan, summary, time.monotonic() - start_s)
    _tell_counts([*notes, *summary.failed])
    if summary.unfinished:
        return 1
    return 0 if summary.num_clips else 2


def _body_name(body_models: str | None) -> str:
    """ "free", or a digest of the model files: their path is nobody's business."""
    if body_models is None:
        return "free"
    path = Path(body_models)
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    models = [file for file in found if file.suffix in (".npz", ".pkl") and file.is_file()]
    if not models:
        hint = "give the folder of SMPL, SMPL-H or SMPL-X models, or leave --body-models out"
        raise InputError(path, "--body-models", "holds no .npz or .pkl model", hint)
    digests = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in models)
    return f"models {hashlib.sha256(''.join(digests).encode()).hexdigest()[:16]}"


def _tell_plan(plan: Plan) -> None:
    recipe, cubes = plan.recipe, cube_bytes(plan)
    splits = ", ".join(f"{split} {count}" for split, count in plan.split_counts.items())
    subjects = len({clip.subject for clip in plan.clips})
    kept = "kept" if keeps_cubes(plan) else "not kept"
    maps_bytes = len(plan.clips) * 3 * 2 * 256 * recipe.num_frames * 8
    total = maps_bytes + (cubes if keeps_cubes(plan) else 0)
    print(
        f"plan: {len(plan.clips)} clips, {_duration(plan.duration_s)}, {subjects} subjects "
        f"({splits}), {plan.num_shards} shards of {plan.clips_per_shard}, "
        f"about {_size(total)} before compression"
    )
    print(f"IF cubes: {kept} (--if-cubes {recipe.keep.if_cubes}; they take {_size(cubes)})")


def _tell_summary(out: str, plan: Plan, summary: Summary, elapsed_s: float) -> None:
    if summary.state == "finished":
        print(f"{out}: finished already, {len(plan.clips)} clips")
        return
    _tell_lines(summary.failed)
    for line in summary.unfinished[:MANY_LINES]:
        print(line, file=sys.stderr)
    if summary.bug:
        print(summary.bug, file=sys.stderr)
    made_s = summary.num_frames * plan.recipe.radar.frame.period_s
    print(
        f"{out}: {summary.num_clips} clips written, {_duration(made_s)}, "
        f"{_size(summary.num_bytes)}, in {elapsed_s:.0f} s"
    )
    if summary.unfinished:
        count = len(summary.unfinished)
        print(f"{count} of {plan.num_shards} shards unfinished: run the same command again")


def _tell_lines(notes: Iterable[Note]) -> None:
    """One line for each thing that has one; the rest is counted."""
    lines = [note.line for note in notes if note.line]
    for line in lines:
        print(line, file=sys.stderr)


def _tell_counts(notes: Iterable[Note]) -> None:
    counts = Counter()
    for note in notes:
        counts[note.cause] += note.count
    for cause, count in counts.items():
        print(f"{cause}: {count}")


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.2f} h ({seconds:.0f} s)"


def _size(num_bytes: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if num_bytes >= scale:
            return f"{num_bytes / scale:.1f} {unit}"
    return f"{num_bytes / 1e3:.0f} kB"
