"""Static echoes of furniture, as patches of physical-optics facets with the material's Gamma.

The surface is divided into facets of a few centimetres. A facet reflects with the material's
coefficient at normal incidence and its roughness; what the roughness takes from the coherent echo
is scattered by Lambert's law, with a fixed random phase per facet. Edges and corners that need two
reflections (such as the corner between a cupboard and the floor) are not modelled.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import trimesh
from jaxtyping import Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import make_leg
from radarsim.multipath.static_echoes import NUM_PROBES, StaticEchoes, StaticSource
from radarsim.radar.radar import Radar
from radarsim.scattering.fresnel import fresnel, rough_amplitude
from radarsim.scattering.gaussian_facets import Facets, facets_of, log_weight
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import static_weight
from radarsim.scene.furniture import TriangleMesh
from radarsim.scene.materials import Material
from radarsim.scene.room import Room
from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.exact_sum import dechirped_phase_cycles

# Longest edge of a facet [m], enlarged for scenes with more than MOST_FACETS facets.
EDGE_M = 0.02
MOST_FACETS = 20_000
# Edge of the cells that divide a piece of furniture into patches, which are shadowed one by one.
PATCH_M = 0.3
# Facets whose normals differ by more belong to different sides [rad].
SMOOTH_RAD = np.radians(30)
FACETS_PER_STEP = 512
# Samples of a block, within which a tone is a product of two factors.
SAMPLES_PER_BLOCK = 16
# Least number of facets and vertices to which arrays are padded, so that rooms share programs.
LEAST_FACETS = 2048
# Seed of the phases of rough facets: the echo of a room is the same in every simulation.
PHASE_SEED = 20


def furniture_echoes(
    radar: Radar,
    room: Room,
    meshes: Sequence[TriangleMesh],
    fixed_m: Float[np.ndarray, "occluder 3 3"],
    reflection: ReflectionModel,
    residual_video_phase: bool = True,
) -> tuple[list[StaticSource], StaticEchoes]:
    """Echoes of the visible patches of all furniture.

    Args:
        radar: board whose antennas and waveform are used.
        room: the room whose furniture is simulated.
        meshes: triangles of each piece in the radar frame, from `Room.furniture_meshes`.
        fixed_m: corners of all triangles, which hide each other [m].
        reflection: reflection model of the bodies, of which antenna patterns, filters and delays
            also apply to the echoes of furniture.
        residual_video_phase: whether to keep the phase -S tau^2 / 2.
    """
    area_m2 = sum(trimesh.Trimesh(*mesh, process=False).area for mesh in meshes)
    edge_m = max(EDGE_M, np.sqrt(4 * area_m2 / MOST_FACETS))
    sources, echoes = [], []
    for item, mesh in zip(room.furniture, meshes, strict=True):
        facets = visible_facets(mesh, edge_m, fixed_m)
        if not len(facets.area_m2):
            continue
        weights = _weights(radar, item.material, facets, reflection)
        patches = _patches(facets.centre_m)
        for patch in range(patches.max() + 1):
            chosen = np.flatnonzero(patches == patch)
            centre_m, weight = facets.centre_m[chosen], weights[:, :, chosen]
            samples = _samples(radar, centre_m, weight, residual_video_phase)
            echoes.append((samples, _probes(centre_m, np.abs(weight).mean((0, 1)))))
            sources.append(_source(radar, type(item).__name__.lower(), centre_m, samples))
    return sources, _stacked(radar, echoes)


def visible_facets(
    mesh: TriangleMesh, edge_m: float, fixed_m: Float[np.ndarray, "occluder 3 3"]
) -> Facets:
    """Divide a mesh into facets and return those that the radar sees.

    Args:
        mesh: triangles in the radar frame.
        edge_m: longest edge of a facet [m].
        fixed_m: corners of all triangles that may hide a facet [m].
    """
    whole = trimesh.Trimesh(*mesh, process=False)
    sides = trimesh.graph.smooth_shade(whole, angle=SMOOTH_RAD).split(only_watertight=False)
    parts = [_divided(side, edge_m) for side in sides]
    facets = jax.tree.map(lambda *each: np.concatenate(each), *parts)
    padded = _padded(facets)
    centre_m, normal = (jnp.asarray(each, jnp.float32) for each in (padded.centre_m, padded.normal))
    direct = make_leg([], 1.0, (0.0, 0.0, 1.0), 1)
    tested = jnp.arange(len(centre_m)) < len(facets.area_m2)
    seen = np.asarray(_seen(direct, centre_m, normal, jnp.asarray(fixed_m), tested))
    return jax.tree.map(lambda each: each[seen[: len(facets.area_m2)]], facets)


_seen = jax.jit(visible_from)


def _padded(facets: Facets) -> Facets:
    """Facets with the last facet repeated, so that their number is a power of two."""
    extra = power_of_two(len(facets.area_m2), LEAST_FACETS) - len(facets.area_m2)

    def pad(values):
        return np.pad(values, ((0, extra), *[(0, 0)] * (values.ndim - 1)), mode="edge")

    return jax.tree.map(pad, facets)


def _divided(side: trimesh.Trimesh, edge_m: float) -> Facets:
    """Facets of one smooth side, with normals that are continuous across its triangles."""
    fine = trimesh.Trimesh(
        *trimesh.remesh.subdivide_to_size(side.vertices, side.faces, edge_m, max_iter=20),
        process=False,
    )
    fine.merge_vertices()
    num_vertices, num_faces = len(fine.vertices), len(fine.faces)
    # Padding triangles have all corners at an added vertex, so they change no other normal.
    vertices_m = np.zeros((power_of_two(num_vertices + 1, LEAST_FACETS), 3))
    vertices_m[:num_vertices] = fine.vertices
    faces = np.full((power_of_two(num_faces, LEAST_FACETS), 3), num_vertices)
    faces[:num_faces] = fine.faces
    with jax.enable_x64(True):
        facets = _facets(jnp.asarray(vertices_m), jnp.asarray(faces))
    return jax.tree.map(lambda each: np.asarray(each)[:num_faces], facets)


_facets = jax.jit(facets_of)


def _weights(
    radar: Radar, material: Material, facets: Facets, reflection: ReflectionModel
) -> Complex[np.ndarray, "tx rx facet"]:
    """Complex weight of every facet and antenna pair, without the carrier phase of the path."""
    wavelength_m = radar.chirp.wavelength_m
    wavenumber_per_m = 2 * np.pi / wavelength_m
    gamma = fresnel(material.permittivity(radar.chirp.centre_freq_hz), 1.0).te
    num_facets, padded = len(facets.area_m2), _padded(facets)
    with jax.enable_x64(True):
        coherent = np.asarray(_coherent(radar, padded))[:, :, :num_facets]
    centre_m, normal = facets.centre_m, facets.normal
    range_m = np.linalg.norm(centre_m, axis=-1)
    cosine = np.abs(np.sum(centre_m * normal, axis=-1)) / range_m
    rho = rough_amplitude(material.roughness_m, wavenumber_per_m, cosine)
    # Lambert's law gives the cross-section 4 A cos^2, and a point the weight
    # lambda sqrt(cross-section / 4 pi) / R^2.
    diffuse = wavelength_m * np.sqrt(facets.area_m2 * (1 - rho**2) / np.pi) * cosine / range_m**2
    turns = np.random.default_rng(PHASE_SEED).random(num_facets)
    weight = np.conj(gamma) * rho * coherent
    weight = weight + np.abs(gamma) * diffuse * np.exp(2j * np.pi * turns)
    ends_m = radar.array.tx_m[:, None, None], radar.array.rx_m[:, None]
    of_radar = static_weight(radar, reflection, padded.centre_m, *ends_m)
    return weight * of_radar[..., :num_facets]


@partial(jax.jit, static_argnums=0)
def _coherent(radar: Radar, facets: Facets):
    """Physical-optics weight of every facet and antenna pair for a perfect reflection."""
    tx_m = jnp.asarray(radar.array.tx_m)[:, None, None]
    rx_m = jnp.asarray(radar.array.rx_m)[:, None]
    log_amplitude, cycles = log_weight(2 * np.pi / radar.chirp.wavelength_m, facets, tx_m, rx_m)
    return jnp.exp(log_amplitude + 2j * np.pi * cycles)


def _patches(centre_m: Float[np.ndarray, "facet 3"]) -> np.ndarray:
    """Index of the cell of each facet, in which facets are shadowed together."""
    cells = np.floor(centre_m / PATCH_M).astype(int)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def _samples(radar: Radar, centre_m, weight, residual_video_phase):
    """IF samples of a patch, from exact paths of all antenna pairs.

    A tone is the product of a factor for each block of samples and a factor within the block, so
    the sum over the facets is a product of two matrices.
    """
    chirp, total = radar.chirp, 0.0
    within_s = np.arange(SAMPLES_PER_BLOCK) / chirp.sample_rate_hz
    blocks_s = chirp.sample_times_s[::SAMPLES_PER_BLOCK]
    for start in range(0, len(centre_m), FACETS_PER_STEP):
        some = slice(start, start + FACETS_PER_STEP)
        tx_m, rx_m = (
            np.linalg.norm(centre_m[some] - positions_m[:, None], axis=-1)
            for positions_m in (radar.array.tx_m, radar.array.rx_m)
        )
        path_m = (tx_m[:, None] + rx_m)[..., None]
        first = dechirped_phase_cycles(radar, path_m, blocks_s, residual_video_phase)
        beat_hz = chirp.slope_hz_per_s * path_m / SPEED_OF_LIGHT_MPS
        of_blocks = weight[:, :, some, None] * _phasors(first)
        total = total + np.matmul(np.swapaxes(of_blocks, -1, -2), _phasors(beat_hz * within_s))
    return total.reshape(*total.shape[:2], -1)[..., : chirp.num_samples].astype(np.complex64)


def _phasors(cycles):
    return np.exp(2j * np.pi * cycles)


def _probes(centre_m, strength) -> tuple[np.ndarray, np.ndarray]:
    """Facets that represent a patch in the shadow test; the way back repeats the way out."""
    chosen = np.linspace(0, len(centre_m) - 1, NUM_PROBES).round().astype(int)
    weights = np.zeros((2, NUM_PROBES))
    weights[0] = strength[chosen] / max(strength[chosen].sum(), 1e-300)
    return np.broadcast_to(centre_m[chosen], (2, NUM_PROBES, 3)), weights


def _source(radar: Radar, name: str, centre_m, samples) -> StaticSource:
    """Description of a patch: its mean range and the mean cross-section over the sweep."""
    middle_m = centre_m.mean(0)
    range_m = float(np.linalg.norm(middle_m))
    power = float(np.mean(np.abs(samples) ** 2))
    rcs_m2 = 4 * np.pi * power * range_m**4 / radar.chirp.wavelength_m**2
    return StaticSource(name, range_m, middle_m / range_m, rcs_m2)


def _stacked(radar: Radar, echoes: list) -> StaticEchoes:
    """Stack the patches along the first axis."""
    array, num_samples = radar.array, radar.chirp.num_samples
    shape = (len(echoes), array.num_tx, array.num_rx, num_samples)
    points_m = np.array([points for _, (points, _) in echoes], np.float32)
    weights = np.array([weights for _, (_, weights) in echoes], np.float32)
    return StaticEchoes(
        samples=np.array([samples for samples, _ in echoes], np.complex64).reshape(shape),
        probes_m=points_m.reshape(len(echoes), 2, NUM_PROBES, 3),
        weights=weights.reshape(len(echoes), 2, NUM_PROBES),
    )
