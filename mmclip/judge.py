"""Which step of a training is released: judged on people who are not trained on, by seen labels."""

import numpy as np

from mmclip.config import Settings
from mmclip.data import Reader, spread_out
from mmclip.model import MmClip
from mmclip.scores import accuracy, label_vectors, window_vectors
from mmclip.session import Session

MOST_VALIDATED = 1000


class Judge:
    """Share of the validation split's windows of seen labels that a model recognises.

    Args:
        session: data and texts.
        settings: of the model.
        told_as: the label whose text each label gets; each its own where it is not named.
        tell: hears where there is nothing to judge by.
    """

    def __init__(self, session: Session, settings: Settings, told_as: dict[str, str], tell):
        places = session.corpus.places(("val",), set(session.seen))
        places = spread_out(session.corpus, places, session.corpus.columns)
        if len(places) > MOST_VALIDATED:
            chosen = np.linspace(0, len(places) - 1, MOST_VALIDATED).round().astype(int)
            places = places[chosen]
        if not len(places):
            tell("no clip of the split val shows a seen label: the last step will be released")
        words = session.corpus.labels
        self._told = [told_as.get(label, label) for label in session.seen]
        self._truth = np.array([session.seen.index(words[label]) for label in places[:, 2]])
        self._reader = Reader(session.corpus, settings.model.heatmaps)
        self._session, self._size, self._places = session, settings.model.size, places

    def __call__(self, model: MmClip) -> float | None:
        """The share; None where there is no such window: then any step is as good as another."""
        if not len(self._places):
            return None
        labels = label_vectors(model, self._session.bank, self._session.vectors, self._told)
        windows = window_vectors(model, self._reader, self._places, self._size)
        return accuracy(windows, labels, self._truth)
