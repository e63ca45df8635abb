"""Windows of a split, and embeddings by a trained model, for the scorings of the study."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mmclip.baselines.window_data import BaselineData
from mmclip.errors import MmclipError
from mmclip.leakage import check_leakage
from mmclip.model import Embeddings
from mmclip.model_files import load_model, sentences_for
from mmclip.prepared_data import embed_texts, open_corpus
from mmclip.sentences import Descriptions, make_sentence_bank
from mmclip.store import open_store
from mmclip.study.leaks import without_people
from mmclip.text_encoders import load_encoder
from mmclip.window_corpus import WindowIndex
from mmclip.zero_shot_classifier import embed_corpus_windows, embed_labels


class ScoredModel:
    """A trained mmCLIP model, and the corpus on which the model is evaluated.

    Args:
        run: folder of the model.
        store: path of the store.

    Raises:
        MmclipError: the model or the store cannot be used.
    """

    def __init__(self, run: Path, store: str):
        self.model = load_model(run)
        self.model.check_axes(open_store(store))
        settings = self.model.settings
        self.settings = replace(settings, data=replace(settings.data, unseen=()))
        corpus = open_corpus(
            [store],
            self.settings,
            axes=self.model.description["axes"],
            verify=False,
            report=lambda line: None,
        )
        self.data = BaselineData(corpus, corpus.labels, ())

    @cached_property
    def _encoder(self):
        encoder = load_encoder(self.model.description["encoder"]["name"])
        self.model.check_encoder(encoder)
        return encoder

    def windows(
        self,
        labels: Sequence[str],
        split: str,
        same_people: bool = False,
        known_labels: bool = False,
    ) -> WindowIndex:
        """Select the windows of a split with the given labels, after a check for leakage.

        Args:
            labels: labels of the windows.
            split: name of the split.
            same_people: True if people and takes may occur in the training data, as in the paper.
            known_labels: True if the labels may occur in the training data, as in section 5.5. The
                people must then be others, because the windows may have been used in training.

        Raises:
            MmclipError: no window has one of the labels, or a label, a take or a person leaked from
                training.
        """
        windows = self.data.windows(split, labels)
        if not len(windows):
            where = self.data.corpus.stores[0].path
            problem = f"no clip of the split {split} has any of the {len(labels)} labels"
            raise MmclipError(where, "clips", problem, "give a store with more people or labels")
        clips = [self.data.corpus.clips[index] for index in windows.clip]
        known = self.model.description
        known = without_people(known) if same_people and not known_labels else known
        check_leakage(str(self.model.folder), known, labels, clips, unseen=not known_labels)
        return windows

    def embed_windows(self, windows: WindowIndex) -> Embeddings:
        """Embed windows as unit vectors."""
        model = self.model.network
        return embed_corpus_windows(model, self.settings.model, self.data.corpus, windows)

    def embed_labels(self, labels: Sequence[str]) -> Embeddings:
        """Embed labels as unit vectors."""
        bank, vectors = embed_texts(
            labels, self.sentences, self.settings, self._encoder, lambda line: None
        )
        return embed_labels(self.model.network, bank, vectors, labels)

    @property
    def sentences(self) -> Descriptions:
        """Sentence variants keyed by label: those of training first, then those of the store."""
        return sentences_for(self.model.description, self.data.corpus)

    def without_sentences(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Labels without sentences, whose names are their only texts.

        No label is listed for a model without the attribute module, which uses the names only.
        """
        if self.settings.data.describe != "sentences":
            return ()
        parts = self.settings.model.parts
        return make_sentence_bank(labels, self.sentences, parts).without_sentences


def people_of(data: BaselineData, windows: WindowIndex) -> np.ndarray:
    """Return the subject of each window."""
    return np.array([data.corpus.clips[index].subject for index in windows.clip])
