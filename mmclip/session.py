"""What every command needs before it starts: windows, sentences and their vectors, checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mmclip.bank import Bank, make_bank
from mmclip.config import Settings
from mmclip.corpus import Corpus, read_corpus
from mmclip.data import check_shards
from mmclip.errors import MmclipError
from mmclip.protocol import unseen_labels
from mmclip.store import bin_ends, check_alike, open_store
from mmclip.text import TextEncoder
from mmclip.text_cache import embed

Tell = Callable[[str], None]
SIMULATED = (
    "warning: this corpus is simulated, or some of it is; no figure made with it says how well "
    "recordings are recognised"
)


@dataclass(frozen=True)
class Session:
    """Stores and texts, ready.

    Attributes:
        corpus: windows of the stores.
        bank: sentences of all labels and captions of the corpus.
        vectors: of the bank's sentences, float32 [sentence, width].
        encoder: which one made them: name, digest, width.
        seen, unseen: labels, in the corpus's order.
        axes: first bin, last bin and number of bins of each axis.
    """

    corpus: Corpus
    bank: Bank
    vectors: np.ndarray
    encoder: dict
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    axes: dict[str, list[float]]


def open_corpus(
    paths: Sequence[str],
    settings: Settings,
    *,
    axes: dict[str, list[float]] | None = None,
    verify: bool = True,
    need_labels: bool = True,
    tell: Tell = print,
) -> Corpus:
    """Open and check stores, and find their windows.

    Args:
        paths: folders of stores.
        settings: of the model and of the data.
        axes: what the model knows; None: the stores need only be alike.
        verify: whether to compare the heatmaps' files with their checksums.
        need_labels: whether windows without a label are left out.
        tell: hears what was found.

    Returns:
        The corpus.

    Raises:
        MmclipError: a store cannot be used, or they cannot be mixed.
    """
    stores = [open_store(path) for path in paths]
    check_alike(stores, axes)
    size, step = settings.model.size, settings.data.crop_step
    corpus = read_corpus(stores, size, step, need_labels)
    if verify:
        check_shards(corpus, settings.model.heatmaps)
    clips = {
        split: sum(clip.split == split for clip in corpus.clips)
        for split in ("train", "val", "test")
    }
    told = ", ".join(f"{split} {count}" for split, count in clips.items())
    tell(f"data: {len(corpus.clips)} clips ({told}), {len(corpus.labels)} labels")
    for cause, number in corpus.left_out.items():
        tell(f"data: {number} clips left out: {cause}")
    if corpus.is_simulated:
        tell(SIMULATED)
    return corpus


def open_session(
    paths: Sequence[str],
    settings: Settings,
    encoder: TextEncoder,
    *,
    axes: dict[str, list[float]] | None = None,
    verify: bool = True,
    tell: Tell = print,
) -> Session:
    """Everything that a training or an evaluation needs; arguments as for `open_corpus`.

    Args:
        encoder: of the sentences.
    """
    corpus = open_corpus(paths, settings, axes=axes, verify=verify, tell=tell)
    unseen = unseen_labels(settings.data.unseen, corpus.labels, ", ".join(paths))
    seen = tuple(label for label in corpus.labels if label not in unseen)
    captions = [text for clip in corpus.clips for text in clip.captions]
    texts = (*corpus.labels, *(captions if settings.data.captions else ()))
    bank, vectors = tell_texts(texts, corpus.sentences, settings, encoder, tell)
    about = {"name": encoder.name, "digest": encoder.digest, "width": encoder.width}
    return Session(corpus, bank, vectors, about, seen, unseen, bin_ends(corpus.stores[0]))


def tell_texts(texts, sentences, settings: Settings, encoder: TextEncoder, tell: Tell):
    """Bank of texts and vectors of its sentences; says which are told by their words alone."""
    bank = make_bank(texts, sentences, settings.model.parts, settings.data.describe)
    if bank.plain and settings.data.describe == "sentences":
        some = "; ".join(bank.plain[:3])
        tell(
            f"text: no sentences for {len(bank.plain)} of {len(bank.variants)} texts ({some}): "
            "told by their own words; python -m builders.attributes attaches sentences"
        )
    return bank, embed(encoder, bank.sentences, tell=tell)


def need_places(session: Session, splits: tuple[str, ...], labels: Sequence[str]) -> np.ndarray:
    """Windows of these splits and labels; MmclipError where there are none."""
    places = session.corpus.places(splits, set(labels))
    if not len(places):
        where = ", ".join(str(store.path) for store in session.corpus.stores)
        problem = f"no clip of the split {' or '.join(splits)} shows one of {len(labels)} labels"
        raise MmclipError(where, "clips", problem, "give a store with more subjects or labels")
    return places


def need_labels(labels: Sequence[str]) -> None:
    """MmclipError unless there are two or more different labels, none of them blank."""
    if len(set(labels)) < 2 or not all(label.strip() for label in labels):
        problem = f"{len(set(labels))} different: {', '.join(labels)}"
        raise MmclipError("options", "--labels", problem, "give two or more, none blank")
