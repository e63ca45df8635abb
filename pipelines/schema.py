"""Schema of a store: arrays, axes, data types, units, chunks and tables.

This file is the contract between programs that write a store and programs that read one. A reader
needs only the store itself, which contains its version, axes and units.

The arrays with values for each radar frame (points, frame maps, joints) are specified in
`frame_schema`, and the multipath levels in `room_arrays`.

A clip occupies whole chunks, and a shard contains whole clips, so two writers never share a file.
"""

from pipelines.frame_schema import FRAME_COORDINATES, frame_arrays, frame_coordinates
from pipelines.layout import FLOOR_DB, ArraySpec, Layout
from pipelines.layout import HEATMAPS as HEATMAPS
from pipelines.room_arrays import room_arrays

FORMAT = "radarsim-store"
# Version 2 added the optional arrays per radar frame; all arrays of version 1 are unchanged.
SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)

BIN_AXIS = {"time_doppler": "speed", "time_range": "range", "time_angle": "angle"}
COORDINATE_UNITS = {"time": "s", "column_time": "s", "range": "m", "speed": "m/s", "angle": "rad"}
COORDINATE_AXIS = {"column_time": "time"}
# Names of all coordinate arrays; a store contains only the coordinates of the arrays that it has.
ALL_COORDINATES = (*COORDINATE_UNITS, *FRAME_COORDINATES)

# Value of the column `body` for recorded clips, which have no body model.
RECORDED_BODY = "recorded"

# Parts of a movement that a caption's attribute sentences describe.
ATTRIBUTE_PARTS = ("general", "torso", "arms", "legs", "location")

TABLES = {
    "clips": {
        "row": "int64",
        "id": "string",
        "take": "string",
        "source": "string",
        "licence": "string",
        "subject": "string",
        "gender": "string",
        "split": "string",
        "official_split": "string",
        "start_s": "float64",
        "num_frames": "int32",
        "distance_m": "float64",
        "lateral_m": "float64",
        "heading_rad": "float64",
        "radar_height_m": "float64",
        "radar_tilt_rad": "float64",
        "radar": "string",
        "body": "string",
        "sigma_rad": "float64",
        "extra_noise_db": "float64",
        "seed": "int64",
        "take_sha256": "string",
    },
    "segments": {
        "row": "int64",
        "clip": "string",
        "start_s": "float64",
        "end_s": "float64",
        "caption": "string",
        "kind": "string",  # label, action or sentence, as in `sources.Text`
    },
    "captions": {"id": "string", "text": "string", "source": "string", "licence": "string"},
    "attributes": {
        "caption": "string",  # id of a caption, or the label of a window that lists its actions
        "variant": "int32",
        "part": "string",
        "sentence": "string",
        "provenance": "string",
    },
}
# Further people in the clips; only stores with several people per clip have these tables. All other
# tables and arrays describe the main person, as in a store with one person per clip.
PEOPLE_TABLES = {
    "people": {
        "row": "int64",
        "clip": "string",
        "person": "int32",  # from 1 on; the main person is in the table `clips`
        "take": "string",
        "source": "string",
        "licence": "string",
        "subject": "string",
        "gender": "string",
        "split": "string",
        "start_s": "float64",
        "distance_m": "float64",
        "lateral_m": "float64",
        "heading_rad": "float64",
        "take_sha256": "string",
    },
    "people_segments": {
        "row": "int64",
        "clip": "string",
        "person": "int32",
        "start_s": "float64",
        "end_s": "float64",
        "text": "string",
        "source": "string",
        "licence": "string",
        "kind": "string",
    },
}
ALL_TABLES = TABLES | PEOPLE_TABLES
# The attributes table has no checksums, since sentences may be attached to a finished store.
CHECKED_TABLES = ("clips", "segments", "captions", *PEOPLE_TABLES)


