"""Time, memory and continuity of the fit of one long recording, for `benchmarks.skeletons`.

The recording consists of built-in activities of one person, each of which lasts one minute, joined
by transitions of one second. The joints of COCO are observed with white noise.

The poses are fitted in overlapping windows, and a boundary is the first pose of a window that does
not come from the previous window. A discontinuity of positions or speeds at the boundaries would
increase the second difference of the position error there. The root mean square of this difference
over all boundaries is therefore compared with the same value at poses that are all shifted from the
boundaries by the same number of poses.
"""

import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.skeleton_clips import RATE_HZ, TrueClip

# Length of an activity, and of the transition to the next activity [s].
TAKE_S, _JOIN_S = 60.0, 1.0
# Activities are taken at this step from the list of activities, so that neighbours differ.
_STEP = 23
# Number of poses whose joints are computed at a time.
_CHUNK = 1024
# Shifts of the poses that are compared with the boundaries: the first shift, and the step [poses].
_FIRST_SHIFT, _SHIFT_STEP = 8, 2


def measure_recording(minutes: float, noise_m: float) -> dict:
    """Fit a long recording, and measure processor time, memory and boundaries.

    Args:
        minutes: length of the recording.
        noise_m: standard deviation of the noise per axis [m].

    Returns:
        Number of poses, processor time [s], peak memory before and after the fit [MB], and the
        values of `boundary_errors`.
    """
    from radarsim.files import free_body

    body = free_body()
    truth = long_recording(round(60 * minutes * RATE_HZ), TAKE_S, body)
    noise = np.random.default_rng(0).normal(size=truth.posed.points_m.shape)
    sequence, rig = truth.sequence(noise_m * noise), truth.rig
    true_joints_m = truth.posed.joints_m
    del truth, noise  # the rotations of the recording are larger than the memory of the fit
    fit, found = _fit(sequence, body)
    return found | boundary_errors(fitted_joints_m(rig, fit) - true_joints_m)


def _fit(sequence, body) -> tuple:
    """Fit the body; return the fit, and its processor time [s] and memory [MB]."""
    from benchmarks.memory_of import peak_mb
    from radarsim.scene.skeletons.fit import fit_skeleton

    _reset_peak()
    before_mb, begin_s = peak_mb(), time.process_time()
    fit = fit_skeleton(sequence, body)
    cpu_s, after_mb = time.process_time() - begin_s, max(before_mb, peak_mb())
    found = {"poses": sequence.num_poses, "cpu_s": cpu_s}
    return fit, found | {"before_mb": before_mb, "peak_mb": after_mb}


