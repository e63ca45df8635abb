"""Radar configuration: timing, resolution, and rejection of impossible settings."""

import dataclasses

import jax
import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.boards import BOARDS
from radarsim.radar.chirp import Chirp
from radarsim.radar.frame import Frame
from radarsim.radar.radar import Radar
from radarsim.radar.receiver import Receiver

PAPER = BOARDS["AWR1843BOOST"]
C = 299_792_458.0


def with_gain(channel_gain):
    return dataclasses.replace(PAPER.array, channel_gain=channel_gain)


def paper_chirp(**changes) -> Chirp:
    settings = {
        "start_ghz": 77,
        "slope_mhz_per_us": 60.012,
        "idle_us": 7,
        "adc_start_us": 6,
        "ramp_end_us": 65,
        "sample_rate_ksps": 4400,
        "num_samples": 256,
    }
    return Chirp.from_datasheet(**(settings | changes))


def line(**positions) -> AntennaArray:
    """An array of antennas on the y axis, at positions in half wavelengths at 75 GHz."""
    half_m = C / 150e9
    tx, rx = ([(0.0, y * half_m, z * half_m) for y, z in positions[key]] for key in ("tx", "rx"))
    return AntennaArray(
        tx_positions_m=tuple(tx), rx_positions_m=tuple(rx), design_freq_hz=75e9, gain_dbi=0.0
    )


@pytest.mark.parametrize(
    ("found", "printed", "half_digit"),
    [
        (PAPER.range_resolution_m, 4.29e-2, 5e-5),
        (PAPER.max_range_m, 10.99, 5e-3),
        (PAPER.chirp.duration_s, 72e-6, 1e-12),
        (PAPER.loop_period_s, 216e-6, 1e-12),
        (PAPER.burst_duration_s, 27.6e-3, 5e-5),
        (PAPER.max_speed_mps, 4.39, 5e-3),
        (PAPER.speed_resolution_mps, 6.85e-2, 5e-5),
        (PAPER.chirp.bandwidth_hz, 3.49e9, 5e6),
        (PAPER.chirp.sweep_hz, 3.9e9, 5e6),
        (PAPER.chirp.start_freq_hz, 77.36e9, 5e6),
        (PAPER.chirp.centre_freq_hz, 79.11e9, 5e6),
    ],
)
def test_the_default_radar_has_the_parameters_of_the_paper(found, printed, half_digit):
    """The values agree within half a unit of the last digit printed in the paper."""
    assert abs(found - printed) <= half_digit


def test_a_target_one_range_bin_away_beats_once_per_chirp():
    """At one range bin, the beat frequency S 2r/c times the ADC window is one cycle."""
    chirp = PAPER.chirp
    beat_hz = chirp.slope_hz_per_s * 2 * chirp.range_resolution_m / C
    assert beat_hz * chirp.sampled_time_s == pytest.approx(1, rel=1e-12)  # float64 rounding
    assert chirp.max_range_m == pytest.approx(chirp.num_samples * chirp.range_resolution_m)


def test_a_target_at_the_maximum_speed_moves_the_phase_by_half_a_cycle_per_loop():
    moved_m = PAPER.max_speed_mps * PAPER.loop_period_s
    assert 2 * moved_m / PAPER.chirp.wavelength_m == pytest.approx(0.5, rel=1e-12)
    bins = 2 * PAPER.max_speed_mps / PAPER.speed_resolution_mps
    assert bins == pytest.approx(PAPER.frame.num_chirps, rel=1e-12)


def test_chirps_fill_the_burst_but_not_the_frame():
    """If chirps filled the whole 100 ms frame, 781 us apart, speeds above 1.2 m/s would alias."""
    times_s = PAPER.chirp_times_s
    assert times_s.shape == (128, 3)
    np.testing.assert_allclose(np.diff(times_s, axis=0), 216e-6, rtol=1e-9)
    assert times_s.max() < 27.6e-3 < PAPER.frame.period_s


