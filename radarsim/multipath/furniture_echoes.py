"""Static echoes of furniture, by physical optics with the reflection of the material.

The surface is divided into flat facets (furniture_facets.py) whose echoes are exact integrals. Each
facet reflects with the material's reflection coefficient at normal incidence, reduced by the
surface roughness. The energy that roughness removes from the coherent echo is scattered diffusely
by Lambert's law, with a fixed random phase per facet. Echoes with two reflections, such as in the
corner between a cupboard and the floor, are not modelled.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.multipath.furniture_facets import Facets, padded, visible_facets
from radarsim.multipath.static_echoes import NUM_PROBES, StaticEchoes, StaticSource, stacked
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.radar import Radar
from radarsim.scattering.flat_facets import flat_weights
from radarsim.scattering.fresnel import fresnel, rough_amplitude
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import static_weight
from radarsim.scene.furniture import TriangleMesh
from radarsim.scene.materials import Material
from radarsim.scene.room import Room
from radarsim.signal.exact_sum import dechirped_phase_cycles

# Edge of the cells that divide furniture into patches, each of which is shadowed separately [m].
PATCH_M = 0.3
FACETS_PER_STEP = 512
# Number of IF samples per block; a tone is the product of a block factor and an in-block factor.
SAMPLES_PER_BLOCK = 16
# Number of frequencies in the sweep at which the weights of the facets are computed. Between these
# frequencies, polynomials of the time are used.
NUM_FREQUENCIES = 4
# Seed of the random phases of rough facets, fixed so that a room's echo is reproducible.
PHASE_SEED = 20
# The frequencies, from -1 at the start to 1 at the end of the sampled sweep.
NODES = chebyshev_nodes(NUM_FREQUENCIES)


def furniture_echoes(
    radar: Radar,
    room: Room,
    pieces: Sequence[TriangleMesh],
    fixed_m: Float[np.ndarray, "occluder 3 3"],
    reflection: ReflectionModel,
    residual_video_phase: bool = True,
) -> tuple[list[StaticSource], StaticEchoes]:
    """Return the static echoes of the visible patches of all furniture.

    Args:
        radar: board whose antennas and waveform are used.
        room: the room whose furniture is simulated.
        pieces: triangles of each piece in the radar frame, from `Room.furniture_surfaces`.
        fixed_m: corners of the triangles of all furniture, which can hide each other [m].
        reflection: reflection model of the bodies, whose antenna patterns, filters and delays also
            apply to the echoes of furniture.
        residual_video_phase: whether to keep the phase -S tau^2 / 2.
    """
    sources, samples, probes = [], [], []
    for item, mesh in zip(room.furniture, pieces, strict=True):
        facets = visible_facets(mesh, fixed_m, radar.chirp.wavelength_m)
        if not len(facets.area_m2):
            continue
        weights = _weights(radar, item.material, facets, reflection)
        patches = _patches(facets.centre_m)
        for patch in range(patches.max() + 1):
            chosen = np.flatnonzero(patches == patch)
            centre_m, weight = facets.centre_m[chosen], weights[..., chosen]
            samples.append(_samples(radar, centre_m, weight, residual_video_phase))
            probes.append(_probes(centre_m, np.abs(weight).mean((0, 1, 2))))
            sources.append(_source(radar, type(item).__name__.lower(), centre_m, samples[-1]))
    return sources, stacked(radar, samples, probes)


def _weights(
    radar: Radar, material: Material, facets: Facets, reflection: ReflectionModel
) -> Complex[np.ndarray, "frequency tx rx facet"]:
    """Return the complex weight of every facet and antenna pair, without the carrier phase.

    Only the integral over a facet changes during the sweep; the reflection coefficients are those
    of the centre frequency.
    """
    wavelength_m = radar.chirp.wavelength_m
    wavenumber_per_m = 2 * np.pi / wavelength_m
    gamma = fresnel(material.permittivity(radar.chirp.centre_freq_hz), 1.0).te
    tx_m, rx_m = radar.array.tx_m, radar.array.rx_m
    coherent = np.stack(
        [
            flat_weights(each * wavenumber_per_m, facets.corners_m, tx_m, rx_m)
            for each in 1 + radar.chirp.bandwidth_hz / radar.chirp.centre_freq_hz * NODES / 2
        ]
    )
    centre_m, normal = facets.centre_m, facets.normal
    range_m = np.linalg.norm(centre_m, axis=-1)
    cosine = np.abs(np.sum(centre_m * normal, axis=-1)) / range_m
    rho = rough_amplitude(material.roughness_m, wavenumber_per_m, cosine)
    # By Lambert's law, the RCS of a facet is 4 A cos^2; the weight of a point target is
    # lambda sqrt(RCS / 4 pi) / R^2.
    diffuse = wavelength_m * np.sqrt(facets.area_m2 * (1 - rho**2) / np.pi) * cosine / range_m**2
    cycles = np.random.default_rng(PHASE_SEED).random(len(centre_m))
    weight = np.conj(gamma) * rho * coherent
    weight = weight + np.abs(gamma) * diffuse * np.exp(2j * np.pi * cycles)
    ends_m = tx_m[:, None, None], rx_m[:, None]
    of_radar = static_weight(radar, reflection, padded(centre_m), *ends_m)
    return weight * of_radar[..., : len(centre_m)]


def _patches(centre_m: Float[np.ndarray, "facet 3"]) -> np.ndarray:
    """Return the patch index of each facet; the facets of a patch are shadowed together."""
    cells = np.floor(centre_m / PATCH_M).astype(int)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def _samples(radar: Radar, centre_m, weight, residual_video_phase):
    """Return the IF samples of a patch from the exact path lengths of all antenna pairs.

    Each sample of a tone is the product of one factor for its block of samples and one for its
    position in the block, so the sum over all facets is a matrix product. The sums with the weights
    at each frequency are interpolated.
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
        of_blocks = np.swapaxes(weight[..., some, None] * _phasors(first), -1, -2)
        total = total + np.matmul(of_blocks, _phasors(beat_hz * within_s))
    by_frequency = total.reshape(*total.shape[:3], -1)[..., : chirp.num_samples]
    times = 2 * (chirp.sample_times_s - chirp.sample_times_s.mean()) / chirp.sampled_time_s
    samples = np.einsum("sn,ntrs->trs", lagrange_weights(NODES, times), by_frequency)
    return samples.astype(np.complex64)


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
