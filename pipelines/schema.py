"""Schema of a store: arrays, axes, data types, units, chunks and tables.

This file is the contract between programs that write a store and programs that read one. A reader
needs only the store itself, which contains its version, axes and units.

A clip occupies whole chunks, and a shard contains whole clips, so two writers never share a file.
"""

from dataclasses import dataclass, field

FORMAT = "radarsim-store"
SCHEMA_VERSION = 1

# Heatmaps are clipped at 10 dB below the noise, a level too low for any signal; padding columns
# also have this level.
FLOOR_DB = -10.0

HEATMAPS = ("time_doppler", "time_range", "time_angle")
BIN_AXIS = {"time_doppler": "speed", "time_range": "range", "time_angle": "angle"}
COORDINATE_UNITS = {"time": "s", "column_time": "s", "range": "m", "speed": "m/s", "angle": "rad"}
COORDINATE_AXIS = {"column_time": "time"}

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
        "caption": "string",
        "variant": "int32",
        "part": "string",
        "sentence": "string",
        "provenance": "string",
    },
}
# The attributes table has no checksums, since sentences may be attached to a finished store.
CHECKED_TABLES = ("clips", "segments", "captions")


@dataclass(frozen=True, kw_only=True)
class ArraySpec:
    """One array of a store.

    Attributes:
        name: name of the array in the store's root group.
        dims: axis names, in order; "clip" comes first if each clip has its own values.
        shape: length of each axis.
        dtype: NumPy name of the data type.
        units: units of the values, in xarray's notation; "1" for counts.
        chunk: shape of the smallest block that can be decoded separately.
        shard: shape of the block that is stored in one file; None if every chunk is a separate
            file.
        fill: value in rows to which no clip has been written.
        about: one-line description, stored as `long_name`.
        scale: physical value of one integer step, stored as `scale_factor`; None for floats.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    units: str
    chunk: tuple[int, ...]
    shard: tuple[int, ...] | None = None
    fill: float = 0.0
    about: str = ""
    scale: float | None = None

    @property
    def per_clip(self) -> bool:
        """Whether the array has a row for each clip; other arrays are coordinates."""
        return self.dims[0] == "clip"

    @property
    def clips_per_file(self) -> int:
        """Number of clips per file of this array."""
        return (self.shard or self.chunk)[0]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Sizes that determine the arrays of a store.

    Attributes:
        num_clips: number of rows in every per-clip array.
        clips_per_shard: number of rows that one task writes.
        num_frames: number of radar frames in a full clip.
        num_columns: number of heatmap columns in a full clip.
        bins: number of bins of each of the axes "range", "speed" and "angle".
        cube: (chirp, tx, rx, sample) counts; None if IF cubes are not saved.
        cube_step_v: ADC step in volts; None if cubes are not quantised.
        num_poses: number of poses in a full clip; None if motion is not saved.
        num_joints, num_betas: numbers of joints and shape coefficients of the saved motion.
    """

    num_clips: int
    clips_per_shard: int
    num_frames: int
    num_columns: int
    bins: dict[str, int] = field(default_factory=dict)
    cube: tuple[int, int, int, int] | None = None
    cube_step_v: float | None = None
    num_poses: int | None = None
    num_joints: int = 24
    num_betas: int = 16


def store_arrays(layout: Layout) -> tuple[ArraySpec, ...]:
    """Specifications of all arrays of a store, coordinates included."""
    arrays = [_heatmap(layout, name) for name in HEATMAPS]
    arrays += _counts(layout)
    if layout.cube is not None:
        arrays.append(_cube(layout))
    if layout.num_poses is not None:
        arrays += _motion(layout)
    return (*arrays, *_coordinates(layout))


def _heatmap(layout: Layout, name: str) -> ArraySpec:
    axis = BIN_AXIS[name]
    clip = (layout.num_columns, layout.bins[axis])
    return ArraySpec(
        name=name,
        dims=("clip", "time", axis),
        shape=(layout.num_clips, *clip),
        dtype="float16",
        units="dB",
        chunk=(1, *clip),
        shard=(layout.clips_per_shard, *clip),
        fill=FLOOR_DB,
        about=f"power over {axis}, in dB above the noise, cut at {FLOOR_DB:g} dB",
    )


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
    arrays = []
    for name, units in COORDINATE_UNITS.items():
        axis = COORDINATE_AXIS.get(name, name)
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
