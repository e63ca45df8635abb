"""One radar frame on the device: from the surface at the nodes of a burst to its IF samples.

Bright faces are picked first (most of a body looks elsewhere), then tested for occlusion, then
summed. Their numbers differ from frame to frame, compiled programs do not: loops end where a frame
needs no more, and arrays of the sum are as large as the host has asked for (sizes.py).
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int, Shaped

from radarsim.numerics.batched_map import in_turns
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.numerics.vectors import norm
from radarsim.radar.config import Radar
from radarsim.scattering.reflection import Reflection, weights_at_nodes
from radarsim.scattering.visibility import facing, fade, unoccluded
from radarsim.scene.mesh import FaceIndices, Faces, faces_of
from radarsim.signal.array_sizes import (
    FACES_PER_GROUP,
    Extent,
    Sizes,
    bins_of,
    needed_bins,
    range_bins,
    steady_bins,
)
from radarsim.signal.fast_sum import fast_sum
from radarsim.signal.nufft_kernel import Plan
from radarsim.signal.path_polynomials import legs_at_nodes
from radarsim.signal.phase_rates import pace_of
from radarsim.signal.range_groups import by_range, group_spans, middle_cells
from radarsim.signal.settings import Settings

# Part of an echo's energy for which there may be no group: less than what rounding makes of it.
MOST_LEFT_OUT = 1e-5


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Burst:
    """A mesh at the nodes of one burst, or of many along a leading frame axis.

    Attributes:
        vertices_m: corners relative to the origin [m].
        origin_high_m, origin_low_m: the origin in the radar frame [m], a float64 in two parts
            (coordinates.split_float64).
    """

    vertices_m: Float[Array, "*frame node vertex 3"]
    origin_high_m: Float[Array, "*frame node 3"]
    origin_low_m: Float[Array, "*frame node 3"]


def placed(surface: Faces, origin_m: Float[Array, "*node 3"]) -> Faces:
    """The same faces counted from the radar instead of from the body's origin."""
    return replace(surface, centre_m=surface.centre_m + origin_m[..., None, :])


def strengths(
    radar: Radar, settings: Settings, model: Reflection, near: Faces, sigma_rad
) -> Float[Array, "face"]:
    """Largest log-amplitude of each face over the nodes; -inf where it is not worth summing.

    That is: it never faces the radar, or stays below the threshold. Looked at from the middle of
    the array.
    """
    middle_m = (
        jnp.asarray(each.mean(0), jnp.float32) for each in (radar.array.tx_m, radar.array.rx_m)
    )
    strength, _ = model.log_weight(near, *middle_m, sigma_rad)
    # Hidden point removal knows no sides, and neither does the paper.
    if settings.visibility in ("occlusion", "facing"):
        strength = jnp.where(facing(near), strength, -jnp.inf)
    strength = jnp.max(strength, axis=0)
    if not settings.threshold:
        return strength
    lowest = np.log(settings.threshold) - seen_aside(radar, settings, model, near, sigma_rad)
    return jnp.where(strength >= jnp.max(strength) + lowest, strength, -jnp.inf)


def seen_aside(radar: Radar, settings: Settings, model: Reflection, near: Faces, sigma_rad):
    """How much brighter (in log-amplitude) a face at the threshold may be for an outer antenna.

    At the threshold exp(-a^2 / lobe^2) an antenna aside by an angle b has exp(2 a b / lobe^2) times
    that: with lobes of 0.35 rad, 2 m away, 12 dB for a cascade of 0.3 m, 0.5 dB for a single chip.
    """
    lobe_rad = model.lobe_rad(sigma_rad)
    if not isinstance(lobe_rad, jax.Array) and not 0 < lobe_rad < np.inf:
        return 0.0
    aside_m = sum(
        np.linalg.norm(each - each.mean(0), axis=-1).max()
        for each in (radar.array.tx_m, radar.array.rx_m)
    )
    angle_rad = np.float32(aside_m) / jnp.min(norm(near.centre_m))
    return 2 * np.sqrt(-np.log(settings.threshold)) * angle_rad / lobe_rad


def block_nodes(settings: Settings, burst: Burst) -> Float[np.ndarray, "block node"]:
    """Weights that carry the nodes to the centres of the visibility blocks."""
    count = settings.visibility_blocks
    centres = -1 + (2 * np.arange(count) + 1) / count
    nodes = chebyshev_nodes(burst.origin_high_m.shape[-2])
    return lagrange_weights(nodes, centres).astype(np.float32)


def bright_faces(
    radar: Radar, settings: Settings, model: Reflection, burst: Burst, faces: FaceIndices, sigma_rad
) -> tuple[Float[Array, "face"], Float[Array, "node face 3"]]:
    """Of all faces, before any is hidden: strength (of `strengths`) and phase point."""

    def at_node(inputs):
        vertices_m, origin_m = inputs
        return placed(model.surface_of(vertices_m, faces), origin_m)

    # A loop, as what leaves one is kept: XLA would gather corners anew wherever they are used.
    near = in_turns(at_node, (burst.vertices_m, burst.origin_high_m))
    return strengths(radar, settings, model, near, sigma_rad), near.centre_m


def look(
    settings: Settings, burst: Burst, faces: FaceIndices, bright: Bool[Array, "face"]
) -> Bool[Array, "block face"]:
    """Which of the bright faces are seen at the centre of each block; not for hidden point removal.

    The centroids of the triangles are tested for every reflection: a phase point on a hollow lies
    behind its own triangle.

    Args:
        settings: which test, and how many blocks.
        burst: the mesh at the nodes.
        faces: its triangles.
        bright: faces to be tested.
    """
    vertices_m = burst.vertices_m + burst.origin_high_m[:, None]
    vertices_m = jnp.einsum(
        "bn,nvk->bvk", block_nodes(settings, burst), vertices_m, precision="highest"
    )

    def block(corners_m):
        if settings.visibility == "none":
            return bright
        surface = faces_of(corners_m, faces)
        front = facing(surface)
        if settings.visibility == "facing":
            return bright & front
        return unoccluded(surface.centre_m, corners_m[faces], front, bright & front)

    return in_turns(block, vertices_m)


