"""What a build says: its plan, what it will take, what came of it, what was left out."""

import sys
from collections import Counter
from collections.abc import Iterable

from pipelines.blueprint import cube_bytes, keeps_cubes
from pipelines.cost_estimate import CostEstimate
from pipelines.plan import Note, Plan
from pipelines.run import Summary

MANY_LINES = 20


def tell_plan(plan: Plan) -> None:
    """Clips, hours, people, shards and bytes, before any work."""
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


def tell_rate(plan: Plan, rate: CostEstimate) -> None:
    """By a clip made on trial: time and bytes of the whole."""
    num_clips = len(plan.clips)
    frames_per_s = plan.recipe.num_frames / rate.clip_s
    print(
        f"measured on one clip: {rate.clip_s:.2f} s ({frames_per_s:.1f} frames/s per worker), "
        f"{rate.first_s:.0f} s the first time, {_size(rate.clip_bytes)} on disk"
    )
    print(
        f"so {num_clips} clips take about {_duration(rate.build_s(num_clips))} by {rate.workers} "
        f"workers and {_size(num_clips * rate.clip_bytes)}"
    )


def tell_summary(out: str, plan: Plan, summary: Summary, elapsed_s: float) -> None:
    """What was written, and what is left to do."""
    if summary.state == "finished":
        print(f"{out}: finished already, {len(plan.clips)} clips")
        return
    tell_lines(summary.failed)
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


def tell_lines(notes: Iterable[Note]) -> None:
    """One line for each thing that has one; the rest is counted."""
    lines = [note.line for note in notes if note.line]
    for line in lines:
        print(line, file=sys.stderr)


def tell_counts(notes: Iterable[Note]) -> None:
    """What was left out, by cause."""
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
