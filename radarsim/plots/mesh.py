"""A mesh as triangles on paper: project, drop faces that look away, shade, paint far to near.

By hand, because matplotlib's own 3-D axes sort whole objects: a far leg would hide a near one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

_LIGHT = np.array([-0.35, -0.6, 0.72])  # from above, on the viewer's side
_AMBIENT, _GLOSS = 0.45, 0.18


@dataclass(frozen=True, eq=False)
class Triangles:
    """Faces on paper.

    Attributes:
        corners: right and up.
        rgb: colour of each.
        depth_m: distance along the view.
    """

    corners: Float[np.ndarray, "face 3 2"]
    rgb: Float[np.ndarray, "face 3"]
    depth_m: Float[np.ndarray, " face"]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where a picture is taken from.

    Attributes:
        eye_m: the viewer, world [m].
        target_m: what is in the middle, world [m].
        parallel: without perspective; the picture is then in metres.
    """

    eye_m: tuple[float | int, ...]
    target_m: tuple[float | int, ...]
    parallel: bool = False

    def project(
        self, points_m: Float[np.ndarray, "*batch 3"]
    ) -> tuple[Float[np.ndarray, "*batch 2"], Float[np.ndarray, "*batch"]]:
        """Places in the picture, right and up, and the depth of each point [m]."""
        ahead = np.subtract(self.target_m, self.eye_m)
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, ahead)
        from_eye = np.asarray(points_m, np.float64) - self.eye_m
        picture, depth = from_eye @ np.stack([right, up], axis=1), from_eye @ ahead
        return (picture if self.parallel else picture / depth[..., None]), depth


def shaded(
    camera: Camera,
    vertices_m: Float[np.ndarray, "vertex 3"],
    faces: Int[np.ndarray, "face 3"],
    rgb: Float[np.ndarray, "3"],
) -> Triangles:
    """The faces that look at the viewer, lit from above.

    Args:
        camera: the view.
        vertices_m: in the world [m].
        faces: counter-clockwise seen from outside.
        rgb: colour of the surface.

    Returns:
        Triangles, not sorted.
    """
    flat, depth = camera.project(vertices_m)
    corners = flat[faces]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    front = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0] > 0
    corners_m = np.asarray(vertices_m, np.float64)[faces[front]]
    normal = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    lit = np.clip(normal @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)[:, None]
    colours = rgb * (_AMBIENT + (1 - _AMBIENT) * lit) + _GLOSS * lit**6
    return Triangles(corners[front], np.clip(colours, 0, 1), depth[faces[front]].mean(1))


def paint(axes: Axes, parts: list[Triangles]) -> None:
    """Draw the triangles of several meshes, which may hide each other.

    Args:
        axes: where.
        parts: seen by one camera.
    """
    order = np.argsort(-np.concatenate([part.depth_m for part in parts]))
    colours = np.concatenate([part.rgb for part in parts])[order]
    # Edges in the face's colour close the hairlines that antialiasing leaves between faces.
    axes.add_collection(
        PolyCollection(
            np.concatenate([part.corners for part in parts])[order], facecolors=colours,
            edgecolors=colours, lw=0.25, zorder=2, rasterized=True, clip_on=False,
        )
    )  # fmt: skip


def box(
    ahead_m: tuple[float | int, ...],
    left_m: tuple[float | int, ...],
    up_m: tuple[float | int, ...],
) -> tuple[Float[np.ndarray, "8 3"], Int[np.ndarray, "12 3"]]:
    """Corners and faces of a box."""
    corners_m = [[x, y, z] for x in ahead_m for y in left_m for z in up_m]
    return np.array(corners_m, float), _BOX_FACES


_BOX_FACES = np.array(
    [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ]
)  # fmt: skip
