"""Poses of the rows of CSV files of joints: jitter, missing frames, and rows out of order."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.scene.formats.point_times import row_times
from tests.helpers.sample_calls import check_four_parts

NUM_ROWS = 9000


def _delays_s(kind: str, seed: int = 0, num_rows: int = NUM_ROWS) -> np.ndarray:
    """Delays of timestamps: normal with a standard deviation, or exponential with a mean, in ms."""
    rng = np.random.default_rng(seed)
    if kind == "late":
        return rng.exponential(0.005, num_rows)
    return rng.normal(0, 1e-3 * float(kind), num_rows)


def _row_times(times, people=None, name: str = "time"):
    people = [np.arange(len(times))] if people is None else people
    return row_times({name: np.asarray(times, float)}, people, len(times), "lab.csv")


@pytest.mark.parametrize("kind", ["4", "5", "6", "7", "late"])
@pytest.mark.parametrize("num_rows", [900, NUM_ROWS])
def test_jitter_neither_loses_rows_nor_makes_gaps(kind, num_rows):
    """Five minutes at 30 Hz, as cameras of a computer with other tasks write it."""
    found = _row_times(np.arange(num_rows) / 30 + _delays_s(kind, num_rows=num_rows))
    np.testing.assert_array_equal(np.sort(found.poses), np.arange(num_rows))
    assert found.rate_hz == pytest.approx(30, rel=1e-4)


@pytest.mark.parametrize("kind", ["4", "7", "late"])
def test_a_gap_between_rows_with_jitter_keeps_its_length(kind):
    """A gap of 6 s after 2 minutes, and 90 single rows that are missing elsewhere."""
    seen = np.ones(NUM_ROWS + 180, bool)
    seen[3600:3780] = seen[4000:8500:50] = False
    found = _row_times((np.arange(len(seen)) / 30 + _delays_s(kind, 1, len(seen)))[seen])
    assert np.unique(found.poses).size == seen.sum()
    np.testing.assert_allclose(np.sort(found.poses), np.flatnonzero(seen), atol=1)


def test_people_with_their_own_jitter_stay_synchronous():
    """The second camera starts 3.31 s later; each person is seen at one pose or its neighbour."""
    true_s = np.arange(NUM_ROWS) / 30
    times_s = np.r_[true_s + _delays_s("6"), true_s + 3.31 + _delays_s("6", 2)]
    found = _row_times(times_s, [np.arange(NUM_ROWS), NUM_ROWS + np.arange(NUM_ROWS)])
    first, second = found.poses.reshape(2, NUM_ROWS)
    assert np.unique(first).size == np.unique(second).size == NUM_ROWS
    np.testing.assert_allclose(np.sort(second) - np.sort(first), 3.31 * 30, atol=1)


@pytest.mark.parametrize("name", ["frame", "time"])
def test_a_person_missing_in_most_frames_keeps_the_frame_numbers(name):
    frames = np.flatnonzero(np.random.default_rng(0).random(900) < 0.4)
    found = _row_times(frames, name=name)
    np.testing.assert_array_equal(found.poses, frames - frames[0])
    assert found.rate_hz is None


def test_a_file_of_every_second_frame_has_consecutive_poses():
    people = [np.arange(12), 12 + np.arange(12)]
    found = _row_times(np.r_[10:34:2, 12:36:2], people, name="frame")
    np.testing.assert_array_equal(found.poses, np.r_[:12, 1:13])


def test_two_rows_in_the_wrong_order_are_sorted():
    times_s = np.arange(30) / 30
    times_s[[7, 8]] = times_s[[8, 7]]
    found = _row_times(times_s)
    np.testing.assert_array_equal(found.poses, np.r_[:7, 8, 7, 9:30])
    assert "rows with an earlier time than the row before: 1 sorted" in found.notes


def test_frame_numbers_that_restart_are_not_used():
    """A counter that restarts within a recording gives the order of the rows."""
    found = _row_times(np.r_[:20, :20], name="frame")
    np.testing.assert_array_equal(found.poses, np.arange(40))
    assert found.notes == ("the column frame does not increase and is not used",)


def test_only_equal_times_are_called_equal():
    times_s = np.repeat(np.arange(20) / 30, np.r_[np.ones(14, int), 2 * np.ones(6, int)])
    with pytest.raises(InputError, match="6 of 26 rows have the same value") as caught:
        _row_times(times_s)
    check_four_parts(caught.value)
