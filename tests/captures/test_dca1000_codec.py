"""DCA1000 words: all layouts in TI's document are decoded, and encoding is the exact inverse."""

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import (
    decode_words,
    encode_words,
    frame_arithmetic,
    from_complex,
    to_complex,
    words_per_frame,
)
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat, format_of_board
from tests.helpers.synthetic_captures import random_codes, small_radar

RADAR = small_radar()
LAYOUTS = [
    (lanes, samples, order)
    for lanes in (2, 4)
    for samples in ("complex1x", "real")
    for order in ("i_first", "q_first")
]


@pytest.mark.parametrize(("lanes", "samples", "order"), LAYOUTS)
def test_codes_survive_every_layout_bit_by_bit(lanes, samples, order):
    layout = CaptureFormat(lanes=lanes, samples=samples)
    codes = random_codes(RADAR)
    words = encode_words(RADAR, layout, codes, order)
    assert words.dtype == np.int16
    assert len(words) == 3 * words_per_frame(RADAR, layout)
    np.testing.assert_array_equal(decode_words(RADAR, layout, words, order), codes)


def test_two_lanes_send_two_i_then_two_q_receivers_one_after_another():
    """The figure in SWRA581B, section 6, shows all samples of RX1 (I0 I1 Q0 Q1 ...), then RX2."""
    radar = small_radar(num_chirps=1, tx_order=(0,), num_samples=4, num_rx=2)
    words = np.array([10, 11, 20, 21, 12, 13, 22, 23, 30, 31, 40, 41, 32, 33, 42, 43], np.int16)
    codes = decode_words(radar, CaptureFormat(lanes=2), words)[0, 0, 0]
    np.testing.assert_array_equal(codes[0], [[10, 20], [11, 21], [12, 22], [13, 23]])
    np.testing.assert_array_equal(codes[1], [[30, 40], [31, 41], [32, 42], [33, 43]])


def test_four_lanes_send_i_of_all_receivers_then_q_of_all():
    """The figure in SWRA581B, section 5, shows I of RX1 to RX4, then Q, then the next sample."""
    radar = small_radar(num_chirps=1, tx_order=(0,), num_samples=2)
    words = np.arange(16, dtype=np.int16)
    codes = decode_words(radar, CaptureFormat(lanes=4), words)[0, 0, 0]
    np.testing.assert_array_equal(codes[:, 0], [[0, 4], [1, 5], [2, 6], [3, 7]])
    np.testing.assert_array_equal(codes[:, 1], [[8, 12], [9, 13], [10, 14], [11, 15]])


def test_unused_lanes_are_stored_and_skipped_when_decoding():
    radar = small_radar(num_rx=2)
    layout = CaptureFormat(lanes=4, rx_lanes=(1, 3))
    codes = random_codes(radar)
    words = encode_words(radar, layout, codes)
    assert words_per_frame(radar, layout) == 2 * words_per_frame(radar, CaptureFormat(lanes=2))
    assert not words.reshape(-1, 4)[:, [0, 2]].any()
    np.testing.assert_array_equal(decode_words(radar, layout, words), codes)


def test_each_chirp_lands_on_the_transmitter_that_fired_it():
    """With the order TX1, TX3, TX2, the second chirp in the file has transmitter index 2."""
    radar = small_radar(num_chirps=1, num_samples=2, num_rx=1)
    words = np.repeat(np.array([1, 2, 3], np.int16), 4)
    codes = decode_words(radar, CaptureFormat(), words)
    np.testing.assert_array_equal(codes[0, 0, :, 0, 0, 0], [1, 3, 2])


def test_the_wrong_order_mirrors_the_spectrum():
    codes = random_codes(RADAR)
    right = to_complex(CaptureFormat(), codes)
    swapped = to_complex(CaptureFormat(), np.ascontiguousarray(codes[..., ::-1]))
    np.testing.assert_allclose(swapped, 1j * right.conj())


def test_real_samples_become_the_positive_half_of_their_spectrum():
    """A cosine of amplitude 1000 in bin 3 of 16 becomes a phasor of amplitude 1000 in bin 3."""
    radar = small_radar(num_chirps=1, tx_order=(0,), num_rx=1)
    time = np.arange(2 * radar.chirp.num_samples) / (2 * radar.chirp.num_samples)
    real = np.round(1000 * np.cos(2 * np.pi * 3 * time + 0.7)).astype(np.int16)
    cube = to_complex(CaptureFormat(samples="real"), real.reshape(-1, 2))
    spectrum = np.fft.fft(cube) / len(cube)
    # Codes are rounded, so the error is up to half a step relative to 1000.
    np.testing.assert_allclose(spectrum[3], 1000 * np.exp(0.7j), rtol=1e-3)
    assert np.abs(np.delete(spectrum, 3)).max() < 0.5


def test_complex_codes_written_for_a_real_adc_read_back_the_same():
    layout = CaptureFormat(samples="real")
    time = np.arange(16) / 16
    cube = (800 * np.exp(2j * np.pi * 5 * time + 0.3j)).astype(np.complex64)
    back = to_complex(layout, from_complex(layout, cube))
    assert np.abs(back - cube).max() < 1.0  # the tolerance is in ADC codes


def test_codes_beyond_sixteen_bits_are_clipped():
    codes = from_complex(CaptureFormat(), np.array([40000 - 40000j], np.complex64))
    np.testing.assert_array_equal(codes, [[32767, -32768]])


def test_the_frame_size_is_written_as_a_product():
    assert frame_arithmetic(RADAR, CaptureFormat()) == (
        "6 loops x 3 TX x 4 RX x 16 samples x 2 (I, Q) x 2 bytes = 4,608 bytes"
    )


def test_the_number_of_lanes_follows_from_the_board():
    assert format_of_board("IWR1443BOOST").lanes == 4
    assert format_of_board("AWR1843BOOST").lanes == 2
    assert format_of_board("").lanes == 2


def test_an_odd_number_of_samples_fits_two_lanes_only_with_even_receivers():
    codes = random_codes(small_radar(num_samples=15))
    words = encode_words(small_radar(num_samples=15), CaptureFormat(), codes)
    back = decode_words(small_radar(num_samples=15), CaptureFormat(), words)
    np.testing.assert_array_equal(back, codes)
    odd = small_radar(num_samples=15, num_rx=1)
    with pytest.raises(InputError, match="even number of samples"):
        encode_words(odd, CaptureFormat(), random_codes(odd))


def test_codes_of_another_radar_are_refused():
    with pytest.raises(InputError, match="give the radar that produced them"):
        encode_words(RADAR, CaptureFormat(), random_codes(small_radar(num_samples=8)))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lanes": 3}, "lanes"),
        ({"samples": "complex"}, "samples"),
        ({"iq_order": "q"}, "iq_order"),
        ({"rx_lanes": (0, 1)}, "rx_lanes"),
        ({"lanes": 4, "rx_lanes": (0, 0)}, "rx_lanes"),
        ({"lanes": 4, "rx_lanes": (4,)}, "rx_lanes"),
    ],
)
def test_a_layout_that_no_board_has_is_refused(values, field):
    with pytest.raises(InputError, match=field):
        CaptureFormat(**values)
