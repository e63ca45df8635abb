"""Checks for train/test leakage of the study's scorings.

The baselines store no description of their training data, so it is derived from their corpus.
"""

from collections.abc import Sequence
from pathlib import Path

from mmclip.baselines.window_data import BaselineData
from mmclip.excluded_windows import TRAINING_SPLITS, further_labels
from mmclip.leakage import ACTIONS, FURTHER, check_leakage
from mmclip.window_corpus import WindowIndex


def without_people(known: dict) -> dict:
    """Remove people and takes from a description of training data, to score training people.

    A recording of a training person can contain both labels that training used and labels that it
    excluded, so not only the person but also the take may be known. The check of labels, which must
    be absent from the training data, excludes every window that was used in training.

    Args:
        known: description with the keys seen, subjects and takes.
    """
    return {**known, "subjects": [], "takes": []}


def check_baseline(
    run: Path,
    trained: BaselineData,
    data: BaselineData,
    windows: WindowIndex,
    labels: Sequence[str],
    same_people: bool,
) -> None:
    """Check that the windows of an evaluation do not overlap with a baseline's training data.

    Args:
        run: folder of the training run, for the error message.
        trained: training data of the baseline.
        data, windows, labels: data, windows and labels of the evaluation.
        same_people: True if people and takes may occur in the training data, as in the paper.

    Raises:
        MmclipError: an evaluated label, take or person occurs in training.
    """
    known = {
        "seen": trained.seen,
        ACTIONS: trained.corpus.actions_of(trained.seen),
        FURTHER: further_labels(trained.corpus, TRAINING_SPLITS, trained.seen),
        "subjects": trained.corpus.subjects(TRAINING_SPLITS),
        "takes": trained.corpus.take_digests(TRAINING_SPLITS, set(trained.seen)),
    }
    known = without_people(known) if same_people else known
    clips = [data.corpus.clips[index] for index in windows.clip]
    check_leakage(str(run), known, labels, clips, unseen=True)
