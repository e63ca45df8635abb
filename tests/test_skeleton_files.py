"""Files of joints and markers: every format gives the same sequence."""

import json

import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from tests.helpers.skeleton_files import MARKERS, POINTS_M, TRUTH, csv_text, json_frames, trc_text
from tests.helpers.skeleton_truth import RATE_HZ


def test_every_format_gives_the_same_sequence(tmp_path):
    """Positions agree to a hundredth of a millimetre, the precision of the text files."""
    np.save(tmp_path / "a.npy", POINTS_M)
    np.savez(tmp_path / "b.npz", joints=POINTS_M, fps=RATE_HZ)
    (tmp_path / "c.csv").write_text(csv_text())
    (tmp_path / "d.json").write_text(json_frames())
    people = [{"people": [{"pose_keypoints_3d": pose.tolist()}]} for pose in POINTS_M]
    (tmp_path / "e.json").write_text(json.dumps({"fps": RATE_HZ, "frames": people}))
    for path in sorted(tmp_path.iterdir()):
        (found,) = rs.read_skeletons(path, "coco17", rate_hz=RATE_HZ)
        assert found.landmarks == TRUTH.names
        assert found.rate_hz == pytest.approx(RATE_HZ, rel=1e-3)
        np.testing.assert_allclose(found.points_m, POINTS_M, atol=1e-5)


def test_trc_files_state_unit_and_rate(tmp_path):
    (tmp_path / "trial.trc").write_text(trc_text())
    (found,) = rs.read_skeletons(tmp_path / "trial.trc", "plugingait")
    assert found.landmarks == MARKERS.names
    assert found.rate_hz == RATE_HZ
    np.testing.assert_allclose(found.points_m, MARKERS.posed.points_m, atol=1e-6)


def _write_c3d(path, labels, points_m) -> None:
    """Write points [pose, point, 3] in millimetres to a C3D file."""
    ezc3d = pytest.importorskip("ezc3d", reason="the extra c3d is not installed")
    file = ezc3d.c3d()
    points = np.ones((4, len(labels), len(points_m)))
    points[:3] = 1000 * np.moveaxis(points_m, -1, 0).swapaxes(1, 2)
    file["parameters"]["POINT"]["RATE"]["value"] = [RATE_HZ]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = labels
    file["data"]["points"] = points
    file.write(str(path))


def test_c3d_files_are_read(tmp_path):
    """Labels with the subject's name, millimetres and an occluded marker are read correctly."""
    points_m = MARKERS.posed.points_m.copy()
    points_m[5, 3] = np.nan
    _write_c3d(tmp_path / "trial.c3d", [f"Anna:{name}" for name in MARKERS.names], points_m)
    (found,) = rs.read_skeletons(tmp_path / "trial.c3d", "plugingait")
    assert found.person == ""
    assert not _ignored(found)
    assert np.isnan(found.points_m[5, 3]).all()
    # C3D stores single precision.
    np.testing.assert_allclose(found.points_m[:, 4], MARKERS.posed.points_m[:, 4], atol=1e-5)


def test_people_in_c3d_files_are_separated_by_the_prefixes_of_their_labels(tmp_path):
    """Markers of two people, a ball with three markers and a marker without a label."""
    labels = [f"{person}:{name}" for name in MARKERS.names for person in ("Anna", "Bo")]
    labels += ["Ball:A", "Ball:B", "Ball:C", "*40"]
    people_m = np.repeat(MARKERS.posed.points_m, 2, axis=1)
    people_m[:, 1::2] += [1.0, 0.0, 0.0]
    _write_c3d(tmp_path / "two.c3d", labels, np.pad(people_m, ((0, 0), (0, 4), (0, 0))))
    anna, bo = rs.read_skeletons(tmp_path / "two.c3d", "plugingait")
    assert (anna.person, bo.person) == ("Anna", "Bo")
    np.testing.assert_allclose(anna.points_m, MARKERS.posed.points_m, atol=1e-5)
    moved_m = MARKERS.posed.points_m + np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(bo.points_m, moved_m, atol=1e-5)
    assert _ignored(anna) == _ignored(bo) == ["3 of Ball, 1 without prefix"]


def _ignored(sequence) -> list[str]:
    """The groups of points that the notes of a sequence name as ignored."""
    start = "points ignored, fewer than 6 landmarks of plugingait: "
    return [note.removeprefix(start) for note in sequence.notes if note.startswith(start)]


@pytest.mark.parametrize("prefix", ["Anna:", ""])
def test_an_object_with_many_markers_in_a_c3d_file_is_no_person(tmp_path, prefix):
    """A box with eight markers next to one person; five labels of the box are also landmarks."""
    labels = [f"{prefix}{name}" for name in MARKERS.names]
    labels += [f"Box:{name}" for name in ("A", "B", "C", *MARKERS.names[:5])]
    points_m = np.pad(MARKERS.posed.points_m, ((0, 0), (0, 8), (0, 0)), constant_values=0.5)
    _write_c3d(tmp_path / "box.c3d", labels, points_m)
    (anna,) = rs.read_skeletons(tmp_path / "box.c3d", "plugingait")
    assert anna.person == ""
    assert anna.landmarks == MARKERS.names
    np.testing.assert_allclose(anna.points_m, MARKERS.posed.points_m, atol=1e-5)
    assert _ignored(anna) == ["8 of Box"]


