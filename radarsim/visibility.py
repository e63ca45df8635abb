"""Which faces the radar sees: hidden point removal (the paper's) or an occlusion test.

Both look from one point, the radar's phase centre: the array is 1 cm wide, less than an edge.
A mask is a choice of surface, not a smooth quantity: it carries no gradient.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import ConvexHull

from radarsim.mesh import Faces

# Flip radius over the farthest point. On the free body (1.6 cm edges) against ray casting, share of
# the visible energy kept / of the kept energy visible: arms crossing at 3 m .75/1 at 100, .95/1 at
# 1,000, .99/1 at 3,000, .999/1 at 10,000; lying across at 6 m .42/1, .80/1, .91/1, .97/.97.
HPR_RADIUS = 3000.0
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
    window: int | None = None,
) -> Bool[Array, "target"]:
    """Targets that no triangle hides from the origin.

    The ray to a target passes inside a front-facing triangle abc when it lies on the inner side of
    the planes through the origin and each edge, and the triangle hides it when it also lies beyond
    the plane of the triangle. Three products of matrices and no ray: this runs on any device.

    Targets and triangles are sorted along the longer side of the view, so that a block of targets
    meets only the `window` triangles that can lie before it (`window_needed` tells how many).

    Args:
        targets_m: points to be seen [m], radar frame.
        corners_m: corners of the possible occluders [m], second axis the three corners.
        active: triangles to be tested; front faces are enough for a closed surface, because a ray
            that leaves through the back has entered through the front.
        window: triangles tested per block of targets; None for all.

    Returns:
        True where visible.
    """
    num_targets, num_occluders = targets_m.shape[0], corners_m.shape[0]
    window = num_occluders if window is None else min(window, num_occluders)
    strips = _strips(targets_m, corners_m, active)
    planes = _planes(corners_m[strips.occluder_order], active[strips.occluder_order])

    def block(inputs):
        points, first = inputs
        first = jnp.minimum(first, num_occluders - window)
        edges, plane = (
            jax.lax.dynamic_slice_in_dim(part, first, window, axis=-2) for part in planes
        )
        # How far a target is inside a triangle's shadow: the least of four distances.
        depth = jnp.minimum(-_dot(points, edges[0]), -_dot(points, edges[1]))
        depth = jnp.minimum(depth, -_dot(points, edges[2]))
        depth = jnp.minimum(depth, _dot(points, plane) - (1 + PLANE_MARGIN))
        return jnp.max(depth, axis=0) <= 0

    order = strips.target_order
    clear = jax.lax.map(block, (targets_m[order].reshape(-1, TARGETS_PER_BLOCK, 3), strips.first))
    # Padding repeats a target; writing it twice writes the same answer.
    return jnp.zeros(num_targets, bool).at[order].set(clear.reshape(-1))


def window_needed(
    targets_m: Float[Array, "target 3"],
    corners_m: Float[Array, "occluder 3 3"],
    active: Bool[Array, "occluder"],
) -> Int[Array, ""]:
    """Most triangles that a block of targets must be tested against."""
    strips = _strips(targets_m, corners_m, active)
    # The view coordinates y/x and z/x order only what lies ahead.
    ahead = jnp.all(jnp.where(active[:, None], corners_m[..., 0], 1.0) > 0)
    ahead &= jnp.all(targets_m[:, 0] > 0)
    return jnp.where(ahead, jnp.max(strips.last - strips.first), corners_m.shape[0])


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Strips:
    """Targets and occluders in the order of one view coordinate, and who can hide whom."""

    target_order: Int[Array, "padded"]
    occluder_order: Int[Array, "occluder"]
    first: Int[Array, "block"]
    last: Int[Array, "block"]


def _strips(targets_m, corners_m, active) -> _Strips:
    view = targets_m[:, 1:] / targets_m[:, :1]
    # Upright bodies are sorted by elevation, lying ones by azimuth.
    tall = jnp.ptp(view[:, 1]) >= jnp.ptp(view[:, 0])
    coordinate = jnp.where(tall, view[:, 1], view[:, 0])
    corners = corners_m[..., 1:] / corners_m[..., :1]
    corners = jnp.where(tall, corners[..., 1], corners[..., 0])
    middle = jnp.where(active, corners.mean(-1), jnp.inf)
    reach = jnp.max(jnp.where(active, jnp.max(jnp.abs(corners - middle[:, None]), -1), 0.0))
    padding = -len(coordinate) % TARGETS_PER_BLOCK
    target_order = jnp.pad(jnp.argsort(coordinate), (0, padding), mode="edge")
    blocks = coordinate[target_order].reshape(-1, TARGETS_PER_BLOCK)
    occluder_order = jnp.argsort(middle)
    middle = middle[occluder_order]
    first = jnp.searchsorted(middle, blocks[:, 0] - reach, side="left")
    last = jnp.searchsorted(middle, blocks[:, -1] + reach, side="right")
    return _Strips(target_order, occluder_order, first, last)


def _planes(corners_m, active):
    """Edge planes [edge, occluder, 3] through the origin, and face planes, 1 on the face."""
    a, b, c = corners_m[:, 0], corners_m[:, 1], corners_m[:, 2]
    edge_planes = jnp.stack([jnp.cross(a, b), jnp.cross(b, c), jnp.cross(c, a)])
    plane = jnp.cross(b - a, c - a)
    offset = jnp.sum(plane * a, axis=-1, keepdims=True)
    # Inactive and degenerate triangles get a plane that nothing lies beyond.
    usable = active[:, None] & (offset != 0)
    plane = jnp.where(usable, plane / jnp.where(usable, offset, 1.0), 0.0)
    return edge_planes, plane


def _dot(points, normals):
    """Every normal [occluder, 3] with every point [target, 3], as sums that XLA fuses.

    A product of matrices over three numbers would write each [occluder, target] array to memory;
    with the targets last, the largest over the occluders runs along vector registers.
    """
    x, y, z = points[None, :, 0], points[None, :, 1], points[None, :, 2]
    return normals[:, 0, None] * x + normals[:, 1, None] * y + normals[:, 2, None] * z


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
