"""Baseline implementations of the IF sum over mesh faces: NumPy, torch and plain JAX.

The fast sum is compared with these slow methods, which take two inputs from radarsim (the face
corners at the nodes of a burst, and the visible faces) but share no summation code with it. Each
result is checked against radarsim's float64 oracle before a time is printed.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.visibility import interpolate_blocks
from radarsim.signal.face_selection import select_faces


@dataclass(frozen=True)
class VisibleSurface:
    """The visible faces of one frame.

    Attributes:
        corners_m: corners at the nodes of the burst, in the radar frame [node, face, corner, 3].
        visible: visibility weight 0..1 [chirp, face].
        sigma_rad: lobe width of the quasi-specular reflection.
    """

    corners_m: np.ndarray
    visible: np.ndarray
    sigma_rad: float


def visible_surface(radar, settings, mesh, faces, reflection) -> VisibleSurface:
    """Select the faces that the oracle sums in one frame: all visible faces, without culling."""
    unculled = replace(settings, cull=0.0)
    selection = select_faces(radar, unculled, reflection, mesh, jnp.asarray(faces))
    in_blocks = np.asarray(selection.visible[0])
    summed = np.flatnonzero(in_blocks.any(0))
    parts = (mesh.vertices_m, mesh.origin_high_m[:, :, None], mesh.origin_low_m[:, :, None])
    vertices_m = sum(np.asarray(part[0], np.float64) for part in parts)
    weights = interpolate_blocks(jnp.asarray(in_blocks[:, summed]), radar.frame.num_chirps)
    return VisibleSurface(
        vertices_m[:, np.asarray(faces)[summed]],
        np.asarray(weights, np.float64),
        float(reflection.sigma_rad),
    )


def face_geometry_at(radar, surface, times_s):
    """Interpolate the face centres, normals and areas [time, face] between the nodes."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    nodes = chebyshev_nodes(len(surface.corners_m))
    weights = lagrange_weights(nodes, (np.atleast_1d(times_s) - centre_s) / half_s)
    a, b, c = np.moveaxis(np.einsum("tn,nfck->tfck", weights, surface.corners_m), 2, 0)
    cross = np.cross(b - a, c - a)
    double_area_m2 = np.linalg.norm(cross, axis=-1)
    return (a + b + c) / 3, cross / (double_area_m2 + 1e-30)[..., None], double_area_m2 / 2


def quasi_specular_weight(faces, tx_m, rx_m, sigma_rad):
    """Weight of each face, A exp(-theta^2 / sigma^2) / (R1 R2).

    theta is the angle between the mirrored ray and the direction to the receiver.
    """
    centre_m, normal, area_m2 = faces
    to_face, to_rx = centre_m - tx_m, rx_m - centre_m
    tx_range_m, rx_range_m = (np.linalg.norm(vector, axis=-1) for vector in (to_face, to_rx))
    incoming = to_face / tx_range_m[..., None]
    mirrored = incoming - 2 * (incoming * normal).sum(-1, keepdims=True) * normal
    cosine = (mirrored * to_rx).sum(-1) / rx_range_m
    theta_rad = np.arccos(np.clip(cosine, -1, 1))
    return area_m2 * np.exp(-((theta_rad / sigma_rad) ** 2)) / (tx_range_m * rx_range_m)


def path_length_m(centre_m, tx_m, rx_m):
    """Length of the path from the transmitter via the face to the receiver."""
    distances_m = (np.linalg.norm(centre_m - antenna_m, axis=-1) for antenna_m in (tx_m, rx_m))
    return sum(distances_m)


def pair_loop(radar, surface, loops, echo=None):
    """Sum the echoes in complex128, with nested loops over chirps, transmitters and receivers.

    Each iteration evaluates one exponential per face and sample. During a chirp, every face is held
    fixed at its position in the middle of the chirp, which causes an error of -25 dB at 1 m/s.

    Args:
        radar: radar with waveform, timing and antennas.
        surface: visible faces of one frame.
        loops: indices of the chirp loops to compute.
        echo: function for the samples of one chirp, `numpy_echo` (default) or `torch_echo`.

    Returns:
        IF samples [loop, tx, rx, sample], not scaled to volts.
    """
    echo = numpy_echo if echo is None else echo
    array = radar.array
    cube = np.zeros((len(loops), array.num_tx, array.num_rx, radar.chirp.num_samples), complex)
    for row, loop in enumerate(loops):
        for tx, tx_m in enumerate(array.tx_m):
            faces = face_geometry_at(radar, surface, _chirp_middle_s(radar, loop, tx))
            for rx, rx_m in enumerate(array.rx_m):
                weight = quasi_specular_weight(faces, tx_m, rx_m, surface.sigma_rad)[0]
                tau_s = path_length_m(faces[0], tx_m, rx_m)[0] / SPEED_OF_LIGHT_MPS
                cube[row, tx, rx] = echo(radar.chirp, weight * surface.visible[loop], tau_s)
    return cube


