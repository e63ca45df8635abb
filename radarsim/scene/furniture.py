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
# The echo of a wider cylinder is computed from `Cylinder.fine_mesh`, because the sides of a prism
# act as flat plates if they are wide. Narrower cylinders keep the echo that they have in existing
# datasets.
PRISM_RADIUS_M = 0.2
# Edge of the cells of `Cylinder.fine_mesh` [m], increased for cylinders of more than MOST_CELLS
# cells. The sum over the facets of a regular grid has spurious side lobes, which cause an error of
# 0.2 dB with cells of 8 mm, 0.5 dB with 10 mm and 5 dB with 20 mm (blur of 3 mm, 77 to 81 GHz).
CELL_M = 0.008
MOST_CELLS = 500_000
Vector = Sequence[float | int] | Float[np.ndarray, "3"]
_CENTRE_HINT = "give x, y, z in metres from the floor point below the radar"


class TriangleMesh(NamedTuple):
    """Vertices [m] and triangles, whose corners are counter-clockwise seen from outside."""

    vertices_m: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]


@dataclass(frozen=True)
class Box:
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


@dataclass(frozen=True)
class Plate:
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


@dataclass(frozen=True)
class Cylinder:
    """An upright cylinder, such as a lamp, a pillar or a bin.

    Attributes:
        centre_m: centre in the world frame [m].
        radius_m, height_m: radius and height of the cylinder [m].
        material: material of the surface.
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

    def fine_mesh(self) -> TriangleMesh:
        """Return `mesh` with a curved side of cells of at most `CELL_M`, for the static echo.

        All vertices of the curved side are on the cylinder; the two flat sides are those of `mesh`.
        """
        prism, cells = self.mesh(), _side_cells(self.radius_m, self.height_m)
        side = _placed(*cells, self.heading_rad, self.centre_m)
        flat = prism.faces[np.ptp(prism.vertices_m[prism.faces, 2], axis=1) == 0]
        vertices_m = np.concatenate([side.vertices_m, prism.vertices_m])
        return TriangleMesh(vertices_m, np.concatenate([side.faces, flat + len(side.vertices_m)]))


@dataclass(frozen=True, eq=False)
class MeshItem:
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


def _placed(vertices_m, faces, heading_rad, centre_m) -> TriangleMesh:
    """Rotate a mesh about the vertical and translate it to its position."""
    sin, cos = np.sin(heading_rad), np.cos(heading_rad)
    rotation = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    placed_m = np.asarray(vertices_m, np.float64) @ rotation.T + np.asarray(centre_m)
    return TriangleMesh(placed_m, np.asarray(faces, np.int64))


def _side_cells(radius_m: float, height_m: float) -> TriangleMesh:
    """Return the curved side of a cylinder around the z axis, each cell as two triangles."""
    girth_m = 2 * np.pi * radius_m
    cell_m = max(CELL_M, np.sqrt(girth_m * height_m / MOST_CELLS))
    num_around, num_up = (int(np.ceil(each_m / cell_m)) for each_m in (girth_m, height_m))
    angle_rad = np.arange(num_around) * (2 * np.pi / num_around)
    z_m, angle_rad = np.meshgrid(np.linspace(-0.5, 0.5, num_up + 1) * height_m, angle_rad)
    ring_m = (radius_m * np.cos(angle_rad), radius_m * np.sin(angle_rad), z_m)
    vertices_m = np.stack(ring_m, axis=-1).reshape(-1, 3)
    index = np.arange(len(vertices_m)).reshape(num_around, num_up + 1)
    right, left = index, np.roll(index, -1, axis=0)
    corners = (right[:, :-1], left[:, :-1], left[:, 1:], right[:, 1:])
    lower_right, lower_left, upper_left, upper_right = (each.ravel() for each in corners)
    lower = np.stack([lower_right, lower_left, upper_left], axis=-1)
    upper = np.stack([lower_right, upper_left, upper_right], axis=-1)
    return TriangleMesh(vertices_m, np.concatenate([lower, upper]))


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
