"""Causes of failed clips, which a store with failed clips keeps as `failures.json`.

The row of a failed clip is empty, with zero frames. The marker files of the build, which also state
the cause, are removed when the store is finished.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from pipelines.plan import SEE_LINES, Note
from pipelines.storage import open_folder
from pipelines.store_reader import Store

FAILED = "clips that could not be simulated"
FAILURES = "failures.json"


def failures_to_keep(failed: Iterable[Note]) -> dict[str, bytes]:
    """Return the file of the causes, keyed by path; empty if no clip failed.

    Args:
        failed: notes on the failed clips of a build, in any order.
    """
    notes = sorted(map(asdict, failed), key=lambda note: note["line"])
    text = json.dumps({"failed": notes}, indent=1, sort_keys=True, ensure_ascii=False)
    return {FAILURES: f"{text}\n".encode()} if notes else {}


def failed_clips(store: Store) -> list[Note]:
    """Return a note for each failed clip of a finished store.

    Raises:
        InputError: the store is damaged.
    """
    rows = np.flatnonzero(store.rows_of("num_frames", slice(None)) == 0)
    if not rows.size:
        return []
    try:
        kept = json.loads(open_folder(store.path).read(FAILURES) or b"{}")
        return [Note(**note) for note in kept["failed"]]
    except (ValueError, KeyError, TypeError):  # an older store, or a damaged file
        return [_without_cause(store.clips[row].id) for row in rows.tolist()]


def _without_cause(clip_id: str) -> Note:
    line = f"{clip_id}: could not be simulated: build another store to see the cause"
    return Note(cause=FAILED, line=line, remedy=SEE_LINES)
