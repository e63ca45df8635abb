"""Read a store: its clips, texts, arrays and tables."""

import json
from dataclasses import fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import zarr

from pipelines.device_record import kept_frames_per_batch
from pipelines.plan import Clip, Person
from pipelines.recipe import Recipe
from pipelines.recipe_toml import parse_recipe
from pipelines.schema import FORMAT, HEATMAPS, READABLE_VERSIONS
from pipelines.storage import open_folder
from pipelines.store_tables import read_table
from pipelines.store_writer import CHECKSUMS
from radarsim.errors import InputError

_DAMAGED = "radarsim check lists damaged files; build the store again"
# Maps axis names in `radarsim.heatmaps.heatmaps.heatmap_axes` to coordinate arrays of a store.
_AXES = {
    "time_s": "column_time",
    "range_m": "range",
    "speed_mps": "speed",
    "angle_rad": "angle",
}


class Store:
    """A store opened for reading; the row number of a clip is the same in all arrays.

    Args:
        path: folder or URL of the store.

    Raises:
        InputError: the folder is not a store, or its schema version is not supported.
    """

    def __init__(self, path: str | Path):
        self.path = path
        self._folder = open_folder(path)
        self.attributes = self._checked_attributes()
        self.group = self._opened()

    @cached_property
    def recipe(self) -> Recipe:
        """Recipe from which the store was built."""
        return parse_recipe(str(self.attributes.get("recipe", "")), f"{self.path} recipe")

    @cached_property
    def clips(self) -> dict[int, Clip]:
        """Clips that have been written, keyed by row."""
        others: dict[int, tuple[Person, ...]] = {}
        try:
            for row in sorted(self.table("people"), key=lambda row: row["person"]):
                others[row["row"]] = (*others.get(row["row"], ()), _known(Person, row))
            found = {
                row["row"]: _known(Clip, {**row, "others": others.get(row["row"], ())})
                for row in self.table("clips")
            }
        except (TypeError, KeyError) as error:
            problem = f"lacks a column ({error})"
            raise InputError(
                self.path, "tables/clips or tables/people", problem, _DAMAGED
            ) from None
        if not found:
            hint = "wait for its build, or run it again"
            raise InputError(self.path, "tables/clips", "has no clips yet", hint)
        return dict(sorted(found.items()))

    @cached_property
    def actions(self) -> frozenset[str]:
        """Names of the actions that the clips show."""
        texts = {row["id"]: row["text"] for row in self.table("captions")}
        shown = {row["caption"] for row in self.table("segments") if row["kind"] == "action"}
        return frozenset(texts[caption] for caption in shown if caption in texts)

    @cached_property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of each file; empty until the store is finished."""
        try:
            files = json.loads(self._folder.read(CHECKSUMS) or b"{}").get("files")
        except (ValueError, AttributeError, RecursionError):
            files = None
        return files if isinstance(files, dict) else {}

    @property
    def frames_per_batch(self) -> int | None:
        """Number of frames that a GPU simulated at a time; None for a store made by a CPU."""
        return kept_frames_per_batch(self._folder)

    @property
    def name(self) -> str:
        """Name of the store's folder."""
        return Path(str(self.path)).name

    @property
    def recorded(self) -> bool:
        """Whether the clips are recordings rather than simulations."""
        return bool(self.attributes.get("recorded"))

    @property
    def num_clips(self) -> int:
        """Number of rows, failed clips included."""
        return self.group["num_frames"].shape[0]

    @property
    def period_s(self) -> float:
        """Frame period of the radar [s]."""
        return self.recipe.radar.frame.period_s

    def rows(self, wanted: str) -> list[int]:
        """Return the rows that a command-line option selects.

        Args:
            wanted: a row number, the id of a clip, `FIRST:END` (END excluded) or `all`.

        Raises:
            InputError: the store has no such clip.
        """
        if wanted == "all":
            return list(self.clips)
        by_id = {clip.id: row for row, clip in self.clips.items()}
        if wanted in by_id:
            return [by_id[wanted]]
        try:
            ends = [int(end) if end else None for end in wanted.split(":")]
        except ValueError:
            ends = []
        if len(ends) == 1 and ends[0] in self.clips:
            return [ends[0]]
        if len(ends) == 2:
            first, end = ends[0] or 0, max(self.clips) + 1 if ends[1] is None else ends[1]
            if found := [row for row in self.clips if first <= row < end]:
                return found
        known = f"rows {min(self.clips)} to {max(self.clips)}, ids such as {next(iter(by_id))}"
        raise InputError(self.path, "--clip", f"has no clip {wanted}", f"choose from {known}")

    def caption(self, row: int) -> str:
        """Captions of a clip, in order and joined by ", then "; "" if the clip has no text."""
        captions, spans = [], set()
        segments = self._segments.get(row, ())
        labels = [segment for segment in segments if segment.get("kind") == "label"]
        for segment in labels or segments:
            span = segment["start_s"], segment["end_s"]
            # All further captions of a time span are other wordings of the first caption.
            if span not in spans:
                spans.add(span)
                captions.append(self._captions[segment["caption"]])
        return ", then ".join(captions)

    @cached_property
    def heatmaps(self) -> tuple[str, ...]:
        """Names of the heatmaps of the store."""
        return tuple(name for name in HEATMAPS if name in self.group)

    def maps(self, row: int) -> dict[str, np.ndarray]:
        """Return the heatmaps of a clip, keyed by name [dB above noise], without padding columns.

        Raises:
            InputError: the clip failed when the store was built.
        """
        columns = int(self.array("num_columns", row))
        if not columns:
            problem = "could not be simulated when the store was built"
            hint = "radarsim check prints the cause; choose another clip"
            raise InputError(self.path, f"clip {row}", problem, hint)
        return {name: self.array(name, row)[:columns] for name in self.heatmaps}

    def axes(self) -> dict[str, np.ndarray]:
        """Coordinates of the heatmaps, keyed by the axis names of `heatmap_axes`."""
        present = {name: stored for name, stored in _AXES.items() if stored in self.group}
        return {name: self.group[stored][:] for name, stored in present.items()}

    def cube_v(self, row: int) -> np.ndarray | None:
        """IF cube of a clip without padding frames, complex [V]; None if the store has no cubes."""
        if "if_cube" not in self.group:
            return None
        scale_v = self.group["if_cube"].attrs.get("scale_factor", 1.0)
        num_frames = int(self.array("num_frames", row))
        parts = self.group["if_cube"][row, :num_frames].astype(np.float32) * np.float32(scale_v)
        return parts[..., 0] + 1j * parts[..., 1]

    def has(self, name: str) -> bool:
        """Whether the store has an array with this name."""
        return name in self.group

    def array(self, name: str, row: int) -> np.ndarray:
        """Return one row (one clip) of a per-clip array."""
        return self.rows_of(name, row)

    def rows_of(self, name: str, rows: int | slice) -> np.ndarray:
        """Return one or several rows of an array.

        Raises:
            InputError: the store has no such array, or the file of the array is damaged.
        """
        try:
            return self.group[name][rows]
        except Exception as error:  # Zarr and its codecs raise many exceptions for damaged files
            which = f"{rows.start} to {rows.stop}" if isinstance(rows, slice) else rows
            raise InputError(self.path, f"{name} {which}", _unreadable(error), _DAMAGED) from None

    def _opened(self) -> zarr.Group:
        try:
            return zarr.open_group(self._folder.zarr_store(), mode="r")
        except Exception as error:  # Zarr and NumPy raise many exceptions for damaged metadata
            raise InputError(self.path, "zarr.json", _unreadable(error), _DAMAGED) from None

    def _checked_attributes(self) -> dict:
        try:
            attributes = json.loads(self._folder.read("zarr.json") or b"{}").get("attributes", {})
        except (ValueError, AttributeError, OSError, RecursionError):
            attributes = {}
        if attributes.get("format") != FORMAT:
            hint = "give a folder written by radarsim dataset"
            raise InputError(self.path, "store", "is not a store", hint)
        version = attributes.get("schema_version")
        if version not in READABLE_VERSIONS:
            known = " and ".join(map(str, READABLE_VERSIONS))
            problem = f"is {version}, but this code reads {known}"
            hint = "use the release that wrote it, or build it again"
            raise InputError(self.path, "schema_version", problem, hint)
        return attributes

    def table(self, name: str, as_built: bool = False) -> list[dict]:
        """Return the rows of a table; `as_built` omits rows that were attached after the build."""
        start = f"tables/{name}/{'part-' if as_built else ''}"
        parts = [path for path in self._files if path.startswith(start)]
        try:
            return read_table(map(self._folder.read, parts)).to_pylist() if parts else []
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(self.path, f"tables/{name}", _unreadable(error), _DAMAGED) from None

    @cached_property
    def _files(self) -> list[str]:
        return self._folder.files()

    @cached_property
    def _segments(self) -> dict[int, list[dict]]:
        by_row: dict[int, list[dict]] = {}
        for segment in self.table("segments"):
            by_row.setdefault(segment["row"], []).append(segment)
        for segments in by_row.values():
            segments.sort(key=lambda segment: segment["start_s"])
        return by_row

    @cached_property
    def _captions(self) -> dict[str, str]:
        return {row["id"]: row["text"] for row in self.table("captions")}


def _known(kind: type, row: dict):
    """The record of a row, from those columns that are fields of the record."""
    names = {each.name for each in fields(kind)}
    return kind(**{name: row[name] for name in row if name in names})


def _unreadable(error: Exception) -> str:
    return f"cannot be read ({(str(error) or type(error).__name__).splitlines()[0]})"
