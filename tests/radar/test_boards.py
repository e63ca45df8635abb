"""TI boards: antenna layouts from TI's documents, chip limits, and the parameter table."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.radar.__main__ import main
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.boards import BOARDS, CHIP_OF_BOARD, DEFAULT_BOARD
from radarsim.radar.chip_limits import check_limits
from radarsim.radar.chirp import Chirp
from radarsim.radar.parameter_table import radar_table
from radarsim.radar.toml import dump_radar, parse_radar

# From TI's 3D People Tracking configurations: the positions of TX1-RX1, TX1-RX2, ... to the right
# and up, in half wavelengths, and the sign that compensates for each channel's inversion.
ISK_RIGHT = [0, -1, -2, -3, -2, -3, -4, -5, -4, -5, -6, -7]
ISK_UP = [-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1]
AOP_RIGHT = [-1, -1, 0, 0, -3, -3, -2, -2, -1, -1, 0, 0]
AOP_UP = [-1, 0, -1, 0, -3, -2, -3, -2, -3, -2, -3, -2]
AOP_SIGN = [1, -1] * 6
ODS_RIGHT = [0, 0, -1, -1, -2, -2, -3, -3, -2, -2, -3, -3]
ODS_UP = [0, -1, -1, 0, 0, -1, -1, 0, -2, -3, -3, -2]
ODS_SIGN = [1, -1, -1, 1] * 3


@pytest.mark.parametrize(
    ("board", "right", "up"),
    [
        ("AWR1843BOOST", ISK_RIGHT, ISK_UP),
        ("IWR6843ISK", ISK_RIGHT, ISK_UP),
        ("IWR1443BOOST", ISK_RIGHT, ISK_UP),
        ("IWR6843AOPEVM", AOP_RIGHT, AOP_UP),
        ("IWR6843ISK-ODS", ODS_RIGHT, ODS_UP),
    ],
)
def test_virtual_elements_are_at_the_positions_that_ti_configures(board, right, up):
    """Positions are relative to the centre of the array; left is the negative of right."""
    array = BOARDS[board].array
    steps = array.virtual_m.reshape(12, 3) / array.half_wavelength_m
    expected = np.column_stack([np.zeros(12), -np.array(right), up])
    centred = expected - expected.mean(axis=0)
    np.testing.assert_allclose(steps, centred, atol=1e-9)  # float64 rounding


def test_the_aop_package_inverts_rx2_and_rx4():
    gains = BOARDS["IWR6843AOPEVM"].array.gains.reshape(12)
    np.testing.assert_array_equal(gains * AOP_SIGN, np.ones(12))


def test_the_ods_board_inverts_rx2_and_rx3():
    gains = BOARDS["IWR6843ISK-ODS"].array.gains.reshape(12)
    np.testing.assert_array_equal(gains * ODS_SIGN, np.ones(12))


def test_the_two_transmitters_of_the_1642_make_one_row_of_eight():
    row = BOARDS["AWR1642BOOST"].array.azimuth_row()
    assert row == tuple((tx, rx) for tx in (0, 1) for rx in range(4))


@pytest.mark.parametrize("board", ["AWR1843BOOST", "IWR6843ISK", "IWR1443BOOST"])
def test_the_azimuth_row_is_tx1_then_tx3(board):
    """The row has eight elements; TX2 is not in the row, because it is raised."""
    row = BOARDS[board].array.azimuth_row()
    assert row == tuple((tx, rx) for tx in (0, 2) for rx in range(4))


def test_the_azimuth_row_of_the_aop_board_avoids_inverted_channels():
    array = BOARDS["IWR6843AOPEVM"].array
    row = array.azimuth_row()
    assert len(row) == 4
    assert {array.channel_gain[tx][rx] for tx, rx in row} == {1}


def test_tx2_is_raised_by_half_a_wavelength():
    array = BOARDS["AWR1843BOOST"].array
    up = array.tx_m[:, 2] / array.half_wavelength_m
    np.testing.assert_allclose(up[1] - up[[0, 2]], 1, rtol=1e-12)


@pytest.mark.parametrize("radar", BOARDS.values(), ids=BOARDS)
def test_every_board_is_centred_small_and_within_its_chip(radar):
    array = radar.array
    np.testing.assert_allclose(array.virtual_m.mean(axis=(0, 1)), 0, atol=1e-15)
    assert np.abs(array.tx_m).max() < 0.03
    assert np.abs(array.rx_m).max() < 0.03
    check_limits(radar, CHIP_OF_BOARD[radar.board])


def test_the_eirp_of_the_aop_board_is_that_of_its_datasheet():
    """The datasheet states an EIRP of 15 dBm for one transmitter."""
    radar = BOARDS["IWR6843AOPEVM"]
    assert radar.tx_power_dbm + radar.array.gain_dbi == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"slope_mhz_per_us": 120, "num_samples": 64, "ramp_end_us": 25}, "120 MHz/us"),
        ({"sample_rate_ksps": 25000}, "10 MHz"),
        ({"idle_us": 1}, "2 us"),
        ({"start_ghz": 75.9}, "at least 76 GHz"),
        ({"start_ghz": 78}, "at most 81 GHz"),
        ({"start_ghz": 76, "ramp_end_us": 70}, "at most 4 GHz"),
    ],
)
def test_settings_beyond_the_chip_are_refused(changes, expected):
    settings = {
        "start_ghz": 77,
        "slope_mhz_per_us": 60.012,
        "idle_us": 7,
        "adc_start_us": 6,
        "ramp_end_us": 65,
        "sample_rate_ksps": 4400,
        "num_samples": 256,
    }
    chirp = Chirp.from_datasheet(**(settings | changes))
    radar = dataclasses.replace(BOARDS[DEFAULT_BOARD], chirp=chirp)
    with pytest.raises(InputError, match=expected) as refusal:
        check_limits(radar, CHIP_OF_BOARD[DEFAULT_BOARD])
    assert "xWR1843" in str(refusal.value)


@pytest.mark.parametrize("radar", BOARDS.values(), ids=BOARDS)
def test_every_board_is_written_and_read_as_toml_and_prints_within_100_columns(radar):
    assert parse_radar(dump_radar(radar), "board.toml") == radar
    assert max(len(line) for line in radar_table(radar).splitlines()) <= 100


def test_the_table_lists_resolution_timing_noise_and_antennas():
    table = radar_table(BOARDS[DEFAULT_BOARD])
    resolution = ("4.29 cm", "10.99 m", "+-4.39 m/s", "6.85 cm/s", "-92.5 dBm", "13.73 uV")
    timing = ("72 us", "216 us", "27.6 ms", "25.0 %", "44 %", "TX2", "slot 2", "TX3-RX4")
    for figure in resolution + timing:
        assert figure in table, figure


def test_the_table_of_frames_of_one_loop_has_the_speed_axis_of_the_frame_rate():
    """With one chirp per millisecond, the maximum speed lambda / 4 T is 0.97 m/s."""
    radar = BOARDS["AWR1642BOOST"]
    frame = dataclasses.replace(radar.frame, num_chirps=1, period_s=1e-3, tx_order=(0,))
    one = dataclasses.replace(radar, array=radar.array.with_tx((0,)), frame=frame)
    table = radar_table(one)
    assert "chirp spacing                     1 ms  one loop per frame" in table
    assert f"+-{one.chirp.wavelength_m / 4e-3:.2f} m/s" in table
    assert "by window" in table
    assert "pause 72.352 ms" in radar_table(BOARDS[DEFAULT_BOARD])


def test_a_single_pair_of_antennas_has_a_table():
    radar = BOARDS[DEFAULT_BOARD]
    array = dataclasses.replace(
        radar.array,
        tx_positions_m=((0.0, 0.0, 0.0),),
        rx_positions_m=((0.0, 0.0123, 0.0),),
        channel_gain=(),
    )
    frame = dataclasses.replace(radar.frame, tx_order=(0,))
    table = radar_table(dataclasses.replace(radar, array=array, frame=frame, board=""))
    assert "no board given" in table
    assert "none" in table


def test_the_table_states_that_rounded_positions_leave_the_azimuth_row():
    """Positions rounded to 0.1 mm are too unequal for one row, and the table states the reason."""
    radar = BOARDS["IWR6843ISK"]
    frame = dataclasses.replace(radar.frame, tx_order=(0,))

    def table(*left_mm):
        array = AntennaArray(
            tx_positions_m=((0.0, 0.0, 0.0),),
            rx_positions_m=tuple((0.0, 1e-3 * each, 0.0) for each in left_mm),
            design_freq_hz=61.5e9,
        )
        return radar_table(dataclasses.replace(radar, array=array, frame=frame, board=""))

    exact = table(0.0, 2.437, 4.875, 7.312)
    assert "Azimuth row, left to right: 4 of 4 virtual elements" in exact
    assert "left out of maps over the azimuth" not in exact
    rounded = table(0.0, 2.4, 4.9, 7.3)
    assert "Azimuth row, left to right: 2 of 4 virtual elements" in rounded
    assert "Other elements at the same height are left out of maps over the azimuth" in rounded


def run_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "radarsim.radar", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )


def test_the_command_prints_a_radar_it_can_read_back(tmp_path):
    written = run_command("AWR1843BOOST", "--toml")
    assert written.returncode == 0, written.stderr
    path = tmp_path / "hall.toml"
    path.write_text(written.stdout)
    table = run_command(str(path))
    assert table.returncode == 0, table.stderr
    assert table.stdout == radar_table(BOARDS["AWR1843BOOST"])


@pytest.mark.parametrize("text", [None, 'board = "AWR1843BOOST"\n[chirp]\nslope_mhz_per_us = -1\n'])
def test_the_command_prints_errors_in_one_line(text, tmp_path, capsys):
    path = tmp_path / "radar.toml"
    if text is not None:
        path.write_text(text)
    assert main([str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert str(path) in err
