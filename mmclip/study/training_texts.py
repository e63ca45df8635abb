"""Texts of training windows, which a describer turns into sentences."""

from pathlib import Path

from mmclip.atomic_files import write_atomically
from mmclip.prepared_data import open_corpus
from mmclip.settings import TrainingSettings


def write_training_texts(store: str, path: Path, settings: TrainingSettings) -> None:
    """Write the labels and captions of all training windows of a store, one per line.

    The label of a window lists the actions in the window. It differs from the label of the clip if
    the window shows only some of the actions of its clip.

    Args:
        store: folder of a finished store.
        path: path of the text file.
        settings: training settings, which determine the length of a window.

    Raises:
        MmclipError: the store cannot be used, or has no window with a label.
    """
    corpus = open_corpus([store], settings, verify=False, report=lambda line: None)
    captions = (text for clip in corpus.clips for text in clip.captions)
    texts = sorted({*corpus.labels, *captions})
    write_atomically(path, ("\n".join(texts) + "\n").encode())
