"""Detect targets in an IF cube and return them as a point cloud.

    cube - static echoes -> range-Doppler spectrum -> CFAR -> strongest cells -> refined points

Range and speed are refined to a fraction of a bin from the complex spectrum, and the direction of
arrival is the maximum of the beam power over all transmitter-receiver pairs.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.cube_checks import checked_cube
from radarsim.detection import cfar
from radarsim.detection.burst_spectrum import burst_spectrum, without_clutter
from radarsim.detection.directions import find_directions
from radarsim.detection.point_cloud import PointCloud
from radarsim.detection.refinement import refine_peaks
from radarsim.detection.settings import DetectionSettings
from radarsim.errors import InputError
from radarsim.input_checks import check_radar, check_settings
from radarsim.numerics.batched_map import batched_map
from radarsim.radar.radar import Radar


def detect(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: DetectionSettings = DetectionSettings(),
) -> PointCloud:
    """Detect targets in every frame of a cube, simulated or recorded.

    The function can be compiled with `jax.jit` and applied to many clips with `jax.vmap`.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: CFAR detector, number of points, and removal of static echoes.

    Returns:
        At most `settings.max_points` points per frame.

    Raises:
        InputError: the cube does not fit the radar, or a frame has a single loop and hence no
            Doppler axis.
    """
    check_radar("detect", radar)
    check_settings("detect", settings, DetectionSettings)
    check_doppler("detect", radar)
    cube_v = jnp.asarray(checked_cube("detect", radar, cube_v), jnp.complex64)
    return _points_of_frames(radar, settings, without_clutter(cube_v, settings.clutter))


def check_doppler(where: str, radar: Radar) -> None:
    """Check that the frames of a radar have a Doppler axis.

    Raises:
        InputError: a frame holds a single loop.
    """
    if radar.frame.num_chirps < 2:
        hint = "combine frames to bursts first, as radarsim.validate does, or record more loops"
        raise InputError("radar", "frame", f"holds one loop; {where} needs at least two", hint)


@partial(jax.jit, static_argnums=(0, 1))
def _points_of_frames(radar: Radar, settings: DetectionSettings, moving_v) -> PointCloud:
    return batched_map(lambda frame_v: points_of_burst(radar, settings, frame_v), moving_v)


def points_of_burst(
    radar: Radar,
    settings: DetectionSettings,
    frame_v: Complex[Array, "chirp tx rx sample"],
    allowed: Bool[Array, "speed range"] | None = None,
) -> PointCloud:
    """Points of one burst without static echoes; see `detect`.

    Args:
        radar: the board.
        settings: CFAR detector and number of points.
        frame_v: volts at the ADC, without static echoes.
        allowed: cells that may become points; None allows all.
    """
    spectrum_v = burst_spectrum(frame_v)
    power = mean_power(spectrum_v)
    cells = cfar.training_cells(
        settings, radar.num_virtual, power.shape, first_bin(radar, settings)
    )
    if settings.cfar == "ca":
        average = cfar.noise_by_average(cells, settings, power)
        found = power > average * cells.factor.astype(np.float32)
    else:
        found = cfar.exceeds_ordered(cells, power)
    found &= np.arange(power.shape[1]) >= cells.first_bin
    if settings.peaks_only:
        found &= power >= _strongest_neighbour(power)
    if allowed is not None:
        found &= allowed
    strength, speed_idx, range_idx = strongest(power, found, settings.max_points)
    noise = (
        average[speed_idx, range_idx]
        if settings.cfar == "ca"
        else cfar.noise_by_order(cells, power, speed_idx, range_idx)
    )
    snr_db = 10 * jnp.log10(jnp.maximum(strength, 1e-37) / jnp.maximum(noise, 1e-37))
    return refined_points(radar, settings, spectrum_v, (speed_idx, range_idx), strength > 0, snr_db)


def first_bin(radar: Radar, settings: DetectionSettings) -> int:
    """First range bin that is tested: the first bin beyond `min_range_m`, but never the DC bin."""
    return max(1, int(np.ceil(settings.min_range_m / radar.range_resolution_m - 1e-9)))


def mean_power(spectrum_v: Complex[Array, "speed tx rx range"]) -> Float[Array, "speed range"]:
    """Mean power over the transmitter-receiver pairs [V^2]."""
    return (spectrum_v.real**2 + spectrum_v.imag**2).mean((1, 2))


def _strongest_neighbour(power: Float[Array, "speed range"]) -> Float[Array, "speed range"]:
    """Power of the strongest of the eight neighbours; the speed axis is cyclic."""
    padded = jnp.pad(power, ((0, 0), (1, 1)))
    rows = [jnp.roll(padded, shift, axis=0) for shift in (-1, 0, 1)]
    columns = power.shape[1]
    shifted = [
        row[:, start : start + columns]
        for shift, row in zip((-1, 0, 1), rows)
        for start in (0, 1, 2)
        if (shift, start) != (0, 1)
    ]
    return jnp.max(jnp.stack(shifted), axis=0)


def strongest(power, found, most: int) -> tuple[Array, Array, Array]:
    """Power and indices of the strongest detected cells; a power of 0 marks an empty slot."""
    score = jnp.where(found, power, 0.0).ravel()
    strength, flat = jax.lax.top_k(score, min(most, score.size))
    missing = most - len(strength)
    strength, flat = jnp.pad(strength, (0, missing)), jnp.pad(flat, (0, missing))
    return strength, flat // power.shape[1], flat % power.shape[1]


def refined_points(radar, settings, spectrum_v, cells, real, snr_db) -> PointCloud:
    """Refine the points of one burst; values of empty slots become NaN."""
    speed_idx, range_idx = cells
    loops = spectrum_v.shape[0]
    peaks = refine_peaks(spectrum_v, speed_idx, range_idx)
    cycles_per_loop = (speed_idx - loops // 2 + peaks.speed_bins) / loops
    cycles_per_loop = jnp.mod(cycles_per_loop + 0.5, 1.0) - 0.5
    frequency_hz = cycles_per_loop / radar.loop_period_s
    # A Doppler shift moves the beat frequency, and hence the apparent range.
    coupling_m = frequency_hz * SPEED_OF_LIGHT_MPS / (2 * radar.chirp.slope_hz_per_s)
    range_m = (range_idx + peaks.range_bins) * radar.range_resolution_m - coupling_m
    azimuth_rad, elevation_rad = _folded_directions(
        radar, settings, peaks.amplitude_v, frequency_hz
    )
    position_m = _cartesian(range_m, azimuth_rad[:, 0], elevation_rad[:, 0])

    def kept(values):
        return jnp.where(real.reshape(-1, *[1] * (values.ndim - 1)), values, jnp.nan)

    return PointCloud(
        range_m=kept(range_m),
        azimuth_rad=kept(azimuth_rad[:, 0]),
        elevation_rad=kept(elevation_rad[:, 0]),
        speed_mps=kept(frequency_hz * radar.chirp.wavelength_m / 2),
        snr_db=kept(snr_db),
        position_m=kept(position_m),
        folded_azimuth_rad=kept(azimuth_rad),
        count=real.sum(dtype=jnp.int32),
        radar=radar,
    )


def _folded_directions(radar, settings, peak_v, frequency_hz) -> tuple[Array, Array]:
    """Azimuth and elevation [point, n] if the measured Doppler frequency is n loop rates too low.

    A Doppler frequency f rotates the phase by 2 pi f t until the slot of a transmitter at time t.
    """
    folds = num_folds(radar, settings)
    if not settings.tdm_compensation:
        snapshots_v = peak_v[:, None]
    else:
        folded_hz = frequency_hz[:, None] + np.arange(folds, dtype=np.float32) / radar.loop_period_s
        turns = folded_hz[:, :, None] * radar.tx_delays_s.astype(np.float32)
        snapshots_v = peak_v[:, None] * jnp.exp(-2j * jnp.pi * turns)[..., None]
    angles = find_directions(radar, snapshots_v.reshape(-1, *peak_v.shape[1:]))
    return angles.azimuth_rad.reshape(-1, folds), angles.elevation_rad.reshape(-1, folds)


def num_folds(radar: Radar, settings: DetectionSettings) -> int:
    """Number of Doppler ambiguities that lead to different phases between the transmitters."""
    return radar.array.num_tx if settings.tdm_compensation else 1


def _cartesian(range_m, azimuth_rad, elevation_rad) -> Float[Array, "point 3"]:
    azimuth_rad, elevation_rad = jnp.nan_to_num(azimuth_rad), jnp.nan_to_num(elevation_rad)
    ahead = jnp.cos(elevation_rad) * jnp.cos(azimuth_rad)
    left = jnp.cos(elevation_rad) * jnp.sin(azimuth_rad)
    return range_m[:, None] * jnp.stack([ahead, left, jnp.sin(elevation_rad)], axis=-1)
