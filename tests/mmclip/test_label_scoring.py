"""Scoring of labels: hand calculations, hub correction, and the query bank and its command."""

import json
import shutil
from argparse import Namespace
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, predict, query_bank
from mmclip.batch_sampler import non_overlapping
from mmclip.errors import MmclipError
from mmclip.label_scoring import LabelScorer
from mmclip.model import Embeddings
from mmclip.model_files import load_model
from mmclip.query_bank import bank_windows, read_query_bank
from mmclip.scoring import choose_scorer
from mmclip.store import open_store
from mmclip.window_corpus import read_corpus
from tests.helpers.labelled_stores import LABELS, WINDOW, build_labelled_store
from tests.helpers.tiny_training import UNSEEN, copy_tiny_model

pytestmark = pytest.mark.usefixtures("fast_compilation")


def unit(rng, *shape):
    x = rng.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def embeddings(seed, count, parts=5, width=8):
    rng = np.random.default_rng(seed)
    return Embeddings(unit(rng, count, parts, width), unit(rng, count, width))


def test_parts_is_the_mean_of_the_attribute_similarities_and_both_the_mean_with_the_class():
    """The two attributes have the cosines 1 and 0, and the class vectors have the cosine 0.6."""
    window = Embeddings(np.array([[[1.0, 0], [1, 0]]]), np.array([[1.0, 0]]))
    label = Embeddings(np.array([[[1.0, 0], [0, 1]]]), np.array([[0.6, 0.8]]))
    found = {name: LabelScorer(name)(window, label).item() for name in ("class", "parts", "both")}
    assert found == pytest.approx({"class": 0.6, "parts": 0.5, "both": 0.55})


@pytest.mark.parametrize("scoring", ["class", "parts", "both"])
def test_the_hub_correction_removes_what_all_windows_have_in_common_with_a_label(scoring):
    """All vectors get an additional dimension, which is 1 in all windows and 7 in one label.

    This dimension adds a constant to all similarities of that label, which becomes a hub. Corrected
    scores are unchanged up to rounding; with uncorrected scores, all windows are classified as the
    hub.
    """
    windows, labels, bank = embeddings(0, 40), embeddings(1, 6), embeddings(2, 200)

    def more(found, amount):
        amount = np.broadcast_to(amount, (len(found.activity),))
        attributes = np.broadcast_to(amount[:, None, None], (*found.attributes.shape[:2], 1))
        return Embeddings(
            np.concatenate([found.attributes, attributes], axis=-1),
            np.concatenate([found.activity, amount[:, None]], axis=-1),
        )

    hub = more(labels, [0, 0, 7.0, 0, 0, 0])
    before = LabelScorer(scoring, bank)(windows, labels)
    after = LabelScorer(scoring, more(bank, 1.0))(more(windows, 1.0), hub)
    np.testing.assert_allclose(after, before, atol=1e-12)
    plain = LabelScorer(scoring)(more(windows, 1.0), hub)
    assert np.all(np.argmax(plain, axis=1) == 2)


def test_corrected_similarities_of_the_bank_have_mean_0_and_equal_spread():
    """The standard deviation of corrected scores equals the mean over the uncorrected labels."""
    labels, bank = embeddings(1, 6), embeddings(2, 200)
    found = LabelScorer("class", bank)(bank, labels)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    spread = (bank.activity @ labels.activity.T).std(axis=0).mean()
    np.testing.assert_allclose(found.std(axis=0), spread, rtol=1e-9)


