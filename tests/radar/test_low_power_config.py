"""Configurations of xWRL chips: timing calculated by hand, antennas, and rejected settings."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import load_setup, open_capture
from radarsim.radar.boards import BOARDS
from radarsim.radar.configuration_files import parse_setup

C = 299_792_458.0
TEXT = """\
sensorStop 0
channelCfg 7 3 0
chirpComnCfg 10 0 0 128 1 28 0
chirpTimingCfg 6 32 0 75 60
frameCfg 2 0 200 64 100 250
guiMonitor 2 3 0 0 0 1 0 0 1 1 1
factoryCalibCfg 1 0 36 3 0x1ff000
sensorStart 0 0 0 0
"""


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_a_configuration_is_the_radar_it_describes():
    """128 real samples at 10 Msps take 12.8 us, and give 64 complex samples at 5 Msps."""
    setup = parse_setup(TEXT, "a.cfg")
    radar = setup.radar
    chirp = radar.chirp
    assert (chirp.num_samples, chirp.sample_rate_hz) == (64, 5e6)
    assert chirp.adc_start_time_s == pytest.approx(3.2e-6, rel=1e-12)  # 32 samples of 0.1 us each
    assert chirp.ramp_start_freq_hz == pytest.approx(60e9, rel=1e-12)
    assert chirp.bandwidth_hz == pytest.approx(75e12 * 12.8e-6, rel=1e-12)
    assert chirp.range_resolution_m == pytest.approx(C / (2 * 0.96e9), rel=1e-12)
    assert (radar.frame.num_chirps, radar.frame.period_s) == (64, 0.1)
    assert radar.loop_period_s == pytest.approx(200e-6, rel=1e-12)  # one burst per loop
    np.testing.assert_allclose(radar.tx_delays_s, [0, 34e-6], rtol=1e-12)
    assert radar.max_speed_mps == pytest.approx(chirp.wavelength_m / (4 * 200e-6), rel=1e-12)
    assert radar.receiver.gain_db == 36
    assert radar.tx_power_dbm == BOARDS["IWRL6432BOOST"].tx_power_dbm - 3
    assert setup.capture_format.samples == "real"
    assert setup.capture_format.num_frames == 250


def test_chirps_of_one_burst_follow_each_other():
    radar = parse_setup(changed("frameCfg 2 0 200 64", "frameCfg 8 0 400 1"), "a.cfg").radar
    assert radar.frame.num_chirps == 4
    assert radar.loop_period_s == pytest.approx(68e-6, rel=1e-12)


def test_accumulated_chirps_lengthen_the_slot():
    """With two ramps of 34 us per chirp, TX2 samples 68 us after TX1, in bursts of 400 us."""
    setup = parse_setup(changed("frameCfg 2 0 200 64", "frameCfg 2 2 400 16"), "a.cfg")
    np.testing.assert_allclose(setup.radar.tx_delays_s, [0, 68e-6], rtol=1e-12)
    assert setup.radar.loop_period_s == pytest.approx(400e-6, rel=1e-12)
    assert any("2 chirps are accumulated" in note for note in setup.notes)


def test_bursts_without_pauses_are_one_burst():
    radar = parse_setup(changed("frameCfg 2 0 200 64", "frameCfg 4 0 136 16"), "a.cfg").radar
    assert radar.frame.num_chirps == 32
    assert radar.loop_period_s == pytest.approx(68e-6, rel=1e-12)


def test_coded_transmitters_are_read_as_one_after_the_other_with_a_note():
    setup = parse_setup(changed("128 1 28", "128 4 28"), "a.cfg")
    assert setup.radar == parse_setup(TEXT, "a.cfg").radar
    assert any("BPM" in note and "3 dB" in note for note in setup.notes)


def test_samples_that_end_just_after_the_ramp_take_idle_time():
    """In TI's presence demo, the samples (5.6 us + 128 x 0.2 us) end 1.2 us after a 30 us ramp."""
    text = changed("chirpComnCfg 10 0 0 128 1 28 0", "chirpComnCfg 20 0 0 128 1 30 0")
    text = text.replace("chirpTimingCfg 6 32 0 75 60", "chirpTimingCfg 6 28 0 90 59.75")
    setup = parse_setup(text.replace("frameCfg 2 0 200 64", "frameCfg 8 0 400 1"), "a.cfg")
    chirp = setup.radar.chirp
    assert chirp.ramp_end_time_s == pytest.approx(31.2e-6, rel=1e-12)
    assert chirp.duration_s == pytest.approx(36e-6, rel=1e-12)
    assert any("1.2 us after the ramp" in note for note in setup.notes)


