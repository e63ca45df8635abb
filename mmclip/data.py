"""Batches of windows on the device: which ones is a pure function of the seed and the step.

Many reads are in flight at once: while the device works on one batch, tensorstore reads the next
ones in threads of its own.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmclip.bank import Bank
from mmclip.config import Data
from mmclip.corpus import Corpus
from mmclip.errors import MmclipError


@dataclass(frozen=True)
class Picks:
    """Which windows a batch holds and what is said about them; no heatmaps yet.

    Attributes:
        places: (clip, first column, label) [window, 3].
        sentences: numbers of the sentences of each window [window, part].
    """

    places: np.ndarray
    sentences: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Number of each window's label."""
        return self.places[:, 2].astype(np.int32)


class Sampler:
    """Draws training batches.

    Args:
        corpus: what there is.
        places: windows to draw from, see `Corpus.places`.
        bank: sentences of the labels and captions.
        settings: how to draw.
        batch: windows per batch.
        seed: of the order.
        told_as: the label whose text each label gets; each its own where it is not named.
    """

    def __init__(
        self,
        corpus: Corpus,
        places: np.ndarray,
        bank: Bank,
        settings: Data,
        batch: int,
        seed: int,
        told_as: dict[str, str] | None = None,
    ):
        self._corpus, self._bank, self._settings = corpus, bank, settings
        self._batch, self._seed, self._told_as = batch, seed, told_as or {}
        column = {"label": 2, "clip": 0}[settings.sampling]
        order = np.argsort(places[:, column], kind="stable")
        self._places = places[order]
        _, self._first, self._count = np.unique(
            self._places[:, column], return_index=True, return_counts=True
        )

    def picks(self, step: int) -> Picks:
        """The batch of a step: the same for the same seed and step, whatever came before."""
        rng = np.random.default_rng((self._seed, step))
        group = rng.integers(len(self._first), size=self._batch)
        offset = (rng.random(self._batch) * self._count[group]).astype(np.int64)
        places = self._places[self._first[group] + offset]
        sentences = [self._sentences(rng, clip, label) for clip, _, label in places]
        return Picks(places, np.stack(sentences).astype(np.int32))

    def _sentences(self, rng: np.random.Generator, clip: int, label: int) -> np.ndarray:
        """One variant of one of the texts."""
        words = self._corpus.labels[label]
        texts = (self._told_as.get(words, words),)
        if self._settings.captions:
            texts += self._corpus.clips[clip].captions
        variants = self._bank.variants[texts[rng.integers(len(texts))]]
        return variants[rng.integers(len(variants))]


class Reader:
    """Reads windows of a corpus, many at once.

    Args:
        corpus: whose stores are read.
        heatmaps: names of those wanted.
        batches_ahead: batches whose reads are in flight.
    """

    def __init__(self, corpus: Corpus, heatmaps: tuple[str, ...], batches_ahead: int = 4):
        self._corpus, self._ahead = corpus, batches_ahead
        self._maps = [{name: store.opened(name) for name in heatmaps} for store in corpus.stores]

    def read(self, picks: Iterator[Picks]) -> Iterator[tuple[dict[str, np.ndarray], Picks]]:
        """Heatmaps of each batch as they lie in the store, [window, column, bin] by name.

        Raises:
            MmclipError: a store cannot be read, naming store, array and row.
        """
        reading: deque = deque()
        for each in picks:
            reading.append((each, self._asked(each)))
            if len(reading) > self._ahead:
                yield self._come(*reading.popleft())
        while reading:
            yield self._come(*reading.popleft())

    def _asked(self, picks: Picks) -> list[dict]:
        """Begin to read."""
        asked = []
        for number, first, _ in picks.places:
            clip = self._corpus.clips[number]
            columns = slice(int(first), int(first) + self._corpus.columns)
            arrays = self._maps[clip.store]
            asked.append({name: array[clip.row, columns].read() for name, array in arrays.items()})
        return asked

    def _come(self, picks: Picks, asked: list[dict]) -> tuple[dict[str, np.ndarray], Picks]:
        names = list(asked[0])
        try:
            maps = {name: np.stack([each[name].result() for each in asked]) for name in names}
        except ValueError as error:
            raise MmclipError(*self._trouble(picks, error)) from None
        return maps, picks

    def _trouble(self, picks: Picks, error: Exception) -> tuple[str, str, str, str]:
        stores = sorted(
            {str(self._corpus.stores[self._corpus.clips[n].store].path) for n in picks.places[:, 0]}
        )
        words = str(error).split("\n")[0][:160]
        hint = "python -m builders.check STORE tells which shard is damaged"
        return ", ".join(stores), "heatmaps", f"cannot be read ({words})", hint


def in_order(places: np.ndarray, batch: int) -> Iterator[Picks]:
    """Every place once, for scoring; the last batch is filled up with its last window.

    Args:
        places: (clip, first column, label) [place, 3].
        batch: windows per batch, so that one program serves all.
    """
    for first in range(0, len(places), batch):
        chunk = places[first : first + batch]
        filled = np.concatenate([chunk, np.repeat(chunk[-1:], batch - len(chunk), axis=0)])
        yield Picks(filled, np.zeros((batch, 0), np.int64))


def spread_out(corpus: Corpus, places: np.ndarray, stride: int) -> np.ndarray:
    """Windows at least `stride` columns apart within their clip, so that none is scored twice.

    Args:
        corpus: the places' own.
        places: (clip, first column, label) [place, 3].
        stride: columns.
    """
    kept, last = [], {}
    for place in places:
        clip, first = int(place[0]), int(place[1])
        if clip not in last or first >= last[clip] + stride:
            kept.append(place)
            last[clip] = first
    return np.array(kept, np.int64).reshape(-1, 3)


def check_shards(corpus: Corpus, heatmaps: tuple[str, ...]) -> None:
    """Compare every file of the heatmaps with the store's checksums.

    Raises:
        MmclipError: naming the first file that is missing or damaged.
    """
    import hashlib
    import json

    for store in corpus.stores:
        sums = json.loads((store.path / "checksums.json").read_bytes())
        for name, wanted in sums.get("files", sums).items():
            if name.split("/")[0] not in heatmaps:
                continue
            try:
                with open(store.path / name, "rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                found = f"({error.strerror})"
            if found != wanted:
                hint = "python -m builders.check STORE --rebuild makes it again"
                raise MmclipError(store.path, name, "is damaged or missing", hint)
