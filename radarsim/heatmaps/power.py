"""Average power of each column of a heatmap, for the frames of one chunk of a clip.

A column depends only on the loops of its window, so chunks that overlap by one window produce the
same columns as the whole clip. Arrays of loops have the shape [loop, pair, sample]; the loops of
all frames are concatenated.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float
from scipy.signal import windows

from radarsim.heatmaps.power_kernels import (
    doppler_power,
    has_doppler_kernel,
    has_range_kernel,
    range_power,
    with_gradient_of,
)
from radarsim.heatmaps.settings import HeatmapSettings, doppler_bins, sine_grid
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.kernels import interpreted, use_kernels
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar

# Sidelobe suppression for which the Taylor taper is designed, relative to the main lobe.
SIDELOBES_DB = 30.0
# Minimum number of elements for tapering, because lower sidelobes do not justify the wider main
# lobe of a shorter row.
LEAST_TAPERED = 4


def moving_mean(settings: HeatmapSettings, per_step: Array) -> Array:
    """Average values of single steps over each window: [step, ...] -> [time, ...]."""
    steps = settings.window_chirps // settings.step_chirps
    columns = per_step.shape[0] - steps + 1
    # Shifted copies are added, because differences of a float32 running sum would lose weak bins.
    total = sum(per_step[shift : shift + columns] for shift in range(steps))
    return total / steps


def _in_steps(settings, per_loop):
    """Reshape loops to [step, loop within the step, ...]; loops after the last step are dropped."""
    steps = per_loop.shape[0] // settings.step_chirps
    cut = per_loop[: steps * settings.step_chirps]
    return cut.reshape(steps, settings.step_chirps, *per_loop.shape[1:])


def time_range_power(
    settings: HeatmapSettings, loops: Complex[Array, "loop pair sample"]
) -> Float[Array, "time range"]:
    """Mean power of each range bin over the loops of a window and all TX-RX pairs."""
    rows_per_step = settings.step_chirps * loops.shape[1]
    has_kernel = has_range_kernel(rows_per_step, loops.shape[2]) and settings.clutter != "window"
    plain = partial(_range_power, settings)
    if use_kernels() and has_kernel:
        return with_gradient_of(plain, partial(_range_power_by_kernel, settings))(loops)
    return plain(loops)


def _range_power_by_kernel(settings, loops):
    """The result of `_range_power` for 256 samples, computed by a GPU kernel."""
    rows_per_step = settings.step_chirps * loops.shape[1]
    power = range_power(loops, settings.step_chirps, interpreted())
    return moving_mean(settings, power / rows_per_step)


def _range_power(settings, loops):
    # A CPU processes one step at a time, so that the spectra fit in the cache and the spectra of a
    # whole clip are never in memory at once. An accelerator transforms all steps at once.
    def of_step(samples):
        spectra = jnp.fft.fft(samples, axis=-1)
        rows = _power(spectra).reshape(-1, spectra.shape[-1])
        power = _sum_of_rows(rows) / len(rows)
        return (power, spectra.mean(0)) if settings.clutter == "window" else (power,)

    steps = _in_steps(settings, loops)
    power, *static = (
        moving_mean(settings, part) for part in batched_map(of_step, steps, batch=len(steps))
    )
    return power - _power(static[0]).mean(1) if static else power


def time_doppler_power(
    radar: Radar, settings: HeatmapSettings, loops: Complex[Array, "loop pair sample"]
) -> Float[Array, "time doppler"]:
    """Mean power of each speed bin over TX-RX pairs and range bins, relative to white noise.

    By Parseval's theorem, the sum over range bins equals the sum over samples, so no range FFT is
    needed.
    """
    has_kernel = has_doppler_kernel(settings.window_chirps, settings.num_doppler_bins)
    plain = partial(_doppler_power, radar, settings)
    if use_kernels() and has_kernel and settings.window == "paper":
        return with_gradient_of(plain, partial(_doppler_power_by_kernel, settings))(loops)
    return plain(loops)


def _doppler_power(radar, settings, loops):
    # Axes [pair, sample, loop], so that slow time is contiguous in memory for the Doppler FFT.
    series = loops.transpose(1, 2, 0)
    if settings.window == "burst":
        return _burst_doppler(radar, settings, series)
    columns = (series.shape[-1] - settings.window_chirps) // settings.step_chirps + 1
    starts = jnp.arange(columns) * settings.step_chirps
    bins = doppler_bins(radar, settings)
    return _power_of_windows(settings, series, starts, settings.window_chirps, bins)


def _doppler_power_by_kernel(settings, loops):
    """The result of `_doppler_power` for windows of 256 loops across bursts, from a GPU kernel."""
    taper, centred = hann(settings.window_chirps), settings.clutter == "window"
    power = doppler_power(loops, settings.step_chirps, taper, centred, interpreted())
    return jnp.fft.fftshift(power / loops.shape[1], axes=1) / float((taper**2).sum())


def _power_of_windows(settings, series, starts, length, bins):
    """Mean power spectrum of each window, relative to white noise; zero speed is in the middle."""
    taper = hann(length)

    def window(start):
        # Process one pair at a time, so that its samples stay in the cache from step to step.
        def pair(samples):
            segment = jax.lax.dynamic_slice_in_dim(samples, start, length, axis=-1)
            if settings.clutter == "window":
                segment = segment - segment.mean(-1, keepdims=True)
            return _sum_of_rows(_power(jnp.fft.fft(segment * taper, n=bins, axis=-1)))

        return jnp.fft.fftshift(batched_map(pair, series).mean(0))

    return batched_map(window, starts) / float((taper**2).sum())


def _power(values: Complex[Array, "*shape"]) -> Float[Array, "*shape"]:
    return values.real**2 + values.imag**2


def _sum_of_rows(values: Float[Array, "row column"]) -> Float[Array, " column"]:
    """Sum over rows by a matrix product, because XLA's sum takes four times as long on a CPU."""
    return jnp.dot(np.ones(len(values), np.float32), values, precision="highest")


