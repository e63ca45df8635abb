"""The data card that lies in every store: what it holds, of whom, by whose leave, how to read it.

It follows from the store's tables and attributes alone, so equal stores have equal cards. Sentences
that are attached later do not change it.
"""

import math
from collections.abc import Iterable, Mapping

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
_MOST_LABELS = 100
_LONGEST_LABEL = 80

_READ = """## Reading it

```python
import xarray as xr

store = xr.open_zarr("STORE")  # this folder
clip = store.isel(clip=0)
clip.time_doppler[: int(clip.num_columns)]  # [time, speed], dB above noise
```

The tables are Parquet: `pandas.read_parquet("STORE/tables/clips")`. `clips` has a row per clip
(`row` is its place in the arrays), `segments` says what happens when in a clip's own time,
`captions` holds the words, `attributes` sentences about them. A segment of kind `label` names its
stretch, `action` is one of the actions that a label lists, and `sentence` is a description.

`checksums.json` holds the SHA-256 of every file but `tables/attributes`, to which sentences may be
attached later. `python -m builders.check STORE` compares them, and `--rebuild` makes clips again
from the recipe that this folder keeps.
"""
_LIMITS = """## What it is not

Every sample is simulated: no radar recorded it. One bounce off one body is modelled, with
antennas that look equally well in every direction; no walls, furniture, multipath or clothes. Call
results on it simulated, and keep to the licences of the motions and the words.
"""
_SIMULATED = "**Simulated** from motion, not recorded."


