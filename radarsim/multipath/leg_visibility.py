"""Visibility of a body's faces from the mirror images of the radar.

A straight ray from an image of the radar to a face first crosses the mirrored scene and then, after
it has passed the reflecting surface, the scene itself. Objects in either scene can hide the face: a
body between the radar and a wall shadows the part of the wall that would illuminate the body's
back.

With two reflections, the ray first crosses the scene mirrored in both planes, then the scene
mirrored in the second plane only, and then the scene itself. If the planes are perpendicular, it
depends on the face which of them reflects the ray first. The scene is therefore mirrored in either
plane. The mirrored scene that the ray does not cross lies beyond another wall and hides nothing,
because the room is convex.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from radarsim.multipath.legs import Leg
from radarsim.numerics.vectors import cross, dot, norm, transformed
from radarsim.scattering.shadows import may_hide
from radarsim.scattering.visibility import unoccluded


def visible_from(
    leg: Leg,
    centre_m: Float[Array, "face 3"],
    normal: Float[Array, "face 3"],
    corners_m: Float[Array | np.ndarray, "occluder 3 3"],
    tested: Bool[Array, " face"],
) -> Bool[Array, " face"]:
    """Return a mask of the faces that the radar can illuminate along a leg.

    Args:
        leg: leg between the radar and the faces.
        centre_m, normal: centroids and unit normals of the faces in the radar frame [m].
        corners_m: corners of all triangles that may hide a face, counter-clockwise seen from
            outside [m].
        tested: mask of the faces to be tested; all other faces count as hidden.

    Returns:
        Mask of the illuminated faces.
    """
    tested &= faces_image(leg, centre_m, normal)
    targets_m = centre_m - leg.origin_m
    view = _view(jnp.sum(jnp.where(tested[:, None], targets_m, 0.0), axis=0))
    targets_m = transformed(targets_m, view)

    def unhidden(seen, image):
        image_m = _scene_image_m(image, jnp.asarray(corners_m))
        seen_m = transformed(image_m - leg.origin_m, view)
        active = dot(seen_m[:, 0], _outward(seen_m)) < 0
        active &= may_hide(targets_m, seen, seen_m)
        test = partial(unoccluded, targets_m, seen_m, active, seen)
        return jax.lax.cond(jnp.any(active), test, lambda: seen)

    def step(seen, image):
        needed = jnp.any(seen) & image.crossed
        return jax.lax.cond(needed, unhidden, lambda seen, _: seen, seen, image), None

    # With a loop, the test is compiled only once for the scene and all mirrored scenes.
    return jax.lax.scan(step, tested, _scene_images(leg))[0]


class _SceneImage(NamedTuple):
    """Images of the scene that a ray along a leg may cross, stacked along the first axis.

    Attributes:
        matrix, shift_m: map from a point of the scene to the image of the point [m].
        reversing: whether the map reverses the order of a triangle's corners.
        moving: whether the map changes the scene.
        crossed: whether a ray along the leg may cross this image.
    """

    matrix: Float[Array, "image 3 3"]
    shift_m: Float[Array, "image 3"]
    reversing: Bool[Array, " image"]
    moving: Bool[np.ndarray, " image"]
    crossed: Bool[Array, " image"]


def _scene_images(leg: Leg) -> _SceneImage:
    """Return the scene, its image in all planes of the leg, and, for two planes, in each."""
    used, normals = jnp.asarray(leg.used), jnp.asarray(leg.normals)
    matrices, shifts_m = [jnp.eye(3), jnp.asarray(leg.matrix)], [jnp.zeros(3), leg.origin_m]
    reversing, crossed = [False, jnp.sum(used) % 2 == 1], [True, jnp.any(used)]
    for slot in range(len(used) if len(used) > 1 else 0):
        matrices.append(jnp.eye(3) - 2 * jnp.outer(normals[slot], normals[slot]))
        shifts_m.append(2 * jnp.asarray(leg.offset_m)[slot] * normals[slot])
        reversing, crossed = [*reversing, True], [*crossed, jnp.all(used)]
    stacked = map(jnp.stack, (matrices, shifts_m))
    moving = np.arange(len(matrices)) > 0
    return _SceneImage(*stacked, jnp.array(reversing), moving, jnp.array(crossed))


def _scene_image_m(image: _SceneImage, corners_m):
    """Return the corners of the triangles in one image of the scene [m]."""

    def moved_m(corners_m):
        moved_m = transformed(corners_m, image.matrix.T) + image.shift_m
        return jnp.where(image.reversing, moved_m[:, ::-1], moved_m)

    return jax.lax.cond(image.moving, moved_m, lambda corners_m: corners_m, corners_m)


def faces_image(leg: Leg, centre_m, normal) -> Bool[Array, "*batch face"]:
    """Return whether the outer side of each face points towards the image of the radar."""
    return dot(centre_m - leg.origin_m, normal) < 0


def _outward(corners_m):
    """Return the outward normals of triangles, without normalisation."""
    return cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])


def _view(towards_m: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Return a rotation matrix whose first column is the given direction."""
    ahead = towards_m / jnp.maximum(norm(towards_m), 1e-6)
    up = jnp.where(jnp.abs(ahead[2]) < 0.9, jnp.array([0.0, 0.0, 1.0]), jnp.array([0.0, 1.0, 0.0]))
    left = cross(up, ahead)
    left = left / jnp.maximum(norm(left), 1e-6)
    return jax.lax.stop_gradient(jnp.stack([ahead, left, cross(ahead, left)], axis=-1))
