"""Command-line flags of `builders.draw` that apply either to stores or to motions."""

import argparse
import math

from builders.building.room_options import add_room_option
from builders.building.setting_flags import add_flags, count, help_text
from builders.building.source_options import add_motion_paths
from pipelines.recipe_fields import settings_of
from pipelines.recipe_sections import Placements, Sources
from radarsim.paths import path_argument


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that apply to stores."""
    group = parser.add_argument_group("options for stores")
    group.add_argument(
        "--clip",
        metavar="CLIP",
        help="row, id, FIRST:END or all (default: 0); several clips give a contact sheet",
    )
    group.add_argument(
        "--columns", type=count, metavar="N", help="columns of a contact sheet (default: 6)"
    )
    purpose = "used for the build, to show the body if the store contains no poses"
    add_motion_paths(group, f"AMASS folder {purpose}", f"motion files {purpose}")


def add_motion_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that apply to motion files and built-in activities."""
    group = parser.add_argument_group("options for motion files and built-in activities")
    add = group.add_argument
    add("--person", metavar="NAME", help="person to draw, if the motion file has several")
    add_flags(group, Sources)
    add_room_option(group)
    add("--start-seconds", type=_seconds, metavar="S", help="start time in the motion (default: 0)")
    add("--seconds", type=_seconds, metavar="S", help="maximum duration (default: 5)")
    add(
        "--radar",
        type=path_argument,
        metavar="BOARD_OR_FILE",
        help="board name or radar .toml (default: AWR1843BOOST)",
    )
    placement = settings_of(Placements)
    for name, metavar in (("distance_m", "M"), ("lateral_m", "M"), ("heading_rad", "DEG")):
        declared = placement[name][1]
        add(declared.flag, type=float, metavar=metavar, help=help_text(*placement[name]))


def _seconds(text: str) -> float:
    value = float(text)
    if not (0 <= value < math.inf):
        raise argparse.ArgumentTypeError(f"{text} s is not a valid time; give 0 or more")
    return value