def _burst_doppler(radar, settings, series):
    """Average the burst spectra over each window, weighted by the overlap of burst and window."""
    chirps = radar.frame.num_chirps
    frames = series.shape[-1] // chirps
    starts, bins = jnp.arange(frames) * chirps, doppler_bins(radar, settings)
    power = _power_of_windows(settings, series, starts, chirps, bins)
    per_loop = jnp.repeat(jnp.arange(frames), chirps)
    return moving_mean(settings, _in_steps(settings, power[per_loop]).mean(1))


def time_angle_power(
    radar: Radar, settings: HeatmapSettings, samples: Complex[Array, "frame chirp tx rx sample"]
) -> Float[Array, "time angle"]:
    """Mean power of a beam steered to each azimuth, over all loops and range bins of a window.

    The beam power depends only on the covariance of the antenna row, summed over loops and range
    bins: sum |a^H x|^2 = a^H (sum x x^H) a. The sum over all range bins equals the covariance of
    the samples (Parseval's theorem), because the TDM compensation of a transmitter is the same
    factor in every range bin.
    """
    row = radar.array.azimuth_row()
    elements = [_aligned(radar, settings, samples[:, :, tx, rx], tx) for tx, rx in row]
    # On a CPU, products of separate real and imaginary parts are much faster than complex products.
    parts = [part.reshape(-1, part.shape[-1]) for x in elements for part in (x.real, x.imag)]
    steps = jnp.stack([_in_steps(settings, part) for part in parts], axis=1)
    covariance = moving_mean(settings, _products(steps) / settings.step_chirps)
    if settings.clutter == "window":
        static = moving_mean(settings, steps.mean(2))
        covariance = covariance - _products(static)
    tx, rx = (np.array(indices) for indices in zip(*row))
    left_m = radar.array.virtual_m[tx, rx, 1]
    phase = np.outer(sine_grid(radar, settings), left_m) / radar.chirp.wavelength_m
    # Elements on the left are nearer to a target on the left: undo exp(-2 pi j y sin / lambda).
    steer = np.exp(2j * np.pi * phase) / np.asarray(radar.array.gains)[tx, rx]
    taper = angle_taper(len(row), settings)
    steer = (steer * taper).astype(np.complex64)
    power = jnp.einsum("ae,tef,af->ta", steer, covariance, steer.conj(), precision="highest").real
    return power / float((taper**2).sum())


def angle_taper(num_elements: int, settings: HeatmapSettings) -> Float[np.ndarray, " element"]:
    """Amplitude weights of the elements of the azimuth row."""
    if settings.angle_window == "uniform" or num_elements < LEAST_TAPERED:
        return np.ones(num_elements)
    return windows.taylor(num_elements, nbar=4, sll=SIDELOBES_DB)


def _products(parts: Float[Array, "step part *shape"]) -> Complex[Array, "step element element"]:
    """Sum of x x^H over all vectors x, which are stored as alternating real and imaginary parts."""
    parts = parts.reshape(*parts.shape[:2], -1)
    sums = jnp.einsum("sik,sjk->sij", parts, parts, precision="highest")
    real, imag = slice(0, None, 2), slice(1, None, 2)
    return jax.lax.complex(
        sums[:, real, real] + sums[:, imag, imag], sums[:, imag, real] - sums[:, real, imag]
    )


def _aligned(
    radar: Radar,
    settings: HeatmapSettings,
    series: Complex[Array, "frame chirp sample"],
    tx_idx: int,
) -> Complex[Array, "frame chirp sample"]:
    """Compensate TDM: shift the phases of a transmitter's echoes to the start of the loop.

    A Doppler frequency f changes the phase by 2 pi f t between the start of the loop and a slot at
    the time t. The factor exp(-2 pi j f t) in the Doppler domain of each burst undoes this phase
    change; the compensation is correct for |f| below half the loop rate.
    """
    delay_s = radar.tx_delays_s[tx_idx]
    if not settings.tdm_compensation or delay_s == 0:
        return series
    frequency_hz = np.fft.fftfreq(radar.frame.num_chirps, radar.loop_period_s)
    factor = np.exp(-2j * np.pi * frequency_hz * delay_s).astype(np.complex64)
    return jnp.fft.ifft(jnp.fft.fft(series, axis=1) * factor[:, None], axis=1)
