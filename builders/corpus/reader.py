"""Reader of synthetic motion corpora: licence of a corpus, and texts of each motion."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from builders.corpus.writer import ABOUT, ATTRIBUTES_FILE, LICENCE, SEGMENTS_FILE
from pipelines.sources import Text
from radarsim.errors import InputError

_WHOLE = ("0.0", "0.0")
_NO_SENTENCES = ((), "")  # no sentences, and empty provenance


@dataclass(frozen=True, kw_only=True)
class MotionCorpus:
    """A folder written by `builders.motions`.

    Attributes:
        folder: folder of the corpus.
        source: origin of the takes, as stated in datasets; shifted domains are marked as stand-ins.
        texts: texts of each motion, keyed by its path within the folder.
    """

    folder: Path
    source: str
    texts: dict[str, tuple[Text, ...]]

    def annotate(self, take):
        """Add source, licence and texts to a take."""
        path = "/".join(Path(take.path).parts[-2:])
        texts = self.texts.get(path, ())
        return replace(take, source=self.source, licence=LICENCE, texts=texts)


def find_corpora(paths: Iterable[Path]) -> dict[Path, MotionCorpus]:
    """Find the corpus of each motion file; files outside of corpora are omitted.

    Args:
        paths: paths of motion files.

    Returns:
        The corpora, keyed by path.

    Raises:
        InputError: a corpus is incomplete, or its files cannot be read.
    """
    # A corpus has one folder per person, so it is two levels above its motion files.
    folders = {path: Path(os.path.abspath(path)).parent.parent for path in paths}
    found = {folder: find_corpus(folder) for folder in dict.fromkeys(folders.values())}
    return {path: found[folder] for path, folder in folders.items() if found[folder]}


def find_corpus(folder: str | Path) -> MotionCorpus | None:
    """Read the corpus in a folder; None if the folder is not a corpus.

    Raises:
        InputError: the corpus is incomplete, or its files cannot be read.
    """
    folder = Path(folder)
    return _read(folder) if (folder / ABOUT).is_file() else None


def _read(folder: Path) -> MotionCorpus | None:
    about = _json(folder / ABOUT)
    if not (isinstance(about, dict) and isinstance(about.get("order"), dict)):
        return None
    if not about.get("complete"):
        hint = "run the same radarsim motions command again to complete it"
        raise InputError(folder / ABOUT, "complete", "the corpus is incomplete", hint)
    spec = about["order"]
    name = "built-in" if spec["domain"] == "home" else f"stand-in {spec['domain']}"
    source = f"{name}, {spec['source']}"
    # The source of a take identifies the people, who are the same with and without cameras, so the
    # cameras are stated in the source of the texts.
    of_texts = source
    if spec.get("cameras"):
        of_texts += f", motion fitted to simulated camera joints ({spec['cameras']})"
    sentences = _sentences(folder / ATTRIBUTES_FILE)
    texts = {}
    for number, entry in _json(folder / SEGMENTS_FILE).items():
        labels = entry["frame_ann"]["labels"]
        lines = (folder / "texts" / f"{number}.txt").read_text("utf-8").splitlines()
        path = entry["feat_p"].split("/", 1)[1]
        found = [
            *_labels(labels, of_texts, sentences),
            *_captions(lines, labels, of_texts, sentences),
        ]
        texts[path] = tuple(found)
    return MotionCorpus(folder=folder, source=source, texts=texts)


def _labels(labels, source, sentences):
    """Labels of a take; labels of activities have sentences, labels of phrases do not.

    The label of a clip window that spans several phrases joins the labels of the phrases.
    """
    alone = len(labels) == 1
    for label in labels:
        caption = label["proc_label"]
        wording, provenance = sentences.get(caption, [_NO_SENTENCES])[0] if alone else _NO_SENTENCES
        yield Text(
            caption=caption,
            source=source,
            start_s=label["start_t"],
            end_s=None if alone else label["end_t"],
            kind="label" if alone else "action",
            sentences=wording,
            provenance=provenance,
        )


def _captions(lines, labels, source, sentences):
    """Captions of single phrases or activities.

    Captions of whole sequences are omitted, because they do not describe shorter clip windows.
    """
    for number, line in enumerate(lines):
        caption, _, start, end = line.rsplit("#", 3)
        whole = (start, end) == _WHOLE
        if whole and len(labels) > 1:
            continue
        wordings = sentences.get(caption) or [_NO_SENTENCES]
        wording, provenance = wordings[number % len(wordings)]
        yield Text(
            caption=caption,
            source=source,
            start_s=float(start),
            end_s=None if whole else float(end),
            sentences=wording,
            provenance=provenance,
        )


def _sentences(path: Path) -> dict[str, list]:
    """Wordings of the five sentences of each caption, with their provenance."""
    parts, provenances = defaultdict(dict), {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        key = row["caption"], row["variant"]
        parts[key][row["part"]] = row["sentence"]
        provenances[key] = row["provenance"]
    found = defaultdict(list)
    for key, wording in sorted(parts.items(), key=lambda item: item[0]):
        found[key[0]].append((tuple(sorted(wording.items())), provenances[key]))
    return found


def _json(path: Path):
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({error})"
        raise InputError(path, "JSON", problem, "create the corpus again") from None
