"""Fit the poses of a recording in overlapping windows, which limits the memory.

Each window continues from poses of the previous window that are far enough from the end of that
window to be unaffected by this end, so that there are no discontinuities beyond the usual errors.
Rotation matrices, derivatives and equations are stored for only one window at a time; the caller
keeps the values that are needed for the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from radarsim.scene.skeletons.contact import find_contact
from radarsim.scene.skeletons.kinematics import Pose, Rig, Shape, forward
from radarsim.scene.skeletons.observations import Observed
from radarsim.scene.skeletons.pose_prior import ACCELERATION_STD, USUAL_MEAN_RAD, Unknown
from radarsim.scene.skeletons.problem import Problem
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.smoothness import LOCAL_S, local_smoothness, usual_smoothness
from radarsim.scene.skeletons.start import MARGIN_S, starting_pose, without_spins

# Duration of a window, and of the overlap with the next window [s].
_WINDOW_S, _OVERLAP_S = 8.0, 1.5
# Minimum number of poses taken from the previous window, as required by third differences.
_LEAST_HELD = 3
# Each entry of the first pass gives the factor of the smoothness weights, the factor of the scale
# of the robust loss, and the number of steps. The entries of the second pass are numbers of steps.
_FIRST_PASS = ((0.01, 10.0, 3), (1.0, 3.0, 4), (1.0, 1.0, 4))
_SECOND_PASS_STEPS = (4, 4)


@dataclass(frozen=True, eq=False)
class Start:
    """Closed-form initial poses for any part of a recording.

    Attributes:
        rig: the skeleton.
        shape: body shape with the usual landmark offsets, for which the closed form is valid.
        observed: observations of the whole recording.
        joints: indices of the unknown joints; all other joints take their usual rotation.
        known: indices of poses with better initial values than the closed form, in ascending order.
        poses: initial values of the poses with the indices `known`.
    """

    rig: Rig
    shape: Shape
    observed: Observed
    joints: np.ndarray
    known: np.ndarray
    poses: Pose

    def at(self, window: slice) -> Pose:
        """Return a window's initial poses, identical to those computed from the whole recording."""
        margin = round(MARGIN_S * self.observed.rate_hz) + 1
        first = max(0, window.start - margin)
        points_m = self.observed.filled_m[first : window.stop + margin]
        pose = starting_pose(self.rig, self.shape, points_m, self.observed.rate_hz)
        pose = pose.at(slice(window.start - first, window.stop - first))
        others = np.setdiff1d(np.arange(len(USUAL_MEAN_RAD)), self.joints)
        pose.rotations[:, others] = to_matrices(USUAL_MEAN_RAD[others])
        inside = slice(*np.searchsorted(self.known, (window.start, window.stop)))
        places = self.known[inside] - window.start
        pose.rotations[places], pose.pelvis_m[places] = self.poses.at(inside)
        return pose

    def some(self, chosen: np.ndarray) -> Pose:
        """Return initial values of chosen poses, whose indices must be in ascending order."""
        windows = _spans(self.observed)
        parts = [self.at(each).at(chosen[_inside(chosen, each)] - each.start) for each in windows]
        return Pose(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _inside(chosen: np.ndarray, window: slice) -> np.ndarray:
    return (chosen >= window.start) & (chosen < window.stop)


def _spans(observed: Observed) -> list[slice]:
    """Return consecutive windows without overlap."""
    count, length = len(observed.filled_m), round(_WINDOW_S * observed.rate_hz)
    return [slice(first, min(first + length, count)) for first in range(0, count, length)]


def window_spans(num_poses: int, rate_hz: float) -> Iterator[tuple[slice, int]]:
    """Divide a recording into overlapping windows.

    Args:
        num_poses: number of poses of the recording.
        rate_hz: poses per second.

    Yields:
        Slice of the recording, and the number of poses at the start of the slice that are taken
        from the previous window. The following pose is the boundary between the two windows.
    """
    length, overlap = max(48, round(_WINDOW_S * rate_hz)), max(16, round(_OVERLAP_S * rate_hz))
    context = max(_LEAST_HELD, round(LOCAL_S / 2 * rate_hz))
    first, held = 0, 0
    while True:
        stop = min(first + length, num_poses)
        if num_poses - stop < overlap:  # a short remainder joins the last window
            stop = num_poses
        yield slice(first, stop), held
        if stop == num_poses:
            return
        first, held = stop - overlap - context, context


def fit_windows(rig: Rig, shape: Shape, start: Start, unknown: Unknown) -> Iterator[tuple]:
    """Fit the poses of a recording window by window.

    Args:
        rig, shape: skeleton, and body shape of the person.
        start: initial poses, including the observations of the recording.
        unknown: the unknown joints and the prior of their rotations.

    Yields:
        Slice of the recording and the fitted poses of this slice. Windows overlap; each window
        replaces the end of the previous window.
    """
    observed, before, first = start.observed, None, 0
    for window, held in window_spans(len(observed.filled_m), observed.rate_hz):
        if before is not None:
            before = before.at(slice(window.start - first, None))
        first = window.start
        pose = _continued(start.at(window), before)
        before = pose = _fit_window(rig, shape, pose, observed.part(window), unknown, held)
        yield window, pose


def _continued(pose: Pose, before: Pose | None) -> Pose:
    """Return a window's initial poses, of which the first come from the previous window's fit."""
    if before is not None:
        fitted = len(before.pelvis_m)
        pose.rotations[:fitted], pose.pelvis_m[:fitted] = before
    return pose


def _fit_window(rig, shape, pose, observed, unknown, held) -> Pose:
    rate_hz = observed.rate_hz
    smoothness = usual_smoothness(ACCELERATION_STD, len(pose.pelvis_m), rate_hz)
    problem = Problem.of(rig, shape, observed, unknown, smoothness, held=held)
    for smooth, robust, steps in _FIRST_PASS:
        problem = replace(problem, smoothness=smoothness.scaled(smooth), robust=robust)
        pose = problem.solve(without_spins(pose, rate_hz, held), steps)
    for steps in _SECOND_PASS_STEPS:
        contact = find_contact(shape, forward(rig, shape, pose), rate_hz)
        local = local_smoothness(pose, ACCELERATION_STD, rate_hz)
        pose = replace(problem, smoothness=local, contact=contact).solve(pose, steps)
    return pose
