"""Check that the bodies of a scene do not interpenetrate.

A vertex of one body is inside another body if the surface of the other body surrounds the vertex,
that is, if the solid angles of all faces, as seen from the vertex, add up to 4 pi. The solid angles
are computed only in frames in which the bounding boxes of two bodies overlap.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float

from radarsim.errors import InputError
from radarsim.scene.coarsening import coarse_surface
from radarsim.scene.mesh import BurstMesh, FaceIndices, Surface
from radarsim.scene.scene import Scene

# Cell size for coarsening the tested meshes. The coarse surface lies up to about 2 cm inside the
# fine surface, so bodies that only touch each other are accepted.
COARSE_CELL_M = 0.05
# Number of points whose solid angles are computed at a time, chosen to limit memory use.
POINTS_PER_STEP = 128
# A closed surface subtends 4 pi at a point inside and 0 at a point outside; the limit is 2 pi.
HALF = 2 * np.pi


def check_separation(
    where: str, scene: Scene, times_s: Float[np.ndarray, "frame node"], surfaces: Sequence[Surface]
) -> None:
    """Check that no two bodies of a scene interpenetrate in the middle of any burst.

    Args:
        where: name of the calling function, used in error messages.
        scene: subjects and radar pose.
        times_s: times of the surfaces [s].
        surfaces: result of `scene.skin_subjects` at these times.

    Raises:
        InputError: a body is inside another body; the message names both bodies and the time.
    """
    if len(surfaces) < 2:
        return
    coarse = [coarse_surface(body, COARSE_CELL_M) for body in scene.bodies]
    vertices_m = [_middle_m(mesh, kept) for (mesh, _), (kept, _) in zip(surfaces, coarse)]
    middle_s = times_s[:, times_s.shape[1] // 2]
    for one, other in combinations(range(len(coarse)), 2):
        meshes = (vertices_m[one], coarse[one][1]), (vertices_m[other], coarse[other][1])
        frame = first_penetration(*meshes)
        if frame is not None:
            raise InputError(where, "scene", *_problem(scene, one, other, middle_s[frame]))


def _problem(scene: Scene, one: int, other: int, time_s: float) -> tuple[str, str]:
    names = [f"{index} ('{scene.subjects[index].motion.name}')" for index in (one, other)]
    problem = (
        f"has subjects {names[0]} and {names[1]} inside each other at {time_s:.2f} s; bodies may "
        "only touch"
    )
    return problem, "place the subjects farther apart (Placement), or simulate fewer frames"


def _middle_m(mesh: BurstMesh, kept) -> Float[np.ndarray, "frame vertex 3"]:
    """Return the kept vertices of a mesh in the middle of each burst, radar frame [m]."""
    node = mesh.vertices_m.shape[1] // 2
    vertices_m = np.asarray(mesh.vertices_m[:, node], np.float64)[:, kept]
    return vertices_m + np.asarray(mesh.origin_high_m[:, node], np.float64)[:, None]


def first_penetration(one: tuple, other: tuple) -> int | None:
    """Return the first frame in which a vertex of one body is inside another body, or None.

    Args:
        one, other: vertices [frame, vertex, 3] [m] and faces of the two bodies.
    """
    for frame, (one_m, other_m) in enumerate(zip(one[0], other[0], strict=True)):
        if any_inside(one_m, other_m, other[1]) or any_inside(other_m, one_m, one[1]):
            return frame
    return None


def any_inside(
    points_m: Float[np.ndarray, "point 3"],
    vertices_m: Float[np.ndarray, "vertex 3"],
    faces: FaceIndices,
) -> bool:
    """Test whether any of the points is inside a closed surface.

    Args:
        points_m: points to be tested [m].
        vertices_m: vertices of the surface [m].
        faces: triangles of the surface, counter-clockwise seen from outside.
    """
    low_m, high_m = vertices_m.min(axis=0), vertices_m.max(axis=0)
    points_m = points_m[((points_m > low_m) & (points_m < high_m)).all(axis=1)]
    faces = np.asarray(faces)
    return any(
        np.any(_solid_angles(points_m[first : first + POINTS_PER_STEP], vertices_m, faces) > HALF)
        for first in range(0, len(points_m), POINTS_PER_STEP)
    )


def _solid_angles(points_m, vertices_m, faces) -> Float[np.ndarray, " point"]:
    """Compute the solid angle of a surface as seen from each point, with matrix products.

    With corners A, B, C of a triangle and a = A - p, the triple product a . (b x c) is
    A . (B x C) - p . (A x B + B x C + C x A), and a . b is A . B - p . (A + B) + p . p.

    Source:
        van Oosterom and Strackee, "The solid angle of a plane triangle", IEEE Transactions on
        Biomedical Engineering 30, 1983.
    """
    a, b, c = (vertices_m[faces[:, corner]] for corner in range(3))
    ab, bc, ca = np.cross(a, b), np.cross(b, c), np.cross(c, a)
    square = np.sum(points_m**2, axis=1, keepdims=True)

    def dot(one, other):
        return np.sum(one * other, axis=1) - points_m @ (one + other).T + square

    length = np.sqrt(np.maximum(dot(vertices_m, vertices_m), 0.0))
    la, lb, lc = (length[:, faces[:, corner]] for corner in range(3))
    triple = np.sum(a * bc, axis=1) - points_m @ (ab + bc + ca).T
    denominator = la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb
    return 2 * np.arctan2(triple, denominator).sum(axis=1)
