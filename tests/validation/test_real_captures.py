"""What real captures are known to show: see the README beside each of them."""

import pytest

from radarsim import files
from radarsim.captures.recording import of_capture
from radarsim.validation.analysis import look


def looked_at(test_data, examples, folder, file):
    setup = examples / "radars" / f"{folder}.toml"
    capture = files.open_capture(test_data / folder / file, setup)
    return capture, look(of_capture(capture))


def test_one_person_breathes_at_seventy_centimetres(test_data, examples):
    """0.70 m, 0.254 Hz, 4.4 mm, found independently; the limits are those of the task."""
    capture, looked = looked_at(test_data, examples, "iwr6843_breathing", "capture.bin")
    assert (capture.num_frames, capture.iq_order) == (400, "i_first")
    assert looked.tracks[0].typical_range_m == pytest.approx(0.70, abs=0.06)
    assert looked.breathing.rate_hz == pytest.approx(0.254, abs=0.02)
    assert looked.breathing.displacement_m == pytest.approx(4.4e-3, abs=0.5e-3)
    assert "no TDM" in looked.slots
    assert not looked.tdm


def test_two_slots_of_that_capture_are_seen_to_be_one_transmitter(test_data, examples, tmp_path):
    """A configuration that claims two transmitters is not believed."""
    text = (examples / "radars" / "iwr6843_breathing.toml").read_text()
    claimed = text.replace('tx_order = ["TX1"]', 'tx_order = ["TX1", "TX2"]')
    claimed = claimed.replace("num_chirps = 2", "num_chirps = 1")
    (tmp_path / "claimed.toml").write_text(claimed)
    source = test_data / "iwr6843_breathing" / "capture.bin"
    looked = look(of_capture(files.open_capture(source, tmp_path / "claimed.toml")))
    assert "no TDM" in looked.slots
    assert looked.recording.radar.array.num_tx == 1
    assert looked.breathing.rate_hz == pytest.approx(0.254, abs=0.02)


def test_two_movers_pass_each_other_at_three_metres(test_data, examples):
    """2.93 m, 0.6 m/s both ways, the receding one 6 to 8 degrees off; half a cell of each."""
    _, looked = looked_at(test_data, examples, "openradar_frame", "two_movers_1frame.bin")
    receding, approaching = sorted(looked.tracks, key=lambda track: -track.typical_speed_mps)
    for track, speed_mps in ((receding, 0.6), (approaching, -0.6)):
        assert track.typical_range_m == pytest.approx(2.93, abs=0.05)
        assert track.typical_speed_mps == pytest.approx(speed_mps, abs=0.05)
    azimuth_deg = abs(receding.typical_azimuth_rad) * 57.3
    assert 5.5 < azimuth_deg < 8.5


def test_a_frame_of_packets_is_looked_at(test_data, examples):
    """Q comes first there; what moves in it is not known."""
    capture, looked = looked_at(test_data, examples, "dca1000_udp_pcap", "one_frame.pcap")
    assert (capture.num_frames, capture.iq_order) == (1, "q_first")
    assert looked.breathing is None
    assert looked.stats.clipped_fraction == 0.0
