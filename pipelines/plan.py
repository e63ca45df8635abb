"""The plan of a store: all clips in row order, with their shards, splits, placements and seeds.

`clip_selection.select_clips` finds the clips of each take; `make_plan` assigns row, shard and
split. Seeds and random draws are derived from a hash of the recipe's seed and the clip's id, never
from the order of processing, so a resumed build gives the same store as an uninterrupted one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from pipelines.recipe import Placements, Recipe
from radarsim.radar.radar import Radar

SPLITS = ("train", "val", "test")
# Pairs of (number of clips, shard size): the shard size applies to stores with fewer clips. Larger
# stores have shards of MAX_SHARD_SIZE clips. The shard size does not depend on the number of
# workers.
SHARD_SIZES = ((1_000, 4), (10_000, 16), (500_000, 128))
MAX_SHARD_SIZE = 512
# Fields of a clip that are drawn from the ranges of `Placements` and of `Simulation`.
DRAWN = ("distance_m", "lateral_m", "heading_rad", "radar_height_m", "radar_tilt_rad")
DRAWN_SIMULATION = ("sigma_rad", "extra_noise_db")
SEE_LINES = "each has a line above that says what to do"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A further person in a clip, with a window of another take and a placement of its own.

    Attributes:
        take, source, licence, subject, take_sha256, gender: properties of the take.
        start_s: start of the window in the take.
        distance_m, lateral_m, heading_rad: placement at the start of the clip.
    """

    take: str
    source: str
    licence: str
    subject: str
    take_sha256: str = ""
    gender: str = ""
    start_s: float = 0.0
    distance_m: float = 0.0
    lateral_m: float = 0.0
    heading_rad: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A window of a take with a placement of the radar, which becomes one row of the store.

    Attributes:
        id: unique name, built from the take, the window and the placement.
        take, source, licence, subject, official_split, take_sha256, gender: properties of the take.
        split_group: property of the take, which is used in the plan only and not stored.
        start_s: start of the window in the take.
        num_frames: number of radar frames until the subject leaves the area or the window ends.
        distance_m, lateral_m, heading_rad, radar_height_m, radar_tilt_rad: placement of subject and
            radar.
        sigma_rad: width of the quasi-specular lobe.
        extra_noise_db: increase of the receiver's noise figure.
        seed: seed for all random numbers of the clip.
        row, shard, split: position in the store, assigned by `make_plan`.
        others: further people in the scene; empty if the subject is alone.
    """

    id: str
    take: str
    source: str
    licence: str
    subject: str
    official_split: str = ""
    take_sha256: str = ""
    gender: str = ""
    start_s: float = 0.0
    num_frames: int = 0
    distance_m: float = 0.0
    lateral_m: float = 0.0
    heading_rad: float = 0.0
    radar_height_m: float = 0.0
    radar_tilt_rad: float = 0.0
    sigma_rad: float = 0.0
    extra_noise_db: float = 0.0
    seed: int = 0
    row: int = -1
    shard: int = -1
    split: str = ""
    others: tuple[Person, ...] = ()
    split_group: str = ""

    @property
    def takes(self) -> tuple[str, ...]:
        """Ids of the takes of all people, the main person first."""
        return self.take, *(person.take for person in self.others)


@dataclass(frozen=True, kw_only=True)
class Note:
    """A count of clips, motions or texts that were left out or cut short, for the closing summary.

    Attributes:
        cause: short description of the cause; the counts of notes with equal causes are added.
        count: number of clips, motions or texts.
        line: one line with details, or "" if there are no details.
        remedy: option or action that changes the count; "" if there is no such option or action.
    """

    cause: str
    count: int = 1
    line: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class ClipSelection:
    """Clips of one take, before they are assigned to rows, shards and splits.

    Attributes:
        clips: clips without row, shard and split.
        notes: counts of clips, motions or texts that were left out or cut short.
        findings: properties that the file reader inferred and that the user should check.
    """

    clips: tuple[Clip, ...] = ()
    notes: tuple[Note, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All clips of a store, in row order."""

    recipe: Recipe
    clips: tuple[Clip, ...]
    clips_per_shard: int

    @property
    def num_shards(self) -> int:
        return -(-len(self.clips) // self.clips_per_shard)

    def shard(self, shard: int) -> tuple[Clip, ...]:
        """Return the clips of one shard, all of which are made by the same task."""
        first = shard * self.clips_per_shard
        return self.clips[first : first + self.clips_per_shard]

    @property
    def num_frames(self) -> int:
        """Total number of radar frames in all clips."""
        return sum(clip.num_frames for clip in self.clips)

    @property
    def duration_s(self) -> float:
        """Total radar time of all clips [s]."""
        return self.num_frames * self.recipe.radar.frame.period_s

    @property
    def split_counts(self) -> dict[str, int]:
        """Number of clips per split, in the order train, val, test."""
        counts = Counter(clip.split for clip in self.clips)
        return {split: counts[split] for split in SPLITS}

    @property
    def digest(self) -> str:
        """SHA-256 over all fields of the clips, in hexadecimal."""
        text = "\n".join(json.dumps(_values(clip), sort_keys=True) for clip in self.clips)
        return hashlib.sha256(text.encode()).hexdigest()


def make_plan(recipe: Recipe, clips: Iterable[Clip]) -> Plan:
    """Assign rows, shards and splits to clips in the given order.

    Args:
        recipe: recipe of the dataset; if `recipe.limit` is set, only the first `limit` clips are
            kept.
        clips: clips from `clip_selection.select_clips`.

    Returns:
        The plan of the store.
    """
    kept = list(clips)[: recipe.limit or None]
    per_shard = clips_per_shard(len(kept))
    splits = split_subjects(recipe, [group_of(clip) for clip in kept])
    placed = tuple(
        replace(clip, row=row, shard=row // per_shard, split=splits[group_of(clip)])
        for row, clip in enumerate(kept)
    )
    return Plan(recipe=recipe, clips=placed, clips_per_shard=per_shard)


def clips_per_shard(num_clips: int) -> int:
    """Number of clips per shard; one task writes one shard."""
    return next((size for below, size in SHARD_SIZES if num_clips < below), MAX_SHARD_SIZE)


def group_of(clip_or_take) -> str:
    """Name of the group whose members are in one split: `split_group`, or else the subject."""
    return clip_or_take.split_group or clip_or_take.subject


def split_subjects(recipe: Recipe, subjects: Iterable[str]) -> dict[str, str]:
    """Assign a split to each subject by a hash of the subject's name.

    Every split with a share above zero gets at least one subject, provided that at least one
    subject remains for train.

    Args:
        recipe: recipe that contains the shares of the splits and the seed.
        subjects: names of the subjects, or of groups of them (see `group_of`); repeats are
            allowed.

    Returns:
        Split of each subject, keyed by name.
    """
    order = sorted(set(subjects), key=lambda name: _hash(recipe.seed, "split", name))
    shares = {"test": recipe.splits.test, "val": recipe.splits.validation}
    splits, taken = dict.fromkeys(order, "train"), 0
    for split, share in shares.items():
        count = max(round(share * len(order)), 1 if share > 0 else 0)
        count = min(count, max(len(order) - 1 - taken, 0)) if share < 1 else len(order)
        for name in order[taken : taken + count]:
            splits[name] = split
        taken += count
    return splits


def clip_seed(recipe: Recipe, clip_id: str) -> int:
    """Seed of a clip: 63 bits of a hash of the recipe's seed and the clip's id."""
    return int.from_bytes(_hash(recipe.seed, "clip", clip_id)[:8]) >> 1


def draw(recipe: Recipe, name: str, ends: tuple[float, float], drawn_for: str) -> float:
    """Draw a value uniformly between two limits; equal arguments always give the same value.

    Args:
        recipe: recipe that contains the seed.
        name: name of the value; values with different names are independent.
        ends: lower and upper limit.
        drawn_for: id of the clip or take for which the value is drawn.

    Returns:
        The drawn value.
    """
    unit = int.from_bytes(_hash(recipe.seed, name, drawn_for)[:7]) / 2.0**56
    low, high = ends
    return low + (high - low) * unit


def draw_placement(recipe: Recipe, drawn_for: str) -> dict[str, float]:
    """Draw the placement of subject and radar, as values for fields of a `Clip`."""
    ranges: Placements = recipe.placements
    return {name: draw(recipe, name, getattr(ranges, name), drawn_for) for name in DRAWN}


def draw_simulation(recipe: Recipe, clip_id: str) -> dict[str, float]:
    """Draw values for those fields of a `Clip` that are listed in `DRAWN_SIMULATION`."""
    ranges = recipe.simulation
    return {name: draw(recipe, name, getattr(ranges, name), clip_id) for name in DRAWN_SIMULATION}


def radar_of_clip(recipe: Recipe, clip: Clip) -> Radar:
    """The recipe's radar, with numbers drawn for the clip from the ranges of its receiver."""
    if recipe.receiver is None:
        return recipe.radar
    profile = recipe.receiver.drawn(
        lambda name, ends: draw(recipe, f"receiver.{name}", ends, clip.id)
    )
    return replace(recipe.radar, profile=profile)


def _values(clip: Clip) -> dict:
    """Fields of a clip; without `others` if the subject is alone, so that old digests are kept.

    The group is left out, because the split follows from it.
    """
    values = asdict(clip)
    del values["split_group"]
    if not clip.others:
        del values["others"]
    return values


def _hash(seed: int, *names: str) -> bytes:
    return hashlib.sha256("\x1f".join([str(seed), *names]).encode()).digest()
