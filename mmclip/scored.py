"""One model, scored on one split of some stores."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mmclip.data import Reader, spread_out
from mmclip.errors import MmclipError
from mmclip.figures_of_merit import confusion, few_shot_found, recalls
from mmclip.leaks import check_leaks
from mmclip.release import Release, load_release
from mmclip.scores import label_vectors, window_vectors
from mmclip.session import Session, need_places, open_session
from mmclip.text import load_encoder


@dataclass(frozen=True)
class Scored:
    """What a model found.

    Attributes:
        model: its folder.
        seed: of its training.
        labels: that were told apart.
        counts: windows [true label, found label]; over all draws in few-shot.
        windows, texts: vectors of windows and of labels.
        truth: number of each window's label.
        simulated: whether model or windows know simulated data.
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
        """Share of the windows whose label was found."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """By label, of those that have windows."""
        found = zip(self.labels, recalls(self.counts))
        return {label: float(recall) for label, recall in found if np.isfinite(recall)}

    def as_table(self) -> dict:
        """Plain values for JSON."""
        return {
            "model": self.model,
            "seed": self.seed,
            "accuracy": self.accuracy,
            "windows": len(self.truth),
            "labels": list(self.labels),
            "recalls": self.recalls,
            "confusion": self.counts.tolist(),
        }


def score_model(folder: str, options: argparse.Namespace, tell=print) -> Scored:
    """Check for leaks, then score.

    Args:
        folder: of the model.
        options: of `mmclip.evaluate`.
        tell: hears the progress.

    Raises:
        MmclipError: something cannot be used, or something leaks.
    """
    release = load_release(folder)
    encoder = load_encoder(options.encoder or release.about["encoder"]["name"])
    release.check_encoder(encoder)
    settings = replace(release.settings, data=replace(release.settings.data, unseen=()))
    axes = release.about["axes"]
    session = open_session(
        options.stores, settings, encoder, axes=axes, verify=options.verify, tell=tell
    )
    labels = _labels(release, session, options.mode)
    places = need_places(session, (options.split,), labels)
    places = spread_out(session.corpus, places, session.corpus.columns)
    subjects = {session.corpus.clips[number].subject for number in places[:, 0]}
    check_leaks(folder, release.about, labels, subjects, unseen=options.mode != "seen")
    reader = Reader(session.corpus, settings.model.heatmaps)
    windows = window_vectors(release.model, reader, places, settings.model.size)
    texts = label_vectors(release.model, session.bank, session.vectors, labels)
    truth = np.array([labels.index(session.corpus.labels[label]) for label in places[:, 2]])
    takes = [session.corpus.clips[number].take for number in places[:, 0]]
    counts = _counts(release, options, windows, texts, truth, takes)
    return Scored(
        model=str(Path(folder)),
        seed=settings.train.seed,
        labels=labels,
        counts=counts,
        windows=windows,
        texts=texts,
        truth=truth,
        simulated=session.corpus.is_simulated or release.about["simulated"],
    )


def _labels(release: Release, session: Session, mode: str) -> tuple[str, ...]:
    """Those to be told apart: all that the model kept out, or saw, and that the stores show."""
    kind = "seen" if mode == "seen" else "unseen"
    known = set(session.corpus.labels)
    labels = tuple(label for label in release.about[kind] if label in known)
    if len(labels) < 2:
        problem = f"{len(labels)} of the model's {len(release.about[kind])} {kind} labels are there"
        hint = "train with --unseen, or give a store that shows them"
        raise MmclipError(release.folder, "labels", problem, hint)
    return labels


def _counts(release: Release, options, windows, texts, truth, takes) -> np.ndarray:
    if options.mode != "few-shot":
        return confusion(truth, np.argmax(windows @ texts.T, axis=1), len(texts))
    scale, total = float(release.model.scale()), 0
    for draw in range(options.draws):
        scored, found = few_shot_found(windows, truth, takes, texts, options.shots, scale, draw)
        if not len(scored):
            problem = f"{options.shots} per label leave nothing to score"
            raise MmclipError("options", "--shots", problem, "give fewer, or a larger store")
        total = total + confusion(truth[scored], found, len(texts))
    return total
