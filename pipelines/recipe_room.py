"""The section [room] of a recipe: a room around the subjects of every clip, varied at random.

    [room]
    name = "living-room"          # a bundled room; "none" for free space, "own" for `text`
    text = ""                     # text of the room; "" for the bundled room
    length_scale = [0.8, 1.3]     # limits of the factor of all distances to walls
    roughness_mm = [0.0, 0.3]     # limits of the rms height of all surfaces
    walls = "plasterboard, concrete"
    keep_furniture = 0.7          # probability that a piece of furniture is in a clip's room

Every clip has its own room, drawn from the clip's seed.
"""

import re
from dataclasses import dataclass

from pipelines.recipe_fields import Range, Section, setting, settings_of
from radarsim.errors import InputError

BUNDLED_ROOMS = ("living-room", "office", "hall")
ROOM_NAMES = ("none", *BUNDLED_ROOMS, "own")
# First line of the text of a bundled room in a written recipe; it names the room. A comment keeps
# the text readable by earlier versions.
_NAME_LINE = re.compile(r"# bundled room: (\S+)\n")


@dataclass(frozen=True, kw_only=True)
class Room(Section):
    """The room around the subjects, and the limits of its random variation from clip to clip."""

    name: str = setting(
        "none",
        "room around the subjects: a bundled room, none for free space, or own for the room in "
        "text; the flag also takes a .toml file",
        flag="--room",
        choices=ROOM_NAMES,
    )
    text: str = setting(
        "",
        "TOML text of your own room, in the format of docs/rooms.md; the recipe in a store also "
        "contains the text of a bundled room: delete it to change name",
        flag="--room",
    )
    length_scale: Range = setting(
        (1.0, 1.0),
        "factor of the distances from the radar to the walls",
        flag="--room-scale",
        at_least=0.2,
        at_most=5,
    )
    roughness_mm: Range = setting(
        (-1.0, -1.0),
        "rms height of all surfaces; a negative value keeps the roughness of the materials",
        "mm",
        flag="--room-roughness-mm",
        metavar="MM",
        off="that of the materials",
        at_least=-1,
        at_most=5,
    )
    walls: str = setting(
        "",
        "materials of ITU-R P.2040, separated by commas, from which the material of each wall is "
        'drawn, such as "plasterboard, concrete"',
        flag="--room-walls",
        metavar="NAMES",
        off="those of the room",
    )
    keep_furniture: float = setting(
        1.0,
        "probability that a piece of furniture is in the room of a clip",
        flag="--keep-furniture",
        metavar="P",
        at_least=0,
        at_most=1,
    )
    most_passes: int = setting(
        -1,
        "maximum number of multipath passes of a clip; 0 for static echoes only",
        flag="--room-passes",
        off="that of the room",
        at_least=0,
    )

    @property
    def wall_materials(self) -> list[str]:
        """Names of the materials from which wall materials are drawn; empty for no variation."""
        return [name.strip() for name in self.walls.split(",") if name.strip()]

    def _check_together(self) -> None:
        if self.name == "own" and not self.text:
            hint = "give the text of the room, or name a bundled room"
            raise InputError("recipe", "room.text", "is missing, and room.name is 'own'", hint)
        self._check_name_of_text()
        if self.name == "none":
            self._check_free_space()

    def _check_name_of_text(self) -> None:
        """Reject the text of a bundled room of another name, which would hide the named room."""
        named = name_in_text(self.text)
        if self.name == "own" or named in ("", self.name):
            return
        problem = f"is the text of the room {named!r}, and room.name is {self.name!r}"
        hint = f"delete room.text to use {self.name!r}, or write 'own' as room.name to use the text"
        if self.name == "none":
            hint = "delete the section [room] for free space"
        raise InputError("recipe", "room.text", problem, hint)

    def _check_free_space(self) -> None:
        """Reject settings of a room that would have no effect."""
        for name, (default, declared) in settings_of(Room).items():
            value = getattr(self, name)
            if name != "name" and value != default:
                hint = f"give a room by --room, or omit {declared.flag}"
                problem = f"is {_shown(value)}, and the clips are in free space"
                raise InputError("recipe", f"room.{name}", problem, hint)


def text_with_name(text: str, name: str) -> str:
    """Return the text of a bundled room with a first line that names the room."""
    return f"# bundled room: {name}\n{text_without_name(text)}"


def text_without_name(text: str) -> str:
    """Return the text of a room without the line that names a bundled room."""
    return _NAME_LINE.sub("", text, count=1) if name_in_text(text) else text


def name_in_text(text: object) -> str:
    """Return the name of the bundled room in the first line of a text; "" if there is none."""
    found = _NAME_LINE.match(str(text))
    return found[1] if found else ""


def _shown(value: object) -> str:
    """Return a value for a message; of a text with several lines, the first line and the length."""
    if isinstance(value, str) and "\n" in value:
        return f"{value.splitlines()[0]!r} ... ({len(value)} characters)"
    return repr(value)
