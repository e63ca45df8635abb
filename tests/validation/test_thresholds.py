"""Acceptance thresholds: calibration data, checked and unchecked metrics, and verdict."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim import files
from radarsim.detection.doppler_ambiguity import travels
from radarsim.detection.track import MOVING, STATIONARY
from radarsim.validation.thresholds import (
    UNDECIDED,
    _reason_without_layout,
    _reason_without_level,
    check_metric,
    verdict,
)
from tests.helpers.point_echoes import RADAR
from tests.helpers.synthetic_tracks import TIMES_S, WALK, track

THRESHOLDS = files.acceptance_thresholds()


def checked(key, value, radar=RADAR, assumed=()):
    return check_metric(key, value, THRESHOLDS["lines"][key], radar, assumed)


def test_every_threshold_states_its_source():
    assert len(THRESHOLDS["lines"]) == 13
    for threshold in THRESHOLDS["lines"].values():
        assert threshold["source"]
        assert threshold["relation"] in ("<=", ">=")


def test_a_metric_that_half_of_the_other_motions_reach_has_no_limit():
    """These metrics have no limit, because 54 to 89 % of pairs of different motions would pass."""
    shares = {key: line.get("other_motion_share") for key, line in THRESHOLDS["lines"].items()}
    without = {key for key, line in THRESHOLDS["lines"].items() if line["limit"] is None}
    assert without == {key for key, share in shares.items() if share and share > 0.5}
    assert without == {
        "time_angle.correlation", "time_angle.ssim", "doppler_error_mps", "envelope_error_mps"
    }  # fmt: skip
    assert checked("time_angle.ssim", 0.1).passes is None


def test_thresholds_are_calibrated_on_twelve_motions_at_three_noise_levels():
    """Most pairs with the same motion pass, and few pairs with different motions pass."""
    how = THRESHOLDS["calibration"]
    assert len(how["activities"]) >= 12
    assert len(how["noise_db_over_the_board"]) == 3
    together = how["all_lines_together"]
    assert together["same_motion_passes"] > 0.9
    assert together["other_motion_passes"] < 0.1
    for ranks in together["true_motion_first"].values():
        assert ranks["body_known"] == len(how["activities"])


def test_correlations_must_be_high_and_the_absolute_value_of_errors_small():
    assert checked("time_doppler.correlation", 0.95).passes
    assert checked("time_doppler.correlation", 0.1).passes is False
    assert checked("level_bias_db", -20.0).passes is False
    assert checked("level_bias_db", -2.0).passes


def test_metrics_that_depend_on_assumed_settings_are_not_checked():
    assert checked("level_bias_db", -20.0, assumed=("receiver.gain_db",)).passes is None
    assert checked("azimuth_fit_share", 0.0, assumed=("antennas",)).passes is None
    assert checked("azimuth_fit_share", 0.0).passes is False
    assert checked("noise_bias_db", 0.0, assumed=("chirp.adc_start_us",)).passes is True
    assert checked("range_error_m", float("nan")).passes is None


def test_thresholds_in_bins_scale_with_the_bins_of_the_radar():
    """Speed limits scale with speed bins; a range bin coarser than the limit becomes the limit."""
    slow = replace(RADAR, frame=replace(RADAR.frame, period_s=0.2, extra_slot_idle_s=0.001))
    entry = {**THRESHOLDS["lines"]["doppler_error_mps"], "limit": 0.2, "bins": 1.65}
    limits = [check_metric("doppler_error_mps", 0.0, entry, radar).limit for radar in (slow, RADAR)]
    assert limits[0] / limits[1] == pytest.approx(RADAR.loop_period_s / slow.loop_period_s)
    coarse = replace(
        RADAR, chirp=replace(RADAR.chirp, slope_hz_per_s=RADAR.chirp.slope_hz_per_s / 8)
    )
    limit_m = checked("range_error_m", 0.0, coarse).limit
    assert limit_m == pytest.approx(coarse.range_resolution_m)


def test_two_antennas_say_nothing_about_their_layout():
    pair = replace(
        RADAR, frame=replace(RADAR.frame, tx_order=(0,)), array=two_elements(RADAR.array)
    )
    assert checked("azimuth_fit_share", 0.0, pair).passes is None


def two_elements(array):
    """Return an array of the first transmitter and two receivers of the horizontal row."""
    one = array.with_tx((0,))
    gain = tuple(row[:2] for row in one.channel_gain)
    return replace(one, rx_positions_m=one.rx_positions_m[:2], channel_gain=gain)


LEAKAGE = checked("leakage_headroom_db", 40.0)
WITHIN, OUTSIDE = checked("level_bias_db", 1.0), checked("level_bias_db", 20.0)
UNCHECKED = checked("level_bias_db", 20.0, assumed=("board",))


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([WITHIN, UNCHECKED, WITHIN], "pass"),
        ([WITHIN, OUTSIDE, UNCHECKED], "fail"),
        ([UNCHECKED, UNCHECKED], UNDECIDED),
        ([], UNDECIDED),
        ([LEAKAGE, UNCHECKED], UNDECIDED),  # leakage does not test the simulator
        ([LEAKAGE, WITHIN], "pass"),
        ([checked("leakage_headroom_db", 1.0), WITHIN], "fail"),
    ],
)
def test_the_verdict_needs_every_checked_metric(metrics, expected):
    assert verdict(metrics) == expected


def test_the_layout_is_judged_only_by_targets_with_an_echo_of_their_own():
    """A target that moves in place shares its cells with static echoes in other directions."""
    in_place = track(TIMES_S, np.full(30, 2.0), np.zeros(30))
    breathing = replace(in_place, kind=STATIONARY)
    targets = {
        "none": [],
        "in place": [in_place],
        "walking": [in_place, WALK],
        "breathing": [breathing],
    }
    reasons = {name: _reason_without_layout(each, RADAR) for name, each in targets.items()}
    assert reasons["none"] == "no target"
    assert "move in place" in reasons["in place"]
    assert (reasons["walking"], reasons["breathing"]) == ("", "")


def test_a_target_seen_at_a_single_time_does_not_travel():
    once = replace(track(np.full(2, 0.1), np.array([2.0, 3.0]), np.zeros(2)), kind=MOVING)
    assert not travels(once, RADAR)
    assert "move in place" in _reason_without_layout([once], RADAR)
    assert "does not walk" in _reason_without_level([once], RADAR)
