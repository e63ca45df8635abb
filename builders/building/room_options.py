"""Command-line flags for the room around the subjects."""

import argparse

from radarsim.paths import path_argument
from radarsim.room_files import read_room_text


def add_room_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the flag `--room`."""
    parser.add_argument(
        "--room",
        type=path_argument,
        metavar="NAME_OR_FILE",
        help="room around the subjects: living-room, office, hall, or a .toml file "
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
    """Recipe table of a room; empty if the user gave no room.

    Args:
        room: name of a bundled room, or path of a .toml file, whose text becomes part of the
            recipe.

    Raises:
        InputError: the file cannot be read.
    """
    if room is None:
        return {}
    if str(room).endswith(".toml"):
        return {"room": {"name": "own", "text": read_room_text(room)}}
    return {"room": {"name": room}}
