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
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.sequence import JointSequence

# Longest video, and interval between pictures; GIF files store hundredths of a second [s].
_LONGEST_S, _INTERVAL_S = 6.0, 0.04
_DPI, _SIZE_INCHES = 100, (8.0, 4.8)
_BODY, _POINTS = (0.45, 0.60, 0.78), (0.80, 0.13, 0.16)
# Angle between the front of the first body and the camera, and direction of the camera in the
# picture's coordinates, in which `plots.mesh` defines the light [rad].
_SIDEWAYS_RAD, _BEARING_RAD = 0.6, -1.7
# Distance and height of the camera relative to the pelvis [m], and standard deviation of the
# smoothing of the camera's path [s].
_AWAY_M, _EYE_M, _FOLLOW_S = 4.0, 1.0, 0.5
# Distance of the lines on the floor, and half of the size of the drawn part of the floor [m].
_LINES_M, _FLOOR_M = 0.5, 3.0
# Smallest half width of a panel, and margin around the bodies [m].
_HALF_WIDTH_M, _MARGIN_M = 0.8, 0.1


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
        panels = [page.add_axes((left, 0.0, 0.49, 0.86)) for left in (0.005, 0.505)]
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
        motion, turn = fit.motion, _turn(fit.motion, poses[0])
        self.faces, self.observed_m = np.asarray(body.faces), sequence.points_m[poses] @ turn.T
        arguments = motion.betas, motion.poses_rad[poses], motion.transl_m[poses], fit.scale
        self.vertices_m = np.asarray(skin(body, *arguments)) @ turn.T
        self.floor_m = float(self.vertices_m[..., 2].min())
        self.cameras = _cameras(motion.pelvis_m[poses] @ turn.T)
        self.links = landmark_links(body, sequence.landmarks)
        self.limits = self._limits()

    def _limits(self) -> tuple:
        """Limits of both axes that include every body [m]."""
        pairs = zip(self.cameras, self.vertices_m, strict=True)
        flat = np.concatenate([camera.project(vertices_m)[0] for camera, vertices_m in pairs])
        low, high = flat.min(axis=0) - _MARGIN_M, flat.max(axis=0) + _MARGIN_M
        half_m = max(-low[0], high[0], _HALF_WIDTH_M)
        return (-half_m, half_m), (low[1], high[1])

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


def _turn(motion, pose: int) -> np.ndarray:
    """Return the rotation about the vertical that turns the front of a body to the camera."""
    front = to_matrices(motion.poses_rad[pose, 0])[:2, 2]
    angle_rad = _BEARING_RAD - _SIDEWAYS_RAD - np.arctan2(front[1], front[0])
    return to_matrices(np.array([0.0, 0.0, angle_rad]))


def _cameras(pelvis_m: np.ndarray) -> list[Camera]:
    """Return cameras with a constant direction that follow the body horizontally."""
    across_m = _AWAY_M * np.array([np.cos(_BEARING_RAD), np.sin(_BEARING_RAD)])
    away_m = np.array([*across_m, _EYE_M])
    targets_m = gaussian_filter1d(pelvis_m, _FOLLOW_S / _INTERVAL_S, axis=0)
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

    The pairs are the minimum spanning tree of the distances along the skeleton, which are direct
    distances for landmarks of one joint, and the mirror images of its pairs.

    Args:
        body: body model.
        landmarks: names of the landmarks.

    Returns:
        Indices of landmarks [pair, 2].
    """
    rig, arms_m = rig_of(body, landmarks), np.linalg.norm(offsets_m(landmarks), axis=1)
    bones_m, above = np.linalg.norm(rig.bones_m, axis=1), rig.ancestors[rig.landmark_joints]
    # The path between two joints consists of the bones above exactly one of them.
    along_m = ((above[:, None] ^ above[None]) * bones_m).sum(axis=-1)
    along_m += arms_m[:, None] + arms_m
    # Landmarks of one joint are neighbours by their direct distance.
    attached, direct_m = rig.landmark_joints, cdist(offsets_m(landmarks), offsets_m(landmarks))
    along_m = np.where(attached[:, None] == attached, direct_m, along_m)
    # The tree would omit pairs at distance zero.
    tree = minimum_spanning_tree(along_m + 1e-6).tocoo()
    index = {name: place for place, name in enumerate(landmarks)}
    links = set()
    for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        links.add(tuple(sorted(pair)))
        other = [index.get(mirror_name(landmarks[place])) for place in pair]
        if None not in other:
            links.add(tuple(sorted(other)))
    return np.array(sorted(links))
