"""Tests of the skeleton benchmark: map correlations, and resuming after an interruption."""

import numpy as np
import pytest

from benchmarks import skeleton_recording, skeletons
from benchmarks.skeleton_clips import correlation
from benchmarks.skeleton_methods import fit_each_pose, fit_with_known, fitted
from radarsim.files import free_body
from radarsim.scene.skeletons import fit as fitting
from radarsim.scene.skeletons import windows
from radarsim.scene.skeletons.kinematics import forward
from tests.helpers.skeleton_truth import BODY, distance_m, observed, speed_error_mps, walker


def test_correlation_is_one_for_equal_maps_and_ignores_noise():
    """Cells below 6 dB in both maps do not count, and a common offset does not matter."""
    rng = np.random.default_rng(0)
    one_db = rng.normal(0, 1, (40, 30))
    one_db[10:20, 5:15] += 20 + 5 * rng.normal(size=(10, 10))
    other_db = np.where(one_db > 6, one_db, rng.normal(0, 1, one_db.shape))
    assert correlation(one_db, other_db) == pytest.approx(1.0)
    assert correlation(one_db, one_db + 3) > 0.9
    shuffled = rng.permutation(one_db.ravel()).reshape(one_db.shape)
    assert abs(correlation(one_db, shuffled)) < 0.9


def test_maps_without_any_echo_have_no_correlation():
    assert np.isnan(correlation(np.zeros((4, 4)), np.zeros((4, 4))))


def test_results_are_resumed_and_other_settings_are_measured(tmp_path, monkeypatch, capsys):
    """A rerun measures only missing rows; the summary contains the RMS of the speed errors."""
    measured = []

    class Clip:
        title, posed = "clip", skeletons.argparse.Namespace(points_m=np.zeros((1, 1, 3)))

        def sequence(self, noise_m):
            return noise_m

        def compare(self, number, true_maps):
            return {"distance_cm": 1.0, "speed_mps": float(len(measured)), "maps": []}

    def fitted(method, sequence, body):
        measured.append(method)
        return (0,)

    monkeypatch.setattr("benchmarks.skeleton_clips.true_clip", lambda *arguments: Clip())
    monkeypatch.setattr(skeletons, "fitted", fitted)
    command = ["--clips", "1", "--out", str(tmp_path / "results.jsonl")]
    assert skeletons.main(command) == 0
    assert len(measured) == 4
    (tmp_path / "results.jsonl").write_text(
        "".join((tmp_path / "results.jsonl").read_text().splitlines(keepends=True)[:3])
    )
    assert skeletons.main(command) == 0
    assert measured[4:] == ["interpolation"]
    assert skeletons.main([*command, "--noise-m", "0"]) == 0
    assert len(measured) == 9
    rows = [{"distance_cm": 1.0, "speed_mps": v, "maps": [], "cpu_s_per_s": 0} for v in (3, 4)]
    assert "3.536 m/s" in skeletons.summary(rows)


def test_a_long_recording_is_measured(monkeypatch, capsys):
    """12 s of three activities have one boundary; a fit of 2 cm noise errs by 0.1 to 20 m/s2.

    The noise itself has second differences of 0.02 m sqrt(6) (30 Hz)^2 = 44 m/s2. The reduced
    numbers of steps and of poses for the shape do not affect what is measured.
    """
    monkeypatch.setattr(windows, "_FIRST_PASS", ((1.0, 1.0, 2),))
    monkeypatch.setattr(windows, "_SECOND_PASS_STEPS", (1,))
    monkeypatch.setattr(fitting, "_SHAPE_POSES", 16)
    monkeypatch.setattr(skeleton_recording, "TAKE_S", 5.0)
    assert skeletons.main(["--minutes", "0.2"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("0.2 min, 360 poses: ")
    assert second.startswith("acceleration error at the boundaries (1): ")
    assert 0.1 < float(second.split(": ")[1].split()[0]) < 20


def test_activities_are_joined_without_jumps():
    """Accelerations in the transition after 4 s of a jump are below those of the jump itself."""
    truth = skeleton_recording.long_recording(360, 5.0, free_body())
    assert truth.posed.joints_m.shape == (360, 22, 3)
    change_m = np.linalg.norm(np.diff(truth.posed.joints_m, 2, axis=0), axis=-1).max(axis=1)
    assert change_m[118:152].max() < change_m[:118].max()


def test_a_jump_at_the_boundaries_is_found():
    """Errors of constant noise have no excess at the boundaries; a jump of 5 mm is found."""
    rng = np.random.default_rng(0)
    error_m = 1e-4 * rng.normal(size=(2000, 22, 3))
    found = skeleton_recording.boundary_errors(error_m)
    assert found["boundaries"] == 10
    assert found["range_mps2"][0] * 0.9 < found["boundaries_mps2"] < found["range_mps2"][1] * 1.1
    for window, held in list(windows.window_spans(2000, 30.0))[1:]:
        error_m[window.start + held :] += 5e-3
    found = skeleton_recording.boundary_errors(error_m)
    # Second differences of white noise have sqrt(6) times its standard deviation.
    assert found["median_mps2"] == pytest.approx(1e-4 * np.sqrt(6) * 900, rel=0.02)
    assert found["boundaries_mps2"] == pytest.approx(5e-3 * 900, rel=0.02)


def test_the_fit_of_the_whole_clip_is_smoother_than_a_fit_of_each_pose():
    """With 2 cm of noise, the velocity errors of the joints are less than a quarter.

    White noise of 2 cm per axis gives velocity errors of 0.02 m sqrt(6) 30 Hz = 1.5 m/s, which a
    separate fit of each pose reduces only by the constant lengths of the bones.
    """
    truth = walker(num_poses=45)
    sequence = observed(truth, 0.02)
    each, whole = fit_each_pose(sequence, BODY), fitted("fit", sequence, BODY)
    errors_mps = [
        speed_error_mps(forward(truth.rig, *found).joints_m, truth.posed.joints_m)
        for found in (each, whole)
    ]
    assert errors_mps[1] < 0.25 * errors_mps[0]


def test_known_offsets_and_a_known_shape_give_the_joints_within_millimetres():
    """Clean landmarks at unusual offsets: the mean errors of all joints are below 3 and 2 mm.

    Joints that no landmark observes, such as the middle of the spine, have the largest errors.
    """
    truth = walker(num_poses=30)
    moved_m = 0.01 * np.random.default_rng(0).normal(size=truth.shape.offsets_m.shape)
    shape = truth.shape._replace(offsets_m=truth.shape.offsets_m + moved_m)
    truth = truth._replace(shape=shape, posed=forward(truth.rig, shape, truth.pose))
    errors_m = []
    for with_shape in (False, True):
        found = fit_with_known(observed(truth), BODY, shape, with_shape)
        joints_m = forward(truth.rig, *found).joints_m
        errors_m.append(distance_m(joints_m, truth.posed.joints_m).mean())
    assert found[0] is shape
    assert errors_m[0] < 0.003
    assert errors_m[1] < 0.002
