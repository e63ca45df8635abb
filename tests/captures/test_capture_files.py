"""Capture files: streaming, damaged files, and detection of the I/Q order from the samples."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import encode_words, words_per_frame
from radarsim.captures.recording import kept_chirps, of_capture, of_whole_chirps
from radarsim.errors import InputError
from radarsim.files import load_recording, load_setup, open_capture, write_capture
from radarsim.radar.capture_format import CaptureFormat
from tests.helpers.synthetic_captures import echo, random_codes, small_radar

RADAR = small_radar(num_chirps=16, num_samples=64)
STEP_V = np.float32(RADAR.receiver.adc_step_v)
FRAME_BYTES = 2 * words_per_frame(RADAR, CaptureFormat())


@pytest.fixture
def written(tmp_path):
    """Write a capture of 6 frames of echoes; return the capture and its ADC codes."""
    path = tmp_path / "capture.bin"
    cube = np.round(echo(RADAR, 6).view(np.float32)).view(np.complex64)
    write_capture(path, cube, RADAR)
    return path, cube


def test_a_written_capture_is_read_back_bit_by_bit(written):
    path, cube = written
    capture = open_capture(path, RADAR, iq_order="i_first")
    assert capture.num_frames == 6
    np.testing.assert_array_equal(capture.read(0, 6), cube)
    np.testing.assert_array_equal(capture.read(2, 3), cube[2:3])
    np.testing.assert_array_equal(np.concatenate(list(capture.blocks(4))), cube)
    assert capture.notes == ()
    assert (capture.dropped_packets, capture.dropped_frames) == (0, 0)


def test_codes_times_volts_per_code_are_the_simulated_volts(written):
    capture = open_capture(written[0], RADAR)
    assert capture.volts_per_code == RADAR.receiver.full_scale_v / 32768


@pytest.mark.parametrize("order", ["i_first", "q_first"])
def test_the_iq_order_is_detected_from_the_receivers_noise(tmp_path, order):
    """The detected order is correct even if high beat frequencies suggest the wrong order."""
    path = tmp_path / "far.bin"
    cube = echo(RADAR, beat=0.7, notch_db=8)
    write_capture(path, cube, RADAR, iq_order=order)
    capture = open_capture(path, RADAR)
    assert capture.iq_order == order
    assert "noise dips" in capture.iq_evidence
    assert capture.notes == ()


@pytest.mark.parametrize("order", ["i_first", "q_first"])
def test_without_a_notch_the_energy_of_the_beats_decides(tmp_path, order):
    path = tmp_path / "simulated.bin"
    write_capture(path, echo(RADAR), RADAR, iq_order=order)
    capture = open_capture(path, RADAR)
    assert capture.iq_order == order
    assert "more energy at" in capture.iq_evidence
    (note,) = capture.notes
    assert note.startswith(f"read as {order} by the energy of the beats alone: if the strong")


def test_echoes_beyond_half_the_range_are_read_right_if_the_order_is_stated(tmp_path):
    """Without a statement, the axes are mirrored, and the note says when."""
    path, cube = tmp_path / "far.bin", echo(RADAR, beat=0.7)
    write_capture(path, cube, RADAR)
    stated = load_recording(path, RADAR, iq_order="i_first")
    np.testing.assert_allclose(stated.read(0, 4) / RADAR.receiver.adc_step_v, cube, atol=0.8)
    guessed = load_recording(path, RADAR)
    assert not np.allclose(guessed.read(0, 4), stated.read(0, 4))
    half_m = RADAR.chirp.num_samples * RADAR.range_resolution_m / 2
    assert f"beyond {half_m:.3g} m, range and speed are mirrored" in guessed.notes[0]


def test_noise_alone_leaves_the_order_undecided_and_the_evidence_states_it(tmp_path):
    path = tmp_path / "noise.bin"
    write_capture(path, echo(RADAR, level=0.0), RADAR)
    capture = open_capture(path, RADAR)
    assert capture.iq_order == "i_first"
    assert capture.iq_evidence.startswith("undecided")
    assert "read as i_first without evidence" in capture.notes[-1]


def test_a_configuration_outweighs_beats_but_not_the_noise(tmp_path):
    path = tmp_path / "capture.bin"
    stated = CaptureFormat(iq_order="q_first")
    write_capture(path, echo(RADAR), RADAR, iq_order="i_first")
    capture = open_capture(path, RADAR, capture_format=stated)
    assert capture.iq_order == "q_first"
    assert capture.warnings == capture.notes
    assert 'set iq_order = "i_first"' in capture.warnings[0]
    write_capture(path, echo(RADAR, notch_db=8), RADAR, iq_order="i_first")
    capture = open_capture(path, RADAR, capture_format=stated)
    assert capture.iq_order == "i_first"
    assert "configuration states q_first" in capture.notes[0]


def test_the_requested_order_overrides_everything(written):
    capture = open_capture(written[0], RADAR, iq_order="q_first")
    assert (capture.iq_order, capture.iq_evidence) == ("q_first", "as requested")
    with pytest.raises(InputError, match="iq_order"):
        open_capture(written[0], RADAR, iq_order="swapped")


def test_a_capture_in_several_files_is_read_as_one(written, tmp_path):
    """Files may be split within a frame or a word, because recorders limit the file size."""
    path, cube = written
    content = path.read_bytes()
    cuts = (0, 2 * FRAME_BYTES + 101, 4 * FRAME_BYTES, len(content))
    for idx, (start, stop) in enumerate(pairwise(cuts)):
        (tmp_path / f"adc_data_Raw_{idx}.bin").write_bytes(content[start:stop])
    capture = open_capture(tmp_path / "adc_data_Raw_0.bin", RADAR)
    assert capture.num_frames == 6
    np.testing.assert_array_equal(capture.read(0, 6), cube)
    np.testing.assert_array_equal(capture.read(2, 3), cube[2:3])
    assert "continues in 2 more files" in capture.notes[0]


def test_an_incomplete_last_frame_is_ignored_and_the_note_shows_the_arithmetic(written):
    path, cube = written
    path.write_bytes(path.read_bytes()[: -FRAME_BYTES // 2])
    capture = open_capture(path, RADAR)
    assert capture.num_frames == 5
    assert f"{5.5 * FRAME_BYTES:,.0f} bytes = 5 frames and" in capture.notes[0]
    assert f"= {FRAME_BYTES:,} bytes" in capture.notes[0]
    np.testing.assert_array_equal(capture.read(0, 5), cube[:5])


def test_packets_replaced_by_zeros_are_counted_with_their_frames(written):
    path, _ = written
    words = np.fromfile(path, "<i2")
    words[728 * 3 : 728 * 5] = 0  # two packets of frame 0
    words[728 * 40 : 728 * 41] = 0
    words.tofile(path)
    capture = open_capture(path, RADAR)
    per_frame = FRAME_BYTES // 2
    touched = {728 * 3 // per_frame, 728 * 40 // per_frame, (728 * 41 - 1) // per_frame}
    assert capture.dropped_packets == 3
    assert capture.lost_packets.frames == touched
    assert capture.findings[-1].startswith(
        "3 packets of 1,456 bytes are missing and read as zeros, in "
    )


def test_chirps_cut_by_a_lost_packet_are_zero_as_a_whole(written):
    """A packet across frames 0 and 1 cuts three chirps, and zeros by chance cut none."""
    path, _ = written
    words = np.fromfile(path, "<i2")
    words[512 * 3 : 512 * 3 + 200] = 0  # fewer zeros than half a packet
    words[728 * 33 : 728 * 34] = 0  # chirps 46 and 47 of frame 0, and 176 words of frame 1
    words.tofile(path)
    capture = open_capture(path, RADAR)
    cut = np.zeros(6 * 48, bool)
    cut[46:49] = True
    sent = cut.reshape(6, 16, 3)[:, :, np.argsort(RADAR.frame.tx_order)]
    np.testing.assert_array_equal(capture.cut_chirps(0, 6), sent)
    np.testing.assert_array_equal(capture.cut_chirps(1, 2), sent[1:2])
    recording = of_whole_chirps(capture)
    np.testing.assert_array_equal(kept_chirps(recording.read(0, 6)), ~sent)
    plain_v = of_capture(capture).read(1, 2)
    np.testing.assert_array_equal(recording.read(1, 2)[~sent[1:2]], plain_v[~sent[1:2]])


@pytest.mark.parametrize(
    "dead", [np.s_[..., 1, :], np.s_[..., 2:, :], np.s_[..., [0, 3], :], np.s_[:, :, 1]]
)
def test_dead_receivers_and_muted_transmitters_are_no_lost_packets(tmp_path, dead):
    """The other channels keep all chirps but those of a packet that is lost as well."""
    radar, path = small_radar(num_chirps=4, num_samples=256, num_rx=4), tmp_path / "dead.bin"
    cube = np.round(echo(radar, 3).view(np.float32)).view(np.complex64)
    cube[dead] = 0
    write_capture(path, cube, radar)
    capture = open_capture(path, radar, iq_order="i_first")
    assert (capture.dropped_packets, capture.dropped_frames) == (0, 0)
    np.testing.assert_array_equal(of_whole_chirps(capture).read(0, 3), capture.read(0, 3) * STEP_V)
    words = np.fromfile(path, "<i2")
    at = 18 * 2048 + 700
    words[at : at + 728] = 0  # in the chirp of slot 0 of loop 2 of frame 1
    words.tofile(path)
    capture = open_capture(path, radar, iq_order="i_first")
    cut = np.zeros((3, 4, 3), bool)
    cut[1, 2, radar.frame.tx_order[0]] = True
    np.testing.assert_array_equal(capture.cut_chirps(0, 3), cut)
    assert (capture.dropped_packets, capture.lost_packets.frames) == (1, {1})


def test_lost_loops_are_lost_even_if_they_are_most_of_the_capture(written):
    path, _ = written
    words = np.fromfile(path, "<i2")
    words[len(words) // 8 : -len(words) // 8] = 0
    words.tofile(path)
    lost = round(len(words) * 3 / 4 / 728)
    assert open_capture(path, RADAR).dropped_packets == pytest.approx(lost, abs=1)


def test_a_loss_across_two_scans_is_counted_once(written, monkeypatch):
    path, _ = written
    words = np.fromfile(path, "<i2")
    words[7000:10000] = 0
    words.tofile(path)
    monkeypatch.setattr("radarsim.captures.capture.SCAN_WORDS", 8192)
    assert open_capture(path, RADAR).dropped_packets == round(3000 / 728)


def test_memory_use_is_one_block_for_a_capture_of_any_length(tmp_path):
    """Reading a 40 MB capture in blocks of 0.4 MB needs less than a tenth of the file size."""
    path = tmp_path / "long.bin"
    block = encode_words(RADAR, CaptureFormat(), random_codes(RADAR, 8)).tobytes()
    with open(path, "wb") as file:
        for _ in range(200):
            file.write(block)
    capture = open_capture(path, RADAR)
    tracemalloc.start()
    count = sum(len(cube) for cube in capture.blocks(4))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1600
    assert peak < path.stat().st_size / 10


def test_frames_that_do_not_exist_are_refused(written):
    with pytest.raises(InputError, match="the capture has 6"):
        open_capture(written[0], RADAR).read(4, 7)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x00\x01" * 50, "less than one frame: 16 loops x 3 TX"),
        (b"%PDF-1.7" + bytes(9000), "is not a capture but a document"),
        (b"sensorStop\nflushCfg\n" * 2000, "is not a capture but text"),
        (np.random.default_rng(3).bytes(4 * FRAME_BYTES), "is not a capture: "),
    ],
)
def test_a_file_that_is_not_a_capture_gives_a_one_line_error(tmp_path, content, message):
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        open_capture(path, RADAR)
    assert "\n" not in str(refused.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.bin"):
        with pytest.raises(InputError, match="file"):
            open_capture(path, RADAR)


def test_writing_to_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_capture(tmp_path / "no" / "capture.bin", echo(RADAR, 1), RADAR)


@pytest.mark.parametrize(
    ("folder", "file", "frames", "order"),
    [
        ("iwr6843_breathing", "capture.bin", 400, "i_first"),
        ("openradar_frame", "two_movers_1frame.bin", 1, "i_first"),
        ("dca1000_udp_pcap", "one_frame_payload.bin", 1, "q_first"),
    ],
)
def test_the_iq_order_of_recordings_is_detected(test_data, examples, folder, file, frames, order):
    """In the correct I/Q order, echoes have positive beat frequencies, as each README states."""
    radar = examples / "radars" / f"{folder}.toml"
    capture = open_capture(test_data / folder / file, radar)
    assert (capture.num_frames, capture.iq_order) == (frames, order)
    assert "noise dips" in capture.iq_evidence
    assert capture.notes == ()
    assert capture.dropped_packets == 0


def test_every_example_radar_file_is_valid(examples):
    found = sorted((examples / "radars").glob("*.toml"))
    assert len(found) >= 3
    for path in found:
        setup = load_setup(path)
        assert setup.radar.name == path.stem
