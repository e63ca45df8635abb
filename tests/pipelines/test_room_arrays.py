"""Levels of multipath of clips in rooms, in the arrays and in the data card of a store."""

import numpy as np
import zarr

from pipelines.data_card_room import room_section
from pipelines.layout import Layout
from pipelines.room_arrays import ROOM_ARRAYS, arrays_of_room, room_arrays
from pipelines.schema import store_arrays
from pipelines.storage import open_folder
from radarsim.multipath.room_report import PassLevel, RoomReport

SIZES = {"num_clips": 3, "clips_per_shard": 3, "num_frames": 2, "num_columns": 4}


def test_only_stores_of_rooms_have_the_levels_which_are_those_of_the_report():
    """A kept pass of -20 dB and one of -30 dB that is left out."""
    layout = Layout(**SIZES, heatmaps=(), room=True)
    assert {spec.name for spec in room_arrays(layout)} == set(ROOM_ARRAYS)
    free = {spec.name for spec in store_arrays(Layout(**SIZES, heatmaps=()))}
    assert free.isdisjoint(ROOM_ARRAYS)
    passes = [
        PassLevel(("floor",), (), -20.0, 2, True),
        PassLevel(("floor",), ("floor",), -30.0, 1, False),
    ]
    values = arrays_of_room(RoomReport("1 m x 1 m x 1 m", "vertical", passes, []))
    np.testing.assert_allclose([values[name] for name in ROOM_ARRAYS], [-20.0, -30.0])


def test_the_data_card_states_median_and_limits_of_the_clips_that_were_made(tmp_path):
    """The failed clip has NaN and is not counted; a store in free space has no section."""
    group = zarr.create_group(tmp_path / "s.zarr")
    assert room_section(open_folder(tmp_path / "s.zarr")) == []
    for name, values in zip(ROOM_ARRAYS, ([-20, -10, -12, np.nan], [-30, -25, -26, np.nan])):
        group.create_array(name, data=np.array(values, np.float32))
    (section,) = room_section(open_folder(tmp_path / "s.zarr"))
    assert "| -12.0 dB | -20.0 dB | -10.0 dB |" in section
    assert "| -26.0 dB | -30.0 dB | -25.0 dB |" in section
