"""The room of a clip, drawn from the clip's seed within the limits of a recipe's section [room]."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pipelines.recipe_room import Room
from radarsim.errors import InputError
from radarsim.room_files import read_room_text
from radarsim.scene.furniture import Furniture
from radarsim.scene.materials import MATERIALS
from radarsim.scene.room import SURFACES
from radarsim.scene.room import Room as SceneRoom
from radarsim.scene.room_toml import parse_room

_FOLDER = Path(__file__).parent / "rooms"
_WALLS = ("far_wall", "near_wall", "left_wall", "right_wall")
_DISTANCES = ("far_m", "near_m", "left_m", "right_m", "height_m")
# Seed component that separates the random numbers of rooms from those of other parts of a clip.
_STREAM = 0x726F6F6D
# Minimum distance from the pelvis to walls and furniture, equal to the reach of an arm [m].
CLEARANCE_M = 0.8


def check_room(settings: Room) -> None:
    """Check the wall materials and the TOML text of a recipe's room.

    Raises:
        InputError: a material does not exist, or the text is not a valid room.
    """
    for name in settings.wall_materials:
        if name not in MATERIALS:
            hint = f"choose from: {', '.join(MATERIALS)}"
            raise InputError("recipe", "room.walls", f"names {name!r}", hint)
    if settings.name != "none":
        unvaried_room(settings)


def unvaried_room(settings: Room) -> SceneRoom:
    """Return the room of a recipe before random variation.

    Raises:
        InputError: the text is not a valid room.
    """
    text = settings.text or read_room_text(_FOLDER / f"{settings.name}.toml")
    room = parse_room(text, f"room '{settings.name}'", _no_mesh)
    return replace(room, most_passes=settings.most_passes)


def room_of_clip(
    settings: Room, seed: int, pelvis_m: Float[np.ndarray, "pose 3"]
) -> SceneRoom | None:
    """Draw a clip's room at random; return None for free space.

    Walls that the subject would walk through are moved outwards, and furniture that would block the
    subject is removed.

    Args:
        settings: section [room] of the recipe.
        seed: seed of the clip.
        pelvis_m: positions of the pelvis in the world frame [m].
    """
    if settings.name == "none":
        return None
    room, rng = unvaried_room(settings), np.random.default_rng([seed, _STREAM])
    scale = rng.uniform(*settings.length_scale)
    changes = {field: getattr(room, field) * scale for field in _DISTANCES[:-1]}
    changes |= _surfaces(settings, room, rng)
    kept = [each for each in room.furniture if rng.random() < settings.keep_furniture]
    kept = [each for each in kept if _distance_m(each, pelvis_m) > CLEARANCE_M]
    room = replace(room, **changes, furniture=kept)
    return replace(room, **_least_distances(room, pelvis_m))


def _surfaces(settings: Room, room: SceneRoom, rng: np.random.Generator) -> dict:
    """Return the material of each surface of a clip's room."""
    materials = {name: getattr(room, name) for name in SURFACES}
    for name in _WALLS if settings.wall_materials else ():
        if materials[name] is not None:
            materials[name] = MATERIALS[str(rng.choice(settings.wall_materials))]
    roughness_mm = rng.uniform(*settings.roughness_mm)
    if roughness_mm < 0:
        return materials
    return {
        name: each and replace(each, roughness_m=roughness_mm / 1e3)
        for name, each in materials.items()
    }


def _distance_m(item: Furniture, pelvis_m) -> float:
    """Return the horizontal distance from the pelvis to a furniture item's bounding box [m]."""
    corners_m = item.mesh().vertices_m[:, :2]
    low, high = corners_m.min(0), corners_m.max(0)
    outside_m = np.maximum(low - pelvis_m[:, :2], pelvis_m[:, :2] - high)
    return float(np.linalg.norm(np.maximum(outside_m, 0.0), axis=-1).min())


def _least_distances(room: SceneRoom, pelvis_m) -> dict[str, float]:
    """Return the distances to the walls, increased where the subject would leave the room."""
    high, low = pelvis_m[:, :2].max(0), pelvis_m[:, :2].min(0)
    ends_m = {"far_m": high[0], "near_m": -low[0], "left_m": high[1], "right_m": -low[1]}
    return {
        field: max(getattr(room, field), float(end_m) + CLEARANCE_M)
        for field, end_m in ends_m.items()
    }


def _no_mesh(path: str):
    hint = "describe furniture as boxes, plates or cylinders"
    raise InputError("recipe", "room.text", f"reads the file {path!r}", hint)
