"""Where an echo comes from: azimuth by the level row of elements, and whether that can be told."""

import numpy as np
from jaxtyping import Complex, Float

from radarsim.heatmaps.heatmaps import HeatmapSettings, sine_grid
from radarsim.radar.config import Radar

_FINE = HeatmapSettings(num_angle_bins=1024)
# Share of the row's power that the best direction must explain, between chance (1 / elements) and
# a single far point (1).
MIN_EXPLAINED = 0.6
# Two slots of one transmitter: their echoes differ by no more than this [rad, dB].
SAME_PHASE_RAD = 0.03
SAME_LEVEL_DB = 0.3
SAME_COHERENCE = 0.999


def azimuth_of_cells(
    radar: Radar,
    cells_v: Complex[np.ndarray, "cell tx rx"],
    frequency_hz: Float[np.ndarray, " cell"],
) -> float | None:
    """Azimuth of a target from its range-Doppler cells.

    Per cell the phase exp(-2 pi j f t) that a mover gathers until a transmitter's slot is undone,
    channel gains are divided out, and the row is steered over the sines it sees; powers add over
    cells. The peak is refined by a parabola.

    Args:
        radar: antennas, gains and slots.
        cells_v: spectrum of each channel.
        frequency_hz: Doppler frequency of each cell [Hz]; 0 undoes nothing.

    Returns:
        Azimuth, left positive [rad]; None where the row has one element or its phases fit no
        direction: another board, or several echoes at once.
    """
    row = radar.array.azimuth_row()
    if len(row) < 2:
        return None
    tx, rx = (np.array(indices) for indices in zip(*row))
    turn = np.exp(-2j * np.pi * np.outer(frequency_hz, radar.tx_delays_s))
    x = cells_v[:, tx, rx] * turn[:, tx] / radar.array.gains[tx, rx]
    sines = sine_grid(radar, _FINE)
    left_m = radar.array.virtual_m[tx, rx, 1]
    steer = np.exp(2j * np.pi * np.outer(sines, left_m) / radar.chirp.wavelength_m)
    power = (np.abs(steer @ x.T) ** 2).sum(1)
    best = int(power.argmax())
    if power[best] < MIN_EXPLAINED * len(row) * float((np.abs(x) ** 2).sum()):
        return None
    return float(np.arcsin(np.clip(_refined(sines, power, best), -1, 1)))


def _refined(sines, power, best: int) -> float:
    """Top of the parabola through the peak and its neighbours."""
    if not 0 < best < len(sines) - 1:
        return float(sines[best])
    before, at, after = power[best - 1 : best + 2]
    bend = before - 2 * at + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(sines[best] + shift * (sines[1] - sines[0]))


def slots_look_alike(
    range_v: Complex[np.ndarray, "row tx rx range"], noise_v2: Float[np.ndarray, " range"]
) -> bool:
    """Whether every slot seems to have fired one and the same transmitter.

    Two transmitters in two places see a room of echoes from many directions with many phases
    between them; the same one sees the same phase and level everywhere.

    Args:
        range_v: range transforms, such as `capture_stats.CaptureStats.slow_time_v`.
        noise_v2: noise per range bin of one chirp.

    Returns:
        True if phases and levels agree in most bins 20 dB above noise, of which there are three.
    """
    num_tx = range_v.shape[1]
    power_v2 = (np.abs(range_v) ** 2).mean((0, 1, 2))
    strong = power_v2 > 100 * noise_v2
    if num_tx < 2 or strong.sum() < 3:
        return False
    first, others = range_v[:, :1, :, strong], range_v[:, 1:, :, strong]
    cross = (first.conj() * others).sum(0)
    powers = (np.abs(first) ** 2).sum(0), (np.abs(others) ** 2).sum(0)
    coherence = np.abs(cross) / np.sqrt(powers[0] * powers[1])
    level_db = 10 * np.log10(powers[1] / powers[0])
    noise = noise_v2[strong] / power_v2[strong]  # costs coherence as much
    share = (
        (coherence > SAME_COHERENCE - 3 * noise)
        & (np.abs(np.angle(cross)) < SAME_PHASE_RAD + noise)
        & (np.abs(level_db) < SAME_LEVEL_DB)
    )
    return bool(share.mean() > 0.6)
