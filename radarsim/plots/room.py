"""Draw a room in 3-D with the strongest paths, and mark the ranges of these paths in heatmaps."""

from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from mpl_toolkits.mplot3d import Axes3D, proj3d
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from radarsim.multipath.room_report import RoomReport
from radarsim.plots.heatmaps import add_heatmaps
from radarsim.plots.style import DPI, STYLE
from radarsim.scene.furniture import TriangleMesh
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room

_WALL, _FLOOR, _ITEM, _BODY, _OTHER = "0.6", "0.94", "tab:brown", "0.35", "0.65"
_STATIC, _PASS = "tab:blue", "tab:red"
# Marks of the static echoes and of the multipath passes; no other paths are drawn.
_STATIC_MARKS, _PASS_MARKS = "1234", "ABCD"
# Range of levels that is mapped to line widths [dB].
_WIDTH_DB = 30.0
# Viewing direction of the drawing, from above and behind the radar, to the right [deg].
_ELEVATION_DEG, _AZIMUTH_DEG = 32, -125
# Largest distance of a room's corner from the centre of the 3-D axes, relative to their width. The
# axes hide everything beyond 0.5.
_FILLED = 0.47
# Number of points at which a mark may lie on a path.
_MARK_PLACES = 60
# Sufficient distance of a mark from other lines and marks, relative to the width of the 3-D axes.
_CLEAR = 0.05
# Distance between neighbouring marks in the time-range map, as a fraction of the time axis.
_STEP = 0.05


class DrawnPath(NamedTuple):
    """The path of a multipath pass, or from the radar to the first reflection of a static echo.

    Attributes:
        points_m: vertices of the path in world coordinates [m].
        range_m: range at which the echo appears in the map; it is aliased if the path is longer
            than the range axis of the radar [m].
        level_db: level relative to the strongest drawn path of the same kind [dB].
        colour, mark, label: colour of the line, digit or letter on it, and text in the legend.
    """

    points_m: Float[np.ndarray, "point 3"]
    range_m: float
    level_db: float
    colour: str
    mark: str
    label: str


def room_page(
    maps: Mapping[str, Float[np.ndarray, "time _"]],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    room: Room,
    radar_pose: RadarPose,
    report: RoomReport,
    bodies: Sequence[TriangleMesh],
    time_s: float,
) -> Figure:
    """Draw a room in 3-D with the strongest paths, next to the heatmaps of a clip.

    In the time-range map, dashed lines with digits mark the ranges of the drawn static echoes, and
    red dots with letters mark the ranges of the drawn multipath passes via the first body at the
    time of the drawn bodies.

    Args:
        maps: heatmaps keyed like `heatmaps.PANELS` [dB above noise].
        axes: coordinates of the heatmaps, from `heatmap_axes`.
        room, radar_pose, report, bodies: arguments of `draw_room`.
        time_s: time of the drawn bodies [s].

    Returns:
        The figure.
    """
    with rc_context(STYLE):
        page = Figure(figsize=(15.0, 8.0), dpi=DPI)
        scene = page.add_axes((0.0, 0.17, 0.5, 0.72), projection="3d")
        paths = draw_room(scene, room, radar_pose, report, bodies)
        scene.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, fontsize=8)
        lines = str(report).splitlines()
        page.text(0.02, 0.97, lines[0], fontsize=13, fontweight="bold", va="top")
        page.text(0.02, 0.935, lines[1], fontsize=9, color="0.35", va="top")
        if len(bodies) > 1:
            note = (
                "levels of passes: sum over all people; paths and ranges: the person in dark grey"
            )
            page.text(0.02, 0.91, note, fontsize=9, color="0.35", va="top")
        panels = add_heatmaps(page, maps, axes, 1.0, 0.55, 0.07, 0.9)
        if "time_range" in panels:
            _mark_ranges(panels["time_range"], paths, time_s, max(axes["range_m"]))
    return page


