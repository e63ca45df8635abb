"""Create a Zarr store, fill it shard by shard, finish it with checksums, and verify it.

Zarr encodes in memory and a `StoreFolder` writes whole files, so checksums are computed from the
written bytes. One task owns all files of its shard; a marker file records that these files are
complete. The markers are removed when the store is finished.

    zarr.json  time_range/...  tables/clips/part-000000.parquet  checksums.json
    .build/store.json  .build/done/000000.json        only while the store is unfinished
"""

import hashlib
import json
import warnings
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import numpy as np
import zarr
from zarr.buffer.cpu import Buffer
from zarr.codecs import BloscCodec
from zarr.storage import MemoryStore

from pipelines.schema import CHECKED_TABLES, FORMAT, SCHEMA_VERSION, ArraySpec
from pipelines.storage import open_folder
from pipelines.store_folder import BUILD, StoreFolder
from pipelines.store_spec import StoreSpec
from pipelines.store_tables import Rows, parquet_bytes, part_path
from radarsim.errors import InputError

CHECKSUMS = "checksums.json"
_STORE_MARK = f"{BUILD}/store.json"


def prepare(folder: StoreFolder, store_spec: StoreSpec) -> str:
    """Write metadata and coordinates, unless a finished store with the same identity exists.

    Returns:
        "new", "resumed" or "finished".

    Raises:
        InputError: the folder contains a different store or other files; no file is changed.
    """
    state = find_state(folder, store_spec.identity)
    if state == "finished":
        folder.remove_tree(BUILD)
        return state
    folder.write(_STORE_MARK, _json({"format": FORMAT, **store_spec.identity}))
    for path, data in skeleton(store_spec).items():
        folder.write(path, data)
    return state


def find_state(folder: StoreFolder, identity: Mapping[str, str]) -> str:
    """Find the state of a store for a build with this identity, without changing any file.

    Returns:
        "new" (the folder is empty), "resumed" (unfinished) or "finished".

    Raises:
        InputError: the folder contains a different store, or other files.
    """
    found = check_place(folder)
    if found is None:
        return "new"
    _same_identity(folder, found, identity)
    return "finished" if folder.read(CHECKSUMS) is not None else "resumed"


def check_place(folder: StoreFolder) -> dict | None:
    """Read the identity of a store without changing any file; None if the folder is empty.

    Raises:
        InputError: the path is a file, or contains files that are not a store.
    """
    if folder.is_file():
        raise InputError(folder.root, "--out", "is a file", "give a folder that does not exist yet")
    if folder.names() <= {BUILD} and folder.read(_STORE_MARK) is None:
        return None
    found = _parsed(folder.read(_STORE_MARK))
    if found is None and folder.read(CHECKSUMS) is not None:
        found = (_parsed(folder.read("zarr.json")) or {}).get("attributes", {})
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        hint = "choose another --out; nothing was changed"
        raise InputError(folder.root, "--out", "holds files that are not a store", hint)
    return found


def skeleton(store_spec: StoreSpec) -> dict[str, bytes]:
    """Metadata, also consolidated, and coordinate files of a store without clips, keyed by path."""
    files: dict[str, Buffer] = {}
    store = MemoryStore(files)
    attributes = {"format": FORMAT, "schema_version": SCHEMA_VERSION, **store_spec.attributes}
    group = zarr.create_group(store, attributes={**attributes, **store_spec.identity})
    for spec in store_spec.arrays:
        array = _create(group, spec)
        if not spec.per_clip:
            array[:] = store_spec.coordinates[spec.name]
    with warnings.catch_warnings():
        # Zarr 3 does not specify consolidated metadata yet; other readers ignore it.
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(store)
    return _bytes(files)


