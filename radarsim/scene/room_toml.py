"""Read a room from TOML text. Lengths are in metres and angles in degrees:

    far_m = 5.0                  # distance of the wall ahead of the radar
    near_m = 0.5                 # distance of the wall behind the radar
    left_m = 2.0
    right_m = 2.5
    height_m = 2.5
    polarisation = "vertical"
    most_passes = 4
    leg_reflections = 1          # or 2: also passes with two reflections in one direction

    [materials]                  # "open" for a side without a surface
    floor = "floorboard"
    left_wall = { name = "concrete", roughness_mm = 0.3 }

    [[furniture]]
    kind = "box"                 # or plate, cylinder, mesh
    centre_m = [3.0, 1.2, 0.4]   # ahead, left, up from the floor below the radar
    size_m = [0.6, 1.2, 0.8]
    heading_deg = 20
    material = "wood"

Missing keys take the defaults of `Room`. The `path` of a mesh is relative to the TOML file.
"""

import difflib
import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.scene.furniture import Box, Cylinder, Furniture, MeshItem, Plate, TriangleMesh
from radarsim.scene.materials import Material, material_named
from radarsim.scene.room import SURFACES, Room

_ROOM_KEYS = (
    *("far_m", "near_m", "left_m", "right_m", "height_m"),
    *("polarisation", "most_passes", "leg_reflections"),
)
# Permitted keys of each kind of furniture besides `kind` and `material`.
_KEYS = {
    "box": (Box, ("centre_m", "size_m", "heading_deg")),
    "plate": (Plate, ("centre_m", "width_m", "height_m", "heading_deg", "elevation_deg")),
    "cylinder": (Cylinder, ("centre_m", "radius_m", "height_m")),
    "mesh": (MeshItem, ("path", "centre_m", "heading_deg")),
}
_OPTIONAL = {"heading_deg", "elevation_deg"}


def parse_room(text: str, where: str, read_mesh: Callable[[str], TriangleMesh]) -> Room:
    """Parse the TOML text of a room.

    Args:
        text: TOML text.
        where: name of the file, for messages.
        read_mesh: function that reads the mesh file at a given `path`.

    Raises:
        InputError: the text is not valid TOML, or a key or value is invalid; the message states the
            file, the key, the value with its unit, and the limit.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(where, "text", f"is not TOML: {error}", "correct the syntax") from None
    return room_from_table(table, where, read_mesh)


def room_from_table(table: dict, where: str, read_mesh: Callable[[str], TriangleMesh]) -> Room:
    """Create a room from a parsed TOML table; same arguments and errors as for `parse_room`."""
    _check_keys(table, (*_ROOM_KEYS, "materials", "furniture"), where, "")
    materials = _section(table, "materials", dict, where)
    _check_keys(materials, tuple(SURFACES), where, "materials.")
    surfaces = {
        name: _material(value, where, f"materials.{name}") for name, value in materials.items()
    }
    items = _section(table, "furniture", list, where)
    furniture = [_item(each, where, index, read_mesh) for index, each in enumerate(items)]
    values = {key: table[key] for key in _ROOM_KEYS if key in table}
    return _made(Room, values | surfaces | {"furniture": furniture}, where, "")


def _section(table: dict, key: str, kind: type, where: str):
    value = table.get(key, kind())
    if not isinstance(value, kind):
        hint = "give a section [materials]" if kind is dict else "give sections [[furniture]]"
        raise InputError(where, key, f"is {value!r}", hint)
    return value


def _item(table: Any, where: str, index: int, read_mesh) -> Furniture:
    """Create one piece of furniture from its TOML table."""
    prefix = f"furniture[{index}]."
    kind = table.get("kind") if isinstance(table, dict) else table
    if not isinstance(table, dict) or not isinstance(kind, str) or kind not in _KEYS:
        hint = f"choose one of: {', '.join(_KEYS)}"
        raise InputError(where, f"{prefix}kind", f"is {kind!r}, which is unknown", hint)
    made, keys = _KEYS[kind]
    _check_keys(table, ("kind", "material", *keys), where, prefix)
    values = {}
    for key in keys:
        if key not in table and key not in _OPTIONAL:
            raise InputError(where, f"{prefix}{key}", "is missing", f"add {key}")
        if key in table:
            values |= _value(key, table[key], where, prefix, read_mesh)
    if "material" in table:
        values["material"] = _material(table["material"], where, f"{prefix}material")
        if values["material"] is None:
            raise InputError(where, f"{prefix}material", "is 'open'", "name a material")
    return _made(made, values, where, prefix)


def _value(key: str, value: Any, where: str, prefix: str, read_mesh) -> dict:
    """Convert one key of a furniture table to fields of the class."""
    if key == "path":
        if not isinstance(value, str):
            raise InputError(where, f"{prefix}path", f"is {value!r}", "give a file name")
        return read_mesh(value)._asdict()
    if key.endswith("_deg"):
        degrees = checked_number(where, f"{prefix}{key}", value, hint="give degrees")
        return {key.replace("_deg", "_rad"): np.radians(degrees)}
    return {key: value}


def _material(value: Any, where: str, field: str) -> Material | None:
    """Return the material of a TOML value; None for an open side."""
    if value == "open":
        return None
    if not isinstance(value, dict):
        return material_named(where, field, value)
    _check_keys(value, ("name", "roughness_mm"), where, f"{field}.")
    material = material_named(where, f"{field}.name", value.get("name"))
    key = f"{field}.roughness_mm"
    roughness_mm = checked_number(where, key, value.get("roughness_mm", 0.0), hint="give mm")
    try:
        return replace(material, roughness_m=roughness_mm / 1e3)
    except InputError as error:
        # The hint of the class is in metres.
        hint = "give the rms height in millimetres, such as 0.2"
        raise InputError(where, key, error.problem, hint) from None


def _made(maker: Callable, fields: dict, where: str, prefix: str):
    """Create an object; errors of invalid fields state the file and the TOML key."""
    try:
        return maker(**fields)
    except InputError as error:
        field = error.field.replace("_rad", "_deg")
        raise InputError(where, f"{prefix}{field}", error.problem, error.hint) from None


def _check_keys(table: dict, known: tuple[str, ...], where: str, prefix: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(known)}"
            raise InputError(where, f"{prefix}{key}", "is an unknown key", hint)
