"""Radar files: keys, defaults from a board, exact round trips, and error messages."""

import dataclasses

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.radar.toml import dump_radar, parse_capture_format, parse_radar

PAPER = BOARDS[DEFAULT_BOARD]
START = f'board = "{DEFAULT_BOARD}"\n'
WHOLE = """
name = "bench"
[chirp]
start_ghz = 60.25
slope_mhz_per_us = 53.265
idle_us = 7.0
adc_start_us = 5.0
ramp_end_us = 69.5
sample_rate_ksps = 4000
num_samples = 256
[frame]
num_chirps = 16
period_ms = 50
tx_order = ["TX2", "TX1"]
[antennas]
design_ghz = 60
gain_dbi = 5
tx_mm = [[0, 0, 0], [0, 5, 0]]
rx_mm = [[0, -2.5, 0]]
channel_gain = [[[1, 0]], [[0, -1]]]
[receiver]
noise_figure_db = 12
gain_db = 30
adc_bits = 16
full_scale_v = 0.45
[transmitter]
power_dbm = 10.5
"""


def test_a_board_alone_is_that_board():
    assert parse_radar(START, "radar.toml") == PAPER


def test_a_file_without_a_board_gives_everything_in_datasheet_units():
    radar = parse_radar(WHOLE, "bench.toml")
    assert radar.name == "bench"
    assert radar.chirp.start_freq_hz == 60.516325e9  # 60.25 GHz + 5 us x 53.265 MHz/us
    assert radar.chirp.sample_rate_hz == 4e6
    assert radar.frame.period_s == 0.05
    assert radar.frame.tx_order == (1, 0)
    assert radar.array.tx_positions_m[1] == (0.0, 0.005, 0.0)
    assert radar.array.channel_gain == ((1 + 0j,), (-1j,))
    assert radar.receiver.load_ohm == 50
    assert radar.tx_power_dbm == 10.5


def test_half_the_slope_doubles_range_and_range_resolution():
    text = START + "[chirp]\nslope_mhz_per_us = 30.006\n"
    radar = parse_radar(text, "radar.toml")
    assert radar.max_range_m == pytest.approx(2 * PAPER.max_range_m, rel=1e-12)
    assert radar.range_resolution_m == pytest.approx(2 * PAPER.range_resolution_m, rel=1e-12)


def test_a_transmitter_that_does_not_fire_is_removed_from_the_array():
    radar = parse_radar(START + '[frame]\ntx_order = ["TX3", "TX1"]\n', "radar.toml")
    np.testing.assert_array_equal(radar.array.tx_m, PAPER.array.tx_m[[0, 2]])
    assert radar.frame.tx_order == (1, 0)
    assert radar.loop_period_s == pytest.approx(144e-6)


def test_new_antennas_do_not_inherit_the_gains_of_the_board():
    text = 'board = "IWR6843AOPEVM"\n[antennas]\nrx_mm = [[0, 0, 0]]\n'
    assert parse_radar(text, "radar.toml").array.channel_gain == ((1 + 0j,),) * 3


@pytest.mark.parametrize("seed", range(20))
def test_a_written_radar_is_read_back_exactly(seed):
    """Numbers are written and read as decimals, so each number is rounded only once."""
    rng = np.random.default_rng(seed)

    def near(value):
        return float(value * (1 + 1e-3 * rng.random()))

    chirp = dataclasses.replace(
        PAPER.chirp,
        start_freq_hz=near(77.36e9),
        slope_hz_per_s=near(60e12),
        adc_start_time_s=near(5.9e-6),
        idle_time_s=near(7e-6),
    )
    array = dataclasses.replace(
        PAPER.array, channel_gain=tuple(map(tuple, rng.normal(size=(3, 4, 2)) @ [1, 1j]))
    )
    frame = dataclasses.replace(PAPER.frame, period_s=near(0.1), extra_slot_idle_s=near(1e-7))
    radar = dataclasses.replace(
        PAPER, name='say "\\\né\x7f', chirp=chirp, array=array, frame=frame, tx_power_dbm=near(9)
    )
    assert parse_radar(dump_radar(radar), "radar.toml") == radar


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("[chirp", "TOML", "cannot be read"),
        ('board = "AWR1843"', "board", "AWR1843BOOST"),
        ("board = [1]", "board", "The boards are AWR1843BOOST"),
        (WHOLE.replace("idle_us = 7.0", ""), "chirp.idle_us", "is missing"),
        (START + "[chirp]\nslope_mhz_us = 30", "chirp.slope_mhz_us", "mean slope_mhz_per_us?"),
        (START + "[antenna]\ngain_dbi = 3", "antenna", "did you mean antennas?"),
        ("chirp = 3", "chirp", "write [chirp]"),
        (START + "name = 3", "name", "quotes"),
        (START + "[chirp]\nslope_mhz_per_us = -60", "chirp.slope_mhz_per_us", "-60 MHz/us"),
        (START + "[chirp]\nslope_mhz_per_us = 101", "chirp.slope_mhz_per_us", "100 MHz/us"),
        (START + "[chirp]\nsample_rate_ksps = 13000", "chirp.sample_rate_ksps", "12.5 Msps"),
        (START + "[chirp]\nnum_samples = 300", "chirp.num_samples", "at most 259 samples"),
        (START + "[chirp]\nnum_samples = 256.5", "chirp.num_samples", "256.5"),
        (START + "[chirp]\nramp_end_us = 70", "chirp.ramp_end_us", "81 GHz"),
        (START + "[chirp]\nidle_us = -5", "chirp.idle_us", "the name of the key states"),
        (START + "[chirp]\nidle_us = inf", "chirp.idle_us", "finite"),
        (START + "[frame]\nperiod_ms = 20", "frame.period_ms", "27.648 ms"),
        (START + "[frame]\nperiod_ms = [1]", "frame.period_ms", "not a number"),
        (START + '[frame]\ntx_order = ["TX4"]', "frame.tx_order", "TX1, TX2, TX3"),
        (START + "[frame]\ntx_order = [[1]]", "frame.tx_order", "in firing order"),
        (START + '[frame]\ntx_order = ["TX1", "TX1"]', "frame.tx_order", "once"),
        (START + "[antennas]\ntx_mm = [[1, 2]]", "antennas.tx_mm", "three numbers"),
        (START + f"[antennas]\nrx_mm = {[[0, 0, 0]] * 5}", "antennas.rx_mm", "xWR1843 has 4"),
        (START + "[antennas]\ntx_mm = [1, 2]", "antennas.tx_mm", "ahead, left, up"),
        (START + "[antennas]\nchannel_gain = [[[1]]]", "antennas.channel_gain", "imaginary"),
        (START + "[receiver]\ngain_db = 60", "receiver.gain_db", "48 dB"),
        (START + "[receiver]\nload_ohm = true", "receiver.load_ohm", "not a number"),
        (START + "[transmitter]\npower_dbm = 1000", "transmitter.power_dbm", "60 dBm"),
    ],
)
def test_errors_name_file_key_value_and_hint(text, field, expected):
    with pytest.raises(InputError) as refusal:
        parse_radar(text, "radar.toml")
    message = str(refusal.value)
    assert message.startswith(f"radar.toml: {field}: ")
    assert expected in message
    assert "\n" not in message


def test_a_range_bias_beyond_the_limit_is_named_with_its_key():
    with pytest.raises(InputError, match=r"radar.toml: capture.range_bias_mm: is 20 m"):
        parse_capture_format("[capture]\nrange_bias_mm = 20000", "radar.toml")