def order_of(
    radar: Radar, burst: Burst, faces: FaceIndices, seen: Bool[Array, "block face"]
) -> Int[Array, "place"]:
    """Faces seen in any block, of `groups.by_range`."""
    middle = burst.vertices_m.shape[0] // 2
    near = placed(faces_of(burst.vertices_m[middle], faces), burst.origin_high_m[middle])
    return by_range(radar, range_bins(radar, near.centre_m), jnp.any(seen, axis=0))


def shares(strength: Float[Array, "face"], lit: Bool[Array, "face"]) -> Float[Array, "face"]:
    """Part of each face in the echo's energy; they add up to 1, if any is lit."""
    strength = jnp.where(lit, strength, -jnp.inf)
    strongest = jnp.max(strength)
    power = jnp.exp(2 * (strength - jnp.where(jnp.isfinite(strongest), strongest, 0.0)))
    return power / jnp.maximum(jnp.sum(power), 1e-30)


def extent(
    radar: Radar,
    near_m: Float[Array, "node face 3"],
    order: Int[Array, "place"],
    share: Float[Array, "face"],
) -> Extent:
    """What the sum of this frame needs room for."""
    low, high = bins_of(radar, steady_bins(radar, near_m, share))
    # A face in no place has no strength, and would be left out without a word.
    known = jnp.all(jnp.isfinite(high - low))
    low, high = group_spans(low[order], high[order], order >= 0)
    middle_bins = middle_cells(low, high, Plan.oversampling) / Plan.oversampling
    placed_share = jnp.sum(jnp.where(order >= 0, share[order], 0.0))
    range_m = norm(near_m[len(near_m) // 2])
    return Extent(
        num_lit=jnp.max(jnp.where(order >= 0, jnp.arange(len(order)) + 1, 0)),
        group_bins=jnp.max(high - low),
        band_bins=jnp.where(
            jnp.sum(share) - placed_share < MOST_LEFT_OUT,
            jnp.max(middle_bins) - jnp.min(middle_bins),
            jnp.inf,
        ),
        near_m=jnp.sum(share / range_m**4) ** (-1 / 4),
        pace=jax.tree.map(
            lambda value: jnp.where(known, value, jnp.nan), pace_of(radar, near_m, share)
        ),
    )


def padded(values: Shaped[Array, "face"], length: int, fill: float | int) -> Shaped[Array, "lit"]:
    """The first so many places, filled up where there are fewer."""
    return jnp.pad(values[:length], (0, max(0, length - len(values))), constant_values=fill)


def fast_frame(
    radar: Radar,
    settings: Settings,
    sizes: Sizes,
    model: Reflection,
    burst: Burst,
    faces: FaceIndices,
    seen: Bool[Array, "block face"],
    order: Int[Array, "place"],
    share: Float[Array, "face"],
    sigma_rad,
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        settings: static choices.
        sizes: large enough for every frame.
        model: of reflection.py.
        burst: the mesh at the nodes.
        faces: its triangles.
        seen: bright and visible faces per block.
        order: of `order_of`.
        share: of `shares`.
        sigma_rad: lobe width of the model [rad].
    """
    pick = padded(order, sizes.num_lit, -1)
    share = jnp.where(pick >= 0, share[pick], 0.0)
    visible = fade(seen[:, pick], radar.frame.num_chirps) * (pick >= 0)
    surface = model.surface_of(burst.vertices_m, faces, faces[pick])
    return sum_faces(radar, settings, sizes, model, surface, burst, visible, share, sigma_rad)


def sum_faces(
    radar: Radar,
    settings: Settings,
    sizes: Sizes,
    model: Reflection,
    surface: Faces,
    burst: Burst,
    visible: Float[Array, "chirp face"],
    share: Float[Array, "face"],
    sigma_rad,
) -> Complex[Array, "chirp tx rx sample"]:
    """Reflection at the nodes, for each antenna against the centre of the others, then the sum.

    Args:
        surface: the faces to be summed, in groups.
        visible: weight of each, 0 for padding.
        share: of each in the echo's energy.
    """
    near = placed(surface, burst.origin_high_m)
    low, high = bins_of(radar, steady_bins(radar, near.centre_m, share))
    low, high = group_spans(low, high, jnp.any(visible > 0, axis=0))
    weights = weights_at_nodes(radar, model, near, sigma_rad, sizes.by_pairs)
    origin_m = (burst.origin_high_m, burst.origin_low_m)
    legs = legs_at_nodes(radar, surface.centre_m, origin_m, settings.residual_video_phase)
    plan = Plan(
        num_cells=sizes.num_cells,
        faces_per_group=FACES_PER_GROUP,
        num_terms=sizes.num_terms,
        span_bins=settings.accuracy.span_bins(sizes.num_terms),
        chirps_per_block=sizes.chirps_per_block,
        shift_powers=sizes.shift_powers,
        own_bend=sizes.own_bend,
        kernel_width=settings.accuracy.kernel_width,
        precision=settings.accuracy.precision,
    )
    middle = middle_cells(low, high, plan.oversampling)
    samples = fast_sum(radar, plan, legs, weights, visible, share, middle)
    # Beyond its range a series grows without bound: better no number at all.
    return jnp.where(needed_bins(jnp.max(high - low)) <= plan.span_bins, samples, jnp.nan)