def test_frames_of_one_loop_are_sampled_once_per_frame():
    """At 77.6 GHz, lambda / 4 T is 0.97 m/s: T is the frame period of 1 ms, not the slot period."""
    chirp = paper_chirp(idle_us=100, ramp_end_us=60, slope_mhz_per_us=30, num_samples=64,
                        sample_rate_ksps=2000)  # fmt: skip
    radar = dataclasses.replace(
        PAPER,
        chirp=chirp,
        array=PAPER.array.with_tx((0,)),
        frame=Frame(num_chirps=1, period_s=1e-3, tx_order=(0,)),
    )
    assert radar.slow_time_period_s == 1e-3
    wavelength_m = C / (77e9 + 30e12 * 6e-6 + 30e12 * 32e-6 / 2)
    assert radar.max_speed_mps == pytest.approx(wavelength_m / 4e-3, rel=1e-12)
    assert radar.speed_resolution_mps == pytest.approx(wavelength_m / 2e-3, rel=1e-12)


def test_bursts_that_fill_their_frames_are_evenly_spaced_over_all_frames():
    """A burst of 128 loops of 216 us lasts 27.648 ms; longer frames have pauses between bursts."""
    full = dataclasses.replace(PAPER, frame=dataclasses.replace(PAPER.frame, period_s=27.648e-3))
    assert full.slow_time_period_s == pytest.approx(216e-6, rel=1e-12)
    assert PAPER.slow_time_period_s is None
    assert PAPER.doppler_period_s == full.doppler_period_s == pytest.approx(216e-6, rel=1e-12)
    assert PAPER.max_speed_mps == full.max_speed_mps


@pytest.mark.parametrize("seed", range(20))
def test_the_slow_time_spacing_is_that_of_the_chirp_times(seed):
    """The spacing equals the differences between the chirp times of TX1 over three frames."""
    rng = np.random.default_rng(seed)
    loops, idle_s = int(rng.integers(1, 5)), float(rng.choice([0.0, 1e-4]))
    frame = dataclasses.replace(PAPER.frame, num_chirps=loops, extra_loop_idle_s=idle_s)
    least_s = loops * (216e-6 + idle_s)
    frame = dataclasses.replace(frame, period_s=least_s * float(rng.choice([1.0, 1.5])))
    radar = dataclasses.replace(PAPER, frame=frame)
    times_s = np.concatenate([radar.chirp_times_s[:, 0] + k * frame.period_s for k in range(3)])
    steps_s = np.diff(times_s)
    if np.ptp(steps_s) < 1e-9:
        assert radar.slow_time_period_s == pytest.approx(steps_s[0], rel=1e-6)
    else:
        assert radar.slow_time_period_s is None


def test_idle_time_after_every_loop_lengthens_the_loop_but_not_its_slots():
    frame = dataclasses.replace(PAPER.frame, num_chirps=4, extra_loop_idle_s=184e-6)
    radar = dataclasses.replace(PAPER, frame=frame)
    assert radar.loop_period_s == pytest.approx(400e-6, rel=1e-12)
    np.testing.assert_allclose(radar.chirp_times_s[1] * 1e6, [413, 485, 557], rtol=1e-12)


def test_each_transmitter_samples_in_its_own_slot():
    """The first sample is 7 us (idle) + 6 us (ADC start) into the slot; slots are 72 us apart."""
    first_us = PAPER.chirp_times_s[0] * 1e6
    np.testing.assert_allclose(first_us, [13, 85, 157], rtol=1e-12)


def test_firing_order_moves_the_slots_but_not_the_antennas():
    order = dataclasses.replace(PAPER.frame, tx_order=(2, 0, 1))
    radar = dataclasses.replace(PAPER, frame=order)
    np.testing.assert_allclose(radar.chirp_times_s[0] * 1e6, [85, 157, 13], rtol=1e-12)
    assert radar.array == PAPER.array


def test_burst_start_and_slot_idle_shift_the_chirps():
    frame = Frame(
        num_chirps=4, period_s=0.1, tx_order=(0, 1, 2), burst_start_s=1e-3, extra_slot_idle_s=8e-6
    )
    radar = dataclasses.replace(PAPER, frame=frame)
    np.testing.assert_allclose(radar.chirp_times_s[1] * 1e6, [1253, 1333, 1413], rtol=1e-12)
    assert radar.loop_period_s == pytest.approx(240e-6)


