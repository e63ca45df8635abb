"""Meshes and theoretical radar cross-sections of metal shapes: sphere, plate, disc, cylinder.

Every mesh is centred at the origin. At angle zero, the radar lies in the direction -x. For other
angles, the shape is rotated about z (the cylinder about y).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation
from scipy.special import j1, spherical_jn, spherical_yn

# Sizes of the shapes [m].
SPHERE_RADIUS_M, PLATE_M, DISC_RADIUS_M = 0.05, 0.10, 0.06
CYLINDER_RADIUS_M, CYLINDER_HEIGHT_M = 0.05, 0.30


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A metal shape with a known radar cross-section.

    Attributes:
        name: name of the shape and its size.
        vertices_m, faces: vertices [m] and faces of the mesh.
        axis: axis about which the shape is rotated.
        blur_m: blur of the Gaussian facets [m], see `PhysicalOptics`.
        most_deg: largest angle of incidence at which the shape is simulated [degrees].
        rcs_m2: function of the angle of incidence [rad] and the wavelength [m].
        theory: formula or method of `rcs_m2`.
    """

    name: str
    vertices_m: np.ndarray
    faces: np.ndarray
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    blur_m: float = 0.0
    most_deg: float
    rcs_m2: Callable[[np.ndarray, float], np.ndarray]
    theory: str


def shapes(edge_m: float) -> list[Shape]:
    """Create all shapes that are compared with theory.

    Args:
        edge_m: edge length of plate, disc and cylinder [m]; the sphere has the blur of a body
            surface and edges of 0.8 mm.
    """
    return [sphere(), plate(edge_m), disc(edge_m), cylinder(edge_m)]


def sphere(subdivisions: int = 6, blur_m: float = 3e-3) -> Shape:
    """Create a sphere; its exact RCS (Mie series) does not depend on the angle.

    Args:
        subdivisions: number of subdivisions of an icosahedron; 6 of them give edges of 0.8 mm.
        blur_m: blur of the facets [m].
    """
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=SPHERE_RADIUS_M)
    return Shape(
        name="sphere, radius 5 cm",
        vertices_m=np.array(mesh.vertices),
        faces=np.array(mesh.faces),
        blur_m=blur_m,
        most_deg=30.0,
        rcs_m2=lambda angle_rad, wavelength_m: np.full(
            np.shape(angle_rad), mie_rcs_m2(SPHERE_RADIUS_M, wavelength_m)
        ),
        theory="Mie series",
    )


def plate(edge_m: float) -> Shape:
    """Create a square plate that is rotated about an axis parallel to two of its sides."""
    cells = round(PLATE_M / edge_m)
    steps_m = np.linspace(-PLATE_M / 2, PLATE_M / 2, cells + 1)
    vertices_m, faces = grid(*np.meshgrid(steps_m, steps_m, indexing="ij"))

    def rcs_m2(angle_rad, wavelength_m):
        peak_m2 = 4 * np.pi * PLATE_M**4 / wavelength_m**2
        pattern = np.sinc(2 * PLATE_M * np.sin(angle_rad) / wavelength_m)
        return peak_m2 * (np.cos(angle_rad) * pattern) ** 2

    return Shape(
        name="square plate, 10 cm",
        vertices_m=vertices_m[:, [2, 0, 1]],
        faces=faces[:, ::-1],
        most_deg=30.0,
        rcs_m2=rcs_m2,
        theory="4 pi A^2 / lambda^2 cos^2 (sin x / x)^2, x = k a sin",
    )


def disc(edge_m: float) -> Shape:
    """Create a circular disc with vertices on rings of equal width."""
    rings = round(DISC_RADIUS_M / edge_m)
    sides = round(2 * np.pi * rings)
    turn = np.arange(sides + 1) * 2 * np.pi / sides
    # The inscribed polygon is enlarged to the area of the disc.
    enlarged = np.sqrt(2 * np.pi / sides / np.sin(2 * np.pi / sides))
    radius_m = np.linspace(0, DISC_RADIUS_M * enlarged, rings + 1)[:, None]
    vertices_m, faces = grid(radius_m * np.cos(turn), radius_m * np.sin(turn))

    def rcs_m2(angle_rad, wavelength_m):
        area_m2 = np.pi * DISC_RADIUS_M**2
        x = 4 * np.pi / wavelength_m * DISC_RADIUS_M * np.sin(angle_rad)
        pattern = np.where(x == 0, 1.0, 2 * j1(x) / np.where(x == 0, 1.0, x))
        return 4 * np.pi * area_m2**2 / wavelength_m**2 * (np.cos(angle_rad) * pattern) ** 2

    return Shape(
        name="disc, radius 6 cm",
        vertices_m=vertices_m[:, [2, 0, 1]],
        faces=faces[:, ::-1],
        most_deg=30.0,
        rcs_m2=rcs_m2,
        theory="4 pi A^2 / lambda^2 cos^2 (2 J1(x) / x)^2, x = 2 k r sin",
    )


