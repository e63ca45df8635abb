"""Which of I and Q comes first in a capture, told from the samples alone.

Read in the wrong order, I + jQ becomes Q + jI = j conj(I + jQ): the spectrum is mirrored. Two
signs of the right side, the first being the stronger:

    noise   a complex-1x receiver passes beats from 0 to about 0.9 fs; its own noise falls by 6 to
            16 dB near 0.95 fs, beside the sample rate (seen in captures of xWR16xx, 18xx, 68xx).
    energy  what the radar sees lies at positive beats, most of it near.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

# The dip of the receiver's noise, in parts of the sample rate, and its mirror image.
_NOTCH = (0.93, 0.985)
_MIN_DIP_DB = 3.0
_MIN_ENERGY_DB = 6.0
# Fewer loops give no median over Doppler that is free of what moves.
_MIN_LOOPS = 8


@dataclass(frozen=True)
class IqOrder:
    """The order, "i_first" or "q_first", how sure, and the reason in words."""

    order: str
    by: str
    evidence: str


def find_iq_order(cube: Complex[np.ndarray, "loop channel sample"]) -> IqOrder:
    """The order of I and Q.

    Args:
        cube: codes read as if I came first; loops in the order of time, 8 or more for the noise.

    Returns:
        The order; `by` is "noise", "energy", or "" where neither sign shows.
    """
    noise_db, energy_db = _spectra_db(cube)
    dip_db, mirror_db = _around_notch(noise_db)
    if min(dip_db, mirror_db) < -_MIN_DIP_DB and abs(dip_db - mirror_db) > _MIN_DIP_DB:
        order = "i_first" if dip_db < mirror_db else "q_first"
        return IqOrder(order, "noise", _notch_words(min(dip_db, mirror_db), order))
    if not np.any(cube):
        return IqOrder("i_first", "", "undecided: every sample is zero; I first assumed")
    if abs(energy_db) > _MIN_ENERGY_DB:
        order = "i_first" if energy_db > 0 else "q_first"
        side = "positive" if order == "i_first" else "negative"
        words = f"{abs(energy_db):.0f} dB more energy at {side} beats when read I first"
        return IqOrder(order, "energy", words)
    words = (
        f"undecided: no dip of the noise near the sample rate, and beats differ by "
        f"{abs(energy_db):.1f} dB only; I first assumed"
    )
    return IqOrder("i_first", "", words)


def _spectra_db(cube) -> tuple[Float[np.ndarray, " bin"], float]:
    """Noise over beat frequency, 0 dB in the middle, and positive over negative energy [dB].

    The median over Doppler is free of what stands still or keeps a steady speed.
    """
    loops, _, samples = cube.shape
    beat = np.fft.fft(cube * np.blackman(samples), axis=-1)
    power = np.mean(np.abs(beat) ** 2, axis=(0, 1))
    first, last = max(3, round(0.03 * samples)), samples // 2
    near, far = power[first:last].sum(), power[-last + 1 : -first + 1].sum()
    energy_db = 10 * np.log10((near + 1e-30) / (far + 1e-30))
    if loops < _MIN_LOOPS:
        return np.zeros(samples), float(energy_db)
    slow = np.fft.fft(beat * np.hanning(loops + 2)[1:-1, None, None], axis=0)
    noise = np.median(np.abs(slow) ** 2, axis=0).mean(axis=0) + 1e-30
    middle = np.median(noise[samples // 6 : -(samples // 6)])
    return 10 * np.log10(noise / middle), float(energy_db)


def _around_notch(noise_db) -> tuple[float, float]:
    """Mean level where the dip would be, read I first, and at its mirror image [dB]."""
    samples = len(noise_db)
    bins = np.arange(round(_NOTCH[0] * samples), round(_NOTCH[1] * samples) + 1)
    # Two bins on either side of zero beat hold leakage and offset.
    bins = bins[(bins < samples - 1) & (bins >= 0)]
    if not len(bins):
        return 0.0, 0.0
    return float(noise_db[bins].mean()), float(noise_db[samples - bins].mean())


def _notch_words(dip_db: float, order: str) -> str:
    side = "below" if order == "i_first" else "above"
    where = "the sample rate" if order == "i_first" else "zero beat"
    return f"noise dips by {-dip_db:.0f} dB just {side} {where} when read I first"
