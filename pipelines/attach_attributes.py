"""Attach attribute sentences to a finished store without changing its arrays or checksums.

All attached sentences are stored in one file next to the table parts that the build wrote, so
attaching sentences takes a single atomic write. Sentences from a file replace sentences attached
earlier with the same provenance, so attaching the same file a second time changes nothing. The
order in which files are attached does not matter. A fallback sentence is used only if the caption
has no other description.

A training window may be shorter than its clip and show only some of the clip's actions. The label
of such a window lists these actions and is not in the table of captions; rows about it contain the
label in place of a caption id.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.attribute_files import FALLBACK, Sentence, read_sentences
from pipelines.caption_datasets.motion_texts import joins_actions
from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.storage import open_folder
from pipelines.store_folder import BUILD, StoreFolder
from pipelines.store_reader import Store
from pipelines.store_tables import parquet_bytes, read_table
from radarsim.errors import InputError

ATTACHED = "tables/attributes/attached.parquet"


class WordingKey(NamedTuple):
    """Identifies one wording of one caption."""

    caption: str
    provenance: str
    variant: int


# Sentences of each wording, keyed by the part of the movement that the sentence describes.
Wordings = dict[WordingKey, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Attached:
    """Counts of captions and wordings after a file of sentences was attached to a store.

    Attributes:
        captions: number of captions in the store that the file describes.
        variants: number of new wordings in the store that come from the file.
        unknown: captions in the file that are not in the store.
        incomplete: number of new wordings that lack a sentence for at least one part of the
            movement.
        known: number of wordings in the file that were already in the store after the build.
        undescribed: number of captions in the store without any sentence.
    """

    captions: int
    variants: int
    unknown: tuple[str, ...]
    incomplete: int
    known: int
    undescribed: int


def attach(store: str | Path, file: str | Path) -> Attached:
    """Add the sentences of a file to a finished store.

    Args:
        store: folder or URL of the store.
        file: file of sentences, in a format described in `attribute_files`.

    Returns:
        Counts of attached and rejected wordings, and of captions without sentences.

    Raises:
        InputError: the file is invalid, or the store is missing or unfinished.
        StoreError: the store cannot be written.
    """
    opened = Store(store)
    if not opened.checksums:
        raise InputError(store, "store", "is not finished", "run its build again")
    captions = {row["text"]: row["id"] for row in opened.table("captions")}
    given, unknown = _with_caption_ids(read_sentences(file), captions, opened.actions)
    lock = (folder := open_folder(store)).lock()
    try:
        built = _wordings(Sentence(**row) for row in opened.table("attributes", as_built=True))
        attached = _wordings(Sentence(**row) for row in attached_rows(folder))
        new = {key: parts for key, parts in _wordings(given).items() if _is_new(key, parts, built)}
        described = {sentence.caption for sentence in given}
        provenances = {sentence.provenance for sentence in given}
        kept = {key: parts for key, parts in attached.items() if key.provenance not in provenances}
        merged = _without_fallbacks(built, {**kept, **new})
        folder.write(ATTACHED, parquet_bytes("attributes", _rows(built, merged)))
    finally:
        folder.remove_tree(BUILD)
        lock.close()
    all_described = {key.caption for key in (*built, *merged)}
    return Attached(
        captions=len(described),
        variants=len(new.keys() & merged.keys()),
        unknown=unknown,
        incomplete=sum(len(parts) < len(ATTRIBUTE_PARTS) for parts in new.values()),
        known=len(_wordings(given)) - len(new),
        undescribed=len(set(captions.values()) - all_described),
    )


def attached_rows(folder: StoreFolder) -> list[dict]:
    """Rows of the attributes table that were attached after the build."""
    data = folder.read(ATTACHED)
    return [] if data is None else read_table([data]).to_pylist()


def _with_caption_ids(
    sentences: Iterable[Sentence], captions: Mapping[str, str], actions: Collection[str]
) -> tuple[list[Sentence], tuple[str, ...]]:
    """Return the sentences about texts of the store, with caption ids, and unknown captions.

    Texts of the store are its captions, and labels that list actions of the store.
    """
    ids, found, unknown = set(captions.values()), [], {}
    for sentence in sentences:
        caption = captions.get(sentence.caption, sentence.caption)
        if caption in ids or joins_actions(caption, actions):
            found.append(Sentence(**{**asdict(sentence), "caption": caption}))
        else:
            unknown[sentence.caption] = True
    return found, tuple(unknown)


def _wordings(sentences: Iterable[Sentence]) -> Wordings:
    """Group sentences by wording; the last of several duplicate sentences is used."""
    found: Wordings = {}
    for each in sentences:
        parts = found.setdefault(WordingKey(each.caption, each.provenance, each.variant), {})
        parts[each.part] = each.sentence
    return found


def _is_new(key: WordingKey, parts: dict[str, str], built: Wordings) -> bool:
    """Whether the wording differs from all wordings that the build wrote."""
    return not any(
        parts == built_parts
        for built_key, built_parts in built.items()
        if (built_key.caption, built_key.provenance) == (key.caption, key.provenance)
    )


def _without_fallbacks(built: Wordings, attached: Wordings) -> Wordings:
    """Drop the attached fallback sentences of captions that have another description."""
    described = {key.caption for key in (*built, *attached) if key.provenance != FALLBACK}
    return {
        key: parts
        for key, parts in attached.items()
        if key.provenance != FALLBACK or key.caption not in described
    }


def _rows(built: Wordings, attached: Wordings) -> list[dict]:
    """Return table rows in a fixed order; variant numbers continue after those of the build."""
    next_variant: dict[str, int] = {}
    for key in built:
        next_variant[key.caption] = max(next_variant.get(key.caption, 0), key.variant + 1)
    rows = []
    for key, parts in sorted(attached.items()):
        variant = next_variant.get(key.caption, 0)
        next_variant[key.caption] = variant + 1
        wording = {"caption": key.caption, "variant": variant, "provenance": key.provenance}
        order = sorted(parts, key=ATTRIBUTE_PARTS.index)
        rows += [{**wording, "part": part, "sentence": parts[part]} for part in order]
    return rows
