"""Read rooms from TOML files or mesh files."""

from pathlib import Path

from radarsim.paths import existing_path, read_text
from radarsim.scene.formats.still_mesh import SUFFIXES, read_still_mesh
from radarsim.scene.room import Room, room_of_mesh
from radarsim.scene.room_toml import parse_room

# Maximum size of a room's TOML file in bytes.
MAX_ROOM_BYTES = 1 << 20


def read_room(path: str | Path) -> Room:
    """Read a room from a `.toml` file, or from a mesh in an .obj, .ply or .stl file.

    A mesh has coordinates in metres, with the floor at z = 0 and the radar above the origin. The
    mesh becomes a piece of concrete furniture in a room without walls, which returns static echoes
    and hides people. Multipath is only simulated for the plane surfaces of a TOML file.

    Args:
        path: path of the TOML or mesh file.

    Returns:
        The room.

    Raises:
        InputError: the file cannot be read, or a value is invalid.
    """
    path = existing_path(path)
    if path.suffix.lower() in SUFFIXES:
        return room_of_mesh(read_still_mesh(path))
    return parse_room(
        read_text(path, MAX_ROOM_BYTES),
        str(path),
        lambda name: read_still_mesh(existing_path(path.parent / name)),
    )


def read_room_text(path: str | Path) -> str:
    """Read a room's TOML text from a file, for recipes, which contain the text and not the path.

    Raises:
        InputError: the file cannot be read.
    """
    return read_text(existing_path(path), MAX_ROOM_BYTES)
