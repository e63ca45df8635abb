"""Decode the 16-bit words of a DCA1000 capture to ADC codes, and encode codes to words.

A DCA1000 stores the data of the chip's LVDS lanes as little-endian 16-bit words:

    2 lanes (xWR16xx, 18xx, 68xx): receivers one after another within a chirp
        complex   I0 I1 Q0 Q1  I2 I3 Q2 Q3 ...      real   S0 S1 S2 S3 ...
    4 lanes (xWR12xx, 14xx): receivers interleaved word by word, unused lanes included
        complex   I0 of 4 lanes, Q0 of 4 lanes, I1 ...      real   S0 of 4 lanes, S1 ...

Some recorders rearrange the complex samples of two lanes to I0 Q0 I1 Q1 (interleaving = "samples").
Q precedes I if the configuration swaps I and Q (SampleSwap in the SDK, iqSwapSel in Studio). This
module opens no files.

Source:
    TI SWRA581B, "Mmwave Radar Device ADC Raw Data Capture", sections 5 and 6.
"""

import numpy as np
from jaxtyping import Complex64, Int16

from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

BYTES_PER_WORD = 2
# On two lanes, two words of I are followed by two words of Q.
_PAIR = 2


def words_per_chirp(radar: Radar, capture_format: CaptureFormat) -> int:
    """Number of 16-bit words per chirp of one transmitter."""
    channels = radar.array.num_rx if capture_format.lanes == 2 else capture_format.lanes
    return channels * radar.chirp.num_samples * 2


def words_per_frame(radar: Radar, capture_format: CaptureFormat) -> int:
    """Number of 16-bit words per frame."""
    chirps = radar.frame.num_chirps * radar.array.num_tx
    return chirps * words_per_chirp(radar, capture_format)


def frame_arithmetic(radar: Radar, capture_format: CaptureFormat) -> str:
    """The size of one frame as a product, such as "128 loops x 3 TX x ... = 1,572,864 bytes"."""
    channels = radar.array.num_rx if capture_format.lanes == 2 else capture_format.lanes
    kind = "RX" if capture_format.lanes == 2 else "lanes"
    samples = radar.chirp.num_samples * (2 if capture_format.is_real else 1)
    parts = "" if capture_format.is_real else " x 2 (I, Q)"
    total = words_per_frame(radar, capture_format) * BYTES_PER_WORD
    return (
        f"{radar.frame.num_chirps} loops x {radar.array.num_tx} TX x {channels} {kind} x "
        f"{samples} samples{parts} x 2 bytes = {total:,} bytes"
    )


def decode_words(
    radar: Radar,
    capture_format: CaptureFormat,
    words: Int16[np.ndarray, " word"],
    iq_order: str = "i_first",
) -> Int16[np.ndarray, "frame chirp tx rx sample 2"]:
    """Decode the words of complete frames to ADC codes.

    Args:
        radar: radar with the counts and the firing order; `Frame.tx_order` assigns each chirp to
            its transmitter.
        capture_format: order of the words.
        words: 16-bit words as stored in the file.
        iq_order: "i_first" or "q_first"; ignored for real samples.

    Returns:
        ADC codes; the last axis holds I and Q, or two successive samples if the ADC is real.

    Raises:
        InputError: the capture format does not fit the radar.
    """
    shape = *_slots(radar), radar.chirp.num_samples, 2
    if capture_format.lanes == 4:
        codes = _from_four_lanes(radar, capture_format, words)
    elif capture_format.is_real:
        codes = words.reshape(shape)
    else:
        _check_pairs(radar)
        codes = _swap_pairs(capture_format, words.reshape(-1, 2, _PAIR)).reshape(shape)
    if iq_order == "q_first" and not capture_format.is_real:
        codes = codes[..., ::-1]
    return np.ascontiguousarray(codes[:, :, np.argsort(radar.frame.tx_order)])


