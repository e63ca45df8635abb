"""Command-line flags of `builders.draw`: for all figures, for stores, and for motions."""

import argparse
import math

from builders.building.room_options import add_room_option
from builders.building.setting_flags import add_flags, count, help_text
from builders.building.source_options import add_motion_paths
from pipelines.recipe_fields import settings_of
from pipelines.recipe_sections import Placements, Sources
from radarsim.paths import path_argument


def add_figure_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the output file and the contents of a figure or video."""
    parser.add_argument(
        "--out",
        type=path_argument,
        metavar="FILE",
        help="output .png, .pdf or .svg (default: a .png next to the source)",
    )
    parser.add_argument(
        "--window",
        choices=("burst", "paper"),
        help="Doppler window: each burst separately, or 256 chirps across bursts, as in the paper "
        "(default: the store's window, else burst)",
    )
    parser.add_argument(
        "--trace",
        action="store_true",
        help="overlay speed, range and azimuth of the pelvis on the heatmaps",
    )
    parser.add_argument(
        "--points",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="draw the detected points and the maps of one frame (default: yes, if the store "
        "contains points and maps, or IF cubes)",
    )
    parser.add_argument(
        "--video",
        type=path_argument,
        metavar="FILE",
        help="write a video of body, points and maps to FILE.gif or FILE.mp4 instead of a figure",
    )


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
