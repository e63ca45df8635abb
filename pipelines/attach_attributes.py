"""Attribute sentences attached to a finished store; its arrays and checksums stay as they are.

All attached sentences lie in one file beside the parts that the build wrote, so attaching is one
write: all of it or nothing. A file's sentences replace those of the same provenance, so attaching
it again changes nothing. The order in which files are attached makes no difference, and a plain
fallback counts only where nothing else is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.attribute_files import FALLBACK, Sentence, read_sentences
from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.storage import open_folder
from pipelines.store_folder import BUILD, StoreFolder
from pipelines.store_reader import Store
from pipelines.store_tables import parquet_bytes, read_table
from radarsim.errors import InputError

ATTACHED = "tables/attributes/attached.parquet"

Wordings = dict[tuple[str, str, int], dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Attached:
    """What attaching a file did.

    Attributes:
        captions: of the store that the file describes.
        variants: wordings of them that the store now has from the file.
        unknown: captions of the file that the store has not.
        incomplete: variants without a sentence for each part.
        known: variants that the build itself wrote.
        undescribed: captions of the store without any sentence.
    """

    captions: int
    variants: int
    unknown: tuple[str, ...]
    incomplete: int
    known: int
    undescribed: int


def attach(store: str | Path, file: str | Path) -> Attached:
    """Add a file's sentences to a finished store.

    Args:
        store: the store's folder or URL.
        file: see `attribute_files`.

    Returns:
        What was done.

    Raises:
        InputError: the file cannot be used, or the store is none, or not finished.
        StoreError: the store cannot be written.
    """
    opened = Store(store)
    if not opened.checksums:
        raise InputError(store, "store", "is not finished", "run its build again")
    captions = {row["text"]: row["id"] for row in opened.table("captions")}
    given, unknown = _named(read_sentences(file), captions)
    lock = (folder := open_folder(store)).lock()
    try:
        built = _wordings(Sentence(**row) for row in opened.table("attributes", as_built=True))
        attached = _wordings(Sentence(**row) for row in attached_rows(folder))
        new = {key: parts for key, parts in _wordings(given).items() if _new(key, parts, built)}
        described = {sentence.caption for sentence in given}
        provenances = {sentence.provenance for sentence in given}
        kept = {key: parts for key, parts in attached.items() if key[1] not in provenances}
        told = _without_stopgaps(built, {**kept, **new})
        folder.write(ATTACHED, parquet_bytes("attributes", _rows(built, told)))
    finally:
        folder.remove_tree(BUILD)
        lock.close()
    spoken_of = {key[0] for key in (*built, *told)}
    return Attached(
        captions=len(described),
        variants=len(new.keys() & told.keys()),
        unknown=unknown,
        incomplete=sum(len(parts) < len(ATTRIBUTE_PARTS) for parts in new.values()),
        known=len(_wordings(given)) - len(new),
        undescribed=len(set(captions.values()) - spoken_of),
    )


def attached_rows(folder: StoreFolder) -> list[dict]:
    """Rows of the table of attributes that were attached after the build."""
    data = folder.read(ATTACHED)
    return [] if data is None else read_table([data]).to_pylist()


def _named(
    sentences: Iterable[Sentence], captions: Mapping[str, str]
) -> tuple[list[Sentence], tuple[str, ...]]:
    """Sentences about the store's captions, by id; and the captions that it has not."""
    ids, found, unknown = set(captions.values()), [], {}
    for sentence in sentences:
        caption = captions.get(sentence.caption, sentence.caption)
        if caption in ids:
            found.append(Sentence(**{**asdict(sentence), "caption": caption}))
        else:
            unknown[sentence.caption] = True
    return found, tuple(unknown)


def _wordings(sentences: Iterable[Sentence]) -> Wordings:
    """Sentences by part, for each caption, provenance and variant; the last one said counts."""
    found: Wordings = {}
    for each in sentences:
        parts = found.setdefault((each.caption, each.provenance, each.variant), {})
        parts[each.part] = each.sentence
    return found


def _new(key: tuple[str, str, int], parts: dict[str, str], built: Wordings) -> bool:
    """Whether the build has not written just this."""
    caption, provenance, _ = key
    return not any(
        parts == said
        for (about, by, _), said in built.items()
        if (about, by) == (caption, provenance)
    )


def _without_stopgaps(built: Wordings, attached: Wordings) -> Wordings:
    """A plain fallback gives way to whatever else describes its caption."""
    described = {caption for caption, by, _ in (*built, *attached) if by != FALLBACK}
    return {
        key: parts
        for key, parts in attached.items()
        if key[1] != FALLBACK or key[0] not in described
    }


def _rows(built: Wordings, attached: Wordings) -> list[dict]:
    """Rows in one order; variants of a caption count on after those that the build wrote."""
    following: dict[str, int] = {}
    for caption, _, variant in built:
        following[caption] = max(following.get(caption, 0), variant + 1)
    rows = []
    for (caption, provenance, _), parts in sorted(attached.items()):
        variant = following.get(caption, 0)
        following[caption] = variant + 1
        about = {"caption": caption, "variant": variant, "provenance": provenance}
        order = sorted(parts, key=ATTRIBUTE_PARTS.index)
        rows += [{**about, "part": part, "sentence": parts[part]} for part in order]
    return rows
