"""Checked input data of a command: windows of the stores, sentences and embeddings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmclip.common_grid import on_grid, with_equal_bins
from mmclip.errors import MmclipError
from mmclip.evaluation_report import count_of
from mmclip.excluded_windows import leave_out_windows
from mmclip.protocol import labels_named, split_names, unseen_labels
from mmclip.sentences import Descriptions, SentenceBank, make_sentence_bank
from mmclip.settings import TrainingSettings
from mmclip.store import RELATIVE, RadarStore, open_store, verify_checksums
from mmclip.store_axes import all_axis_ranges, check_same_axes
from mmclip.text_cache import embed_cached
from mmclip.text_encoders import TextEncoder
from mmclip.window_corpus import SPLITS, WindowCorpus, WindowIndex, read_corpus

Report = Callable[[str], None]
SIMULATED = (
    "warning: this corpus is simulated, at least in part; results on it do not show how well "
    "recordings are recognised"
)


@dataclass(frozen=True)
class PreparedData:
    """Windows and sentence embeddings for training or evaluation.

    Attributes:
        corpus: windows of the stores.
        bank: sentences of all labels of the corpus, and of its captions if they are used.
        vectors: embeddings of the bank's sentences, float32 [sentence, width].
        encoder: name, digest and width of the text encoder.
        seen, unseen: seen and unseen labels, in the order of the corpus.
        axes: range of each axis of the heatmaps, and the column step [s].
    """

    corpus: WindowCorpus
    bank: SentenceBank
    vectors: np.ndarray
    encoder: dict
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    axes: dict[str, Sequence[float]]


def open_corpus(
    paths: Sequence[str],
    settings: TrainingSettings,
    *,
    axes: dict[str, Sequence[float]] | None = None,
    verify: bool = True,
    need_labels: bool = True,
    report: Report = print,
) -> WindowCorpus:
    """Open and check stores, and find their windows.

    Args:
        paths: folders of stores.
        settings: training settings; only `model` and `data` are used.
        axes: axes that a model was trained on; default: the axes of the first store.
        verify: whether to verify the checksums of the heatmap files.
        need_labels: whether to exclude windows without a label.
        report: function that receives each line of progress.

    Returns:
        The corpus.

    Raises:
        MmclipError: a store cannot be used, or the stores have different axes.
    """
    stores = [on_grid(open_store(path), settings) for path in paths]
    check_same_axes(stores, axes)
    stores = with_equal_bins(stores, {**all_axis_ranges(stores), **(axes or {})})
    _check_units(stores)
    columns, data = settings.model.size, settings.data
    shortest = min(data.shortest, columns) if data.short_windows == "stretch" else columns
    corpus = read_corpus(stores, columns, data.crop_step, need_labels, shortest, data.most_actions)
    if verify:
        verify_checksums(corpus.stores, settings.model.heatmaps)
    counts = (f"{s} {sum(clip.split == s for clip in corpus.clips)}" for s in SPLITS)
    clips, labels = count_of(len(corpus.clips), "clip"), count_of(len(corpus.labels), "label")
    report(f"data: {clips} ({', '.join(counts)}), {labels}")
    for reason, count in corpus.excluded.items():
        report(f"data: {count} clips excluded: {reason}")
    if corpus.is_simulated:
        report(SIMULATED)
    return corpus


def prepare_data(
    paths: Sequence[str],
    settings: TrainingSettings,
    encoder: TextEncoder,
    *,
    axes: dict[str, Sequence[float]] | None = None,
    verify: bool = True,
    skip_absent: bool = False,
    report: Report = print,
) -> PreparedData:
    """Open stores and embed the sentences of their labels.

    Args:
        encoder: text encoder.
        paths, settings, axes, verify, report: arguments of `open_corpus`.
        skip_absent: whether names in `data.unseen` that the stores lack are only reported, because
            they come from an earlier training.

    Raises:
        MmclipError: a store cannot be used, or lacks a name in `data.unseen`.
    """
    corpus = open_corpus(paths, settings, axes=axes, verify=verify, report=report)
    names = settings.data.unseen
    if skip_absent:
        names = _present_names(names, corpus, report)
    corpus, seen, unseen = training_corpus(corpus, names, report)
    captions = [text for clip in corpus.clips for text in clip.captions]
    texts = (*corpus.labels, *(captions if settings.data.captions else ()))
    bank, vectors = embed_texts(texts, corpus.sentences, settings, encoder, report)
    identity = {"name": encoder.name, "digest": encoder.digest, "width": encoder.width}
    return PreparedData(
        corpus, bank, vectors, identity, seen, unseen, all_axis_ranges(corpus.stores)
    )


def training_corpus(
    corpus: WindowCorpus, names: tuple[str, ...], report: Report
) -> tuple[WindowCorpus, tuple[str, ...], tuple[str, ...]]:
    """Leave out the windows in which a further person performs a label to exclude from training.

    Args:
        corpus, names, report: arguments of `divide_labels`.

    Returns:
        The corpus with the remaining windows, the seen labels and the unseen labels.

    Raises:
        MmclipError: a name is missing from the corpus.
    """
    seen, unseen = divide_labels(corpus, names, report)
    kept = leave_out_windows(corpus, _excluded_labels(corpus, names))
    if kept.left_out:
        windows = count_of(kept.left_out, "window")
        reason = "because a further person performs an unseen label"
        report(f"data: {windows} left out of training and validation, {reason}")
    return kept, seen, unseen


def without_unseen_people(corpus: WindowCorpus, names: tuple[str, ...]) -> WindowCorpus:
    """Leave out windows as in training; names that the corpus lacks are ignored.

    Args:
        corpus: windows of the stores.
        names: groups, labels or actions that training excluded.
    """
    present = _present_names(names, corpus, lambda line: None)
    return leave_out_windows(corpus, _excluded_labels(corpus, present))


def divide_labels(
    corpus: WindowCorpus, names: tuple[str, ...], report: Report
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide the labels of a corpus into seen and unseen labels.

    A label that joins several actions, one of which is unseen, is neither: training must not use
    its windows, and they do not show the unseen action alone.

    Args:
        corpus: windows of the stores.
        names: groups, labels or actions to exclude from training.
        report: function that receives a line on labels that are neither seen nor unseen.

    Returns:
        Seen and unseen labels, both in the order of the corpus.

    Raises:
        MmclipError: a label or action, or every label of a group, is missing from the corpus.
    """
    excluded = _excluded_labels(corpus, names)
    unseen = tuple(label for label in corpus.labels if label in excluded)
    seen = labels_without(corpus, excluded)
    if partly := len(corpus.labels) - len(unseen) - len(seen):
        labels = count_of(partly, "label")
        report(f"data: {labels} of several actions left out, because one action is unseen")
    actions = corpus.actions_of(corpus.labels)
    for name in excluded:
        if name not in unseen:
            how = "occurs only together with other actions"
            how = how if name in actions else "is performed by further people only"
            report(f"data: {name} {how}, so it cannot be evaluated")
    return seen, unseen


