"""Record of the device that simulates a store, and of the number of frames in each batch.

Rounding depends on the device and on the batch size, so these must be the same for all shards of a
store. The first shard of a build writes the record. Every later shard reads the record and uses the
recorded number of frames, even if the build was interrupted and resumed. A store that was simulated
in batches of frames keeps the record as `device.json`; a CPU simulates frame by frame and leaves no
record in a finished store.
"""

import json

from pipelines.store_folder import BUILD, StoreFolder
from radarsim.errors import InputError

DEVICE = "device.json"
_BUILD_MARK = f"{BUILD}/{DEVICE}"


def agreed_frames_per_batch(
    folder: StoreFolder, kind: str, frames_per_batch: int | None
) -> int | None:
    """Return the number of frames that every shard of a store simulates at a time.

    Args:
        folder: folder of the store.
        kind: kind of device that this process uses, as reported by JAX.
        frames_per_batch: number of frames that suits this device; None to simulate frame by frame.

    Returns:
        The recorded number; if there is no record, `frames_per_batch`, which is then recorded.

    Raises:
        InputError: the build of the store was started on a device of another kind.
    """
    found = folder.read(_BUILD_MARK)
    if found is None:
        record = {"kind": kind, "frames_per_batch": frames_per_batch}
        folder.write(_BUILD_MARK, (json.dumps(record, sort_keys=True) + "\n").encode())
        return frames_per_batch
    record = json.loads(found)
    if record["kind"] != kind:
        problem = f"is {kind}, but the store was begun on {record['kind']}"
        hint = "resume the build on a device of that kind, because the last digits depend on it"
        raise InputError(folder.root, "device", problem, hint)
    return record["frames_per_batch"]


def record_to_keep(folder: StoreFolder) -> dict[str, bytes]:
    """Return the record to keep, keyed by file path; empty if frames were simulated one by one."""
    found = folder.read(_BUILD_MARK)
    in_batches = found is not None and json.loads(found)["frames_per_batch"] is not None
    return {DEVICE: found} if in_batches else {}


def kept_frames_per_batch(folder: StoreFolder) -> int | None:
    """Return the number of frames per batch recorded in a finished store; None without a record."""
    found = folder.read(DEVICE)
    return None if found is None else json.loads(found)["frames_per_batch"]
