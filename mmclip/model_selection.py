"""Model selection: the step with the best validation measure provides the released weights.

The measures are computed with seen labels on subjects outside the training data; no unseen label is
used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmclip.batch_sampler import evenly_spaced, non_overlapping
from mmclip.errors import MmclipError
from mmclip.label_scoring import LabelScorer
from mmclip.model import MmClip
from mmclip.model_files import read_description, save_model
from mmclip.model_variables import Variables
from mmclip.prepared_data import PreparedData
from mmclip.retrieval import MAX_WINDOWS, Retrieval, own_texts, retrieve
from mmclip.settings import OptimizationSettings, TrainingSettings
from mmclip.window_reader import WindowReader
from mmclip.zero_shot_classifier import accuracy, embed_labels, embed_windows


class Validation(NamedTuple):
    """Validation measures of a model.

    Attributes:
        accuracy: fraction of windows classified correctly among all seen labels.
        retrieval: retrieval of each window's own texts among the texts of all validation windows.
    """

    accuracy: float
    retrieval: Retrieval

    def measure(self, select: str) -> float:
        """Return the measure by which steps are compared; `select` is a value of `train.select`."""
        return self.accuracy if select == "accuracy" else self.retrieval.recall_sum

    def to_dict(self) -> dict:
        """Validation measures as entries of model.json."""
        retrieval = self.retrieval._asdict()
        return {"validation_accuracy": self.accuracy, "validation_retrieval": retrieval}


class Validator:
    """Validation on those windows of the validation split that have a seen label.

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
        windows = evenly_spaced(non_overlapping(windows, data.corpus.columns), MAX_WINDOWS)
        if not len(windows):
            report("no clip of the split val has a seen label: the last weights will be released")
        names = data.corpus.labels
        self._labels = [text_of.get(label, label) for label in data.seen]
        texts, self._own = own_texts(data.corpus, windows, settings.data.captions)
        self._texts = [text_of.get(text, text) for text in texts]
        index_of = {label: index for index, label in enumerate(data.seen)}
        self._truth = np.array([index_of[names[label]] for label in windows.label])
        self._reader = WindowReader(data.corpus, settings.model.heatmaps)
        self._score = LabelScorer(settings.inference.scoring)
        self._data, self._size, self._windows = data, settings.model.size, windows

    def __call__(self, model: MmClip) -> Validation | None:
        """Validate a model; return None if there is no validation window."""
        if not len(self._windows):
            return None
        windows = embed_windows(model, self._reader, self._windows, self._size)
        of_labels, of_texts = (
            self._score(windows, embed_labels(model, self._data.bank, self._data.vectors, each))
            for each in (self._labels, self._texts)
        )
        return Validation(accuracy(of_labels, self._truth), retrieve(of_texts, self._own))


class BestModel:
    """The files of the best model so far, in the folder of a training run.

    Args:
        folder: folder of the run.
        description: content of model.json except step and validation measures.
        settings: selected measure, and the patience.
        resumed: whether training continues from a checkpoint, so that the best measure so far is
            that of the model in the folder.
    """

    def __init__(
        self, folder: Path, description: dict, settings: OptimizationSettings, resumed: bool = False
    ):
        self._folder, self._description, self._settings = folder, description, settings
        earlier = _earlier_best(folder, settings.select) if resumed else (-1.0, 0)
        self._best, self._step = earlier

    def update(self, step: int, found: Validation | None, weights: Callable[[], Variables]) -> None:
        """Save the weights of a step unless an earlier step was better.

        Args:
            step: number of the step.
            found: validation measures; if None, the step is always saved.
            weights: function that returns the weights; called only if the step is saved.
        """
        measure = -1.0 if found is None else found.measure(self._settings.select)
        if found is not None and measure < self._best:
            return
        self._best, self._step = measure, step
        result = {"validation_accuracy": None} if found is None else found.to_dict()
        save_model(self._folder, weights(), {**self._description, "step": step, **result})

    def is_final(self, step: int) -> bool:
        """Whether training ends now, after `patience` validations without a new best measure."""
        allowed = self._settings.patience * self._settings.validate_every
        return 0 < allowed <= step - self._step


def _earlier_best(folder: Path, select: str) -> tuple[float, int]:
    """Measure and step of the saved model; -1 and 0 if no model was saved."""
    try:
        description = read_description(folder)
    except MmclipError:
        return -1.0, 0
    accuracy, step = description["validation_accuracy"], description["step"]
    if accuracy is None:
        return -1.0, step
    if select == "accuracy":
        return accuracy, step
    return Retrieval(**description["validation_retrieval"]).recall_sum, step
