"""Draw shaded triangle meshes in 2-D: projection, back-face culling, shading, painter's algorithm.

Matplotlib's 3-D axes sort whole objects by depth, so a far leg can cover a near leg. This module
sorts the triangles of all meshes together.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

_LIGHT = np.array([-0.35, -0.6, 0.72])  # direction of the light: above, on the viewer's side
_AMBIENT, _GLOSS = 0.45, 0.18


@dataclass(frozen=True, eq=False, kw_only=True)
class OtherBody:
    """A further person in the scene, who is drawn in grey.

    Attributes:
        vertices_m: vertices at the moments of the scene [m].
        faces: vertex indices, counter-clockwise seen from outside.
        pelvis_m: trajectory of the pelvis [m].
    """

    vertices_m: Float[np.ndarray, "moment vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    pelvis_m: Float[np.ndarray, "pose 3"]


@dataclass(frozen=True, eq=False)
class Triangles:
    """Projected and shaded triangles.

    Attributes:
        corners: image coordinates of the corners, positive to the right and upwards.
        rgb: colour of each triangle.
        depth_m: mean depth of each triangle along the viewing direction [m].
    """

    corners: Float[np.ndarray, "face 3 2"]
    rgb: Float[np.ndarray, "face 3"]
    depth_m: Float[np.ndarray, " face"]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Position and viewing direction of a camera.

    Attributes:
        eye_m: position of the camera in world coordinates [m].
        target_m: point at the centre of the picture, in world coordinates [m].
        parallel: whether the projection is orthographic, with image coordinates in metres.
    """

    eye_m: tuple[float | int, ...]
    target_m: tuple[float | int, ...]
    parallel: bool = False

    def project(
        self, points_m: Float[np.ndarray, "*batch 3"]
    ) -> tuple[Float[np.ndarray, "*batch 2"], Float[np.ndarray, "*batch"]]:
        """Project points to image coordinates (right, up) and depth [m]."""
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
    """Project and shade the faces that point towards the camera; the light comes from above.

    Args:
        camera: camera of the projection.
        vertices_m: vertices in world coordinates [m].
        faces: vertex indices, counter-clockwise seen from outside.
        rgb: colour of the surface.

    Returns:
        The visible triangles, not sorted by depth.
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
    """Draw the triangles of several meshes from far to near, so that near triangles cover far ones.

    Args:
        axes: matplotlib axes to draw on.
        parts: triangles of each mesh, all projected with the same camera.
    """
    order = np.argsort(-np.concatenate([part.depth_m for part in parts]))
    colours = np.concatenate([part.rgb for part in parts])[order]
    # Edges in the colour of the face close the thin gaps that antialiasing leaves between faces.
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
    """Create the corners and triangular faces of a box from its limits along the three axes."""
    corners_m = [[x, y, z] for x in ahead_m for y in left_m for z in up_m]
    return np.array(corners_m, float), _BOX_FACES


_BOX_FACES = np.array(
    [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ]
)  # fmt: skip
