"""Schema of the optional arrays per radar frame: points, frame maps, joints.

    points              [clip, frame, point, value]           NaN in empty slots
    num_points          [clip, frame]                         points are in the first slots
    range_doppler       [clip, frame, range, burst_speed]     dB above noise
    range_azimuth       [clip, frame, range, burst_angle]     dB above noise
    joints_m            [clip, frame, joint, axis]            radar frame: x ahead, y left, z up
    joint_speed_mps     [clip, frame, joint]                  radial, receding positive
    joint_visible       [clip, frame, joint]                  line of sight to the radar
    other_joints_m ...  [clip, frame, person, joint, axis]    further people, in the order of the
                                                              table `people`; likewise for
                                                              other_joint_speed_mps and
                                                              other_joint_visible

All values refer to the middle of a frame's burst, at `frame_time`. Frames after the end of a clip
have no points, maps at `FLOOR_DB`, and NaN for joints that are not visible.
"""

from functools import partial

from pipelines.layout import FLOOR_DB, ArraySpec, Layout
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.scene.skeleton import JOINT_NAMES

FRAME_MAPS = {"range_doppler": "burst_speed", "range_azimuth": "burst_angle"}
FRAME_COORDINATES = {"frame_time": "s", "burst_speed": "m/s", "burst_angle": "rad"}
JOINT_ARRAYS = ("joints_m", "joint_speed_mps", "joint_visible")

_AT_FRAMES = {"coordinates": "frame_time"}  # CF convention by which xarray finds the times
_ABOUT_COORDINATES = {
    "frame_time": "middle of the burst of each frame, since the start of the clip",
    "burst_speed": "centre of each speed bin of one burst, receding positive",
    "burst_angle": "azimuth of each bin of a range-azimuth map, left positive",
}


def frame_arrays(layout: Layout) -> list[ArraySpec]:
    """Specifications of the saved arrays that have values per radar frame."""
    arrays = [] if layout.num_points is None else _points(layout)
    arrays += [_frame_map(layout, name) for name in FRAME_MAPS if getattr(layout, name)]
    if not layout.joints:
        return arrays
    arrays += _joints(layout)
    return arrays + (_joints(layout, others=True) if layout.num_others else [])


def frame_coordinates(layout: Layout) -> list[ArraySpec]:
    """Specifications of the coordinates of the saved arrays that have values per radar frame."""
    per_frame = layout.num_points is not None or layout.joints
    maps = [axis for name, axis in FRAME_MAPS.items() if getattr(layout, name)]
    sizes = {axis: layout.bins[axis] for axis in maps}
    if per_frame or maps:
        sizes = {"frame_time": layout.num_frames, **sizes}
    return [
        ArraySpec(
            name=name,
            dims=("frame",) if name == "frame_time" else (name,),
            shape=(size,),
            dtype="float64",
            units=FRAME_COORDINATES[name],
            chunk=(size,),
            about=_ABOUT_COORDINATES[name],
        )
        for name, size in sizes.items()
    ]


def _per_frame(layout: Layout, name: str, axes: dict[str, int], **properties) -> ArraySpec:
    """Specification of an array with one file per shard, in which each chunk contains one clip."""
    clip = (layout.num_frames, *axes.values())
    return ArraySpec(
        name=name,
        dims=("clip", "frame", *axes),
        shape=(layout.num_clips, *clip),
        chunk=(1, *clip),
        shard=(layout.clips_per_shard, *clip),
        **{"attributes": _AT_FRAMES, **properties},
    )


def _points(layout: Layout) -> list[ArraySpec]:
    names = {"value_names": list(POINT_VALUES), "value_units": list(POINT_VALUES.values())}
    return [
        _per_frame(
            layout,
            "points",
            {"point": layout.num_points, "value": len(POINT_VALUES)},
            dtype="float32",
            units="mixed",
            fill=float("nan"),
            missing=True,
            about="detected points, strongest first; values and units as in the attributes",
            attributes={**_AT_FRAMES, **names},
        ),
        _per_frame(
            layout,
            "num_points",
            {},
            dtype="int32",
            units="1",
            about="points of the frame; later slots of `points` are empty (NaN)",
        ),
    ]


def _frame_map(layout: Layout, name: str) -> ArraySpec:
    """Specification of a frame map: one file per clip (several megabytes), one chunk per frame."""
    axis = FRAME_MAPS[name]
    bins = (layout.bins["range"], layout.bins[axis])
    return ArraySpec(
        name=name,
        dims=("clip", "frame", "range", axis),
        shape=(layout.num_clips, layout.num_frames, *bins),
        dtype="float16",
        units="dB",
        chunk=(1, 1, *bins),
        shard=(1, layout.num_frames, *bins),
        fill=FLOOR_DB,
        about=f"power of one burst over range and {axis}, in dB above the noise, cut at "
        f"{FLOOR_DB:g} dB",
        attributes=_AT_FRAMES,
    )


def _joints(layout: Layout, others: bool = False) -> list[ArraySpec]:
    """Specifications of the joints of the main person, or of the further people."""
    make = partial(_per_frame, layout)
    joints = {"person": layout.num_others} if others else {}
    joints |= {"joint": layout.num_joints}
    prefix, of = ("other_", " of the further people") if others else ("", "")
    attributes = {**_AT_FRAMES, "joint_names": list(JOINT_NAMES)}
    values = {"dtype": "float32", "fill": float("nan"), "missing": True, "attributes": attributes}
    return [
        make(
            f"{prefix}joints_m",
            {**joints, "axis": 3},
            units="m",
            about=f"joints{of} in the radar frame: x ahead, y left, z up",
            **values,
        ),
        make(
            f"{prefix}joint_speed_mps",
            joints,
            units="m/s",
            about=f"radial speed of each joint{of}, receding positive",
            **values,
        ),
        make(
            f"{prefix}joint_visible",
            joints,
            dtype="bool",
            fill=False,
            units="1",
            about=f"whether no body blocks the line of sight from the radar to the joint{of}"
            if layout.num_others
            else "whether the body leaves the line of sight from the radar to the joint free",
            attributes=attributes,
        ),
    ]