def _excluded_labels(corpus: WindowCorpus, names: tuple[str, ...]) -> tuple[str, ...]:
    """Labels and actions of a corpus that training must not use."""
    where = ", ".join(str(store.path) for store in corpus.stores)
    known = _labels_and_actions(corpus)
    return unseen_labels(split_names(names, known), known, where)


def labels_without(corpus: WindowCorpus, excluded: Iterable[str]) -> tuple[str, ...]:
    """Labels of a corpus that neither are nor join an excluded label or action."""
    excluded = set(excluded)
    return tuple(
        label
        for label in corpus.labels
        if excluded.isdisjoint({label, *corpus.actions_of([label])})
    )


def with_split_names(settings: TrainingSettings, corpus: WindowCorpus) -> TrainingSettings:
    """Settings in which each entry of `data.unseen` is a single group, label or action."""
    names = split_names(settings.data.unseen, _labels_and_actions(corpus))
    return replace(settings, data=replace(settings.data, unseen=names))


def _labels_and_actions(corpus: WindowCorpus) -> tuple[str, ...]:
    """Labels of a corpus, then the actions in joined labels, then the labels of further people."""
    actions = sorted(corpus.actions_of(corpus.labels))
    return tuple(dict.fromkeys([*corpus.labels, *actions, *corpus.further]))


def _present_names(names: Sequence[str], corpus: WindowCorpus, report: Report) -> tuple[str, ...]:
    """Names of groups, labels or actions that occur in a corpus; the other names are reported."""
    known = _labels_and_actions(corpus)
    present = tuple(name for name in names if labels_named(name, known))
    if absent := [name for name in names if name not in present]:
        report(f"data: no clip has these labels, which the model excluded: {'; '.join(absent)}")
    return present


def _check_units(stores: Sequence[RadarStore]) -> None:
    """Check that heatmaps can be compared: all in dB, or all relative.

    Raises:
        MmclipError: the units differ.
    """
    units = {store.units for store in stores}
    if len(units) > 1:
        other = next(store for store in stores if store.units == RELATIVE)
        problem = "has heatmaps without a unit, and another store has decibels"
        hint = "they cannot be compared: process both in the same way, in dB or relative"
        raise MmclipError(other.path, "units", problem, hint)


def embed_texts(
    texts: Iterable[str],
    descriptions: Descriptions,
    settings: TrainingSettings,
    encoder: TextEncoder,
    report: Report,
) -> tuple[SentenceBank, np.ndarray]:
    """Collect and embed the sentences that describe the texts; report texts without sentences."""
    bank = make_sentence_bank(texts, descriptions, settings.model.parts, settings.data.describe)
    missing = bank.without_sentences
    if missing and settings.data.describe == "sentences":
        report(
            f"text: no sentences for {len(missing)} of {len(bank.variants)} texts "
            f"({'; '.join(missing[:3])}): the text itself is used; "
            "add sentences with: radarsim attributes"
        )
    raw = settings.data.sentence_vectors == "raw"
    return bank, embed_cached(encoder, bank.sentences, report=report, raw=raw)


def require_windows(
    data: PreparedData, splits: tuple[str, ...], labels: Sequence[str]
) -> WindowIndex:
    """Select the windows of the given splits and labels; raise MmclipError if there are none."""
    windows = data.corpus.windows(splits, set(labels))
    if not len(windows):
        where = ", ".join(str(store.path) for store in data.corpus.stores)
        if not labels and data.corpus.labels:
            hint = "exclude fewer labels with --unseen"
            raise MmclipError(where, "labels", "none is left to train on or to score", hint)
        if left_out := data.corpus.left_out:
            problem = f"none of the split {' or '.join(splits)} is left: in "
            problem += f"{count_of(left_out, 'window')}, a further person performs an unseen label"
            hint = "exclude fewer labels with --unseen, or give a store with more clips"
            raise MmclipError(where, "windows", problem, hint)
        problem = f"no clip of the split {' or '.join(splits)} has any of the {len(labels)} labels"
        raise MmclipError(where, "clips", problem, "give a store with more subjects or labels")
    return windows
