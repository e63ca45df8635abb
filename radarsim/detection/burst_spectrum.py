"""Range-Doppler spectrum of one burst, without static echoes."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.heatmaps.heatmaps import clip_clutter_v
from radarsim.heatmaps.settings import HeatmapSettings
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar


def burst_spectrum(
    frame_v: Complex[Array, "chirp tx rx sample"],
) -> Complex[Array, "speed tx rx range"]:
    """Hann-windowed Fourier transform over the samples and the loops of a burst [V].

    Zero speed is in the middle of the speed axis, at index num_chirps // 2.
    """
    loops, samples = frame_v.shape[0], frame_v.shape[-1]
    profiles = jnp.fft.fft(frame_v * hann(samples), axis=-1)
    tapered = profiles * hann(loops)[:, None, None, None]
    return jnp.fft.fftshift(jnp.fft.fft(tapered, axis=0), axes=0)


def noise_power_v2(radar: Radar) -> float:
    """Mean power of the receiver's thermal noise in one cell of `burst_spectrum` [V^2]."""
    rms_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    windows = (hann(radar.frame.num_chirps), hann(radar.chirp.num_samples))
    return float(rms_v**2 * np.prod([(window.astype(float) ** 2).sum() for window in windows]))


def burst_axes(radar: Radar) -> dict[str, Float[np.ndarray, " bin"]]:
    """Coordinates of a burst's range-Doppler cells: `range_m` and `speed_mps` (receding > 0)."""
    chirps = radar.frame.num_chirps
    return {
        "range_m": np.arange(radar.chirp.num_samples) * radar.range_resolution_m,
        "speed_mps": (np.arange(chirps) - chirps // 2) * radar.speed_resolution_mps,
    }


def burst_middle_s(radar: Radar, num_frames: int) -> Float[np.ndarray, " frame"]:
    """Mean time of the chirps of each burst, since the start of the first frame [s]."""
    return np.arange(num_frames) * radar.frame.period_s + float(radar.chirp_times_s.mean())


def without_clutter(
    cube_v: Complex[Array, "frame chirp tx rx sample"], clutter: str
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Remove the static echoes from a cube; they are estimated in the same way as for heatmaps."""
    if clutter == "none":
        return cube_v
    return cube_v - clip_clutter_v(HeatmapSettings(clutter=clutter), cube_v)