def test_labels_without_prefix_in_c3d_files_are_a_person_next_to_others(tmp_path):
    labels = [f"{prefix}{name}" for prefix in ("Anna:", "Bo:", "") for name in MARKERS.names]
    shifts_m = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    points_m = np.concatenate([MARKERS.posed.points_m + shift for shift in shifts_m], axis=1)
    _write_c3d(tmp_path / "three.c3d", labels, points_m)
    people = rs.read_skeletons(tmp_path / "three.c3d", "plugingait")
    assert [each.person for each in people] == ["Anna", "Bo", ""]
    for each, shift_m in zip(people, shifts_m, strict=True):
        np.testing.assert_allclose(each.points_m, MARKERS.posed.points_m + shift_m, atol=1e-5)
        assert not _ignored(each)


def test_a_person_whose_labels_have_different_prefixes_in_a_c3d_file_is_read(tmp_path):
    """If the labels of no prefix are enough for a person, all labels are those of one person."""
    labels = [f"Part{place // 5}:{name}" for place, name in enumerate(MARKERS.names)]
    _write_c3d(tmp_path / "parts.c3d", labels, MARKERS.posed.points_m)
    (found,) = rs.read_skeletons(tmp_path / "parts.c3d", "plugingait")
    assert found.landmarks == MARKERS.names


@pytest.mark.parametrize("unit", [1.0, 100.0, 1000.0])
@pytest.mark.parametrize("up", ["z", "y", "-y"])
def test_unit_and_up_axis_are_inferred_and_stated(tmp_path, unit, up):
    """For m, cm or mm, and for z up, y up or y down, the person is in metres on the floor."""
    points = POINTS_M @ {"z": np.eye(3), "y": _Y_UP, "-y": _Y_UP * [1, -1, -1]}[up]
    np.save(tmp_path / "joints.npy", points * unit)
    (found,) = rs.read_skeletons(tmp_path / "joints.npy", "coco17", rate_hz=RATE_HZ)
    heights_m = found.points_m[:, found.landmarks.index("nose"), 2]
    np.testing.assert_allclose(heights_m, POINTS_M[:, 0, 2], atol=0.01)
    assert any(note.startswith("unit inferred as") for note in found.notes)
    assert (up == "z") != any(f"up axis inferred as {up}" in note for note in found.notes)


def test_the_height_of_the_camera_above_the_floor_is_kept(tmp_path):
    """If the origin is 1.2 m above the ground, its height above the toes is found to 2 cm."""
    np.save(tmp_path / "joints.npy", POINTS_M - [0, 0, 1.2])
    (found,) = rs.read_skeletons(tmp_path / "joints.npy", "coco17", rate_hz=RATE_HZ)
    lowest_m = POINTS_M[..., 2].min(axis=1).mean()
    assert found.origin_height_m == pytest.approx(1.2 - lowest_m, abs=0.02)
    heights_m = found.points_m[..., 2] - found.origin_height_m
    np.testing.assert_allclose(heights_m, POINTS_M[..., 2] - 1.2, atol=1e-6)


# Columns are the images of x, y and z: right-handed, with y up.
_Y_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def test_left_handed_coordinates_are_mirrored_back(tmp_path):
    np.save(tmp_path / "joints.npy", POINTS_M * [1.0, -1.0, 1.0])
    (found,) = rs.read_skeletons(tmp_path / "joints.npy", "coco17", rate_hz=RATE_HZ)
    assert any("left-handed" in note for note in found.notes)
    # Triple products of left, up and front keep their sign in a rotation, not in a mirror image.
    assert _chirality(found.points_m) == pytest.approx(_chirality(POINTS_M), rel=1e-6)


def _chirality(points_m) -> float:
    left, right, nose, hip = (
        points_m[0, TRUTH.names.index(name)]
        for name in ("left_shoulder", "right_shoulder", "nose", "left_hip")
    )
    return float(np.linalg.det([left - right, left - hip, nose - left]))


def test_people_are_separated_and_zeros_are_missing(tmp_path):
    two = np.stack([POINTS_M, POINTS_M + np.array([1, 0, 0])])
    two[1, 4] = 0
    np.save(tmp_path / "two.npy", two)
    first, second = rs.read_skeletons(tmp_path / "two.npy", "coco17", rate_hz=RATE_HZ)
    assert (first.person, second.person) == ("0", "1")
    assert second.confidence[4].max() == 0
    assert second.confidence[5].min() == 1


def test_a_toml_file_names_the_columns(tmp_path):
    names = [f"p{i}" for i in range(17)]
    lines = [f'{name} = "{landmark}"' for name, landmark in zip(names, TRUTH.names)]
    (tmp_path / "mine.toml").write_text("[joints]\n" + "\n".join(lines) + "\n")
    (tmp_path / "mine.csv").write_text(csv_text(names=names))
    (found,) = rs.read_skeletons(tmp_path / "mine.csv", tmp_path / "mine.toml")
    assert found.landmarks == TRUTH.names


@pytest.mark.parametrize("option", [{"unit": "parsec"}, {"up": "w"}, {"unit": "ft"}])
def test_bad_options_are_refused(tmp_path, option):
    """An unknown unit or axis is rejected, as is a unit that implies a person of the wrong size."""
    np.save(tmp_path / "joints.npy", POINTS_M)
    with pytest.raises(InputError, match=r"unit|up"):
        rs.read_skeletons(tmp_path / "joints.npy", "coco17", rate_hz=30, **option)
