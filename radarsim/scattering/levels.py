"""Absolute levels: the radar equation at the ADC, and point targets.

A voltage v corresponds to the power |v|^2 / Z of the complex envelope (I and Q together).
"""

import numpy as np

from radarsim.radar.radar import Radar


def volts_per_weight(radar: Radar, reflectivity: float) -> float:
    """Volts at the ADC for a face with the weight A C / (R1 R2) = 1.

        sqrt(Pt Gt Gr Grx Z) Gamma / (4 pi)

    With A = lambda sqrt(RCS / 4 pi) and Gamma = 1 this is the radar equation of a point target.

    Args:
        radar: board whose transmit power, antenna gain, receiver gain and load are used.
        reflectivity: amplitude factor Gamma of the surface; 1 for points of known RCS.
    """
    power_w = 1e-3 * 10 ** (radar.tx_power_dbm / 10)
    gain = 10 ** ((2 * radar.array.gain_dbi + radar.receiver.gain_db) / 10)
    return float(np.sqrt(power_w * gain * radar.receiver.load_ohm) * reflectivity / (4 * np.pi))


def point_area_m2(radar: Radar, rcs_m2):
    """The area A of a point scatterer of a given radar cross-section: lambda sqrt(RCS / 4 pi)."""
    return radar.chirp.wavelength_m * (rcs_m2 / (4 * np.pi)) ** 0.5
