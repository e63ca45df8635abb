"""The skeleton fit and simple alternatives to this fit, for `benchmarks.skeletons`."""

from dataclasses import replace

import numpy as np

METHODS = ("fit", "each pose", "moving average", "interpolation")


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
