"""Data card (README.md) of a store: contents, subjects, splits, licences, instructions for reading.

The card depends only on the store's tables, attributes and multipath levels, so identical stores
have identical cards. Attribute sentences attached later do not change the card.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from pipelines.data_card_optional import detection_settings, optional_settings
from pipelines.data_card_people import (
    limitations,
    people_per_clip,
    people_section,
    people_settings,
)
from pipelines.data_card_receiver import limitations_of_receiver
from pipelines.data_card_room import limitations_in_room, room_section, room_settings
from pipelines.data_card_surface import limitations_of_surface, surface_settings
from pipelines.recipe import Recipe
from pipelines.recipe_toml import parse_recipe
from pipelines.store_folder import StoreFolder
from pipelines.store_statistics import (
    StoreStatistics,
    compute_statistics,
    root_arrays,
    root_attributes,
)

DATA_CARD = "README.md"
# Maximum number of labels in the card, and maximum length of a label.
_MOST_LABELS = 100
_LONGEST_LABEL = 80

_READ = """## How to read it

```python
import xarray as xr

store = xr.open_zarr("STORE")  # this folder
clip = store.isel(clip=0)
clip.time_doppler[: int(clip.num_columns)]  # [time, speed], dB above noise
```

The tables are Parquet files: `pandas.read_parquet("STORE/tables/clips")`. `clips` has one row per
clip (`row` is its index in the arrays), `segments` lists the time spans of each clip with their
captions, `captions` contains the texts, and `attributes` contains sentences that describe them. A
segment of kind `label` states the class name of its time span, a segment of kind `action` is one of
the actions listed in a label, and a segment of kind `sentence` is a description.

`checksums.json` contains the SHA-256 of every file except those in `tables/attributes`, because
sentences may be attached later. `python -m builders.check STORE` compares the checksums; with
`--rebuild`, it also simulates clips again from the recipe in this store.
"""
_LIMITS = """## Limitations

