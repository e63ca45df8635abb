"""Shadows that the other bodies of a scene cast on the faces of one body.

A body usually shadows only a small part of another body, or no part at all. The shadow test is
therefore separate from the self-occlusion test of a body, and uses only those faces of the other
body that can lie in front of a target.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

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
    active &= may_hide(targets_m, selected, corners_m)
    return jax.lax.cond(
        jnp.any(active),
        lambda: unoccluded(targets_m, corners_m, active, selected),
        lambda: selected,
    )


def may_hide(
    targets_m: Float[Array, "target 3"],
    tested: Bool[Array, " target"],
    corners_m: Float[Array, "occluder 3 3"],
) -> Bool[Array, " occluder"]:
    """Return a mask of the triangles that can lie between the origin and a tested target.

    All targets lie in a pyramid with its apex at the origin. A triangle cannot hide a target if all
    corners of the triangle are outside the same face of the pyramid, behind the origin, or beyond
    all targets.

    Args:
        targets_m: points to be tested [m]; the x axis points to their middle, so that they form a
            narrow pyramid, or at least forwards.
        tested: mask of the targets to be tested.
        corners_m: corners of the triangles in the same coordinates [m].

    Returns:
        Mask of the triangles; true for all triangles if a target is not in front of the origin.
    """
    # Untested targets are replaced by a tested target, so that they do not widen the pyramid.
    inside_m = jnp.where(tested[:, None], targets_m, targets_m[jnp.argmax(tested)])
    view = inside_m[:, 1:] / inside_m[:, :1]
    low, high = view.min(axis=0) - VIEW_MARGIN, view.max(axis=0) + VIEW_MARGIN
    ahead_m, across_m = corners_m[..., :1], corners_m[..., 1:]
    outside = jnp.all(across_m > high * ahead_m, axis=1) | jnp.all(across_m < low * ahead_m, axis=1)
    behind = jnp.all(ahead_m <= 0, axis=(1, 2))
    beyond = jnp.all(ahead_m > inside_m[:, 0].max(), axis=(1, 2))
    useless = jnp.any(outside, axis=-1) | behind | beyond
    return jnp.any(tested) & (~useless | jnp.any(inside_m[:, 0] <= 0))
