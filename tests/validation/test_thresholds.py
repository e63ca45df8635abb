"""Pass lines: what counts, what does not, and what a verdict makes of it."""

from dataclasses import replace

import pytest

from radarsim import files
from radarsim.validation.thresholds import _figure, verdict
from tests.helpers.point_echoes import RADAR

LINES = files.pass_lines()


def figure(key, value, radar=RADAR, assumed=()):
    return _figure(key, value, LINES["lines"][key], radar, assumed)


def test_every_line_says_where_it_comes_from():
    assert len(LINES["lines"]) == 11
    for line in LINES["lines"].values():
        assert line["source"]
        assert line["relation"] in ("<=", ">=")


def test_lines_are_calibrated_on_at_least_twelve_motions_at_three_noises():
    """And they tell motions apart: most same ones pass all lines, few others do."""
    how = LINES["calibration"]
    assert len(how["activities"]) >= 12
    assert len(how["noise_db_over_the_board"]) == 3
    together = how["all_lines_together"]
    assert together["same_motion_passes"] > 0.8
    assert together["other_motion_passes"] < 0.1
    for ranks in together["true_motion_first"].values():
        assert ranks["body_known"] == len(how["activities"])


def test_correlations_must_be_high_and_errors_small_either_way():
    assert figure("time_doppler.correlation", 0.95).passes
    assert figure("time_doppler.correlation", 0.1).passes is False
    assert figure("level_bias_db", -20.0).passes is False
    assert figure("level_bias_db", -2.0).passes


def test_what_rests_on_guessed_settings_is_not_judged():
    assert figure("level_bias_db", -20.0, assumed=("receiver.gain_db",)).passes is None
    assert figure("time_angle.ssim", 0.0, assumed=("antennas",)).passes is None
    assert figure("noise_bias_db", 0.0, assumed=("chirp.adc_start_us",)).passes is True
    assert figure("range_error_m", float("nan")).passes is None


def test_a_slow_radar_is_judged_in_its_own_speed_bins():
    slow = replace(RADAR, frame=replace(RADAR.frame, period_s=0.2, extra_slot_idle_s=0.001))
    ratio = figure("doppler_error_mps", 0.0, slow).limit / figure("doppler_error_mps", 0.0).limit
    assert ratio == pytest.approx(RADAR.loop_period_s / slow.loop_period_s)


WITHIN, OUTSIDE = figure("level_bias_db", 1.0), figure("level_bias_db", 20.0)
UNJUDGED = figure("level_bias_db", 20.0, assumed=("board",))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ([WITHIN, UNJUDGED, WITHIN], "pass"),
        ([WITHIN, OUTSIDE, UNJUDGED], "fail"),
        ([UNJUDGED, UNJUDGED], "cannot tell"),
        ([], "cannot tell"),
    ],
)
def test_the_verdict_needs_every_figure_that_counts(figures, words):
    assert verdict(figures) == words
