"""What is said about each label and caption: variants of one sentence per part.

Labels without sentences are told by their own words for every part, and that is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bank:
    """Sentences of texts.

    Attributes:
        sentences: each once; their embeddings lie in this order.
        variants: by text, numbers of sentences [variant, part].
        plain: texts that are told by their own words alone.
    """

    sentences: tuple[str, ...]
    variants: dict[str, np.ndarray]
    plain: tuple[str, ...]


def make_bank(
    texts: Iterable[str],
    sentences: Mapping[str, tuple[dict[str, str], ...]],
    parts: tuple[str, ...],
    describe: str = "sentences",
) -> Bank:
    """Collect what is said about texts.

    Args:
        texts: labels and captions.
        sentences: by text, variants, each one sentence by part; a variant without all of the parts
            is passed over.
        parts: those wanted, in order.
        describe: "sentences", or "label" for the texts' own words alone.

    Returns:
        The bank.
    """
    numbers: dict[str, int] = {}
    variants, plain = {}, []
    for text in texts:
        told = sentences.get(text, ()) if describe == "sentences" else ()
        rows = [[variant[part] for part in parts] for variant in told if set(parts) <= set(variant)]
        if not rows:
            plain.append(text)
            rows = [[text] * len(parts)]
        variants[text] = np.array(
            [[numbers.setdefault(sentence, len(numbers)) for sentence in row] for row in rows]
        )
    return Bank(tuple(numbers), variants, tuple(plain))


def deranged(labels: Iterable[str], seed: int) -> dict[str, str]:
    """Each label with another's text, none with its own: a training that can learn nothing true.

    Args:
        labels: at least two.
        seed: of the permutation.

    Returns:
        The label whose text each label gets.
    """
    labels = sorted(labels)
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(labels))
        if not np.any(order == np.arange(len(labels))):
            return {label: labels[other] for label, other in zip(labels, order)}
