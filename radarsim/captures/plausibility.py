"""Plausibility checks of a capture: file type, sample statistics, agreement with the configuration.

A wrong chirp count or word order often still divides the size of the file. The samples show it in
two measures:

    repetition   a static scene returns the same echo in every loop, so the words repeat with the
                 length of a loop
    compactness  a scene fills few beat frequencies; lanes or I/Q parts decoded in the wrong order
                 spread its energy over all of them
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int16

from radarsim.captures.dca1000_codec import decode_words, to_complex, words_per_chirp
from radarsim.errors import InputError
from radarsim.radar.capture_format import LANES, CaptureFormat
from radarsim.radar.config import Radar

_MIN_LAG = 64
_MAX_WORDS = 1 << 18
# Measured on real recordings: the autocorrelation is 0.98 at the length of a loop, 0.3 elsewhere.
_REPEATS, _DIFFERS = 0.7, 0.35
# Likewise: with the right format they are 1.7 to 4 times as compact as with any other.
_MORE_COMPACT = 1.6
_DISABLE_CHECK = "or, if you are sure, set check = false under [capture]"
_MAGIC_BYTES = {
    b"PK": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a document",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"MATLAB": "a MATLAB file",
    b"\xd4\xc3\xb2\xa1": "a packet capture",
    b"\xa1\xb2\xc3\xd4": "a packet capture",
    b"\x4d\x3c\xb2\xa1": "a packet capture",
    b"\xa1\xb2\x3c\x4d": "a packet capture",
    b"\x0a\x0d\x0d\x0a": "a packet capture",
}
# Uniformly distributed 16-bit numbers have an rms of 18919, and half of them exceed +-16384.
_UNIFORM_SHARE = (0.45, 0.55)


def file_type_of(start: bytes) -> str:
    """Description of the file type that the first bytes identify, or "" for an unknown type."""
    for magic, description in _MAGIC_BYTES.items():
        if start.startswith(magic):
            return description
    printable = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in start)
    return "text" if len(start) >= 64 and printable == len(start) else ""


def check_samples(where: str, words: Int16[np.ndarray, " word"]) -> tuple[str, ...]:
    """Reject words that no receiver produces; return notes about unusual ones.

    Args:
        where: the file, for messages.
        words: a part of the capture.

    Returns:
        Notes for the user.

    Raises:
        InputError: the words are uniform over all 16 bits, as in compressed data.
    """
    if not np.any(words):
        return (f"the first {len(words):,} words are all zero",)
    spread = float(np.mean(np.abs(words.astype(np.int32)) >= 2**14))
    if len(words) >= 2048 and _UNIFORM_SHARE[0] < spread < _UNIFORM_SHARE[1]:
        problem = f"is not a capture: {spread:.0%} of its words exceed half of the full scale"
        hint = "ADC samples do not fill 16 bits uniformly; give the raw file of a DCA1000"
        raise InputError(where, "file", problem, hint)
    return ()


def check_layout(
    where: str, radar: Radar, capture_format: CaptureFormat, words: Int16[np.ndarray, " word"]
) -> None:
    """Reject samples that clearly contradict the configuration; unclear cases pass.

    Args:
        where: the capture, for messages.
        radar: chirp, frame and antennas by the configuration.
        capture_format: word order by the configuration.
        words: complete frames from the start of the capture.

    Raises:
        InputError: stating the length after which the samples repeat, or the format that fits.
    """
    if not capture_format.check:
        return
    _check_chirp_length(where, radar, capture_format, words)
    _check_word_order(where, radar, capture_format, words)


def _check_chirp_length(where, radar, capture_format, words) -> None:
    chirp = words_per_chirp(radar, capture_format)
    correlation = _autocorrelation(words[:_MAX_WORDS])
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
        raise _length_error(where, radar, capture_format, period)


def _length_error(where, radar, capture_format, period: int) -> InputError:
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
    return InputError(where, "num_samples", problem, hint + _DISABLE_CHECK)


def _autocorrelation(words) -> Float[np.ndarray, " lag"]:
    """Autocorrelation up to half the length, 1 at lag 0, offsets of I, Q and lanes removed."""
    size = len(words) // 8 * 8
    lanes = words[:size].astype(np.float64).reshape(-1, 8)
    signal = (lanes - lanes.mean(axis=0)).ravel()
    power = np.abs(np.fft.rfft(signal, 2 * size)) ** 2
    sums = np.fft.irfft(power)[: size // 2]
    mean = sums / (size - np.arange(size // 2))
    return mean / (mean[0] + 1e-30) if size else mean


def _check_word_order(where, radar, capture_format, words) -> None:
    if capture_format.lanes == 4 and radar.array.num_rx < 4:
        return  # two lanes would hold another number of words
    configured = _compactness(radar, capture_format, words)
    lanes = LANES if radar.array.num_rx == 4 else (2,)
    others = [
        replace(capture_format, lanes=count, samples=kind, rx_lanes=())
        for count in lanes
        for kind in ("complex1x", "real")
        if (count, kind == "real") != (capture_format.lanes, capture_format.is_real)
    ]
    best = max(others, key=lambda other: _compactness(radar, other, words))
    ratio = _compactness(radar, best, words) / (configured + 1e-30)
    if configured > 0 and ratio > _MORE_COMPACT:
        kind = "real" if best.is_real else "complex"
        problem = (
            f"is {capture_format.lanes} lanes of {capture_format.samples} samples in the "
            f"configuration; decoded as {best.lanes} lanes of {kind} samples, the beat spectra are "
            f"{ratio:.1f} times as compact"
        )
        hint = f'set lanes = {best.lanes} and samples = "{best.samples}", {_DISABLE_CHECK}'
        raise InputError(where, "capture", problem, hint)


def _compactness(radar, capture_format, words) -> float:
    """Median over chirps of sum P^2 / (sum P)^2: 1 for one beat, 1 / N for a flat spectrum."""
    frame = words_per_chirp(radar, capture_format) * radar.array.num_tx * radar.frame.num_chirps
    some = words[: max(1, _MAX_WORDS // frame) * frame]
    cube = to_complex(capture_format, decode_words(radar, capture_format, some))
    chirps = cube.reshape(-1, radar.chirp.num_samples)
    chirps = chirps - chirps.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.fft(chirps * np.hanning(chirps.shape[-1]), axis=-1)) ** 2
    share = (power**2).sum(-1) / (power.sum(-1) ** 2 + 1e-30)
    return float(np.median(share))
