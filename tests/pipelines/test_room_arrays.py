"""Multipath levels of clips in rooms, in the arrays and the data card of a store."""

from dataclasses import replace

import numpy as np
import zarr

from pipelines.data_card import _LIMITS
from pipelines.data_card_room import limitations_in_room, room_section
from pipelines.layout import Layout
from pipelines.recipe import Recipe
from pipelines.recipe_room import Room
from pipelines.room_arrays import ROOM_ARRAYS, arrays_of_room, room_arrays
from pipelines.schema import store_arrays
from pipelines.storage import open_folder
from radarsim.multipath.room_report import PassLevel, RoomReport
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

SIZES = {"num_clips": 3, "clips_per_shard": 3, "num_frames": 2, "num_columns": 4}


def test_only_stores_of_rooms_have_the_levels_which_are_those_of_the_report():
    """The report has a simulated pass of -20 dB and an omitted pass of -30 dB."""
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


def test_a_clip_whose_direct_echo_is_hidden_has_no_levels():
    """Both levels refer to the direct echo."""
    passes = [PassLevel(("floor",), (), np.nan, 2, True)]
    values = arrays_of_room(RoomReport("1 m x 1 m x 1 m", "vertical", passes, []))
    assert np.isnan([values[name] for name in ROOM_ARRAYS]).all()


def test_the_data_card_states_median_and_limits_of_the_clips_that_were_made(tmp_path):
    """A failed clip, which has NaN, is not counted; a store in free space has no such section."""
    group = zarr.create_group(tmp_path / "s.zarr")
    assert room_section(open_folder(tmp_path / "s.zarr")) == []
    for name, values in zip(ROOM_ARRAYS, ([-20, -10, -12, np.nan], [-30, -25, -26, np.nan])):
        group.create_array(name, data=np.array(values, np.float32))
    (section,) = room_section(open_folder(tmp_path / "s.zarr"))
    assert "| -12.0 dB | -20.0 dB | -10.0 dB |" in section
    assert "| -26.0 dB | -30.0 dB | -25.0 dB |" in section


def test_the_limitations_name_walls_only_where_they_are_simulated():
    """Without a room, the text is unchanged; with a room, it states the limit on reflections."""
    free = Recipe(radar=BOARDS[DEFAULT_BOARD])
    assert limitations_in_room(_LIMITS, free) == _LIMITS
    hall = replace(free, room=Room(name="hall"))
    assert "of which both may be in the same direction" in limitations_in_room(_LIMITS, hall)
    own = replace(free, room=Room(name="own", text="far_m = 5.0"))
    assert "at most one in each direction" in limitations_in_room(_LIMITS, own)
