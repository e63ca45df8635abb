"""Files of joints with several people and gaps in time."""

import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from tests.helpers.sample_calls import check_four_parts
from tests.helpers.skeleton_files import (
    POINTS_M,
    TRUTH,
    people_csv,
    trc_text,
)
from tests.helpers.skeleton_truth import RATE_HZ

TIMES_S = np.arange(len(POINTS_M)) / RATE_HZ
OTHER_M = POINTS_M + np.array([1.0, 0.0, 0.0])


def _read(path, **options):
    return rs.read_skeletons(path, "coco17", **options)


def _read_csv(tmp_path, *people, time="time", **options):
    (tmp_path / "lab.csv").write_text(people_csv(*people, time=time))
    return _read(tmp_path / "lab.csv", **options)


@pytest.mark.parametrize(
    "ids", [("72057594037928101", "72057594037928337"), ("1000001", "1000002"), ("Anna", "Bo")]
)
def test_people_with_long_or_textual_ids_are_separated(tmp_path, ids):
    """The tracking ids of a Kinect have 17 digits, more than a number in float64 keeps."""
    first, second = _read_csv(tmp_path, (ids[0], TIMES_S, POINTS_M), (ids[1], TIMES_S, OTHER_M))
    assert (first.person, second.person) == ids
    np.testing.assert_allclose(second.points_m - first.points_m, OTHER_M - POINTS_M, atol=1e-5)


def test_ids_that_a_table_with_missing_values_wrote_as_decimals_are_whole_numbers(tmp_path):
    people = _read_csv(tmp_path, ("10.0", TIMES_S, POINTS_M), ("9.0", TIMES_S, OTHER_M))
    assert [each.person for each in people] == ["9", "10"]


def test_rows_missing_from_a_csv_file_are_poses_without_points(tmp_path):
    """A hole of 6 s in the times stays 6 s long; before, the person jumped across the hole."""
    times_s = TIMES_S + np.where(np.arange(12) < 6, 0, 6.0)
    (found,) = _read_csv(tmp_path, ("1", times_s, POINTS_M))
    assert found.rate_hz == pytest.approx(RATE_HZ, rel=1e-4)
    assert found.num_poses == 12 + 180
    seen = np.isfinite(found.points_m).all(axis=(1, 2))
    np.testing.assert_array_equal(np.flatnonzero(seen), [*range(6), *range(186, 192)])


def test_a_person_who_enters_later_stays_synchronous_with_the_others(tmp_path):
    """The second person starts 3.3 s later, half a pose apart from the grid of the first."""
    late = ("2", TIMES_S + 3.3 + 0.5 / RATE_HZ, OTHER_M)
    first, second = _read_csv(tmp_path, ("1", TIMES_S, POINTS_M), late)
    start = np.flatnonzero(np.isfinite(second.points_m).all(axis=(1, 2)))[0]
    assert start == pytest.approx(3.3 * RATE_HZ, abs=1)
    np.testing.assert_allclose(second.points_m[start : start + 12], OTHER_M, atol=1e-5)
    assert first.num_poses == second.num_poses


def test_rounded_times_give_the_mean_rate_and_no_missing_poses(tmp_path):
    """Milliseconds of 30 Hz are 33, 33 and 34: their median, 33, would be 30.3 Hz."""
    points_m = np.tile(POINTS_M, (10, 1, 1))
    times_ms = np.round(1000 * np.arange(120) / 30)
    (found,) = _read_csv(tmp_path, ("1", times_ms, points_m))
    assert found.rate_hz == pytest.approx(30, rel=2e-3)
    assert np.isfinite(found.points_m).all()
    assert len(found.points_m) == 120


def test_a_column_of_frame_numbers_keeps_people_synchronous(tmp_path):
    late = ("2", np.arange(40, 52), OTHER_M)
    both = (("1", np.arange(10, 22), POINTS_M), late)
    first, second = _read_csv(tmp_path, *both, time="frame", rate_hz=30)
    assert np.isfinite(first.points_m[:12]).all()
    np.testing.assert_allclose(second.points_m[30:], OTHER_M, atol=1e-5)


