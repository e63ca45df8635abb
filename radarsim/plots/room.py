"""Draw a room in 3-D: its edges, its furniture, a body, and the strongest paths."""

from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from radarsim.multipath.room_report import RoomReport
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room

_WALL, _ITEM, _BODY = "0.6", "tab:brown", "0.35"
_STATIC, _PASS = "tab:blue", "tab:red"
# Number of static echoes and of multipath passes that are drawn.
_MOST_STATIC, _MOST_PASSES = 3, 3
# Range of levels that line widths represent [dB].
_WIDTH_DB = 30.0


def draw_room(
    axes: Axes3D,
    room: Room,
    radar_pose: RadarPose,
    report: RoomReport,
    vertices_m: Float[np.ndarray, "vertex 3"],
    faces: Int[np.ndarray, "face 3"],
) -> None:
    """Draw a room with the paths of a report; stronger paths have wider lines.

    Static echoes are blue and lead to the point where the wave is first reflected; multipath passes
    are red and lead from the radar by way of the body back to the radar.

    Args:
        axes: axes of a figure with `projection="3d"`.
        room: the room.
        radar_pose: height and tilt of the radar.
        report: result of `room_report`.
        vertices_m: vertices of the body in world coordinates [m].
        faces: triangles of the body.
    """
    low_m = np.array([-room.near_m, -room.right_m, 0.0])
    high_m = np.array([room.far_m, room.left_m, room.height_m])
    axes.add_collection3d(Line3DCollection(_box_edges(low_m, high_m), colors=_WALL, linewidths=0.8))
    for item in room.furniture:
        mesh = item.mesh()
        triangles = Poly3DCollection(mesh.vertices_m[mesh.faces], facecolor=_ITEM, alpha=0.3)
        axes.add_collection3d(triangles)
    axes.add_collection3d(Poly3DCollection(vertices_m[faces], facecolor=_BODY, alpha=0.6))
    radar_m = np.array([0.0, 0.0, float(radar_pose.height_m)])
    axes.scatter(*radar_m, color=_PASS, marker="s", s=20)
    _draw_static(axes, report, radar_m, low_m, high_m, radar_pose)
    _draw_passes(axes, room, report, radar_m, vertices_m.mean(0))
    axes.set(xlabel="ahead [m]", ylabel="left [m]", zlabel="up [m]")
    axes.set(xlim=(low_m[0], high_m[0]), ylim=(low_m[1], high_m[1]), zlim=(0, high_m[2]))
    axes.set_box_aspect(high_m - low_m)


def _box_edges(low_m, high_m) -> list[np.ndarray]:
    """The twelve edges of a box."""
    corners = np.array(np.meshgrid(*zip(low_m, high_m), indexing="ij")).reshape(3, -1).T
    pairs = combinations(corners, 2)
    return [np.array(pair) for pair in pairs if np.sum(pair[0] != pair[1]) == 1]


def _draw_static(axes, report: RoomReport, radar_m, low_m, high_m, radar_pose) -> None:
    """Lines from the radar to the first reflection of the strongest static echoes."""
    sources = sorted(report.sources, key=lambda each: -each.rcs_m2)[:_MOST_STATIC]
    cos, sin = np.cos(float(radar_pose.tilt_rad)), np.sin(float(radar_pose.tilt_rad))
    to_world = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    strongest = max((each.rcs_m2 for each in sources), default=1.0)
    for source in sources:
        direction = to_world @ source.direction
        with np.errstate(divide="ignore"):
            limits_m = np.where(direction > 0, high_m - radar_m, low_m - radar_m) / direction
        end_m = radar_m + direction * min(limits_m[np.isfinite(limits_m)].min(), source.range_m)
        level_db = 10 * np.log10(max(source.rcs_m2 / strongest, 1e-12))
        _line(axes, [radar_m, end_m], level_db, _STATIC, source.name)


def _draw_passes(axes, room: Room, report: RoomReport, radar_m, body_m) -> None:
    """Lines from the radar by way of the body back to the radar, for the strongest passes."""
    kept = [each for each in report.passes if each.kept][:_MOST_PASSES]
    for each in kept:
        out = [_bounce(room, name, radar_m, body_m) for name in each.way_out]
        back = [_bounce(room, name, radar_m, body_m) for name in each.way_back]
        points = [radar_m, *out, body_m, *reversed(back), radar_m]
        _line(axes, points, each.level_db - kept[0].level_db, _PASS, each.name)


def _bounce(room: Room, name: str, start_m, end_m) -> np.ndarray:
    """Point of a surface where a wave from `start_m` to `end_m` is reflected."""
    axis, outside, field = SURFACES[name]
    at_m = 0.0 if field is None else outside * getattr(room, field)
    image_m = start_m.copy()
    image_m[axis] = 2 * at_m - start_m[axis]
    share = (at_m - image_m[axis]) / (end_m[axis] - image_m[axis])
    return image_m + share * (end_m - image_m)


def _line(axes, points, level_db: float, colour: str, label: str) -> None:
    """A path whose width follows its level relative to the strongest path of its kind."""
    width = 0.5 + 2.0 * max(0.0, 1 + level_db / _WIDTH_DB)
    axes.plot(*np.transpose(points), color=colour, linewidth=width, label=label)