def test_sample_times_start_at_zero_and_step_by_the_sample_period():
    times_s = PAPER.chirp.sample_times_s
    assert times_s[0] == 0
    np.testing.assert_allclose(np.diff(times_s), 1 / 4.4e6, rtol=1e-9)


def test_datasheet_units_lose_no_digit():
    """In binary floating point, 60.012 MHz/us times 1e12 is 60011999999999.99."""
    assert paper_chirp().slope_hz_per_s == 60_012_000_000_000.0
    assert paper_chirp().start_freq_hz == 77_360_072_000.0
    assert paper_chirp().ramp_start_freq_hz == pytest.approx(77e9, rel=1e-15)


def test_thermal_noise_is_minus_174_dbm_per_hertz_plus_the_noise_figure():
    """k T at 290 K is -173.98 dBm/Hz; the paper's radar has -92.5 dBm of noise in 4.4 MHz."""
    receiver = Receiver(noise_figure_db=0.0, gain_db=0.0, adc_bits=16, full_scale_v=1.0)
    assert 10 * np.log10(receiver.noise_power_w(1.0)) + 30 == pytest.approx(-173.98, abs=5e-3)
    assert 10 * np.log10(PAPER.noise_power_w) + 30 == pytest.approx(-92.5, abs=0.05)


def test_noise_at_the_adc_agrees_with_a_published_capture():
    """An AWR1642 at 30 dB and 10 Msps had 18.4 codes rms, from which the full scale is derived."""
    codes = PAPER.receiver.noise_rms_v(10e6) / PAPER.receiver.adc_step_v
    assert codes == pytest.approx(18.4, abs=0.2)  # the full scale is given to two digits


def test_virtual_elements_are_sums_and_the_row_runs_to_the_left():
    array = line(tx=[(0, 0), (4, 0)], rx=[(3, 0), (1, 0), (2, 0), (0, 0)])
    row = array.azimuth_row()
    assert row == ((0, 3), (0, 1), (0, 2), (0, 0), (1, 3), (1, 1), (1, 2), (1, 0))
    left_m = np.array([array.virtual_m[pair][1] for pair in row])
    np.testing.assert_allclose(np.diff(left_m), C / 150e9, rtol=1e-9)


def test_the_azimuth_row_skips_raised_antennas_gaps_and_duplicates():
    """TX2 is raised, TX3 coincides with the second and third elements of TX1, RX4 is isolated."""
    array = line(tx=[(0, 0), (3, 1), (1, 0)], rx=[(0, 0), (1, 0), (2, 0), (9, 0)])
    assert array.azimuth_row() == ((0, 0), (0, 1), (0, 2), (2, 2))


def test_one_antenna_each_is_a_row_of_one():
    assert line(tx=[(0, 0)], rx=[(5, 2)]).azimuth_row() == ((0, 0),)


def test_a_subset_of_transmitters_keeps_positions_and_gains():
    array = BOARDS["IWR6843AOPEVM"].array
    kept = array.with_tx((2, 0))
    np.testing.assert_array_equal(kept.tx_m, array.tx_m[[2, 0]])
    np.testing.assert_array_equal(kept.gains, array.gains[[2, 0]])


