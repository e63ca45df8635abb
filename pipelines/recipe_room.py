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

from dataclasses import dataclass

from pipelines.recipe_fields import Range, Section, setting, settings_of
from radarsim.errors import InputError

ROOM_NAMES = ("none", "living-room", "office", "hall", "own")


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
        "contains the text of a bundled room",
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
        if self.name == "none":
            self._check_free_space()

    def _check_free_space(self) -> None:
        """Reject settings of a room that would have no effect."""
        for name, (default, declared) in settings_of(Room).items():
            value = getattr(self, name)
            if name != "name" and value != default:
                hint = f"give a room by --room, or omit {declared.flag}"
                problem = f"is {value!r}, and the clips are in free space"
                raise InputError("recipe", f"room.{name}", problem, hint)
