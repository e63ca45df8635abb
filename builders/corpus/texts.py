"""A made-up corpus read back: its licence, and what it says of each motion."""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from builders.corpus.files import ABOUT, ATTRIBUTES_FILE, LICENCE, SEGMENTS_FILE
from pipelines.sources import Text
from radarsim.errors import InputError

_WHOLE = ("0.0", "0.0")


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A folder of `builders.motions`.

    Attributes:
        source: what its takes are said to come from; a stand-in is called one.
        texts: by the motion's path within the folder.
    """

    source: str
    texts: dict[str, tuple[Text, ...]]

    def told(self, take):
        """The take with its true source and licence, and its texts."""
        path = "/".join(Path(take.path).parts[-2:])
        texts = self.texts.get(path, ())
        return replace(take, source=self.source, licence=LICENCE, texts=texts)


def find_corpus(folder: str | Path) -> Corpus | None:
    """The corpus that a folder is, or is a person of; None where it is something else.

    Raises:
        InputError: it is one, and its files cannot be read.
    """
    for place in (Path(folder), Path(folder).absolute().parent):
        if (place / ABOUT).is_file():
            return _read(place)
    return None


def _read(folder: Path) -> Corpus | None:
    about = _json(folder / ABOUT)
    if not (isinstance(about, dict) and isinstance(about.get("order"), dict)):
        return None
    if not about.get("complete"):
        hint = "let builders.motions finish it first"
        raise InputError(folder / ABOUT, "complete", "the corpus is not", hint)
    order = about["order"]
    name = "built-in" if order["domain"] == "home" else f"stand-in {order['domain']}"
    source = f"{name}, {order['source']}"
    sentences = _sentences(folder / ATTRIBUTES_FILE)
    texts = {}
    for number, entry in _json(folder / SEGMENTS_FILE).items():
        labels = entry["frame_ann"]["labels"]
        lines = (folder / "texts" / f"{number}.txt").read_text("utf-8").splitlines()
        path = entry["feat_p"].split("/", 1)[1]
        found = [*_labels(labels, source, sentences), *_captions(lines, labels, source, sentences)]
        texts[path] = tuple(found)
    return Corpus(source=source, texts=texts)


def _labels(labels, source, sentences):
    """One activity is a label with its sentences; actions of a score may be joined by a window."""
    for each in labels:
        words, alone = each["proc_label"], len(labels) == 1
        said = sentences.get(words, [((), "")])[0] if alone else ((), "")
        yield Text(
            caption=words, source=source, start_s=each["start_t"],
            end_s=None if alone else each["end_t"], kind="label" if alone else "action",
            sentences=said[0], provenance=said[1],
        )  # fmt: skip


def _captions(lines, labels, source, sentences):
    """Captions of a single stretch; those of a whole score do not hold within a window of it."""
    for number, line in enumerate(lines):
        caption, _, start, end = line.rsplit("#", 3)
        whole = (start, end) == _WHOLE
        if whole and len(labels) > 1:
            continue
        ways = sentences.get(caption) or [((), "")]
        said, provenance = ways[number % len(ways)]
        yield Text(
            caption=caption, source=source, start_s=float(start),
            end_s=None if whole else float(end), sentences=said, provenance=provenance,
        )  # fmt: skip


def _sentences(path: Path) -> dict[str, list]:
    """Wordings of the five sentences of each caption, with their provenance."""
    parts = defaultdict(dict)
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        told = parts[row["caption"], row["variant"]]
        told[row["part"]], told[""] = row["sentence"], row["provenance"]
    found = defaultdict(list)
    for (caption, _), told in sorted(parts.items()):
        provenance = told.pop("")
        found[caption].append((tuple(sorted(told.items())), provenance))
    return found


def _json(path: Path):
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            path, "JSON", f"cannot be read ({error})", "make the corpus again"
        ) from None
