"""Do the samples have the shape that the configuration gives them? Told from the samples alone.

A wrong count or layout often still divides the size of the file. Two signs tell:

    repetition   a room echoes alike from loop to loop, so words repeat at the length of a loop
    compactness  what stands before a radar fills few beats; lanes or parts read in the wrong order
                 spread it over all of them
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int16

from radarsim.captures.dca1000_codec import decode_words, to_complex, words_per_chirp
from radarsim.errors import InputError
from radarsim.radar.capture_format import LANES, CaptureFormat
from radarsim.radar.config import Radar

_MIN_LAG = 64
_LOOK_WORDS = 1 << 18
# Recordings at hand repeat to 0.98 at the right length and 0.3 at others.
_REPEATS, _DIFFERS = 0.7, 0.35
# And they are 1.7 to 4 times as compact in the right layout as in any other.
_MORE_COMPACT = 1.6
_IGNORE = "or, if you are sure, set check = false under [capture]"
_KNOWN_STARTS = {
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
# Evenly spread 16-bit numbers have an rms of 18919 and half of them beyond +-16384.
_EVEN_SHARE = (0.45, 0.55)


def kind_of_bytes(start: bytes) -> str:
    """What the first bytes of a file say it is, or "" where they say nothing."""
    for magic, kind in _KNOWN_STARTS.items():
        if start.startswith(magic):
            return kind
    printable = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in start)
    return "text" if len(start) >= 64 and printable == len(start) else ""


def check_samples(where: str, words: Int16[np.ndarray, " word"]) -> tuple[str, ...]:
    """Refuse words that no receiver sends; note what is odd about the rest.

    Args:
        where: the file, for messages.
        words: some of the capture.

    Returns:
        Notes.

    Raises:
        InputError: the words are spread evenly over all 16 bits, like compressed data.
    """
    if not np.any(words):
        return (f"the first {len(words):,} words are all zero",)
    spread = float(np.mean(np.abs(words.astype(np.int32)) >= 2**14))
    if len(words) >= 2048 and _EVEN_SHARE[0] < spread < _EVEN_SHARE[1]:
        problem = f"is no capture: {spread:.0%} of its words lie beyond half of the full scale"
        hint = "a receiver's samples do not fill 16 bits evenly; give the raw file of a DCA1000"
        raise InputError(where, "file", problem, hint)
    return ()


def check_layout(
    where: str, radar: Radar, layout: CaptureFormat, words: Int16[np.ndarray, " word"]
) -> None:
    """Refuse samples that plainly have another shape; say nothing where they do not tell.

    Args:
        where: the capture, for messages.
        radar: its configuration.
        layout: likewise.
        words: whole frames from the start of the capture.

    Raises:
        InputError: with the length at which the samples do repeat, or the layout that fits.
    """
    if not layout.check:
        return
    _check_length(where, radar, layout, words)
    _check_order(where, radar, layout, words)


def _check_length(where, radar, layout, words) -> None:
    chirp = words_per_chirp(radar, layout)
    likeness = _likeness(words[:_LOOK_WORDS])
    slots = range(1, radar.array.num_tx + 1)
    told = [float(likeness[slot * chirp]) for slot in slots if slot * chirp < len(likeness)]
    if not told or len(likeness) < 4 * _MIN_LAG or max(told) > _DIFFERS:
        return
    high = likeness[_MIN_LAG:] > max(_REPEATS, 0.95 * likeness[_MIN_LAG:].max())
    period = _MIN_LAG + int(np.argmax(high))
    again = 2 * period < len(likeness) and likeness[2 * period] > _REPEATS
    if high.any() and again and period % chirp:
        raise _length_error(where, radar, layout, period)


def _length_error(where, radar, layout, period: int) -> InputError:
    chirp = words_per_chirp(radar, layout)
    channels = radar.array.num_rx if layout.lanes == 2 else layout.lanes
    problem = (
        f"is {radar.chirp.num_samples} in the configuration, {chirp:,} words per chirp of "
        f"{channels} channels; the capture repeats every {period:,} words"
    )
    fits = [
        f"{count} x {period // (channels * 2 * count)} samples"
        for count in (1, 2, 3)
        if not period % (channels * 2 * count)
    ]
    hint = f"give the right configuration ({' or '.join(fits) or 'none of whole samples'} fits), "
    return InputError(where, "num_samples", problem, hint + _IGNORE)


def _likeness(words) -> Float[np.ndarray, " lag"]:
    """Autocorrelation up to half the length, 1 at lag 0, offsets of I, Q and lanes removed."""
    size = len(words) // 8 * 8
    lanes = words[:size].astype(np.float64).reshape(-1, 8)
    signal = (lanes - lanes.mean(axis=0)).ravel()
    power = np.abs(np.fft.rfft(signal, 2 * size)) ** 2
    sums = np.fft.irfft(power)[: size // 2]
    mean = sums / (size - np.arange(size // 2))
    return mean / (mean[0] + 1e-30) if size else mean


def _check_order(where, radar, layout, words) -> None:
    if layout.lanes == 4 and radar.array.num_rx < 4:
        return  # two lanes would hold another number of words
    told = _compactness(radar, layout, words)
    lanes = LANES if radar.array.num_rx == 4 else (2,)
    others = [
        replace(layout, lanes=count, samples=kind, rx_lanes=())
        for count in lanes
        for kind in ("complex1x", "real")
        if (count, kind == "real") != (layout.lanes, layout.is_real)
    ]
    best = max(others, key=lambda other: _compactness(radar, other, words))
    ratio = _compactness(radar, best, words) / (told + 1e-30)
    if told > 0 and ratio > _MORE_COMPACT:
        kind = "real" if best.is_real else "complex"
        problem = (
            f"reads {layout.lanes} lanes of {layout.samples} samples, but as {best.lanes} lanes of "
            f"{kind} samples the echoes are {ratio:.1f} times as compact"
        )
        hint = f'set lanes = {best.lanes} and samples = "{best.samples}", {_IGNORE}'
        raise InputError(where, "capture", problem, hint)


def _compactness(radar, layout, words) -> float:
    """Median over chirps of sum P^2 / (sum P)^2: 1 for one beat, 1 / N for all alike."""
    frame = words_per_chirp(radar, layout) * radar.array.num_tx * radar.frame.num_chirps
    some = words[: max(1, _LOOK_WORDS // frame) * frame]
    cube = to_complex(layout, decode_words(radar, layout, some))
    chirps = cube.reshape(-1, radar.chirp.num_samples)
    chirps = chirps - chirps.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.fft(chirps * np.hanning(chirps.shape[-1]), axis=-1)) ** 2
    share = (power**2).sum(-1) / (power.sum(-1) ** 2 + 1e-30)
    return float(np.median(share))
