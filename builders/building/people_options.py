"""Command-line flags for clips with several people."""

import argparse
from collections.abc import Callable

PEOPLE_SETTINGS = {
    "people": ("people", "number"),
    "people_distance_m": ("people", "distance_m"),
    "people_lateral_m": ("people", "lateral_m"),
    "people_heading_deg": ("people", "heading_rad"),
    "people_min_distance_m": ("people", "min_distance_m"),
}


def add_people_options(parser: argparse.ArgumentParser, count: Callable, span: Callable) -> None:
    """Add the flags for the number and the placement of people in a clip.

    Args:
        parser: parser of the command.
        count: parser of a whole number of at least 1.
        span: parser of a number, or of a range such as 2:4.
    """
    group = parser.add_argument_group(
        "several people",
        "further people perform windows of other subjects' motions; caption and labels of a clip "
        "are those of the main person",
    )
    group.add_argument(
        "--people", type=count, metavar="N", help="number of people in each clip (default: 1)"
    )
    group.add_argument(
        "--people-distance-m",
        type=span,
        metavar="M",
        help="distance of the further people, a number or LOW:HIGH (default: 1.5:5)",
    )
    group.add_argument(
        "--people-lateral-m",
        type=span,
        metavar="M",
        help="lateral offset of the further people (default: -1.5:1.5)",
    )
    group.add_argument(
        "--people-heading-deg",
        type=span,
        metavar="DEG",
        help="heading of the further people (default: -180:180)",
    )
    group.add_argument(
        "--people-min-distance-m",
        type=float,
        metavar="M",
        help="minimum distance between the joints of two people (default: 0.5)",
    )
