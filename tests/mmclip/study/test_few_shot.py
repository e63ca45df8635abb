"""Tests of few-shot scorings in a domain that lacks examples of a label."""

from types import SimpleNamespace

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.baselines.window_data import BaselineData
from mmclip.errors import MmclipError
from mmclip.study import few_shot
from mmclip.study.nodes import make_node
from mmclip.study.windows import ScoredModel
from tests.helpers.window_corpora import corpus_of

CORPUS = corpus_of(
    ("train", "anna", ("bow", "jump")),
    ("test", "ben", ("bow", "jump", "kick")),
)


class Scored(ScoredModel):
    """Model without a network, which selects and checks windows like a trained model."""

    def __init__(self, run, store):
        known = {"seen": [], "subjects": ["anna"], "takes": []}
        self.model = SimpleNamespace(folder=run, description=known)
        self.data = BaselineData(CORPUS, CORPUS.labels, ())


@pytest.mark.parametrize("kind", ["finetune", "rfnet"])
def test_a_label_without_examples_is_named(tmp_path, monkeypatch, kind):
    """No training person performs kick, so that no window can be an example of kick."""
    rfnet = SimpleNamespace(data=BaselineData(CORPUS, ("jump",), ("bow", "kick")), settings=None)
    monkeypatch.setattr(few_shot, "ScoredModel", Scored)
    monkeypatch.setattr(few_shot, "baseline_model", lambda node, root: rfnet)
    monkeypatch.setattr(few_shot, "store_of", lambda root, node: "made-up.zarr")
    needs = [("model", make_node(kind, "", 1.0)), ("store", make_node("store", "", 1.0))]
    node = make_node("few-shot", "", 1.0, needs, labels=["bow", "kick"], shots=[1], draws=1)
    with pytest.raises(MmclipError, match=r"made-up.zarr: clips: .* has no window of kick to use"):
        few_shot.score_few_shot(node, tmp_path)