def test_the_band_selects_the_board():
    assert parse_setup(TEXT, "a.cfg").radar.board == "IWRL6432BOOST"
    text = changed("75 60", "40 77.5")
    setup = parse_setup(text, "a.cfg")
    assert setup.radar.board == "AWRL1432BOOST"
    assert "chirpComnCfg belongs to xWRL chips" in setup.board_guess


@pytest.mark.parametrize("board", ["IWRL6432BOOST", "AWRL1432BOOST"])
def test_the_antennas_are_at_the_positions_that_ti_configures(board):
    """The rows (up) and columns (left) of TX1-RX1, TX1-RX2, ... equal TI's gDefaultAntGeometry."""
    rows, columns = [0, 1, 0, 0, 1, 0], [0, 1, 2, 1, 2, 3]
    array = BOARDS[board].array
    steps = array.virtual_m.reshape(6, 3) / array.half_wavelength_m
    expected = np.column_stack([np.zeros(6), columns, rows])
    np.testing.assert_allclose(steps - steps[0], expected, atol=1e-9)  # float64 rounding
    np.testing.assert_array_equal(array.gains.reshape(6), [1, -1, 1, -1, 1, -1])
    assert len(array.azimuth_row()) == 4


def test_the_antennas_of_the_2944_are_at_the_positions_that_ti_configures():
    """antGeometryCfg states rows 0.8 and columns 0.5 wavelengths apart; rows count downwards."""
    rows = [1] * 4 + [0] * 4 + [1] * 8
    columns = [0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 10, 11]
    array = BOARDS["AWR2944EVM"].array
    steps = array.virtual_m.reshape(16, 3) / array.half_wavelength_m
    expected = np.column_stack([np.zeros(16), columns, (1 - np.array(rows)) * 1.6])
    np.testing.assert_allclose(steps - steps[0], expected, atol=1e-9)
    assert len(array.azimuth_row()) == 12


@pytest.mark.parametrize(
    ("line", "custom"),
    [
        ("antGeometryCfg 0 0 1 1 0 2 0 1 1 2 0 3 2.418 2.418", False),
        ("antGeometryCfg 1 0 0 1 1 2 1 1 0 2 1 3 2.5 2.5", False),  # row order of older SDKs
        ("antGeometryCfg 0 0 0 1 0 2 0 3 0 4 0 5 2.418 2.418", True),
    ],
)
def test_positions_in_the_file_are_those_of_the_board_or_its_own(line, custom):
    setup = parse_setup(TEXT + line + "\n", "a.cfg")
    assert (setup.radar.array == BOARDS["IWRL6432BOOST"].array) is not custom
    assert setup.capture_format.assumed == ("board",)
    if custom:
        assert len(setup.radar.array.azimuth_row()) == 6
        first, second = setup.radar.array.virtual_m.reshape(6, 3)[:2, 1]
        assert second - first == pytest.approx(2.418e-3, rel=1e-9)


