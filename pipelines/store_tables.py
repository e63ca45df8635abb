"""Parquet tables of a shard: clips, segments, captions and attribute sentences.

Each shard writes one part of each table, with the columns of `schema.TABLES`. The id of a caption
is a hash of its text, so a caption has the same id in all shards.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.caption_datasets.motion_texts import window_label
from pipelines.plan import Clip, Person
from pipelines.schema import ALL_TABLES, PEOPLE_TABLES, TABLES
from pipelines.sources import Text

Rows = list[dict[str, object]]


def part_path(table: str, shard: int) -> str:
    """Path of a shard's part of a table inside the store."""
    return f"tables/{table}/part-{shard:06d}.parquet"


def shard_tables(
    clips: Iterable[Clip],
    texts: Mapping[str, tuple[Text, ...]],
    radar: str,
    body: str,
    period_s: float,
) -> dict[str, Rows]:
    """Rows of the tables for the clips of one shard; four tables if no clip has further people.

    Args:
        clips: clips with their final number of frames (0 if the clip failed).
        texts: texts of each take, keyed by take id.
        radar, body: names of radar and body, which are the same for all clips.
        period_s: radar frame period [s].

    Returns:
        Rows of each table, keyed by table name.
    """
    clips = list(clips)
    several = any(clip.others for clip in clips)
    rows: dict[str, Rows] = {table: [] for table in (ALL_TABLES if several else TABLES)}
    captions: dict[str, tuple[Text, str]] = {}
    for clip in clips:
        rows["clips"].append(_clip_row(clip, radar, body))
        duration_s = clip.num_frames * period_s
        for text in _with_label(texts.get(clip.take, ()), clip.start_s, duration_s):
            segment = _segment_row(clip, text, duration_s)
            if segment:
                rows["segments"].append(segment)
                captions.setdefault(text.caption_id, (text, text.licence or clip.licence))
        for number, person in enumerate(clip.others, start=1):
            rows["people"].append(_person_row(clip, number, person))
            rows["people_segments"] += _person_segments(
                clip, number, person, texts.get(person.take, ()), duration_s
            )
    for caption_id, (text, licence) in sorted(captions.items()):
        about = {"id": caption_id, "text": text.caption, "source": text.source}
        rows["captions"].append({**about, "licence": licence})
        rows["attributes"] += _attribute_rows(caption_id, text)
    return rows


def parquet_bytes(table: str, rows: Rows) -> bytes:
    """Encode rows as a Parquet file; equal rows give equal bytes."""
    columns = ALL_TABLES[table]
    schema = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in columns.items()])
    arrow = pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows], schema)
    sink = io.BytesIO()
    pq.write_table(arrow, sink, compression="zstd", compression_level=3)
    return sink.getvalue()


def read_table(parts: Iterable[bytes]) -> pa.Table:
    """Concatenate the parts of a table in the given order."""
    return pa.concat_tables([pq.read_table(io.BytesIO(part)) for part in parts])


def _clip_row(clip: Clip, radar: str, body: str) -> dict[str, object]:
    values = {name: getattr(clip, name) for name in TABLES["clips"] if hasattr(clip, name)}
    return {**values, "radar": radar, "body": body}


def _person_row(clip: Clip, number: int, person: Person) -> dict[str, object]:
    names = {"row": clip.row, "clip": clip.id, "person": number, "split": clip.split}
    return names | {
        name: getattr(person, name) for name in PEOPLE_TABLES["people"] if name not in names
    }


def _person_segments(
    clip: Clip, number: int, person: Person, texts: tuple[Text, ...], duration_s: float
) -> Rows:
    """Segments of a further person, with the text itself instead of the id of a caption."""
    window = replace(clip, start_s=person.start_s)
    rows = []
    for text in _with_label(texts, person.start_s, duration_s):
        segment = _segment_row(window, text, duration_s)
        if segment:
            licence = text.licence or person.licence
            about = {"text": text.caption, "source": text.source, "licence": licence}
            rows.append({**segment, "person": number, **about})
    return rows


def _with_label(texts: tuple[Text, ...], start_s: float, duration_s: float) -> list[Text]:
    """Texts of a take and, if the window shows actions, a label that lists these actions."""
    label = window_label(texts, start_s, start_s + duration_s)
    return [*texts, label] if label else [*texts]


def _segment_row(clip: Clip, text: Text, duration_s: float) -> dict[str, object] | None:
    """Return a segment row: a text's time span cut to the clip, relative to the clip's start."""
    end_s = duration_s if text.end_s is None else text.end_s - clip.start_s
    start_s, end_s = max(text.start_s - clip.start_s, 0.0), min(end_s, duration_s)
    if end_s <= start_s:
        return None
    times = {"start_s": start_s, "end_s": end_s}
    names = {"caption": text.caption_id, "kind": text.kind}
    return {"row": clip.row, "clip": clip.id, **times, **names}


def _attribute_rows(caption_id: str, text: Text) -> Rows:
    return [
        {
            "caption": caption_id,
            "variant": variant,
            "part": part,
            "sentence": sentence,
            "provenance": text.provenance,
        }
        for variant, wording in enumerate((text.sentences, *text.variants))
        for part, sentence in wording
    ]


_TYPES = {
    "string": pa.string(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "int32": pa.int32(),
}
