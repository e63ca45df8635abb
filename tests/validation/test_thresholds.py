"""Acceptance thresholds: calibration data, checked and unchecked metrics, verdict."""

from dataclasses import replace

import pytest

from radarsim import files
from radarsim.validation.thresholds import UNDECIDED, check_metric, verdict
from tests.helpers.point_echoes import RADAR

THRESHOLDS = files.acceptance_thresholds()


def checked(key, value, radar=RADAR, assumed=()):
    return check_metric(key, value, THRESHOLDS["lines"][key], radar, assumed)


def test_every_threshold_states_its_source():
    assert len(THRESHOLDS["lines"]) == 11
    for threshold in THRESHOLDS["lines"].values():
        assert threshold["source"]
        assert threshold["relation"] in ("<=", ">=")


def test_thresholds_are_calibrated_on_twelve_motions_at_three_noise_levels():
    """They separate motions: most pairs of the same motion pass, few pairs of others do."""
    how = THRESHOLDS["calibration"]
    assert len(how["activities"]) >= 12
    assert len(how["noise_db_over_the_board"]) == 3
    together = how["all_lines_together"]
    assert together["same_motion_passes"] > 0.8
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
    assert checked("time_angle.ssim", 0.0, assumed=("antennas",)).passes is None
    assert checked("noise_bias_db", 0.0, assumed=("chirp.adc_start_us",)).passes is True
    assert checked("range_error_m", float("nan")).passes is None


def test_speed_thresholds_scale_with_the_speed_bins_of_the_radar():
    slow = replace(RADAR, frame=replace(RADAR.frame, period_s=0.2, extra_slot_idle_s=0.001))
    ratio = checked("doppler_error_mps", 0.0, slow).limit / checked("doppler_error_mps", 0.0).limit
    assert ratio == pytest.approx(RADAR.loop_period_s / slow.loop_period_s)


WITHIN, OUTSIDE = checked("level_bias_db", 1.0), checked("level_bias_db", 20.0)
UNCHECKED = checked("level_bias_db", 20.0, assumed=("board",))


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([WITHIN, UNCHECKED, WITHIN], "pass"),
        ([WITHIN, OUTSIDE, UNCHECKED], "fail"),
        ([UNCHECKED, UNCHECKED], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_the_verdict_needs_every_checked_metric(metrics, expected):
    assert verdict(metrics) == expected
