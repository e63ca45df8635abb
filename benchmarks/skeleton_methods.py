"""The skeleton fit and simple alternatives to this fit, for `benchmarks.skeletons`."""

from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

METHODS = ("fit", "each pose", "moving average", "interpolation")
# Standard deviation of a landmark's offset if the offset is known [m].
_KNOWN_STD_M = 1e-4
# The matrices are small: threads of the BLAS library would slow the fit, as in `fit_skeleton`.
_one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


def fitted(method: str, sequence, body):
    """Fit shape and pose by one of the methods."""
    from scipy.ndimage import uniform_filter1d

    from radarsim.scene.skeletons.cleaning import fill_gaps
    from radarsim.scene.skeletons.fit import fit_skeleton
    from radarsim.scene.skeletons.kinematics import Pose, Shape
    from radarsim.scene.skeletons.rotation_vectors import to_matrices

    if method == "fit":
        fit = fit_skeleton(sequence, body)
        pose = Pose(to_matrices(fit.motion.poses_rad[:, :22]), fit.motion.pelvis_m)
        return Shape(fit.scale, np.asarray(fit.motion.betas), fit.offsets_m), pose
    points_m = sequence.points_m
    if method == "moving average":
        points_m = uniform_filter1d(points_m, 5, axis=0, mode="nearest")
    if method == "interpolation":
        points_m = points_m.copy()
        points_m[np.arange(len(points_m)) % 3 != 0] = np.nan
        points_m = fill_gaps(points_m)
    return fit_each_pose(replace(sequence, points_m=points_m), body)


@_one_thread
def fit_each_pose(sequence, body):
    """Fit one shape for all poses, and each pose separately, without a smoothness prior."""
    from radarsim.scene.skeletons.coordinates import rig_of
    from radarsim.scene.skeletons.fit import shape_and_start
    from radarsim.scene.skeletons.observations import Observed
    from radarsim.scene.skeletons.problem import Problem
    from radarsim.scene.skeletons.smoothness import no_smoothness

    observed, rig = Observed.of(sequence), rig_of(body, sequence.landmarks)
    unknown, shape, start = shape_and_start(rig, observed, scaled=True)
    count = len(observed.filled_m)
    smoothness = no_smoothness(rig.num_joints, count)
    problem = Problem.of(rig, shape, observed, unknown, smoothness, robust=10.0)
    return shape, problem.solve(start.at(slice(0, count)), 15)


@_one_thread
def fit_with_known(sequence, body, known, with_shape: bool):
    """Fit shape and poses with information that observed landmarks do not contain.

    Args:
        sequence: observed landmarks of at most 8 s, which the fit processes in one window.
        body: body model.
        known: true shape of the person, with the true offsets of the landmarks from their joints.
        with_shape: whether scale and betas are known, or only the offsets of the landmarks.

    Returns:
        Shape and poses.
    """
    from radarsim.scene.skeletons.coordinates import rig_of
    from radarsim.scene.skeletons.fit import shape_and_start
    from radarsim.scene.skeletons.observations import Observed
    from radarsim.scene.skeletons.windows import fit_windows

    stds_m = np.full(len(known.offsets_m), _KNOWN_STD_M)
    observed = Observed.of(sequence)
    observed = replace(observed, offsets_m=known.offsets_m, offset_stds_m=stds_m)
    rig = rig_of(body, sequence.landmarks)
    unknown, shape, start = shape_and_start(rig, observed, scaled=True)
    if with_shape:
        shape, start = known, replace(start, shape=known)
    ((_, pose),) = fit_windows(rig, shape, start, unknown)
    return shape, pose
