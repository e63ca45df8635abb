"""Specification of one array of a store, and the sizes that determine all arrays."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

# Minimum level of maps: 10 dB below the noise, which is too low for any signal. Padding has the
# same level.
FLOOR_DB = -10.0
HEATMAPS = ("time_doppler", "time_range", "time_angle")


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
        missing: whether NaN marks missing values, which are errors in all other arrays.
        attributes: further attributes of the array; JSON values.
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
    missing: bool = False
    attributes: Mapping[str, object] = field(default_factory=dict)

    @property
    def per_clip(self) -> bool:
        """Whether the array has a row for each clip; other arrays are coordinates."""
        return self.dims[0] == "clip"

    @property
    def num_bytes(self) -> int:
        """Total size of the values before compression [bytes]."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

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
        bins: number of bins of each of the axes "range", "speed" and "angle", and, for frame maps,
            "burst_speed" and "burst_angle".
        cube: (chirp, tx, rx, sample) counts; None if IF cubes are not saved.
        cube_step_v: ADC step in volts; None if cubes are not quantised.
        num_poses: number of poses in a full clip; None if motion is not saved.
        num_joints, num_betas: numbers of joints and shape coefficients of the saved motion.
        num_points: number of point slots per frame; None if points are not saved.
        range_doppler, range_azimuth: whether these maps of each frame are saved.
        joints: whether the joints of the body are saved for each frame.
        num_others: number of further people in a clip, whose joints are saved with those of the
            main person.
        room: whether the clips are in rooms; if so, the store contains the multipath levels of the
            clips.
        heatmaps: names of the heatmaps; a radar without a sweep measures no range, and recorded
            heatmaps are often of one kind.
        relative: whether the values of the heatmaps are relative, without a unit; recordings only.
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
    num_points: int | None = None
    range_doppler: bool = False
    range_azimuth: bool = False
    joints: bool = False
    num_others: int = 0
    room: bool = False
    heatmaps: tuple[str, ...] = HEATMAPS
    relative: bool = False
