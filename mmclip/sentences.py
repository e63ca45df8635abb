"""Sentences for labels and captions, in variants that have one sentence per attribute.

For a text without sentences, the text itself is used for every attribute.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mmclip.errors import MmclipError
from mmclip.store import RadarStore

# Sentence variants of each label or caption; a variant has one sentence for each attribute.
Descriptions = Mapping[str, tuple[dict[str, str], ...]]


@dataclass(frozen=True)
class SentenceBank:
    """Distinct sentences, and a mapping from each text to the sentences that describe it.

    Attributes:
        sentences: distinct sentences; their embeddings are stored in this order.
        variants: indices into `sentences` [variant, attribute], keyed by text.
        without_sentences: texts without sentences, each of which serves as its own sentence.
    """

    sentences: tuple[str, ...]
    variants: dict[str, np.ndarray]
    without_sentences: tuple[str, ...]


def make_sentence_bank(
    texts: Iterable[str],
    descriptions: Descriptions,
    attributes: tuple[str, ...],
    describe: str = "sentences",
) -> SentenceBank:
    """Collect the sentences that describe the given texts.

    Args:
        texts: labels and captions.
        descriptions: variants keyed by text; a variant that lacks a required attribute is ignored.
        attributes: required attributes, in order.
        describe: "sentences", or "label" to use only the texts themselves.

    Returns:
        The sentence bank.
    """
    indices: dict[str, int] = {}
    variants, without_sentences = {}, []
    for text in dict.fromkeys(texts):
        described = descriptions.get(text, ()) if describe == "sentences" else ()
        rows = [[v[name] for name in attributes] for v in described if set(attributes) <= set(v)]
        if not rows:
            without_sentences.append(text)
            rows = [[text] * len(attributes)]
        variants[text] = np.array(
            [[indices.setdefault(sentence, len(indices)) for sentence in row] for row in rows]
        )
    return SentenceBank(tuple(indices), variants, tuple(without_sentences))


def permute_label_texts(labels: Iterable[str], seed: int) -> dict[str, str]:
    """Permute the texts of labels or captions for a permutation control.

    The assignment is a derangement: no label keeps its own text. A model trained with
    this assignment shows what accuracy is reached without correct texts.

    Args:
        labels: different texts, at least two.
        seed: random seed of the permutation.

    Returns:
        Mapping from each label to the label whose text it is assigned.

    Raises:
        MmclipError: there are fewer than two texts, so that none can have the text of another one.
    """
    labels = sorted(labels)
    if len(labels) < 2:
        problem = f"needs two training labels, but there are {len(labels)}"
        raise MmclipError("settings", "train.derange", problem, "train with more labels")
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(labels))
        if not np.any(order == np.arange(len(labels))):
            return {label: labels[other] for label, other in zip(labels, order)}


def read_sentences(store: RadarStore, texts: dict[str, str]) -> Descriptions:
    """Read the sentence variants of each caption of a store.

    Args:
        store: opened store.
        texts: texts of the captions, keyed by ID.

    Returns:
        Sentence variants, keyed by text.
    """
    found: dict[str, dict] = defaultdict(dict)
    for row in store.read_table("attributes"):
        text = texts.get(row["caption"], row["caption"])
        variant = found[text].setdefault((row["provenance"], row["variant"]), {})
        variant[row["part"]] = row["sentence"]
    return {
        text: tuple(variants[key] for key in sorted(variants)) for text, variants in found.items()
    }