def _mark_ranges(panel: Axes, paths: list[DrawnPath], time_s: float, end_m: float) -> None:
    """Mark the ranges of paths in a time-range map and extend the range axis to include them.

    The range axis is not extended beyond the last bin of the map, at `end_m`.

    Lines that mark similar ranges end at different times, so that their marks do not overlap.
    """
    first_s, last_s = panel.get_xlim()
    outline = [withStroke(linewidth=2.6, foreground="white")]
    for colour, start_s in ((_STATIC, first_s), (_PASS, time_s)):
        similar = sorted((each for each in paths if each.colour == colour), key=_range_m)
        for place, path in enumerate(similar, start=1):
            times_s = [start_s, start_s + (last_s - first_s) * _STEP * place]
            style = {"color": colour, "linewidth": 1.3, "path_effects": outline}
            style |= {"linestyle": "--"} if colour == _STATIC else {"marker": "o", "markevery": [0]}
            panel.plot(times_s, [path.range_m] * 2, **style)
            panel.text(times_s[1], path.range_m, path.mark, **_mark_style(colour))
    low_m, high_m = panel.get_ylim()
    panel.set_ylim(low_m, max([high_m, *(min(1.05 * path.range_m, end_m) for path in paths)]))


def _range_m(path: DrawnPath) -> float:
    return path.range_m


def _mark_style(colour: str) -> dict:
    """Keyword arguments of a text that is a digit or letter in a circle."""
    circle = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": colour}
    font = {"fontsize": 8, "fontweight": "bold", "color": colour}
    return {**font, "ha": "center", "va": "center", "zorder": 6, "bbox": circle}


def draw_room(
    axes: Axes3D,
    room: Room,
    radar_pose: RadarPose,
    report: RoomReport,
    bodies: Sequence[TriangleMesh],
) -> list[DrawnPath]:
    """Draw a room with the paths of a report, with wider lines for stronger paths.

    Lines of static echoes are blue, with digits, and end at the point of the first reflection;
    lines of multipath passes are red, with letters, and lead from the radar via the first body back
    to the radar.

    Args:
        axes: axes of a figure with `projection="3d"`.
        room: the room to be drawn.
        radar_pose: height and tilt of the radar.
        report: result of `room_report`.
        bodies: bodies of all people in world coordinates [m], the main person first.

    Returns:
        The drawn paths: static echoes first, then multipath passes.
    """
    # By default, Matplotlib sorts parts by mean depth, so that large sides would hide other parts.
    axes.computed_zorder = False
    low_m = np.array([-room.near_m, -room.right_m, 0.0])
    high_m = np.array([room.far_m, room.left_m, room.height_m])
    _draw_box(axes, low_m, high_m)
    for item in room.furniture:
        mesh = item.mesh()
        triangles = mesh.vertices_m[mesh.faces]
        axes.add_collection3d(Poly3DCollection(triangles, facecolor=_ITEM, alpha=0.3, zorder=2))
    for colour, body in zip([_BODY] + [_OTHER] * len(bodies), bodies):
        triangles = body.vertices_m[body.faces]
        axes.add_collection3d(Poly3DCollection(triangles, facecolor=colour, alpha=0.6, zorder=3))
    radar_m = np.array([0.0, 0.0, float(radar_pose.height_m)])
    axes.scatter(*radar_m, color="black", marker="s", s=30, zorder=5)
    static = _static_paths(report, radar_m, low_m, high_m, radar_pose)
    paths = static + _pass_paths(room, report, radar_m, bodies[0].vertices_m.mean(0))
    for path in paths:
        width = 0.5 + 2.0 * max(0.0, 1 + path.level_db / _WIDTH_DB)
        # Two columns of the legend are only wide enough for the second part on a line of its own.
        text = f"{path.mark}  {path.label}".replace(" (aliased", "\n    (aliased")
        style = {"color": path.colour, "label": text, "linewidth": width}
        axes.plot(*np.transpose(path.points_m), zorder=4, **style)
    _set_view(axes, low_m, high_m)
    for place_m, path in zip(_mark_places(axes, paths), paths):
        axes.text(*place_m, path.mark, **_mark_style(path.colour))
    return paths


