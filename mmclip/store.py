"""One store, opened and checked: its heatmaps for many reads at once, its tables, what it is.

The contract is what stands in the store: format and version in the root, axes and units beside
each array. What differs is told before any training starts.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mmclip.config import HEATMAPS
from mmclip.errors import MmclipError

FORMAT = "radarsim-store"
SCHEMA_VERSION = 1
FLOOR_DB = -10.0
BIN_AXES = {"time_doppler": "speed", "time_range": "range", "time_angle": "angle"}
UNITS = {"speed": "m/s", "range": "m", "angle": "rad", "column_time": "s"}
COLUMNS = {
    "clips": ("row", "id", "subject", "split", "take", "source", "body", "num_frames"),
    "segments": ("row", "start_s", "end_s", "caption", "kind"),
    "captions": ("id", "text"),
    "attributes": ("caption", "variant", "part", "sentence", "provenance"),
}
RECORDED = "recorded"
STAND_IN = "stand-in"


@dataclass(frozen=True)
class RadarStore:
    """A finished store, its layout checked.

    Attributes:
        path: its folder.
        attributes: of the root: recipe, digests, code version.
        arrays: metadata by array name.
    """

    path: Path
    attributes: dict
    arrays: dict[str, dict]

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.path.name

    @property
    def num_stored(self) -> int:
        """Columns of every row, measured or padded."""
        return int(self.arrays["time_range"]["shape"][1])

    @cached_property
    def axes(self) -> dict[str, np.ndarray]:
        """Centres of the bins of each axis, and the time of the columns [s]."""
        return {name: np.asarray(self.read(name)) for name in UNITS}

    @cached_property
    def columns_measured(self) -> np.ndarray:
        """Columns of each row that are measured."""
        return np.asarray(self.read("num_columns"))

    @cached_property
    def is_simulated(self) -> bool:
        """Whether any clip is simulated, or made up to stand in for recordings."""
        clips = self.table("clips")
        return any(
            row["body"] != RECORDED or STAND_IN in str(row["source"]) + str(row.get("licence"))
            for row in clips
        )

    def table(self, name: str) -> list[dict]:
        """Rows of a table, all its parts; none where there is no such table.

        Raises:
            MmclipError: it cannot be read, or lacks a column.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.path / "tables" / name
        if not folder.is_dir():
            return []
        try:
            found = pq.read_table(folder)
        except (pa.ArrowException, OSError) as error:
            problem = f"cannot be read ({error})"
            raise MmclipError(
                self.path, f"tables/{name}", problem, "build the store again"
            ) from None
        missing = [column for column in COLUMNS[name] if column not in found.column_names]
        if missing:
            problem = f"has no column {', '.join(missing)}"
            raise MmclipError(self.path, f"tables/{name}", problem, "build it by this version")
        return found.to_pylist()

    def opened(self, name: str):
        """The array for reading by tensorstore, many reads at once."""
        try:
            import tensorstore
        except ImportError:
            hint = "pip install -c constraints.txt '.[train]'"
            raise MmclipError(self.path, "tensorstore", "is not installed", hint) from None
        place = {"driver": "file", "path": str(self.path.resolve() / name)}
        try:
            return tensorstore.open({"driver": "zarr3", "kvstore": place}, read=True).result()
        except ValueError as error:
            problem = f"cannot be opened ({_short(error)})"
            raise MmclipError(self.path, name, problem, "build the store again") from None

    def read(self, name: str) -> np.ndarray:
        """A whole small array."""
        try:
            return self.opened(name).read().result()
        except ValueError as error:
            problem = f"cannot be read ({_short(error)})"
            raise MmclipError(self.path, name, problem, "build the store again") from None


def open_store(path: str | Path) -> RadarStore:
    """Open a store and check all that training relies on.

    Args:
        path: its folder.

    Returns:
        The store.

    Raises:
        MmclipError: it is none, unfinished, of another version, or has other axes or units.
    """
    path = Path(path)
    root = _json(path / "zarr.json")
    attributes = root.get("attributes", {})
    if attributes.get("format") != FORMAT:
        problem = f"is {attributes.get('format')!r}, not {FORMAT!r}"
        raise MmclipError(path, "format", problem, "give a store that builders made")
    version = attributes.get("schema_version")
    if version != SCHEMA_VERSION:
        problem = f"is {version!r}; this trainer reads {SCHEMA_VERSION}"
        raise MmclipError(path, "schema_version", problem, "use the trainer of that version")
    if not (path / "checksums.json").is_file():
        raise MmclipError(path, "store", "is not finished", "run its build again")
    names = (*HEATMAPS, *UNITS, "num_columns")
    store = RadarStore(path, attributes, {n: _json(path / n / "zarr.json") for n in names})
    for name in HEATMAPS:
        _check_heatmap(store, name)
    for name, units in UNITS.items():
        _need(store, name, "units", store.arrays[name].get("attributes", {}).get("units"), units)
    return store


def check_alike(stores: list[RadarStore], axes: dict[str, list[float]] | None = None) -> None:
    """Bins must mean the same in all stores, and what the model was trained on.

    Args:
        stores: to be mixed.
        axes: first and last bin of each axis that a model knows; None: of the first store.

    Raises:
        MmclipError: naming the axis, in its unit.
    """
    axes = axes or bin_ends(stores[0])
    for store in stores:
        for axis, ends in bin_ends(store).items():
            wanted = np.asarray(axes[axis])
            step = abs(wanted[1] - wanted[0]) / max(wanted[2] - 1, 1)
            if ends[2] == wanted[2] and np.allclose(ends[:2], wanted[:2], atol=step / 2):
                continue
            unit = UNITS[axis]
            problem = f"{_told(ends, unit)}; {_told(wanted, unit)} is needed"
            raise MmclipError(store.path, axis, problem, "give stores of one radar configuration")


def bin_ends(store: RadarStore) -> dict[str, list[float]]:
    """First bin, last bin and number of bins of each axis that heatmaps have."""
    found = {axis: store.axes[axis] for axis in BIN_AXES.values()}
    return {axis: [float(x[0]), float(x[-1]), float(len(x))] for axis, x in found.items()}


def _told(ends, unit: str) -> str:
    return f"{int(ends[2])} bins from {ends[0]:.4g} to {ends[1]:.4g} {unit}"


def _check_heatmap(store: RadarStore, name: str) -> None:
    meta = store.arrays[name]
    axes = ["clip", "time", BIN_AXES[name]]
    _need(store, name, "axes", meta.get("dimension_names"), axes)
    _need(store, name, "units", meta.get("attributes", {}).get("units"), "dB")
    _need(store, name, "fill value", meta.get("fill_value"), FLOOR_DB)


def _need(store: RadarStore, name: str, what: str, found, wanted) -> None:
    if found != wanted:
        problem = f"{what} {found!r}; {wanted!r} is needed"
        raise MmclipError(store.path, name, problem, "give a store of this schema version")


def _json(path: Path) -> dict:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        folder = path.parent
        problem = f"{path.name} cannot be read ({_short(error)})"
        raise MmclipError(folder, "store", problem, "give the folder of a finished store") from None


def _short(error: Exception) -> str:
    return str(error).split("\n")[0].split(" [")[0][:160]
