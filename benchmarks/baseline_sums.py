"""What the fast sum is measured against: the same echo, written the slow ways.

Nothing here uses the sums of radarsim; only where the faces are at the nodes of a burst, and which
of them are seen, is the same. All are checked against radarsim's oracle before a time is printed.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.visibility import fade
from radarsim.signal.fast_clip import choose


@dataclass(frozen=True)
class Surface:
    """The visible faces of one frame.

    Attributes:
        corners_m: at the nodes of the burst, radar frame [node, face, corner, 3].
        visible: weight 0..1 [chirp, face].
        sigma_rad: lobe width of the paper's reflection.
    """

    corners_m: np.ndarray
    visible: np.ndarray
    sigma_rad: float


def surface_of(radar, settings, burst, faces, sigma_rad) -> Surface:
    """What the oracle sums of a burst of one frame: every face seen, none culled."""
    every = replace(settings, cull=0.0)
    seen = np.asarray(choose(radar, every, burst, jnp.asarray(faces), sigma_rad).seen[0])
    lit = np.flatnonzero(seen.any(0))
    parts = (burst.vertices_m, burst.origin_high_m[:, :, None], burst.origin_low_m[:, :, None])
    vertices_m = sum(np.asarray(part[0], np.float64) for part in parts)
    visible = np.asarray(fade(jnp.asarray(seen[:, lit]), radar.frame.num_chirps), np.float64)
    return Surface(vertices_m[:, np.asarray(faces)[lit]], visible, float(sigma_rad))


def faces_at(radar, surface, times_s):
    """Centres, normals and areas [time, face] on the polynomial through the nodes."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    nodes = chebyshev_nodes(len(surface.corners_m))
    weights = lagrange_weights(nodes, (np.atleast_1d(times_s) - centre_s) / half_s)
    a, b, c = np.moveaxis(np.einsum("tn,nfck->tfck", weights, surface.corners_m), 2, 0)
    cross = np.cross(b - a, c - a)
    double_area_m2 = np.linalg.norm(cross, axis=-1)
    return (a + b + c) / 3, cross / (double_area_m2 + 1e-30)[..., None], double_area_m2 / 2


def paper_weight(faces, tx_m, rx_m, sigma_rad):
    """A exp(-theta^2 / sigma^2) / (R1 R2), theta between mirrored ray and receiver."""
    centre_m, normal, area_m2 = faces
    to_face, to_rx = centre_m - tx_m, rx_m - centre_m
    tx_range_m, rx_range_m = (np.linalg.norm(way, axis=-1) for way in (to_face, to_rx))
    incoming = to_face / tx_range_m[..., None]
    mirrored = incoming - 2 * (incoming * normal).sum(-1, keepdims=True) * normal
    cosine = (mirrored * to_rx).sum(-1) / rx_range_m
    theta_rad = np.arccos(np.clip(cosine, -1, 1))
    return area_m2 * np.exp(-((theta_rad / sigma_rad) ** 2)) / (tx_range_m * rx_range_m)


def path_m(centre_m, tx_m, rx_m):
    """Transmitter to face to receiver."""
    legs = (np.linalg.norm(centre_m - antenna_m, axis=-1) for antenna_m in (tx_m, rx_m))
    return sum(legs)


def pair_loop(radar, surface, loops, echo=None):
    """The loop that everybody writes: over chirps, transmitters, receivers, in complex128.

    Each takes faces x samples exponentials. Faces stand still during a chirp, where they are in
    its middle: -25 dB of error at 1 m/s.

    Args:
        radar: waveform, timing, antennas.
        surface: of one frame.
        loops: which loops of the frame to compute.
        echo: `numpy_echo` or `torch_echo`.

    Returns:
        IF samples [loop, tx, rx, sample] without the level constant.
    """
    echo = numpy_echo if echo is None else echo
    array = radar.array
    cube = np.zeros((len(loops), array.num_tx, array.num_rx, radar.chirp.num_samples), complex)
    for row, loop in enumerate(loops):
        for tx, tx_m in enumerate(array.tx_m):
            faces = faces_at(radar, surface, _middle_s(radar, loop, tx))
            for rx, rx_m in enumerate(array.rx_m):
                weight = paper_weight(faces, tx_m, rx_m, surface.sigma_rad)[0]
                tau_s = path_m(faces[0], tx_m, rx_m)[0] / SPEED_OF_LIGHT_MPS
                cube[row, tx, rx] = echo(radar.chirp, weight * surface.visible[loop], tau_s)
    return cube