def _set_view(axes: Axes3D, low_m, high_m) -> None:
    """Set labels, limits and viewing direction, with a size at which the whole box is visible."""
    axes.set(xlabel="ahead [m]", ylabel="left [m]", zlabel="up [m]")
    axes.zaxis.set_rotate_label(False)
    axes.zaxis.label.set_rotation(90)
    axes.set(xlim=(low_m[0], high_m[0]), ylim=(low_m[1], high_m[1]), zlim=(0, high_m[2]))
    axes.set_box_aspect(high_m - low_m)
    axes.grid(False)
    axes.view_init(_ELEVATION_DEG, _AZIMUTH_DEG)
    reach = np.abs(_in_drawing(axes, _corners(low_m, high_m)) - 0.5).max()
    axes.set_box_aspect(high_m - low_m, zoom=min(1.0, _FILLED / reach))


def _in_drawing(axes: Axes3D, points_m) -> Float[np.ndarray, "point 2"]:
    """Positions of points in the drawing, relative to the width of the axes."""
    x, y, _ = proj3d.proj_transform(*np.transpose(points_m), axes.get_proj())
    return axes.transLimits.transform(np.stack([x, y], axis=-1))


def _mark_places(axes: Axes3D, paths: Sequence[DrawnPath]) -> list[np.ndarray]:
    """Choose a point of each path for its mark, clear of other paths and marks if possible."""
    places_m = [_places(path.points_m) for path in paths]
    drawn = [_in_drawing(axes, each) for each in places_m]
    chosen, marks = [], []
    for index, own in enumerate(drawn):
        # Two marks must not overlap, even if their paths are the same.
        clear = 2 * _gaps(own, marks) + _gaps(own, [*drawn[:index], *drawn[index + 1 :]])
        best = int(clear.argmax())
        chosen.append(places_m[index][best])
        marks.append(own[best : best + 1])
    return chosen


def _gaps(own, others: Sequence[np.ndarray]) -> Float[np.ndarray, " place"]:
    """Distance of each place from the nearest of the other points, at most `_CLEAR`."""
    points = np.concatenate([*others, np.full((1, 2), np.inf)])
    return np.minimum(np.linalg.norm(own[:, None] - points, axis=-1).min(axis=1), _CLEAR)


def _places(points_m) -> Float[np.ndarray, "place 3"]:
    """Points of a line in the order of preference: vertices between the ends, then from the end."""
    lengths_m = np.linalg.norm(np.diff(points_m, axis=0), axis=-1)
    at_m = np.concatenate([[0.0], np.cumsum(lengths_m)])
    wanted_m = np.linspace(1.0, 0.0, _MARK_PLACES) * at_m[-1]
    along_m = np.stack([np.interp(wanted_m, at_m, axis_m) for axis_m in points_m.T], axis=-1)
    return np.concatenate([points_m[1:-1], along_m])


def _corners(low_m, high_m) -> Float[np.ndarray, "8 3"]:
    """Corners of a box."""
    return np.array(np.meshgrid(*zip(low_m, high_m), indexing="ij")).reshape(3, -1).T


def _draw_box(axes: Axes3D, low_m, high_m) -> None:
    """Draw the floor, the far wall and the twelve edges of a box."""
    corners = _corners(low_m, high_m)
    pairs = combinations(corners, 2)
    edges = [np.array(pair) for pair in pairs if np.sum(pair[0] != pair[1]) == 1]
    low, high = corners[corners[:, 2] == low_m[2]], corners[corners[:, 0] == high_m[0]]
    # The corners of a side are listed row by row, but a polygon needs its corners in cyclic order.
    sides = [side[[0, 1, 3, 2]] for side in (low, high)]
    axes.add_collection3d(Poly3DCollection(sides, facecolor=_FLOOR, alpha=0.6, zorder=0))
    axes.add_collection3d(Line3DCollection(edges, colors=_WALL, linewidths=0.8, zorder=1))


