"""Check a store: files, axes, values, tables and splits. Each check yields one line per problem.

Every reported problem requires action. `pipelines.report` shows the statistics of a store instead.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import zarr

from pipelines.caption_datasets.motion_texts import joins_actions
from pipelines.failed_clips import failed_clips
from pipelines.frame_checks import frame_problems, map_problems
from pipelines.schema import BIN_AXIS, ArraySpec, Layout, store_arrays
from pipelines.store_reader import Store
from pipelines.store_spec import burst_bins, cube_shape, kept_sizes
from pipelines.store_writer import verify
from radarsim.errors import InputError

# Permitted fraction of samples at the ADC's limits. A hand that is briefly close to the radar
# causes a smaller fraction; a larger fraction distorts the clip.
CLIPPED_SHARE = 0.01
# Earlier versions put people of one file into different splits.
_MOTION_FILE = (
    "motion file",
    "; build the store again if the file shows several people, or else without copies of the file",
)


def find_problems(store: Store, progress: Callable[[range], Iterator[int]] = iter) -> list[str]:
    """Return all problems of a store; empty if the store has no problems.

    Args:
        store: a finished store.
        progress: wrapper for the iteration over rows, for example tqdm.
    """
    found = [*verify(store.path)]
    if found:  # all other checks are meaningless if files have changed
        return found
    found += check_axes(store)
    if found:
        return found
    found = [*check_tables(store), *check_splits(store), *check_values(store, progress)]
    return [*found, *check_failures(store)]


def check_axes(store: Store) -> Iterator[str]:
    """Compare arrays, axes, shapes, types and units with the schema."""
    expected = {spec.name: spec for spec in store_arrays(_layout(store))}
    for name, spec in expected.items():
        if not store.has(name):
            yield _line(store, name, "is missing; build the store again")
            continue
        for what, found, wanted in _differences(store.group[name], spec):
            yield _line(store, name, f"{what} is {found}, but the schema requires {wanted}")
    for name in sorted(set(store.group.array_keys()) - set(expected)):
        yield _line(store, name, "is not an array of this schema")


def check_tables(store: Store) -> Iterator[str]:
    """Check row numbers, ids, and references between the tables."""
    clips = store.table("clips")
    rows = [clip["row"] for clip in clips]
    if sorted(rows) != list(range(store.num_clips)):
        yield _line(store, "tables/clips", f"{len(rows)} rows for {store.num_clips} clips")
    if len({clip["id"] for clip in clips}) < len(clips):
        yield _line(store, "tables/clips", "two clips have the same id")
    captions = {caption["id"] for caption in store.table("captions")}
    length_s = {clip["row"]: clip["num_frames"] * store.period_s for clip in clips}
    for segment in store.table("segments"):
        start_s, end_s = segment["start_s"], segment["end_s"]
        if segment["caption"] not in captions:
            yield _line(store, "tables/segments", f"caption {segment['caption']} is missing")
        if not 0 <= start_s < end_s <= length_s.get(segment["row"], 0) + 1e-6:
            where = f"row {segment['row']}: {start_s:g} to {end_s:g} s"
            yield _line(store, "tables/segments", f"{where} is outside the clip")
    for person in store.table("people"):
        if person["row"] not in length_s:
            yield _line(store, "tables/people", f"row {person['row']} is not a clip")
    yield from _check_attributes(store, captions)


def _check_attributes(store: Store, captions: set[str]) -> Iterator[str]:
    """Check that every sentence is about a caption or about a label that lists actions."""
    for caption in dict.fromkeys(row["caption"] for row in store.table("attributes")):
        if caption not in captions and not joins_actions(caption, store.actions):
            yield _line(store, "tables/attributes", f"caption {caption} is missing")


def check_splits(store: Store) -> Iterator[str]:
    """Check for data leakage: no person and no motion may be in more than one split."""
    keys = (("subject", "subject", ""), ("take", "motion", ""), ("take_sha256", *_MOTION_FILE))
    for key, what, hint in keys:
        splits = defaultdict(set)
        for clip in store.clips.values():
            for person in (clip, *clip.others):
                splits[getattr(person, key)].add(clip.split)
        for name, found in sorted(splits.items()):
            if len(found) > 1:
                problem = f"{what} {name} is in {' and '.join(sorted(found))}"
                yield _line(store, "splits", f"{problem}{hint}")


def check_values(store: Store, progress: Callable[[range], Iterator[int]] = iter) -> Iterator[str]:
    """Check that values are finite and within physical limits, and that padding is correct."""
    for row in progress(range(store.num_clips)):
        frames, columns = (int(store.array(name, row)) for name in ("num_frames", "num_columns"))
        clip = store.clips[row]
        if frames != clip.num_frames:
            yield _line(store, clip.id, f"{frames} frames, {clip.num_frames} in the table")
        for name in () if _is_relative(store) else store.heatmaps:
            map_db = store.array(name, row).astype(np.float32)
            for problem in map_problems(map_db, columns, "column"):
                yield _line(store, f"{clip.id} {name}", problem)
        if store.has("if_cube") and (share := _clipped_share(store, row)) > CLIPPED_SHARE:
            yield _line(store, f"{clip.id} if_cube", f"{share:.1%} of the samples are clipped")
        for name in ("poses", "transl"):
            if frames and store.has(name) and not np.isfinite(store.array(name, row)).all():
                yield _line(store, f"{clip.id} {name}", "values are not finite")
        for name, problem in frame_problems(store, row, frames):
            yield _line(store, f"{clip.id} {name}", problem)


def check_failures(store: Store) -> Iterator[str]:
    """List the causes if all clips failed; a store in which some clips failed is complete."""
    notes = failed_clips(store)
    if len(notes) == store.num_clips:
        for note in notes:
            yield _line(store, "failed clip", note.line)


def _clipped_share(store: Store, row: int) -> float:
    """Fraction of clipped ADC samples in the first frame of a clip."""
    codes = store.group["if_cube"][row, 0]
    if codes.dtype.kind != "i":
        return 0.0
    limit = 2 ** (store.recipe.radar.receiver.adc_bits - 1)
    return float(np.mean((codes <= -limit) | (codes >= limit - 1)))


def _layout(store: Store) -> Layout:
    """Return the layout that follows from the store's recipe and tables."""
    recipe = store.recipe
    step_v = recipe.radar.receiver.adc_step_v if recipe.simulation.quantise else None
    return Layout(
        num_clips=len(store.table("clips")),
        clips_per_shard=store.attributes["clips_per_shard"],
        num_frames=recipe.num_frames,
        num_columns=store.group["time"].shape[0],
        bins={axis: store.group[axis].shape[0] for axis in BIN_AXIS.values() if store.has(axis)}
        | burst_bins(recipe),
        heatmaps=store.heatmaps,
        relative=_is_relative(store),
        cube=cube_shape(recipe) if store.has("if_cube") else None,
        cube_step_v=step_v,
        **kept_sizes(recipe),
    )