def numpy_echo(chirp, weight, tau_s):
    """Samples of one chirp at one receiver."""
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * chirp.sample_times_s[:, None]
    cycles = freq_hz * tau_s - chirp.slope_hz_per_s * tau_s**2 / 2
    return (weight * np.exp(2j * np.pi * cycles)).sum(-1)


def torch_echo(chirp, weight, tau_s):
    """The same in torch, which uses all cores."""
    import torch

    weight, tau_s = torch.from_numpy(weight), torch.from_numpy(tau_s)
    times_s = torch.from_numpy(np.ascontiguousarray(chirp.sample_times_s))
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * times_s[:, None]
    cycles = freq_hz * tau_s - chirp.slope_hz_per_s * tau_s**2 / 2
    return (weight * torch.exp(2j * torch.pi * cycles)).sum(-1).numpy()


def _middle_s(radar, loop, tx):
    return radar.chirp_times_s[loop, tx] + radar.chirp.sampled_time_s / 2


def tones(radar, surface, loop, tx):
    """Weight [rx, face] and phase of each echo in one chirp, a square law in time.

        (f0 + S t) tau - S tau^2 / 2,    tau = tau0 + tau' t,

    exact but for the curvature of the path within 58 us.

    Returns:
        Weight, and the coefficients of 1, t and t^2 [cycles, cycles / s, cycles / s^2].
    """
    chirp, tx_m, rx_m = radar.chirp, radar.array.tx_m[tx], radar.array.rx_m[:, None]
    f0_hz, slope = chirp.start_freq_hz, chirp.slope_hz_per_s
    times_s = _middle_s(radar, loop, tx) + np.array([-0.5, 0.0, 0.5]) * chirp.sampled_time_s
    faces = faces_at(radar, surface, times_s)
    middle = tuple(part[1] for part in faces)
    weight = paper_weight(middle, tx_m, rx_m, surface.sigma_rad) * surface.visible[loop]
    tau, last = (path_m(faces[0][end], tx_m, rx_m) / SPEED_OF_LIGHT_MPS for end in (0, 2))
    rate = (last - tau) / chirp.sampled_time_s
    level = f0_hz * tau - slope * tau**2 / 2
    return weight, (level, f0_hz * rate + slope * tau * (1 - rate), slope * rate * (1 - rate / 2))


def numpy_direct(radar, surface, loops):
    """The plain sum in NumPy, complex128, all receivers of a chirp at once; faces keep moving.

    Args:
        radar: waveform, timing, antennas.
        surface: of one frame.
        loops: which loops of the frame to compute.

    Returns:
        IF samples [loop, tx, rx, sample] without the level constant.
    """
    times_s = radar.chirp.sample_times_s[:, None]

    def one(loop, tx):
        weight, (level, rate, bend) = tones(radar, surface, loop, tx)
        cycles = level[:, None] + rate[:, None] * times_s + bend[:, None] * times_s**2
        return (np.exp(2j * np.pi * cycles) @ weight[..., None])[..., 0]

    return np.array([[one(loop, tx) for tx in range(radar.array.num_tx)] for loop in loops])


def jax_direct(radar, surface, loops):
    """The plain sum in JAX, float32, whole cycles dropped in float64 before: "split phase".

    Args and Returns: as `numpy_direct`, in complex64.
    """
    step_s = 1 / radar.chirp.sample_rate_hz

    def one(loop, tx):
        weight, (level, rate, bend) = tones(radar, surface, loop, tx)
        per_step = rate * step_s
        parts = (level - np.round(level), per_step - np.round(per_step), bend * step_s**2)
        parts = [np.asarray(part, np.float32) for part in (weight, *parts)]
        return _summed(*parts, radar.chirp.num_samples)

    return np.array([[one(loop, tx) for tx in range(radar.array.num_tx)] for loop in loops])


@partial(jax.jit, static_argnums=4)
def _summed(weight, level, per_step, bend, num_samples):
    """Sum over faces, [rx, face] -> [rx, sample]."""
    n = jnp.arange(num_samples, dtype=jnp.float32)[:, None]
    cycles = level[:, None] + per_step[:, None] * n + bend[:, None] * n**2
    phase = np.float32(2 * np.pi) * (cycles - jnp.round(cycles))
    real, imag = (jnp.sum(weight[:, None] * wave(phase), -1) for wave in (jnp.cos, jnp.sin))
    return jax.lax.complex(real, imag)
