"""Few-shot scorings of mmCLIP and of RF-Net.

The examples are windows of the training people with labels that were excluded from training, and
the scored windows are windows of the test people. An example is therefore never scored, and all
numbers of examples are compared on the same scored windows.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax

from mmclip.baselines.episodes import check_examples, draw_support
from mmclip.evaluation_metrics import TEXT_WEIGHT
from mmclip.study.leaks import check_baseline
from mmclip.study.node_runs import baseline_model, run_of, store_of
from mmclip.study.nodes import Node
from mmclip.study.scoring import measures
from mmclip.study.windows import ScoredModel, people_of


def score_few_shot(node: Node, root: Path) -> dict:
    """Score a model that is given examples of the unseen labels.

    Args:
        node: node with the settings labels, shots and draws, which needs a model and a store.
        root: output folder of the study.

    Returns:
        Measures keyed by the number of examples; recalls are averaged over the draws of examples.

    Raises:
        MmclipError: the model or the store cannot be used, or a label has no example.
    """
    values, model = node.values, node.need("model")[0]
    store = store_of(root, node.need("store")[0])
    score = _rfnet_draws if model.kind == "rfnet" else _mmclip_draws
    labels = tuple(values["labels"])
    entries = {}
    for shots, draws in score(root, model, store, labels, values["shots"], values["draws"]):
        entries[str(shots)] = _mean(draws)
    return {"entries": entries}


def example_scores(
    windows: np.ndarray,
    examples: np.ndarray,
    texts: np.ndarray,
    scale: float,
) -> np.ndarray:
    """Label probabilities from examples and texts, as in section 5.4 of the paper [window, label].

    Args:
        windows: unit vectors of the windows [window, width].
        examples: unit vectors of the examples [label, shot, width].
        texts: unit vectors of the labels [label, width].
        scale: inverse of the softmax temperature.
    """
    centres = examples.mean(axis=1)
    centres /= np.linalg.norm(centres, axis=-1, keepdims=True)
    by_text, by_example = (softmax(scale * windows @ x.T, axis=1) for x in (texts, centres))
    return TEXT_WEIGHT * by_text + (1 - TEXT_WEIGHT) * by_example


def _mmclip_draws(root, model: Node, store: str, labels, shots: Sequence[int], draws: int):
    scored = ScoredModel(run_of(root, model), store)
    known = scored.windows(labels, "train", same_people=True)
    asked = scored.windows(labels, "test")
    of_known, truth = (scored.data.truth(each, labels) for each in (known, asked))
    check_examples(store, of_known, labels)
    examples, windows = (scored.embed_windows(each).activity for each in (known, asked))
    texts = scored.embed_labels(labels).activity
    scale, people = float(scored.model.network.scale()), people_of(scored.data, asked)
    for count in shots:
        found = []
        for seed in range(draws):
            order = draw_support(of_known, len(labels), count, seed)
            chosen = examples[order].reshape(len(labels), count, -1)
            scores = example_scores(windows, chosen, texts, scale)
            found.append(measures(scores, truth, labels, people))
        yield count, found


def _rfnet_draws(root, model: Node, store: str, labels, shots: Sequence[int], draws: int):
    from mmclip.baselines.rfnet import read_inputs

    rfnet = baseline_model(model, root)
    data = rfnet.data
    known, asked = data.windows("train", labels), data.windows("test", labels)
    check_baseline(run_of(root, model), data, data, asked, labels, same_people=False)
    of_known, truth = data.truth(known, labels), data.truth(asked, labels)
    check_examples(store, of_known, labels)
    everything = [np.arange(len(asked))]
    queries = np.asarray(next(read_inputs(data, asked, everything, rfnet.settings)))
    for count in shots:
        found = []
        for seed in range(draws):
            order = draw_support(of_known, len(labels), count, seed)
            support = np.asarray(next(read_inputs(data, known, [order], rfnet.settings)))
            scores = rfnet.few_shot_scores(support, queries, len(labels), seed)
            found.append(measures(scores, truth, labels, people_of(data, asked)))
        yield count, found


def _mean(draws: list[dict]) -> dict:
    """Average the measures over the draws of examples."""
    first = draws[0]

    def mean(key: str) -> dict:
        return {name: float(np.mean([each[key][name] for each in draws])) for name in first[key]}

    return {
        **first,
        "accuracy": float(np.mean([each["accuracy"] for each in draws])),
        "recalls": mean("recalls"),
        "recalls_of_people": mean("recalls_of_people"),
        "draws": len(draws),
    }
