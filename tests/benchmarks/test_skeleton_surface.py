"""Tests of the benchmark of surface accuracy: changed motions, and the range differences."""

from functools import partial

import numpy as np
import pytest

from benchmarks import skeleton_surface
from benchmarks.skeleton_clips import TrueClip
from benchmarks.skeleton_surface import between, range_difference_m, twist_of, with_moved_parts
from radarsim.scene.skeletons.kinematics import forward
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from tests.helpers.skeleton_truth import BODY, walker


@pytest.fixture(scope="module")
def truth():
    person = walker(num_poses=11)
    return TrueClip("walker", person.names, person.rig, person.shape, person.pose, BODY)


def _turned(pose, seed=0):
    vectors_rad = 0.2 * np.random.default_rng(seed).normal(size=(*pose.rotations.shape[:2], 3))
    return pose._replace(rotations=pose.rotations @ to_matrices(vectors_rad))


def test_twist_moves_no_joint(truth):
    """With exchanged twists, the joints keep their places, and a second exchange is complete."""
    other = _turned(truth.pose)
    only, without = twist_of(truth.rig, truth.shape, truth.pose, other)
    for twisted, same in ((only, truth.pose), (without, other)):
        found, expected = (forward(truth.rig, truth.shape, each) for each in (twisted, same))
        np.testing.assert_allclose(found.joints_m, expected.joints_m, atol=1e-9)
    again, _ = twist_of(truth.rig, truth.shape, truth.pose, without)
    np.testing.assert_allclose(again.rotations, truth.pose.rotations, atol=1e-9)


def test_a_share_of_one_is_the_other_motion(truth):
    one = (truth.shape, truth.pose)
    other = (truth.shape._replace(scale=1.1), _turned(truth.pose))
    shape, pose = between(one, other, 1.0)
    assert shape.scale == pytest.approx(1.1)
    np.testing.assert_allclose(pose.rotations, other[1].rotations, atol=1e-9)
    shape, pose = between(one, other, 0.0)
    np.testing.assert_allclose(pose.rotations, truth.pose.rotations, atol=1e-9)


def test_equal_displacements_of_all_parts_displace_the_body():
    moved = with_moved_parts(BODY, np.tile([1e-3, 0.0, -2e-3], (BODY.num_joints, 1)))
    change_m = np.asarray(moved.template_m) - np.asarray(BODY.template_m)
    # The skin weights of float32 sum to one within 1e-6.
    np.testing.assert_allclose(change_m, np.tile([1e-3, 0.0, -2e-3], (len(change_m), 1)), atol=1e-6)


def test_range_differences_are_those_of_the_surface(truth):
    """A rigid displacement leaves no difference; 1 mm per axis and part leaves 0.3 to 2 mm.

    The few parts that dominate the echo differ from the standard deviation of all parts.
    """
    shape, pose = truth.shape, truth.pose
    moved = pose._replace(pelvis_m=pose.pelvis_m + np.array([1e-3, 0, 0]))
    assert range_difference_m(truth, shape, pose, BODY) == 0.0
    assert range_difference_m(truth, shape, moved, BODY) < 1e-4
    vectors_m = 1e-3 * np.random.default_rng(0).normal(size=(BODY.num_joints, 3))
    found_m = range_difference_m(truth, shape, pose, with_moved_parts(BODY, vectors_m))
    assert 0.3e-3 < found_m < 2e-3


@pytest.fixture
def fits(truth, monkeypatch) -> list[str]:
    """The names of the fits that are made.

    Maps are replaced by random numbers, and every fit by a slightly turned motion.
    """
    maps = [10 + np.random.default_rng(k).normal(size=(8, 8)) for k in range(3)]
    monkeypatch.setattr(TrueClip, "maps", lambda self, shape=None, pose=None: maps)
    monkeypatch.setattr(skeleton_surface, "true_clip", lambda *arguments: truth)
    other, made = (truth.shape, _turned(truth.pose)), []
    for name in ("fitted", "fit_with_known"):
        replaced = partial(lambda name, *arguments: made.append(name) or other, name)
        monkeypatch.setattr(skeleton_surface, name, replaced)
    return made


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["rigid", "parts, 2 mm"], []),
        (["0.5 of the error", "twist of the fit", "fit"], ["fitted"]),
        (["fit, known shape"], ["fit_with_known"]),
    ],
)
def test_only_the_fits_of_the_chosen_changes_are_made(fits, capsys, only, expected):
    assert skeleton_surface.main(["--clips", "0", "--only", *only]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip().rpartition(":")[0] for line in lines[2 : 2 + len(only)]] == only
    assert fits == expected


def test_the_command_prints_every_change(fits, capsys):
    assert skeleton_surface.main(["--clips", "0"]) == 0
    assert fits == ["fitted", "fit_with_known", "fit_with_known"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "walker"
    assert lines[2].startswith("  rigid: 0.0")
    names = [
        "rigid",
        "parts, 0.1 mm",
        "parts, 0.25 mm",
        "parts, 0.5 mm",
        "parts, 1 mm",
        "parts, 2 mm",
        "0.0625 of the error",
        "0.125 of the error",
        "0.25 of the error",
        "0.5 of the error",
        "surface of the fit",
        "poses of the fit",
        "twist of the fit",
        "poses of the fit without twist",
        "fit",
        "fit, known offsets",
        "fit, known shape",
    ]
    found = [line.strip().split(":")[0] for line in lines[2:]]
    assert found == [*names, "mean of the clips", *names]
    values = [line for line in lines[2:] if line.startswith(" ")]
    assert all(line.endswith("mm, 1.000 1.000 1.000 1.000") for line in values)
