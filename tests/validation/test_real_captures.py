"""Analysis of real captures with known content (see the README next to each capture)."""

import pytest

from radarsim import files
from radarsim.captures.recording import of_capture
from radarsim.validation.analysis import analyse


def analysed(test_data, examples, folder, file):
    setup = examples / "radars" / f"{folder}.toml"
    capture = files.open_capture(test_data / folder / file, setup)
    return capture, analyse(of_capture(capture))


def test_one_person_breathes_at_seventy_centimetres(test_data, examples):
    """The expected values, 0.70 m, 0.254 Hz and 4.4 mm, were measured independently."""
    capture, analysis = analysed(test_data, examples, "iwr6843_breathing", "capture.bin")
    assert (capture.num_frames, capture.iq_order) == (400, "i_first")
    assert analysis.tracks[0].median_range_m == pytest.approx(0.70, abs=0.06)
    assert analysis.breathing.rate_hz == pytest.approx(0.254, abs=0.02)
    assert analysis.breathing.displacement_m == pytest.approx(4.4e-3, abs=0.5e-3)
    assert "no TDM" in analysis.slots
    assert not analysis.tdm


def test_two_configured_slots_of_one_transmitter_are_detected(test_data, examples, tmp_path):
    """The configuration has two transmitters, but the data show that one fires in both slots."""
    text = (examples / "radars" / "iwr6843_breathing.toml").read_text()
    claimed = text.replace('tx_order = ["TX1"]', 'tx_order = ["TX1", "TX2"]')
    claimed = claimed.replace("num_chirps = 2", "num_chirps = 1")
    (tmp_path / "claimed.toml").write_text(claimed)
    source = test_data / "iwr6843_breathing" / "capture.bin"
    analysis = analyse(of_capture(files.open_capture(source, tmp_path / "claimed.toml")))
    assert "no TDM" in analysis.slots
    assert analysis.recording.radar.array.num_tx == 1
    assert analysis.breathing.rate_hz == pytest.approx(0.254, abs=0.02)


def test_two_targets_pass_each_other_at_three_metres(test_data, examples):
    """The targets are at 2.93 m and +-0.6 m/s, within half a cell.

    The receding target is 6 to 8 degrees off boresight.
    """
    _, analysis = analysed(test_data, examples, "openradar_frame", "two_movers_1frame.bin")
    receding, approaching = sorted(analysis.tracks, key=lambda track: -track.median_speed_mps)
    for track, speed_mps in ((receding, 0.6), (approaching, -0.6)):
        assert track.median_range_m == pytest.approx(2.93, abs=0.05)
        assert track.median_speed_mps == pytest.approx(speed_mps, abs=0.05)
    azimuth_deg = abs(receding.median_azimuth_rad) * 57.3
    assert 5.5 < azimuth_deg < 8.5


def test_a_frame_of_udp_packets_is_analysed(test_data, examples):
    """This capture has Q before I, and its targets are not known."""
    capture, analysis = analysed(test_data, examples, "dca1000_udp_pcap", "one_frame.pcap")
    assert (capture.num_frames, capture.iq_order) == (1, "q_first")
    assert analysis.breathing is None
    assert analysis.stats.clipped_fraction == 0.0