class ShardWriter:
    """Writer of one shard; arrays with one clip per file are written in `add`, others in `finish`.

    Args:
        folder: folder of the store.
        store_spec: specification of the store.
        shard: index of the shard; only this writer may write its files.
    """

    def __init__(self, folder: StoreFolder, store_spec: StoreSpec, shard: int):
        _single_threaded_blosc()
        self._folder, self._shard = folder, shard
        self._rows = store_spec.rows(shard)
        self._specs = {spec.name: spec for spec in store_spec.arrays if spec.per_clip}
        self._metadata = skeleton(store_spec)
        self._held = {
            name: np.full((len(self._rows), *spec.shape[1:]), spec.fill, spec.dtype)
            for name, spec in self._specs.items()
            if spec.clips_per_file > 1
        }
        self._files: dict[str, str] = {}
        self.num_bytes = 0

    def add(self, row: int, clip_id: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the arrays of one clip into its row; omitted arrays keep their fill value.

        Raises:
            InputError: an array contains non-finite values; the row keeps its fill values.
        """
        assert row in self._rows, f"row {row} is not in shard {self._shard}"
        assert arrays.keys() <= self._specs.keys(), f"arrays {sorted(arrays)} do not fit the schema"
        for name, values in arrays.items():
            _check(self._specs[name], clip_id, np.asarray(values))
        for name, values in arrays.items():
            if name in self._held:
                self._held[name][row - self._rows.start] = values
            else:
                self._encode(self._specs[name], row, np.asarray(values)[None])

    def finish(self, tables: Mapping[str, Rows], record: Mapping[str, object]) -> None:
        """Write the remaining arrays and the tables, then mark the shard as done.

        Args:
            tables: rows of each table, from `store_tables.shard_tables`.
            record: counts of the shard, which the closing summary shows.
        """
        for name, values in self._held.items():
            self._encode(self._specs[name], self._rows.start, values)
        for table, rows in tables.items():
            self._write(part_path(table, self._shard), parquet_bytes(table, rows))
        record = {**record, "bytes": self.num_bytes}
        self._folder.write(_done(self._shard), _json({"files": self._files, "record": record}))

    def _encode(self, spec: ArraySpec, first: int, values: np.ndarray) -> None:
        last, whole = first + len(values), spec.clips_per_file
        whole_files = first % whole == 0 and (last % whole == 0 or last == spec.shape[0])
        assert whole_files, f"{spec.name}: rows {first} to {last} share a file of {whole}"
        metadata = f"{spec.name}/zarr.json"
        files = {metadata: Buffer.from_bytes(self._metadata[metadata])}
        config = {"write_empty_chunks": True}
        array = zarr.open_array(MemoryStore(files), path=spec.name, mode="r+", config=config)
        array[first:last] = values
        for path, encoded in _bytes(files).items():
            if path != metadata:
                self._write(path, encoded)

    def _write(self, path: str, data: bytes) -> None:
        self._folder.write(path, data)
        self._files[path] = hashlib.sha256(data).hexdigest()
        self.num_bytes += len(data)


def done_record(folder: StoreFolder, shard: int) -> dict | None:
    """Record of a shard; None if the shard is unfinished or one of its files is damaged."""
    mark = _parsed(folder.read(_done(shard)))
    if mark is None or any(folder.sha256(path) != sum_ for path, sum_ in mark["files"].items()):
        return None
    return mark["record"]


def finish_store(
    folder: StoreFolder, store_spec: StoreSpec, also: Mapping[str, bytes] | None = None
) -> None:
    """Finish the store: write the checksums and remove the marker files.

    Args:
        folder: folder of the store.
        store_spec: specification of the store.
        also: further files keyed by path, such as the data card.

    Raises:
        RuntimeError: a shard is unfinished.
    """
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in skeleton(store_spec).items()}
    for shard in range(store_spec.num_shards):
        mark = _parsed(folder.read(_done(shard)))
        if mark is None:
            raise RuntimeError(f"shard {shard} of {store_spec.num_shards} is not done")
        sums.update(mark["files"])
    for path, data in (also or {}).items():
        folder.write(path, data)
        sums[path] = hashlib.sha256(data).hexdigest()
    checked = {path: sum_ for path, sum_ in sorted(sums.items()) if _is_checked(path)}
    folder.write(CHECKSUMS, _json({"algorithm": "sha256", "files": checked}))
    folder.remove_tree(BUILD)


def verify(path: str | Path) -> list[str]:
    """Compare a finished store with its checksums.

    Returns:
        One line per missing or changed file; empty if no file is missing or changed.
    """
    folder = open_folder(path)
    sums = _parsed(folder.read(CHECKSUMS))
    if sums is None or not isinstance(sums.get("files"), dict):
        state = "missing; the store is not finished" if sums is None else "damaged"
        return [f"{path}: {CHECKSUMS}: {state}: run its build again"]
    problems = []
    for name, expected in sums["files"].items():
        found = folder.sha256(name)
        if found != expected:
            problem = "missing" if found is None else "changed since it was written"
            problems.append(f"{path}: {name}: {problem}; build the store again")
    return problems


def _create(group: zarr.Group, spec: ArraySpec) -> zarr.Array:
    attributes = {"units": spec.units, "long_name": spec.about, **spec.attributes}
    if spec.scale is not None:
        attributes["scale_factor"] = spec.scale
    compressor = BloscCodec(cname="lz4", shuffle="bitshuffle")
    return group.create_array(
        spec.name,
        shape=spec.shape,
        dtype=spec.dtype,
        chunks=spec.chunk,
        shards=spec.shard,
        fill_value=spec.fill,
        dimension_names=spec.dims,
        attributes=attributes,
        compressors=[compressor] if spec.per_clip and spec.shard else None,
    )


def _check(spec: ArraySpec, clip_id: str, values: np.ndarray) -> None:
    assert values.shape == spec.shape[1:], f"{spec.name}: {values.shape} for {spec.shape[1:]}"
    assert values.dtype == spec.dtype, f"{spec.name}: {values.dtype} for {spec.dtype}"
    if values.dtype.kind != "f":
        return
    wrong = np.isinf(values) if spec.missing else ~np.isfinite(values)
    if not wrong.any():
        return
    bad = np.argwhere(wrong)
    at = ", ".join(f"{axis} {i}" for axis, i in zip(spec.dims[1:], bad[0]))
    raise InputError(
        clip_id,
        spec.name,
        f"{len(bad)} values are not finite, the first at {at}",
        "inspect the motion there",
    )


def _same_identity(folder: StoreFolder, found: Mapping, wanted: Mapping[str, str]) -> None:
    differing = [key for key in wanted if found.get(key) != wanted[key]]
    if not differing:
        return
    # With equal digests, the recipes differ only in the text of a bundled room, which stores of
    # earlier versions lack: the message then names the code version.
    if differing[1:] and "recipe_digest" not in differing:
        differing = [key for key in differing if key != "recipe"]
    what = differing[0].removesuffix("_digest").replace("_", " ")
    if "recipe" in differing:
        old, new = (str(side.get("recipe", "")).splitlines() for side in (found, wanted))
        lines = zip_longest(old, new, fillvalue="")
        changed = next(((a, b) for a, b in lines if a != b), ("", ""))
        what = "recipe ({}; now {})".format(*(line or "nothing" for line in changed))
    raise InputError(
        folder.root,
        "--out",
        f"contains a store with a different {what}",
        "choose another --out, or use the settings of that store; nothing was changed",
    )


def _bytes(files: Mapping[str, Buffer]) -> dict[str, bytes]:
    return {path: data.to_bytes() for path, data in sorted(files.items())}


def _is_checked(path: str) -> bool:
    folder, _, rest = path.partition("/")
    return folder != "tables" or rest.partition("/")[0] in CHECKED_TABLES


def _done(shard: int) -> str:
    return f"{BUILD}/done/{shard:06d}.json"


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _parsed(data: bytes | None) -> dict | None:
    try:
        value = None if data is None else json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _single_threaded_blosc() -> None:
    """Compress with a single thread, because the bytes vary from run to run with two threads."""
    import numcodecs.blosc

    numcodecs.blosc.use_threads = False