def test_people_without_times_are_noted(tmp_path):
    both = (("1", TIMES_S, POINTS_M), ("2", TIMES_S, OTHER_M))
    first, _ = _read_csv(tmp_path, *both, time="weight", rate_hz=30)
    assert any(note.startswith("no column of times") for note in first.notes)


def test_an_empty_row_of_a_csv_file_is_a_pose_without_points(tmp_path):
    lines = [",".join(f"{value:.6f}" for value in pose.ravel()) for pose in POINTS_M]
    lines[6] = "," * (17 * 3 - 1)
    (tmp_path / "lab.csv").write_text("\n".join(lines) + "\n")
    (found,) = _read(tmp_path / "lab.csv", rate_hz=30)
    assert np.isnan(found.points_m[6]).all()
    assert found.num_poses == 12


def test_rows_without_time_and_with_equal_times_are_ignored_with_a_note(tmp_path):
    times_s = np.r_[TIMES_S[:-2], np.nan, TIMES_S[-3]]
    (found,) = _read_csv(tmp_path, ("1", times_s, POINTS_M))
    np.testing.assert_allclose(found.points_m, POINTS_M[:-2], atol=1e-5)
    assert "rows without time: 1 ignored" in found.notes
    assert "rows with the time of another row of the person: 1 ignored" in found.notes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda times_s: np.r_[times_s[:6], times_s[:6]], "decreases"),
        (lambda times_s: np.r_[times_s[:-1], 1e9], "correct the times"),
        (lambda times_s: np.r_[times_s[:-1], 1e12], "correct the times"),
    ],
)
def test_impossible_times_are_refused(tmp_path, change, words):
    """Two recordings in one file, and times that would need more memory than there is."""
    with pytest.raises(InputError, match=words) as caught:
        _read_csv(tmp_path, ("1", change(TIMES_S), POINTS_M))
    check_four_parts(caught.value)


@pytest.mark.parametrize(
    ("name", "step", "rate_hz", "unit"),
    [
        ("time", 0.5, 2, "s"),
        ("time", 33.3, 30.03, "ms"),
        ("time", 1000, 1000, "us"),
        ("time_ms", 100, 10, "ms"),
    ],
)
def test_the_unit_of_times_is_inferred_and_stated(name, step, rate_hz, unit):
    """Seconds at 2 Hz are not mistaken for milliseconds at 2 kHz."""
    from radarsim.scene.formats.point_times import row_times

    times = row_times({name: step * np.arange(12)}, [np.arange(12)], 12, "lab.csv")
    assert times.rate_hz == pytest.approx(rate_hz, rel=1e-3)
    assert times.source == f"the column {name}, read in {unit}"
    assert times.notes == (f"rate of {rate_hz:.4g} Hz inferred from the column {name} in {unit}",)


def test_a_time_that_counts_poses_gives_no_rate(tmp_path):
    """Times 0, 1, 2, ... are frame numbers: the given rate is used instead of 1 kHz."""
    (found,) = _read_csv(tmp_path, ("1", np.arange(12), POINTS_M), rate_hz=30)
    assert found.rate_hz == 30
    assert "the column time is read as frame numbers" in found.notes


def test_a_rate_that_contradicts_the_times_is_refused(tmp_path):
    with pytest.raises(InputError, match="gives 30 Hz, not 25 Hz") as caught:
        _read_csv(tmp_path, ("1", TIMES_S, POINTS_M), rate_hz=25)
    check_four_parts(caught.value)
    assert _read_csv(tmp_path, ("1", TIMES_S, POINTS_M), rate_hz=29.97)


def test_a_rate_that_is_not_used_is_noted(tmp_path):
    (tmp_path / "trial.trc").write_text(trc_text())
    (found,) = rs.read_skeletons(tmp_path / "trial.trc", "plugingait", rate_hz=100)
    assert found.rate_hz == RATE_HZ
    assert "the file states 30 Hz, so 100 Hz is not used" in found.notes