def encode_words(
    radar: Radar,
    capture_format: CaptureFormat,
    codes: Int16[np.ndarray, "frame chirp tx rx sample 2"],
    iq_order: str = "i_first",
) -> Int16[np.ndarray, " word"]:
    """Encode ADC codes to words, from which `decode_words` returns exactly these codes.

    Args:
        radar: radar with the counts and the firing order.
        capture_format: order of the words.
        codes: ADC codes; the last axis holds I and Q, or two successive samples if the ADC is real.
        iq_order: "i_first" or "q_first".

    Returns:
        Words in file order; unused lanes contain zeros.

    Raises:
        InputError: the capture format does not fit the radar, or the codes have the wrong shape.
    """
    expected = (*_slots(radar)[1:], radar.chirp.num_samples, 2)
    if codes.shape[1:] != expected:
        problem = f"has frames of shape {codes.shape[1:]}; the radar's frames are {expected}"
        raise InputError("capture", "codes", problem, "give the radar that produced them")
    slots = codes[:, :, list(radar.frame.tx_order)]
    if iq_order == "q_first" and not capture_format.is_real:
        slots = slots[..., ::-1]
    if capture_format.lanes == 4:
        return _to_four_lanes(radar, capture_format, slots)
    if capture_format.is_real:
        return np.ascontiguousarray(slots).reshape(-1)
    _check_pairs(radar)
    return np.ascontiguousarray(_swap_pairs(capture_format, slots.reshape(-1, _PAIR, 2))).reshape(
        -1
    )


def to_complex(
    capture_format: CaptureFormat, codes: Int16[np.ndarray, "*batch sample 2"]
) -> Complex64[np.ndarray, "*batch sample"]:
    """Convert codes to complex numbers, with echoes at positive beat frequencies.

    Real samples are converted to their analytic signal at half the rate: the inverse transform of
    the positive half of the spectrum, X[0] to X[N - 1] of 2 N real samples. Beat amplitudes are
    preserved.

    Args:
        capture_format: states whether the samples are real or complex.
        codes: ADC codes, as returned by `decode_words`.

    Returns:
        Complex codes.
    """
    if not capture_format.is_real:
        parts = codes.astype(np.float32)
        return parts.view(np.complex64)[..., 0]
    num_samples = codes.shape[-2]
    half = np.fft.rfft(codes.reshape(*codes.shape[:-2], -1).astype(np.float32))[..., :num_samples]
    return np.fft.ifft(half).astype(np.complex64)


def from_complex(
    capture_format: CaptureFormat, cube: Complex64[np.ndarray, "*batch sample"]
) -> Int16[np.ndarray, "*batch sample 2"]:
    """Convert complex codes to the ADC codes that a board stores, rounded and clipped to 16 bits.

    Args:
        capture_format: states whether the samples are real or complex.
        cube: complex codes.

    Returns:
        ADC codes in the form that `decode_words` returns.
    """
    if capture_format.is_real:
        half = np.fft.fft(cube)
        nyquist = np.zeros((*cube.shape[:-1], 1), half.dtype)
        real = np.fft.irfft(np.concatenate([half, nyquist], axis=-1))
        parts = real.reshape(*cube.shape, 2)
    else:
        parts = np.stack([cube.real, cube.imag], axis=-1)
    return np.clip(np.round(parts), -(2**15), 2**15 - 1).astype(np.int16)


def _slots(radar: Radar) -> tuple[int, int, int, int]:
    """Shape of frames in firing order: frame, loop, slot, receiver."""
    return -1, radar.frame.num_chirps, radar.array.num_tx, radar.array.num_rx


def _from_four_lanes(radar, capture_format, words):
    lanes = capture_format.lanes_of(radar.array.num_rx)
    samples, chirps = radar.chirp.num_samples, _slots(radar)[1:3]
    on_lanes = words.reshape(-1, *chirps, samples, 2, capture_format.lanes)[..., list(lanes)]
    return np.moveaxis(on_lanes, -1, 3)


def _to_four_lanes(radar, capture_format, slots):
    lanes = capture_format.lanes_of(radar.array.num_rx)
    shape = (*slots.shape[:3], *slots.shape[4:], capture_format.lanes)
    words = np.zeros(shape, np.int16)
    words[..., list(lanes)] = np.moveaxis(slots, 3, -1)
    return words.reshape(-1)


def _swap_pairs(capture_format: CaptureFormat, groups: np.ndarray) -> np.ndarray:
    """Reorder each group I I Q Q to I Q I Q or back; groups stored as I Q I Q are unchanged."""
    return groups if capture_format.interleaving == "samples" else groups.transpose(0, 2, 1)


def _check_pairs(radar: Radar) -> None:
    """Reject an odd number of samples: two lanes send pairs, which may span two receivers."""
    samples = radar.chirp.num_samples * radar.array.num_rx
    if samples % _PAIR:
        raise InputError(
            "Chirp",
            "num_samples",
            f"is {radar.chirp.num_samples} with {radar.array.num_rx} receivers; two lanes send "
            "samples in pairs",
            "give an even number of samples",
        )
