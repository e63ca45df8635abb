"""Noise floor of a recording whose units are unknown."""

import numpy as np
from jaxtyping import Complex

from radarsim.numerics.windows import hann

# Chirps in one spectrum; more chirps would not change the median.
_MOST_CHIRPS = 256
# A cell below this power, relative to the largest power of a cell, is empty, such as a range bin
# that was not recorded.
_EMPTY = 1e-13


def noise_floor_rms(cube: Complex[np.ndarray, "frame chirp tx rx sample"]) -> float:
    """Rms of the noise of one complex sample, in the units of the cube.

    The static part is removed, and the median power over speeds, ranges and antenna pairs is
    divided by ln 2, which is the ratio of median and mean of the power of complex white noise. The
    median ignores people and near reflectors, which occupy less than half of the cells.

    Args:
        cube: the first frames of a recording.
    """
    frames, chirps = cube.shape[:2]
    loops = cube.reshape(frames * chirps, -1, cube.shape[-1])
    length = min(_MOST_CHIRPS, len(loops))
    spans = loops[: len(loops) // length * length].reshape(-1, length, *loops.shape[1:])
    spans = spans - spans.mean(1, keepdims=True)
    taper = hann(length)[:, None, None]
    spectra = np.fft.fft(np.fft.fft(spans * taper, axis=1), axis=-1)
    power = np.abs(spectra) ** 2 / (float((taper**2).sum()) * cube.shape[-1])
    present = power[power > _EMPTY * power.max()]
    return float(np.sqrt(np.median(present) / np.log(2))) if present.size else 0.0
