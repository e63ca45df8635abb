"""The section [room] of a recipe: a room around the subjects of every clip, varied at random.

    [room]
    name = "living-room"          # a bundled room; "none" for free space, "own" for `text`
    length_scale = [0.8, 1.3]     # limits of the factor of all distances to walls
    roughness_mm = [0.0, 0.3]     # limits of the rms height of all surfaces
    walls = "plasterboard, concrete"
    keep_furniture = 0.7          # probability that a piece of furniture is in a clip's room

Every clip has its own room, drawn from the clip's seed.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pipelines.recipe_fields import check_choice, store_number, store_range
from radarsim.errors import InputError
from radarsim.room_files import read_room_text
from radarsim.scene.furniture import Furniture
from radarsim.scene.materials import MATERIALS
from radarsim.scene.room import SURFACES
from radarsim.scene.room import Room as SceneRoom
from radarsim.scene.room_toml import parse_room

ROOM_NAMES = ("none", "living-room", "office", "hall", "own")
_FOLDER = Path(__file__).parent / "rooms"
_WALLS = ("far_wall", "near_wall", "left_wall", "right_wall")
_DISTANCES = ("far_m", "near_m", "left_m", "right_m", "height_m")
# Distinguishes the random numbers of rooms from those of other parts of a clip.
_STREAM = 0x726F6F6D
# Least distance from the pelvis to walls and furniture, the reach of an arm [m].
CLEARANCE_M = 0.8
_Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Room:
    """Room of the clips, and the limits within which it varies from clip to clip.

    Attributes:
        name: a bundled room, "none" for free space, or "own" for the room in `text`.
        text: TOML text of an own room, in the format of `radarsim.scene.room_toml`.
        length_scale: limits (low, high) of the factor of the distances from the radar to the walls.
        roughness_mm: limits (low, high) of the rms height of all surfaces [mm]; a negative value
            keeps the roughness of the room's materials.
        walls: materials of ITU-R P.2040, separated by commas, from which the material of each wall
            is drawn; "" keeps the materials of the room.
        keep_furniture: probability that a piece of furniture is in a clip's room.
        most_passes: most multipath passes of a clip.
    """

    name: str = "none"
    text: str = ""
    length_scale: _Range = (1.0, 1.0)
    roughness_mm: _Range = (-1.0, -1.0)
    walls: str = ""
    keep_furniture: float = 1.0
    most_passes: int = 4

    def __post_init__(self):
        check_choice(self, "name", ROOM_NAMES)
        store_range(self, "length_scale", "", at_least=0.2, at_most=5)
        store_range(self, "roughness_mm", "", at_least=-1, at_most=5)
        store_number(self, "keep_furniture", at_least=0, at_most=1)
        for name in self.wall_materials:
            if name not in MATERIALS:
                hint = f"choose from: {', '.join(MATERIALS)}"
                raise InputError("recipe", "room.walls", f"names {name!r}", hint)
        if (self.name == "own") != bool(self.text):
            hint = 'give both name = "own" and text, or neither'
            raise InputError("recipe", "room.text", f"does not fit name = {self.name!r}", hint)
        if self.name != "none":
            self.room()

    @property
    def wall_materials(self) -> list[str]:
        """Names of the materials from which walls are drawn; empty to keep those of the room."""
        return [name.strip() for name in self.walls.split(",") if name.strip()]

    def room(self) -> SceneRoom:
        """The room before it is varied.

        Raises:
            InputError: the text is not a valid room.
        """
        text = self.text or read_room_text(_FOLDER / f"{self.name}.toml")
        return replace(
            parse_room(text, f"room '{self.name}'", _no_mesh), most_passes=self.most_passes
        )

    def room_of_clip(self, seed: int, pelvis_m: Float[np.ndarray, "pose 3"]) -> SceneRoom | None:
        """Draw the room of a clip; None for free space.

        Walls that the subject would cross are moved outwards, and furniture in the way of the
        subject is left out.

        Args:
            seed: seed of the clip.
            pelvis_m: positions of the pelvis in the world frame [m].
        """
        if self.name == "none":
            return None
        room, rng = self.room(), np.random.default_rng([seed, _STREAM])
        scale = rng.uniform(*self.length_scale)
        changes = {field: getattr(room, field) * scale for field in _DISTANCES[:-1]}
        changes |= self._surfaces(room, rng)
        kept = [each for each in room.furniture if rng.random() < self.keep_furniture]
        kept = [each for each in kept if _distance_m(each, pelvis_m) > CLEARANCE_M]
        room = replace(room, **changes, furniture=kept)
        return replace(room, **_least_distances(room, pelvis_m))

    def _surfaces(self, room: SceneRoom, rng: np.random.Generator) -> dict:
        """Materials of the surfaces of a clip's room."""
        materials = {name: getattr(room, name) for name in SURFACES}
        for name in _WALLS if self.wall_materials else ():
            if materials[name] is not None:
                materials[name] = MATERIALS[str(rng.choice(self.wall_materials))]
        roughness_mm = rng.uniform(*self.roughness_mm)
        if roughness_mm < 0:
            return materials
        return {
            name: each and replace(each, roughness_m=roughness_mm / 1e3)
            for name, each in materials.items()
        }


def _distance_m(item: Furniture, pelvis_m) -> float:
    """Horizontal distance from the pelvis to the bounding box of a piece of furniture [m]."""
    corners_m = item.mesh().vertices_m[:, :2]
    low, high = corners_m.min(0), corners_m.max(0)
    outside_m = np.maximum(low - pelvis_m[:, :2], pelvis_m[:, :2] - high)
    return float(np.linalg.norm(np.maximum(outside_m, 0.0), axis=-1).min())


def _least_distances(room: SceneRoom, pelvis_m) -> dict[str, float]:
    """Distances of the walls, enlarged so that the subject stays inside."""
    high, low = pelvis_m[:, :2].max(0), pelvis_m[:, :2].min(0)
    ends_m = {"far_m": high[0], "near_m": -low[0], "left_m": high[1], "right_m": -low[1]}
    return {
        field: max(getattr(room, field), float(end_m) + CLEARANCE_M)
        for field, end_m in ends_m.items()
    }


def _no_mesh(path: str):
    hint = "describe furniture as boxes, plates or cylinders"
    raise InputError("recipe", "room.text", f"reads the file {path!r}", hint)