def _is_relative(store: Store) -> bool:
    """Whether the heatmaps are recorded values without a unit."""
    return any(store.group[name].attrs.get("units") == "1" for name in store.heatmaps)


def _differences(array: zarr.Array, spec: ArraySpec) -> Iterator[tuple[str, object, object]]:
    """Return (property, value, required value) for each property that differs from the schema."""
    dims = tuple(array.metadata.dimension_names or ())
    for what, found, wanted in (
        ("axes", dims, spec.dims),
        ("shape", array.shape, spec.shape),
        ("type", str(array.dtype), spec.dtype),
        ("unit", array.attrs.get("units"), spec.units),
    ):
        if found != wanted:
            yield what, found, wanted


def _line(store: Store, field: str, problem: str) -> str:
    return f"{store.path}: {field}: {problem}"


def compare_arrays(stored: dict[str, np.ndarray], made: dict[str, np.ndarray]) -> list[str]:
    """Differences between a stored clip and the recomputed clip; empty if all values agree.

    Raises:
        InputError: the two clips have different arrays.
    """
    if stored.keys() != made.keys():
        raise InputError("clip", "arrays", f"{sorted(stored)} and {sorted(made)}", "same store?")
    lines = []
    for name, values in stored.items():
        again = np.asarray(made[name])
        if np.array_equal(values, again, equal_nan=True):
            continue
        difference = np.abs(values.astype(np.float64) - again)
        # NaN marks missing values, such as empty slots for points.
        difference = np.where((values != values) & (again != again), 0.0, difference)
        count = np.count_nonzero(~(difference == 0))
        largest = difference.max()
        worst = f"by {largest:.3g} at most" if math.isfinite(largest) else "not finite"
        lines.append(f"{name}: {count} of {values.size} values differ, {worst}")
    return lines