def cylinder(edge_m: float) -> Shape:
    """Create the lateral surface of a cylinder; the axis is tilted towards the radar.

    The facets have no blur, so their spacing around the axis must be below half a wavelength. With
    a larger spacing, the facets would scatter like a diffraction grating, which a smooth surface
    does not. Along the axis, four times this spacing suffices for tilts of a few degrees.
    """
    sides = round(2 * np.pi * CYLINDER_RADIUS_M / edge_m)
    turn = np.arange(sides + 1) * 2 * np.pi / sides
    # The inscribed polygon is enlarged so that its sides touch the cylinder on average.
    radius_m = CYLINDER_RADIUS_M * (1 + (2 * np.pi / sides) ** 2 / 12)
    half_m = CYLINDER_HEIGHT_M / 2
    up_m = np.linspace(-half_m, half_m, round(CYLINDER_HEIGHT_M / (4 * edge_m)) + 1)
    vertices_m, faces = grid(
        *np.broadcast_arrays(radius_m * np.cos(turn)[:, None], radius_m * np.sin(turn)[:, None]),
        up_m,
    )

    def rcs_m2(angle_rad, wavelength_m):
        peak_m2 = 2 * np.pi * CYLINDER_RADIUS_M * CYLINDER_HEIGHT_M**2 / wavelength_m
        pattern = np.sinc(2 * CYLINDER_HEIGHT_M * np.sin(angle_rad) / wavelength_m)
        return peak_m2 * np.cos(angle_rad) * pattern**2

    return Shape(
        name="cylinder, radius 5 cm, height 30 cm",
        vertices_m=vertices_m,
        faces=faces,
        axis=(0.0, 1.0, 0.0),
        most_deg=5.0,
        rcs_m2=rcs_m2,
        theory="2 pi r h^2 / lambda cos (sin x / x)^2, x = k h sin",
    )


def corner(bounces: int, edge_m: float) -> Shape:
    """Create a dihedral (two bounces) or a trihedral (three bounces) of squares of 10 cm.

    These shapes show a limit of the reflection model, which has single bounces only. The
    theoretical values are the peaks of the double-bounce and the triple-bounce echo.

    Args:
        bounces: number of bounces, 2 (dihedral) or 3 (trihedral).
        edge_m: length of the edges of the mesh [m].
    """
    square = plate(edge_m)
    flat_m = square.vertices_m + np.array([0.0, PLATE_M / 2, PLATE_M / 2])
    # The reflecting sides of the planes x = 0, y = 0 and z = 0 face the positive axes.
    sides = [flat_m, flat_m[:, [1, 0, 2]], flat_m[:, [1, 2, 0]]][:bounces]
    orders = [square.faces[:, ::-1], square.faces, square.faces[:, ::-1]]
    faces = [order + index * len(flat_m) for index, order in enumerate(orders[:bounces])]
    towards = np.array([1.0, 1.0, bounces - 2.0])
    turn, _ = Rotation.align_vectors([[-1.0, 0, 0]], [towards / np.linalg.norm(towards)])
    # Square sides: 8 pi a^4 / lambda^2 for the dihedral, 12 pi a^4 / lambda^2 for the trihedral.
    factor, name = {2: (8, "dihedral"), 3: (12, "trihedral")}[bounces]
    return Shape(
        name=f"{name} of squares of 10 cm",
        vertices_m=np.concatenate(sides) @ turn.as_matrix().T,
        faces=np.concatenate(faces),
        most_deg=0.0,
        rcs_m2=lambda angle_rad, wavelength_m: np.full(
            np.shape(angle_rad), factor * np.pi * PLATE_M**4 / wavelength_m**2
        ),
        theory=f"{factor} pi a^4 / lambda^2",
    )


def grid(x_m, y_m, z_m=0.0):
    """Triangulate a grid of points [row, column]; equal points are merged.

    Args:
        x_m, y_m, z_m: coordinates of the points, which are broadcast against each other [m].

    Returns:
        Vertices [vertex, 3], and faces whose normal is the cross product of the directions of
        increasing row and increasing column.
    """
    points_m = np.stack(np.broadcast_arrays(x_m, y_m, z_m), -1)
    rows, columns = points_m.shape[:2]
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    flat_m = points_m.reshape(-1, 3)
    _, first, merged = np.unique(
        np.round(flat_m, 9), axis=0, return_index=True, return_inverse=True
    )
    faces = merged.reshape(-1)[faces]
    distinct = np.sort(faces, axis=1)
    proper = (np.diff(distinct, axis=1) > 0).all(1)
    return flat_m[first], faces[proper]


def mie_rcs_m2(radius_m: float, wavelength_m: float) -> float:
    """Monostatic RCS of a perfectly conducting sphere by the Mie series.

        (lambda^2 / 4 pi) |sum (-1)^n (2 n + 1) / ([x h_n(x)]' h_n(x)) / x|^2,  x = k radius

    Args:
        radius_m: radius of the sphere [m].
        wavelength_m: wavelength [m].

    Source:
        Balanis, "Advanced Engineering Electromagnetics", 2nd edition, section 11.8.
    """
    x = 2 * np.pi * radius_m / wavelength_m
    n = np.arange(1, int(x + 4.05 * np.cbrt(x) + 10))
    hankel = spherical_jn(n, x) - 1j * spherical_yn(n, x)
    slope = spherical_jn(n, x, derivative=True) - 1j * spherical_yn(n, x, derivative=True)
    terms = (-1.0) ** n * (2 * n + 1) / ((hankel + x * slope) * hankel * x)
    return float(wavelength_m**2 / (4 * np.pi) * np.abs(terms.sum()) ** 2)
