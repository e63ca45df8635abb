"""Console output of a build: plan, estimated time and size, summary, counts of rejected data."""

import sys
from collections import Counter
from collections.abc import Iterable

from pipelines.cost_estimate import CostEstimate
from pipelines.plan import Note, Plan
from pipelines.recipe_keep import KEPT_PER_FRAME
from pipelines.run import Summary
from pipelines.store_spec import cube_bytes, keeps_cubes, kept_bytes
from radarsim.captures.capture import WARNING

# Maximum number of printed lines of each kind.
MAX_LINES = 20


def print_radar(plan: Plan, out: str | None) -> None:
    """Print the radar of the next plan, because a recipe may name several radars."""
    target = f", store {out}" if out else ""
    print(f"radar {plan.recipe.radar.name}{target}")


def print_plan(plan: Plan) -> None:
    """Print the number of clips, hours, subjects, shards and bytes before a build starts."""
    recipe, cubes = plan.recipe, cube_bytes(plan)
    splits = ", ".join(f"{split} {count}" for split, count in plan.split_counts.items())
    subjects = len({clip.subject for clip in plan.clips})
    stored = "stored" if keeps_cubes(plan) else "not stored"
    maps_bytes = len(plan.clips) * 3 * 2 * 256 * recipe.num_frames * 8
    per_frame = kept_bytes(plan)
    total = maps_bytes + per_frame + (cubes if keeps_cubes(plan) else 0)
    print(
        f"plan: {_number(len(plan.clips), 'clip')}, {_duration(plan.duration_s)}, "
        f"{_number(subjects, 'subject')} ({splits}), {_number(plan.num_shards, 'shard')} "
        f"of up to {_number(plan.clips_per_shard, 'clip')}, about {_size(total)} before compression"
    )
    print(f"IF cubes: {stored} (--if-cubes {recipe.keep.if_cubes}; size {_size(cubes)})")
    names = [name for name in KEPT_PER_FRAME if getattr(recipe.keep, name)]
    if names:
        print(f"per frame: {', '.join(names)} stored (--keep; size {_size(per_frame)})")


def print_build_estimate(plan: Plan, estimate: CostEstimate, num_clips: int) -> None:
    """Print the time and size of a build of `num_clips` clips, estimated from one clip."""
    frames_per_s = plan.recipe.num_frames / estimate.clip_s
    print(
        f"measured on one clip: {estimate.clip_s:.2f} s ({frames_per_s:.1f} frames/s per worker), "
        f"{estimate.first_s:.0f} s including compilation, {_size(estimate.clip_bytes)} on disk"
    )
    print(
        f"estimate for {_number(num_clips, 'clip')}: {_duration(estimate.build_s(num_clips))} with "
        f"{_number(estimate.workers, 'worker')}, {_size(num_clips * estimate.clip_bytes)} on disk"
    )


def print_summary(out: str, plan: Plan, summary: Summary, elapsed_s: float) -> None:
    """Print what a build wrote, which clips failed and which shards are unfinished."""
    print_note_lines(summary.failed)
    if summary.state == "finished":
        print(f"{out}: already complete, {_number(summary.num_clips, 'clip')}")
        return
    for line in summary.unfinished[:MAX_LINES]:
        print(line, file=sys.stderr)
    if summary.bug:
        print(summary.bug, file=sys.stderr)
    simulated_s = summary.num_frames * plan.recipe.radar.frame.period_s
    print(
        f"{out}: {_number(summary.num_clips, 'clip')} written, {_duration(simulated_s)}, "
        f"{_size(summary.num_bytes)}, in {elapsed_s:.0f} s"
    )
    if summary.unfinished:
        count, total = len(summary.unfinished), _number(plan.num_shards, "shard")
        print(f"{count} of {total} unfinished; run the same command again")


def print_note_lines(notes: Iterable[Note]) -> None:
    """Print the detail lines of all notes to standard error."""
    lines = [note.line for note in notes if note.line]
    for line in lines:
        print(line, file=sys.stderr)


def print_capture_findings(findings: Iterable[str]) -> None:
    """Print all warnings of the capture reader to standard error, then the first few notes.

    Args:
        findings: lines such as "walk.0: warning: ..." or "walk.0: I and Q: ...".
    """
    warnings = [line for line in findings if WARNING in line]
    notes = [line for line in findings if WARNING not in line]
    for line in warnings:
        print(f"WARNING: {line.replace(WARNING, '', 1)}", file=sys.stderr)
    _print_first_notes(notes, "captures")


def print_motion_findings(findings: Iterable[str]) -> None:
    """Print what the motion reader inferred; of many lines, equal notes are printed as one line.

    Args:
        findings: lines such as "walk_poses: up axis inferred as y".
    """
    lines = list(findings)
    _print_first_notes(lines if len(lines) <= MAX_LINES else _without_repeats(lines), "motions")


def _print_first_notes(lines: list[str], subject: str) -> None:
    for line in lines[:MAX_LINES]:
        print(f"note: {line}")
    if len(lines) > MAX_LINES:
        print(f"note: {len(lines) - MAX_LINES} more notes on {subject}")


def _without_repeats(lines: list[str]) -> list[str]:
    """Return one line for each note, with its first motion and the number of other motions."""
    motions = {}
    for line in lines:
        motion, _, note = line.partition(": ")
        motions.setdefault(note, []).append(motion)
    return [f"{first}: {note}{_also_in(len(others))}" for note, (first, *others) in motions.items()]


def _also_in(count: int) -> str:
    return f" (also in {_number(count, 'other motion')})" if count else ""


def print_note_counts(notes: Iterable[Note]) -> None:
    """Print the number of excluded or joined items for each cause."""
    counts, remedies = Counter(), {}
    for note in notes:
        counts[note.cause] += note.count
        remedies[note.cause] = note.remedy
    for cause, count in counts.items():
        remedy = f" ({remedies[cause]})" if remedies[cause] and count else ""
        print(f"{cause}: {count}{remedy}")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.2f} h ({seconds:.0f} s)"


def _size(num_bytes: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if num_bytes >= scale:
            return f"{num_bytes / scale:.1f} {unit}"
    return f"{num_bytes / 1e3:.0f} kB"
