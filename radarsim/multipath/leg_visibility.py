"""Visibility of a body's faces from the images of the radar.

Along the straight line from an image to a face, the ray first crosses the mirrored scene and then,
behind the surface, the scene itself. Both can hide the face: a body that stands between the radar
and a wall shadows the wall that would illuminate its back.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from radarsim.multipath.legs import Leg
from radarsim.numerics.vectors import cross, dot, norm
from radarsim.scattering.visibility import unoccluded


def visible_from(
    leg: Leg,
    centre_m: Float[Array, "face 3"],
    normal: Float[Array, "face 3"],
    corners_m: Float[Array | np.ndarray, "occluder 3 3"],
    tested: Bool[Array, " face"],
) -> Bool[Array, " face"]:
    """Find the faces that the radar can illuminate along one leg.

    Args:
        leg: the leg.
        centre_m, normal: centroids and unit normals of the faces, radar frame [m].
        corners_m: corners of all triangles that may hide a face, counter-clockwise seen from
            outside [m].
        tested: faces to be tested; all others count as hidden.

    Returns:
        Mask of the illuminated faces.
    """
    tested &= faces_image(leg, centre_m, normal)
    # Mirroring reverses the order of the corners.
    images_m = jnp.matmul(corners_m, jnp.transpose(leg.matrix), precision="highest")
    images_m = (images_m + leg.origin_m)[:, ::-1]
    bounced = jnp.any(leg.used)
    seen_m = jnp.concatenate([corners_m, images_m]) - leg.origin_m
    active = dot(seen_m[:, 0], _outward(seen_m)) < 0
    # Without a reflection, there is no mirrored scene.
    num = len(corners_m)
    active &= jnp.concatenate([jnp.ones(num, bool), jnp.broadcast_to(bounced, (num,))])
    targets_m = centre_m - leg.origin_m
    view = _view(jnp.sum(jnp.where(tested[:, None], targets_m, 0.0), axis=0))
    targets_m, seen_m = (
        jnp.matmul(points_m, view, precision="highest") for points_m in (targets_m, seen_m)
    )
    return unoccluded(targets_m, seen_m, active, tested)


def faces_image(leg: Leg, centre_m, normal) -> Bool[Array, "*batch face"]:
    """Whether the outer side of each face points towards the image of the radar."""
    return dot(centre_m - leg.origin_m, normal) < 0


def _outward(corners_m):
    """Normals of triangles, not normalised."""
    return cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])


def _view(towards_m: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Rotation matrix whose columns are a direction and two perpendicular unit vectors."""
    ahead = towards_m / jnp.maximum(norm(towards_m), 1e-6)
    up = jnp.where(jnp.abs(ahead[2]) < 0.9, jnp.array([0.0, 0.0, 1.0]), jnp.array([0.0, 1.0, 0.0]))
    left = cross(up, ahead)
    left = left / jnp.maximum(norm(left), 1e-6)
    return jax.lax.stop_gradient(jnp.stack([ahead, left, cross(ahead, left)], axis=-1))
