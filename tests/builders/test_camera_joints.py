"""Motion as cameras observe it: errors of the joints, and the body fitted to them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from builders import motions
from builders.activities import perform as perform_activity
from builders.activities.joint_trajectories import JointTrajectories
from builders.corpus.camera_joints import observe_and_fit, observed_joints
from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.reader import find_corpus
from builders.corpus.synthesis import synthesize_take
from radarsim.scene.skeleton import JOINT

LIMBS = [JOINT[name] for name in ("left_wrist", "right_knee", "left_elbow", "right_ankle")]


@pytest.fixture(scope="module")
def wave():
    return perform_activity("wave_hand", 1, duration_s=3.0)


def _joints_m(motion, times_s):
    joints_m = JointTrajectories(motion).joints_m
    every_s = np.arange(len(joints_m)) / motion.rate_hz
    flat = joints_m.reshape(len(joints_m), -1)
    columns = [np.interp(times_s, every_s, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(len(times_s), -1, 3)


def test_noise_and_hidden_joints_have_the_stated_size(wave):
    """White noise of 2 cm: successive differences of a quiet joint have a deviation of 2.8 cm."""
    quiet = perform_activity("stand_still", 1, duration_s=10.0)
    seen = observed_joints(quiet, "body25", 0.02, seed=0)
    steps_m = np.diff(seen.points_m, axis=0)
    # 300 poses of 25 joints on 3 axes determine the deviation to 0.5 %; the person sways a little.
    np.testing.assert_allclose(np.nanstd(steps_m), 0.02 * np.sqrt(2), rtol=0.02)
    hidden = np.isnan(seen.points_m).any(axis=-1).mean()
    # About 25 intervals of 0.2 s are expected: a fraction of 2 %, with a deviation of a fifth.
    assert 0.008 < hidden < 0.035
    assert seen.rate_hz == 30


def test_the_same_take_has_the_same_errors_and_another_seed_has_others(wave):
    one, same, other = (observed_joints(wave, "coco17", 0.02, seed).points_m for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.nanstd(one - other) > 0.02


@pytest.mark.parametrize(("noise_m", "limit_m"), [(0.0, 0.015), (0.02, 0.03)])
def test_the_fitted_limbs_are_close_to_the_true_limbs(wave, noise_m, limit_m):
    """Offsets of the joints (half of 1.5 to 2.5 cm) limit the fit; noise adds at most its size."""
    found = observe_and_fit(wave, "body25", noise_m, seed=0)
    times_s = np.arange(0.1, found.duration_s - 0.1, 0.1)
    error_m = (_joints_m(found, times_s) - _joints_m(wave, times_s))[:, LIMBS]
    assert found.name == wave.name
    assert found.duration_s == pytest.approx(wave.duration_s, abs=1 / 30)
    assert np.linalg.norm(error_m, axis=-1).mean() < limit_m


def test_a_corpus_from_cameras_keeps_texts_and_people_and_names_its_source(tmp_path):
    spec = CorpusSpec(num_subjects=1, num_repeats=1, take_s=2.0, domain="twin-a")
    bow = next(planned for planned in plan_takes(spec) if planned.activity == "bow")
    true, (span,) = synthesize_take(spec, bow)
    found, (seen,) = synthesize_take(replace(spec, cameras="coco17"), bow)
    assert (found.name, seen.label, seen.captions) == (true.name, span.label, span.captions)
    assert seen.end_s <= found.duration_s
    arguments = ["--out", str(tmp_path), "--domain", "twin-a", "--subjects", "1"]
    arguments += ["--hours", "0.001", "--workers", "1"]
    assert motions.main([*arguments, "--cameras", "coco17"]) == 0
    corpus = find_corpus(tmp_path)
    # The source identifies the people for checks of leakage: it is that of the motion itself.
    assert corpus.source == "stand-in twin-a, activities"
    text = next(iter(corpus.texts.values()))[0]
    assert text.source.endswith("simulated camera joints (coco17)")
    # The same command with other noise is another corpus.
    assert motions.main([*arguments, "--cameras", "coco17", "--camera-noise-m", "0.01"]) == 2


def test_a_corpus_of_an_older_version_is_still_complete(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--subjects", "1", "--hours", "0.001", "--workers", "1"]
    assert motions.main(arguments) == 0
    about = json.loads((tmp_path / "about.json").read_text())
    about["order"].pop("cameras")
    (tmp_path / "about.json").write_text(json.dumps(about))
    assert motions.main(arguments) == 0
    assert "is complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--cameras", "plugingait"], "not a layout of joints"),
        (["--cameras", "body25", "--camera-noise-m", "0.5"], "0.5 m is out of range"),
        (["--camera-noise-m", "0.01"], "has no effect without --cameras"),
    ],
)
def test_markers_and_noise_beyond_the_limit_are_refused(tmp_path, capsys, given, message):
    assert motions.main(["--out", str(tmp_path / "corpus"), *given]) == 2
    assert message in capsys.readouterr().err
