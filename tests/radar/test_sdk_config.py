"""TI SDK configurations: the effect of each command, and rejection of contradictions."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import load_setup
from radarsim.radar.boards import BOARDS
from radarsim.radar.configuration_files import parse_setup
from tests.helpers.ti_configurations import CFG

PAPER = BOARDS["AWR1843BOOST"]


def changed(old: str, new: str) -> str:
    assert old in CFG
    return CFG.replace(old, new)


def test_a_configuration_is_the_radar_it_describes():
    radar = parse_setup(CFG, "a.cfg").radar
    assert radar.chirp == PAPER.chirp
    assert radar.frame.num_chirps == 64
    assert radar.frame.period_s == 0.1
    assert radar.frame.tx_order == (0, 1)
    assert radar.array == PAPER.array.with_tx((0, 2))
    assert radar.receiver.gain_db == 30  # 158 means 30 dB plus a setting of the RF stage
    assert radar.board == "AWR1843BOOST"


def test_it_determines_the_capture_format():
    layout = parse_setup(CFG, "a.cfg").capture_format
    assert (layout.lanes, layout.samples, layout.iq_order) == (2, "complex1x", "q_first")
    assert layout.num_frames == 250
    assert layout.assumed == ("board", "antennas")  # the chip alone does not determine the board


def test_unused_commands_are_listed_in_the_notes():
    notes = parse_setup(CFG + "fooCfg 1 2\n", "a.cfg").notes
    assert any("guiMonitor" in note for note in notes)
    assert any("unknown and not used: fooCfg (line 15)" in note for note in notes)
    (corners,) = [note for note in notes if "high-pass corners of 175 and 350 kHz" in note]
    assert "only a receiver profile with [if_filter] simulates this" in corners


def test_the_firing_order_is_the_order_of_the_chirps():
    text = changed("chirpCfg 0 0 0 0 0 0 0 1", "chirpCfg 0 0 0 0 0 0 0 4")
    text = text.replace("chirpCfg 1 1 0 0 0 0 0 4", "chirpCfg 1 1 0 0 0 0 0 1")
    assert parse_setup(text, "a.cfg").radar.frame.tx_order == (1, 0)


def test_equal_chirps_in_one_loop_count_as_loops():
    text = changed("chirpCfg 1 1 0 0 0 0 0 4", "chirpCfg 1 31 0 0 0 0 0 1")
    frame = parse_setup(text.replace("frameCfg 0 1 64", "frameCfg 0 31 4"), "a.cfg").radar.frame
    assert (frame.num_chirps, frame.tx_order) == (128, (0,))


def test_disabled_receivers_are_removed():
    text = changed("channelCfg 15 5 0", "channelCfg 10 5 0")
    array = parse_setup(text, "a.cfg").radar.array
    assert array.rx_positions_m == tuple(PAPER.array.rx_positions_m[idx] for idx in (1, 3))


def test_a_real_adc_becomes_the_equivalent_complex_one():
    text = changed("adcCfg 2 1", "adcCfg 2 0").replace("adcbufCfg -1 0 1", "adcbufCfg -1 1 1")
    setup = parse_setup(text, "a.cfg")
    assert setup.capture_format.samples == "real"
    assert setup.radar.chirp.num_samples == 128
    assert setup.radar.chirp.sample_rate_hz == 2.2e6
    assert setup.radar.chirp.bandwidth_hz == PAPER.chirp.bandwidth_hz


def test_channel_gains_are_the_inverse_of_the_calibration():
    """The chip multiplies by the factors, so gain times factor is equal in all channels."""
    rng = np.random.default_rng(2)
    factors = rng.uniform(0.4, 1, 12) * np.exp(1j * rng.uniform(-3, 3, 12))
    numbers = " ".join(f"{value.real:.6f} {value.imag:.6f}" for value in factors)
    setup = parse_setup(CFG + f"compRangeBiasAndRxChanPhase 0.07 {numbers}\n", "a.cfg")
    gains = setup.radar.array.gains
    assert gains.shape == (2, 4)  # TX1 and TX3, of three transmitters
    equalised = gains * factors.reshape(3, 4)[[0, 2]]
    np.testing.assert_allclose(equalised, equalised[0, 0], rtol=1e-5)  # six digits are printed
    assert setup.capture_format.range_bias_m == 0.07


def test_the_default_calibration_keeps_the_gains_of_the_board():
    text = CFG.replace("xWR18xx", "xWR68xx_AOP").replace("profileCfg 0 77", "profileCfg 0 60")
    text += "compRangeBiasAndRxChanPhase 0.0" + " 1 0" * 12 + "\n"
    gains = parse_setup(text, "a.cfg").radar.array.gains
    np.testing.assert_array_equal(gains, BOARDS["IWR6843AOPEVM"].array.with_tx((0, 2)).gains)


# From TI's 3D people tracking: the configuration of the ceiling-mounted board.
PEOPLE_TRACKING = """
channelCfg 15 7 0
adcCfg 2 1
adcbufCfg -1 0 1 1 1
profileCfg 0 60.75 30.00 25.00 59.10 394758 0 54.71 1 96 2950.00 2 1 36
chirpCfg 0 0 0 0 0 0 0 1
chirpCfg 1 1 0 0 0 0 0 2
chirpCfg 2 2 0 0 0 0 0 4
frameCfg 0 2 96 0 55.00 1 0
antGeometry0 0 0 -1 -1 -2 -2 -3 -3 -2 -2 -3 -3
antGeometry1 0 -1 -1 0 0 -1 -1 0 -2 -3 -3 -2
antPhaseRot 1 -1 -1 1 1 -1 -1 1 1 -1 -1 1
"""


def test_inverted_receivers_identify_the_board():
    setup = parse_setup(PEOPLE_TRACKING, "ods.cfg")
    board = BOARDS["IWR6843ISK-ODS"]
    assert setup.radar.array == board.array
    assert setup.radar.receiver.gain_db == 36
    assert setup.radar.tx_power_dbm == board.tx_power_dbm - 6  # 394758: 6 dB for each of 3 TX
    assert setup.capture_format.num_frames == 0


def test_without_a_platform_the_board_is_guessed_from_the_band():
    text = changed("% Platform:xWR18xx\n", "").replace("profileCfg 0 77", "profileCfg 0 60")
    setup = parse_setup(text, "a.cfg")
    assert setup.radar.board == "IWR6843ISK"
    assert setup.capture_format.assumed == ("board", "antennas")


def test_a_note_states_the_range_that_the_if_filter_removes():
    text = changed("60.012 1 256 4400", "60.012 1 256 12500")
    notes = parse_setup(text, "a.cfg").notes
    assert any("passes beats up to 10 MHz: targets beyond 25.0 m" in note for note in notes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0 158", "0 abc", "argument 14 is 'abc'; write a number"),
        (" 1 256 4400 0 0 158", "", "line 8: profileCfg: has 8 arguments"),
        ("65 0 0 60", "50 0 0 60", "after the ramp ends at 50 us"),
        ("0 0 60.012", "0 0 120", "xWR1843 allows at most 100 MHz/us"),
        ("64 250 100 1", "64 250 5 1", "64 loops of 144 us end at 9.216 ms"),
        ("profileCfg 0 77", "profileCfg 0 75.95", "xWR1843 allows at least 76 GHz"),
        ("chirpCfg 1 1 0 0 0 0 0 4", "chirpCfg 1 1 0 0 0 0 0 2", "fires TX2, which is off"),
        (
            "chirpCfg 1 1 0 0 0 0 0 4",
            "chirpCfg 1 1 0 0 0 0 0 5",
            "TX1 and TX3 simultaneously",
        ),
        ("chirpCfg 1 1 0 0 0 0 0 4", "chirpCfg 1 1 3 0 0 0 0 4", "profile 3: is used by chirps"),
        ("chirpCfg 1 1 0 0 0 0 0 4", "chirpCfg 1 1 0 0 0 5 0 4", "changes its profile by 0, 0, 5"),
        ("frameCfg 0 1 64", "frameCfg 0 2 64", "2 belongs to the frame but is not set"),
        ("frameCfg 0 1 64 250 100 1 0\n", "", "frame: is missing"),
        ("guiMonitor -1", "channelCfg 15 7 0\nguiMonitor -1", "in an earlier line 15 5 0"),
        (
            "adcbufCfg -1 0",
            "adcbufCfg -1 1",
            "2 1 (complex), but adcbufCfg is -1 1 1 1 1 (real)",
        ),
        ("dfeDataOutputMode 1", "dfeDataOutputMode 3", "selects advanced frames"),
        ("channelCfg 15 5 0", "channelCfg 0 5 0", "receivers: mask is 0"),
        ("channelCfg 15 5 0", "channelCfg 15 5 1", "several cascaded chips"),
        ("xWR18xx", "AWR2188", "is AWR2188, which is unknown"),
        ("sensorStart", "bpmCfg -1 1 0 1", "phase-coded transmitters"),
        (
            "sensorStart",
            "compRangeBiasAndRxChanPhase 0 1 0 1 0",
            "hall.cfg: compRangeBiasAndRxChanPhase: has 5 numbers",
        ),
    ],
)
def test_invalid_configurations_are_rejected_in_one_line_that_names_the_file(old, new, message):
    with pytest.raises(InputError) as refused:
        parse_setup(changed(old, new), "hall.cfg")
    assert message in str(refused.value)
    assert str(refused.value).startswith("hall.cfg")
    assert "\n" not in str(refused.value)


def test_a_configuration_of_ti_s_own_tool_is_read(test_data):
    setup = load_setup(test_data / "dca1000_udp_pcap" / "example_xwr18xx_profile.cfg")
    radar = setup.radar
    assert radar.board == "AWR1843BOOST"
    assert (radar.frame.num_chirps, radar.chirp.num_samples, radar.array.num_tx) == (16, 256, 2)
    # The file header has "Range Resolution(m):0.044" and "Radial Velocity(m/s):1", both rounded.
    assert radar.range_resolution_m == pytest.approx(0.0436, abs=5e-4)
    assert radar.max_speed_mps == pytest.approx(1.0, abs=0.03)
    assert setup.capture_format.iq_order == "q_first"


def test_the_command_prints_a_cfg_as_a_table_with_notes_or_as_toml(tmp_path, capsys):
    from radarsim.radar.__main__ import main

    path = tmp_path / "hall.cfg"
    path.write_text(CFG)
    assert main([str(path)]) == 0
    assert "note: not used, because they do not change the samples" in capsys.readouterr().out
    assert main([str(path), "--toml"]) == 0
    (tmp_path / "hall.toml").write_text(capsys.readouterr().out)
    setup, again = load_setup(path), load_setup(tmp_path / "hall.toml")
    assert again.radar == setup.radar
    assert again.capture_format == setup.capture_format
