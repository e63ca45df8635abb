"""The plain IF sum: every face, every pair, every ADC sample at its own time, in float64.

This is the oracle. It is written to be believed, not to be fast (synthesis.py is fast and is tested
against it). An echo of path delay tau leaves, t seconds after the first ADC sample of a chirp,

    w exp(j 2 pi (f0 tau + S t tau - S tau^2 / 2)),

where tau itself is that of the moving face at that very sample. The last term, the residual video
phase, is physical and small; it is on by default.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.config import Radar
from radarsim.scene.mesh import Faces

# `Reflection.log_weight`.
LogWeight = Callable[..., tuple[Array, Array | None]]


def dechirped_phase_cycles(
    radar: Radar,
    path_m: Float[Array, "*#batch"],
    sample_time_s: Float[Array, "*#batch"],
    residual_video_phase: bool = True,
) -> Float[Array, "*batch"]:
    """Phase of one echo at one ADC sample [cycles], whole cycles dropped.

    Args:
        radar: waveform.
        path_m: transmitter-face-receiver length at that sample [m], float64.
        sample_time_s: time since the first ADC sample of the chirp [s].
        residual_video_phase: keep the term -S tau^2 / 2.
    """
    tau = path_m / SPEED_OF_LIGHT_MPS
    cycles = (radar.chirp.start_freq_hz + radar.chirp.slope_hz_per_s * sample_time_s) * tau
    if residual_video_phase:
        cycles = cycles - radar.chirp.slope_hz_per_s * tau**2 / 2
    return cycles - jnp.round(cycles)


def plain_chirp(
    radar: Radar,
    faces: Faces,
    visible: Float[Array, "face"],
    tx_m: Float[Array, "3"],
    rx_m: Float[Array, "rx 3"],
    log_weight: LogWeight,
    sigma_rad: float,
    residual_video_phase: bool = True,
) -> Complex[Array, "rx sample"]:
    """One chirp, summed as it is written above.

    Args:
        radar: waveform.
        faces: the surface at each ADC sample of this chirp, batch axis `sample`.
        visible: weight 0..1 of each face.
        tx_m: the transmitter that fires [m]; rx_m: all receivers [m].
        log_weight: of a model of reflection.py.
        sigma_rad: its lobe width [rad].
        residual_video_phase: see `dechirped_phase_cycles`.

    Returns:
        IF samples without the level constant.
    """
    times_s = jnp.asarray(radar.chirp.sample_times_s)[:, None]

    def one_rx(rx):
        path_m = jnp.linalg.norm(faces.centre_m - tx_m, axis=-1) + jnp.linalg.norm(
            faces.centre_m - rx, axis=-1
        )
        log_amplitude, weight_cycles = log_weight(faces, tx_m, rx, sigma_rad)
        amplitude = jnp.exp(log_amplitude) * visible
        cycles = dechirped_phase_cycles(radar, path_m, times_s, residual_video_phase)
        if weight_cycles is not None:
            cycles = cycles + weight_cycles
        return jnp.sum(amplitude * jnp.exp(2j * jnp.pi * cycles), axis=-1)

    return jax.lax.map(one_rx, rx_m)


def plain_sum(
    radar: Radar,
    surface_at: Callable[[np.ndarray], Faces],
    visible: Float[np.ndarray, "chirp face"],
    log_weight: LogWeight,
    sigma_rad: float,
    chirps: tuple[int, ...] | None = None,
    residual_video_phase: bool = True,
) -> Complex[np.ndarray, "chosen tx rx sample"]:
    """The oracle: one frame (or some of its chirps) sample by sample in float64.

    Args:
        radar: waveform, timing and antennas.
        surface_at: gives the faces (float64, batch axis `time`) at times since the frame start [s].
        visible: weight 0..1 of each face in each chirp.
        log_weight: of a model of reflection.py.
        sigma_rad: its lobe width [rad].
        chirps: indices of the loops to compute; None for all.
        residual_video_phase: see `dechirped_phase_cycles`.

    Returns:
        IF samples without the level constant, complex128, one row per entry of `chirps`.
    """
    chirps = range(radar.frame.num_chirps) if chirps is None else chirps
    with jax.enable_x64(True):
        one_chirp = jax.jit(
            lambda faces, mask, tx_m: plain_chirp(
                radar,
                faces,
                mask,
                tx_m,
                jnp.asarray(radar.array.rx_m),
                log_weight,
                sigma_rad,
                residual_video_phase,
            )
        )
        cube = [
            [
                one_chirp(
                    surface_at(radar.chirp_times_s[chirp, tx] + radar.chirp.sample_times_s),
                    jnp.asarray(visible[chirp], jnp.float64),
                    jnp.asarray(radar.array.tx_m[tx]),
                )
                for tx in range(radar.array.num_tx)
            ]
            for chirp in chirps
        ]
        return np.asarray(cube)
