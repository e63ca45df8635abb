"""Embeddings kept on disk by encoder and sentence: no sentence is ever encoded twice.

A folder per encoder holds one file per lot of sentences, each written whole and then renamed, so
that several trainings may share it.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mmclip.text import TextEncoder


def cache_folder() -> Path:
    """Where embeddings are kept: MMCLIP_CACHE, or the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")
    return Path(os.environ.get("MMCLIP_CACHE", Path(home) / "mmclip"))


def embed(
    encoder: TextEncoder,
    sentences: Sequence[str],
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> np.ndarray:
    """Vectors of sentences, from the cache where they are there.

    Args:
        encoder: which one.
        sentences: any number.
        folder: of the cache; None: `cache_folder`.
        tell: hears how many sentences were encoded or cut.

    Returns:
        Vectors of unit length, float32 [sentence, width].
    """
    place = (folder or cache_folder()) / encoder.digest[:16]
    known = _read(place, encoder.width)
    new = [sentence for sentence in dict.fromkeys(sentences) if _key(sentence) not in known]
    if new:
        before = encoder.truncated
        vectors = encoder.embed(new)
        known |= {_key(sentence): vector for sentence, vector in zip(new, vectors)}
        _write(place, new, vectors)
        tell(f"text: {len(new)} sentences encoded by {encoder.name}")
        if encoder.truncated > before:
            tell(f"text: {encoder.truncated - before} sentences were longer than it reads, and cut")
    return np.stack([known[_key(sentence)] for sentence in sentences])


def _key(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()[:32]


def _read(place: Path, width: int) -> dict[str, np.ndarray]:
    found = {}
    for file in sorted(place.glob("*.npz")):
        try:
            with np.load(file) as lot:
                keys, vectors = lot["keys"], lot["vectors"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            continue  # damaged: its sentences are encoded again
        if vectors.shape == (len(keys), width):
            found |= dict(zip(keys.tolist(), vectors))
    return found


def _write(place: Path, sentences: Sequence[str], vectors: np.ndarray) -> None:
    keys = np.array([_key(sentence) for sentence in sentences])
    name = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place, suffix=".part", delete=False) as file:
        np.savez(file, keys=keys, vectors=vectors)
    os.replace(file.name, place / f"{name}.npz")