def make_data_card(folder: StoreFolder) -> bytes:
    """The card of a store whose tables are all there.

    Args:
        folder: where the store lies.

    Returns:
        Markdown, in UTF-8; equal stores give equal bytes.

    Raises:
        InputError: a table is damaged.
    """
    census, attributes = compute_statistics(folder), root_attributes(folder)
    parts = [
        _head(census),
        _recipe_part(attributes),
        _splits(census),
        _licences(census),
        _labels(census),
        _arrays(root_arrays(folder)),
        _READ,
        "" if census.is_recorded else _LIMITS,
    ]
    return "\n".join(part for part in parts if part).encode()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = [[*head], ["---"] * len([*head]), *([str(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def duration(seconds: float) -> str:
    """In the unit that gives it two or three digits."""
    for unit, unit_s in (("h", 3600), ("min", 60)):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.4g} {unit}"
    return f"{seconds:.3g} s"


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "-"


def _head(census: StoreStatistics) -> str:
    lines = [
        f"# {'Recorded' if census.is_recorded else 'Simulated'} radar dataset\n",
        f"{census.made.clips} clips, {duration(census.made.seconds)}, of one person each before an",
        "FMCW radar: heatmaps of speed, range and azimuth over time, in dB above the noise.",
        *([] if census.is_recorded else [_SIMULATED]),
    ]
    if census.failed:
        lines.append(f"{census.failed} clips could not be made; their rows are empty.")
    return "\n".join(lines) + "\n"


def _recipe_part(attributes: Mapping) -> str:
    if "recipe" not in attributes:
        return ""
    recipe = parse_recipe(str(attributes["recipe"]), "recipe")
    rows = [(name, f"`{value}`") for name, value in _settings(recipe).items()]
    rows.append(("code", f"`{attributes.get('code_version', '')}`"))
    rows.append(("recipe digest", f"`{attributes.get('recipe_digest', '')[:16]}`"))
    about = "The whole recipe is the attribute `recipe` in `zarr.json`: TOML, fit for `--recipe`.\n"
    return f"## Made with\n\n{table(('setting', 'value'), rows)}\n{about}"


def _settings(recipe: Recipe) -> dict[str, str]:
    """What decides most, in the units people read."""
    places, how = recipe.placements, recipe.simulation
    chirp, frame = recipe.radar.chirp, recipe.radar.frame
    start_ghz = chirp.start_freq_hz / 1e9
    return {
        "radar": f"{recipe.radar.name}, {start_ghz:.2f} to "
        f"{start_ghz + chirp.bandwidth_hz / 1e9:.2f} GHz, {frame.num_chirps} chirps of "
        f"{chirp.num_samples} samples every {frame.period_s * 1e3:g} ms",
        "body": recipe.body,
        "clips": f"{recipe.clips.length_s:g} s every {recipe.clips.stride_s:g} s, "
        f"placements of each: {places.per_clip}, one per {places.scope}",
        "distance, lateral [m]": f"{_span(places.distance_m)}, {_span(places.lateral_m)}",
        "heading [deg]": _span([math.degrees(end) for end in places.heading_rad]),
        "radar height [m], tilt [deg]": f"{_span(places.radar_height_m)}, "
        + _span([math.degrees(end) for end in places.radar_tilt_rad]),
        "sum, reflection, visibility": f"{how.method}, {how.reflection}, {how.visibility}",
        "sigma [rad]": _span(how.sigma_rad) if how.reflection == "paper" else "none",
        "noise, ADC steps": f"{_yes(how.noise)}, {_yes(how.quantise)}",
        "heatmap window, clutter removed": f"{recipe.maps.window}, {recipe.maps.clutter}",
        "seed": str(recipe.seed),
    }


def _span(ends: Iterable[float]) -> str:
    low, high = ends
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _splits(census: StoreStatistics) -> str:
    rows = [
        (
            name,
            census.subjects_in(name),
            census.splits[name].clips,
            duration(census.splits[name].seconds),
        )
        for name in census.split_names
    ]
    rows.append(("all", len(census.subjects), census.made.clips, duration(census.made.seconds)))
    said = "No person is in two splits.\n"
    if census.leaking:
        said = f"**{len(census.leaking)} people are in more than one split.**\n"
    text = f"## Splits\n\n{table(('split', 'subjects', 'clips', 'duration'), rows)}\n{said}"
    official = {name: amount for name, amount in sorted(census.official.items()) if name}
    if official:
        counts = ", ".join(f"{name} {amount.clips}" for name, amount in official.items())
        text += f"\nWhere the text sets put them (column `official_split`): {counts} clips.\n"
    return text


def _licences(census: StoreStatistics) -> str:
    rows = [
        (source, licence, amount.clips, duration(amount.seconds))
        for (source, licence), amount in sorted(census.motions.items())
    ]
    text = "## Motions and words, and their licences\n\n"
    text += table(("motions of", "licence", "clips", "duration"), rows)
    words: dict[tuple[str, str], int] = {}
    for _, source, licence in census.captions.values():
        words[source, licence] = words.get((source, licence), 0) + 1
    rows = [(*of, count, census.said[of[0]]) for of, count in sorted(words.items())]
    if rows:
        text += "\n" + table(("words of", "licence", "captions", "segments"), rows)
    return f"{text}\nClips without words: {census.unlabelled}.\n"


def _labels(census: StoreStatistics) -> str:
    if not census.labels:
        return ""
    named = census.named_labels
    order = sorted(named.items(), key=lambda item: (-item[1].clips, item[0]))
    rows = [(words[:_LONGEST_LABEL], said.clips, duration(said.seconds)) for words, said in order]
    text = f"## Labels\n\n{len(named)} different ones.\n\n"
    text += table(("label", "clips", "duration"), rows[:_MOST_LABELS])
    more = len(rows) - _MOST_LABELS
    return text + (
        f"\n{more} more, each in {rows[_MOST_LABELS][1]} clips or fewer.\n" if more > 0 else ""
    )


def _arrays(arrays: Mapping[str, dict]) -> str:
    rows = []
    for name, array in arrays.items():
        axes = zip(array.get("dimension_names") or (), array.get("shape", ()))
        said = array.get("attributes", {})
        shape = ", ".join(f"{axis} {length}" for axis, length in axes)
        about = said.get("long_name", "")
        rows.append((f"`{name}`", shape, array.get("data_type", ""), said.get("units", ""), about))
    return f"## Arrays\n\n{table(('array', 'axes', 'type', 'unit', 'what'), rows)}" if rows else ""
