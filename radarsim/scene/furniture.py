"""Furniture: static boxes, plates, cylinders and meshes in a room.

Positions are in the world frame: +x ahead of the radar, +y left, +z up from the floor, with the
radar above the origin. Every piece is opaque and becomes a triangle mesh.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from radarsim.array_checks import REAL, as_array, check_axes, check_finite
from radarsim.checks import check_type, checked_number, store_number
from radarsim.errors import InputError
from radarsim.scene.materials import MATERIALS, Material

# Number of sides of the prism that approximates a cylinder; the prism deviates from a cylinder of
# radius r by r (1 - cos(pi / 64)), which is 0.12 % of the radius.
CYLINDER_SIDES = 64
# Height of the triangles for the echo of a cylinder, and their largest distance from the cylinder,
# 1/200 of the wavelength at 81 GHz [m].
ROW_M = 0.02
SAGITTA_M = 1.8e-5
# Approximate maximum number of these triangles; those of larger cylinders are coarser.
MOST_TRIANGLES = 200_000
# Maximum number of cells along an edge of a rectangle.
MOST_CELLS = 1000
Vector = Sequence[float | int] | Float[np.ndarray, "3"]
_CENTRE_HINT = "give x, y, z in metres from the floor point below the radar"


class TriangleMesh(NamedTuple):
    """Vertices [m] and triangles, whose corners are counter-clockwise seen from outside."""

    vertices_m: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]


class _Piece:
    """Base of all furniture."""

    def surface(self) -> TriangleMesh:
        """Return the surface as triangles that can be divided into compact facets."""
        return self.mesh()


@dataclass(frozen=True)
class Box(_Piece):
    """A rectangular box, such as a cupboard or a table.

    Attributes:
        centre_m: centre in the world frame [m].
        size_m: edge lengths along the x, y and z axes of the unrotated box [m].
        heading_rad: rotation about the vertical, positive to the left [rad].
        material: material of the surface.
    """

    centre_m: Vector
    size_m: Vector
    heading_rad: float | int = 0.0
    material: Material = MATERIALS["wood"]

    def __post_init__(self):
        _store_vector(self, "centre_m", _CENTRE_HINT)
        _store_vector(self, "size_m", "give three edges in metres", above=0.0)
        _check_common(self)

    def mesh(self) -> TriangleMesh:
        """Return the six sides as twelve triangles in the world frame."""
        import trimesh  # the import takes a third of a second

        box = trimesh.creation.box(self.size_m)
        return _placed(box.vertices, box.faces, self.heading_rad, self.centre_m)

    def surface(self) -> TriangleMesh:
        """Return the six sides, divided into nearly square cells."""
        edges_m = np.diag(self.size_m)
        sides = []
        for axis in range(3):
            first, second = edges_m[(axis + 1) % 3], edges_m[(axis + 2) % 3]
            sides.append(_rectangle(edges_m[axis] / 2, first, second))
            sides.append(_rectangle(-edges_m[axis] / 2, second, first))
        return _placed(*_joined(sides), self.heading_rad, self.centre_m)


@dataclass(frozen=True)
class Plate(_Piece):
    """A flat rectangle that reflects on both sides, such as a screen or a door.

    Attributes:
        centre_m: centre in the world frame [m].
        width_m, height_m: lengths of the horizontal edges and of the other edges [m].
        heading_rad: azimuth of the plate's normal; 0 if the normal points along x [rad].
        elevation_rad: elevation of the plate's normal; pi/2 for a horizontal plate [rad].
        material: material of the surface.
    """

    centre_m: Vector
    width_m: float | int
    height_m: float | int
    heading_rad: float | int = 0.0
    elevation_rad: float | int = 0.0
    material: Material = MATERIALS["wood"]

    def __post_init__(self):
        _store_vector(self, "centre_m", _CENTRE_HINT)
        for field in ("width_m", "height_m"):
            store_number(self, field, "m", above=0.0, hint="give metres")
        store_number(self, "elevation_rad", "rad", hint="give radians")
        _check_common(self)

    def mesh(self) -> TriangleMesh:
        """Return both sides as four triangles in the world frame."""
        left = np.array([0.0, self.width_m / 2, 0.0])
        sin, cos = np.sin(self.elevation_rad), np.cos(self.elevation_rad)
        up = np.array([-sin, 0.0, cos]) * self.height_m / 2
        corners = np.array([-left - up, left - up, left + up, up - left] * 2)
        # Both sides have separate vertices, because the normal of a shared vertex would be zero.
        faces = np.array([[0, 1, 2], [0, 2, 3], [6, 5, 4], [7, 6, 4]])
        return _placed(corners, faces, self.heading_rad, self.centre_m)

    def surface(self) -> TriangleMesh:
        """Return both sides, divided into nearly square cells."""
        left = np.array([0.0, self.width_m, 0.0])
        sin, cos = np.sin(self.elevation_rad), np.cos(self.elevation_rad)
        up = np.array([-sin, 0.0, cos]) * self.height_m
        sides = [_rectangle(np.zeros(3), *edges) for edges in ((left, up), (up, left))]
        return _placed(*_joined(sides), self.heading_rad, self.centre_m)


@dataclass(frozen=True)
class Cylinder(_Piece):
    """An upright cylinder, such as a lamp, a pillar or a bin.

    Attributes:
        centre_m: centre in the world frame [m].
        radius_m, height_m: radius and height of the cylinder [m].
        material: material of the surface.
        heading_rad: rotation about the vertical, as of all furniture [rad]; it only turns the sides
            of the prism by which the cylinder is approximated.
    """

    centre_m: Vector
    radius_m: float | int
    height_m: float | int
    material: Material = MATERIALS["wood"]
    heading_rad: float | int = 0.0

    def __post_init__(self):
        _store_vector(self, "centre_m", _CENTRE_HINT)
        for field in ("radius_m", "height_m"):
            store_number(self, field, "m", above=0.0, hint="give metres")
        _check_common(self)

    def mesh(self) -> TriangleMesh:
        """Return a prism with `CYLINDER_SIDES` sides in the world frame."""
        import trimesh  # the import takes a third of a second

        prism = trimesh.creation.cylinder(self.radius_m, self.height_m, sections=CYLINDER_SIDES)
        return _placed(prism.vertices, prism.faces, self.heading_rad, self.centre_m)

    def surface(self) -> TriangleMesh:
        """Return a finer prism with rows of short triangles.

        Long narrow triangles would become even narrower if they were halved.
        """
        import trimesh  # the import takes a third of a second

        sides = max(CYLINDER_SIDES, 2 * np.pi * np.sqrt(self.radius_m / (8 * SAGITTA_M)))
        rows, rings = self.height_m / ROW_M, self.radius_m / ROW_M
        coarseness = max(1.0, np.sqrt(2 * sides * (rows + 2 * rings) / MOST_TRIANGLES))
        sides, rows, rings = (int(np.ceil(each / coarseness)) for each in (sides, rows, rings))
        height_m = self.height_m * np.linspace(-0.5, 0.5, rows + 1)
        radius_m = self.radius_m * np.linspace(0, 1, rings + 1)[:-1]
        outline_m = np.concatenate(
            [
                np.column_stack([radius_m, np.full(rings, height_m[0])]),
                np.column_stack([np.full(rows + 1, self.radius_m), height_m]),
                np.column_stack([radius_m[::-1], np.full(rings, height_m[-1])]),
            ]
        )
        prism = trimesh.creation.revolve(outline_m, sections=sides)
        if len(prism.faces) < 2 * sides * (rows + 2 * rings - 1):
            return self.mesh()  # trimesh leaves out the triangles of very thin cylinders
        return _placed(prism.vertices, prism.faces, self.heading_rad, self.centre_m)


@dataclass(frozen=True, eq=False)
class MeshItem(_Piece):
    """Furniture given as a triangle mesh, such as a scanned sofa.

    Attributes:
        vertices_m: vertices in the mesh's coordinates, with z up [m].
        faces: triangles, whose corners are counter-clockwise seen from outside.
        centre_m: position of the origin of the mesh's coordinates in the world frame [m].
        heading_rad: rotation about the vertical, positive to the left [rad].
        material: material of the surface.
    """

    vertices_m: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    centre_m: Vector = (0.0, 0.0, 0.0)
    heading_rad: float | int = 0.0
    material: Material = MATERIALS["wood"]

    def __post_init__(self):
        _store_vector(self, "centre_m", _CENTRE_HINT)
        _check_common(self)
        hint = "give a mesh of triangles"
        for field, axes in (("vertices_m", "vertex"), ("faces", "face")):
            values = np.asarray(as_array("MeshItem", field, getattr(self, field), REAL, hint))
            check_axes("MeshItem", field, values.shape, {axes: None, "coordinate": 3}, hint)
            check_finite("MeshItem", field, values, (axes, "coordinate"), hint)
            object.__setattr__(self, field, values)
        wrong = (self.faces < 0) | (self.faces >= len(self.vertices_m))
        if wrong.any() or not len(self.faces):
            problem = f"has {len(self.faces)} triangles for {len(self.vertices_m)} vertices"
            raise InputError("MeshItem", "faces", problem, "give indices from 0 to vertices - 1")

    def mesh(self) -> TriangleMesh:
        """Return the triangles in the world frame."""
        return _placed(self.vertices_m, self.faces, self.heading_rad, self.centre_m)


Furniture = Box | Plate | Cylinder | MeshItem


def _rectangle(centre_m, first_m, second_m) -> TriangleMesh:
    """Return a rectangle of nearly square cells, seen from the side of first x second.

    Halving the edges of elongated triangles would make the triangles narrower.
    """
    lengths_m = np.linalg.norm([first_m, second_m], axis=1)
    counts = np.clip(np.round(lengths_m / lengths_m.min()), 1, MOST_CELLS).astype(int)
    shares = [np.linspace(-0.5, 0.5, count + 1) for count in counts]
    steps = np.stack(np.meshgrid(*shares, indexing="ij"), axis=-1).reshape(-1, 2)
    corner = np.arange(len(steps)).reshape(counts + 1)[:-1, :-1].reshape(-1, 1)
    cell = np.array([0, counts[1] + 1, counts[1] + 2, 1])
    faces = (corner + cell[[0, 1, 2, 0, 2, 3]]).reshape(-1, 3)
    return TriangleMesh(centre_m + steps @ np.stack([first_m, second_m]), faces)


def _joined(meshes: Sequence[TriangleMesh]) -> TriangleMesh:
    """Return several meshes as one, without common vertices."""
    starts = np.cumsum([0, *(len(mesh.vertices_m) for mesh in meshes[:-1])])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    return TriangleMesh(np.concatenate([m.vertices_m for m in meshes]), np.concatenate(faces))


def _placed(vertices_m, faces, heading_rad, centre_m) -> TriangleMesh:
    """Rotate a mesh about the vertical and translate it to its position."""
    sin, cos = np.sin(heading_rad), np.cos(heading_rad)
    rotation = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    placed_m = np.asarray(vertices_m, np.float64) @ rotation.T + np.asarray(centre_m)
    return TriangleMesh(placed_m, np.asarray(faces, np.int64))


def _check_common(item) -> None:
    name = type(item).__name__
    store_number(item, "heading_rad", "rad", hint="give radians")
    check_type(name, "material", item.material, Material, "give MATERIALS['wood'] or a Material")


def _store_vector(item, field: str, hint: str, **limits) -> None:
    """Check a vector of three values in metres and store the vector as a tuple of floats."""
    name, values = type(item).__name__, getattr(item, field)
    if not isinstance(values, tuple | list | np.ndarray) or len(values) != 3:
        raise InputError(name, field, f"is {values!r}, not three numbers", hint)
    numbers = tuple(checked_number(name, field, each, "m", hint=hint, **limits) for each in values)
    object.__setattr__(item, field, numbers)
