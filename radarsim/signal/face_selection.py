"""Select the strong, unoccluded faces that point towards the radar, and group them by range.

Most of a body points away from the radar, so weak faces are dropped before the occlusion test.
Arrays of a compiled program have fixed sizes, so the selection also measures the sizes that the sum
requires (array_sizes.py). The selection is discrete and carries no gradient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Shaped

from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.shadows import unshadowed
from radarsim.scattering.visibility import faces_radar, hidden_point_removal, unoccluded
from radarsim.scene.mesh import (
    BurstMesh,
    FaceIndices,
    Surface,
    faces_of,
    frames_of,
    relative_to_radar,
)
from radarsim.signal.array_sizes import RequiredSizes, SumSizes, sum_sizes
from radarsim.signal.face_strength import energy_shares, face_strengths
from radarsim.signal.nufft_kernel import OVERSAMPLING
from radarsim.signal.phase_rates import face_rates, mean_rates
from radarsim.signal.range_groups import (
    FACES_PER_GROUP,
    GroupSpans,
    bins_without_bulk,
    group_by_range,
    group_spans,
    migration_span,
    range_bins,
)
from radarsim.signal.settings import SimulationSettings

# Maximum fraction of an echo's energy in faces without a group; less than float32 rounding.
MOST_LEFT_OUT = 1e-5


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FaceSelection:
    """Faces that are summed in each frame.

    Attributes:
        visible: mask of the faces visible in each visibility block.
        order: face indices sorted by range and divided into groups, -1 for padding.
        share: share of each face in the echo's energy.
        spans: middles and widths of the groups.
        required: sizes that the sum of each frame requires.
    """

    visible: Bool[Array, "*frame block face"]
    order: Int[Array, "*frame place"]
    share: Float[Array, "*frame face"]
    spans: GroupSpans
    required: RequiredSizes


def select_faces(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: FaceIndices,
    others: Sequence[Surface] = (),
) -> FaceSelection:
    """Select the strong, visible faces of every frame, and compute the sizes that the sum requires.

    Args:
        radar: board whose waveform, timing and antennas are used.
        settings: settings that determine the visibility test and the culling.
        reflection: reflection model, which decides which faces are strong.
        mesh: vertices at the nodes of every frame.
        faces: triangles of the mesh.
        others: surfaces of the other bodies in the scene in the same frames, which may shadow the
            faces.
    """
    by_hull = settings.visibility == "hpr"
    on_hull = _hpr_blocks(settings, mesh, faces, others) if by_hull else None
    inputs = mesh, faces, on_hull, tuple(others)
    return _select(radar, settings.without_receiver, reflection, *inputs)


def sizes_of_selection(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    required: RequiredSizes,
) -> SumSizes:
    """Compute static sizes that suffice for all frames.

    Raises:
        InputError: a speed or range extent exceeds what the fast sum can represent.
    """
    # Each of the stacked clips has its own lobe width; the narrowest determines the sizes.
    lobe_rad = float(np.min(np.asarray(reflection.lobe_rad)))
    return sum_sizes(radar, settings.error_budget, required, lobe_rad)


@partial(jax.jit, static_argnums=(0, 1))
def _select(radar, settings, reflection, mesh, faces, on_hull, others):
    other_meshes, other_faces = tuple(zip(*others)) or ((), ())

    def one_frame(inputs):
        frame, hull, meshes = inputs
        around = tuple(map(Surface, meshes, other_faces))
        strength, centre_m = face_strengths(radar, settings, reflection, frame, faces)
        strong = jnp.isfinite(strength)
        by_hull = hull is not None
        visible = (
            hull & strong if by_hull else visible_faces(settings, frame, faces, strong, around)
        )
        order = range_order(radar, frame, faces, visible)
        share = energy_shares(strength, jnp.any(visible, axis=0))
        spans = spans_of(radar, centre_m, order, share)
        required = required_sizes(radar, centre_m, order, share, spans)
        return FaceSelection(visible, order, share, spans, required)

    return batched_map(one_frame, (mesh, on_hull, other_meshes))


def block_weights(settings: SimulationSettings, mesh: BurstMesh) -> Float[np.ndarray, "block node"]:
    """Interpolation weights from the nodes to the centres of the visibility blocks."""
    count = settings.visibility_blocks
    centres = -1 + (2 * np.arange(count) + 1) / count
    nodes = chebyshev_nodes(mesh.origin_high_m.shape[-2])
    return lagrange_weights(nodes, centres).astype(np.float32)


def visible_faces(
    settings: SimulationSettings,
    mesh: BurstMesh,
    faces: FaceIndices,
    strong: Bool[Array, " face"],
    others: Sequence[Surface] = (),
) -> Bool[Array, "block face"]:
    """Test which strong faces are visible at the centre of each block, by occlusion or facing.

    The centroids of the triangles are tested for every reflection model, because the phase point on
    a concave surface lies behind the triangle.

    Args:
        settings: visibility test and number of blocks.
        mesh: mesh of one frame.
        faces: triangles of the mesh.
        strong: faces to be tested.
        others: surfaces of the other bodies in the scene, in the same frame.
    """

    def block(inputs):
        corners_m, others_m = inputs
        if settings.visibility == "none":
            return strong
        surface = faces_of(corners_m, faces)
        front = faces_radar(surface)
        if settings.visibility == "facing":
            return strong & front
        seen = unoccluded(surface.centre_m, corners_m[faces], front, strong & front)
        for other_m, other in zip(others_m, others, strict=True):
            seen = unshadowed(surface.centre_m, seen, other_m, other.faces)
        return seen

    others_m = tuple(block_vertices_m(settings, other.mesh) for other in others)
    return batched_map(block, (block_vertices_m(settings, mesh), others_m))


def block_vertices_m(
    settings: SimulationSettings, mesh: BurstMesh
) -> Float[Array, "block vertex 3"]:
    """Vertices at the centre of each visibility block of a frame, radar frame [m]."""
    vertices_m = mesh.vertices_m + mesh.origin_high_m[:, None]
    return jnp.einsum("bn,nvk->bvk", block_weights(settings, mesh), vertices_m, precision="highest")


def _hpr_blocks(settings, mesh: BurstMesh, faces, others) -> Bool[np.ndarray, "frame block face"]:
    """Apply hidden point removal to the face centres at each visibility block, on the host."""
    weights = block_weights(settings, mesh)

    def centres_m(frame: BurstMesh, faces):
        vertices_m = np.asarray(frame.vertices_m + frame.origin_high_m[:, None], np.float64)
        corners_m = np.einsum("bn,nvk->bvk", weights, vertices_m)
        return corners_m[:, np.asarray(faces)].mean(2)

    def blocks(frames):
        all_m = np.concatenate(list(map(centres_m, frames, all_faces)), axis=1)
        return [hidden_point_removal(each)[: len(faces)] for each in all_m]

    all_meshes, all_faces = zip((mesh, faces), *others)
    return np.array([blocks(frames) for frames in zip(*map(frames_of, all_meshes))])


def range_order(
    radar: Radar, mesh: BurstMesh, faces: FaceIndices, visible: Bool[Array, "block face"]
) -> Int[Array, " place"]:
    """Faces visible in at least one block, in the order of `range_groups.group_by_range`."""
    middle = mesh.vertices_m.shape[0] // 2
    surface = faces_of(mesh.vertices_m[middle], faces)
    surface = relative_to_radar(surface, mesh.origin_high_m[middle])
    return group_by_range(radar, range_bins(radar, surface.centre_m), jnp.any(visible, axis=0))


def spans_of(
    radar: Radar,
    centre_m: Float[Array, "node face 3"],
    order: Int[Array, " place"],
    share: Float[Array, " face"],
) -> GroupSpans:
    """Compute the ranges of the groups of one frame.

    Args:
        radar: board whose sweep and timing are used.
        centre_m: phase point of every face at the nodes, radar frame [m].
        order: visible faces in groups sorted by range, from `range_order`.
        share: share of each face in the echo's energy, from `energy_shares`.
    """
    low, high = migration_span(radar, bins_without_bulk(radar, centre_m, share))
    return group_spans(low[order], high[order], order >= 0)


def required_sizes(
    radar: Radar,
    centre_m: Float[Array, "node face 3"],
    order: Int[Array, " place"],
    share: Float[Array, " face"],
    spans: GroupSpans,
) -> RequiredSizes:
    """Array sizes required by the sum over one frame; four arguments are those of `spans_of`."""
    # A face whose position is not finite has no place in a group and would be omitted silently.
    known = jnp.all(jnp.isfinite(norm(centre_m)))
    middle_bins = spans.middle_cells / OVERSAMPLING
    grouped_share = jnp.sum(jnp.where(order >= 0, share[order], 0.0))
    range_m = norm(centre_m[len(centre_m) // 2])
    return RequiredSizes(
        num_places=jnp.max(jnp.where(order >= 0, jnp.arange(len(order)) + 1, 0)),
        group_bins=spans.widest_bins,
        band_bins=jnp.where(
            jnp.sum(share) - grouped_share < MOST_LEFT_OUT,
            jnp.max(middle_bins) - jnp.min(middle_bins),
            jnp.inf,
        ),
        near_m=jnp.sum(share / range_m**4) ** (-1 / 4),
        rates=jax.tree.map(
            lambda value: jnp.where(known, value, jnp.nan), mean_rates(radar, centre_m, share)
        ),
    )


@partial(jax.jit, static_argnums=0)
def select_points(radar: Radar, mesh: BurstMesh, share: Float[Array, " point"]) -> FaceSelection:
    """Select all points of every frame, with sizes that suffice for the fastest point.

    Args:
        radar: board whose waveform, timing and antennas are used.
        mesh: mesh whose vertices are the points.
        share: share of each point in the echo's energy.
    """

    def one_frame(points):
        centre_m = points.vertices_m + points.origin_high_m[:, None]
        bins = range_bins(radar, centre_m[len(centre_m) // 2])
        every = jnp.ones((1, len(bins)), bool)
        order = group_by_range(radar, bins, every[0])
        spans = spans_of(radar, centre_m, order, share)
        required = required_sizes(radar, centre_m, order, share, spans)
        fastest = jax.tree.map(jnp.max, face_rates(radar, centre_m, share))
        return FaceSelection(every, order, share, spans, replace(required, rates=fastest))

    return batched_map(one_frame, mesh)


def regrouped(
    radar: Radar,
    reflection: ReflectionModel,
    selection: FaceSelection,
    mesh: BurstMesh,
    faces: FaceIndices,
) -> FaceSelection:
    """Keep the selected faces, but recompute the ranges of their groups for a moved mesh.

    Regrouping is needed if the mesh has moved in range since the selection, as during a fit.
    """

    def one_frame(inputs):
        frame, order, share = inputs
        surface = reflection.scatterers(frame.vertices_m, faces)
        centre_m = relative_to_radar(surface, frame.origin_high_m).centre_m
        return spans_of(radar, centre_m, order, share)

    mesh = jax.lax.stop_gradient(mesh)
    return replace(
        selection, spans=batched_map(one_frame, (mesh, selection.order, selection.share))
    )


def padded(values: Shaped[Array, " face"], length: int, fill: float | int) -> Shaped[Array, " lit"]:
    """Return the first `length` values, padded with `fill` if there are fewer."""
    return jnp.pad(values[:length], (0, max(0, length - len(values))), constant_values=fill)


def padded_spans(spans: GroupSpans, num_places: int) -> GroupSpans:
    """Return the first groups of a frame; if there are too few, the last group is repeated."""
    groups = np.minimum(np.arange(num_places // FACES_PER_GROUP), len(spans.middle_cells) - 1)
    return spans._replace(middle_cells=spans.middle_cells[groups])
