"""Which faces the radar sees: hidden point removal (the paper's) or an occlusion test.

Both look from one point, the radar's phase centre: the array is 1 cm wide, less than an edge.
A mask is a choice of surface, not a smooth quantity: it carries no gradient.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import ConvexHull

from radarsim.mesh import Faces

# Flip radius over the farthest point. On a body, 10^2 keeps 99.96 % of the visible energy and adds
# none (10^1 loses 6 %, 10^3 adds 3 % hidden energy): measured against ray casting.
HPR_RADIUS = 100.0
# A face hides what lies 0.01 % of the range behind its plane (0.3 mm at 3 m): less and faces would
# hide their own neighbours by rounding.
PLANE_MARGIN = 1e-4
TARGETS_PER_BLOCK = 128


def hidden_point_removal(
    points_m: Float[np.ndarray, "point 3"], radius: float = HPR_RADIUS
) -> Bool[np.ndarray, "point"]:
    """Points seen from the origin, by spherical flipping and a convex hull.

    Each point is mirrored beyond a sphere around the viewer; those on the convex hull of the
    mirrored points and the viewer are visible.

    Args:
        points_m: positions in the radar frame [m], none at the origin.
        radius: of the sphere, over the farthest point's range.

    Returns:
        True where visible.

    Source:
        Katz, Tal, Basri, "Direct visibility of point sets", SIGGRAPH 2007.
    """
    range_m = np.linalg.norm(points_m, axis=-1, keepdims=True)
    flipped = points_m + 2 * (radius * range_m.max() - range_m) * points_m / range_m
    hull = ConvexHull(np.concatenate([flipped, np.zeros((1, 3))]))
    visible = np.zeros(len(points_m) + 1, bool)
    visible[hull.vertices] = True
    return visible[:-1]


def facing(faces: Faces) -> Bool[Array, "*batch face"]:
    """True where a face turns its outside to the origin."""
    return jnp.sum(faces.centre_m * faces.normal, axis=-1) < 0


def unoccluded(
    targets_m: Float[Array, "target 3"],
    corners_m: Float[Array, "occluder 3 3"],
    active: Bool[Array, "occluder"],
) -> Bool[Array, "target"]:
    """Targets that no triangle hides from the origin, every target against every triangle.

    The ray to a target passes inside a front-facing triangle abc when it lies on the inner side of
    the planes through the origin and each edge, and the triangle hides it when it also lies beyond
    the plane of the triangle. Three products of matrices and no ray: this runs on any device.

    Args:
        targets_m: points to be seen [m], radar frame.
        corners_m: corners of the possible occluders [m], second axis the three corners.
        active: triangles to be tested; front faces are enough for a closed surface, because a ray
            that leaves through the back has entered through the front.

    Returns:
        True where visible.
    """
    a, b, c = corners_m[:, 0], corners_m[:, 1], corners_m[:, 2]
    edge_planes = jnp.stack([jnp.cross(a, b), jnp.cross(b, c), jnp.cross(c, a)])
    plane = jnp.cross(b - a, c - a)
    offset = jnp.sum(plane * a, axis=-1, keepdims=True)
    # Inactive triangles get a plane that nothing lies beyond.
    scaled_plane = jnp.where(active[:, None], plane / jnp.where(active[:, None], offset, 1.0), 0.0)

    def block(points):
        sides = jnp.einsum("pk,enk->epn", points, edge_planes, precision="highest")
        depth = jnp.einsum("pk,nk->pn", points, scaled_plane, precision="highest")
        inside = jnp.max(sides, axis=0) < 0
        return ~jnp.any(inside & (depth > 1 + PLANE_MARGIN), axis=-1)

    padding = -len(targets_m) % TARGETS_PER_BLOCK
    blocks = jnp.pad(targets_m, ((0, padding), (0, 0))).reshape(-1, TARGETS_PER_BLOCK, 3)
    return jax.lax.map(block, blocks).reshape(-1)[: len(targets_m)]


def corners_of(
    vertices_m: Float[Array, "vertex 3"], faces: Int[Array, "face 3"] | Int[np.ndarray, "face 3"]
) -> Float[Array, "face 3 3"]:
    """Corner positions of each triangle [m]."""
    return vertices_m[faces]


def fade(
    visible: Bool[Array, "block face"] | Float[Array, "block face"], num_chirps: int
) -> Float[Array, "chirp face"]:
    """Weights in 0..1 per chirp from masks at the centres of equal blocks of the burst.

    Linear from one centre to the next and flat at both ends: a hard step would splatter the echo of
    the face over all speeds.
    """
    num_blocks = visible.shape[0]
    position = (np.arange(num_chirps) + 0.5) / num_chirps * num_blocks - 0.5
    position = np.clip(position, 0, num_blocks - 1)
    hats = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(num_blocks))).astype(np.float32)
    return jnp.asarray(hats) @ visible.astype(jnp.float32)
