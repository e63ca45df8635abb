"""Draw a body in front of the radar: a 3-D view, a top view, and a strip of bodies over time.

Points that the radar detects are drawn over the body in the 3-D view and in the top view.

A moment in time has the same colour in all three pictures; the strip uses the time axis of the
heatmaps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon
from matplotlib.ticker import MultipleLocator
from scipy.spatial.transform import Rotation

from radarsim.plots.mesh import Camera, OtherBody, Triangles, box, paint, shaded
from radarsim.scene.placement import ActivityArea, RadarPose, to_radar_frame

# Colours from violet (start) to orange (end). The ends of the colour map are not used, because the
# dark end is too dark for shading and the bright end too pale on white.
_TIME_COLOURS = colormaps["plasma"]
_TIME_COLOUR_ENDS = (0.14, 0.82)
_GREY, _FLOOR, _SHADOW, _RADAR = "0.45", "0.955", "0.86", (0.78, 0.13, 0.16)
_OTHER_COLOUR = np.full(3, 0.6)
_APART_M = 0.9  # minimum spacing of the bodies in the 3-D view
_MOST_BODIES = 5
_HEADROOM_M = 2.0
_NEAR_BODY_M = 1.5  # Points at a larger distance from the pelvis are not drawn.
_SAME_MOMENT_S = 0.15  # Larger time differences separate a point from a drawn body.


@dataclass(frozen=True, eq=False, kw_only=True)
class ScenePicture:
    """A body and a radar to draw, in world coordinates: floor at z = 0, radar above (0, 0).

    Attributes:
        vertices_m: vertices of the body at a few moments [m].
        moments_s: times of `vertices_m` on the time axis of the heatmaps [s].
        faces: vertex indices, counter-clockwise seen from outside.
        pelvis_m: trajectory of the pelvis [m].
        pelvis_times_s: times of `pelvis_m` [s].
        radar_pose: height and tilt of the radar.
        area: floor area that the subject may use; None if the area is not limited.
        points_m: points that the radar has detected [m].
        point_times_s: time of each point [s].
        others: further people in the scene.
    """

    vertices_m: Float[np.ndarray, "moment vertex 3"]
    moments_s: Float[np.ndarray, " moment"]
    faces: Int[np.ndarray, "face 3"]
    pelvis_m: Float[np.ndarray, "pose 3"]
    pelvis_times_s: Float[np.ndarray, " pose"]
    radar_pose: RadarPose = RadarPose()
    area: ActivityArea | None = None
    points_m: Float[np.ndarray, "point 3"] | None = None
    point_times_s: Float[np.ndarray, " point"] | None = None
    others: tuple[OtherBody, ...] = ()


def radial_trajectory(scene: ScenePicture) -> dict[str, Float[np.ndarray, " pose"]]:
    """Range, radial speed and azimuth of the pelvis, where the heatmaps should show ridges.

    Returns:
        `range_m`: range; `speed_mps`: radial speed, positive when receding; `angle_rad`: azimuth,
        positive to the left. The sine of the azimuth is the component of the unit direction vector
        along the horizontal antenna row.
    """
    seen_m = np.asarray(to_radar_frame(scene.pelvis_m, scene.radar_pose))
    range_m = np.linalg.norm(seen_m, axis=-1)
    return {
        "range_m": range_m,
        "speed_mps": np.gradient(range_m, scene.pelvis_times_s),
        "angle_rad": np.arcsin(seen_m[:, 1] / range_m),
    }


def time_colour(scene: ScenePicture, time_s: float | Float[np.ndarray, " time"]) -> np.ndarray:
    """RGB colour that represents a time of the clip in all three pictures."""
    first_s, last_s = scene.pelvis_times_s[0], scene.pelvis_times_s[-1]
    part = (np.asarray(time_s) - first_s) / max(last_s - first_s, 1e-9)
    low, high = _TIME_COLOUR_ENDS
    return np.asarray(_TIME_COLOURS(low + (high - low) * part))[..., :3]


def draw_scene(axes: Axes, scene: ScenePicture) -> None:
    """Draw the radar, the floor and the body at a few moments in 3-D, seen from the radar's right.

    Args:
        axes: matplotlib axes to draw on.
        scene: body and radar.
    """
    _draw_bodies(axes, scene, separated_moments(scene))
    axes.margins(0.01)
    axes.autoscale_view()


def draw_moment(axes: Axes, scene: ScenePicture, moment: int) -> None:
    """Draw one moment in 3-D, with the same limits for all moments; clears the axes first.

    Args:
        axes: matplotlib axes to draw on.
        scene: body and radar.
        moment: index into `scene.moments_s`.
    """
    axes.clear()
    _draw_bodies(axes, scene, [moment])
    far_m, half_m = _floor(scene)
    top_m = max(_HEADROOM_M, float(scene.vertices_m[..., 2].max()) + 0.2)
    picture, _ = _scene_camera(scene).project(box((0, far_m), (-half_m, half_m), (0, top_m))[0])
    low, high = picture.min(axis=0), picture.max(axis=0)
    margin = 0.06 * (high - low)
    (left, bottom), (right, top) = low - margin, high + margin
    axes.set(xlim=(left, right), ylim=(bottom, top))


def _draw_bodies(axes: Axes, scene: ScenePicture, moments: list[int]) -> None:
    camera = _scene_camera(scene)
    _draw_floor(axes, camera, scene)
    parts = [shaded(camera, *mesh, np.array(_RADAR)) for mesh in _radar_meshes(scene.radar_pose)]
    for moment in moments:
        vertices_m, time_s = scene.vertices_m[moment], scene.moments_s[moment]
        colour = time_colour(scene, time_s)
        _draw_shadow(axes, camera, vertices_m, scene.faces)
        parts.append(shaded(camera, vertices_m, scene.faces, colour))
        _label_above(axes, parts[-1], f"{time_s:.1f} s", colour * 0.8)
        _draw_points(axes, camera, scene, time_s)
        for other in scene.others:
            _draw_shadow(axes, camera, other.vertices_m[moment], other.faces)
            parts.append(shaded(camera, other.vertices_m[moment], other.faces, _OTHER_COLOUR))
    _label_above(axes, parts[1], "radar", _RADAR)
    paint(axes, parts)
    axes.set_aspect("equal", anchor="SW")
    axes.set_axis_off()


def draw_top_view(axes: Axes, scene: ScenePicture) -> None:
    """Draw the path of the pelvis from above, with +x (forward) to the right and +y (left) up."""
    far_m, half_m = _floor(scene)
    if scene.area is not None:
        axes.add_patch(Polygon(_corners(scene.area), facecolor=_FLOOR, edgecolor="0.75", lw=0.8))
    bearing = np.linspace(-np.pi / 2, np.pi / 2, 91)
    for radius_m in range(1, int(np.ceil(far_m)) + 1):
        arc = radius_m * np.stack([np.cos(bearing), np.sin(bearing)])
        axes.plot(*arc, color="0.85", lw=0.6, zorder=1)
    path_m = scene.pelvis_m[:, :2]
    steps = np.stack([path_m[:-1], path_m[1:]], axis=1)
    colours = time_colour(scene, scene.pelvis_times_s[:-1])
    axes.add_collection(LineCollection(steps, colors=colours, lw=2.5, capstyle="round", zorder=3))
    for moment in separated_moments(scene):
        time_s = scene.moments_s[moment]
        place, colour = _pelvis_at(scene, time_s)[:2], time_colour(scene, time_s)
        axes.plot(*place, "o", ms=6, color=colour, mec="white", zorder=4)
    for other in scene.others:
        axes.plot(*other.pelvis_m[:, :2].T, color=_GREY, lw=1.5, zorder=2)
    if scene.points_m is not None:
        colours = time_colour(scene, scene.point_times_s)
        axes.scatter(*scene.points_m[:, :2].T, c=colours, s=7, lw=0, alpha=0.55, zorder=2.5)
    axes.plot(0, 0, marker=">", ms=10, color=_RADAR, clip_on=False, zorder=5)
    axes.set(xlim=(0, far_m), ylim=(-half_m, half_m), aspect="equal")
    axes.set(xlabel="ahead of the radar [m]", ylabel="to its left [m]")
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.yaxis.set_major_locator(MultipleLocator(1))


def strip_moments_s(
    first_s: float, last_s: float, num_moments: int = 11
) -> Float[np.ndarray, " moment"]:
    """Equally spaced times on a time axis, with a margin of 3.5 % of the axis at both ends [s]."""
    margin_s = 0.035 * (last_s - first_s)
    return np.linspace(first_s + margin_s, last_s - margin_s, num_moments)


def draw_strip(axes: Axes, scene: ScenePicture, seconds_per_m: float) -> None:
    """Draw bodies side by side, each at its time on the time axis, seen from the radar's right.

    Args:
        axes: matplotlib axes with time along x; their limits are not changed.
        scene: body to draw.
        seconds_per_m: length of one metre on the time axis for which bodies are undistorted [s].
    """
    camera = Camera(eye_m=(-0.35, -1.0, 0.15), target_m=(0.0, 0.0, 0.0), parallel=True)
    parts = []
    for vertices_m, time_s in zip(scene.vertices_m, scene.moments_s):
        middle_m = _pelvis_at(scene, time_s) * [1, 1, 0]
        body = shaded(camera, vertices_m - middle_m, scene.faces, time_colour(scene, time_s))
        corners = body.corners * [seconds_per_m, 1] + [time_s, 0]
        parts.append(Triangles(corners, body.rgb, body.depth_m))
    paint(axes, parts)
    axes.axhline(0, color="0.75", lw=0.8, zorder=0)


def separated_moments(scene: ScenePicture) -> list[int]:
    """Select at most five moments whose bodies do not overlap in the 3-D view, in order of time.

    Returns:
        Indices into `scene.moments_s`; only the middle moment if the body stays in place.
    """
    places_m = np.stack([_pelvis_at(scene, time_s) for time_s in scene.moments_s])
    picture, depth = _scene_camera(scene).project(places_m)
    # Two bodies are separate if they are side by side or if one is far behind the other.
    spots = np.stack([picture[:, 0] * depth.mean(), depth / 3], axis=1)
    gaps_m = np.linalg.norm(spots[:, None] - spots, axis=-1)
    kept = [0]
    while len(kept) < _MOST_BODIES:
        farthest = int(gaps_m[kept].min(axis=0).argmax())
        if gaps_m[kept, farthest].min() < _APART_M:
            break
        kept.append(farthest)
    return sorted(kept) if len(kept) > 1 else [len(places_m) // 2]


def _pelvis_at(scene: ScenePicture, time_s: float) -> np.ndarray:
    return np.array([np.interp(time_s, scene.pelvis_times_s, along) for along in scene.pelvis_m.T])


def _scene_camera(scene: ScenePicture) -> Camera:
    """Camera on the right of the radar and slightly in front of it, so distant that vertical lines
    appear parallel.
    """
    far_m, half_m = _floor(scene)
    size_m = max(far_m, 2 * half_m)
    return Camera(
        eye_m=(0.2 * far_m, -2.4 * size_m, 0.95 * size_m), target_m=(0.5 * far_m, 0.0, 0.7)
    )


def _floor(scene: ScenePicture) -> tuple[float, float]:
    """Far end and half width of the drawn floor, rounded up to whole metres [m]."""
    far_m, half_m = scene.pelvis_m[:, 0].max(), np.abs(scene.pelvis_m[:, 1]).max()
    if scene.area is not None:
        far_m, half_m = max(far_m, scene.area.far_m), max(half_m, scene.area.half_width_m)
    return max(1.0, float(np.ceil(far_m))), max(1.0, float(np.ceil(half_m)))


def _corners(area: ActivityArea) -> Float[np.ndarray, "4 2"]:
    near, far, half = area.near_m, area.far_m, area.half_width_m
    return np.array([(near, -half), (far, -half), (far, half), (near, half)], float)


def _draw_floor(axes: Axes, camera: Camera, scene: ScenePicture) -> None:
    far_m, half_m = _floor(scene)
    if scene.area is not None:
        ground, _ = camera.project(np.pad(_corners(scene.area), ((0, 0), (0, 1))))
        axes.add_collection(
            PolyCollection([ground], facecolor=_FLOOR, edgecolor="0.7", lw=0.9, zorder=0)
        )
    ahead, left = np.arange(0, far_m + 1), np.arange(-half_m, half_m + 1)
    lines = [[(x, -half_m, 0), (x, half_m, 0)] for x in ahead]
    lines += [[(0, y, 0), (far_m, y, 0)] for y in left]
    grid, _ = camera.project(np.array(lines, float))
    axes.add_collection(LineCollection(grid, colors="0.85", lw=0.6, zorder=0.5))
    for x in ahead[1:]:
        _label(axes, camera, [x, -half_m - 0.15, 0], f"{x:g} m", color=_GREY, va="top")
    height_m = float(scene.radar_pose.height_m)
    tilt_rad = float(scene.radar_pose.tilt_rad)
    ahead_m = far_m * np.array([[0, 0, 0], [np.cos(tilt_rad), 0, np.sin(tilt_rad)]])
    boresight, _ = camera.project(ahead_m + np.array([0, 0, height_m]))
    axes.plot(*boresight.T, color=_RADAR, lw=0.8, ls=(0, (6, 4)), alpha=0.6, zorder=1.5)


def _draw_shadow(axes: Axes, camera: Camera, vertices_m, faces) -> None:
    flat, _ = camera.project(vertices_m * [1, 1, 0])
    axes.add_collection(
        PolyCollection(
            flat[faces], facecolor=_SHADOW, edgecolor=_SHADOW, lw=0.2, zorder=1, rasterized=True
        )
    )


def _draw_points(axes: Axes, camera: Camera, scene: ScenePicture, time_s: float) -> None:
    """Draw the points of the frame nearest to a moment that are on or near the body."""
    if scene.points_m is None:
        return
    near_m = np.linalg.norm(scene.points_m - _pelvis_at(scene, time_s), axis=1) < _NEAR_BODY_M
    gaps_s = np.abs(scene.point_times_s - time_s)
    found = near_m & (gaps_s <= min(gaps_s.min(initial=np.inf) + 1e-9, _SAME_MOMENT_S))
    picture, _ = camera.project(scene.points_m[found])
    axes.scatter(*picture.T, s=13, c="white", edgecolor="black", lw=0.7, zorder=5)


def _radar_meshes(radar_pose: RadarPose):
    """Meshes of a pole and of a board, drawn oversized (16 cm), at the radar's height and tilt."""
    height_m, tilt_rad = float(radar_pose.height_m), float(radar_pose.tilt_rad)
    tilt = Rotation.from_rotvec([0, -tilt_rad, 0])
    board_m, faces = box((-0.03, 0.03), (-0.08, 0.08), (-0.08, 0.08))
    pole = box((-0.02, 0.02), (-0.02, 0.02), (0, max(height_m - 0.08, 0.01)))
    return [pole, (tilt.apply(board_m) + np.array([0, 0, height_m]), faces)]


def _label(axes: Axes, camera: Camera, point_m, text: str, **style) -> None:
    places, _ = camera.project(np.array([point_m], np.float64))
    axes.text(*places[0], text, ha="center", fontsize=8, zorder=6, **style)


def _label_above(axes: Axes, drawn: Triangles, text: str, colour) -> None:
    """Write a label above the highest point of a mesh, which may be a raised arm."""
    right, up = drawn.corners[..., 0], drawn.corners[..., 1]
    place = (right.min() + right.max()) / 2, up.max()
    axes.annotate(
        text, place, (0, 3), textcoords="offset points", ha="center", va="bottom",
        fontsize=8, color=colour, zorder=6,
    )  # fmt: skip