def test_a_configuration_of_the_2944_is_read():
    """frameCfg has eight arguments, because the number of samples is repeated before the period."""
    chirps = "".join(f"chirpCfg {i} {i} 0 0 0 0 0 {1 << i}\n" for i in range(4))
    text = (
        "channelCfg 15 15 0\nadcCfg 2 0\nadcbufCfg -1 1 1 1 1\n"
        f"profileCfg 0 77 20 7 57.14 0 0 60 1 256 10000 0 0 30\n{chirps}"
        "frameCfg 0 3 64 0 256 100 1 0\n"
        "antGeometryCfg 1 0 1 1 1 2 1 3 0 2 0 3 0 4 0 5 1 4 1 5 1 6 1 7 1 8 1 9 1 10 1 11 0.5 0.8\n"
        "compRangeBiasAndRxChanPhase 0.0" + " 1 0" * 16 + "\n"
    )
    radar = parse_setup(text, "a.cfg").radar
    assert (radar.board, radar.array) == ("AWR2944EVM", BOARDS["AWR2944EVM"].array)
    assert radar.frame.period_s == 0.1
    assert radar.loop_period_s == pytest.approx(4 * 77.14e-6, rel=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("frameCfg 2 0 200 64 100 250\n", "", "frameCfg: is missing; xWRL chips need it"),
        ("chirpTimingCfg 6 32 0 75 60\n", "", "chirpTimingCfg: is missing"),
        ("frameCfg 2 0 200", "frameCfg 2 0 60", "bursts every 60 us, but 2 chirps take 68 us"),
        ("frameCfg 2 0 200", "frameCfg 8 0 600", "bursts of 4 loops with pauses of 328 us"),
        ("frameCfg 2 0 200", "frameCfg 3 0 200", "bursts of 3 chirps for 2 transmitters"),
        ("128 1 28", "128 0 28", "pattern 0 (none), but channelCfg turns both"),
        ("128 1 28", "128 2 28", "selects MIMO pattern 2"),
        ("chirpComnCfg 10", "chirpComnCfg 5", "divides the sample rate by 5"),
        ("128 1 28", "512 1 28", "after the ramp ends at 28 us"),
        ("channelCfg 7 3", "channelCfg 153 255", "boards with xWRL6844 chips are not supported"),
        ("sensorStop 0", "profileCfg 0 60 7 6 65", "next to chirpComnCfg of xWRL chips"),
        ("chirpTimingCfg 6 32", "chirpTimingCfg six 32", "argument 1 is 'six'"),
    ],
)
def test_invalid_configurations_are_rejected_in_one_line(old, new, message):
    with pytest.raises(InputError) as refused:
        parse_setup(changed(old, new), "hall.cfg")
    assert message in str(refused.value)
    assert str(refused.value).startswith("hall.cfg")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("seed", range(30))
def test_random_frames_have_evenly_spaced_chirps_or_are_refused(seed):
    """The chirp times of TX1 are calculated by hand, from the bursts and the chirps per burst."""
    rng = np.random.default_rng(seed)
    per_burst, bursts = int(rng.choice([2, 4, 8])), int(rng.choice([1, 8, 16]))
    accumulated, burst_us = int(rng.integers(0, 4)), int(rng.integers(60, 1200))
    frame = f"frameCfg {per_burst} {accumulated} {burst_us} {bursts}"
    slot_us = max(1, accumulated) * 34.0
    times_us = [k * burst_us + i * slot_us for k in range(bursts) for i in range(0, per_burst, 2)]
    steps_us = np.diff(times_us)
    fits = bursts == 1 or burst_us >= per_burst * slot_us
    if fits and np.ptp(steps_us if len(steps_us) else [0]) == 0:
        radar = parse_setup(changed("frameCfg 2 0 200 64", frame), "a.cfg").radar
        np.testing.assert_allclose(np.diff(radar.chirp_times_s[:, 0]) * 1e6, steps_us, rtol=1e-9)
        np.testing.assert_allclose(radar.tx_delays_s[1] * 1e6, slot_us, rtol=1e-9)
    else:
        with pytest.raises(InputError, match="frameCfg: has "):
            parse_setup(changed("frameCfg 2 0 200 64", frame), "a.cfg")


def test_the_radar_file_of_a_configuration_reads_back_the_same(tmp_path, capsys):
    from radarsim.radar.__main__ import main

    path = tmp_path / "a.cfg"
    path.write_text(TEXT)
    assert main([str(path), "--toml"]) == 0
    (tmp_path / "a.toml").write_text(capsys.readouterr().out)
    assert load_setup(tmp_path / "a.toml").radar == load_setup(path).radar


def test_recordings_of_these_chips_are_refused(tmp_path):
    path = tmp_path / "walk.bin"
    path.write_bytes(bytes(1000))
    with pytest.raises(InputError, match="RDIF instead of LVDS"):
        open_capture(path, "IWRL6432BOOST")
