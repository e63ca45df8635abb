"""Parts of the data card of a store whose clips are in rooms."""

import numpy as np
import zarr

from pipelines.bundled_rooms import other_text_note
from pipelines.clip_rooms import unvaried_room
from pipelines.recipe import Recipe
from pipelines.room_arrays import ROOM_ARRAYS
from pipelines.store_folder import StoreFolder
from radarsim.multipath.room_plan import NUM_MOMENTS

_NO_ROOM = ", but no walls, furniture, multipath or clothes."
_IN_ROOM = """. Walls
and furniture cause static echoes, and walls, floor and ceiling cause multipath with up to two
reflections, {limit} between radar and body. Clothes are not modelled."""
# Text on the reflections of a pass, keyed by the maximum number of reflections on a leg.
_LIMITS = {1: "at most one in each direction", 2: "of which both may be in the same direction"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_MULTIPATH = f"""Levels are mean powers relative to the direct echo of the people in a clip,
estimated from {_NUMBERS[NUM_MOMENTS]} instants of the motion. The strongest passes are \
simulated. The omitted energy
is that of all other passes with up to two reflections; passes with three or more reflections are
not counted. Clips whose direct echo is hidden by furniture have no levels and are not counted.
"""
_HEAD = "| multipath | median of the clips | lowest | highest |\n| --- | --- | --- | --- |\n"


def room_settings(recipe: Recipe) -> dict[str, str]:
    """Return the rows of the room settings; empty if the clips are in free space."""
    room = recipe.room
    if room.name == "none":
        return {}
    low_mm, high_mm = room.roughness_mm
    rough = f"{low_mm:g} to {high_mm:g} mm" if high_mm >= 0 else "of the room"
    low, high = room.length_scale
    name = f"{room.name} (text in the recipe)" if other_text_note(room) else room.name
    return {
        "room": f"{name}, distances times {low:g} to {high:g}, roughness {rough}, "
        f"walls {room.walls or 'of the room'}, furniture kept with probability "
        f"{room.keep_furniture:g}",
        "multipath": f"the strongest {unvaried_room(room).most_passes} passes of each clip",
    }


def room_section(folder: StoreFolder) -> list[str]:
    """Return the section on multipath; empty if the clips are in free space.

    Args:
        folder: folder of the store.
    """
    group = zarr.open_group(folder.zarr_store(), mode="r")
    if not all(name in group for name in ROOM_ARRAYS):
        return []
    rows = ""
    for name, what in ROOM_ARRAYS.items():
        levels_db = np.asarray(group[name][:])
        levels_db = levels_db[np.isfinite(levels_db)]
        if len(levels_db):
            numbers = np.median(levels_db), levels_db.min(), levels_db.max()
            rows += f"| {what} | " + " | ".join(f"{each:.1f} dB" for each in numbers) + " |\n"
    return [f"## Multipath in the rooms\n\n{_HEAD}{rows}\n{_MULTIPATH}"]


def limitations_in_room(text: str, recipe: Recipe) -> str:
    """Adapt the section on limitations to clips that are in a room.

    Args:
        text: the section for clips in free space.
        recipe: recipe of the clips.
    """
    if recipe.room.name == "none":
        return text
    limit = _LIMITS[unvaried_room(recipe.room).leg_reflections]
    return text.replace(_NO_ROOM, _IN_ROOM.format(limit=limit))
