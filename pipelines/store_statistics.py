"""What a store's tables add up to: clips, hours, people, labels, texts and licences.

Parts are read one after the other, so a million clips take no more memory than their names.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.plan import DRAWN, SPLITS
from pipelines.schema import TABLES
from pipelines.store_folder import StoreFolder
from radarsim.errors import InputError

# What the clips of a store of captures have in place of a body model.
RECORDED_BODY = "recorded"
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
_HINT = "python -m builders.check says what is damaged"
_VARIED = (*DRAWN, "sigma_rad")


@dataclass
class ClipTotal:
    """Clips and seconds of them."""

    clips: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.clips += 1
        self.seconds += seconds


@dataclass(kw_only=True)
class StoreStatistics:
    """The sums.

    Attributes:
        made: all clips that hold something.
        failed: clips that could not be simulated.
        unlabelled: made clips that nobody said anything about.
        splits, official: by split; "" where the publishers have none.
        motions: by (source, licence).
        labels: by caption id, the stretches that bear it as their label.
        subjects: the splits that each is in.
        captions: (words, source, licence) by id.
        said: segments by source of their caption.
        frames: clips by their number of frames.
        ranges: lowest and highest of what varies from clip to clip.
        bodies: that echoed.
    """

    made: ClipTotal = field(default_factory=ClipTotal)
    failed: int = 0
    unlabelled: int = 0
    splits: dict[str, ClipTotal] = field(default_factory=dict)
    official: dict[str, ClipTotal] = field(default_factory=dict)
    motions: dict[tuple[str, str], ClipTotal] = field(default_factory=dict)
    labels: dict[str, ClipTotal] = field(default_factory=dict)
    subjects: dict[str, set[str]] = field(default_factory=dict)
    captions: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    said: Counter = field(default_factory=Counter)
    frames: Counter = field(default_factory=Counter)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    bodies: set[str] = field(default_factory=set)

    def subjects_in(self, split: str) -> int:
        """How many people a split holds."""
        return sum(split in splits for splits in self.subjects.values())

    @property
    def split_names(self) -> list[str]:
        """Splits that hold clips, train first."""
        return sorted(self.splits, key=lambda name: SPLITS.index(name) if name in SPLITS else 9)

    @property
    def is_recorded(self) -> bool:
        """Whether a radar recorded it: else it is simulated, or some of it is."""
        return self.bodies == {RECORDED_BODY}

    @property
    def named_labels(self) -> dict[str, ClipTotal]:
        """Labels by their words."""
        return {self.captions.get(key, (key,))[0]: amount for key, amount in self.labels.items()}

    @property
    def leaking(self) -> list[str]:
        """People in more than one split."""
        return sorted(name for name, splits in self.subjects.items() if len(splits) > 1)


def root_attributes(folder: StoreFolder) -> dict:
    """What the store's root group says of it; empty where it cannot be read."""
    return _root(folder).get("attributes", {})


def root_arrays(folder: StoreFolder) -> dict[str, dict]:
    """Metadata of the store's arrays by name."""
    consolidated = _root(folder).get("consolidated_metadata") or {}
    return dict(sorted(consolidated.get("metadata", {}).items()))


def compute_statistics(folder: StoreFolder) -> StoreStatistics:
    """Add up a store's tables.

    Args:
        folder: where the store lies; its tables are all there.

    Returns:
        The sums.

    Raises:
        InputError: a table is damaged.
    """
    period_s = float(root_attributes(folder).get("frame_period_s", 0.0))
    census = StoreStatistics()
    for part in _parts(folder, "captions"):
        for row in part.to_pylist():
            census.captions.setdefault(row["id"], (row["text"], row["source"], row["licence"]))
    for clips, segments in zip(_parts(folder, "clips"), _parts(folder, "segments")):
        _count_clips(census, clips, period_s, _count_segments(census, segments))
    return census


def _count_segments(census: StoreStatistics, part: pa.Table) -> set[int]:
    """Count a shard's segments; returns the rows of the clips that have some."""
    rows = set()
    for segment in part.to_pylist():
        rows.add(segment["row"])
        _, source, _ = census.captions.get(segment["caption"], ("", "unknown", ""))
        census.said[source] += 1
        if segment["kind"] == "label":
            length_s = segment["end_s"] - segment["start_s"]
            census.labels.setdefault(segment["caption"], ClipTotal()).add(length_s)
    return rows


def _count_clips(
    census: StoreStatistics, part: pa.Table, period_s: float, spoken_of: set[int]
) -> None:
    for clip in part.select(_CLIP_COLUMNS).to_pylist():
        if not clip["num_frames"]:
            census.failed += 1
            continue
        seconds = clip["num_frames"] * period_s
        census.made.add(seconds)
        census.frames[clip["num_frames"]] += 1
        census.bodies.add(clip["body"])
        census.unlabelled += clip["row"] not in spoken_of
        census.splits.setdefault(clip["split"], ClipTotal()).add(seconds)
        census.official.setdefault(clip["official_split"], ClipTotal()).add(seconds)
        census.motions.setdefault((clip["source"], clip["licence"]), ClipTotal()).add(seconds)
        census.subjects.setdefault(clip["subject"], set()).add(clip["split"])
    for name in _VARIED:
        values = [*census.ranges.get(name, ()), *part[name].to_pylist()]
        if values:
            census.ranges[name] = min(values), max(values)


def _parts(folder: StoreFolder, table: str) -> Iterator[pa.Table]:
    for path in folder.files():
        if path.startswith(f"tables/{table}/part-"):
            try:
                part = pq.read_table(io.BytesIO(folder.read(path) or b""))
            except (pa.ArrowException, OSError, ValueError):
                raise InputError(folder.root, path, "cannot be read", _HINT) from None
            if missing := sorted(TABLES[table].keys() - set(part.column_names)):
                raise InputError(folder.root, path, f"lacks the column {missing[0]}", _HINT)
            yield part


def _root(folder: StoreFolder) -> dict:
    try:
        root = json.loads(folder.read("zarr.json") or b"{}")
    except (ValueError, RecursionError):
        return {}
    return root if isinstance(root, dict) else {}
