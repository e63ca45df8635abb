"""Length of a chirp, from the samples: where echoes repeat, and where they break off.

repetition   a static scene returns the same echo in every loop, so the words repeat with the
             length of a loop. A wrong length that is a multiple of the true one repeats, too,
             and with several transmitters also some fractions.
breaks       where another receiver or chirp begins, the phase of the echo jumps and a linear
             prediction fails (`sample_streams`). The distance of these breaks is the number of
             samples of a chirp.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Num

from radarsim.captures.dca1000_codec import words_per_chirp
from radarsim.captures.plausibility import DISABLE_CHECK
from radarsim.captures.sample_streams import (
    NOISE_SPREAD_DB,
    ORDER,
    StreamShape,
    prediction_errors_db,
    sample_streams,
    stream_shape,
)
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.config import Radar

_MIN_LAG = 64
MAX_WORDS = 1 << 18
# Measured on real recordings: the autocorrelation is 0.98 at the length of a loop, 0.3 elsewhere.
_REPEATS, _DIFFERS = 0.7, 0.35
# A break stands this far above the other prediction errors. Measured on recordings: 13 to 20 dB at
# breaks, and at most 5 dB at any other position of the chirp.
_MIN_BREAK_DB = 3.0
# A break that is absent: the stated start of a chirp continues the chirp before.
_NO_BREAK_DB = 1.0
# Six times the spread of the mean of noise, for thousands of lengths that are tried.
_NOISE_FACTOR = 6.0
# Of the mean of the best length. Half of it is reached where every second position has no break.
_SHARE_OF_BEST = 0.6
_LONGEST = 8


def check_chirp_length(
    where: str, radar: Radar, capture_format: CaptureFormat, words: Int16[np.ndarray, " word"]
) -> tuple[str, ...]:
    """Compare the number of samples of a chirp with the samples; unclear cases pass.

    Args:
        where: the capture, for messages.
        radar: chirp, frame and antennas by the configuration.
        capture_format: resolved word layout.
        words: aligned with the start of a frame.

    Returns:
        A warning where the samples hint at a longer chirp, without being sufficient evidence.

    Raises:
        InputError: stating the length after which the samples repeat or break off.
    """
    if not capture_format.check:
        return ()
    some = words[:MAX_WORDS]
    _check_repetition(where, radar, capture_format, some)
    return _check_breaks(where, radar, capture_format, some)


class Breaks(NamedTuple):
    """Distance of the breaks in samples of a stream, 0 if none is visible; their height [dB]."""

    distance: int
    height_db: float


def find_breaks(streams: Num[np.ndarray, "channel sample"], stated: int) -> Breaks:
    """The shortest distance of which all multiples are breaks.

    Args:
        streams: see `sample_streams`; the first sample is the start of a chirp.
        stated: samples of a chirp by the configuration; lengths to eight times it are tried.
    """
    if streams.shape[1] < 16 * ORDER:
        return Breaks(0, 0.0)
    return _find_breaks(_paired(prediction_errors_db(streams)), stated)


def _check_repetition(where, radar, capture_format, words) -> None:
    chirp = words_per_chirp(radar, capture_format)
    correlation = _autocorrelation(words)
    slots = range(1, radar.array.num_tx + 1)
    expected = [
        float(correlation[slot * chirp]) for slot in slots if slot * chirp < len(correlation)
    ]
    if not expected or len(correlation) < 4 * _MIN_LAG or max(expected) > _DIFFERS:
        return
    high = correlation[_MIN_LAG:] > max(_REPEATS, 0.95 * correlation[_MIN_LAG:].max())
    period = _MIN_LAG + int(np.argmax(high))
    again = 2 * period < len(correlation) and correlation[2 * period] > _REPEATS
    if high.any() and again and period % chirp:
        raise _repetition_error(where, radar, capture_format, period)


def _repetition_error(where, radar, capture_format, period: int) -> InputError:
    chirp = words_per_chirp(radar, capture_format)
    channels = radar.array.num_rx if capture_format.lanes == 2 else capture_format.lanes
    problem = (
        f"is {radar.chirp.num_samples} in the configuration, {chirp:,} words per chirp of "
        f"{channels} channels; the capture repeats every {period:,} words"
    )
    fits = [
        f"{count} x {period // (channels * 2 * count)} samples"
        for count in (1, 2, 3)
        if not period % (channels * 2 * count)
    ]
    hint = (
        f"give the right configuration ({' or '.join(fits) or 'no whole number of samples'} fits), "
    )
    return InputError(where, "num_samples", problem, hint + DISABLE_CHECK)


def _autocorrelation(words) -> Float[np.ndarray, " lag"]:
    """Autocorrelation up to half the length, 1 at lag 0, offsets of I, Q and lanes removed."""
    size = len(words) // 8 * 8
    lanes = words[:size].astype(np.float64).reshape(-1, 8)
    signal = (lanes - lanes.mean(axis=0)).ravel()
    power = np.abs(np.fft.rfft(signal, 2 * size)) ** 2
    sums = np.fft.irfft(power)[: size // 2]
    mean = sums / (size - np.arange(size // 2))
    return mean / (mean[0] + 1e-30) if size else mean


def _check_breaks(where, radar, capture_format, words) -> tuple[str, ...]:
    shape = stream_shape(radar, capture_format)
    streams = sample_streams(capture_format, radar.array.num_rx, words)
    if streams.shape[1] < 16 * ORDER:
        return ()
    errors_db = _paired(prediction_errors_db(streams))
    found = _find_breaks(errors_db, shape.block)
    if found.distance in (0, shape.block):
        return ()
    error = _break_error(where, radar, capture_format, found)
    if found.distance % shape.block:
        raise error
    return _check_longer(streams, errors_db, shape, found, error)


def _paired(errors_db) -> Float[np.ndarray, " sample"]:
    """Mean of each error and the next: after a break both are large."""
    return (errors_db + np.append(errors_db[1:], 0.0)) / 2


def _find_breaks(errors_db, stated: int) -> Breaks:
    longest = min(_LONGEST * stated, len(errors_db) // 8)
    lengths = np.arange(ORDER, longest + 1)
    if not len(lengths):
        return Breaks(0, 0.0)
    heights_db = np.array([errors_db[length::length].mean() for length in lengths])
    needed_db = _NOISE_FACTOR * NOISE_SPREAD_DB / np.sqrt(len(errors_db) // lengths)
    visible = heights_db > np.maximum(_MIN_BREAK_DB, needed_db)
    if not visible.any():
        return Breaks(0, 0.0)
    best_db = heights_db[visible].max()
    first = int(np.argmax(visible & (heights_db > _SHARE_OF_BEST * best_db)))
    return Breaks(int(lengths[first]), float(heights_db[first]))


def _check_longer(streams, errors_db, shape, found: Breaks, error: InputError) -> tuple[str, ...]:
    """A chirp longer than stated: at some of the stated starts the samples must continue."""
    starts = np.arange(shape.block, len(errors_db), shape.block)
    inner = errors_db[starts[starts % found.distance != 0]].mean()
    if inner > _NO_BREAK_DB or _is_periodic(streams, shape):
        return ()
    if _num_tones(streams, found.distance) >= 2:
        raise error
    # A single tone may continue by coincidence: its phase over a chirp equals the phase between
    # two receivers.
    return (f"warning: {error.field} {error.problem}",)


def _is_periodic(streams, shape: StreamShape) -> bool:
    """Whether the end of a stated chirp continues with its own start.

    The echoes then make whole numbers of cycles per chirp, and equal receivers show no break.
    """
    whole = streams.shape[1] // shape.block * shape.block
    blocks = streams[:, :whole].reshape(len(streams), -1, shape.block)
    twice = np.concatenate([blocks, blocks], axis=-1).reshape(len(streams), -1)
    errors_db = _paired(prediction_errors_db(twice))
    return bool(errors_db[shape.block :: 2 * shape.block].mean() < _MIN_BREAK_DB)


def _num_tones(streams, length: int) -> int:
    """Peaks of the spectrum at least 10 dB above the median and 30 dB below the highest."""
    whole = streams.shape[1] // length * length
    chirps = streams[:, :whole].reshape(-1, length) * np.blackman(length)
    power = np.mean(np.abs(np.fft.fft(chirps, axis=-1)) ** 2, axis=0)
    if not np.iscomplexobj(streams):
        power = power[: length // 2]
    around = np.stack([np.roll(power, shift) for shift in range(-3, 4)])
    peaks = power == around.max(axis=0)
    return int(np.sum(peaks & (power > 10 * np.median(power)) & (power > 1e-3 * power.max())))


def _break_error(where, radar, capture_format, found: Breaks) -> InputError:
    per_sample = 2 if capture_format.is_real else 1
    count = found.distance / per_sample
    text = f"{count:g}"
    problem = (
        f"is {radar.chirp.num_samples} in the configuration; the echoes break off every {text} "
        f"samples (prediction errors {found.height_db:.0f} dB above the others), where another "
        "receiver or chirp begins"
    )
    fits = "" if found.distance % per_sample else f"set num_samples = {text}, and "
    hint = f"{fits}check the number of receivers, {DISABLE_CHECK}"
    return InputError(where, "num_samples", problem, hint)
