"""A clip of frames: the host sizes each step, the device runs it.

Two compiled steps: which faces are bright and seen (`choose`), and their sum. Arrays of a compiled
program have fixed sizes, so in between the host takes the largest of the clip and rounds it up. The
sum is differentiable in the mesh, its origin and sigma; what was picked before it is a choice and
carries no gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from radarsim.coordinates import split_float64
from radarsim.numerics.batched_map import in_turns
from radarsim.radar.config import Radar
from radarsim.scattering.reflection import POINTS, reflection_of
from radarsim.scattering.visibility import hidden_point_removal
from radarsim.scene.mesh import FaceIndices, Faces
from radarsim.signal.array_sizes import Extent, Sizes, range_bins, sizes_for
from radarsim.signal.fast_frame import (
    Burst,
    block_nodes,
    bright_faces,
    extent,
    fast_frame,
    look,
    order_of,
    padded,
    shares,
    sum_faces,
)
from radarsim.signal.phase_rates import pace_of_each
from radarsim.signal.range_groups import by_range
from radarsim.signal.settings import Settings

# A program takes 17 MB for as long as it is kept, and 0.3 s to be loaded from the disk again. Clips
# of a corpus share few sizes, but a week of them would meet all there are.
MOST_PROGRAMS = 8


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Choice:
    """What a clip's sum runs over.

    Attributes:
        seen: the faces seen, per frame and visibility block.
        order: those of each frame by range and in groups, -1 where there is none.
        share: of each face in the echo's energy.
        sizes: of the sum's arrays.
    """

    seen: Bool[Array, "frame block face"]
    order: Int[Array, "frame place"]
    share: Float[Array, "frame face"]
    sizes: Sizes


def make_burst(
    vertices_m: Float[Array, "frame node vertex 3"] | Float[np.ndarray, "frame node vertex 3"],
    origin_m: Float[np.ndarray, "frame node 3"] | None,
) -> Burst:
    """Vertices relative to an origin given in float64; None is the radar."""
    vertices_m = jnp.asarray(vertices_m, jnp.float32)
    origin_m = np.zeros((*vertices_m.shape[:2], 3)) if origin_m is None else origin_m
    high, low = split_float64(np.asarray(origin_m, np.float64))
    return Burst(vertices_m, jnp.asarray(high), jnp.asarray(low))


def choose(
    radar: Radar, settings: Settings, burst: Burst, faces: FaceIndices, sigma_rad: float
) -> Choice:
    """Pick what the fast sum needs: bright and visible faces, and how large its arrays must be."""
    picked, needed = pick(radar, settings, burst, faces, sigma_rad)
    return Choice(*picked, sized(radar, settings, needed, sigma_rad))


def pick(
    radar: Radar,
    settings: Settings,
    burst: Burst,
    faces: FaceIndices,
    sigma_rad: Float[Array, ""] | float,
) -> tuple[tuple[Array, Array, Array], Extent]:
    """What a `Choice` holds but its sizes; and what those must hold, by frame."""
    hull = _hpr_blocks(settings, burst, faces) if settings.visibility == "hpr" else None
    *picked, needed = _choose(radar, settings.echo, burst, faces, hull, sigma_rad)
    return tuple(picked), needed


def sized(radar: Radar, settings: Settings, needed: Extent, sigma_rad: float) -> Sizes:
    """Sizes that hold all those frames."""
    lobe_rad = float(reflection_of(radar, settings.reflection).lobe_rad(sigma_rad))
    return sizes_for(radar, settings.accuracy, needed, lobe_rad)


def fast_clip(
    radar: Radar,
    settings: Settings,
    choice: Choice,
    burst: Burst,
    faces: FaceIndices,
    sigma_rad: Float[Array, ""] | float,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of every frame without the level constant; differentiable."""
    return sum_of_sizes(radar, settings.echo, choice.sizes)(choice, burst, faces, sigma_rad)


