"""Video of a skeleton fit: the observed points, next to the same points on the fitted body."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from builders.drawing.video import save_video
from radarsim.plots.mesh import Camera, paint, shaded
from radarsim.plots.style import STYLE
from radarsim.scene.body import BodyModel, skin
from radarsim.scene.skeletons.coordinates import rig_of
from radarsim.scene.skeletons.fit import SkeletonFit
from radarsim.scene.skeletons.landmarks import mirror_name, offsets_m
from radarsim.scene.skeletons.rigid_pairs import rest_points_m
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.sequence import JointSequence

# Longest video, and interval between pictures; GIF files store hundredths of a second [s].
_LONGEST_S, _INTERVAL_S = 6.0, 0.04
_DPI, _SIZE_INCHES = 100, (8.0, 4.8)
_BODY, _POINTS = (0.45, 0.60, 0.78), (0.80, 0.13, 0.16)
# Angle between the front of the first body and the camera [rad], distance and height of the camera
# relative to the pelvis [m], and standard deviation of the smoothing of the camera's path [s].
_SIDEWAYS_RAD, _AWAY_M, _EYE_M, _FOLLOW_S = 0.6, 4.0, 1.0, 0.5
# Distance of the lines on the floor, and size of the drawn part of the floor [m].
_LINES_M, _FLOOR_M = 0.5, 1.5


def write_skeleton_video(
    sequence: JointSequence, fit: SkeletonFit, body: BodyModel, path: str | Path
) -> None:
    """Write a video in real time of the first 6 s from the first valid pose.

    Args:
        sequence: observed landmarks.
        fit: fit of a body to the sequence.
        body: body model used by the fit.
        path: .gif file, or .mp4 file if ffmpeg is installed.

    Raises:
        InputError: the file cannot be written.
    """
    poses = shown_poses(fit)
    save_video(_moving_page(sequence, fit, body, poses), len(poses), _INTERVAL_S, path)


def shown_poses(fit: SkeletonFit) -> np.ndarray:
    """Return the index of the pose in each picture."""
    first, rate_hz = int(np.argmax(fit.valid)), fit.motion.rate_hz
    seconds = min(_LONGEST_S, (fit.motion.num_poses - first) / rate_hz)
    times_s = np.arange(max(1, math.floor(seconds / _INTERVAL_S + 0.01))) * _INTERVAL_S
    return first + (times_s * rate_hz + 1e-6).astype(int)


def _moving_page(sequence, fit, body, poses) -> tuple[Figure, Callable[[int], None]]:
    """Return the figure, and a function that draws one picture into the figure."""
    with rc_context(STYLE):
        page = Figure(figsize=_SIZE_INCHES, dpi=_DPI)
        page.text(0.02, 0.97, sequence.name, fontsize=11, va="top", parse_math=False)
        clock = page.text(0.98, 0.97, "", fontsize=11, va="top", ha="right")
        panels = [page.add_axes((left, 0.0, 0.49, 0.9)) for left in (0.005, 0.505)]
    draw = _Drawing(sequence, fit, body, poses)

    def draw_picture(number: int) -> None:
        note = "" if fit.valid[poses[number]] else "not valid, "
        clock.set_text(f"{note}{poses[number] / fit.motion.rate_hz:.2f} s")
        with rc_context(STYLE):
            draw.points(panels[0], number)
            draw.body(panels[1], number)

    draw_picture(0)
    return page, draw_picture


class _Drawing:
    """Everything that the pictures of a video have in common."""

    def __init__(self, sequence, fit, body, poses):
        motion = fit.motion
        self.faces, self.observed_m = np.asarray(body.faces), sequence.points_m[poses]
        arguments = motion.betas, motion.poses_rad[poses], motion.transl_m[poses], fit.scale
        self.vertices_m = np.asarray(skin(body, *arguments))
        self.floor_m = float(self.vertices_m[..., 2].min())
        self.cameras = _cameras(motion, poses)
        self.links = landmark_links(body, sequence.landmarks)
        self.limits = self._limits()

    def _limits(self) -> tuple:
        """Limits of both axes that include every body and the floor [m]."""
        pairs = zip(self.cameras, self.vertices_m, strict=True)
        flat = np.concatenate([camera.project(vertices_m)[0] for camera, vertices_m in pairs])
        low, high = flat.min(axis=0) - 0.15, flat.max(axis=0) + 0.1
        return (min(low[0], -_FLOOR_M), max(high[0], _FLOOR_M)), (low[1], high[1])

    def points(self, axes: Axes, number: int) -> None:
        """Draw the observed points, with lines between neighbours."""
        self._empty(axes, number, "observed points")
        flat = self.cameras[number].project(self.observed_m[number])[0]
        axes.add_collection(LineCollection(flat[self.links], colors=["0.35"], lw=2, zorder=3))
        axes.scatter(*flat.T, s=16, color=[_POINTS], zorder=4)

    def body(self, axes: Axes, number: int) -> None:
        """Draw the fitted body, and the observed points on the body."""
        self._empty(axes, number, "fitted body")
        camera = self.cameras[number]
        paint(axes, [shaded(camera, self.vertices_m[number], self.faces, np.array(_BODY))])
        flat = camera.project(self.observed_m[number])[0]
        axes.scatter(*flat.T, s=9, color=[_POINTS], zorder=4)

    def _empty(self, axes: Axes, number: int, title: str) -> None:
        """Remove the previous picture, and draw the floor."""
        axes.clear()
        axes.set_axis_off()
        axes.set(xlim=self.limits[0], ylim=self.limits[1], aspect="equal")
        axes.set_title(title, fontsize=9)
        camera = self.cameras[number]
        lines_m = _floor_lines_m(camera.target_m, self.floor_m)
        flat = camera.project(lines_m)[0]
        axes.add_collection(LineCollection(flat, colors=["0.85"], lw=0.8, zorder=1))


def _cameras(motion, poses) -> list[Camera]:
    """Return cameras with a constant direction that follow the body horizontally."""
    front = to_matrices(motion.poses_rad[poses[0], 0])[:2, 2]
    bearing_rad = np.arctan2(front[1], front[0]) + _SIDEWAYS_RAD
    away_m = np.array([_AWAY_M * np.cos(bearing_rad), _AWAY_M * np.sin(bearing_rad), _EYE_M])
    targets_m = gaussian_filter1d(motion.pelvis_m[poses], _FOLLOW_S / _INTERVAL_S, axis=0)
    targets_m[:, 2] = targets_m[:, 2].mean()
    return [
        Camera(eye_m=tuple(target + away_m), target_m=tuple(target), parallel=True)
        for target in targets_m
    ]


def _floor_lines_m(target_m, floor_m: float) -> np.ndarray:
    """Return lines on the floor, at fixed positions of the world, around a point [line, 2, 3]."""
    lines_m = []
    for axis in (0, 1):
        low_m, high_m = target_m[axis] - _FLOOR_M, target_m[axis] + _FLOOR_M
        for place_m in _LINES_M * np.arange(np.ceil(low_m / _LINES_M), high_m / _LINES_M):
            ends_m = np.full((2, 3), floor_m)
            ends_m[:, axis] = place_m
            ends_m[:, 1 - axis] = target_m[1 - axis] + np.array([-_FLOOR_M, _FLOOR_M])
            lines_m.append(ends_m)
    return np.array(lines_m)


def landmark_links(body: BodyModel, landmarks: tuple[str, ...]) -> np.ndarray:
    """Return pairs of neighbouring landmarks, between which lines are drawn.

    The pairs are the minimum spanning tree of the distances in the rest pose, and the mirror images
    of its pairs.

    Args:
        body: body model.
        landmarks: names of the landmarks.

    Returns:
        Indices of landmarks [pair, 2].
    """
    rest_m = rest_points_m(rig_of(body, landmarks), offsets_m(landmarks))
    # The tree would omit pairs at distance zero.
    tree = minimum_spanning_tree(cdist(rest_m, rest_m) + 1e-6).tocoo()
    index = {name: place for place, name in enumerate(landmarks)}
    links = set()
    for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        links.add(tuple(sorted(pair)))
        other = [index.get(mirror_name(landmarks[place])) for place in pair]
        if None not in other:
            links.add(tuple(sorted(other)))
    return np.array(sorted(links))
