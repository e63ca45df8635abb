"""IF cube to time-range, time-Doppler and time-angle, alike for a simulated or a recorded cube.

The chirp loops of all frames are laid end to end; a window of 256 loops moves over them in steps of
16 (mmCLIP, section 3.2.1). All sums are of power, and all maps are in dB above the power that the
receiver's thermal noise alone would give: noise reads 0 dB, whatever the board.

Two kinds of window: `paper` transforms the 256 loops as one, as the authors' network sees it; they
span two or three bursts with silence between, so a steady speed makes fringes (1.9 cm/s apart at
10 frames/s). `burst` transforms each burst alone, zero-padded to the same bins, and averages power
over the bursts that the window covers: a spectrum that a radar engineer can read.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.config import Radar

WINDOWS = ("paper", "burst")
CLUTTERS = ("clip", "window", "none")
# 1e-12 of the noise: keeps log10 finite on noiseless cubes.
POWER_FLOOR = 1e-12


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class HeatmapSettings:
    """How heatmaps are cut.

    Attributes:
        window: "paper" or "burst".
        clutter: "clip" removes the mean over the clip per pair and range bin, "window" that of
            each window, "none" nothing.
        tdm_compensation: undo the phase a moving target gathers between transmitters.
        window_chirps: loops per column.
        step_chirps: loops from one column to the next.
        num_doppler_bins: of the speed axis, at least `window_chirps`.
        num_angle_bins: of the angle axis.
    """

    window: str = "paper"
    clutter: str = "clip"
    tdm_compensation: bool = True
    window_chirps: int = 256
    step_chirps: int = 16
    num_doppler_bins: int = 256
    num_angle_bins: int = 256

    def __post_init__(self):
        for name, known in (("window", WINDOWS), ("clutter", CLUTTERS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"HeatmapSettings.{name} is {getattr(self, name)!r}; known: {', '.join(known)}"
                )
        if self.window_chirps % self.step_chirps or self.num_doppler_bins < self.window_chirps:
            raise ValueError(
                f"HeatmapSettings: a window of {self.window_chirps} loops must be whole steps of "
                f"{self.step_chirps} and fit {self.num_doppler_bins} Doppler bins"
            )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Heatmaps:
    """Three maps of one clip, in dB above thermal noise."""

    time_range: Float[Array, "*clip time range"]
    time_doppler: Float[Array, "*clip time doppler"]
    time_angle: Float[Array, "*clip time angle"]


def make_heatmaps(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """The three heatmaps of a clip.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: window, clutter, compensation.

    Returns:
        Maps on the axes of `heatmap_axes`.

    Raises:
        ValueError: the clip is shorter than one window.
    """
    num_columns(radar, cube_v.shape[0], settings)
    return _heatmaps(radar, settings, jnp.asarray(cube_v, jnp.complex64))


def num_columns(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> int:
    """Columns of a clip's heatmaps: 385 for 50 frames of 128 loops."""
    loops = num_frames * radar.frame.num_chirps
    if loops < settings.window_chirps:
        raise ValueError(
            f"{num_frames} frames of {radar.frame.num_chirps} loops are {loops} loops, a heatmap "
            f"column needs {settings.window_chirps}; give a longer clip or a shorter window"
        )
    return (loops - settings.window_chirps) // settings.step_chirps + 1


