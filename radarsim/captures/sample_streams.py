"""Samples of a capture in the order of time, without assumptions about the length of a chirp.

Within a chirp of one receiver the samples continue each other: echoes are a few tones, so a linear
prediction from the samples before works. It fails where another chirp or receiver begins. The
positions of these failures show the true length and start of the chirps (`chirp_length`,
`alignment`). The failure does not depend on Doppler, so moving targets do not hide it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Num

from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.config import Radar

# Samples that predict the next one: enough for leakage and a few echoes.
ORDER = 8
# Standard deviation of the logarithm of the power of Gaussian noise [dB].
NOISE_SPREAD_DB = 5.6


class StreamShape(NamedTuple):
    """Sizes of a stream.

    Attributes:
        block: samples of one receiver in one chirp.
        blocks_per_loop: blocks that one loop of all transmitters takes in one channel.
        words_per_sample: 16-bit words from one sample of a channel to the next.
    """

    block: int
    blocks_per_loop: int
    words_per_sample: int


def stream_shape(radar: Radar, capture_format: CaptureFormat) -> StreamShape:
    """Sizes of the streams of a capture, by its configuration."""
    parts = 1 if capture_format.is_real else 2
    samples = radar.chirp.num_samples * (2 if capture_format.is_real else 1)
    parallel = capture_format.lanes == 4
    blocks = radar.array.num_tx * (1 if parallel else radar.array.num_rx)
    return StreamShape(samples, blocks, parts * (capture_format.lanes if parallel else 1))


def sample_streams(
    capture_format: CaptureFormat, num_rx: int, words: Int16[np.ndarray, " word"]
) -> Num[np.ndarray, "channel sample"]:
    """Samples by channel: one channel per receiver on four lanes, one for all on two lanes.

    Args:
        capture_format: order of the words; unclear I/Q orders read as I first, unclear
            interleaving as pairs.
        num_rx: number of receivers.
        words: from the start of a group of eight words.
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


def prediction_errors_db(
    streams: Num[np.ndarray, "channel sample"],
) -> Float[np.ndarray, " sample"]:
    """Error of a linear prediction of each sample, 0 dB at its median over the stream [dB].

    One predictor of `ORDER` samples serves all channels; errors add over channels. The first
    `ORDER` samples read 0 dB.

    Source:
        Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 63, 1975 (covariance method).
    """
    centred = streams - streams.mean(axis=1, keepdims=True)
    past = np.lib.stride_tricks.sliding_window_view(centred[:, :-1], ORDER, axis=1)
    rows, following = past.reshape(-1, ORDER), centred[:, ORDER:].reshape(-1)
    products = rows.conj().T @ rows
    # A little white noise: pure tones and constant words have no unique predictor.
    noise = 1e-9 * np.trace(products).real / ORDER + 1e-9
    weights = np.linalg.solve(products + noise * np.eye(ORDER), rows.conj().T @ following)
    errors = np.abs(following - rows @ weights).reshape(len(streams), -1) ** 2
    # A hundredth of a code: keeps the logarithm finite where all samples are equal.
    errors_db = 10 * np.log10(errors.sum(axis=0) + 1e-4)
    return np.concatenate([np.zeros(ORDER), errors_db - np.median(errors_db)])


def mean_over_blocks(
    errors_db: Float[np.ndarray, " sample"], block: int
) -> Float[np.ndarray, " block"]:
    """Mean error of each position of a block over all complete blocks [dB]."""
    whole = len(errors_db) // block * block
    return errors_db[:whole].reshape(-1, block).mean(axis=0)
