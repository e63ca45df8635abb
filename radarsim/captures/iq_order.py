"""Detect the I/Q order of a capture, that is, whether I or Q comes first, from the samples.

Read in the wrong order, I + jQ becomes Q + jI = j conj(I + jQ): the spectrum is mirrored. Two
features identify the correct order; the first feature is more reliable:

    noise   a complex-1x receiver passes beats from 0 to about 0.9 fs; its noise falls by 6 to
            16 dB near 0.95 fs, next to the sample rate (measured in captures of xWR16xx, 18xx,
            68xx).
    energy  echoes lie at positive beat frequencies, with most of their energy at short ranges.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float

# Lower and upper edge of the notch in the receiver's noise spectrum, as fractions of the sample
# rate.
_NOTCH = (0.93, 0.985)
# Minimum depth of the notch, both below the mid-band noise and below the noise at its mirror image.
_MIN_DIP_DB = 3.0
# Minimum ratio between the energies of positive and negative beats that decides the order.
_MIN_ENERGY_DB = 6.0
# Minimum number of loops for the noise feature; with fewer loops, the median over Doppler still
# contains moving targets.
_MIN_LOOPS = 8


@dataclass(frozen=True)
class IqOrder:
    """Detected order of I and Q.

    Attributes:
        order: "i_first" or "q_first".
        by: the deciding feature, "noise" or "energy"; "" if neither is clear.
        evidence: text that explains the decision.
    """

    order: str
    by: str
    evidence: str


def find_iq_order(cube: Complex[np.ndarray, "loop channel sample"]) -> IqOrder:
    """Detect the order of I and Q.

    Args:
        cube: ADC codes decoded with I first; the loops are in time order, and the noise feature
            needs at least 8 of them.

    Returns:
        The order; `by` is "noise", "energy", or "" if neither feature is clear.
    """
    noise_db, energy_db = _spectra_db(cube)
    dip = _levels_at_notch(noise_db)
    lowest_db = min(dip)
    if lowest_db < -_MIN_DIP_DB and abs(dip.positive_db - dip.mirrored_db) > _MIN_DIP_DB:
        order = "i_first" if dip.positive_db < dip.mirrored_db else "q_first"
        return IqOrder(order, "noise", _describe_notch(lowest_db, order))
    if not np.any(cube):
        return IqOrder("i_first", "", "undecided: every sample is zero; I first assumed")
    if abs(energy_db) > _MIN_ENERGY_DB:
        order = "i_first" if energy_db > 0 else "q_first"
        side = "positive" if order == "i_first" else "negative"
        evidence = f"{abs(energy_db):.0f} dB more energy at {side} beats when read I first"
        return IqOrder(order, "energy", evidence)
    evidence = (
        f"undecided: no notch in the noise near the sample rate, and the energies of positive and "
        f"negative beats differ by only {abs(energy_db):.1f} dB; I first assumed"
    )
    return IqOrder("i_first", "", evidence)


class _Spectra(NamedTuple):
    """Noise over beat frequency (0 dB mid-band), and positive-to-negative energy ratio [dB]."""

    noise_db: Float[np.ndarray, " bin"]
    energy_db: float


def _spectra_db(cube) -> _Spectra:
    """Noise spectrum and energy ratio; a median over Doppler removes constant-velocity targets."""
    loops, _, samples = cube.shape
    beat = np.fft.fft(cube * np.blackman(samples), axis=-1)
    power = np.mean(np.abs(beat) ** 2, axis=(0, 1))
    first, last = max(3, round(0.03 * samples)), samples // 2
    near, far = power[first:last].sum(), power[-last + 1 : -first + 1].sum()
    energy_db = 10 * np.log10((near + 1e-30) / (far + 1e-30))
    if loops < _MIN_LOOPS:
        return _Spectra(np.zeros(samples), float(energy_db))
    slow = np.fft.fft(beat * np.hanning(loops + 2)[1:-1, None, None], axis=0)
    noise = np.median(np.abs(slow) ** 2, axis=0).mean(axis=0) + 1e-30
    middle = np.median(noise[samples // 6 : -(samples // 6)])
    return _Spectra(10 * np.log10(noise / middle), float(energy_db))


class _NotchLevels(NamedTuple):
    """Mean noise level at the notch and at its mirror image, for samples read I first [dB]."""

    positive_db: float
    mirrored_db: float


def _levels_at_notch(noise_db) -> _NotchLevels:
    samples = len(noise_db)
    bins = np.arange(round(_NOTCH[0] * samples), round(_NOTCH[1] * samples) + 1)
    # The two bins on either side of zero beat frequency contain leakage and DC offset.
    bins = bins[(bins < samples - 1) & (bins >= 0)]
    if not len(bins):
        return _NotchLevels(0.0, 0.0)
    return _NotchLevels(float(noise_db[bins].mean()), float(noise_db[samples - bins].mean()))


def _describe_notch(dip_db: float, order: str) -> str:
    side = "below" if order == "i_first" else "above"
    where = "the sample rate" if order == "i_first" else "zero beat"
    return f"noise dips by {-dip_db:.0f} dB just {side} {where} when read I first"
