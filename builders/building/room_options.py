"""Command-line flags for the room around the subjects."""

import argparse
from collections.abc import Callable

from radarsim.paths import path_argument
from radarsim.room_files import read_room_text

ROOM_SETTINGS = {
    "room_scale": ("room", "length_scale"),
    "room_roughness_mm": ("room", "roughness_mm"),
    "room_walls": ("room", "walls"),
    "keep_furniture": ("room", "keep_furniture"),
    "room_passes": ("room", "most_passes"),
}


def add_room_options(parser: argparse.ArgumentParser, span: Callable) -> None:
    """Add the flags for the room of every clip, and for its variation from clip to clip.

    Args:
        parser: parser of the command.
        span: parser of a number, or of a range such as 2:4.
    """
    group = parser.add_argument_group(
        "room", "walls, furniture and multipath, drawn for every clip; see docs/rooms.md"
    )
    add_room_option(group)
    group.add_argument(
        "--room-scale",
        type=span,
        metavar="F",
        help="factor of the distances to the walls, a number or LOW:HIGH (default: 1)",
    )
    group.add_argument(
        "--room-roughness-mm",
        type=span,
        metavar="MM",
        help="rms height of all surfaces, a number or LOW:HIGH (default: that of the materials)",
    )
    group.add_argument(
        "--room-walls",
        metavar="NAMES",
        help='materials from which each wall is drawn, such as "plasterboard, concrete" (default: '
        "those of the room)",
    )
    group.add_argument(
        "--keep-furniture",
        type=float,
        metavar="P",
        help="probability that a piece of furniture is in the room of a clip (default: 1)",
    )
    group.add_argument(
        "--room-passes",
        type=int,
        metavar="N",
        help="maximum number of multipath passes of a clip (default: 4; 0 for static echoes only)",
    )


def add_room_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the flag `--room`."""
    parser.add_argument(
        "--room",
        type=path_argument,
        metavar="NAME_OR_FILE",
        help="room around the subjects: living-room, office, hall, none, or a .toml file "
        "(default: free space); see docs/rooms.md",
    )


def add_room_picture_option(parser: argparse.ArgumentParser) -> None:
    """Add the flag `--room-picture`."""
    parser.add_argument(
        "--room-picture",
        type=path_argument,
        metavar="FILE",
        help="also draw the room of the clip with its strongest echoes to FILE (.png, .pdf or "
        ".svg), and print the levels of the passes; a store needs its source motions",
    )


def room_table(room: str | None) -> dict:
    """Settings of the section [room] that name the room; empty if the user gave no room.

    Args:
        room: name of a bundled room, or path of a .toml file, whose text becomes part of the
            recipe.

    Raises:
        InputError: the file cannot be read.
    """
    if room is None:
        return {}
    if str(room).endswith(".toml"):
        return {"name": "own", "text": read_room_text(room)}
    return {"name": room, "text": ""}
