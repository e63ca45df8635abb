"""Tests of the skeleton benchmark: map correlations, and resuming after an interruption."""

import numpy as np
import pytest

from benchmarks import skeletons
from benchmarks.skeleton_clips import correlation


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