def test_people_who_cannot_be_used_are_skipped_with_a_note(tmp_path):
    """A track of three rows, rows without id, and a track without points leave the others."""
    people = [
        ("1", TIMES_S, POINTS_M),
        ("2", TIMES_S[:3], OTHER_M[:3]),
        ("", TIMES_S, OTHER_M),
        ("3", TIMES_S, 0 * OTHER_M),
    ]
    (found,) = _read_csv(tmp_path, *people)
    assert found.person == "1"
    assert [note for note in found.notes if "skipped" in note or "ignored" in note] == [
        "rows without person: 12 ignored",
        "person 2 skipped: points: observed in 3 poses, but a fit needs at least 5",
        "person 3 skipped: points: none was observed: all are 0 or NaN",
    ]


def test_a_visitor_seen_in_less_than_a_hundredth_of_the_poses_is_skipped(tmp_path):
    long_m = np.tile(POINTS_M, (60, 1, 1))
    people = [("1", np.arange(720), long_m), ("2", np.arange(400, 406), OTHER_M[:6])]
    (found,) = _read_csv(tmp_path, *people, time="frame", rate_hz=30)
    assert found.person == "1"
    assert any(note.startswith("person 2 skipped: points_m: 0 landmarks") for note in found.notes)


def _lying_m(axis_m, height_m: float) -> np.ndarray:
    """The person on the back along a horizontal axis, at a height."""
    up, left = np.array([0.0, 0, 1]), np.cross([0.0, 0, 1], axis_m)
    return POINTS_M @ np.stack([left, up, axis_m]) + [0, 0, height_m]


def test_people_of_a_file_keep_their_places_in_one_world(tmp_path):
    """A patient lies along x on a bed next to a person who stands: both keep their coordinates."""
    both_m = np.stack([POINTS_M, _lying_m([1.0, 0, 0], 1.05)])
    np.save(tmp_path / "ward.npy", both_m)
    standing, lying = _read(tmp_path / "ward.npy", rate_hz=30)
    np.testing.assert_allclose(standing.points_m, both_m[0], atol=1e-6)
    np.testing.assert_allclose(lying.points_m, both_m[1], atol=1e-6)


def test_an_ambiguous_up_axis_of_two_people_is_refused(tmp_path):
    """One person along z and one along y, each for half of the poses, could be either way up."""
    np.save(tmp_path / "ward.npy", np.stack([POINTS_M, _lying_m([0.0, 1, 0], 1.05)]))
    with pytest.raises(InputError, match="no mean direction") as caught:
        _read(tmp_path / "ward.npy", rate_hz=30)
    check_four_parts(caught.value)


def test_the_unit_is_the_same_for_all_people_and_a_doll_is_skipped(tmp_path):
    """A figure of a fifth of the size would be a person in another unit; m fits the person."""
    np.save(tmp_path / "two.npy", np.stack([POINTS_M, 0.2 * OTHER_M]))
    (found,) = _read(tmp_path / "two.npy", rate_hz=30)
    assert any("person 1 skipped: unit: m makes the person 0.22 times" in n for n in found.notes)


def test_the_hips_of_a_person_behind_a_table_are_not_the_floor(tmp_path):
    """Without ankles, heels and toes, heights are kept, alone and next to another person."""
    behind_m = OTHER_M.copy()
    below = [i for i, name in enumerate(TRUTH.names) if name.endswith(("knee", "ankle"))]
    behind_m[:, below] = np.nan
    np.save(tmp_path / "one.npy", behind_m)
    np.save(tmp_path / "two.npy", np.stack([POINTS_M, behind_m]))
    (alone,) = _read(tmp_path / "one.npy", rate_hz=30)
    _, beside = _read(tmp_path / "two.npy", rate_hz=30)
    assert any("floor unknown" in note for note in alone.notes)
    for found in (alone, beside):
        assert found.origin_height_m == 0
        np.testing.assert_allclose(found.points_m, behind_m, atol=1e-6)


def test_points_with_confidence_0_do_not_show_the_floor(tmp_path):
    """A tracker writes lost ankles 2 m below the floor, with confidence 0."""
    values = np.concatenate([POINTS_M, np.ones((12, 17, 1))], axis=-1)
    values[3:, TRUTH.names.index("left_ankle")] = [0, 0, -2, 0]
    np.save(tmp_path / "joints.npy", values)
    (found,) = _read(tmp_path / "joints.npy", rate_hz=30)
    assert found.origin_height_m == 0
