"""Statistics of a store from its tables: clips, hours, people, labels, texts and licences.

Table parts are read one at a time, so memory holds only names, even for a million clips.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.plan import DRAWN, SPLITS
from pipelines.schema import ALL_TABLES, RECORDED_BODY
from pipelines.store_folder import StoreFolder
from radarsim.errors import InputError

_CLIP_COLUMNS = (
    "row",
    "body",
    "subject",
    "split",
    "official_split",
    "source",
    "licence",
    "num_frames",
)
_HINT = "radarsim check lists damaged files"
_VARIED = (*DRAWN, "sigma_rad")


@dataclass
class ClipTotal:
    """Number of clips and their total duration."""

    clips: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Add one clip to the total."""
        self.clips += 1
        self.seconds += seconds


class CaptionRow(NamedTuple):
    """A row of the captions table without its id."""

    text: str
    source: str
    licence: str


@dataclass(kw_only=True)
class StoreStatistics:
    """Totals over the tables of a store.

    Attributes:
        made: number and duration of the clips that are not empty.
        failed: number of clips that could not be simulated.
        without_text: number of non-empty clips without any text.
        splits, official: totals by split; the official split is "" if the publishers define no
            split.
        motions: totals by (source, licence) of the motion.
        labels: number and duration of the segments with each label, keyed by caption id.
        subjects: splits of each subject, keyed by subject.
        captions: captions, keyed by id.
        segments: number of segments by the source of their caption.
        frames: number of clips, keyed by frame count.
        ranges: lowest and highest value of each parameter that varies from clip to clip.
        bodies: names of all bodies used.
        people: number of clips, keyed by the number of people in the clip.
    """

    made: ClipTotal = field(default_factory=ClipTotal)
    failed: int = 0
    without_text: int = 0
    splits: dict[str, ClipTotal] = field(default_factory=dict)
    official: dict[str, ClipTotal] = field(default_factory=dict)
    motions: dict[tuple[str, str], ClipTotal] = field(default_factory=dict)
    labels: dict[str, ClipTotal] = field(default_factory=dict)
    subjects: dict[str, set[str]] = field(default_factory=dict)
    captions: dict[str, CaptionRow] = field(default_factory=dict)
    segments: Counter = field(default_factory=Counter)
    frames: Counter = field(default_factory=Counter)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    bodies: set[str] = field(default_factory=set)
    people: Counter = field(default_factory=Counter)

    def subjects_in(self, split: str) -> int:
        """Number of subjects in a split."""
        return sum(split in splits for splits in self.subjects.values())

    @property
    def split_names(self) -> list[str]:
        """Splits that contain clips, train first."""
        return sorted(self.splits, key=lambda name: SPLITS.index(name) if name in SPLITS else 9)

    @property
    def is_recorded(self) -> bool:
        """Whether all clips are recordings."""
        return self.bodies == {RECORDED_BODY}

    @property
    def totals_by_label(self) -> dict[str, ClipTotal]:
        """Values of `labels`, keyed by the text of the label instead of the caption id."""
        return {
            self.captions[key].text if key in self.captions else key: total
            for key, total in self.labels.items()
        }

    @property
    def caption_counts(self) -> Counter:
        """Number of captions by (source, licence)."""
        return Counter((caption.source, caption.licence) for caption in self.captions.values())

    @property
    def leaking_subjects(self) -> list[str]:
        """Subjects that occur in more than one split."""
        return sorted(name for name, splits in self.subjects.items() if len(splits) > 1)


def root_attributes(folder: StoreFolder) -> dict:
    """Read the attributes of the store's root group; empty if the attributes cannot be read."""
    return _root_metadata(folder).get("attributes", {})


def root_arrays(folder: StoreFolder) -> dict[str, dict]:
    """Metadata of the store's arrays, keyed by name."""
    consolidated = _root_metadata(folder).get("consolidated_metadata") or {}
    return dict(sorted(consolidated.get("metadata", {}).items()))


