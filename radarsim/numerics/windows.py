"""Window functions of Fourier transforms."""

import numpy as np
from jaxtyping import Float


def hann(count: int) -> Float[np.ndarray, " sample"]:
    """Hann window of the given number of samples, without the two zero samples at its ends."""
    return np.hanning(count + 2)[1:-1].astype(np.float32)
