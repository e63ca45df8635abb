"""Evaluation of one model on one split of stores: zero-shot, few-shot, or on seen labels."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mmclip.batch_sampler import non_overlapping
from mmclip.errors import MmclipError
from mmclip.evaluation_metrics import confusion_matrix, few_shot_predictions, recall_by_class
from mmclip.leakage import check_leakage
from mmclip.model_files import TrainedModel, load_model
from mmclip.prepared_data import PreparedData, prepare_data, require_windows
from mmclip.text_encoders import load_encoder
from mmclip.window_reader import WindowReader
from mmclip.zero_shot_classifier import embed_labels, embed_windows


@dataclass(frozen=True)
class ModelScore:
    """Predictions of a model.

    Attributes:
        model: folder of the model.
        seed: random seed of its training run.
        labels: labels that serve as classes.
        counts: number of windows [true label, predicted label]; in few-shot mode, summed over all
            draws.
        windows, texts: embeddings of windows and of labels.
        truth: index of each window's label.
        simulated: whether the training or the evaluation used simulated data.
    """

    model: str
    seed: int
    labels: tuple[str, ...]
    counts: np.ndarray
    windows: np.ndarray
    texts: np.ndarray
    truth: np.ndarray
    simulated: bool

    @property
    def accuracy(self) -> float:
        """Fraction of windows with the correct label."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """Recall of each label that has windows."""
        recalls = zip(self.labels, recall_by_class(self.counts))
        return {label: float(recall) for label, recall in recalls if np.isfinite(recall)}

    def to_dict(self) -> dict:
        """Values for JSON."""
        return {
            "model": self.model,
            "seed": self.seed,
            "accuracy": self.accuracy,
            "windows": len(self.truth),
            "labels": list(self.labels),
            "recalls": self.recalls,
            "confusion": self.counts.tolist(),
        }


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
    data = _prepare_data(model, options, report)
    labels = _evaluated_labels(model, data, options.mode)
    windows = non_overlapping(require_windows(data, (options.split,), labels), data.corpus.columns)
    clips = [data.corpus.clips[index] for index in windows.clip]
    subjects = {clip.subject for clip in clips}
    check_leakage(folder, model.description, labels, subjects, unseen=options.mode != "seen")
    reader = WindowReader(data.corpus, model.settings.model.heatmaps)
    vectors = embed_windows(model.network, reader, windows, model.settings.model.size)
    texts = embed_labels(model.network, data.bank, data.vectors, labels)
    truth = np.array([labels.index(data.corpus.labels[label]) for label in windows.label])
    takes = [clip.take for clip in clips]
    return ModelScore(
        model=str(Path(folder)),
        seed=model.settings.train.seed,
        labels=labels,
        counts=_confusion(model, options, vectors, texts, truth, takes),
        windows=vectors,
        texts=texts,
        truth=truth,
        simulated=data.corpus.is_simulated or model.description["simulated"],
    )


def _prepare_data(model: TrainedModel, options: argparse.Namespace, report) -> PreparedData:
    encoder = load_encoder(options.encoder or model.description["encoder"]["name"])
    model.check_encoder(encoder)
    # The labels to evaluate come from model.json, so the setting `unseen` must not be applied here.
    settings = replace(model.settings, data=replace(model.settings.data, unseen=()))
    axes = model.description["axes"]
    return prepare_data(
        options.stores, settings, encoder, axes=axes, verify=options.verify, report=report
    )


def _evaluated_labels(model: TrainedModel, data: PreparedData, mode: str) -> tuple[str, ...]:
    """Labels in the stores that the model has not seen or, in mode "seen", has seen."""
    kind = "seen" if mode == "seen" else "unseen"
    known = set(data.corpus.labels)
    labels = tuple(label for label in model.description[kind] if label in known)
    if len(labels) < 2:
        total = len(model.description[kind])
        problem = f"the stores have {len(labels)} of the model's {total} {kind} labels"
        hint = "train with --unseen, or give a store with at least two of them"
        raise MmclipError(model.folder, "labels", problem, hint)
    return labels


def _confusion(model: TrainedModel, options, windows, texts, truth, takes) -> np.ndarray:
    if options.mode != "few-shot":
        return confusion_matrix(truth, np.argmax(windows @ texts.T, axis=1), len(texts))
    scale, total = float(model.network.scale()), 0
    for seed in range(options.draws):
        scored, labels = few_shot_predictions(
            windows, truth, takes, texts, shots=options.shots, scale=scale, seed=seed
        )
        if not len(scored):
            problem = f"{options.shots} examples per label leave no window to evaluate"
            raise MmclipError("options", "--shots", problem, "use fewer examples or a larger store")
        total = total + confusion_matrix(truth[scored], labels, len(texts))
    return total
