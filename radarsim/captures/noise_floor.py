"""Noise floor of a recording whose units are unknown."""

import numpy as np
from jaxtyping import Complex

from radarsim.numerics.windows import hann

# Chirps in one spectrum; more chirps would not change the median.
_MOST_CHIRPS = 256


def noise_floor_rms(cube: Complex[np.ndarray, "frame chirp tx rx sample"]) -> float:
    """Rms of the noise of one complex sample, in the units of the cube.

    The static part is removed, and the median power over speeds, antenna pairs and samples is
    divided by ln 2, which is the ratio of median and mean of the power of complex white noise. The
    median ignores people, who occupy less than half of the speeds. Noise that is not white, and
    echoes at all speeds, raise the result.

    Args:
        cube: the first frames of a recording.
    """
    frames, chirps = cube.shape[:2]
    loops = cube.reshape(frames * chirps, -1)
    length = min(_MOST_CHIRPS, len(loops))
    spans = loops[: len(loops) // length * length].reshape(-1, length, loops.shape[1])
    spans = spans - spans.mean(1, keepdims=True)
    taper = hann(length)[:, None]
    power = np.abs(np.fft.fft(spans * taper, axis=1)) ** 2 / float((taper**2).sum())
    return float(np.sqrt(np.median(power) / np.log(2)))
