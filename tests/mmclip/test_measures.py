"""Measures of an evaluation, compared with values derived by hand."""

import csv
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, pretrain
from mmclip.confusions import worst_confusions
from mmclip.evaluation_metrics import auroc, confusion_matrix, is_in_top, recall_by_subject
from mmclip.evaluation_report import limits_over_people, pool_runs, result_lines
from mmclip.retrieval import own_texts, ranks, retrieve
from mmclip.store import open_store
from mmclip.window_corpus import read_corpus
from tests.helpers.labelled_stores import LABELS, WINDOW, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")


def test_auroc_is_1_for_separable_scores_and_half_for_equal_ones():
    assert auroc(np.array([0.8, 0.9]), np.array([0.1, 0.2, 0.3])) == 1
    assert auroc(np.array([0.1]), np.array([0.2])) == 0
    assert auroc(np.full(3, 0.4), np.full(5, 0.4)) == 0.5
    # Of the six pairs, four are ordered correctly and one is tied.
    assert auroc(np.array([1.0, 3]), np.array([0.0, 1, 2])) == pytest.approx(4.5 / 6)
    assert auroc(np.array([1.0]), np.zeros(0)) is None


def test_auroc_equals_that_of_scikit_learn():
    """The scores have ten levels, so that ties occur; both methods sum ranks in float64."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(2, size=300), rng.integers(10, size=300) / 10
    expected = metrics.roc_auc_score(truth, scores + 0.1 * truth)
    found = auroc((scores + 0.1)[truth == 1], scores[truth == 0])
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_label_is_in_the_top_k_if_fewer_than_k_others_have_higher_scores():
    scores = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4], [1, 1, 1, 1]])
    truth = np.array([0, 0, 2])
    np.testing.assert_array_equal(is_in_top(scores, truth, 1), [True, False, False])
    np.testing.assert_array_equal(is_in_top(scores, truth, 3), [True, False, True])
    np.testing.assert_array_equal(is_in_top(scores, truth, 4), True)


def test_the_recall_of_a_person_is_the_mean_over_the_classes_of_their_windows():
    """Anna has the recalls 1/2 and 1 in two classes; Ben has the recall 0 in his only class."""
    correct = np.array([True, False, True, False])
    truth, people = np.array([0, 0, 1, 1]), ["anna", "anna", "anna", "ben"]
    assert recall_by_subject(correct, truth, people) == {"anna": 0.75, "ben": 0}


def test_ranks_count_higher_items_fully_and_equal_items_by_half():
    scores = np.array([[0.9, 0.5, 0.1], [0.5, 0.5, 0.5], [0.1, 0.2, 0.3]])
    np.testing.assert_array_equal(ranks(scores, np.eye(3, dtype=bool)), [1, 2, 1])
    # The rank is that of the best own item, and the other own items do not affect this rank.
    own = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 0]], bool)
    np.testing.assert_array_equal(ranks(scores, own), [2, 1.5, 3])


def test_retrieval_of_a_perfect_and_of_an_uninformed_model():
    """With eleven texts, an uninformed model has the median rank 6 and no text in the top five."""
    own = np.eye(11, dtype=bool)
    perfect = retrieve(own.astype(float), own)
    assert perfect == (1, 1, 1, 11, 11)
    equal = retrieve(np.zeros((11, 11)), own)
    assert equal == (0, 0, 6, 11, 11)
    assert perfect.recall_sum == 2


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


def test_the_own_texts_are_labels_or_captions_and_can_be_shared(store):
    """Twelve test windows share six labels, each of which has its own caption."""
    corpus = read_corpus([open_store(store)], WINDOW, crop_step=40)
    windows = corpus.windows(("test",), set(LABELS))
    texts, own = own_texts(corpus, windows, captions=False)
    assert texts == sorted(LABELS)
    assert own.shape == (12, 6)
    assert set(own.sum(axis=1)) == {1}
    assert set(own.sum(axis=0)) == {2}
    captions, same = own_texts(corpus, windows, captions=True)
    assert captions == [f"a person does activity {index}" for index in range(6)]
    # The captions are numbered in the order of the labels.
    np.testing.assert_array_equal(same, own)


def run(model, confusion, labels=("bow", "kick"), **more):
    counts = np.array(confusion)
    recalls = dict(zip(labels, (np.diagonal(counts) / counts.sum(axis=1)).tolist()))
    accuracy = np.trace(counts) / counts.sum()
    return {
        "model": model,
        "simulated": True,
        "accuracy": float(accuracy),
        "labels": list(labels),
        "recalls": recalls,
        "confusion": confusion,
        **more,
    }


def test_runs_are_pooled_over_classes_people_and_models():
    """In the two runs, bow has the recalls 1 and 1/2, and kick has the recalls 1/2 and 0."""
    people = [{"recalls_of_people": {"anna": 0.9, "ben": 0.5}}, {"recalls_of_people": {"ben": 0.3}}]
    runs = [
        run("a", [[4, 0], [2, 2]], **people[0], auroc=0.9),
        run("b", [[2, 2], [4, 0]], **people[1], auroc=0.7),
    ]
    found = pool_runs(runs)
    assert found["classes"] == {"bow": 0.75, "kick": 0.25}
    assert found["over_classes"]["mean"] == 0.5
    assert (found["over_classes"]["low"], found["over_classes"]["high"]) == (0.25, 0.75)
    assert found["over_people"]["mean"] == pytest.approx((0.9 + 0.4) / 2)
    assert found["auroc"] == pytest.approx(0.8)
    assert found["chance"] == 0.5
    kick = found["class_table"][1]
    assert (kick["most_often_taken_for"], kick["windows_taken_for_it"], kick["windows"]) == (
        "bow",
        6,
        8,
    )


def test_an_interval_over_fewer_than_five_people_is_not_printed():
    top3 = {"recalls_top3": {"bow": 1.0, "kick": 1.0}}
    few, five = (
        pool_runs([run("a", [[3, 1]] * 2, recalls_of_people=dict.fromkeys(people, 0.7), **top3)])
        for people in ("ab", "abcde")
    )
    asked = {"mode": "zero-shot", "candidates": "unseen", "runs": ["a"]}
    assert "mean recall 70.0% over people (no 95 % interval: few" in result_lines(few | asked)[1]
    assert "70.0%, 95 % interval 70.0% to 70.0% over people" in result_lines(five | asked)[1]
    assert limits_over_people(few) == "- (fewer than 5 people)"
    assert limits_over_people(five) == "70.0% to 70.0%"


def score_of(store, labels, truth, predicted):
    """Create the values that `worst_confusions` reads; row i of the store is window i."""
    num = len(truth)
    scores = np.eye(len(labels))[predicted]
    clips = [SimpleNamespace(row=row, take=labels[t], store=0) for row, t in enumerate(truth)]
    return SimpleNamespace(
        labels=labels,
        truth=np.array(truth),
        scores=scores,
        counts=confusion_matrix(np.array(truth), np.array(predicted), len(labels)),
        clip=clips.__getitem__,
        index=SimpleNamespace(start=np.zeros(num, int)),
        corpus=SimpleNamespace(stores=[open_store(store)]),
        model=SimpleNamespace(folder="run"),
    )


def test_the_worst_confusions_have_the_largest_shares_and_no_pair_occurs_twice(store):
    """Confusions are sorted by their share, and then by their number of windows.

    The wrongly classified windows are 2 of 2 bows (as kick), 1 of 4 kicks (as bow), 1 of 2 waves
    (as bow) and 2 of 4 marches (as jump). The confusion of kick with bow is left out, because the
    reverse confusion has a larger share.
    """
    labels = ("bow", "kick", "wave", "march", "jump")
    first = score_of(store, labels, [0, 0, 1, 1, 1, 1], [1, 1, 0, 1, 1, 1])
    second = score_of(store, labels, [2, 2, 3, 3, 3, 3], [2, 0, 4, 4, 3, 3])
    found = worst_confusions([first, second], count=3)
    assert [(each.true, each.predicted, each.windows, each.of) for each in found] == [
        ("bow", "kick", 2, 2),
        ("march", "jump", 2, 4),
        ("wave", "bow", 1, 2),
    ]
    assert [each["clip"] for each in found[1].examples] == [2, 3]
    assert (
        str(found[2]) == "'wave' mistaken for 'bow': 1 of 2 windows, 50%; such as clip 1 of s.zarr"
    )


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    """The folder of a model that was trained for three steps and selected by retrieval."""
    out = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(out / "cache"))
        arguments = [store, "--out", str(out / "pre"), "--encoder", "hash", "--steps", "3"]
        arguments += ["--unseen", *UNSEEN, "--set", *OVERRIDES, "select=retrieval"]
        assert pretrain.main([*arguments, "validate_every=1", "save_every=3"]) == 0
        yield out


def evaluation(store, folder, *options):
    out = folder / "-".join(["eval", *options])
    command = [store, "--models", str(folder / "pre"), "--out", str(out)]
    assert evaluate.main([*command, *options]) == 0
    return out, json.loads((out / "evaluation.json").read_text())


def test_the_released_step_has_the_best_retrieval(folder):
    """The released step is the last step with the largest R@1 + R@5 in validation."""
    description = json.loads((folder / "pre" / "model.json").read_text())
    with open(folder / "pre" / "metrics.csv", newline="") as file:
        sums = [float(row["r_at_1"]) + float(row["r_at_5"]) for row in csv.DictReader(file)]
    best = max(range(3), key=lambda index: (round(sums[index], 3), index))
    assert description["step"] == best + 1
    found = description["validation_retrieval"]
    assert found["items"] == len(LABELS) - len(UNSEEN)
    assert found["r_at_1"] + found["r_at_5"] == pytest.approx(sums[best], abs=1e-3)


def test_zero_shot_evaluation_names_confusions_and_rejects_other_labels(store, folder, capsys):
    """Of twelve test windows, four have the two evaluated labels and eight have other labels."""
    out, result = evaluation(store, folder)
    printed = capsys.readouterr().out
    run = result["runs"][0]
    assert run["other_windows"] == 8
    assert 0 <= run["auroc"] <= 1
    assert f"AUROC {run['auroc']:.3f}" in printed
    # With only two candidates, the top-3 recall is 1.
    assert set(run["recalls_top3"].values()) == {1}
    assert list(run["recalls_of_people"]) == [f"{run_subject(store)}"]
    counts = np.array(run["confusion"])
    wrong = {(0, 1): counts[0, 1], (1, 0): counts[1, 0]}
    confusions = result["worst_confusions"]
    assert len(confusions) == int(counts[0, 1] + counts[1, 0] > 0)
    for confusion in confusions:
        assert confusion["windows"] == max(wrong.values())
        assert confusion["text"] in printed
        assert all(confusion["true"] in each["take"] for each in confusion["examples"])
        assert (out / "worst_0.png").read_bytes().startswith(b"\x89PNG")


def run_subject(store):
    clips = open_store(store).read_table("clips")
    return next(f"{row['source']}/{row['subject']}" for row in clips if row["split"] == "test")


def test_all_labels_as_candidates_leave_no_window_to_reject(store, folder):
    _, result = evaluation(store, folder, "--candidates", "all")
    run = result["runs"][0]
    assert run["labels"] == sorted(LABELS)
    assert set(result["classes"]) == set(UNSEEN)
    assert result["chance"] == pytest.approx(1 / 6)
    assert run["auroc"] is None
    assert run["other_windows"] == 0


def test_examples_and_all_candidates_exclude_each_other(store, folder, capsys):
    command = [store, "--models", str(folder / "pre"), "--out", str(folder / "none")]
    assert evaluate.main([*command, "--mode", "few-shot", "--candidates", "all"]) == 2
    assert "not possible in few-shot mode" in capsys.readouterr().err


def test_a_single_candidate_is_refused_because_no_window_can_be_wrong(store, folder, capsys):
    command = [store, "--models", str(folder / "pre"), "--out", str(folder / "one")]
    assert evaluate.main([*command, "--labels", "bow"]) == 2
    assert "--labels: bow is the only candidate" in capsys.readouterr().err
    assert not (folder / "one").exists()
    _, result = evaluation(store, folder, "--candidates", "all", "--labels", "bow")
    assert set(result["classes"]) == {"bow"}


def test_retrieval_searches_the_texts_of_all_test_windows(store, folder, capsys):
    _, result = evaluation(store, folder, "--mode", "retrieval")
    run = result["runs"][0]
    assert run["texts_of_windows"]["queries"] == 12
    assert run["texts_of_windows"]["items"] == run["windows_of_texts"]["queries"] == 6
    assert run["windows_of_texts"]["items"] == 12
    assert run["texts_of_windows"]["r_at_1"] <= run["texts_of_windows"]["r_at_5"]
    assert "median rank" in capsys.readouterr().out


def test_a_training_that_ended_early_does_not_go_on_when_it_is_repeated(store, folder, tmp_path):
    """A run with a patience of 1 that ended at step 3 does not continue when it is restarted.

    The checkpoint is that of step 3, and the best step is set to 1, so the patience is exceeded.
    """
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    description = json.loads((run / "model.json").read_text())
    (run / "model.json").write_text(json.dumps(description | {"step": 1}))
    record = json.loads((run / "run.json").read_text()) | {"train.patience": 1, "train.steps": 9}
    (run / "run.json").write_text(json.dumps(record))
    lines, unseen = [], f"unseen={','.join(UNSEEN)}"
    schedule = ("select=retrieval", "patience=1", "steps=9", "validate_every=1", "save_every=3")
    settings = tiny_settings(unseen, *schedule)
    pretrain.pretrain([store], run, settings, "hash", verify=False, report=lines.append)
    assert "resuming from step 3" in lines
    assert "training ends early (train.patience = 1)" in lines
    assert not any(line.startswith("step 4/") for line in lines)