def heatmap_axes(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> dict[str, Float[np.ndarray, " bin"]]:
    """Physical coordinates of the maps.

    Returns:
        `time_s`: mean time of the loops under each column, since the first frame began;
        `range_m`; `speed_mps`, receding positive; `angle_rad`, azimuth, left positive, at equal
        steps of its sine.
    """
    columns = num_columns(radar, num_frames, settings)
    starts_s = np.arange(num_frames)[:, None] * radar.frame.period_s
    loop_s = (starts_s + radar.chirp_times_s.mean(1)).ravel()
    first = np.arange(columns) * settings.step_chirps
    time_s = loop_s[first[:, None] + np.arange(settings.window_chirps)].mean(1)
    bins = settings.num_doppler_bins
    cycles_per_loop = (np.arange(bins) - bins // 2) / bins
    return {
        "time_s": time_s,
        "range_m": np.arange(radar.chirp.num_samples) * radar.range_resolution_m,
        "speed_mps": cycles_per_loop * radar.chirp.wavelength_m / (2 * radar.loop_period_s),
        "angle_rad": np.arcsin(sine_grid(radar, settings)),
    }


def sine_grid(radar: Radar, settings: HeatmapSettings) -> Float[np.ndarray, " angle"]:
    """Sines of azimuth: equal steps over what the row sees without ambiguity, zero included.

    The upper end is left out, because for elements half a wavelength apart it is the lower end.
    """
    half = settings.num_angle_bins // 2
    spacing = 2 * radar.array.half_wavelength_m / radar.chirp.wavelength_m
    return (np.arange(settings.num_angle_bins) - half) / half * min(1.0, 1 / spacing)


@partial(jax.jit, static_argnums=(0, 1))
def _heatmaps(radar, settings, cube_v) -> Heatmaps:
    frames, chirps, num_tx, num_rx, samples = cube_v.shape
    if settings.clutter == "clip":
        cube_v = cube_v - cube_v.mean((0, 1))
    taper = np.hanning(samples + 2)[1:-1].astype(np.float32)
    # [pair, sample, loop]: the slow-time transforms then run along memory.
    loops = (cube_v * taper).reshape(frames * chirps, num_tx * num_rx, samples)
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2 * float((taper**2).sum())
    spectra = jnp.fft.fft(loops, axis=-1)
    maps = (
        time_range_power(settings, spectra) / noise_w,
        # Parseval over range: the sum over all range bins needs no range transform.
        time_doppler_power(radar, settings, loops.transpose(1, 2, 0)) / noise_w,
        time_angle_power(radar, settings, spectra.reshape(frames, chirps, num_tx, num_rx, -1))
        / noise_w,
    )
    return Heatmaps(*(10 * jnp.log10(jnp.maximum(power, POWER_FLOOR)) for power in maps))


def moving_mean(settings: HeatmapSettings, per_step: Array) -> Array:
    """Means over each window of values given per step [step, ...] -> [time, ...]."""
    steps = settings.window_chirps // settings.step_chirps
    columns = per_step.shape[0] - steps + 1
    # Adding the shifted copies, not differences of a running sum: float32 would lose the weak bins.
    total = sum(per_step[shift : shift + columns] for shift in range(steps))
    return total / steps


def _per_step(settings, per_loop):
    """Mean over the loops of each step; loops beyond the last whole step are left out."""
    steps = per_loop.shape[0] // settings.step_chirps
    cut = per_loop[: steps * settings.step_chirps]
    return cut.reshape(steps, settings.step_chirps, *per_loop.shape[1:]).mean(1)


def time_range_power(
    settings: HeatmapSettings, spectra: Complex[Array, "loop pair range"]
) -> Float[Array, "time range"]:
    """Mean power of each range bin over the window's loops and all pairs."""
    power = moving_mean(settings, _per_step(settings, jnp.abs(spectra) ** 2))
    if settings.clutter == "window":
        still = moving_mean(settings, _per_step(settings, spectra))
        power = power - jnp.abs(still) ** 2
    return power.mean(1)


def time_doppler_power(
    radar: Radar, settings: HeatmapSettings, series: Complex[Array, "pair sample loop"]
) -> Float[Array, "time doppler"]:
    """Mean power of each speed bin over pairs and range bins, relative to white noise."""
    if settings.window == "burst":
        return _burst_doppler(radar, settings, series)
    columns = (series.shape[-1] - settings.window_chirps) // settings.step_chirps + 1
    taper = np.hanning(settings.window_chirps + 2)[1:-1].astype(np.float32)

    def column(index):
        start = index * settings.step_chirps
        piece = jax.lax.dynamic_slice_in_dim(series, start, settings.window_chirps, axis=-1)
        if settings.clutter == "window":
            piece = piece - piece.mean(-1, keepdims=True)
        spectrum = jnp.fft.fft(piece * taper, n=settings.num_doppler_bins, axis=-1)
        return jnp.fft.fftshift(_mean_power_over_range(spectrum))

    return jax.lax.map(column, jnp.arange(columns)) / float((taper**2).sum())


def _mean_power_over_range(spectrum: Complex[Array, "pair sample doppler"]):
    """Mean over pairs and (by Parseval) over range bins of the range transform's power."""
    return (jnp.abs(spectrum) ** 2).sum(1).mean(0)


def _burst_doppler(radar, settings, series):
    """Spectrum of each burst, then the windows' averages weighted by the loops they cover."""
    chirps = radar.frame.num_chirps
    taper = np.hanning(chirps + 2)[1:-1].astype(np.float32)

    def burst(index):
        piece = jax.lax.dynamic_slice_in_dim(series, index * chirps, chirps, axis=-1)
        if settings.clutter == "window":
            piece = piece - piece.mean(-1, keepdims=True)
        spectrum = jnp.fft.fft(piece * taper, n=max(settings.num_doppler_bins, chirps), axis=-1)
        return jnp.fft.fftshift(_mean_power_over_range(spectrum))

    frames = series.shape[-1] // chirps
    power = jax.lax.map(burst, jnp.arange(frames)) / float((taper**2).sum())
    per_loop = jnp.repeat(jnp.arange(frames), chirps)
    return moving_mean(settings, _per_step(settings, power[per_loop]))


def time_angle_power(
    radar: Radar, settings: HeatmapSettings, spectra: Complex[Array, "frame chirp tx rx range"]
) -> Float[Array, "time angle"]:
    """Mean power of a beam steered to each azimuth, over the window's loops and range bins.

    Per loop and range bin the row's covariance is all that the angle transform needs, and it adds
    up over windows: |a^H x|^2 summed is a^H (sum x x^H) a.
    """
    if settings.tdm_compensation:
        spectra = align_transmitters(radar, spectra)
    row = radar.array.azimuth_row()
    tx, rx = (np.array(indices) for indices in zip(*row))
    gains = np.asarray(radar.array.gains, np.complex64)[tx, rx]
    x = spectra.reshape(-1, *spectra.shape[2:])[:, tx, rx] / gains[:, None]
    steps = x.shape[0] // settings.step_chirps
    x = x[: steps * settings.step_chirps].reshape(steps, settings.step_chirps, *x.shape[1:])
    covariance = jnp.einsum("sler,slfr->sef", x, x.conj(), precision="highest")
    covariance = moving_mean(settings, covariance / settings.step_chirps)
    if settings.clutter == "window":
        still = moving_mean(settings, x.mean(1))
        covariance = covariance - jnp.einsum(
            "ter,tfr->tef", still, still.conj(), precision="highest"
        )
    left_m = radar.array.virtual_m[tx, rx, 1]
    phase = np.outer(sine_grid(radar, settings), left_m) / radar.chirp.wavelength_m
    # A target on the left is nearer to elements on the left: undo exp(-2 pi j y sin / lambda).
    steer = np.exp(2j * np.pi * phase).astype(np.complex64)
    power = jnp.einsum("ae,tef,af->ta", steer, covariance, steer.conj(), precision="highest").real
    return power / (len(row) * spectra.shape[-1])


def align_transmitters(
    radar: Radar, spectra: Complex[Array, "frame chirp tx rx range"]
) -> Complex[Array, "frame chirp tx rx range"]:
    """Each transmitter's echoes moved to the start of the loop: the TDM compensation.

    A Doppler frequency f turns the phase by 2 pi f t between the loop's start and a slot at t.
    Undone in the Doppler domain of each burst, exp(-2 pi j f t), for |f| below half the loop rate.
    """
    doppler = jnp.fft.fft(spectra, axis=1)
    frequency_hz = np.fft.fftfreq(radar.frame.num_chirps, radar.loop_period_s)
    turn = np.exp(-2j * np.pi * np.outer(frequency_hz, radar.tx_delays_s)).astype(np.complex64)
    return jnp.fft.ifft(doppler * turn[:, :, None, None], axis=1)