def numpy_echo(chirp, weight, tau_s):
    """IF samples of one chirp at one receiver, computed by NumPy."""
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * chirp.sample_times_s[:, None]
    cycles = freq_hz * tau_s - chirp.slope_hz_per_s * tau_s**2 / 2
    return (weight * np.exp(2j * np.pi * cycles)).sum(-1)


def torch_echo(chirp, weight, tau_s):
    """IF samples of one chirp at one receiver, computed by torch on all cores."""
    import torch

    weight, tau_s = torch.from_numpy(weight), torch.from_numpy(tau_s)
    times_s = torch.from_numpy(np.ascontiguousarray(chirp.sample_times_s))
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * times_s[:, None]
    cycles = freq_hz * tau_s - chirp.slope_hz_per_s * tau_s**2 / 2
    return (weight * torch.exp(2j * torch.pi * cycles)).sum(-1).numpy()


def _chirp_middle_s(radar, loop, tx):
    return radar.chirp_times_s[loop, tx] + radar.chirp.sampled_time_s / 2


def beat_tones(radar, surface, loop, tx):
    """Each echo's weight [rx, face] in one chirp, and its phase as a quadratic polynomial in time.

        (f0 + S t) tau - S tau^2 / 2,    tau = tau0 + tau' t

    The phase is exact except that the path length is assumed to change linearly within the chirp
    (58 us).

    Returns:
        Weight, and the phase coefficients of 1, t and t^2 [cycles, cycles / s, cycles / s^2].
    """
    chirp, tx_m, rx_m = radar.chirp, radar.array.tx_m[tx], radar.array.rx_m[:, None]
    f0_hz, slope = chirp.start_freq_hz, chirp.slope_hz_per_s
    times_s = _chirp_middle_s(radar, loop, tx) + np.array([-0.5, 0.0, 0.5]) * chirp.sampled_time_s
    faces = face_geometry_at(radar, surface, times_s)
    middle = tuple(part[1] for part in faces)
    weight = quasi_specular_weight(middle, tx_m, rx_m, surface.sigma_rad) * surface.visible[loop]
    tau, last = (path_length_m(faces[0][end], tx_m, rx_m) / SPEED_OF_LIGHT_MPS for end in (0, 2))
    rate = (last - tau) / chirp.sampled_time_s
    level = f0_hz * tau - slope * tau**2 / 2
    return weight, (level, f0_hz * rate + slope * tau * (1 - rate), slope * rate * (1 - rate / 2))


def numpy_direct(radar, surface, loops):
    """Sum moving faces directly in NumPy (complex128), for all receivers of a chirp at once.

    Args:
        radar: radar with waveform, timing and antennas.
        surface: visible faces of one frame.
        loops: indices of the chirp loops to compute.

    Returns:
        IF samples [loop, tx, rx, sample], not scaled to volts.
    """
    times_s = radar.chirp.sample_times_s[:, None]

    def chirp_v(loop, tx):
        weight, (level, rate, quadratic) = beat_tones(radar, surface, loop, tx)
        cycles = level[:, None] + rate[:, None] * times_s + quadratic[:, None] * times_s**2
        return (np.exp(2j * np.pi * cycles) @ weight[..., None])[..., 0]

    return np.array([[chirp_v(loop, tx) for tx in range(radar.array.num_tx)] for loop in loops])


def jax_direct(radar, surface, loops):
    """Sum moving faces in JAX (float32), after whole cycles are removed in float64 (split phase).

    The arguments are those of `numpy_direct`; the result is complex64.
    """
    step_s = 1 / radar.chirp.sample_rate_hz

    def chirp_v(loop, tx):
        weight, (level, rate, quadratic) = beat_tones(radar, surface, loop, tx)
        per_step = rate * step_s
        parts = (level - np.round(level), per_step - np.round(per_step), quadratic * step_s**2)
        parts = [np.asarray(part, np.float32) for part in (weight, *parts)]
        return _sum_over_faces(*parts, radar.chirp.num_samples)

    return np.array([[chirp_v(loop, tx) for tx in range(radar.array.num_tx)] for loop in loops])


@partial(jax.jit, static_argnums=4)
def _sum_over_faces(weight, level, per_step, quadratic, num_samples):
    """Sum the tones of all faces: [rx, face] -> [rx, sample]."""
    n = jnp.arange(num_samples, dtype=jnp.float32)[:, None]
    cycles = level[:, None] + per_step[:, None] * n + quadratic[:, None] * n**2
    phase = np.float32(2 * np.pi) * (cycles - jnp.round(cycles))
    real, imag = (jnp.sum(weight[:, None] * wave(phase), -1) for wave in (jnp.cos, jnp.sin))
    return jax.lax.complex(real, imag)
