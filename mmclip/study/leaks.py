"""Check for train/test leakage of the baselines, which store no description of training data."""

from collections.abc import Sequence
from pathlib import Path

from mmclip.baselines.window_data import BaselineData
from mmclip.leakage import check_leakage
from mmclip.window_corpus import WindowIndex


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
        same_people: True if the people may occur in the training data, as in the paper.

    Raises:
        MmclipError: an evaluated label, take or person occurs in training.
    """
    splits = ("train", "val")
    known = {
        "seen": trained.seen,
        "subjects": [] if same_people else trained.corpus.subjects(splits),
        "takes": trained.corpus.take_digests(splits, set(trained.seen)),
    }
    clips = [data.corpus.clips[index] for index in windows.clip]
    check_leakage(str(run), known, labels, clips, unseen=True)
