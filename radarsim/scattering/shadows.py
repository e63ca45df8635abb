"""Shadows that the other bodies of a scene cast on the faces of one body.

A body usually shadows only a small part of another body, or no part at all. The shadow test is
therefore separate from the self-occlusion test of a body, and uses only those faces of the other
body that can lie in front of a target.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from radarsim.numerics.vectors import norm
from radarsim.scattering.visibility import faces_radar, unoccluded
from radarsim.scene.mesh import FaceIndices, faces_of

# Margin around the targets' bounding rectangle in view coordinates (1 mm at a range of 1 m).
VIEW_MARGIN = 1e-3


def unshadowed(
    targets_m: Float[Array, "target 3"],
    selected: Bool[Array, " target"],
    vertices_m: Float[Array, "vertex 3"],
    faces: FaceIndices,
) -> Bool[Array, " target"]:
    """Find the selected targets that another body does not hide from the origin.

    The radar illuminates a face and receives the echo along the same line of sight, so one test
    from the phase centre applies to both directions, as in `visibility.unoccluded`.

    Args:
        targets_m: points of one body to be tested [m], radar frame.
        selected: mask of the targets to be tested; all other targets count as hidden.
        vertices_m: vertices of the other body [m], radar frame.
        faces: triangles of the other body.

    Returns:
        Mask of the visible targets.
    """
    corners_m = vertices_m[faces]
    active = faces_radar(faces_of(vertices_m, faces))
    active &= may_shadow(targets_m, selected, corners_m)
    return jax.lax.cond(
        jnp.any(active),
        lambda: unoccluded(targets_m, corners_m, active, selected),
        lambda: selected,
    )


def may_shadow(
    targets_m: Float[Array, "target 3"],
    selected: Bool[Array, " target"],
    corners_m: Float[Array, "occluder 3 3"],
) -> Bool[Array, " occluder"]:
    """Find the triangles that can lie in front of a selected target.

    These triangles overlap the bounding rectangle of the targets in the view coordinates y/x and
    z/x, and are nearer than the farthest target. View coordinates are valid only for points in
    front of the radar, so every triangle is kept if any target or corner is not in front of the
    radar.

    Args:
        targets_m: points to be tested [m], radar frame.
        selected: mask of the targets to be tested.
        corners_m: corners of the triangles [m]; the second axis holds the three corners.
    """
    # Unselected targets are replaced by a selected target, so that the bounds do not change.
    tested_m = jnp.where(selected[:, None], targets_m, targets_m[jnp.argmax(selected)])
    low, high = (extreme(_view(tested_m), axis=0) for extreme in (jnp.min, jnp.max))
    corners = _view(corners_m)
    overlaps = (corners.max(axis=1) >= low - VIEW_MARGIN) & (
        corners.min(axis=1) <= high + VIEW_MARGIN
    )
    nearer = norm(corners_m).min(axis=1) < norm(tested_m).max()
    ahead = jnp.all(tested_m[:, 0] > 0) & jnp.all(corners_m[..., 0] > 0)
    return jnp.any(selected) & ((overlaps.all(axis=-1) & nearer) | ~ahead)


def _view(points_m: Float[Array, "*batch 3"]) -> Float[Array, "*batch 2"]:
    """Return the view coordinates y/x and z/x of points in front of the radar."""
    return points_m[..., 1:] / points_m[..., :1]
