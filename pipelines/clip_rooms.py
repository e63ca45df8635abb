"""The room of a clip, drawn from the clip's seed within the limits of a recipe's section [room]."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from pipelines.bundled_rooms import room_text
from pipelines.recipe_fields import Range
from pipelines.recipe_room import Room as RoomSection
from radarsim.errors import InputError
from radarsim.scene.furniture import Furniture
from radarsim.scene.materials import MATERIALS, Material
from radarsim.scene.room import SURFACES, Room
from radarsim.scene.room_toml import parse_room

_WALLS = ("far_wall", "near_wall", "left_wall", "right_wall")
_DISTANCES = ("far_m", "near_m", "left_m", "right_m")
# Seed component that separates the random numbers of rooms from those of other parts of a clip.
_STREAM = 0x726F6F6D
# Minimum distance from the pelvis to walls and furniture, equal to the reach of an arm [m].
CLEARANCE_M = 0.8


def check_room(settings: RoomSection, freq_hz: float, radar_height_m: Range) -> None:
    """Check that the radar can be simulated in the room.

    Args:
        settings: section [room] of the recipe.
        freq_hz: centre frequency of the radar.
        radar_height_m: limits (low, high) of the height of the radar.

    Raises:
        InputError: a material does not exist or has no permittivity at the radar's frequency, the
            text is not a valid room, or the radar is not between floor and ceiling.
    """
    for name in settings.wall_materials:
        if name not in MATERIALS:
            hint = f"choose from: {', '.join(MATERIALS)}"
            raise InputError("recipe", "room.walls", f"names {name!r}", hint)
    if settings.name == "none":
        return
    room = unvaried_room(settings)
    materials = [(f"room.{name}", getattr(room, name)) for name in SURFACES]
    materials += [("room.walls", MATERIALS[name]) for name in settings.wall_materials]
    materials += [("room.furniture", each.material) for each in room.furniture]
    for field, material in materials:
        _check_material(field, material, freq_hz)
    low_m, high_m = radar_height_m
    if not 0 < low_m <= high_m < room.height_m:
        problem = f"is {low_m:g} to {high_m:g} m, and the room is {room.height_m:g} m high"
        hint = "place the radar between floor and ceiling (--radar-height-m)"
        raise InputError("recipe", "placements.radar_height_m", problem, hint)


def _check_material(field: str, material: Material | None, freq_hz: float) -> None:
    """Raise InputError, which names the setting, if a material has no permittivity."""
    if material is None:
        return
    try:
        material.permittivity(freq_hz)
    except InputError as error:
        problem = f"is {material.name}, which {error.problem}"
        raise InputError("recipe", field, problem, error.hint) from None


def unvaried_room(settings: RoomSection) -> Room:
    """Return the room of a recipe before random variation.

    Raises:
        InputError: the text is not a valid room.
    """
    room = parse_room(room_text(settings), f"room '{settings.name}'", _no_mesh)
    if settings.most_passes < 0:
        return room
    return replace(room, most_passes=settings.most_passes)


def room_of_clip(
    settings: RoomSection, seed: int, pelvis_m: Float[np.ndarray, "pose 3"]
) -> Room | None:
    """Draw a clip's room at random; return None for free space.

    Walls that the subject would cross are moved outwards. Furniture keeps its place relative to the
    walls and is moved inwards where it would cross a wall, but may extend beyond an open side;
    furniture on the path of the subject, or larger than the room, is left out.

    Args:
        settings: section [room] of the recipe.
        seed: seed of the clip.
        pelvis_m: positions of the pelvis in the world frame [m].
    """
    if settings.name == "none":
        return None
    room, rng = unvaried_room(settings), np.random.default_rng([seed, _STREAM])
    scale = rng.uniform(*settings.length_scale)
    changes = {field: getattr(room, field) * scale for field in _DISTANCES}
    changes |= _surfaces(settings, room, rng)
    kept = [each for each in room.furniture if rng.random() < settings.keep_furniture]
    # Furniture is moved after the walls, which may not cross it at any time.
    room = replace(room, **changes, furniture=())
    room = replace(room, **_least_distances(room, pelvis_m))
    placed = [_inside(_scaled(each, scale), room) for each in kept]
    placed = [each for each in placed if _distance_m(each, pelvis_m) > CLEARANCE_M]
    return replace(room, furniture=[each for each in placed if not room.crossed_by(each)])


def _scaled(item: Furniture, scale: float) -> Furniture:
    """Return the item with its horizontal position, but not its size, multiplied by a factor."""
    x_m, y_m, z_m = item.centre_m
    return replace(item, centre_m=(x_m * scale, y_m * scale, z_m))


def _inside(item: Furniture, room: Room) -> Furniture:
    """Return the item, moved inwards by the distance by which it crosses walls."""
    corners_m = item.mesh().vertices_m[:, :2]
    far_m, near_m, left_m, right_m = (
        np.inf if getattr(room, wall) is None else getattr(room, distance)
        for wall, distance in zip(_WALLS, _DISTANCES)
    )
    low_m, high_m = np.array([[-near_m, -right_m], [far_m, left_m]])
    shift_m = np.minimum(high_m - corners_m.max(0), 0) + np.maximum(low_m - corners_m.min(0), 0)
    x_m, y_m, z_m = item.centre_m
    return replace(item, centre_m=(x_m + float(shift_m[0]), y_m + float(shift_m[1]), z_m))


def _surfaces(settings: RoomSection, room: Room, rng: np.random.Generator) -> dict:
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


def _least_distances(room: Room, pelvis_m) -> dict[str, float]:
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
