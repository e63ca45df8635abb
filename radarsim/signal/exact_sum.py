"""The exact IF sum: every face, antenna pair and ADC sample, in float64 at the time of the sample.

This module is the reference, written to be verified by reading rather than to be fast. The fast sum
(fast_sum.py) is tested against this module.

An echo with the path delay tau contributes, t seconds after the first ADC sample of a chirp,

    w exp(j 2 pi (f0 tau + S t tau - S tau^2 / 2)),

where tau is the delay of the moving face at exactly this sample. The last term, the residual video
phase, is physical and small, and is included by default.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.mesh import Faces


def dechirped_phase_cycles(
    radar: Radar,
    path_m: Float[Array | np.ndarray, "*#batch"],
    sample_time_s: Float[Array | np.ndarray, "*#batch"],
    residual_video_phase: bool = True,
) -> Float[Array | np.ndarray, "*batch"]:
    """Phase of one echo at one ADC sample [cycles], without whole cycles.

    Args:
        radar: board whose waveform is used.
        path_m: length of the path transmitter-face-receiver at that sample [m], float64.
        sample_time_s: time since the first ADC sample of the chirp [s].
        residual_video_phase: whether to keep the term -S tau^2 / 2.
    """
    tau = path_m / SPEED_OF_LIGHT_MPS
    cycles = (radar.chirp.start_freq_hz + radar.chirp.slope_hz_per_s * sample_time_s) * tau
    if residual_video_phase:
        cycles = cycles - radar.chirp.slope_hz_per_s * tau**2 / 2
    return cycles - cycles.round()


def exact_chirp(
    radar: Radar,
    reflection: ReflectionModel,
    scatterers: Faces,
    visible: Float[Array, " face"],
    tx_m: Float[Array, "3"],
    rx_m: Float[Array, "rx 3"],
    residual_video_phase: bool = True,
) -> Complex[Array, "rx sample"]:
    """Sum one chirp term by term.

    Args:
        radar: board whose waveform is used.
        reflection: the reflection model.
        scatterers: scatterers at each ADC sample of this chirp, batch axis `sample`.
        visible: visibility weight of each face, from 0 to 1.
        tx_m: position of this chirp's transmitter [m].
        rx_m: positions of all receivers [m].
        residual_video_phase: whether to keep the term -S tau^2 / 2.

    Returns:
        IF samples without the level constant.
    """
    times_s = jnp.asarray(radar.chirp.sample_times_s)[:, None]

    def one_rx(rx):
        path_m = jnp.linalg.norm(scatterers.centre_m - tx_m, axis=-1) + jnp.linalg.norm(
            scatterers.centre_m - rx, axis=-1
        )
        log_amplitude, weight_cycles = reflection.log_weight(radar, scatterers, tx_m, rx)
        amplitude = jnp.exp(log_amplitude) * visible
        cycles = dechirped_phase_cycles(radar, path_m, times_s, residual_video_phase)
        if weight_cycles is not None:
            cycles = cycles + weight_cycles
        return jnp.sum(amplitude * jnp.exp(2j * jnp.pi * cycles), axis=-1)

    return jax.lax.map(one_rx, rx_m)


def exact_sum(
    radar: Radar,
    reflection: ReflectionModel,
    scatterers_at: Callable[[np.ndarray], Faces],
    visible: Float[np.ndarray, "chirp face"],
    chirps: tuple[int, ...] | None = None,
    residual_video_phase: bool = True,
) -> Complex[np.ndarray, "chosen tx rx sample"]:
    """Sum one frame (or some of its chirp loops) sample by sample in float64.

    Args:
        radar: board whose waveform, timing and antennas are used.
        reflection: the reflection model.
        scatterers_at: function from times since the frame start [s] to scatterers (float64, batch
            axis `time`).
        visible: visibility weight of each face in each chirp, from 0 to 1.
        chirps: indices of the loops to compute; None for all.
        residual_video_phase: whether to keep the term -S tau^2 / 2.

    Returns:
        IF samples without the level constant, complex128, one row per entry of `chirps`.
    """
    chirps = range(radar.frame.num_chirps) if chirps is None else chirps
    with jax.enable_x64(True):
        rx_m = jnp.asarray(radar.array.rx_m)
        one_chirp = jax.jit(
            lambda scatterers, mask, tx_m: exact_chirp(
                radar, reflection, scatterers, mask, tx_m, rx_m, residual_video_phase
            )
        )
        cube = [
            [
                one_chirp(
                    scatterers_at(radar.chirp_times_s[chirp, tx] + radar.chirp.sample_times_s),
                    jnp.asarray(visible[chirp], jnp.float64),
                    jnp.asarray(radar.array.tx_m[tx]),
                )
                for tx in range(radar.array.num_tx)
            ]
            for chirp in chirps
        ]
        return np.asarray(cube)