def fast_points(
    radar: Radar, settings: Settings, burst: Burst, area_m2: Float[np.ndarray, "point"]
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of moving points, every one of them summed."""
    lit = jnp.ones(len(area_m2), bool)
    share = shares(jnp.log(area_m2), lit)
    order, needed = _order_points(radar, burst, share)
    # Each place of its own: the pace of the fastest counts, and weights do not lean on angles.
    sizes = sizes_for(radar, settings.accuracy, needed, np.inf)
    return _sum_points(radar, settings.echo, sizes, burst, order, area_m2, share)


@partial(jax.jit, static_argnums=(0, 1))
def _choose(radar, settings, burst, faces, hull, sigma_rad):
    """Per frame: what a `Choice` holds and the sum needs; `hull` from hidden point removal."""
    model = reflection_of(radar, settings.reflection)

    def one(inputs):
        frame, on_hull = inputs
        strength, near_m = bright_faces(radar, settings, model, frame, faces, sigma_rad)
        bright = jnp.isfinite(strength)
        seen = look(settings, frame, faces, bright) if hull is None else on_hull & bright
        order = order_of(radar, frame, faces, seen)
        share = shares(strength, jnp.any(seen, axis=0))
        return seen, order, share, extent(radar, near_m, order, share)

    return in_turns(one, (burst, hull))


@lru_cache(maxsize=MOST_PROGRAMS)
def sum_of_sizes(radar: Radar, settings: Settings, sizes: Sizes) -> Callable:
    """The compiled sum, of `Settings.echo`; those of the sizes used last are kept."""
    del sizes  # part of `Choice`; here it tells programs apart
    return jax.jit(partial(_sum, radar, settings))


def _sum(radar, settings, choice, burst, faces, sigma_rad):
    model = reflection_of(radar, settings.reflection)

    # A backward pass makes each frame again: what all frames need for it would be 40 MB each.
    @partial(jax.checkpoint, prevent_cse=False)
    def one(inputs):
        frame, *picked = inputs
        return fast_frame(radar, settings, choice.sizes, model, frame, faces, *picked, sigma_rad)

    return in_turns(one, (burst, choice.seen, choice.order, choice.share))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _sum_points(radar, settings, sizes, burst, order, area_m2, share):
    def one(inputs):
        points, places = inputs
        pick = padded(places, sizes.num_lit, -1)
        surface = points_as_faces(points.vertices_m[:, pick], area_m2[pick])
        real = pick >= 0
        visible = jnp.broadcast_to(real, (radar.frame.num_chirps, len(pick))).astype(jnp.float32)
        each = visible, jnp.where(real, share[pick], 0.0)
        return sum_faces(radar, settings, sizes, POINTS, surface, points, *each, 0.0)

    return in_turns(one, (burst, order))


@partial(jax.jit, static_argnums=0)
def _order_points(radar, burst, share):
    """Per frame: the points in groups, and what their sum needs; the pace is the fastest's."""

    def one(points):
        near_m = points.vertices_m + points.origin_high_m[:, None]
        bins = range_bins(radar, near_m[len(near_m) // 2])
        order = by_range(radar, bins, jnp.ones(len(bins), bool))
        needed = extent(radar, near_m, order, share)
        pace = pace_of_each(radar, near_m, share)
        return order, replace(needed, pace=jax.tree.map(jnp.max, pace))

    return in_turns(one, burst)


def points_as_faces(positions_m, area_m2) -> Faces:
    """Points as faces without a side."""
    area = jnp.broadcast_to(area_m2, positions_m.shape[:-1])
    return Faces(positions_m, jnp.zeros_like(positions_m), area)


def _hpr_blocks(settings, burst: Burst, faces) -> Bool[np.ndarray, "frame block face"]:
    """Hidden point removal of the face centres at each visibility block, on the host."""
    weights = block_nodes(settings, burst)

    def blocks(one: Burst):
        vertices_m = np.asarray(one.vertices_m + one.origin_high_m[:, None], np.float64)
        moved = np.einsum("bn,nvk->bvk", weights, vertices_m)
        return [hidden_point_removal(corners[np.asarray(faces)].mean(1)) for corners in moved]

    return np.array([blocks(one) for one in frames_of(burst)])


def frames_of(burst: Burst) -> list[Burst]:
    """One burst per frame."""

    def frame(index):
        return jax.tree.map(lambda part: part[index], burst)

    return [frame(index) for index in range(len(burst.vertices_m))]
