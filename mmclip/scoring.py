"""Evaluation of one model on one split of stores: zero-shot, few-shot, seen labels, retrieval."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmclip.batch_sampler import evenly_spaced, non_overlapping
from mmclip.errors import MmclipError
from mmclip.evaluation_metrics import confusion_matrix, few_shot_predictions
from mmclip.excluded_windows import shown_by_others
from mmclip.label_scoring import LabelScorer
from mmclip.leakage import check_leakage
from mmclip.model import Embeddings
from mmclip.model_files import TrainedModel, load_model
from mmclip.model_score import ModelScore
from mmclip.prepared_data import PreparedData, prepare_data, require_windows
from mmclip.protocol import unseen_labels
from mmclip.query_bank import read_query_bank
from mmclip.retrieval import MAX_WINDOWS, own_texts, retrieve
from mmclip.store import open_store
from mmclip.text_encoders import load_encoder
from mmclip.window_corpus import StoredClip, WindowIndex
from mmclip.zero_shot_classifier import embed_corpus_windows, embed_labels


def score_model(folder: str, options: argparse.Namespace, report=print) -> ModelScore:
    """Check a model for leakage, then evaluate it.

    Args:
        folder: folder of the model.
        options: parsed command line of `mmclip.evaluate`.
        report: function that receives each line of progress.

    Raises:
        MmclipError: the model or a store cannot be used, or evaluated data was used in training.
    """
    model = load_model(folder)
    scorer = choose_scorer(model, options, report)
    data = _prepare_data(model, options, report)
    labels = _evaluated_labels(model, data, options)
    candidates = data.corpus.labels if options.candidates == "all" else labels
    _require_choice(candidates)
    index = _windows(data, options.split, labels)
    other = _other_windows(data, options.split, candidates)
    clips = [*_clips(data, index), *_clips(data, other)]
    check_leakage(folder, model.description, labels, clips, unseen=options.mode != "seen")
    windows = _embed(model, data, index)
    texts = embed_labels(model.network, data.bank, data.vectors, candidates)
    position = {label: place for place, label in enumerate(candidates)}
    result = ModelScore(
        model=model,
        labels=candidates,
        corpus=data.corpus,
        index=index,
        windows=windows,
        texts=texts,
        truth=np.array([position[data.corpus.labels[label]] for label in index.label]),
        scores=scorer(windows, texts, candidates),
        counts=np.zeros((0, 0), np.int64),
        others=_best_scores(model, scorer, data, other, texts, candidates),
        method=scorer.description,
    )
    return _with_few_shot(result, options) if options.mode == "few-shot" else _counted(result)


def score_retrieval(folder: str, options: argparse.Namespace, report=print) -> dict:
    """Retrieval between up to 1,000 windows and their own texts, in both directions.

    Args:
        folder, options, report: arguments of `score_model`.

    Returns:
        Result of the model as JSON values.

    Raises:
        MmclipError: the model or a store cannot be used, or a subject was used in training.
    """
    model = load_model(folder)
    scorer = choose_scorer(model, options, report)
    data = _prepare_data(model, options, report)
    index = evenly_spaced(_windows(data, options.split, data.corpus.labels), MAX_WINDOWS)
    check_leakage(folder, model.description, (), _clips(data, index), unseen=False)
    texts, own = own_texts(data.corpus, index, model.settings.data.captions)
    embeddings = embed_labels(model.network, data.bank, data.vectors, texts)
    scores = scorer(_embed(model, data, index), embeddings)
    return {
        "model": str(model.folder),
        "seed": model.settings.train.seed,
        "simulated": data.corpus.is_simulated or model.description["simulated"],
        "seen_labels": len(set(texts) & set(model.description["seen"])),
        **scorer.description,
        "texts_of_windows": retrieve(scores, own)._asdict(),
        "windows_of_texts": retrieve(scores.T, own.T)._asdict(),
    }


def choose_scorer(model: TrainedModel, options: argparse.Namespace, report=print) -> LabelScorer:
    """Return the scoring that the options select, or else the model's default scoring.

    Args:
        model: the model.
        options: parsed command line with the options of `add_scoring_options`.
        report: function that receives a line if the model has no query bank.

    Raises:
        MmclipError: --hub-correction on or --seen-penalty is given, but the model has no query
            bank.
    """
    own, bank = model.settings.inference, read_query_bank(model)
    penalty = own.seen_penalty if options.seen_penalty is None else options.seen_penalty
    if bank is None:
        hint = "add it with: radarsim query-bank STORE --model RUN"
        for name, needs_it in (
            ("--hub-correction on", options.hub_correction == "on"),
            ("--seen-penalty", options.seen_penalty),
        ):
            if needs_it:
                raise MmclipError(model.folder, "query bank", f"is needed by {name}", hint)
        report(f"{model.folder}: no query bank, so no hub correction; {hint}")
    chosen = {"on": True, "off": False, None: own.hub_correction}[options.hub_correction]
    seen = frozenset(model.description["seen"])
    return LabelScorer(options.scoring or own.scoring, bank, chosen, seen, penalty)


def _prepare_data(model: TrainedModel, options: argparse.Namespace, report) -> PreparedData:
    for path in options.stores:
        model.check_axes(open_store(path))
    encoder = load_encoder(options.encoder or model.description["encoder"]["name"])
    model.check_encoder(encoder)
    # The labels to evaluate come from model.json, so the setting `unseen` must not be applied here.
    settings = replace(model.settings, data=replace(model.settings.data, unseen=()))
    axes = model.description["axes"]
    return prepare_data(
        options.stores, settings, encoder, axes=axes, verify=options.verify, report=report
    )


def _evaluated_labels(
    model: TrainedModel, data: PreparedData, options: argparse.Namespace
) -> tuple[str, ...]:
    """The labels given by --labels, or the stores' labels that the model has not (or has) seen."""
    if options.labels:
        where = ", ".join(map(str, options.stores))
        return unseen_labels(tuple(options.labels), data.corpus.labels, where)
    kind = "seen" if options.mode == "seen" else "unseen"
    known = set(data.corpus.labels)
    labels = tuple(label for label in model.description[kind] if label in known)
    if len(labels) < 2:
        total = len(model.description[kind])
        problem = f"the stores have {len(labels)} of the model's {total} {kind} labels"
        hint = "train with --unseen, or give a store with at least two of them"
        raise MmclipError(model.folder, "labels", problem, hint)
    return labels


