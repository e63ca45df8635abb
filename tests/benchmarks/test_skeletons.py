"""Tests of the skeleton benchmark: map correlations, and resuming after an interruption."""

import numpy as np
import pytest

from benchmarks import skeleton_recording, skeletons
from benchmarks.skeleton_clips import correlation
from radarsim.files import free_body
from radarsim.scene.skeletons import fit as fitting
from radarsim.scene.skeletons import windows


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
