"""Samples of a capture in time order, without assumptions about the length of a chirp.

Within a chirp of one receiver, each sample can be predicted linearly from the preceding samples,
because the echoes consist of a few tones. The prediction fails at the start of another chirp or
receiver. The positions of these failures show the true length and start of the chirps
(`chirp_length`, `alignment`). The failure does not depend on Doppler, so moving targets do not hide
the chirp boundaries.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Num

from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

# Prediction order in samples: enough for leakage and a few echoes.
ORDER = 8
# Standard deviation of the logarithm of the power of Gaussian noise [dB].
NOISE_SPREAD_DB = 5.6
# Minimum height of a break above the other prediction errors [dB]. Measured on recordings: 13 to 20
# dB at breaks, and at most 5 dB at any other position of the chirp.
MIN_BREAK_DB = 3.0
# Significance limit in standard deviations of the mean noise; the limit is as high as six because
# thousands of positions and lengths are tried.
NOISE_FACTOR = 6.0
# Several prediction errors around a break are large; the error at the break is at least this
# fraction of the largest one.
_SHARE_AT_FIRST = 0.35


class StreamShape(NamedTuple):
    """Sizes that describe a stream of samples.

    Attributes:
        block: number of samples of one receiver in one chirp.
        blocks_per_loop: number of blocks per channel in one loop over all transmitters.
        words_per_sample: 16-bit words from one sample of a channel to the next.
    """

    block: int
    blocks_per_loop: int
    words_per_sample: int


def stream_shape(radar: Radar, capture_format: CaptureFormat) -> StreamShape:
    """Stream sizes of a capture according to its configuration."""
    parts = 1 if capture_format.is_real else 2
    samples = radar.chirp.num_samples * (2 if capture_format.is_real else 1)
    parallel = capture_format.lanes == 4
    blocks = radar.array.num_tx * (1 if parallel else radar.array.num_rx)
    return StreamShape(samples, blocks, parts * (capture_format.lanes if parallel else 1))


def sample_streams(
    capture_format: CaptureFormat, num_rx: int, words: Int16[np.ndarray, " word"]
) -> Num[np.ndarray, "channel sample"]:
    """Samples by channel: one channel per receiver on four lanes, one in total on two lanes.

    Args:
        capture_format: order of the words; an unknown I/Q order is read as I first, unknown
            interleaving as pairs.
        num_rx: number of receivers.
        words: words of the capture, starting at the boundary of a group of eight words.
    """
    whole = words[: len(words) // 8 * 8].astype(np.float64)
    if capture_format.lanes == 4:
        lanes = list(capture_format.lanes_of(num_rx))
        if capture_format.is_real:
            return whole.reshape(-1, 4)[:, lanes].T
        parts = whole.reshape(-1, 2, 4)[:, :, lanes]
        return (parts[:, 0] + 1j * parts[:, 1]).T
    if capture_format.is_real:
        return whole[None]
    if capture_format.interleaving == "samples":
        return whole.view(np.complex128)[None]
    parts = whole.reshape(-1, 2, 2)
    return (parts[:, 0] + 1j * parts[:, 1]).reshape(1, -1)


def fit_predictor(
    streams: Num[np.ndarray, "channel sample"],
) -> Num[np.ndarray, " lag"]:
    """Least-squares weights that predict a sample from the preceding samples, oldest first.

    Source:
        Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 63, 1975 (covariance method).
    """
    past, following = _past_and_following(streams)
    # einsum is used instead of matmul, because starting the threads of a linear algebra library
    # takes longer than these small sums.
    products = np.einsum("in,jn->ij", past.conj(), past)
    # A little white noise is added, because pure tones and constants have no unique predictor.
    noise = 1e-9 * np.trace(products).real / ORDER + 1e-9
    target = np.einsum("in,n->i", past.conj(), following)
    return np.linalg.solve(products + noise * np.eye(ORDER), target)


def error_levels_db(
    streams: Num[np.ndarray, "channel sample"], weights: Num[np.ndarray, " lag"]
) -> Float[np.ndarray, " predicted"]:
    """Power of the prediction errors from sample `ORDER` on, summed over the channels [dB]."""
    past, following = _past_and_following(streams)
    errors = np.abs(following - np.einsum("i,in->n", weights, past)).reshape(len(streams), -1)
    # Adding a hundredth of a code keeps the logarithm finite if all samples are equal.
    return 10 * np.log10(np.sum(errors**2, axis=0) + 1e-4)


def prediction_errors_db(
    streams: Num[np.ndarray, "channel sample"],
) -> Float[np.ndarray, " sample"]:
    """Linear prediction error of each sample, relative to the median over the stream [dB].

    One predictor of `ORDER` samples serves all channels. The errors of the first `ORDER` samples
    are set to 0 dB.
    """
    levels_db = error_levels_db(streams, fit_predictor(streams))
    return np.concatenate([np.zeros(ORDER), levels_db - np.median(levels_db)])


def _past_and_following(streams) -> tuple[np.ndarray, np.ndarray]:
    """Return the preceding samples by lag, and the samples to predict, for all channels in turn."""
    centred = streams - streams.mean(axis=1, keepdims=True)
    count = centred.shape[1] - ORDER
    past = np.stack([centred[:, lag : lag + count].reshape(-1) for lag in range(ORDER)])
    return past, centred[:, ORDER:].reshape(-1)


def mean_over_blocks(
    errors_db: Float[np.ndarray, " sample"], block: int
) -> Float[np.ndarray, " block"]:
    """Prediction error at each position in a block, averaged over all complete blocks [dB]."""
    whole = len(errors_db) // block * block
    return errors_db[:whole].reshape(-1, block).mean(axis=0)


def needed_height_db(count: int) -> float:
    """Smallest mean height over `count` breaks that is significant above noise [dB]."""
    return max(MIN_BREAK_DB, NOISE_FACTOR * NOISE_SPREAD_DB / max(1, count) ** 0.5)


def first_break(errors_db: Float[np.ndarray, " sample"], block: int) -> int | None:
    """Position of the breaks that are one block apart; None if no break is visible.

    Args:
        errors_db: errors from `prediction_errors_db` [dB].
        block: number of samples of one receiver in one chirp.

    Returns:
        The position with the largest errors, or 0 if the errors at position 0 are almost as large.
    """
    count = len(errors_db) // block
    if not count:
        return None
    heights_db = mean_over_blocks(errors_db, block)
    highest = int(np.argmax(heights_db))
    if heights_db[highest] < needed_height_db(count):
        return None
    return 0 if heights_db[0] >= _SHARE_AT_FIRST * heights_db[highest] else highest