def _require_choice(candidates: Sequence[str]) -> None:
    """Raise MmclipError for a single candidate, with which every window is classified correctly."""
    if len(candidates) < 2:
        problem = f"{', '.join(candidates)} is the only candidate, so that no window can be wrong"
        hint = "give two or more labels of the stores, or --candidates all"
        raise MmclipError("options", "--labels", problem, hint)


def _windows(data: PreparedData, split: str, labels: Sequence[str]) -> WindowIndex:
    return non_overlapping(require_windows(data, (split,), labels), data.corpus.columns)


def _other_windows(data: PreparedData, split: str, candidates: Sequence[str]) -> WindowIndex:
    """Windows whose label is not a candidate, which the model should reject.

    Windows that show a candidate together with other actions, or in which a further person performs
    a candidate, are left out.
    """
    own, corpus = set(candidates), data.corpus
    labels = {each for each in corpus.labels if own.isdisjoint({each, *corpus.actions_of([each])})}
    windows = non_overlapping(data.corpus.windows((split,), labels), data.corpus.columns)
    windows = windows.select(~shown_by_others(corpus, windows, own))
    return evenly_spaced(windows, MAX_WINDOWS)


def _clips(data: PreparedData, windows: WindowIndex) -> list[StoredClip]:
    return [data.corpus.clips[index] for index in windows.clip]


def _embed(model: TrainedModel, data: PreparedData, windows: WindowIndex) -> Embeddings:
    return embed_corpus_windows(model.network, model.settings.model, data.corpus, windows)


def _best_scores(
    model, scorer: LabelScorer, data, windows: WindowIndex, texts, candidates: Sequence[str]
) -> np.ndarray:
    if not len(windows):
        return np.zeros(0)
    return scorer(_embed(model, data, windows), texts, candidates).max(axis=1)


def _counted(score: ModelScore) -> ModelScore:
    predicted = np.argmax(score.scores, axis=1)
    return replace(score, counts=confusion_matrix(score.truth, predicted, len(score.labels)))


def _with_few_shot(score: ModelScore, options: argparse.Namespace) -> ModelScore:
    """Replace zero-shot scores by few-shot window counts, summed over all draws of examples."""
    takes = [score.clip(window).take for window in range(len(score.truth))]
    vectors = score.windows.activity, score.truth, takes, score.texts.activity
    settings = {"labels": score.labels, "shots": options.shots}
    settings["scale"], total = float(score.model.network.scale()), 0
    for seed in range(options.draws):
        scored, labels = few_shot_predictions(*vectors, **settings, seed=seed)
        if not len(scored):
            problem = f"{options.shots} examples per label leave no window to evaluate"
            raise MmclipError("options", "--shots", problem, "use fewer examples or a larger store")
        total = total + confusion_matrix(score.truth[scored], labels, len(score.labels))
    return replace(score, scores=None, counts=total, method={})
