"""Command-line flags shared by the builders, and their conversion to a recipe table."""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

from builders.building.room_options import add_room_options, room_table
from builders.building.setting_flags import (
    add_flags,
    count,
    default_table,
    flags_of_settings,
    shown_default,
)
from pipelines.recipe_fields import FlagPath, settings_of
from pipelines.recipe_keep import KEPT_PER_FRAME, Detection, Keep
from pipelines.recipe_people import People
from pipelines.recipe_sections import (
    RADAR,
    RECEIVER,
    Area,
    Clips,
    General,
    Maps,
    Placements,
    Simulation,
    Splits,
)
from pipelines.recipe_surface import Surface
from radarsim.paths import is_url, path_argument

# Path of each setting in a recipe, keyed by the attribute of the parsed option.
FLAG_SETTINGS = {
    "radar": ("radar",),
    "receiver": ("receiver",),
    **dict(flags_of_settings()),
}
PRESETS = (
    "paper",
    "zeroshot",
    "recognition",
    "recognition-test",
    "grammar",
    "five-activities",
    *("living-room", "office", "hall"),
    *(f"twin-{letter}" for letter in "abcdef"),
)


def store_argument(text: str) -> str:
    """Convert the argument of `--out` to a path or URL that ends with the name of the store.

    Further outputs have the name of the store with a suffix, so `g.zarr/` must not end in a slash.
    """
    place = path_argument(text)
    if is_url(place):
        return place.rstrip("/") if is_url(place.rstrip("/")) else place
    path = Path(place)
    return str(path if path.name not in ("", "..") else path.resolve())


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the output store, the recipe and the execution."""
    group = parser.add_argument_group("output and execution")
    group.add_argument(
        "--out",
        type=store_argument,
        metavar="STORE",
        help="output folder or URL of the Zarr store, e.g. synth.zarr",
    )
    group.add_argument(
        "--recipe",
        type=path_argument,
        metavar="FILE_OR_STORE",
        help="read settings from a .toml file or from an existing store; flags override them",
    )
    group.add_argument("--preset", choices=PRESETS, help="use a bundled recipe")
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="simulate one clip, print the plan with estimated time and size, and write nothing",
    )
    add_flags(group, General)
    group.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help="worker processes (default: one per physical core, or one if there is a GPU)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="use a running Dask cluster, e.g. tcp://10.0.0.1:8786, instead of local processes",
    )
    group.add_argument("--quiet", action="store_true", help="hide the progress bar")


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that control how motions are cut into clips and where subjects start."""
    group = parser.add_argument_group(
        "clips and placement",
        "LOW:HIGH: the value of each clip is drawn uniformly between the two limits",
    )
    add_flags(group, Clips)
    add_flags(group, Placements)
    area = settings_of(Area)
    defaults = " ".join(shown_default(*each) for each in area.values())
    group.add_argument(
        "--area",
        type=float,
        nargs=len(area),
        metavar=tuple(name.removesuffix("_m").upper() for name in area),
        help="activity area in metres; a clip ends when the subject leaves it "
        f"(default: {defaults})",
    )


def add_people_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the number and the placement of people in a clip."""
    group = parser.add_argument_group(
        "several people",
        "the other people perform windows of other subjects' motions; the caption and the labels "
        "of a clip describe the main person",
    )
    add_flags(group, People)


def add_simulation_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the radar and the physical model."""
    group = parser.add_argument_group("simulation")
    group.add_argument(
        RADAR.flag,
        type=path_argument,
        nargs="+",
        metavar=RADAR.metavar,
        help=f"{RADAR.meaning} (default: AWR1843BOOST)",
    )
    group.add_argument(
        RECEIVER.flag,
        type=path_argument,
        metavar=RECEIVER.metavar,
        help=f"{RECEIVER.meaning} (default: ideal)",
    )
    add_flags(group, Simulation)
    surface = parser.add_argument_group(
        "body surface", "for --reflection body, which is uncalibrated; see docs/levels.md"
    )
    add_flags(surface, Surface)
    add_room_options(parser)


def add_heatmap_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the heatmaps, the stored IF samples and the splits."""
    group = parser.add_argument_group("heatmaps, stored arrays and splits")
    add_flags(group, Maps)
    add_flags(group, Keep, "if_cubes")
    add_flags(group, Splits)


def add_frame_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for stored points, frame maps and joints."""
    group = parser.add_argument_group(
        "points, frame maps and joints",
        "arrays with one entry per radar frame, in addition to heatmaps",
    )
    group.add_argument(
        "--keep",
        nargs="+",
        choices=KEPT_PER_FRAME,
        metavar="ARRAY",
        help=f"store {', '.join(KEPT_PER_FRAME[:-1])} or {KEPT_PER_FRAME[-1]} of each radar frame; "
        "several can be given (default: none)",
    )
    add_flags(group, Detection)


def add_pose_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the stored body poses."""
    group = parser.add_argument_group("stored poses")
    add_flags(group, Keep, "motion", "motion_rate_hz")


def recipe_table(options: Mapping[str, object]) -> dict:
    """Convert flags to a recipe table, which contains only the flags that the user gave."""
    table: dict = {}
    # `--room none` and `--people 1` override all settings of their section in a preset or recipe,
    # but not further flags, so that flags without effect are refused.
    if room := room_table(options.get("room")):
        table["room"] = room
    if options.get("people") == 1:
        table["people"] = default_table(People)
    for name, path in FLAG_SETTINGS.items():
        value = options.get(name)
        if value is not None and name in ("radar", "receiver"):
            _put(table, path, _flag_path(value))
        elif value is not None:
            _put(table, path, _radians(value) if name.endswith("_deg") else value)
    for name, value in zip(settings_of(Area), options.get("area") or ()):
        _put(table, ("area", name), value)
    for name in options.get("keep") or ():
        _put(table, ("keep", name), True)
    return table


def _flag_path(value: str | list[str]) -> FlagPath | list[FlagPath]:
    return FlagPath(value) if isinstance(value, str) else [FlagPath(each) for each in value]


def _radians(value: float | list[float]) -> float | list[float]:
    return [math.radians(end) for end in value] if isinstance(value, list) else math.radians(value)


def _put(table: dict, path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value
