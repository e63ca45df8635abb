"""Frames are realigned after missing packets, late starts and incomplete recordings."""

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import words_per_frame
from radarsim.captures.lost_packets import PACKET_WORDS
from radarsim.errors import InputError
from radarsim.files import open_capture, write_capture
from radarsim.radar.capture_format import CaptureFormat
from tests.helpers.synthetic_captures import echo, small_radar

FRAMES = 16
FORMATS = [
    CaptureFormat(),
    CaptureFormat(interleaving="samples"),
    CaptureFormat(lanes=4),
]
RADARS = [
    small_radar(num_chirps=16, tx_order=(0,), num_samples=64),
    small_radar(num_chirps=16, tx_order=(0, 1), num_samples=128),
    small_radar(num_chirps=16, tx_order=(0, 2, 1), num_samples=96),
]


def words_of(path, radar, layout, frames=FRAMES):
    write_capture(path, echo(radar, frames, beat=0.13), radar, capture_format=layout)
    return np.fromfile(path, "<i2")


def without(words, first, count):
    """Return the words without some packets, and the words with these packets replaced by zeros."""
    lost = slice(first * PACKET_WORDS, (first + count) * PACKET_WORDS)
    zeros = words.copy()
    zeros[lost] = 0
    return np.delete(words, lost), zeros


@pytest.mark.parametrize("layout", FORMATS, ids=["pairs", "samples", "four lanes"])
@pytest.mark.parametrize("radar", RADARS, ids=["1 tx", "2 tx", "3 tx"])
@pytest.mark.parametrize(
    "where", [0.6, *(pytest.param(at, marks=pytest.mark.slow) for at in (0.3, 0.9))]
)
def test_cut_packets_read_as_zeros_and_the_frames_after_them_are_aligned(
    tmp_path, layout, radar, where
):
    """The aligned words equal those of a recorder that fills lost packets with zeros."""
    words = words_of(tmp_path / "whole.bin", radar, layout)
    first, count = int(where * len(words) / PACKET_WORDS), 3
    cut, zeros = without(words, first, count)
    cut.tofile(tmp_path / "cut.bin")
    zeros.tofile(tmp_path / "zeros.bin")
    capture = open_capture(tmp_path / "cut.bin", radar, capture_format=layout)
    expected = open_capture(tmp_path / "zeros.bin", radar, capture_format=layout)
    assert capture.num_frames == FRAMES
    np.testing.assert_array_equal(capture.read_codes(0, FRAMES), expected.read_codes(0, FRAMES))
    assert capture.lost_packets == expected.lost_packets
    frame = first * PACKET_WORDS // words_per_frame(radar, layout)
    (warning,) = capture.warnings
    assert f"frame {frame:,}, byte {first * PACKET_WORDS * 2:,} of the file: 3 packets" in warning


def test_several_gaps_are_listed_with_their_places(tmp_path):
    radar, layout = RADARS[1], FORMATS[0]
    words = words_of(tmp_path / "whole.bin", radar, layout)
    zeros = words.copy()
    kept = np.ones(len(words), bool)
    for first, count in ((200, 1), (400, 5), (600, 2)):
        kept[first * PACKET_WORDS : (first + count) * PACKET_WORDS] = False
    zeros[~kept] = 0
    words[kept].tofile(tmp_path / "cut.bin")
    zeros.tofile(tmp_path / "zeros.bin")
    capture = open_capture(tmp_path / "cut.bin", radar, capture_format=layout)
    expected = open_capture(tmp_path / "zeros.bin", radar, capture_format=layout)
    np.testing.assert_array_equal(capture.read_codes(0, FRAMES), expected.read_codes(0, FRAMES))
    assert len(capture.warnings) == 3
    assert capture.dropped_packets == 8


