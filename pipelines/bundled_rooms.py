"""The bundled rooms, whose text is part of every written recipe but not of the recipe's digest.

A recipe in memory names a bundled room and has no text. `dump_recipe` adds the text, so that a
store can be simulated again although a later version bundles another room of the same name. The
first line of the text names the room, so that the text is not used for a room of another name. A
recipe that is read keeps the text only if it describes a room that differs from the bundled room.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

from pipelines.recipe_room import Room, text_with_name, text_without_name
from radarsim.room_files import read_room_text

FOLDER = Path(__file__).parent / "rooms"


def room_text(settings: Room) -> str:
    """Return the TOML text of the room of a recipe; "" for free space."""
    if settings.text or settings.name == "none":
        return settings.text
    return read_room_text(FOLDER / f"{settings.name}.toml")


def with_room_text(settings: Room) -> Room:
    """Return the section [room] with the text of its room, which names a bundled room."""
    if settings.name in ("none", "own"):
        return settings
    return replace(settings, text=text_with_name(room_text(settings), settings.name))


def without_bundled_text(settings: Room) -> Room:
    """Return the section [room] without text if the text describes the bundled room of its name.

    Any other text loses the line that names the room, which therefore does not enter digests.
    """
    if settings.name in ("none", "own") or not settings.text:
        return settings
    settings = replace(settings, text=text_without_name(settings.text))
    bundled = replace(settings, text="")
    return bundled if _same_room(settings.text, room_text(bundled)) else settings


def other_text_note(settings: Room) -> str:
    """Return a note if a recipe's text differs from the bundled room of its name; otherwise ""."""
    if settings.name == "own" or not without_bundled_text(settings).text:
        return ""
    return f"the recipe's text of room {settings.name!r} differs from the bundled room, and is used"


def _same_room(text: str, other: str) -> bool:
    """Whether two texts have the same keys and values; comments may differ."""
    try:
        return tomllib.loads(text) == tomllib.loads(other)
    except tomllib.TOMLDecodeError:  # reported when the room is made
        return False