def _static_paths(report: RoomReport, radar_m, low_m, high_m, radar_pose) -> list[DrawnPath]:
    """Return the paths from the radar to the first reflections of the strongest static echoes."""
    sources = sorted(report.sources, key=lambda each: -each.rcs_m2)[: len(_STATIC_MARKS)]
    cos, sin = np.cos(float(radar_pose.tilt_rad)), np.sin(float(radar_pose.tilt_rad))
    to_world = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    strongest = max((each.rcs_m2 for each in sources), default=1.0)
    paths = []
    for mark, source in zip(_STATIC_MARKS, sources):
        direction = to_world @ source.direction
        with np.errstate(divide="ignore"):
            limits_m = np.where(direction > 0, high_m - radar_m, low_m - radar_m) / direction
        end_m = radar_m + direction * min(limits_m[np.isfinite(limits_m)].min(), source.range_m)
        level_db = 10 * np.log10(max(source.rcs_m2 / strongest, 1e-12))
        dbsm = 10 * np.log10(max(source.rcs_m2, 1e-30))
        at = report.range_text(source.range_m)
        label = f"{source.name.replace('_', ' ')}, {dbsm:.1f} dBsm at {at}"
        range_m = report.aliased_m(source.range_m)
        paths.append(DrawnPath(np.array([radar_m, end_m]), range_m, level_db, _STATIC, mark, label))
    return paths


def _pass_paths(room: Room, report: RoomReport, radar_m, body_m) -> list[DrawnPath]:
    """Return the paths of the strongest passes, from the radar via the body back to the radar."""
    kept = [each for each in report.passes if each.kept][: len(_PASS_MARKS)]
    paths = []
    for mark, each in zip(_PASS_MARKS, kept):
        out, back = (_bounces(room, way, radar_m, body_m) for way in (each.way_out, each.way_back))
        points_m = np.array([radar_m, *out, body_m, *reversed(back), radar_m])
        range_m = np.linalg.norm(np.diff(points_m, axis=0), axis=-1).sum() / 2
        label = each.name.replace("_", " ")
        # Without a direct echo, the passes have no levels: all lines have the same width.
        level_db = 0.0
        if not report.direct_hidden:
            label += f", {each.level_db:.1f} dB"
            level_db = each.level_db - kept[0].level_db
        if range_m >= report.max_range_m:
            label += f" at {report.range_text(range_m)}"
        range_m = report.aliased_m(range_m)
        paths.append(DrawnPath(points_m, range_m, level_db, _PASS, mark, label))
    return paths


def _bounces(room: Room, way: tuple[str, ...], start_m, end_m) -> list[np.ndarray]:
    """Return the points where surfaces reflect a wave from `start_m` to `end_m`, in order.

    Perpendicular surfaces are tried in both orders; the points of only one order are in the room.
    """
    low_m = np.array([-room.near_m, -room.right_m, 0.0]) - 1e-6
    high_m = np.array([room.far_m, room.left_m, room.height_m]) + 1e-6
    for order in permutations(way):
        points_m = _points_of(room, order, start_m, end_m)
        if all(np.all((low_m <= each) & (each <= high_m)) for each in points_m):
            return points_m
    return points_m


def _points_of(room: Room, order: tuple[str, ...], start_m, end_m) -> list[np.ndarray]:
    """Return the reflection points of a wave that meets the surfaces in the given order."""
    if not order:
        return []
    axis, outside, field = SURFACES[order[0]]
    at_m = 0.0 if field is None else outside * getattr(room, field)
    image_m = start_m.copy()
    image_m[axis] = 2 * at_m - start_m[axis]
    further_m = _points_of(room, order[1:], image_m, end_m)
    next_m = further_m[0] if further_m else end_m
    share = (at_m - image_m[axis]) / (next_m[axis] - image_m[axis])
    return [image_m + share * (next_m - image_m), *further_m]
