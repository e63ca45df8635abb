"""Range-Doppler and range-azimuth maps of single frames, in dB above thermal noise."""

from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.cube_checks import checked_cube
from radarsim.detection.burst_spectrum import (
    burst_axes,
    burst_middle_s,
    burst_spectrum,
    noise_power_v2,
    without_clutter,
)
from radarsim.detection.detect import check_doppler
from radarsim.detection.settings import FrameMapSettings
from radarsim.heatmaps.heatmaps import POWER_FLOOR
from radarsim.heatmaps.power import angle_taper
from radarsim.heatmaps.settings import HeatmapSettings, sine_grid
from radarsim.input_checks import check_radar, check_settings
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class FrameMaps:
    """One map per frame, with its axes.

    Attributes:
        power_db: power above thermal noise; noise alone is at 0 dB on average [dB].
        second_axis: "speed" or "angle".
        radar, settings: radar and settings, which determine the axes.
    """

    power_db: Float[Array, "*frame range bin"]
    second_axis: str = field(metadata={"static": True})
    radar: Radar = field(metadata={"static": True})
    settings: FrameMapSettings = field(metadata={"static": True})

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " bin"]]:
        """Coordinates: `time_s`, `range_m`, and `speed_mps` or `angle_rad`."""
        axes = frame_map_axes(self.radar, self.settings)
        second = "speed_mps" if self.second_axis == "speed" else "angle_rad"
        times_s = burst_middle_s(self.radar, self.power_db.shape[-3])
        return {"time_s": times_s, "range_m": axes["range_m"], second: axes[second]}

    def plot(self, frame: int = 0, title: str = ""):
        """Plot the map of one frame; needs the extra `viz`.

        Args:
            frame: index of the frame.
            title: title of the figure; the radar's name if empty.
        """
        from radarsim.plots.frame_maps import frame_map_page

        map_db = np.asarray(self.power_db)[frame]
        return frame_map_page(map_db, self.axes, title=title or self.radar.name)


def frame_map_axes(
    radar: Radar, settings: FrameMapSettings = FrameMapSettings()
) -> dict[str, Float[np.ndarray, " bin"]]:
    """Coordinates of the maps: `range_m`, `speed_mps` and `angle_rad` (equal steps of the sine)."""
    sines = sine_grid(radar, HeatmapSettings(num_angle_bins=settings.num_angle_bins))
    return burst_axes(radar) | {"angle_rad": np.arcsin(sines)}


def range_doppler(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: FrameMapSettings = FrameMapSettings(),
) -> FrameMaps:
    """Range-Doppler map of every frame: mean power over the transmitter-receiver pairs.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: removal of static echoes; the settings of beamforming have no effect.

    Returns:
        Maps [frame, range, speed] with their axes.

    Raises:
        InputError: the cube does not fit the radar, or a frame holds a single loop.
    """
    moving_v = _moving_v("range_doppler", radar, cube_v, settings)
    check_doppler("range_doppler", radar)
    power_db = _range_doppler_db(radar, moving_v)
    return FrameMaps(power_db=power_db, second_axis="speed", radar=radar, settings=settings)


def range_azimuth(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: FrameMapSettings = FrameMapSettings(),
) -> FrameMaps:
    """Range-azimuth map of every frame, beamformed over the horizontal antenna row.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: beamformer, taper, removal of static echoes.

    Returns:
        Maps [frame, range, angle] with their axes; azimuth is positive to the left. With "capon",
        no level exceeds the level with "bartlett" in the same cell.

    Raises:
        InputError: the cube does not fit the radar.
    """
    moving_v = _moving_v("range_azimuth", radar, cube_v, settings)
    power_db = _range_azimuth_db(radar, settings, moving_v)
    return FrameMaps(power_db=power_db, second_axis="angle", radar=radar, settings=settings)


def _moving_v(where: str, radar, cube_v, settings) -> Complex[Array, "frame chirp tx rx sample"]:
    """Check the arguments of the function `where`, and remove the static echoes."""
    check_radar(where, radar)
    check_settings(where, settings, FrameMapSettings)
    cube_v = jnp.asarray(checked_cube(where, radar, cube_v), jnp.complex64)
    return without_clutter(cube_v, settings.clutter)


@partial(jax.jit, static_argnums=0)
def _range_doppler_db(radar: Radar, moving_v) -> Float[Array, "frame range speed"]:
    return batched_map(partial(range_doppler_of_burst, radar), moving_v)


@partial(jax.jit, static_argnums=(0, 1))
def _range_azimuth_db(radar: Radar, settings, moving_v) -> Float[Array, "frame range angle"]:
    return batched_map(partial(range_azimuth_of_burst, radar, settings), moving_v)


