"""Check the word layout of a capture (lanes, kind of samples, interleaving) against the samples.

All layouts of the same words have the same energy, but at different beat frequencies.
Echoes consist of a few tones. Words that are combined wrongly spread each tone over several
frequencies, for example over f, -f, f + fs/2 and fs/2 - f if I Q I Q is read as I I Q Q. Spreading
a tone raises the mean of the log spectrum, because the logarithm is concave; the layout with the
smallest mean is the true one. The spectrum of pure noise is the same in all layouts. The spectra of
another layout are chirp spectra only if that layout shows breaks at the configured chirp length
(`chirp_length`); a layout that shows breaks elsewhere is not considered.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Int16, Num

from radarsim.captures.capture_windows import streams_from_break
from radarsim.captures.chirp_breaks import find_breaks
from radarsim.captures.plausibility import DISABLE_CHECK
from radarsim.captures.sample_streams import NOISE_SPREAD_DB, stream_shape
from radarsim.errors import InputError
from radarsim.radar.capture_format import LANES, CaptureFormat
from radarsim.radar.radar import Radar

# Smallest significant difference of the mean log spectrum [dB]. Measured difference if the
# interleaving is wrong: 3.4 to 11 dB on recordings, and 0.7 dB in the worst case, a single echo at
# a quarter of the sample rate. Measured difference if the number of lanes or the kind of samples is
# wrong: 1.4 to 12 dB.
_MIN_DIFFERENCE_DB = 0.3
# With few samples, the difference must exceed six standard deviations of the estimate for noise.
_NOISE_FACTOR = 6.0


class Interleaving(NamedTuple):
    """The interleaving to use for reading, and notes for the user."""

    capture_format: CaptureFormat
    notes: tuple[str, ...]


def check_layout(
    where: str,
    radar: Radar,
    capture_format: CaptureFormat,
    windows: Sequence[Int16[np.ndarray, " _"]],
) -> Interleaving:
    """Compare the configured layout with all others; unclear cases keep the configured layout.

    Args:
        where: name of the capture, for messages.
        radar: configured chirp, frame and antennas.
        capture_format: configured word layout.
        windows: windows over the capture, from `capture_windows`.

    Returns:
        The capture format with the interleaving found in the samples, and a note if this
        interleaving differs from the usual or the configured one.

    Raises:
        InputError: the samples clearly have another number of lanes, or are real instead of
            complex or vice versa; the message names the layout that fits.
    """
    stated = _resolved(capture_format)
    if not capture_format.check:
        return Interleaving(stated, ())
    levels_db = {each: _level_db(radar, each, windows) for each in _layouts(radar, stated)}
    by_level = sorted(levels_db, key=levels_db.get)
    best = next(each for each in by_level if each == stated or _has_breaks(radar, each, windows))
    gain_db = levels_db[stated] - levels_db[best]
    least_db = _NOISE_FACTOR * NOISE_SPREAD_DB * np.sqrt(4 / max(1, sum(map(len, windows))))
    if gain_db < max(_MIN_DIFFERENCE_DB, least_db):
        return Interleaving(stated, ())
    if (best.lanes, best.is_real) != (stated.lanes, stated.is_real):
        raise _layout_error(where, stated, best, gain_db)
    return Interleaving(best, (_interleaving_note(capture_format, best, gain_db),))


def _resolved(capture_format: CaptureFormat) -> CaptureFormat:
    """Replace the interleaving "auto" by "pairs", the order in which the chips send samples."""
    if capture_format.interleaving != "auto":
        return capture_format
    return replace(capture_format, interleaving="pairs")


def _layouts(radar: Radar, stated: CaptureFormat) -> list[CaptureFormat]:
    """The stated layout, and all other layouts with the same number of words per chirp."""
    if stated.lanes == 4 and radar.array.num_rx < 4:
        lanes = (4,)
    else:
        lanes = LANES if radar.array.num_rx == 4 else (2,)
    others = [(count, kind, "pairs") for count in lanes for kind in ("complex1x", "real")]
    others += [(2, "complex1x", "samples")] if 2 in lanes else []
    found = [stated]
    for count, kind, interleaving in others:
        kind = stated.samples if kind != "real" and not stated.is_real else kind
        rx_lanes = stated.rx_lanes if count == stated.lanes else ()
        changed = {"lanes": count, "samples": kind, "rx_lanes": rx_lanes}
        found.append(replace(stated, interleaving="pairs", **changed))
        found[-1] = replace(found[-1], interleaving=interleaving)
    return list(dict.fromkeys(found))


def _has_breaks(radar: Radar, capture_format: CaptureFormat, windows) -> bool:
    """Whether most windows show breaks at the configured chirp length, or no breaks at all."""
    block = stream_shape(radar, capture_format).block
    agree = 0
    for words in windows:
        streams = streams_from_break(radar, capture_format, words)
        agree += find_breaks(streams, block).distance % block == 0
    return agree > len(windows) / 2


def _level_db(radar: Radar, capture_format: CaptureFormat, windows) -> float:
    """Mean over the windows of the mean log spectrum [dB]."""
    block = stream_shape(radar, capture_format).block
    levels_db = [
        _mean_log_spectrum_db(streams_from_break(radar, capture_format, words), block)
        for words in windows
    ]
    return float(np.mean(levels_db))


def _mean_log_spectrum_db(streams: Num[np.ndarray, "channel sample"], length: int) -> float:
    """Mean over beat frequencies of the log of the power averaged over all chirps [dB]."""
    whole = streams.shape[1] // length * length
    if not whole:
        return math.inf
    chirps = streams[:, :whole].reshape(-1, length)
    chirps = chirps - chirps.mean(axis=-1, keepdims=True)
    window = np.hanning(length + 2)[1:-1]
    is_complex = np.iscomplexobj(chirps)
    spectra = (np.fft.fft if is_complex else np.fft.rfft)(chirps * window, axis=-1)
    # The power is per word, so that different layouts and lengths can be compared.
    power = np.mean(np.abs(spectra) ** 2, axis=0) / (np.sum(window**2) * (2 if is_complex else 1))
    # Adding a hundredth of a code keeps the logarithm finite.
    return float(np.mean(10 * np.log10(power + 1e-4)))


def _layout_error(where, stated: CaptureFormat, best: CaptureFormat, gain_db: float) -> InputError:
    kind = "real" if best.is_real else "complex"
    problem = (
        f"is {stated.lanes} lanes of {stated.samples} samples in the configuration; decoded as "
        f"{best.lanes} lanes of {kind} samples, the beat spectrum is {gain_db:.1f} dB lower in the "
        f"mean over its bins, which only the true layout is"
    )
    hint = f'set lanes = {best.lanes} and samples = "{best.samples}", {DISABLE_CHECK}'
    return InputError(where, "capture", problem, hint)


def _interleaving_note(configured: CaptureFormat, best: CaptureFormat, gain_db: float) -> str:
    words = {"pairs": "I I Q Q", "samples": "I Q I Q"}
    evidence = f"the beat spectrum is {gain_db:.1f} dB lower than in the other order"
    shown = f'{words[best.interleaving]} (interleaving = "{best.interleaving}")'
    if configured.interleaving == "auto":
        return f"the words are interleaved as {shown} and read as such: {evidence}"
    return (
        f"warning: the configuration states interleaving = "
        f'"{configured.interleaving}"; the samples show {shown} and are read as such: {evidence}'
    )
