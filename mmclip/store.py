"""Arrays, axes, units and tables of a finished store, checked when the store is opened.

The metadata of a store states its layout: format and schema version in the root group, dimension
names and units in each array. Any mismatch raises an error before training starts.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mmclip.errors import MmclipError
from mmclip.settings import HEATMAPS

# Format and schema versions that this package reads.
FORMAT = "radarsim-store"
READABLE_VERSIONS = (1, 2)
# Lowest value of a heatmap [dB], which is also the fill value of the heatmap arrays.
FLOOR_DB = -10.0
BIN_AXES = {"time_doppler": "speed", "time_range": "range", "time_angle": "angle"}
UNITS = {"speed": "m/s", "range": "m", "angle": "rad", "column_time": "s"}
# Unit of recorded heatmaps whose scale is not known.
RELATIVE = "1"
# Attributes that identify the content of a store: its clips, the settings of the simulation, and
# the texts. Stores of equal plans may differ in the others, for example in the room or the labels.
DIGESTS = ("plan_digest", "recipe_digest", "texts_digest")
# Columns that each table must have.
COLUMNS = {
    "clips": ("row", "id", "subject", "split", "take", "source", "body", "num_frames"),
    "segments": ("row", "start_s", "end_s", "caption", "kind"),
    "captions": ("id", "text"),
    "attributes": ("caption", "variant", "part", "sentence", "provenance"),
    "people": ("row", "person", "subject", "take", "source"),
    "people_segments": ("row", "person", "start_s", "end_s", "text", "kind"),
}
# A clip is simulated unless its column `body` has this value.
RECORDED = "recorded"
# A clip is synthetic if its source or its licence contains this word.
STAND_IN = "stand-in"


@dataclass(frozen=True)
class RadarStore:
    """A finished store whose layout has been checked.

    Attributes:
        path: folder of the store.
        attributes: attributes of the root group, such as recipe, digests and code version.
        arrays: metadata keyed by array name.
    """

    path: Path
    attributes: dict
    arrays: dict[str, dict]

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def heatmaps(self) -> tuple[str, ...]:
        """Names of the heatmaps of the store; a radar without a sweep has no time-range heatmap."""
        return tuple(name for name in HEATMAPS if name in self.arrays)

    @property
    def units(self) -> str:
        """Unit of the heatmaps: "dB", or "1" for recorded values without a unit."""
        return self.arrays[self.heatmaps[0]]["attributes"]["units"]

    @property
    def stored_columns(self) -> int:
        """Number of columns of every row, including padding."""
        return int(self.arrays[self.heatmaps[0]]["shape"][1])

    @cached_property
    def axes(self) -> dict[str, np.ndarray]:
        """Bin centres of each axis, and the time of each column [s]."""
        return {name: np.asarray(self.read_array(name)) for name in UNITS if name in self.arrays}

    @cached_property
    def measured_columns(self) -> np.ndarray:
        """Number of columns of each row, without padding."""
        return np.asarray(self.read_array("num_columns"))

    @cached_property
    def is_simulated(self) -> bool:
        """Whether any clip is simulated or synthetic."""
        return any(map(is_simulated_clip, self.read_table("clips")))

    @property
    def has_room(self) -> bool:
        """Whether the recipe simulates rooms around the people, instead of free space."""
        try:
            recipe = tomllib.loads(str(self.attributes.get("recipe", "")))
        except tomllib.TOMLDecodeError:
            return False
        return recipe.get("room", {}).get("name", "none") != "none"

    def read_table(self, name: str) -> list[dict]:
        """Read all rows of a table; return an empty list if the table does not exist.

        Raises:
            MmclipError: the table cannot be read, or lacks a column.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.path / "tables" / name
        if not folder.is_dir():
            return []
        field, hint = f"tables/{name}", "build the store again"
        try:
            rows = pq.read_table(folder)
        except (pa.ArrowException, OSError) as error:
            raise MmclipError(self.path, field, f"cannot be read ({error})", hint) from None
        missing = [column for column in COLUMNS[name] if column not in rows.column_names]
        if missing:
            problem = f"has no column {', '.join(missing)}"
            raise MmclipError(self.path, field, problem, f"{hint} with this version")
        return rows.to_pylist()

    def open_array(self, name: str):
        """Open an array with tensorstore, which supports many concurrent reads."""
        try:
            import tensorstore
        except ImportError:
            hint = "pip install -c constraints.txt '.[train]'"
            raise MmclipError(self.path, "tensorstore", "is not installed", hint) from None
        location = {"driver": "file", "path": str(self.path.resolve() / name)}
        try:
            return tensorstore.open({"driver": "zarr3", "kvstore": location}, read=True).result()
        except ValueError as error:
            problem = f"cannot be opened ({_first_line(error)})"
            raise MmclipError(self.path, name, problem, "build the store again") from None

    def read_array(self, name: str) -> np.ndarray:
        """Read all values of a small array."""
        try:
            return self.open_array(name).read().result()
        except ValueError as error:
            problem = f"cannot be read ({_first_line(error)})"
            raise MmclipError(self.path, name, problem, "build the store again") from None