def test_a_radar_is_static_under_jit_and_equal_radars_share_a_compile():
    traces = []

    @jax.jit
    def seconds(radar, scale):
        traces.append(radar)
        return scale * radar.loop_period_s

    again = dataclasses.replace(PAPER, chirp=paper_chirp())
    assert again == PAPER
    assert hash(again) == hash(PAPER)
    assert seconds(PAPER, 2.0) == seconds(again, 2.0) == pytest.approx(432e-6)
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("make", "field", "expected"),
    [
        (lambda: paper_chirp(slope_mhz_per_us=-60), "slope_hz_per_s", "-60 MHz/us"),
        (lambda: paper_chirp(slope_mhz_per_us=0), "slope_hz_per_s", "up-chirps"),
        (lambda: paper_chirp(num_samples=300), "num_samples", "at most 259 samples"),
        (lambda: paper_chirp(num_samples=256.5), "num_samples", "whole number"),
        (lambda: paper_chirp(num_samples=0), "num_samples", "at least 2"),
        (lambda: paper_chirp(ramp_end_us=0), "ramp_end_time_s", "exceed 0 s"),
        (lambda: paper_chirp(idle_us=-1), "idle_time_s", "-1 us"),
        (lambda: paper_chirp(idle_us="7"), "idle_us", "not a number"),
        (lambda: paper_chirp(adc_start_us=float("nan")), "adc_start_us", "not a finite number"),
        (lambda: paper_chirp(adc_start_us=10**400), "adc_start_us", "not a finite number"),
        (lambda: paper_chirp(adc_start_us=-(10**400)), "adc_start_us", "not a finite number"),
        (lambda: dataclasses.replace(PAPER.chirp, start_freq_hz=77.0), "start_freq_hz", "77e9 Hz"),
        (lambda: dataclasses.replace(PAPER.frame, tx_order=(0, 1, 1)), "tx_order", "once"),
        (lambda: dataclasses.replace(PAPER.frame, num_chirps=0), "num_chirps", "at least 1"),
        (lambda: dataclasses.replace(PAPER.frame, period_s=0.0), "period_s", "exceed 0 s"),
        (
            lambda: dataclasses.replace(
                PAPER, frame=dataclasses.replace(PAPER.frame, period_s=0.02)
            ),
            "period_s",
            "send at most 92 loops",
        ),
        (
            lambda: dataclasses.replace(
                PAPER, frame=dataclasses.replace(PAPER.frame, tx_order=(0, 2))
            ),
            "tx_order",
            "with_tx",
        ),
        (lambda: dataclasses.replace(PAPER.receiver, adc_bits=64), "adc_bits", "at most 32"),
        (lambda: dataclasses.replace(PAPER.receiver, full_scale_v=0.0), "full_scale_v", "0 V"),
        (lambda: dataclasses.replace(PAPER.array, rx_positions_m=()), "rx_positions_m", "empty"),
        (
            lambda: dataclasses.replace(PAPER.array, tx_positions_m=((0.0, 6.8, 0.0),) * 3),
            "tx_positions_m",
            "at most 1 m",
        ),
        (
            lambda: dataclasses.replace(PAPER.array, channel_gain=((1 + 0j, 1 + 0j),)),
            "channel_gain",
            "3 transmitters and 4 receivers",
        ),
        (
            lambda: dataclasses.replace(PAPER.array, channel_gain=((complex("nan"),) * 4,) * 3),
            "channel_gain",
            "finite",
        ),
        (lambda: with_gain(((1, 1, 1, 0), *((1,) * 4,) * 2)), "channel_gain", "is 0 for trans"),
        (lambda: with_gain(2.0), "channel_gain", "3 transmitters and 4 receivers"),
        (lambda: with_gain((1.0,) * 12), "channel_gain", "has shape (12,)"),
        (lambda: with_gain((("a",) * 4,) * 3), "channel_gain", "not numbers"),
        (lambda: with_gain(((1, 1), (1,))), "channel_gain", "rows differ in length"),
    ],
)
def test_impossible_settings_are_rejected_in_one_line_with_a_hint(make, field, expected):
    """The message contains the field, the value with its unit, the limit, and a hint."""
    with pytest.raises(InputError) as refusal:
        make()
    message = str(refusal.value)
    assert refusal.value.field == field
    assert expected in message
    assert "\n" not in message
    assert "; " in message


def test_channel_gains_may_be_an_array():
    array = with_gain(np.full((3, 4), -1.0))
    assert array.channel_gain == ((-1 + 0j,) * 4,) * 3
    assert isinstance(hash(array), int)


def test_the_adc_window_may_end_exactly_with_the_ramp():
    """10 + 100 / 2.5 Msps = 50 us; in floating point the result is slightly larger."""
    chirp = paper_chirp(num_samples=100, sample_rate_ksps=2500, adc_start_us=10, ramp_end_us=50)
    assert chirp.num_samples == 100


def test_a_burst_may_fill_the_whole_frame():
    frame = dataclasses.replace(PAPER.frame, period_s=27.648e-3)
    assert isinstance(dataclasses.replace(PAPER, frame=frame), Radar)