def _reset_peak() -> None:
    """On Linux, set the peak memory of this process to the current memory (proc_pid_clear_refs)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def long_recording(num_poses: int, take_s: float, body) -> TrueClip:
    """Return a recording of COCO joints of one person who performs one activity after the other.

    Args:
        num_poses: number of poses of the recording, at `RATE_HZ`.
        take_s: duration of each activity [s].
        body: body model.
    """
    from builders.activities import make_performer
    from radarsim.scene.skeletons.coordinates import rig_of
    from radarsim.scene.skeletons.kinematics import Shape
    from radarsim.scene.skeletons.landmarks import offsets_m
    from radarsim.scene.skeletons.layouts import LAYOUTS

    names = LAYOUTS["coco17"].landmarks
    shape = Shape(1.0, np.array(make_performer(0).betas), offsets_m(names))
    pose = _poses_of_activities(num_poses, take_s)
    return TrueClip("long recording", names, rig_of(body, names), shape, pose, body)


def _poses_of_activities(num_poses: int, take_s: float):
    from builders.activities import ACTIVITIES
    from radarsim.scene.skeletons.kinematics import Pose

    names, pose, number = list(ACTIVITIES), None, 0
    while pose is None or len(pose.pelvis_m) < num_poses:
        name = names[_STEP * number % len(names)]
        pose = _joined(pose, _pose_of_activity(name, number, take_s))
        number += 1
    return Pose(pose.rotations[:num_poses], pose.pelvis_m[:num_poses])


def _pose_of_activity(name: str, repeat: int, take_s: float):
    from builders.activities import perform
    from radarsim.scene.skeletons.kinematics import Pose
    from radarsim.scene.skeletons.rotation_vectors import to_matrices

    motion = perform(name, 0, repeat, duration_s=take_s)
    some = slice(None, None, round(motion.rate_hz / RATE_HZ))
    return Pose(to_matrices(motion.poses_rad[some, :22]), motion.pelvis_m[some])


def _joined(before, after):
    """Join two pose sequences by a transition of rotations and heights at a common position."""
    from builders.activities.curves import minimum_jerk
    from radarsim.scene.skeletons.kinematics import Pose
    from radarsim.scene.skeletons.rotation_vectors import to_matrices, to_vectors

    if before is None:
        return after
    count = round(_JOIN_S * RATE_HZ)
    share = minimum_jerk(np.arange(1, count + 1) / (count + 1))[:, None]
    moved_m = after.pelvis_m + (before.pelvis_m[-count] - after.pelvis_m[0]) * [1, 1, 0]
    old, new = before.at(slice(-count, None)), Pose(after.rotations, moved_m).at(slice(count))
    turn_rad = _continuous(to_vectors(np.swapaxes(old.rotations, -1, -2) @ new.rotations))
    rotations = old.rotations @ to_matrices(share[..., None] * turn_rad)
    pelvis_m = old.pelvis_m + share * (new.pelvis_m - old.pelvis_m)
    parts = (before.rotations[:-count], rotations, after.rotations[count:])
    places = (before.pelvis_m[:-count], pelvis_m, moved_m[count:])
    return Pose(np.concatenate(parts), np.concatenate(places))


def _continuous(turn_rad: np.ndarray) -> np.ndarray:
    """Return rotation vectors [pose, joint, 3] that do not change to the opposite axis at pi."""
    turn_rad = turn_rad.copy()
    for before, now in pairwise(turn_rad):
        angle_rad = np.linalg.norm(now, axis=-1, keepdims=True)
        other = now * (1 - 2 * np.pi / np.maximum(angle_rad, 1e-9))
        nearer = [np.linalg.norm(each - before, axis=-1) for each in (other, now)]
        now[nearer[0] < nearer[1]] = other[nearer[0] < nearer[1]]
    return turn_rad


def fitted_joints_m(rig, fit) -> np.ndarray:
    """Return the joints of the fitted body [pose, joint, 3], in metres."""
    from radarsim.scene.skeletons.kinematics import Pose, Shape, forward
    from radarsim.scene.skeletons.rotation_vectors import to_matrices

    shape = Shape(fit.scale, np.asarray(fit.motion.betas), fit.offsets_m)
    joints_m = []
    for first in range(0, fit.motion.num_poses, _CHUNK):
        some = slice(first, first + _CHUNK)
        rotations = to_matrices(fit.motion.poses_rad[some, :22])
        pose = Pose(rotations, fit.motion.pelvis_m[some])
        joints_m.append(forward(rig, shape, pose).joints_m)
    return np.concatenate(joints_m)


def boundary_errors(error_m: np.ndarray) -> dict:
    """Compare the errors of accelerations at the boundaries of the windows with other poses.

    Args:
        error_m: errors of the joints [pose, joint, 3], in metres.

    Returns:
        Number of boundaries; `boundaries_mps2`, the root mean square error at the boundaries;
        `median_mps2` and `range_mps2`, the median and the 95 % range of the same value for
        different shifts from the boundaries.
    """
    from radarsim.scene.skeletons.windows import window_spans

    error_mps2 = np.diff(error_m, 2, axis=0) * RATE_HZ**2
    spans = list(window_spans(len(error_m), RATE_HZ))[1:]
    boundaries = np.array([window.start + held for window, held in spans], int)
    if not len(boundaries):
        return {"boundaries": 0}
    # Each boundary lies between two poses, which are the centres of two second differences.
    centres = (boundaries[:, None] + np.array([-2, -1])).ravel()
    half = (spans[0][0].start + spans[0][1]) // 2
    shifts = np.arange(_FIRST_SHIFT, half, _SHIFT_STEP)
    other = [_rms_at(error_mps2, centres + shift) for shift in (*-shifts, *shifts)]
    return {
        "boundaries": len(boundaries),
        "boundaries_mps2": _rms_at(error_mps2, centres),
        "median_mps2": float(np.median(other)),
        "range_mps2": np.percentile(other, (2.5, 97.5)).tolist(),
    }


def _rms_at(error_mps2: np.ndarray, places: np.ndarray) -> float:
    places = places[(places >= 0) & (places < len(error_mps2))]
    return float(np.sqrt((error_mps2[places] ** 2).mean()))
