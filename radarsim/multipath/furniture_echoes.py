"""Static echoes of furniture, as patches of physical-optics facets with the material's Gamma.

The surface is divided into facets of a few centimetres. A facet reflects with the material's
coefficient at normal incidence and its roughness; what the roughness takes from the coherent echo
is scattered by Lambert's law, with a fixed random phase per facet. Edges and corners that need two
reflections (such as the corner between a cupboard and the floor) are not modelled.
"""

from collections.abc import Sequence

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
from radarsim.scene.room import Room
from radarsim.signal.exact_sum import dechirped_phase_cycles

# Longest edge of a facet [m], enlarged for scenes with more than MOST_FACETS facets.
EDGE_M = 0.02
MOST_FACETS = 20_000
# Edge of the cells that divide a piece of furniture into patches, which are shadowed one by one.
PATCH_M = 0.3
# Facets whose normals differ by more belong to different sides [rad].
SMOOTH_RAD = np.radians(30)
FACETS_PER_STEP = 512
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
        all_m = np.asarray(facets.centre_m)
        weights = _weights(radar, item.material, facets) * static_weight(
            radar, reflection, all_m, radar.array.tx_m[:, None, None], radar.array.rx_m[:, None]
        )
        patches = _patches(all_m)
        for patch in range(patches.max(initial=-1) + 1):
            chosen = np.flatnonzero(patches == patch)
            centre_m, weight = all_m[chosen], weights[:, :, chosen]
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
    with jax.enable_x64(True):
        facets = jax.tree.map(lambda *each: jnp.concatenate(each), *parts)
    num_facets = len(facets.area_m2)
    # Padding to a power of two lets many rooms share one compiled program.
    padding = (1 << (num_facets - 1).bit_length()) - num_facets
    centre_m, normal = (
        jnp.asarray(np.pad(np.asarray(each), ((0, padding), (0, 0)), mode="edge"), jnp.float32)
        for each in (facets.centre_m, facets.normal)
    )
    direct = make_leg([], 1.0, (0.0, 0.0, 1.0), 1)
    tested = jnp.arange(num_facets + padding) < num_facets
    seen = np.asarray(_seen(direct, centre_m, normal, jnp.asarray(fixed_m), tested))[:num_facets]
    with jax.enable_x64(True):
        return jax.tree.map(lambda each: each[seen], facets)


_seen = jax.jit(visible_from)


def _divided(side: trimesh.Trimesh, edge_m: float) -> Facets:
    """Facets of one smooth side, with normals that are continuous across its triangles."""
    fine = trimesh.Trimesh(
        *trimesh.remesh.subdivide_to_size(side.vertices, side.faces, edge_m, max_iter=20),
        process=False,
    )
    fine.merge_vertices()
    with jax.enable_x64(True):
        return facets_of(jnp.asarray(fine.vertices, jnp.float64), np.asarray(fine.faces))


def _weights(radar: Radar, material, facets: Facets) -> Complex[np.ndarray, "tx rx facet"]:
    """Complex weight of every facet and antenna pair, without the carrier phase of the path."""
    wavelength_m = radar.chirp.wavelength_m
    wavenumber_per_m = 2 * np.pi / wavelength_m
    gamma = fresnel(material.permittivity(radar.chirp.centre_freq_hz), 1.0).te
    with jax.enable_x64(True):
        tx_m = jnp.asarray(radar.array.tx_m)[:, None, None]
        rx_m = jnp.asarray(radar.array.rx_m)[None, :, None]
        log_amplitude, cycles = log_weight(wavenumber_per_m, facets, tx_m, rx_m)
        coherent = np.asarray(jnp.exp(log_amplitude + 2j * np.pi * cycles))
    centre_m, normal = np.asarray(facets.centre_m), np.asarray(facets.normal)
    range_m = np.linalg.norm(centre_m, axis=-1)
    cosine = np.abs(np.sum(centre_m * normal, axis=-1)) / range_m
    rho = rough_amplitude(material.roughness_m, wavenumber_per_m, cosine)
    # Lambert's law gives the cross-section 4 A cos^2, and a point the weight
    # lambda sqrt(cross-section / 4 pi) / R^2.
    area_m2 = np.asarray(facets.area_m2)
    diffuse = wavelength_m * np.sqrt(area_m2 * (1 - rho**2) / np.pi) * cosine / range_m**2
    turns = np.random.default_rng(PHASE_SEED).random(len(diffuse))
    return np.conj(gamma) * rho * coherent + np.abs(gamma) * diffuse * np.exp(2j * np.pi * turns)


def _patches(centre_m: Float[np.ndarray, "facet 3"]) -> np.ndarray:
    """Index of the cell of each facet, in which facets are shadowed together."""
    cells = np.floor(centre_m / PATCH_M).astype(int)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def _samples(radar: Radar, centre_m, weight, residual_video_phase):
    """IF samples of a patch, from exact paths of all antenna pairs."""
    total = 0.0
    times_s, slope = radar.chirp.sample_times_s, radar.chirp.slope_hz_per_s
    for start in range(0, len(centre_m), FACETS_PER_STEP):
        some = slice(start, start + FACETS_PER_STEP)
        points_m = centre_m[some]
        tx_m, rx_m = (
            np.linalg.norm(points_m - positions_m[:, None], axis=-1)
            for positions_m in (radar.array.tx_m, radar.array.rx_m)
        )
        path_m = tx_m[:, None] + rx_m
        first = _first_cycles(radar, path_m, residual_video_phase)
        tone = slope * (path_m / SPEED_OF_LIGHT_MPS)[..., None] * times_s
        phasor = np.exp((2j * np.pi * (first[..., None] + tone % 1.0)).astype(np.complex64))
        total = total + np.einsum("trf,trfs->trs", weight[:, :, some].astype(np.complex64), phasor)
    return total


def _first_cycles(radar: Radar, path_m, residual_video_phase: bool):
    """Phase at the first sample of every path [cycles], in float64."""
    with jax.enable_x64(True):
        lengths_m, first_s = jnp.asarray(path_m), jnp.zeros(())
        return np.asarray(dechirped_phase_cycles(radar, lengths_m, first_s, residual_video_phase))


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