def open_store(path: str | Path) -> RadarStore:
    """Open a store and check format, version, axes and units.

    Args:
        path: folder of the store.

    Raises:
        MmclipError: the folder is not a finished store of this version, or has other axes or units.
    """
    path = Path(path)
    attributes = _read_json(path / "zarr.json").get("attributes", {})
    if attributes.get("format") != FORMAT:
        problem = f"is {attributes.get('format')!r}, not {FORMAT!r}"
        raise MmclipError(path, "format", problem, "give a store written by builders")
    version = attributes.get("schema_version")
    if version not in READABLE_VERSIONS:
        known = " and ".join(map(str, READABLE_VERSIONS))
        problem = f"is {version!r}; this trainer reads {known}"
        raise MmclipError(path, "schema_version", problem, "use the trainer of that version")
    if not (path / "checksums.json").is_file():
        raise MmclipError(path, "store", "is not finished", "run its build again")
    names = _present(path)
    store = RadarStore(path, attributes, {n: _read_json(path / n / "zarr.json") for n in names})
    for name in store.heatmaps:
        _check_heatmap(store, name)
    for name in set(UNITS) & set(names):
        units = UNITS[name]
        _require(store, name, "units", store.arrays[name].get("attributes", {}).get("units"), units)
    return store


def is_simulated_clip(row: Mapping) -> bool:
    """Whether a row of the table `clips` is a simulated or synthetic clip."""
    stand_in = STAND_IN in str(row["source"]) + str(row.get("licence"))
    return row["body"] != RECORDED or stand_in


def store_digests(store: RadarStore) -> dict[str, str | None]:
    """Digests that identify the content of a store, keyed by attribute; None if it has none."""
    return {name: store.attributes.get(name) for name in DIGESTS}


def differing_digests(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Names of the digests in which two records of a store differ.

    Earlier versions recorded fewer digests, so only those in both records are compared.
    """
    return [name for name in DIGESTS if name in one and name in other and one[name] != other[name]]


def radar_names(stores: Sequence[RadarStore]) -> list[str]:
    """Radar names of the stores, in alphabetical order; stores of recordings also have a name."""
    radars = [store.attributes.get("radar") or {} for store in stores]
    return sorted({radar["name"] for radar in radars if radar.get("name")})


def verify_checksums(stores: Sequence[RadarStore], heatmaps: tuple[str, ...]) -> None:
    """Compare every heatmap file with its checksum in the store.

    Raises:
        MmclipError: a file is missing or damaged; the message names the first such file.
    """
    for store in stores:
        checksums = json.loads((store.path / "checksums.json").read_bytes())
        for name, expected in checksums.get("files", checksums).items():
            if name.split("/")[0] in heatmaps and _sha256(store.path / name) != expected:
                hint = "repair it with: radarsim check STORE --rebuild"
                raise MmclipError(store.path, name, "is damaged or missing", hint)


def _sha256(path: Path) -> str | None:
    """SHA-256 of a file; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _present(path: Path) -> tuple[str, ...]:
    """Names of the required arrays: the store's heatmaps, their axes, and the column counts."""
    heatmaps = [name for name in HEATMAPS if (path / name).is_dir()] or HEATMAPS
    axes = [BIN_AXES[name] for name in heatmaps]
    return (*heatmaps, *axes, "column_time", "num_columns")


def _check_heatmap(store: RadarStore, name: str) -> None:
    meta = store.arrays[name]
    axes = ["clip", "time", BIN_AXES[name]]
    _require(store, name, "axes", meta.get("dimension_names"), axes)
    units = meta.get("attributes", {}).get("units")
    if units == RELATIVE and store.attributes.get("recorded"):
        return
    _require(store, name, "units", units, "dB")
    _require(store, name, "fill value", meta.get("fill_value"), FLOOR_DB)


def _require(store: RadarStore, name: str, key: str, found, required) -> None:
    if found != required:
        problem = f"{key} {found!r}; {required!r} is needed"
        raise MmclipError(store.path, name, problem, "give a store of this schema version")


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        problem = f"{path.name} cannot be read ({_first_line(error)})"
        hint = "give the folder of a finished store"
        raise MmclipError(path.parent, "store", problem, hint) from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0].split(" [")[0][:160]
