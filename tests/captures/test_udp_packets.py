"""Packet captures: every file format, and lost, reordered, duplicate and damaged packets."""

import struct

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import encode_words, from_complex
from radarsim.errors import InputError
from radarsim.files import open_capture
from radarsim.radar.capture_format import CaptureFormat
from tests.helpers.synthetic_captures import echo, small_radar
from tests.helpers.synthetic_packets import STEP, packets_of, pcap, pcapng, udp

RADAR = small_radar(num_chirps=16, num_samples=64)
FORMAT = CaptureFormat()
STREAM = encode_words(RADAR, FORMAT, from_complex(FORMAT, echo(RADAR, 5))).tobytes()
FRAME_BYTES = len(STREAM) // 5


def packets(**options):
    return packets_of(STREAM, **options)


@pytest.fixture
def opened(tmp_path):
    """Open packet bytes as a capture."""

    def open_bytes(content, suffix=".pcap"):
        path = tmp_path / f"capture{suffix}"
        path.write_bytes(content)
        return open_capture(path, RADAR, iq_order="i_first")

    return open_bytes


def words(capture):
    return encode_words(RADAR, FORMAT, capture.read_codes(0, capture.num_frames)).tobytes()


@pytest.mark.parametrize(
    "content",
    [
        pcap(packets()),
        pcap(packets(), ">"),
        pcap(packets(), "<", 0xA1B23C4D),
        pcap(packets(), ">", 0xA1B23C4D),
        pcap(packets(vlan=True)),
        pcap([udp(b"command", port=4096), *packets(), udp(b"stop", port=4096)]),
        pcapng(packets()),
        pcapng(packets(), ">"),
    ],
)
def test_every_file_format_holds_the_same_stream(opened, content):
    capture = opened(content)
    assert capture.num_frames == 5
    assert words(capture) == STREAM
    assert (capture.dropped_packets, capture.dropped_frames, capture.notes) == (0, 0, ())


def test_reordered_packets_are_sorted(opened):
    frames = packets()
    frames[3], frames[4], frames[9] = frames[4], frames[9], frames[3]
    capture = opened(pcap(frames))
    assert words(capture) == STREAM
    assert any("arrived out of order" in note for note in capture.notes)


def test_lost_packets_leave_zeros_and_are_counted_with_their_frames(opened):
    lost = (5, 6, 40)
    capture = opened(pcap([each for idx, each in enumerate(packets()) if idx not in lost]))
    expected = bytearray(STREAM)
    frames = set()
    for idx in lost:
        expected[idx * STEP : (idx + 1) * STEP] = bytes(STEP)
        frames |= {idx * STEP // FRAME_BYTES, ((idx + 1) * STEP - 1) // FRAME_BYTES}
    assert words(capture) == bytes(expected)
    assert capture.dropped_packets == 3
    assert capture.lost_packets.frames == frames
    chirp_bytes = FRAME_BYTES // (RADAR.frame.num_chirps * RADAR.array.num_tx)
    cut = np.zeros(5 * FRAME_BYTES // chirp_bytes, bool)
    for idx in lost:
        cut[idx * STEP // chirp_bytes : -(-(idx + 1) * STEP // chirp_bytes)] = True
    cut = cut.reshape(5, -1, RADAR.array.num_tx)[..., np.argsort(RADAR.frame.tx_order)]
    np.testing.assert_array_equal(capture.cut_chirps(0, 5), cut)


def test_a_duplicate_packet_counts_once(opened):
    frames = packets()
    capture = opened(pcap([*frames[:4], frames[2], *frames[4:]]))
    assert words(capture) == STREAM
    assert any("arrived twice" in note for note in capture.notes)


def test_a_packet_with_a_damaged_byte_number_is_ignored(opened):
    frames = packets()
    bad = udp(struct.pack("<IIH", 8, 123456, 99) + STREAM[:STEP])
    capture = opened(pcap([*frames[:7], bad, *frames[8:]]))
    assert capture.num_frames == 5
    assert capture.dropped_packets == 1
    assert any("impossible byte number" in note for note in capture.notes)


def test_a_capture_that_starts_late_begins_with_its_first_whole_frame(opened):
    capture = opened(pcap(packets()[20:]))
    skipped = -(-20 * STEP // FRAME_BYTES)
    assert capture.num_frames == 5 - skipped
    assert words(capture) == STREAM[skipped * FRAME_BYTES :]
    assert capture.dropped_packets == 0
    assert any("starts late" in note for note in capture.notes)


def test_a_second_recording_in_the_same_file_is_ignored(opened):
    capture = opened(pcap(packets() + packets()))
    assert words(capture) == STREAM
    assert any("another recording" in note for note in capture.notes)


def test_a_truncated_file_keeps_its_complete_frames(opened):
    content = pcap(packets())
    capture = opened(content[: len(content) // 2])
    assert 0 < capture.num_frames < 5
    assert words(capture) == STREAM[: capture.num_frames * FRAME_BYTES]
    assert any("truncated" in note for note in capture.notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd4\xc3\xb2\xa1", "holds no DCA1000 data"),
        (pcap([]), "holds no DCA1000 data"),
        (pcap(packets()[:2]), "less than one frame"),
        (pcap([udp(b"command", port=4096)]), "UDP to port 4098"),
        (STREAM, "is not a packet capture"),
        (b"", "is empty"),
    ],
)
def test_files_without_a_stream_are_refused(opened, content, message):
    with pytest.raises(InputError, match=message):
        opened(content)


def test_packets_of_a_board_are_read_in_order(test_data, examples):
    """The bytes of the stream equal the payload file, which was extracted by hand."""
    folder = test_data / "dca1000_udp_pcap"
    radar = examples / "radars" / "dca1000_udp_pcap.toml"
    capture = open_capture(folder / "one_frame.pcap", radar)
    payload = open_capture(folder / "one_frame_payload.bin", radar)
    assert (capture.num_frames, capture.iq_order) == (1, "q_first")
    assert (capture.dropped_packets, capture.notes) == (0, ())
    np.testing.assert_array_equal(capture.read(0, 1), payload.read(0, 1))
    with pytest.raises(InputError, match="holds no DCA1000 data"):
        open_capture(folder / "commands.pcap", radar)
