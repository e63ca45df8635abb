"""Model selection: the step with the highest validation accuracy provides the released weights.

The validation accuracy is measured with seen labels on subjects that are not in the training data;
no unseen label is used.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmclip.batch_sampler import non_overlapping
from mmclip.errors import MmclipError
from mmclip.model import MmClip
from mmclip.model_files import read_description, save_model
from mmclip.model_variables import Variables
from mmclip.prepared_data import PreparedData
from mmclip.settings import TrainingSettings
from mmclip.window_reader import WindowReader
from mmclip.zero_shot_classifier import accuracy, embed_labels, embed_windows

# Largest number of windows to validate on; if there are more, evenly spaced ones are used.
MAX_WINDOWS = 1000


class ValidationAccuracy:
    """Accuracy of a model on those windows of the validation split that have a seen label.

    Args:
        data: windows and sentences.
        settings: settings of the training run.
        text_of: maps a label to the label whose text is used for it; default: the label itself.
        report: function that receives a message if there is no window to validate on.
    """

    def __init__(
        self, data: PreparedData, settings: TrainingSettings, text_of: dict[str, str], report
    ):
        windows = data.corpus.windows(("val",), set(data.seen))
        windows = non_overlapping(windows, data.corpus.columns)
        if len(windows) > MAX_WINDOWS:
            evenly = np.linspace(0, len(windows) - 1, MAX_WINDOWS).round().astype(int)
            windows = windows.select(evenly)
        if not len(windows):
            report("no clip of the split val has a seen label: the last weights will be released")
        names = data.corpus.labels
        self._texts = [text_of.get(label, label) for label in data.seen]
        self._truth = np.array([data.seen.index(names[label]) for label in windows.label])
        self._reader = WindowReader(data.corpus, settings.model.heatmaps)
        self._data, self._size, self._windows = data, settings.model.size, windows

    def __call__(self, model: MmClip) -> float | None:
        """Fraction of correctly classified windows; None if there are no windows."""
        if not len(self._windows):
            return None
        labels = embed_labels(model, self._data.bank, self._data.vectors, self._texts)
        windows = embed_windows(model, self._reader, self._windows, self._size)
        return accuracy(windows, labels, self._truth)


class BestModel:
    """The files of the best model so far, in the folder of a training run.

    Args:
        folder: folder of the run; for a resumed run, the best accuracy is read from this folder.
        description: content of model.json except step and validation accuracy.
    """

    def __init__(self, folder: Path, description: dict):
        self._folder, self._description = folder, description
        try:
            best = read_description(folder)["validation_accuracy"]
        except MmclipError:
            best = None
        self._best = -1.0 if best is None else best

    def update(self, step: int, accuracy: float | None, weights: Callable[[], Variables]) -> None:
        """Save the weights of a step unless an earlier step was better.

        Args:
            step: number of the step.
            accuracy: validation accuracy; if None, the step is always saved.
            weights: function that returns the weights; called only if the step is saved.
        """
        if accuracy is not None and accuracy < self._best:
            return
        self._best = -1.0 if accuracy is None else accuracy
        result = {"step": step, "validation_accuracy": accuracy}
        save_model(self._folder, weights(), {**self._description, **result})