@pytest.mark.parametrize("seed", range(12))
def test_random_gaps_are_never_silent(tmp_path, seed):
    """Frames are aligned to the exact word, or a warning is given; no shift goes unreported."""
    rng = np.random.default_rng(seed)
    radar, layout = RADARS[seed % 3], FORMATS[seed // 3 % 3]
    words = words_of(tmp_path / "whole.bin", radar, layout)
    last = len(words) // PACKET_WORDS - 30
    cut, _ = without(words, int(rng.integers(20, last)), int(rng.integers(1, 8)))
    cut.tofile(tmp_path / "cut.bin")
    capture = open_capture(tmp_path / "cut.bin", radar, capture_format=layout)
    assert capture.warnings
    whole = open_capture(tmp_path / "whole.bin", radar, capture_format=layout)
    for frame in set(range(capture.num_frames)) - capture.lost_packets.frames:
        np.testing.assert_array_equal(
            capture.read_codes(frame, frame + 1), whole.read_codes(frame, frame + 1)
        )


def test_a_recording_that_lacks_its_first_packets_starts_with_its_next_frame(tmp_path):
    radar, layout = RADARS[1], FORMATS[0]
    words = words_of(tmp_path / "whole.bin", radar, layout)
    words[5 * PACKET_WORDS :].tofile(tmp_path / "late.bin")
    capture = open_capture(tmp_path / "late.bin", radar, capture_format=layout)
    whole = open_capture(tmp_path / "whole.bin", radar, capture_format=layout)
    assert capture.num_frames == FRAMES - 1
    np.testing.assert_array_equal(capture.read_codes(0, 5), whole.read_codes(1, 6))
    assert "first 5 packets are taken as missing" in capture.warnings[0]


@pytest.mark.parametrize("radar", RADARS, ids=["1 tx", "2 tx", "3 tx"])
def test_a_second_part_opened_alone_starts_with_its_first_whole_frame(tmp_path, radar):
    words = words_of(tmp_path / "whole.bin", radar, FORMATS[0])
    split = round(5.4 * words_per_frame(radar, FORMATS[0])) // 8 * 8
    words[:split].tofile(tmp_path / "walk_0.bin")
    words[split:].tofile(tmp_path / "walk_1.bin")
    capture = open_capture(tmp_path / "walk_1.bin", radar)
    whole = open_capture(tmp_path / "whole.bin", radar)
    assert capture.num_frames == FRAMES - 6
    np.testing.assert_array_equal(capture.read_codes(0, FRAMES - 6), whole.read_codes(6, FRAMES))
    assert "open walk_0.bin to read the recording as one" in capture.warnings[0]
    assert open_capture(tmp_path / "walk_0.bin", radar).num_frames == FRAMES


def test_a_second_recording_with_a_number_is_not_shifted(tmp_path):
    """Recording walk_0 ends within a frame, but the samples show that walk_1 starts a new frame."""
    radar = RADARS[1]
    words = words_of(tmp_path / "walk_1.bin", radar, FORMATS[0])
    words[: round(5.4 * words_per_frame(radar, FORMATS[0])) // 8 * 8].tofile(
        tmp_path / "walk_0.bin"
    )
    capture = open_capture(tmp_path / "walk_1.bin", radar)
    assert (capture.num_frames, capture.warnings) == (FRAMES, ())


def test_a_part_whose_place_is_unknown_is_refused(tmp_path):
    radar = RADARS[1]
    words = words_of(tmp_path / "whole.bin", radar, FORMATS[0])
    words[words_per_frame(radar, FORMATS[0]) // 2 + 120 :].tofile(tmp_path / "walk_3.bin")
    with pytest.raises(InputError, match="open the first file of the recording"):
        open_capture(tmp_path / "walk_3.bin", radar)


def test_alignment_can_be_disabled(tmp_path):
    radar = RADARS[0]
    words = words_of(tmp_path / "whole.bin", radar, FORMATS[0])
    cut, _ = without(words, 100, 3)
    cut.tofile(tmp_path / "cut.bin")
    capture = open_capture(tmp_path / "cut.bin", radar, capture_format=CaptureFormat(check=False))
    assert capture.warnings == ()


@pytest.mark.parametrize(
    ("folder", "file"),
    [("iwr6843_breathing", "capture.bin"), ("openradar_frame", "two_movers_1frame.bin")],
)
def test_recordings_are_read_without_a_note(test_data, examples, folder, file):
    capture = open_capture(test_data / folder / file, examples / "radars" / f"{folder}.toml")
    assert capture.findings == ()
