"""Find the length of a chirp from the samples, by repetition and discontinuities of the echoes.

repetition   a static scene returns the same echo in every loop, so the words repeat with the
             period of a loop. The words also repeat at multiples of the true length and, with
             several transmitters, at some fractions of it.
breaks       where another receiver or chirp begins, the phase of the echo jumps and linear
             prediction fails (`sample_streams`). The distance between these breaks is the number
             of samples per chirp.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16

from radarsim.captures.chirp_breaks import Breaks, breaks_of_errors, paired_errors
from radarsim.captures.dca1000_codec import words_per_chirp
from radarsim.captures.plausibility import DISABLE_CHECK
from radarsim.captures.sample_streams import (
    MIN_BREAK_DB,
    ORDER,
    StreamShape,
    error_levels_db,
    first_break,
    fit_predictor,
    prediction_errors_db,
    sample_streams,
    stream_shape,
)
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

_MIN_LAG = 64
MAX_WORDS = 1 << 18
# Words repeat at a lag if their autocorrelation exceeds the first value, and do not repeat at the
# configured lags if it is below the second value. Measured on real recordings: 0.98 at a lag of one
# loop, 0.3 elsewhere.
_REPEATS, _DIFFERS = 0.7, 0.35
# Minimum height of a break at a configured chirp start; below it, the previous chirp continues.
_NO_BREAK_DB = 1.0


class ChirpLength(NamedTuple):
    """Result of the length check: whether the samples confirm the length, and user notes."""

    confirmed: bool
    notes: tuple[str, ...]


def check_chirp_length(
    where: str,
    radar: Radar,
    capture_format: CaptureFormat,
    windows: Sequence[Int16[np.ndarray, " _"]],
    start: Int16[np.ndarray, " word"],
) -> ChirpLength:
    """Check the configured number of samples per chirp against the data; unclear cases pass.

    Args:
        where: name of the capture, for messages.
        radar: configured chirp, frame and antennas.
        capture_format: resolved word layout.
        windows: windows over the capture, from `capture_windows`.
        start: complete frames from the start, used if the windows are too short for weak echoes.

    Returns:
        Whether the samples confirm the length, and a note if there is weak evidence for a longer
        chirp, or if visible echoes show no breaks between chirps.

    Raises:
        InputError: the length is wrong; the message states the length found in the samples.
    """
    if not capture_format.check:
        return ChirpLength(False, ())
    found = [_length_in_window(where, radar, capture_format, words) for words in windows]
    if not any(found):
        found = [_length_in_window(where, radar, capture_format, start[:MAX_WORDS])]
    # Missing packets affect only some windows; a wrong chirp length affects every window.
    confirmed = sum(each is True for each in found)
    if confirmed >= max(1, len(found) / 4):
        return ChirpLength(True, ())
    contradictions = [each for each in found if isinstance(each, InputError)]
    if len(contradictions) > len(found) / 2:
        raise contradictions[0]
    hints = [each for each in found if isinstance(each, str)]
    if len(hints) > len(found) / 2:
        return ChirpLength(False, (hints[0],))
    return ChirpLength(False, _unconfirmed(radar, capture_format, windows[0]))


def _unconfirmed(radar, capture_format, words) -> tuple[str, ...]:
    """Return a note if visible echoes show no breaks between chirps; pure noise yields no note."""
    streams = sample_streams(capture_format, radar.array.num_rx, words)
    block = stream_shape(radar, capture_format).block
    if streams.shape[1] < block or not _num_tones(streams, block):
        return ()
    return (
        f"the samples do not confirm num_samples = {radar.chirp.num_samples}: the echoes do not "
        "break off visibly between chirps",
    )


def check_repetition(
    where: str, radar: Radar, capture_format: CaptureFormat, words: Int16[np.ndarray, " word"]
) -> None:
    """Reject words that repeat with a period other than the configured chirp or loop length.

    Args:
        where: name of the capture, for messages.
        radar: configured chirp, frame and antennas.
        capture_format: resolved word layout.
        words: complete frames from the start of the capture.

    Raises:
        InputError: the length is wrong; the message states the period of the words.
    """
    if not capture_format.check:
        return
    chirp = words_per_chirp(radar, capture_format)
    correlation = _autocorrelation(words[:MAX_WORDS])
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
    fitting = " or ".join(fits) or "no whole number of samples"
    hint = f"give the correct configuration ({fitting} fits), "
    return InputError(where, "num_samples", problem, hint + DISABLE_CHECK)


def _autocorrelation(words) -> Float[np.ndarray, " lag"]:
    """Autocorrelation up to half the length, without the DC offsets of I, Q and lanes."""
    size = len(words) // 8 * 8
    lanes = words[:size].astype(np.float64).reshape(-1, 8)
    signal = (lanes - lanes.mean(axis=0)).ravel()
    power = np.abs(np.fft.rfft(signal, 2 * size)) ** 2
    sums = np.fft.irfft(power)[: size // 2]
    mean = sums / (size - np.arange(size // 2))
    return mean / (mean[0] + 1e-30) if size else mean


def _length_in_window(where, radar, capture_format, words) -> bool | str | InputError:
    """Return True for the configured length, False if unclear, and otherwise a warning or error."""
    shape = stream_shape(radar, capture_format)
    streams = sample_streams(capture_format, radar.array.num_rx, words)
    if streams.shape[1] < 16 * ORDER:
        return False
    errors_db = prediction_errors_db(streams)
    errors_db = paired_errors(errors_db[first_break(errors_db, shape.block) or 0 :])
    found = breaks_of_errors(errors_db, shape.block)
    if found.distance in (0, shape.block):
        return found.distance != 0
    error = _break_error(where, radar, capture_format, found)
    if found.distance % shape.block:
        return error
    return _longer(streams, errors_db, shape, found, error)


def _longer(streams, errors_db, shape, found: Breaks, error: InputError) -> bool | str | InputError:
    """Check for a chirp longer than stated, for which some stated starts show no break."""
    starts = np.arange(shape.block, len(errors_db), shape.block)
    inner = errors_db[starts[starts % found.distance != found.first]].mean()
    if inner > _NO_BREAK_DB or _is_periodic(streams, shape):
        return False
    if _num_tones(streams, found.distance) >= 2:
        return error
    # A single tone may continue by coincidence, if its phase over a chirp equals the phase
    # difference between two receivers.
    return f"warning: {error.field} {error.problem}"


def _is_periodic(streams, shape: StreamShape) -> bool:
    """Whether a chirp of the stated length, followed by a copy of itself, shows no break.

    If no break appears, the echoes complete a whole number of cycles per chirp, and breaks between
    receivers with equal signals are not visible.
    """
    weights = fit_predictor(streams)
    usual_db = np.median(error_levels_db(streams, weights))
    whole = streams.shape[1] // shape.block * shape.block
    blocks = streams[:, :whole].reshape(len(streams), -1, shape.block)
    twice = np.concatenate([blocks, blocks], axis=-1).reshape(len(streams), -1)
    levels_db = error_levels_db(twice, weights)
    # The first element of `levels_db` is the level at sample `ORDER`.
    starts = np.arange(shape.block, twice.shape[1] - 1, 2 * shape.block) - ORDER
    at_start_db = (levels_db[starts] + levels_db[starts + 1]) / 2
    return bool(at_start_db.mean() - usual_db < MIN_BREAK_DB)


def _num_tones(streams, length: int) -> int:
    """Number of spectral peaks at least 15 dB above the median and within 30 dB of the highest."""
    whole = streams.shape[1] // length * length
    chirps = streams[:, :whole].reshape(-1, length) * np.blackman(length)
    power = np.mean(np.abs(np.fft.fft(chirps, axis=-1)) ** 2, axis=0)
    if not np.iscomplexobj(streams):
        power = power[: length // 2]
    around = np.stack([np.roll(power, shift) for shift in range(-3, 4)])
    peaks = power == around.max(axis=0)
    return int(np.sum(peaks & (power > 30 * np.median(power)) & (power > 1e-3 * power.max())))


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