def range_doppler_of_burst(
    radar: Radar, frame_v: Complex[Array, "chirp tx rx sample"]
) -> Float[Array, "range speed"]:
    """Range-Doppler map of one burst without static echoes [dB above noise]."""
    spectrum_v = burst_spectrum(frame_v)
    power = (spectrum_v.real**2 + spectrum_v.imag**2).mean((1, 2))
    return _decibels(power.T / noise_power_v2(radar))


def range_azimuth_of_burst(
    radar: Radar, settings: FrameMapSettings, frame_v: Complex[Array, "chirp tx rx sample"]
) -> Float[Array, "range angle"]:
    """Range-azimuth map of one burst without static echoes [dB above noise]."""
    taper = hann(radar.chirp.num_samples)
    rms_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    noise_v2 = rms_v**2 * float((taper.astype(float) ** 2).sum())
    covariance = _covariance(radar, settings, jnp.fft.fft(frame_v * taper, axis=-1))
    beams = _capon if settings.beamformer == "capon" else _bartlett
    return _decibels(beams(radar, settings, covariance, noise_v2) / noise_v2)


def _covariance(radar, settings, profiles_v) -> Complex[Array, "range element element"]:
    """Mean of x x^H over the loops of a burst, for the calibrated antenna row of each range bin."""
    tx, rx = (np.array(indices) for indices in zip(*radar.array.azimuth_row()))
    row = profiles_v[:, tx, rx] / radar.array.gains[tx, rx].astype(np.complex64)[:, None]
    if settings.tdm_compensation and np.ptp(radar.tx_delays_s) > 0:
        row = _at_loop_start(radar, row, tx)
    row = row.transpose(2, 1, 0)  # [range, element, loop]
    product = jnp.einsum("rik,rjk->rij", row, row.conj(), precision="highest")
    return product / radar.frame.num_chirps


def _at_loop_start(radar, row_v, tx) -> Complex[Array, "loop element range"]:
    """Refer every transmitter's echoes to the start of the loop, in the Doppler domain."""
    frequency_hz = np.fft.fftfreq(radar.frame.num_chirps, radar.loop_period_s)
    turns = frequency_hz[:, None] * radar.tx_delays_s[tx]
    factor = np.exp(-2j * np.pi * turns).astype(np.complex64)
    return jnp.fft.ifft(jnp.fft.fft(row_v, axis=0) * factor[:, :, None], axis=0)


def _steering(radar, settings) -> Complex[np.ndarray, "angle element"]:
    """Echo phases of the antenna row for each azimuth."""
    tx, rx = (np.array(indices) for indices in zip(*radar.array.azimuth_row()))
    left_m = radar.array.virtual_m[tx, rx, 1]
    sines = sine_grid(radar, HeatmapSettings(num_angle_bins=settings.num_angle_bins))
    phase = np.outer(sines, left_m) / radar.chirp.wavelength_m
    return np.exp(-2j * np.pi * phase).astype(np.complex64)


def _bartlett(radar, settings, covariance, noise_v2) -> Float[Array, "range angle"]:
    """Power of the conventional beamformer, with the noise power of a single element."""
    steering = _steering(radar, settings)
    maps = HeatmapSettings(angle_window=settings.angle_window)
    taper = angle_taper(steering.shape[1], maps).astype(np.float32)
    beam = steering * taper
    power = jnp.einsum("ae,ref,af->ra", beam.conj(), covariance, beam, precision="highest").real
    return power / float((taper**2).sum())


def _capon(radar, settings, covariance, noise_v2) -> Float[Array, "range angle"]:
    """Power of the minimum-variance beamformer, N / (a^H R^-1 a), on the same scale as `_bartlett`.

    Source:
        Capon, "High-resolution frequency-wavenumber spectrum analysis", Proc. IEEE 57, 1969.
    """
    steering = _steering(radar, settings)
    elements = steering.shape[1]
    mean = jnp.trace(covariance, axis1=1, axis2=2).real / elements
    loading = mean * 10 ** (settings.loading_db / 10) + 1e-6 * noise_v2
    loaded = covariance + loading[:, None, None] * jnp.eye(elements)
    inverse = jnp.linalg.inv(loaded)
    quadratic = jnp.einsum(
        "ae,ref,af->ra", steering.conj(), inverse, steering, precision="highest"
    ).real
    return elements / jnp.maximum(quadratic, 1e-37)


def _decibels(power: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return 10 * jnp.log10(jnp.maximum(power, POWER_FLOOR))
