"""Read a static mesh from an .obj, .ply or .stl file."""

from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.furniture import TriangleMesh

SUFFIXES = (".obj", ".ply", ".stl")


def read_still_mesh(path: Path) -> TriangleMesh:
    """Read the vertices [m] and triangles of a mesh file.

    All objects in the file are merged into one mesh, and coincident vertices are merged.

    Args:
        path: path of the mesh file.

    Raises:
        InputError: the file is not a mesh, or contains no triangles.
    """
    hint = "give an .obj, .ply or .stl file with triangles, in metres"
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(path, "file type", f"is '{path.suffix}'", hint)
    import trimesh

    try:
        mesh = trimesh.load(path, force="mesh")
    except Exception as error:  # trimesh raises many types of exceptions for damaged files
        raise InputError(path, "mesh", f"cannot be read: {error}", hint) from None
    if not len(getattr(mesh, "faces", ())):
        raise InputError(path, "mesh", "has no triangles", hint)
    return TriangleMesh(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))