def test_the_penalty_lowers_seen_labels_only_if_other_labels_are_candidates():
    """Scores of seen labels are lowered by the penalty times the mean spread, others by nothing."""
    windows, labels, bank = embeddings(0, 40), embeddings(1, 3), embeddings(2, 200)
    seen = frozenset({"bow", "kick"})
    plain = LabelScorer("class", bank, hub_correction=False)
    penalised = LabelScorer("class", bank, False, seen, seen_penalty=2.0)
    lower = 2 * (bank.activity @ labels.activity.T).std(axis=0).mean()
    found = penalised(windows, labels, ("bow", "jump", "kick"))
    difference = plain(windows, labels) - found
    np.testing.assert_allclose(difference, np.broadcast_to([lower, 0, lower], (40, 3)), atol=1e-12)
    for names in (("bow", "kick", "bow"), ("jump", "squat", "wave")):
        np.testing.assert_array_equal(penalised(windows, labels, names), plain(windows, labels))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a store, and a model trained briefly on all but two labels of the store."""
    folder = tmp_path_factory.mktemp("paths")
    build_labelled_store(folder / "s.zarr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(folder / "cache"))
        copy_tiny_model(folder / "pre", folder / "s.zarr", seed=0)
        yield folder


@pytest.fixture(scope="module")
def corpus(folder):
    return read_corpus([open_store(folder / "s.zarr")], WINDOW)


def options_of(scoring=None, hub_correction=None, seen_penalty=None):
    """Parsed scoring options of a command."""
    return Namespace(scoring=scoring, hub_correction=hub_correction, seen_penalty=seen_penalty)


def without_bank(folder, run):
    """Copy the model in the form that an earlier version would have written."""
    shutil.copytree(folder / "pre", run)
    (run / query_bank.FILE).unlink()
    description = json.loads((run / "model.json").read_text())
    for section, names in {"train": ("select", "patience")}.items():
        for name in names:
            del description["settings"][section][name]
    for name in ("query_bank", "takes", "radars", "validation_retrieval"):
        del description[name]
    del description["settings"]["inference"]
    (run / "model.json").write_text(json.dumps(description))
    return run


def test_the_bank_has_windows_of_every_seen_label_and_training_subject_equally_often(corpus):
    """Twelve windows contain each pair of four seen labels and three training subjects once."""
    description = {
        "seen": ["jump", "march", "squat", "wave"],
        "subjects": corpus.subjects(("train",)),
    }
    description["subjects"] = sorted(description["subjects"])
    windows = bank_windows(corpus, description, 12)
    clips = [corpus.clips[index] for index in windows.clip]
    pairs = Counter((clip.subject, label) for clip, label in zip(clips, windows.label.tolist()))
    assert len(pairs) == 12
    assert set(pairs.values()) == {1}
    assert {clip.split for clip in clips} == {"train"}
    # A smaller bank contains every label first, and then as many subjects as possible.
    few = bank_windows(corpus, description, 4)
    assert len(set(few.label.tolist())) == 4
    assert len({corpus.clips[index].subject for index in few.clip}) > 1


def test_the_bank_is_made_of_training_windows_at_the_end_of_training(folder, corpus):
    model = load_model(folder / "pre")
    bank = read_query_bank(model)
    assert model.description["query_bank"]["windows"] == len(bank.activity) == 20
    assert bank.attributes.shape == (20, 2, 64)
    # Half precision has eleven significant bits.
    np.testing.assert_allclose(np.linalg.norm(bank.activity, axis=-1), 1, atol=2e-3)
    windows = bank_windows(corpus, model.description, 20)
    assert {corpus.labels[label] for label in windows.label} == set(LABELS) - set(UNSEEN)
    assert len(non_overlapping(windows, WINDOW)) == 20


def test_the_command_adds_the_same_bank_to_an_earlier_model_and_records_its_scoring(
    folder, tmp_path, capsys
):
    run = without_bank(folder, tmp_path / "old")
    command = [str(folder / "s.zarr"), "--model", str(run), "--windows", "20"]
    assert (
        query_bank.main(
            [*command, "--scoring", "both", "--hub-correction", "on", "--seen-penalty", "1.5"]
        )
        == 0
    )
    assert "scoring both with hub correction" in capsys.readouterr().out
    bank, again = folder / "pre" / query_bank.FILE, run / query_bank.FILE
    assert bank.read_bytes() == again.read_bytes()
    scorer = choose_scorer(load_model(run), options_of())
    assert scorer.description == {"scoring": "both", "hub_correction": True, "seen_penalty": 1.5}
    # Options of a command take precedence over the model's own scoring.
    scorer = choose_scorer(load_model(run), options_of("class", "off", 0.0))
    assert scorer.description == {"scoring": "class", "hub_correction": False, "seen_penalty": 0.0}


def test_another_number_of_windows_replaces_the_bank_of_a_model(folder, tmp_path):
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    command = [str(folder / "s.zarr"), "--model", str(run), "--no-verify"]
    assert query_bank.main([*command, "--windows", "3"]) == 0
    model = load_model(run)
    assert len(read_query_bank(model).attributes) == 3
    assert model.settings.inference.query_bank == 3
    # Without --windows, the number of windows stays the same.
    assert query_bank.main(command) == 0
    assert load_model(run).description == model.description


@pytest.mark.parametrize("windows", ["0", "-1", "x"])
def test_a_bank_has_at_least_one_window(windows, capsys):
    with pytest.raises(SystemExit):
        query_bank.make_parser().parse_args(["s.zarr", "--model", "run", "--windows", windows])
    assert "is not a whole number of at least 1" in capsys.readouterr().err


def test_a_model_without_a_bank_scores_as_before_with_one_line(folder, tmp_path):
    """Without a bank, a model scores by the class vector; requesting a correction is an error."""
    model, lines = load_model(without_bank(folder, tmp_path / "old")), []
    scorer = choose_scorer(model, options_of(), lines.append)
    windows, labels = embeddings(0, 40), embeddings(1, 6)
    np.testing.assert_array_equal(scorer(windows, labels), windows.activity @ labels.activity.T)
    assert len(lines) == 1
    assert "no query bank, so no hub correction" in lines[0]
    with pytest.raises(MmclipError, match="is needed by --hub-correction on; add it with"):
        choose_scorer(model, options_of(hub_correction="on"))
    with pytest.raises(MmclipError, match="is needed by --seen-penalty; add it with"):
        choose_scorer(model, options_of(seen_penalty=1.0))


def test_a_damaged_bank_is_an_error(folder, tmp_path):
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    (run / query_bank.FILE).write_bytes(b"x")
    with pytest.raises(MmclipError, match=r"is not the file described in model\.json"):
        read_query_bank(load_model(run))


def test_the_commands_score_as_their_options_say(folder, tmp_path, capsys):
    """Each scoring option must change the predictions of a model that is hardly trained."""
    found = {}
    for scoring, correction in (("class", "off"), ("parts", "off"), ("both", "on")):
        options = ["--scoring", scoring, "--hub-correction", correction]
        out = tmp_path / scoring
        command = [str(folder / "s.zarr"), "--models", str(folder / "pre"), "--out", str(out)]
        assert evaluate.main([*command, "--candidates", "all", *options]) == 0
        run = json.loads((out / "evaluation.json").read_text())["runs"][0]
        assert run["scoring"] == scoring
        assert run["hub_correction"] == (correction == "on")
        assert run["labels"] == sorted(LABELS)
        command = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--labels", *LABELS]
        capsys.readouterr()
        assert predict.main([*command, *options, "--show", "60"]) == 0
        found[scoring] = capsys.readouterr().out
    assert len(set(found.values())) == 3
