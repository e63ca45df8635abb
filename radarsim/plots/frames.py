"""Draw the points and maps of single frames next to the heatmaps of a clip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from radarsim.plots.frame_maps import draw_range_azimuth, draw_range_doppler, farthest_echo_m
from radarsim.plots.points import (
    RANGE,
    SPEED,
    Extent,
    X,
    Y,
    Z,
    extent_of,
    found_points,
    highest_speed_mps,
    times_of_points,
)
from radarsim.plots.scene import ScenePicture
from radarsim.scene.placement import to_world
from radarsim.scene.skeleton import PARENTS

# Style of points drawn over a map, visible on every colour of the map.
DOTS = {"s": 15, "facecolor": "none", "edgecolor": "cyan", "lw": 0.8, "zorder": 5}


@dataclass(frozen=True, eq=False, kw_only=True)
class FrameSeries:
    """Points, maps and joints of every radar frame of a clip; None for those that are not known.

    Attributes:
        times_s: time of each frame [s].
        axes: `range_m`, `speed_mps` and `angle_rad` of the maps.
        points: values of the points in the order of `points.RANGE` to `points.Z`; NaN in empty
            slots.
        range_doppler, range_azimuth: maps [dB above noise].
        joints_m: joints of the body in the radar frame [m].
    """

    times_s: Float[np.ndarray, " frame"]
    axes: Mapping[str, Float[np.ndarray, " _"]] = field(default_factory=dict)
    points: Shaped[np.ndarray, "frame point value"] | None = None
    range_doppler: Shaped[np.ndarray, "frame range speed"] | None = None
    range_azimuth: Shaped[np.ndarray, "frame range angle"] | None = None
    joints_m: Shaped[np.ndarray, "frame joint 3"] | None = None

    @property
    def has_maps(self) -> bool:
        """Whether there is a map of any kind."""
        return self.range_doppler is not None or self.range_azimuth is not None

    def points_of(self, frame: int) -> Float[np.ndarray, "_ value"]:
        """Points of one frame, without empty slots; an empty array if the points are not known."""
        return np.zeros((0, Z + 1)) if self.points is None else found_points(self.points[frame])

    @property
    def highest_mps(self) -> float:
        """Upper end of the speed colour scale for the points of all frames [m/s]."""
        return highest_speed_mps(self.all_points)

    @property
    def all_points(self) -> Float[np.ndarray, "_ value"]:
        """Points of all frames, without empty slots; an empty array if the points are not known."""
        return np.zeros((0, Z + 1)) if self.points is None else found_points(self.points)

    def frame_at(self, time_s: float) -> int:
        """Index of the frame nearest to a time."""
        return int(np.abs(self.times_s - time_s).argmin())

    def select(self, frames: Sequence[int]) -> "FrameSeries":
        """Return a series that consists of the given frames, in the given order."""
        names = ("times_s", "points", "range_doppler", "range_azimuth", "joints_m")
        known = {name: getattr(self, name) for name in names}
        chosen = {name: np.asarray(v)[list(frames)] for name, v in known.items() if v is not None}
        return replace(self, **chosen)

    def fullest_frame(self) -> int:
        """Index of the frame with the most points, or else the middle frame."""
        if self.points is None:
            return len(self.times_s) // 2
        return int(np.isfinite(self.points[..., RANGE]).sum(axis=1).argmax())

    def drawings(self) -> list[Callable]:
        """Functions that draw the known maps, with the arguments panel, series and frame index."""
        known = {draw_doppler_frame: self.range_doppler, draw_azimuth_frame: self.range_azimuth}
        return [draw for draw, maps_db in known.items() if maps_db is not None]

    def view(self) -> Extent:
        """Extent of a plan view that contains all echoes, or, without maps, nearly all points."""
        extent = extent_of(self.all_points)
        if self.range_azimuth is None:
            return extent
        far_m = farthest_echo_m(self.range_azimuth, self.axes["range_m"])
        return Extent(far_m, min(max(0.6 * far_m, extent.half_m), far_m))


def with_points(scene: ScenePicture, series: FrameSeries) -> ScenePicture:
    """Return the scene with the points of all frames, transformed to world coordinates."""
    if series.points is None:
        return scene
    at_m = found_points(series.points)[:, [X, Y, Z]]
    return replace(
        scene,
        points_m=to_world(at_m, scene.radar_pose),
        point_times_s=times_of_points(series.points, series.times_s),
    )


def add_frame_column(
    page: Figure, series: FrameSeries, frame: int, box: tuple[float, float, float, float]
) -> None:
    """Draw the maps of one frame and its points in a column of a page.

    Args:
        page: figure to draw on.
        series: frames of the clip.
        frame: index of the frame.
        box: left, bottom, right and top of the column, as fractions of the page.
    """
    left, bottom, right, top = box
    grid = page.add_gridspec(
        2, 2, left=left, bottom=bottom, right=right, top=top, hspace=0.22, wspace=0.04,
        width_ratios=(1, 0.035),
    )  # fmt: skip
    for row, draw in enumerate(series.drawings()):
        panel = page.add_subplot(grid[row, 0])
        image = draw(panel, series, frame)
        page.colorbar(image, cax=page.add_subplot(grid[row, 1]), label="dB above noise")
    page.text(
        left, top + 0.012, f"frame at {series.times_s[frame]:.2f} s, detected points as rings",
        fontsize=9, color="0.35",
    )  # fmt: skip


def mark_frame(panel: Axes, time_s: float) -> None:
    """Mark the time of a frame on a heatmap."""
    panel.axvline(time_s, color="cyan", lw=0.9, ls=(0, (2, 2)))


def draw_doppler_frame(panel: Axes, series: FrameSeries, frame: int, **colours) -> QuadMesh:
    """Draw the range-Doppler map of one frame, and rings around its points."""
    far_m = farthest_echo_m(series.range_doppler, series.axes["range_m"])
    image = draw_range_doppler(panel, series.range_doppler[frame], series.axes, far_m, **colours)
    points = series.points_of(frame)
    panel.scatter(points[:, SPEED], points[:, RANGE], **DOTS)
    return image


def draw_azimuth_frame(panel: Axes, series: FrameSeries, frame: int, **colours) -> QuadMesh:
    """Draw the range-azimuth map of one frame, rings around its points, and the joints."""
    view = series.view()
    image = draw_range_azimuth(panel, series.range_azimuth[frame], series.axes, view, **colours)
    if series.joints_m is not None:
        draw_joints(panel, series.joints_m[frame], color="white", lw=0.7, ms=1.2)
    points = series.points_of(frame)
    panel.scatter(points[:, Y], points[:, X], **DOTS)
    return image


def draw_joints(
    panel: Axes, joints_m: Shaped[np.ndarray, "joint axis"], across: int = 1, up: int = 0, **style
) -> None:
    """Draw the joints of one frame, connected by bones if they are the joints of SMPL.

    Args:
        panel: matplotlib axes to draw on.
        joints_m: joints, in the radar frame for a plan view [m].
        across, up: coordinates drawn along x and y of the panel; y and x for a plan view.
        style: further arguments of `Axes.plot`.
    """
    style = {"color": "black", "lw": 1.4, "marker": "o", "ms": 2.5, "zorder": 4} | style
    if len(joints_m) != len(PARENTS):
        panel.plot(joints_m[:, across], joints_m[:, up], **(style | {"ls": ""}))
        return
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            bone_m = joints_m[[parent, joint]]
            panel.plot(bone_m[:, across], bone_m[:, up], **style)
