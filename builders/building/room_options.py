"""Command-line flags for the room around the subjects."""

import argparse

from builders.building.setting_flags import add_flags, default_table
from pipelines.recipe_room import BUNDLED_ROOMS, Room
from radarsim.command_options import Parser
from radarsim.paths import path_argument
from radarsim.room_files import read_room_text


def add_room_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the room of every clip, and for its variation from clip to clip."""
    group = parser.add_argument_group(
        "room", "walls, furniture and multipath, which vary with the clip; see docs/rooms.md"
    )
    add_room_option(group)
    add_flags(group, Room)


def add_room_option(parser: Parser) -> None:
    """Add the flag `--room`."""
    parser.add_argument(
        "--room",
        type=path_argument,
        metavar="NAME_OR_FILE",
        help=f"room around the subjects: {', '.join(BUNDLED_ROOMS)}, none, or a .toml file "
        "(default: free space); see docs/rooms.md",
    )


def add_room_picture_option(parser: argparse.ArgumentParser) -> None:
    """Add the flag `--room-picture`."""
    parser.add_argument(
        "--room-picture",
        type=path_argument,
        metavar="FILE",
        help="also draw the room of the clip with its strongest echoes to FILE (.png, .pdf or "
        ".svg), and print the levels of the passes; for a store, the source motions are needed",
    )


def room_table(room: str | None) -> dict:
    """Return the settings of [room] that select the room; empty if the user gave no room.

    Args:
        room: name of a bundled room, or path of a .toml file, whose text is stored in the recipe.

    Raises:
        InputError: the file cannot be read.
    """
    if room is None:
        return {}
    if str(room).endswith(".toml"):
        return {"name": "own", "text": read_room_text(room)}
    if room == "none":  # This overrides all room settings of a preset.
        return default_table(Room)
    return {"name": room, "text": ""}
