"""Files of joints: names that only some poses have, confidence, and units that the file states."""

import json

import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from tests.helpers.sample_calls import check_four_parts
from tests.helpers.skeleton_files import MARKERS, POINTS_M, TRUTH, trc_text

OTHER_M = POINTS_M + np.array([1.0, 0.0, 0.0])


def _read(path, **options):
    return rs.read_skeletons(path, "coco17", **options)


def test_a_point_that_the_first_pose_of_a_json_file_lacks_is_read(tmp_path):
    frames = [{name: list(p) for name, p in zip(TRUTH.names, pose)} for pose in POINTS_M]
    del frames[0]["left_wrist"]
    frames[1]["nose"] = None
    (tmp_path / "lab.json").write_text(json.dumps({"fps": 30, "frames": frames}))
    (found,) = _read(tmp_path / "lab.json")
    wrist, nose = (found.points_m[:, found.landmarks.index(n)] for n in ("left_wrist", "nose"))
    assert np.isnan(wrist[0]).all()
    assert np.isnan(nose[1]).all()
    np.testing.assert_allclose(wrist[1:], POINTS_M[1:, TRUTH.names.index("left_wrist")])


CONFIDENCE = [0.0, *[0.5] * 16]


@pytest.mark.parametrize(
    "content",
    [
        [{"people": [{"keypoints": p.tolist(), "confidence": CONFIDENCE}]} for p in POINTS_M],
        [
            {"body_list": [{"id": 3, "keypoint": p.tolist(), "confidence": 80.0}
                           | {"keypoint_confidence": CONFIDENCE}]}
            for p in POINTS_M
        ],
        {"keypoints": POINTS_M.tolist(), "confidence": [CONFIDENCE] * 12},
    ],
    ids=["beside the points", "ZED, with one number for the person", "beside all poses"],
)  # fmt: skip
def test_the_confidence_beside_the_points_of_a_json_file_is_read(tmp_path, content):
    (tmp_path / "lab.json").write_text(json.dumps(content))
    (found,) = _read(tmp_path / "lab.json", rate_hz=30)
    assert found.confidence.tolist() == [CONFIDENCE] * 12


@pytest.mark.parametrize(
    "content",
    [
        [{"people": [{"keypoints": p.tolist(), "score": [0.9]}]} for p in POINTS_M],
        {"keypoints": POINTS_M.tolist(), "scores": [0.9, 0.8]},
    ],
    ids=["one number for the person", "two numbers beside all poses"],
)
def test_other_lists_of_confidence_in_a_json_file_are_noted_and_not_used(tmp_path, content):
    (tmp_path / "lab.json").write_text(json.dumps(content))
    (found,) = _read(tmp_path / "lab.json", rate_hz=30)
    assert found.confidence.min() == 1
    assert any(n.startswith("confidence") and "not used" in n for n in found.notes)


@pytest.mark.parametrize(
    ("points", "confidence"),
    [
        (POINTS_M[None], np.tile(CONFIDENCE, (12, 1))),
        (POINTS_M[None], np.tile(CONFIDENCE, (12, 1))[..., None]),
        (np.dstack([POINTS_M, np.tile(CONFIDENCE, (12, 1))]), np.ones(12)),
    ],
    ids=["axis of one person", "axes of one person and one value", "in the points"],
)
def test_the_confidence_of_one_person_and_in_the_points_of_an_npz_file_is_read(
    tmp_path, points, confidence
):
    np.savez(tmp_path / "lab.npz", joints=points, confidence=confidence, fps=30)
    (found,) = _read(tmp_path / "lab.npz")
    assert found.confidence.tolist() == [CONFIDENCE] * 12


def test_people_with_equal_ids_in_a_json_file_are_numbered(tmp_path):
    """OpenPose writes the id [-1] for everyone; the second person is missing in one pose."""
    pairs = [(a.tolist(), b.tolist()) for a, b in zip(POINTS_M, OTHER_M)]
    frames = [{"people": [{"person_id": [-1], "keypoints": p} for p in pair]} for pair in pairs]
    del frames[4]["people"][1]
    (tmp_path / "lab.json").write_text(json.dumps(frames))
    first, second = _read(tmp_path / "lab.json", rate_hz=30)
    assert (first.person, second.person) == ("0", "1")
    assert any("twice in a pose" in note for note in first.notes)
    np.testing.assert_allclose(first.points_m, POINTS_M)
    assert np.isnan(second.points_m[4]).all()
    np.testing.assert_allclose(second.points_m[5:], OTHER_M[5:])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"confidence": np.ones(12)}, r"confidence: float64 of shape \(12,\)"),
        ({"confidence": np.full((12, 17), 300.0)}, "up to 300"),
        ({"names": [*TRUTH.names, "tail"]}, "18 names, but 17 points"),
        ({"names": TRUTH.names[:16]}, "16 names, but 17 points"),
    ],
)
def test_confidence_and_names_that_do_not_fit_the_points_are_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "lab.npz", joints=POINTS_M, fps=30, **arrays)
    with pytest.raises(InputError, match=words) as caught:
        _read(tmp_path / "lab.npz")
    check_four_parts(caught.value)


@pytest.mark.parametrize(("largest", "expected"), [(80.0, 0.4), (1.6, 0.8), (0.5, 0.25)])
def test_confidence_in_percent_is_divided_by_100(tmp_path, largest, expected):
    """The first pose has the largest value, and the others half of it."""
    confidence = np.full((12, 17, 1), largest / 2)
    confidence[0] = largest
    np.savez(tmp_path / "lab.npz", joints=POINTS_M, confidence=confidence, fps=30)
    (found,) = _read(tmp_path / "lab.npz")
    assert found.confidence[1:].max() == pytest.approx(expected)
    assert (largest > 1) == any(note.startswith("confidence is up to") for note in found.notes)


def test_a_wrong_unit_in_the_file_is_named_with_the_unit_that_fits(tmp_path):
    """The header of a TRC file says mm, but the data are in m."""
    text = trc_text(MARKERS.posed.points_m, unit="m").replace("\tm\n", "\tmm\n", 1)
    (tmp_path / "trial.trc").write_text(text)
    with pytest.raises(InputError, match=r"mm, which the file states, .*give --unit m ") as caught:
        rs.read_skeletons(tmp_path / "trial.trc", "plugingait")
    check_four_parts(caught.value)
    assert rs.read_skeletons(tmp_path / "trial.trc", "plugingait", unit="m")
