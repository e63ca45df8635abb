"""The interface for readers of a store: names, axes, units and chunks."""

import numpy as np
import pytest

from pipelines.plan import Clip
from pipelines.schema import HEATMAPS, TABLES, Layout, store_arrays
from pipelines.sources import Text
from pipelines.store_tables import shard_tables
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.scene.skeleton import JOINT_NAMES

LAYOUT = Layout(
    num_clips=10,
    clips_per_shard=4,
    num_frames=50,
    num_columns=385,
    bins={"range": 256, "speed": 256, "angle": 256, "burst_speed": 128, "burst_angle": 64},
    cube=(128, 3, 4, 256),
    cube_step_v=1e-5,
    num_poses=301,
    num_points=64,
    range_doppler=True,
    range_azimuth=True,
    joints=True,
)
ARRAYS = {spec.name: spec for spec in store_arrays(LAYOUT)}


def test_a_heatmap_chunk_is_one_clip_of_197_kilobytes():
    for name in HEATMAPS:
        spec = ARRAYS[name]
        assert spec.dims[:2] == ("clip", "time")
        assert spec.chunk == (1, 385, 256)
        assert 385 * 256 * 2 == 197_120
        assert (spec.dtype, spec.units, spec.fill) == ("float16", "dB", -10.0)


def test_a_cube_chunk_is_one_frame_and_a_cube_file_one_clip():
    spec = ARRAYS["if_cube"]
    assert spec.dims == ("clip", "frame", "chirp", "tx", "rx", "sample", "iq")
    assert spec.chunk == (1, 1, 128, 3, 4, 256, 2)
    assert spec.clips_per_file == 1
    assert (spec.dtype, spec.scale) == ("int16", 1e-5)


def test_points_have_slots_whose_values_are_named():
    """The order and the units of point values are attributes of the array in the store."""
    spec = ARRAYS["points"]
    assert spec.dims == ("clip", "frame", "point", "value")
    assert spec.shape == (10, 50, 64, 8)
    assert (spec.dtype, np.isnan(spec.fill), spec.missing) == ("float32", True, True)
    names, units = spec.attributes["value_names"], spec.attributes["value_units"]
    assert dict(zip(names, units, strict=True)) == POINT_VALUES
    assert (ARRAYS["num_points"].shape, ARRAYS["num_points"].dtype) == ((10, 50), "int32")


def test_a_frame_map_chunk_is_one_frame_and_its_file_one_clip():
    """A writer holds the maps of one clip (3.3 MB) in memory, not those of a whole shard."""
    for name, axis in (("range_doppler", "burst_speed"), ("range_azimuth", "burst_angle")):
        spec = ARRAYS[name]
        assert spec.dims == ("clip", "frame", "range", axis)
        assert spec.chunk[:2] == (1, 1)
        assert spec.clips_per_file == 1
        assert (spec.dtype, spec.units, spec.fill) == ("float16", "dB", -10.0)


def test_joints_are_the_24_of_the_poses_with_their_names():
    assert ARRAYS["joints_m"].dims == ("clip", "frame", "joint", "axis")
    assert ARRAYS["poses"].dims[2] == "joint"
    assert ARRAYS["joints_m"].shape[2] == ARRAYS["poses"].shape[2] == 24
    for name in ("joints_m", "joint_speed_mps", "joint_visible"):
        assert ARRAYS[name].attributes["joint_names"] == list(JOINT_NAMES)
    assert (ARRAYS["joint_visible"].dtype, ARRAYS["joint_visible"].fill) == ("bool", False)


def test_no_file_of_clips_is_shared_by_two_shards():
    """Each task writes a whole shard, so a file contains one clip or all clips of a shard."""
    for spec in ARRAYS.values():
        if spec.per_clip:
            assert spec.clips_per_file in (1, LAYOUT.clips_per_shard)


def test_coordinates_have_si_units():
    units = {name: spec.units for name, spec in ARRAYS.items() if not spec.per_clip}
    heatmaps = {"time": "s", "column_time": "s", "range": "m", "speed": "m/s", "angle": "rad"}
    assert units == heatmaps | {"frame_time": "s", "burst_speed": "m/s", "burst_angle": "rad"}


def test_every_axis_has_the_length_of_its_coordinate():
    """The length of every axis with a coordinate array equals the length of this array."""
    lengths = {spec.dims[0]: spec.shape[0] for spec in ARRAYS.values() if not spec.per_clip}
    for spec in ARRAYS.values():
        for axis, length in zip(spec.dims, spec.shape):
            assert lengths.get(axis, length) == length


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"cube": None}, {"if_cube"}),
        ({"num_poses": None}, {"poses", "transl", "betas"}),
        ({"num_points": None}, {"points", "num_points"}),
        ({"range_doppler": False}, {"range_doppler", "burst_speed"}),
        ({"range_azimuth": False}, {"range_azimuth", "burst_angle"}),
        ({"joints": False}, {"joints_m", "joint_speed_mps", "joint_visible"}),
    ],
)
def test_data_that_are_not_kept_have_no_array(changes, absent):
    layout = Layout(**{**vars(LAYOUT), **changes})
    assert absent <= ARRAYS.keys()
    assert not absent & {spec.name for spec in store_arrays(layout)}


def test_cubes_without_adc_steps_are_float_volts():
    layout = Layout(**{**vars(LAYOUT), "cube_step_v": None})
    spec = next(spec for spec in store_arrays(layout) if spec.name == "if_cube")
    assert (spec.dtype, spec.scale) == ("float32", None)


def test_tables_have_their_columns():
    assert {"id", "row", "seed", "split", "official_split", "licence"} <= TABLES["clips"].keys()
    assert list(TABLES["segments"]) == ["row", "clip", "start_s", "end_s", "caption", "kind"]
    assert list(TABLES["captions"]) == ["id", "text", "source", "licence"]
    assert list(TABLES["attributes"]) == ["caption", "variant", "part", "sentence", "provenance"]


def test_every_wording_of_a_captions_sentences_is_a_variant():
    plain, other = (("arms", "They swing."),), (("arms", "Both arms swing."),)
    text = Text(caption="walk", source="x", sentences=plain, variants=(other,), provenance="y")
    clip = Clip(id="a", take="t", source="x", licence="", subject="s", num_frames=3)
    rows = shard_tables([clip], {"t": (text,)}, "radar", "body", 0.1)["attributes"]
    assert [(row["variant"], row["sentence"]) for row in rows] == [
        (0, "They swing."),
        (1, "Both arms swing."),
    ]
