"""Static echoes of furniture, by physical optics with the reflection of the material.

The surface is divided into facets of a few centimetres. Each facet reflects with the material's
reflection coefficient at normal incidence, reduced by the surface roughness. The energy that
roughness removes from the coherent echo is scattered diffusely by Lambert's law, with a fixed
random phase per facet. Echoes with two reflections, such as in the corner between a cupboard and
the floor, are not modelled.
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
from radarsim.multipath.legs import direct_leg
from radarsim.multipath.static_echoes import NUM_PROBES, StaticEchoes, StaticSource, stacked
from radarsim.radar.radar import Radar
from radarsim.scattering.fresnel import fresnel, rough_amplitude
from radarsim.scattering.gaussian_facets import Facets, facets_of, log_weight
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import static_weight
from radarsim.scene.furniture import PRISM_RADIUS_M, Cylinder, Furniture, TriangleMesh
from radarsim.scene.materials import Material
from radarsim.scene.room import Room
from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.exact_sum import dechirped_phase_cycles

# Maximum length of a facet's edge [m], increased for scenes with more than MOST_FACETS facets.
EDGE_M = 0.02
MOST_FACETS = 20_000
# Edge of the cells that divide furniture into patches, each of which is shadowed separately [m].
PATCH_M = 0.3
# Facets belong to different sides if their normals differ by more than this angle [rad].
SMOOTH_RAD = np.radians(30)
FACETS_PER_STEP = 512
# Number of IF samples per block; a tone is the product of a block factor and an in-block factor.
SAMPLES_PER_BLOCK = 16
# Minimum padded number of facets and vertices, so that different rooms share compiled programs.
LEAST_FACETS = 2048
# Seed of the random phases of rough facets, fixed so that a room's echo is reproducible.
PHASE_SEED = 20


def furniture_echoes(
    radar: Radar,
    room: Room,
    meshes: Sequence[TriangleMesh],
    fixed_m: Float[np.ndarray, "occluder 3 3"],
    reflection: ReflectionModel,
    residual_video_phase: bool = True,
) -> tuple[list[StaticSource], StaticEchoes]:
    """Return the static echoes of the visible patches of all furniture.

    Args:
        radar: board whose antennas and waveform are used.
        room: the room whose furniture is simulated.
        meshes: triangles of each piece in the radar frame, from `Room.furniture_meshes`.
        fixed_m: corners of the triangles of all furniture, which can hide each other [m].
        reflection: reflection model of the bodies, whose antenna patterns, filters and delays also
            apply to the echoes of furniture.
        residual_video_phase: whether to keep the phase -S tau^2 / 2.
    """
    area_m2 = sum(trimesh.Trimesh(*mesh, process=False).area for mesh in meshes)
    edge_m = max(EDGE_M, np.sqrt(4 * area_m2 / MOST_FACETS))
    sources, samples, probes = [], [], []
    for item, mesh in zip(room.furniture, meshes, strict=True):
        facets = visible_facets(_rounded(item, mesh), edge_m, fixed_m)
        if not len(facets.area_m2):
            continue
        weights = _weights(radar, item.material, facets, reflection)
        patches = _patches(facets.centre_m)
        for patch in range(patches.max() + 1):
            chosen = np.flatnonzero(patches == patch)
            centre_m, weight = facets.centre_m[chosen], weights[:, :, chosen]
            samples.append(_samples(radar, centre_m, weight, residual_video_phase))
            probes.append(_probes(centre_m, np.abs(weight).mean((0, 1))))
            sources.append(_source(radar, type(item).__name__.lower(), centre_m, samples[-1]))
    return sources, stacked(radar, samples, probes)


def _rounded(item: Furniture, mesh: TriangleMesh) -> TriangleMesh:
    """Return the fine mesh of a wide cylinder in the radar frame, and `mesh` for other furniture.

    The vertices of the prism in both frames determine the map from the world to the radar frame.
    """
    if not isinstance(item, Cylinder) or item.radius_m <= PRISM_RADIUS_M:
        return mesh
    fine, prism = item.fine_mesh(), item.mesh()
    known_m, wanted_m = (
        np.pad(each.vertices_m, ((0, 0), (0, 1)), constant_values=1.0) for each in (prism, fine)
    )
    to_radar = np.linalg.lstsq(known_m, mesh.vertices_m)[0]
    return TriangleMesh(wanted_m @ to_radar, fine.faces)


def visible_facets(
    mesh: TriangleMesh, edge_m: float, fixed_m: Float[np.ndarray, "occluder 3 3"]
) -> Facets:
    """Divide a mesh into facets and return the facets that are visible from the radar.

    Args:
        mesh: triangles in the radar frame.
        edge_m: maximum length of a facet's edge [m].
        fixed_m: corners of all triangles that may hide a facet [m].
    """
    whole = trimesh.Trimesh(*mesh, process=False)
    shaded = trimesh.graph.smooth_shade(whole, angle=SMOOTH_RAD)
    # A repair would close the holes of open sides, and needs the package networkx.
    sides = shaded.split(only_watertight=False, repair=False)
    parts = [_divided(side, edge_m) for side in sides]
    facets = jax.tree.map(lambda *each: np.concatenate(each), *parts)
    padded = _padded(facets)
    centre_m, normal = (jnp.asarray(each, jnp.float32) for each in (padded.centre_m, padded.normal))
    tested = jnp.arange(len(centre_m)) < len(facets.area_m2)
    seen = np.asarray(_seen(direct_leg(), centre_m, normal, jnp.asarray(fixed_m), tested))
    return jax.tree.map(lambda each: each[seen[: len(facets.area_m2)]], facets)


_seen = jax.jit(visible_from)


def _padded(facets: Facets) -> Facets:
    """Repeat the last facet until the number of facets is a power of two."""
    extra = power_of_two(len(facets.area_m2), LEAST_FACETS) - len(facets.area_m2)

    def pad(values):
        return np.pad(values, ((0, extra), *[(0, 0)] * (values.ndim - 1)), mode="edge")

    return jax.tree.map(pad, facets)


def _divided(side: trimesh.Trimesh, edge_m: float) -> Facets:
    """Divide one smooth side into facets, with continuous normals across its triangles."""
    fine = trimesh.Trimesh(
        *trimesh.remesh.subdivide_to_size(side.vertices, side.faces, edge_m, max_iter=20),
        process=False,
    )
    fine.merge_vertices()
    num_vertices, num_faces = len(fine.vertices), len(fine.faces)
    # All corners of a padding triangle are at an added vertex, so other normals do not change.
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
    """Return the complex weight of every facet and antenna pair, without the carrier phase."""
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
    # By Lambert's law, the RCS of a facet is 4 A cos^2; the weight of a point target is
    # lambda sqrt(RCS / 4 pi) / R^2.
    diffuse = wavelength_m * np.sqrt(facets.area_m2 * (1 - rho**2) / np.pi) * cosine / range_m**2
    turns = np.random.default_rng(PHASE_SEED).random(num_facets)
    weight = np.conj(gamma) * rho * coherent
    weight = weight + np.abs(gamma) * diffuse * np.exp(2j * np.pi * turns)
    ends_m = radar.array.tx_m[:, None, None], radar.array.rx_m[:, None]
    of_radar = static_weight(radar, reflection, padded.centre_m, *ends_m)
    return weight * of_radar[..., :num_facets]


@partial(jax.jit, static_argnums=0)
def _coherent(radar: Radar, facets: Facets):
    """Return the physical-optics weight of every facet and antenna pair for a perfect reflector."""
    tx_m = jnp.asarray(radar.array.tx_m)[:, None, None]
    rx_m = jnp.asarray(radar.array.rx_m)[:, None]
    log_amplitude, cycles = log_weight(2 * np.pi / radar.chirp.wavelength_m, facets, tx_m, rx_m)
    return jnp.exp(log_amplitude + 2j * np.pi * cycles)


def _patches(centre_m: Float[np.ndarray, "facet 3"]) -> np.ndarray:
    """Return the patch index of each facet; the facets of a patch are shadowed together."""
    cells = np.floor(centre_m / PATCH_M).astype(int)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def _samples(radar: Radar, centre_m, weight, residual_video_phase):
    """Return the IF samples of a patch from the exact path lengths of all antenna pairs.

    Each sample of a tone is the product of one factor for its block of samples and one for its
    position in the block, so the sum over all facets is a matrix product.
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
    """Choose the facets that represent a patch in the shadow test, equal for both directions."""
    chosen = np.linspace(0, len(centre_m) - 1, NUM_PROBES).round().astype(int)
    weights = np.zeros((2, NUM_PROBES))
    weights[0] = strength[chosen] / max(strength[chosen].sum(), 1e-300)
    return np.broadcast_to(centre_m[chosen], (2, NUM_PROBES, 3)), weights


def _source(radar: Radar, name: str, centre_m, samples) -> StaticSource:
    """Describe a patch by its mean range and its mean radar cross-section over the sweep."""
    middle_m = centre_m.mean(0)
    range_m = float(np.linalg.norm(middle_m))
    power = float(np.mean(np.abs(samples) ** 2))
    rcs_m2 = 4 * np.pi * power * range_m**4 / radar.chirp.wavelength_m**2
    return StaticSource(name, range_m, middle_m / range_m, rcs_m2)
