"""On-disk cache of sentence embeddings, keyed by encoder and sentence.

Each encoder has a folder with one file per batch of sentences, and another folder for embeddings
that are not scaled to unit length. Files are written under a temporary name and then renamed, so
that several training runs can share the cache.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mmclip.text_encoders import TextEncoder

# Folders that could not be written, each of which is reported once per process.
_UNWRITABLE: set[Path] = set()


def cache_folder() -> Path:
    """Folder of the cache: MMCLIP_CACHE, or `mmclip` in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")
    return Path(os.environ.get("MMCLIP_CACHE", Path(home) / "mmclip"))


def embed_cached(
    encoder: TextEncoder,
    sentences: Sequence[str],
    folder: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
    raw: bool = False,
) -> np.ndarray:
    """Embed sentences; only those missing from the cache are encoded.

    Args:
        encoder: text encoder.
        sentences: sentences to embed; repetitions are allowed.
        folder: folder of the cache; default: `cache_folder()`.
        report: function that receives a message with the numbers of encoded and truncated
            sentences.
        raw: whether to return the embeddings without scaling them to unit length.

    Returns:
        Embeddings, of unit length unless `raw` is true, float32 [sentence, width].
    """
    folder = (folder or cache_folder()) / (encoder.digest[:16] + ("-raw" if raw else ""))
    cached = _read(folder, encoder.width)
    missing = [sentence for sentence in dict.fromkeys(sentences) if _key(sentence) not in cached]
    if missing:
        before = encoder.truncated
        vectors = encoder.embed_raw(missing) if raw else encoder.embed(missing)
        cached |= {_key(sentence): vector for sentence, vector in zip(missing, vectors)}
        _try_to_write(folder, missing, vectors, report)
        report(f"text: {len(missing)} sentences encoded by {encoder.name}")
        if truncated := encoder.truncated - before:
            report(f"text: {truncated} sentences exceeded the maximum length and were truncated")
    return np.stack([cached[_key(sentence)] for sentence in sentences])


def _key(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()[:32]


def _read(folder: Path, width: int) -> dict[str, np.ndarray]:
    cached = {}
    for file in sorted(folder.glob("*.npz")):
        try:
            with np.load(file) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            continue  # The sentences of a damaged file are encoded again.
        if vectors.shape == (len(keys), width):
            cached |= dict(zip(keys.tolist(), vectors))
    return cached


def _try_to_write(
    folder: Path, sentences: Sequence[str], vectors: np.ndarray, report: Callable[[str], None]
) -> None:
    """Write embeddings to the cache; report once per folder that this is not possible."""
    try:
        _write(folder, sentences, vectors)
    except OSError as error:
        if folder not in _UNWRITABLE:
            reason = error.strerror or error
            report(f"text: the cache {folder} cannot be written ({reason}): continuing without it")
        _UNWRITABLE.add(folder)


def _write(folder: Path, sentences: Sequence[str], vectors: np.ndarray) -> None:
    keys = np.array([_key(sentence) for sentence in sentences])
    name = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            np.savez(file, keys=keys, vectors=vectors)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    os.replace(part, folder / f"{name}.npz")