def store_arrays(layout: Layout) -> tuple[ArraySpec, ...]:
    """Specifications of all arrays of a store, coordinates included."""
    arrays = [_heatmap(layout, name) for name in layout.heatmaps]
    arrays += _counts(layout)
    if layout.cube is not None:
        arrays.append(_cube(layout))
    if layout.num_poses is not None:
        arrays += _motion(layout)
    arrays += [*frame_arrays(layout), *room_arrays(layout)]
    return (*arrays, *_coordinates(layout), *frame_coordinates(layout))


def _heatmap(layout: Layout, name: str) -> ArraySpec:
    axis = BIN_AXIS[name]
    clip = (layout.num_columns, layout.bins[axis])
    return ArraySpec(
        name=name,
        dims=("clip", "time", axis),
        shape=(layout.num_clips, *clip),
        dtype="float16",
        chunk=(1, *clip),
        shard=(layout.clips_per_shard, *clip),
        **(_relative(axis) if layout.relative else _decibels(axis)),
    )


def _decibels(axis: str) -> dict:
    about = f"power over {axis}, in dB above the noise, cut at {FLOOR_DB:g} dB"
    return {"units": "dB", "fill": FLOOR_DB, "about": about}


def _relative(axis: str) -> dict:
    return {"units": "1", "fill": 0.0, "about": f"recorded values over {axis}, scale not known"}


def _counts(layout: Layout) -> list[ArraySpec]:
    def count(name: str, about: str) -> ArraySpec:
        return ArraySpec(
            name=name,
            dims=("clip",),
            shape=(layout.num_clips,),
            dtype="int32",
            units="1",
            chunk=(layout.clips_per_shard,),
            about=about,
        )

    return [
        count("num_frames", "radar frames of the clip; 0 where it failed"),
        count("num_columns", "heatmap columns that are measured; the rest is padding"),
    ]


def _cube(layout: Layout) -> ArraySpec:
    frame = (*layout.cube, 2)
    quantised = layout.cube_step_v is not None
    return ArraySpec(
        name="if_cube",
        dims=("clip", "frame", "chirp", "tx", "rx", "sample", "iq"),
        shape=(layout.num_clips, layout.num_frames, *frame),
        dtype="int16" if quantised else "float32",
        units="V",
        chunk=(1, 1, *frame),
        shard=(1, layout.num_frames, *frame),
        about="IF samples, I then Q; volts = value x scale_factor",
        scale=layout.cube_step_v,
    )


def _motion(layout: Layout) -> list[ArraySpec]:
    def rows(name: str, dims: tuple[str, ...], shape: tuple[int, ...], units: str, about: str):
        return ArraySpec(
            name=name,
            dims=("clip", *dims),
            shape=(layout.num_clips, *shape),
            dtype="float32",
            units=units,
            chunk=(1, *shape) if shape else (layout.clips_per_shard,),
            shard=(layout.clips_per_shard, *shape) if shape else None,
            fill=float("nan"),
            about=about,
        )

    poses, joints, betas = layout.num_poses, layout.num_joints, layout.num_betas
    return [
        rows("poses", ("pose", "joint", "axis"), (poses, joints, 3), "rad", "SMPL axis-angle"),
        rows("transl", ("pose", "axis"), (poses, 3), "m", "of the placed body, floor at z = 0"),
        rows("betas", ("beta",), (betas,), "1", "body shape, zero where none applies"),
        rows("body_scale", (), (), "1", "size of the posed body over its model"),
        rows("pose_rate_hz", (), (), "Hz", "poses per second"),
    ]


def _coordinates(layout: Layout) -> list[ArraySpec]:
    sizes = {"time": layout.num_columns, **layout.bins}
    present = {"time", *(BIN_AXIS[name] for name in layout.heatmaps)}
    if layout.range_doppler or layout.range_azimuth:
        present.add("range")
    arrays = []
    for name, units in COORDINATE_UNITS.items():
        axis = COORDINATE_AXIS.get(name, name)
        if axis not in present:
            continue
        arrays.append(
            ArraySpec(
                name=name,
                dims=(axis,),
                shape=(sizes[axis],),
                dtype="float64",
                units=units,
                chunk=(sizes[axis],),
                about="mean true time of the chirps under a column"
                if axis == "time"
                else f"centre of each {axis} bin",
            )
        )
    return arrays
