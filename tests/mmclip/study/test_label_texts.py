"""Tests that scorings use the sentences of training, and that the report names missing ones."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

import mmclip.scoring
from mmclip.baselines import tent
from mmclip.baselines.tent_model import TentSettings
from mmclip.baselines.window_data import BaselineData
from mmclip.study import scoring, windows
from mmclip.study.budget import Extent, Study
from mmclip.study.corpora import Domains
from mmclip.study.figure import Bar, Figure, Scoring
from mmclip.study.nodes import make_node, result_path
from mmclip.study.report import make_report
from tests.helpers.tiny_training import tiny_settings
from tests.helpers.window_corpora import corpus_of

LABELS = ("bow", "jump", "kick")


def variants(text):
    return ({"general": text, "arms": text},)


# The evaluated store describes bow in other words than the training data, and does not describe
# kick. Training knew no sentences for jump.
TRAINED = {"bow": [{"general": "a bow", "arms": "down"}], "jump": []}
STORE = {"bow": variants("other words"), "jump": variants("a jump")}
CORPUS = corpus_of(("test", "ben", LABELS), sentences=STORE)


class Scored(windows.ScoredModel):
    """Model without a network, which has the sentences `TRAINED`."""

    def __init__(self, run="", store="", *overrides):
        known = {"seen": [], "subjects": [], "takes": [], "sentences": TRAINED}
        self.model = SimpleNamespace(folder=run, description=known, network=None)
        self.settings = tiny_settings(*overrides)
        self.data = BaselineData(CORPUS, CORPUS.labels, ())
        self._encoder = None

    def embed_windows(self, windows):
        return None


@pytest.fixture
def described(monkeypatch):
    """Return a list of the sentences with which labels are embedded."""
    found = []

    def embed_texts(labels, descriptions, *others):
        found.append(descriptions)
        return None, None

    monkeypatch.setattr(windows, "embed_texts", embed_texts)
    monkeypatch.setattr(windows, "embed_labels", lambda *each: None)
    return found


def test_labels_have_the_sentences_of_training_before_those_of_the_store(described):
    Scored().embed_labels(LABELS)
    assert described == [{"bow": tuple(TRAINED["bow"]), "jump": STORE["jump"]}]


def test_tent_has_the_sentences_of_training_before_those_of_the_store(monkeypatch):
    sentences = []

    def record(encoder, given, length):
        sentences.extend(given)
        return lambda prompt: np.zeros((len(given), 2))

    monkeypatch.setattr(tent, "PromptedEncoder", record)
    monkeypatch.setattr(tent, "window_inputs", lambda *each: [np.zeros((3, 1))])
    monkeypatch.setattr(tent.TrainedTent, "_embed", lambda self, weights, x: np.zeros((3, 2)))
    trained = BaselineData(corpus_of(sentences={"bow": variants("a bow")}), (), ())
    model = tent.TrainedTent(trained, None, TentSettings(), None, {"prompt": 0, "network": 0})
    found = BaselineData(CORPUS, (), LABELS)
    assert model.scores(found, found.windows("test", LABELS), LABELS).shape == (3, 3)
    assert sentences == ["a bow", "a jump", "kick"]


def test_the_report_names_the_labels_that_no_sentence_describes(tmp_path, monkeypatch, described):
    """Neither the store nor the training data describes kick."""
    scorer = lambda windows, labels: np.eye(3)  # noqa: E731
    monkeypatch.setattr(mmclip.scoring, "choose_scorer", lambda *each: scorer)
    monkeypatch.setattr(scoring, "ScoredModel", Scored)
    monkeypatch.setattr(scoring, "store_of", lambda root, node: "made-up.zarr")
    needs = [("model", make_node("finetune", "", 1.0)), ("store", make_node("store", "", 1.0))]
    settings = {"people": ["held out"], "subsets": [], "scoring": "class", "hub_correction": "off"}
    node = make_node("score", "", 1.0, needs, labels=LABELS, **settings)
    path = result_path(tmp_path, node)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**scoring.score(node, tmp_path), "seconds": 1.0}))
    figure = Figure("5", "", "", (Bar("full", (Scoring("G1", 0, node),)),), notes=("a note",))
    study = Study(Extent(("5",), ("G1",), 1), (figure,), (node,))
    found = make_report(study, tmp_path, Domains({}, {}, True), {})["figures"]["5"]
    assert found["bars"][0]["mean"] == 1.0
    assert found["notes"][0] == "a note"
    assert found["notes"][1].startswith("No sentences describe kick: ")


def test_a_model_without_the_attribute_module_misses_no_sentences():
    assert Scored().without_sentences(LABELS) == ("kick",)
    assert Scored("", "", "describe=label").without_sentences(LABELS) == ()