def compute_statistics(folder: StoreFolder) -> StoreStatistics:
    """Read the tables of a store and compute totals over all rows.

    Args:
        folder: folder of a store with all its tables.

    Returns:
        Totals over the tables.

    Raises:
        InputError: a table is damaged.
    """
    period_s = float(root_attributes(folder).get("frame_period_s", 0.0))
    statistics = StoreStatistics()
    for part in _table_parts(folder, "captions"):
        for row in part.to_pylist():
            caption = CaptionRow(row["text"], row["source"], row["licence"])
            statistics.captions.setdefault(row["id"], caption)
    for clips, segments in zip(_table_parts(folder, "clips"), _table_parts(folder, "segments")):
        _count_clips(statistics, clips, period_s, _count_segments(statistics, segments))
    _count_people(statistics, folder)
    return statistics


def _count_people(statistics: StoreStatistics, folder: StoreFolder) -> None:
    """Count the people of all clips, and the splits and licences of the further people."""
    per_clip = Counter()
    for part in _table_parts(folder, "people"):
        for person in part.to_pylist():
            per_clip[person["row"]] += 1
            statistics.subjects.setdefault(person["subject"], set()).add(person["split"])
            key = person["source"], person["licence"]
            statistics.motions.setdefault(key, ClipTotal())
    statistics.people = Counter(1 + others for others in per_clip.values())
    statistics.people[1] = statistics.made.clips + statistics.failed - len(per_clip)


def _count_segments(statistics: StoreStatistics, part: pa.Table) -> set[int]:
    """Count the segments of a shard, and return the rows of clips with at least one segment."""
    rows = set()
    for segment in part.to_pylist():
        rows.add(segment["row"])
        caption = statistics.captions.get(segment["caption"])
        statistics.segments[caption.source if caption else "unknown"] += 1
        if segment["kind"] == "label":
            length_s = segment["end_s"] - segment["start_s"]
            statistics.labels.setdefault(segment["caption"], ClipTotal()).add(length_s)
    return rows


def _count_clips(
    statistics: StoreStatistics, part: pa.Table, period_s: float, with_text: set[int]
) -> None:
    for clip in part.select(_CLIP_COLUMNS).to_pylist():
        if not clip["num_frames"]:
            statistics.failed += 1
            continue
        seconds = clip["num_frames"] * period_s
        statistics.made.add(seconds)
        statistics.frames[clip["num_frames"]] += 1
        statistics.bodies.add(clip["body"])
        statistics.without_text += clip["row"] not in with_text
        statistics.splits.setdefault(clip["split"], ClipTotal()).add(seconds)
        statistics.official.setdefault(clip["official_split"], ClipTotal()).add(seconds)
        motions = statistics.motions.setdefault((clip["source"], clip["licence"]), ClipTotal())
        motions.add(seconds)
        statistics.subjects.setdefault(clip["subject"], set()).add(clip["split"])
    for name in _VARIED:
        values = [*statistics.ranges.get(name, ()), *part[name].to_pylist()]
        if values:
            statistics.ranges[name] = min(values), max(values)


def _table_parts(folder: StoreFolder, table: str) -> Iterator[pa.Table]:
    for path in folder.files():
        if path.startswith(f"tables/{table}/part-"):
            try:
                part = pq.read_table(io.BytesIO(folder.read(path) or b""))
            except (pa.ArrowException, OSError, ValueError):
                raise InputError(folder.root, path, "cannot be read", _HINT) from None
            if missing := sorted(ALL_TABLES[table].keys() - set(part.column_names)):
                raise InputError(folder.root, path, f"lacks the column {missing[0]}", _HINT)
            yield part


def _root_metadata(folder: StoreFolder) -> dict:
    try:
        root = json.loads(folder.read("zarr.json") or b"{}")
    except (ValueError, RecursionError):
        return {}
    return root if isinstance(root, dict) else {}
