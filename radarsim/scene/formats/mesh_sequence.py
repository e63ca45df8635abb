"""Mesh sequences: a moving surface given by its vertices at every pose, with constant faces.

Sources are a folder of .obj, .ply or .stl files in name order (read by trimesh), or arrays
`vertices` [pose, vertex, 3], `faces` [face, 3] and `rate_hz`. Vertices are in metres in a z-up
world frame.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from radarsim.errors import InputError
from radarsim.scene.interpolation import interpolate_points
from radarsim.scene.motion import MAX_RATE_HZ, check_times

KEYS = ("vertices", "faces", "rate_hz")
SUFFIXES = (".obj", ".ply", ".stl")


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshSequence:
    """A moving surface with constant topology.

    Attributes:
        vertices_m: vertices at every pose in a z-up world [m].
        faces: triangles, counter-clockwise seen from outside.
        rate_hz: poses per second.
        name: id used in seeds and reports.
    """

    vertices_m: Float[np.ndarray, "pose vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    rate_hz: float | int
    name: str

    @property
    def duration_s(self) -> float:
        """Time from the first pose to the last [s]."""
        return (len(self.vertices_m) - 1) / self.rate_hz

    def vertices_at(
        self, times_s: Float[np.ndarray, "*time"]
    ) -> Float[np.ndarray, "*time vertex 3"]:
        """Interpolate the vertices smoothly between the poses.

        Args:
            times_s: times since the first pose, within the sequence [s].

        Returns:
            Vertices in a z-up world [m].

        Raises:
            InputError: `times_s` is empty, or a time lies outside the sequence.
        """
        check_times(self.name, times_s, self.duration_s)
        vertices_m = interpolate_points(self.vertices_m, np.ravel(times_s) * self.rate_hz)
        return vertices_m.reshape(*np.shape(times_s), *self.vertices_m.shape[1:])


def mesh_from_arrays(
    arrays: Mapping[str, np.ndarray], where: str, name: str, rate_hz: float | None = None
) -> MeshSequence:
    """Create a mesh sequence from the arrays of an `.npz` file.

    Args:
        arrays: arrays of the file by key, see `KEYS`.
        where: name of the file, used in messages.
        name: id of the sequence.
        rate_hz: meshes per second; by default, the rate in the file.

    Returns:
        The checked sequence.

    Raises:
        InputError: an array is missing or invalid, or the rate is missing or invalid.
    """
    for key in ("vertices", "faces"):
        if key not in arrays:
            raise InputError(where, key, "missing", "give vertices [pose, vertex, 3] and faces")
    vertices_m, faces = np.asarray(arrays["vertices"]), np.asarray(arrays["faces"])
    if vertices_m.ndim != 3 or vertices_m.shape[-1] != 3 or vertices_m.dtype.kind not in "fiu":
        problem = f"{vertices_m.dtype} of shape {vertices_m.shape}, not [pose, vertex, 3] numbers"
        raise InputError(where, "vertices", problem, "save the vertices of every pose, in metres")
    if faces.ndim != 2 or faces.shape[-1] != 3 or faces.dtype.kind not in "iu":
        problem = f"{faces.dtype} of shape {faces.shape}, not [face, 3] integers"
        raise InputError(where, "faces", problem, "triangulate the mesh")
    if rate_hz is None and "rate_hz" in arrays and np.size(arrays["rate_hz"]) == 1:
        rate_hz = float(np.ravel(arrays["rate_hz"])[0])
    return _checked(vertices_m, faces, rate_hz, where, name)


def read_mesh_folder(folder: Path, rate_hz: float | None) -> MeshSequence:
    """Read a mesh sequence from the files of a folder, in name order (2 before 10).

    Args:
        folder: a folder with at least two meshes that have the same faces.
        rate_hz: meshes per second.

    Returns:
        The checked sequence.

    Raises:
        InputError: a file cannot be read or has different faces (the message names the file), the
            folder has fewer than two meshes, or the rate is missing or invalid.
    """
    paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    paths.sort(key=_name_order)
    meshes = [_read_mesh(path) for path in paths]
    for path, (vertices_m, faces) in zip(paths, meshes, strict=True):
        if len(vertices_m) != len(meshes[0][0]) or not np.array_equal(faces, meshes[0][1]):
            problem = f"different faces or vertex count than {paths[0].name}"
            raise InputError(path, "mesh", problem, "export one topology for all poses")
    if not meshes:
        raise InputError(folder, "meshes", "no .obj, .ply or .stl file", "give a folder of meshes")
    vertices_m = np.stack([vertices_m for vertices_m, _ in meshes])
    return _checked(vertices_m, meshes[0][1], rate_hz, str(folder), folder.name)


def _name_order(path: Path) -> list[tuple[int, str]]:
    """Sort key that orders numbers by value and other characters alphabetically."""
    parts = re.findall(r"\d+|\D", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read_mesh(path: Path) -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    try:
        # Merging or sorting vertices would change the topology from pose to pose.
        mesh = trimesh.load(path, process=False, maintain_order=True, force="mesh")
    except Exception as error:  # trimesh's parsers can raise any exception
        problem = f"cannot be read ({type(error).__name__})"
        raise InputError(path, "mesh", problem, "export it again") from None
    faces = np.asarray(getattr(mesh, "faces", ()))
    if not len(faces):
        raise InputError(path, "mesh", "holds no face", "export triangles")
    return np.asarray(mesh.vertices, np.float64), faces


def _checked(
    vertices_m: np.ndarray, faces: np.ndarray, rate_hz: float | None, where: str, name: str
) -> MeshSequence:
    num_poses, num_vertices, _ = vertices_m.shape
    if num_poses < 2:
        raise InputError(where, "vertices", f"{num_poses} poses, needs at least 2", "give more")
    if rate_hz is None or not 0 < rate_hz <= MAX_RATE_HZ:
        problem = "not given" if rate_hz is None else f"{rate_hz:g} Hz, limit {MAX_RATE_HZ:g} Hz"
        raise InputError(where, "rate_hz", problem, "give the meshes per second")
    if not len(faces) or faces.min() < 0 or faces.max() >= num_vertices:
        problem = f"{len(faces)} faces, whose vertex indices must be 0 to {num_vertices - 1}"
        raise InputError(where, "faces", problem, "save the mesh again")
    bad = ~np.isfinite(vertices_m).all(axis=(1, 2))
    if bad.any():
        raise InputError(where, "vertices", f"NaN or infinite at pose {bad.argmax()}", "repair it")
    return MeshSequence(
        vertices_m=vertices_m.astype(np.float64),
        faces=faces.astype(np.int32),
        rate_hz=rate_hz,
        name=name,
    )
