"""Arrays with the multipath levels of each clip, present only in stores of clips in rooms."""

import numpy as np

from pipelines.layout import ArraySpec, Layout
from radarsim.multipath.room_report import RoomReport

# Description of each array of multipath levels, keyed by array name.
ROOM_ARRAYS = {
    "multipath_db": "simulated multipath relative to the direct echo",
    "multipath_left_out_db": "multipath that is left out, relative to the direct echo",
}


def room_arrays(layout: Layout) -> list[ArraySpec]:
    """Return the specifications of the multipath arrays; empty for clips in free space."""
    return [
        ArraySpec(
            name=name,
            dims=("clip",),
            shape=(layout.num_clips,),
            dtype="float32",
            units="dB",
            chunk=(layout.clips_per_shard,),
            fill=float("nan"),
            about=about,
        )
        for name, about in (ROOM_ARRAYS.items() if layout.room else ())
    ]


def arrays_of_room(report: RoomReport) -> dict[str, np.ndarray]:
    """Return the multipath levels of one clip.

    Args:
        report: report of the clip's room.

    Returns:
        Values of the arrays of `room_arrays`, keyed by array name. `multipath_db` is NaN if no pass
        is simulated; both levels are NaN if the direct echo is hidden.
    """
    kept_db = report.kept_db if any(each.kept for each in report.passes) else np.nan
    left_out_db = np.nan if report.direct_hidden else report.left_out_db
    levels_db = kept_db, left_out_db
    return {name: np.float32(each) for name, each in zip(ROOM_ARRAYS, levels_db, strict=True)}