All samples are simulated: no radar recorded them. The model includes single reflections from one
body and antennas with equal gain in all directions, but no walls, furniture, multipath or clothes.
State that results are based on simulated data, and respect the licences of motions and texts.
"""
_SIMULATED = "**Simulated** from motion, not recorded."


def make_data_card(folder: StoreFolder) -> bytes:
    """Make the data card of a store whose tables are complete.

    Args:
        folder: folder of the store.

    Returns:
        Markdown in UTF-8; identical stores give identical bytes.

    Raises:
        InputError: a table is damaged.
    """
    statistics, attributes = compute_statistics(folder), root_attributes(folder)
    parts = [
        _head(statistics, root_arrays(folder)),
        _settings_section(attributes),
        _recording_section(attributes),
        _splits_section(statistics),
        _licences_section(statistics),
        _labels_section(statistics),
        *people_section(statistics),
        *room_section(folder),
        _arrays_section(root_arrays(folder)),
        _READ,
        "" if statistics.is_recorded else _limitations_section(statistics, attributes),
    ]
    return "\n".join(part for part in parts if part).encode()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    lines = [[*head], ["---"] * len([*head]), *([str(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def duration(seconds: float) -> str:
    """Duration in hours, minutes or seconds: the largest unit in which the value is at least 1."""
    for unit, unit_s in (("h", 3600), ("min", 60)):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.4g} {unit}"
    return f"{seconds:.3g} s"


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "-"


def _head(statistics: StoreStatistics, arrays: Mapping[str, dict]) -> str:
    total, people = statistics.made, people_per_clip(statistics)
    lines = [
        f"# {'Recorded' if statistics.is_recorded else 'Simulated'} radar dataset\n",
        f"{total.clips} clips, {duration(total.seconds)}, of {people} in front of",
        f"a radar: heatmaps of {_measured(arrays)}.",
        *([] if statistics.is_recorded else [_SIMULATED]),
    ]
    if statistics.failed:
        lines.append(f"{statistics.failed} clips could not be made; their rows are empty.")
    return "\n".join(lines) + "\n"


def _measured(arrays: Mapping[str, dict]) -> str:
    """Axes of the heatmaps in a store, and their unit."""
    names = {"time_doppler": "speed", "time_range": "range", "time_angle": "azimuth"}
    present = [axis for name, axis in names.items() if name in arrays] or list(names.values())
    listed = " and ".join([*([", ".join(present[:-1])] if present[:-1] else []), present[-1]])
    units = {arrays[name].get("attributes", {}).get("units") for name in names if name in arrays}
    level = "relative values without a unit" if units == {"1"} else "in dB above the noise"
    return f"{listed} over time, {level}"


def _settings_section(attributes: Mapping) -> str:
    if "recipe" not in attributes:
        return ""
    recipe = parse_recipe(str(attributes["recipe"]), "recipe")
    rows = [(name, f"`{value}`") for name, value in _settings(recipe).items()]
    rows.append(("code", f"`{attributes.get('code_version', '')}`"))
    rows.append(("recipe digest", f"`{attributes.get('recipe_digest', '')[:16]}`"))
    note = "The attribute `recipe` in `zarr.json` is the complete recipe: TOML for `--recipe`.\n"
    return f"## Settings\n\n{table(('setting', 'value'), rows)}\n{note}"


def _recording_section(attributes: Mapping) -> str:
    """Axes, units and windows of recorded arrays, and what is unknown about them."""
    recording = attributes.get("recording")
    if not recording:
        return ""
    rows = [(name, f"`{value}`") for name, value in recording.items() if name != "unknown"]
    unknown = "; ".join(recording.get("unknown", ())) or "nothing"
    return f"## Recordings\n\n{table(('setting', 'value'), rows)}\nUnknown: {unknown}.\n"


def _limitations_section(statistics: StoreStatistics, attributes: Mapping) -> str:
    text = limitations(_LIMITS, statistics)
    if "recipe" not in attributes:
        return text
    recipe = parse_recipe(str(attributes["recipe"]), "recipe")
    for adapted in (limitations_of_receiver, limitations_in_room, limitations_of_surface):
        text = adapted(text, recipe)
    return text


def _settings(recipe: Recipe) -> dict[str, str]:
    """Return the main settings of the recipe, keyed by name, in customary units."""
    places, simulation = recipe.placements, recipe.simulation
    chirp, frame = recipe.radar.chirp, recipe.radar.frame
    start_ghz = chirp.start_freq_hz / 1e9
    sigma = _span(simulation.sigma_rad) if simulation.reflection == "paper" else "none"
    return {
        "radar": f"{recipe.radar.name}, {start_ghz:.2f} to "
        f"{start_ghz + chirp.bandwidth_hz / 1e9:.2f} GHz, {frame.num_chirps} chirps of "
        f"{chirp.num_samples} samples every {frame.period_s * 1e3:g} ms",
        **_receiver_settings(recipe),
        "body": recipe.body,
        "clips": f"{recipe.clips.length_s:g} s every {recipe.clips.stride_s:g} s, "
        f"placements of each: {places.per_clip}, one per {places.scope}",
        "distance, lateral [m]": f"{_span(places.distance_m)}, {_span(places.lateral_m)}",
        **people_settings(recipe),
        "heading [deg]": _span([math.degrees(end) for end in places.heading_rad]),
        "radar height [m], tilt [deg]": f"{_span(places.radar_height_m)}, "
        + _span([math.degrees(end) for end in places.radar_tilt_rad]),
        "sum, reflection, visibility": f"{simulation.method}, {simulation.reflection}, "
        f"{simulation.visibility}",
        "sigma [rad]": sigma,
        "noise, ADC steps": f"{_yes(simulation.noise)}, {_yes(simulation.quantise)}",
        "heatmap window, clutter removed": f"{recipe.maps.window}, {recipe.maps.clutter}",
        **room_settings(recipe),
        **surface_settings(recipe),
        **optional_settings(recipe),
        **detection_settings(recipe),
        "seed": str(recipe.seed),
    }


def _receiver_settings(recipe: Recipe) -> dict[str, str]:
    """Return the receiver profile with its parts and ranges, if the receiver is not ideal."""
    profile = recipe.receiver
    if profile is None:
        return {}
    text = f"{profile.name}{f' ({profile.source})' if profile.source else ''}: "
    text += ", ".join(profile.parts)
    drawn = ", ".join(f"{name} {_span(ends)}" for name, ends in profile.ranges.items())
    return {"receiver": f"{text}; drawn per clip: {drawn}" if drawn else text}


def _span(ends: Iterable[float]) -> str:
    low, high = ends
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _splits_section(statistics: StoreStatistics) -> str:
    rows = [
        (name, statistics.subjects_in(name), total.clips, duration(total.seconds))
        for name, total in ((name, statistics.splits[name]) for name in statistics.split_names)
    ]
    made = statistics.made
    rows.append(("all", len(statistics.subjects), made.clips, duration(made.seconds)))
    leaks = "No person is in two splits.\n"
    if statistics.leaking_subjects:
        count = len(statistics.leaking_subjects)
        leaks = f"**{count} people are in more than one split.**\n"
    text = f"## Splits\n\n{table(('split', 'subjects', 'clips', 'duration'), rows)}\n{leaks}"
    official = {name: total for name, total in sorted(statistics.official.items()) if name}
    if official:
        counts = ", ".join(f"{name} {total.clips}" for name, total in official.items())
        text += f"\nOfficial splits of the text sets (column `official_split`): {counts} clips.\n"
    return text


def _licences_section(statistics: StoreStatistics) -> str:
    rows = [
        (source, licence, total.clips, duration(total.seconds))
        for (source, licence), total in sorted(statistics.motions.items())
    ]
    text = "## Licences of motions and texts\n\n"
    text += table(("source of motions", "licence", "clips", "duration"), rows)
    rows = [
        (source, licence, count, statistics.segments[source])
        for (source, licence), count in sorted(statistics.caption_counts.items())
    ]
    if rows:
        text += "\n" + table(("source of texts", "licence", "captions", "segments"), rows)
    return f"{text}\nClips without text: {statistics.without_text}.\n"


def _labels_section(statistics: StoreStatistics) -> str:
    if not statistics.labels:
        return ""
    totals = statistics.totals_by_label
    order = sorted(totals.items(), key=lambda item: (-item[1].clips, item[0]))
    rows = [
        (label[:_LONGEST_LABEL], total.clips, duration(total.seconds)) for label, total in order
    ]
    text = f"## Labels\n\n{len(totals)} different labels.\n\n"
    text += table(("label", "clips", "duration"), rows[:_MOST_LABELS])
    more = len(rows) - _MOST_LABELS
    if more > 0:
        text += f"\n{more} more, each in {rows[_MOST_LABELS][1]} clips or fewer.\n"
    return text


def _arrays_section(arrays: Mapping[str, dict]) -> str:
    rows = []
    for name, array in arrays.items():
        axes = zip(array.get("dimension_names") or (), array.get("shape", ()))
        shape = ", ".join(f"{axis} {length}" for axis, length in axes)
        attributes = array.get("attributes", {})
        units, description = attributes.get("units", ""), attributes.get("long_name", "")
        kind = array.get("data_type", "")
        rows.append((f"`{name}`", shape, kind, _size(array), units, description))
    head = ("array", "axes", "type", "size", "unit", "description")
    note = "Sizes are before compression.\n"
    return f"## Arrays\n\n{table(head, rows)}\n{note}{_frames_note(arrays)}" if rows else ""


def _size(array: Mapping) -> str:
    """Total size of the values of an array before compression."""
    try:
        per_value = np.dtype(array.get("data_type", "")).itemsize
    except TypeError:
        return ""
    num_bytes = math.prod(array.get("shape", ())) * per_value
    units = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
    unit, scale = next((each for each in units if num_bytes >= each[1]), ("B", 1))
    return f"{num_bytes / scale:.3g} {unit}"


def _frames_note(arrays: Mapping[str, dict]) -> str:
    """Order of the values of a point, and names of the joints, if the store has them."""
    lines = []
    if "points" in arrays:
        attributes = arrays["points"].get("attributes", {})
        pairs = zip(attributes.get("value_names", ()), attributes.get("value_units", ()))
        values = ", ".join(f"{name} [{unit}]" for name, unit in pairs)
        lines.append(f"Values of a point, in order: {values}.\n")
    if "joints_m" in arrays:
        names = arrays["joints_m"].get("attributes", {}).get("joint_names", ())
        lines.append(f"Joints, in order: {', '.join(names)}.\n")
    return "".join(f"\n{line}" for line in lines)
