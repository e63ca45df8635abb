"""Measure the azimuth of a target by beamforming with the horizontal row of virtual antennas."""

import numpy as np
from jaxtyping import Complex, Float

from radarsim.heatmaps.settings import HeatmapSettings, sine_grid
from radarsim.radar.radar import Radar

_FINE = HeatmapSettings(num_angle_bins=1024)
# Minimum fraction of the power that the best direction must explain. Random phases reach about
# 1 / elements; a single point target in the far field reaches 1.
MIN_EXPLAINED = 0.6
# Minimum number of antenna elements for a check of the layout; with fewer elements, almost any
# phases fit some direction.
MIN_ELEMENTS_OF_LAYOUT = 3


def azimuth_of_cells(
    radar: Radar,
    cells_v: Complex[np.ndarray, "cell tx rx"],
    frequency_hz: Float[np.ndarray, " cell"],
) -> float | None:
    """Measure the azimuth of a target from its range-Doppler cells.

    For each cell, the Doppler phase exp(2 pi j f t) accumulated up to each transmit slot is
    compensated, and the channel gains are divided out. The beam is then steered to all visible
    directions, and the powers of all cells are added. The peak is interpolated by a parabola.

    Args:
        radar: antennas, channel gains and slot times.
        cells_v: range-Doppler spectrum of each channel in the cells of the target [V].
        frequency_hz: Doppler frequency of each cell [Hz]; for 0, no phase is compensated.

    Returns:
        Azimuth, positive to the left [rad]. None if the row has a single element, or if the phases
        fit no direction because the antenna layout is wrong or the cells contain several echoes.
    """
    row = radar.array.azimuth_row()
    if len(row) < 2:
        return None
    tx, rx = (np.array(indices) for indices in zip(*row))
    tdm_phase = np.exp(-2j * np.pi * np.outer(frequency_hz, radar.tx_delays_s))
    x = cells_v[:, tx, rx] * tdm_phase[:, tx] / radar.array.gains[tx, rx]
    sines = sine_grid(radar, _FINE)
    left_m = radar.array.virtual_m[tx, rx, 1]
    steer = np.exp(2j * np.pi * np.outer(sines, left_m) / radar.chirp.wavelength_m)
    power = (np.abs(steer @ x.T) ** 2).sum(1)
    best = int(power.argmax())
    if power[best] < MIN_EXPLAINED * len(row) * float((np.abs(x) ** 2).sum()):
        return None
    return float(np.arcsin(np.clip(_interpolated_peak(sines, power, best), -1, 1)))


def _interpolated_peak(sines, power, best: int) -> float:
    """Position of the maximum of the parabola through the peak and its two neighbours."""
    if not 0 < best < len(sines) - 1:
        return float(sines[best])
    before, at, after = power[best - 1 : best + 2]
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float(sines[best] + shift * (sines[1] - sines[0]))
