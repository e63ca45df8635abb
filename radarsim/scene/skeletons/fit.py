"""Fit a body to a sequence of 3-D joints or markers, in overlapping windows.

1. Exchanged sides are corrected, and the noise of each landmark is estimated.
2. Scale, shape and landmark offsets are fitted to poses from the whole recording (`shape_fit`),
   starting from closed-form rotations (`start`).
3. The poses are fitted in overlapping windows (`windows`) by Gauss-Newton steps with banded
   equations (`problem`), first with constant smoothness weights, then with weights that follow the
   motion and with foot contacts.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d
from threadpoolctl import threadpool_limits

from radarsim.checks import check_type
from radarsim.scene.body import BodyModel
from radarsim.scene.motion import Motion
from radarsim.scene.skeleton import LEG_PER_STATURE, NUM_JOINTS, leg_length_m
from radarsim.scene.skeletons import cleaning
from radarsim.scene.skeletons.coordinates import rig_of
from radarsim.scene.skeletons.kinematics import Pose, Rig, Shape, forward
from radarsim.scene.skeletons.observations import Observed
from radarsim.scene.skeletons.pose_prior import PosePrior, Unknown
from radarsim.scene.skeletons.rigid_pairs import AT_JOINT_M, size_ratio
from radarsim.scene.skeletons.rotation_vectors import to_vectors
from radarsim.scene.skeletons.sequence import JointSequence
from radarsim.scene.skeletons.shape_fit import SCALE_STD, fit_shape
from radarsim.scene.skeletons.windows import Start, fit_windows

# Number of poses from which the shape is fitted.
_SHAPE_POSES = 128
# Noise would bias the shape, because every pose adds unknowns. Noisy landmarks are therefore
# smoothed before the shape is fitted, and only poses with low accelerations are used. The values
# are the standard deviation of the Gaussian [s], the noise above the minimum at which the smoothing
# reaches this value [m], and the weight of a pose, which is below 1 because the errors of the poses
# are correlated.
_SHAPE_SMOOTH_S, _SHAPE_NOISE_M, _SHAPE_WEIGHT = 0.1, 0.01, 0.05
# Maximum duration of a gap that is bridged [s], fraction of observed landmarks below which a pose
# is part of a gap, and median residual above which a pose is invalid [m].
MAX_BRIDGE_S, _MIN_SEEN, _WRONG_M = 0.5, 0.4, 0.15


@dataclass(frozen=True, kw_only=True, eq=False)
class SkeletonFit:
    """A body fitted to observed landmarks.

    Attributes:
        motion: poses of the fitted body in a z-up world, with its betas and stature.
        scale: scale factor of the body.
        offsets_m: fitted offsets of the landmarks from their joints on a body of scale 1 [m].
        landmarks: names of the landmarks.
        points_m: fitted landmarks [m].
        residuals_m: distance of each observation from the fitted landmark; NaN where missing [m].
        confidence: 0 to 1 for each pose: the mean confidence of the observations that agree with
            the fit.
        valid: whether each pose was observed, or bridges a gap of at most `MAX_BRIDGE_S`.
        noise_m: estimated standard deviation per axis of each landmark [m].
        origin_height_m: height of the origin of the file's coordinates above the floor [m]; for
            camera coordinates, this is the height of a radar next to the camera (`RadarPose`).
    """

    motion: Motion
    scale: float
    offsets_m: Float[np.ndarray, "landmark 3"]
    landmarks: tuple[str, ...]
    points_m: Float[np.ndarray, "pose landmark 3"]
    residuals_m: Float[np.ndarray, "pose landmark"]
    confidence: Float[np.ndarray, " pose"]
    valid: Bool[np.ndarray, " pose"]
    noise_m: Float[np.ndarray, " landmark"]
    origin_height_m: float = 0.0


def fit_skeleton(sequence: JointSequence, body: BodyModel) -> SkeletonFit:
    """Fit a body to the joints or markers of one person.

    Args:
        sequence: observed landmarks.
        body: body model, such as `free_body()`; its joints from the pelvis to the wrists are used.

    Returns:
        The fitted motion, with residuals and confidence.

    Raises:
        InputError: an argument has another type, or the sequence contains only noise.
    """
    hint = "give read_skeletons(...)[0] as the first argument, the body as the second"
    check_type("fit_skeleton", "sequence", sequence, JointSequence, hint)
    check_type("fit_skeleton", "body", body, BodyModel, "give free_body() or load_body(...)")
    # The matrices are small: threads of the BLAS library would slow the fit by a factor of ten or
    # more if the cores are busy.
    with threadpool_limits(1, user_api="blas"):
        return _fit(sequence, body)


def _fit(sequence: JointSequence, body: BodyModel) -> SkeletonFit:
    observed, rig = Observed.of(sequence), rig_of(body, sequence.landmarks)
    # Files with SMPL betas contain no scale, so for SMPL bodies the betas alone represent the size.
    unknown, shape, start = shape_and_start(rig, observed, body.shape_space == "free")
    fitted = _Fitted.of(rig, shape, start, unknown)
    return _result(sequence, body, rig, shape, fitted, observed)


def shape_and_start(rig: Rig, observed: Observed, scaled: bool) -> tuple[Unknown, Shape, Start]:
    """Fit the shape of a person, before the poses of the whole recording are fitted.

    Args:
        rig: skeleton of the body model with the observed landmarks.
        observed: observed landmarks.
        scaled: whether to fit a scale factor in addition to the betas.

    Returns:
        The unknowns of every pose with their prior, the fitted shape, and the initial poses.
    """
    assumed, joints = _assumed_shape(rig, observed, scaled), _unknown_joints(rig, observed)
    unknown = Unknown(joints, PosePrior.of(joints[:-1], _twist_known(rig, observed)))
    scale_std = SCALE_STD if scaled else 1e-4
    return unknown, *_fit_shape(rig, (assumed, scale_std), observed, unknown)


def _assumed_shape(rig: Rig, observed: Observed, scaled: bool) -> Shape:
    ratio = size_ratio(observed.observed_m(), rig, observed.offsets_m)
    scale = float(np.clip(ratio, 0.4, 1.6)) if np.isfinite(ratio) else 1.0
    scale = scale if scaled else 1.0
    return Shape(scale, np.zeros(rig.num_betas), observed.offsets_m)


def _unknown_joints(rig: Rig, observed: Observed) -> np.ndarray:
    """Joints that move an observed landmark, followed by the index of the pelvis position."""
    seen = observed.confidence.max(axis=0) > 0
    below = rig.ancestors[rig.landmark_joints] & seen[:, None]
    near = np.linalg.norm(observed.offsets_m, axis=1) < AT_JOINT_M
    own = np.zeros_like(below)
    own[np.arange(len(below)), rig.landmark_joints] = near
    return np.append(np.flatnonzero((below & ~own).any(axis=0)), rig.num_joints)


def _twist_known(rig: Rig, observed: Observed) -> np.ndarray:
    """Whether a landmark beyond the wrist was observed, for every joint above it."""
    seen = observed.confidence.max(axis=0) > 0
    far = np.linalg.norm(observed.offsets_m, axis=1) >= AT_JOINT_M
    return (rig.ancestors[rig.landmark_joints] & (seen & far)[:, None]).any(axis=0)


def _fit_shape(rig, assumed, observed, unknown) -> tuple[Shape, Start]:
    """Fit the shape to well-observed poses with low accelerations, and find initial poses."""
    noise_m, rate_hz = float(np.median(observed.stds_m)), observed.rate_hz
    smooth_s = _SHAPE_SMOOTH_S * np.clip((noise_m - cleaning.LEAST_M) / _SHAPE_NOISE_M, 0, 1)
    points_m = gaussian_filter1d(observed.filled_m, smooth_s * rate_hz + 1e-3, axis=0)
    chosen = _calm_poses(points_m, observed.confidence.sum(axis=1))
    none = Pose(np.zeros((0, rig.num_joints, 3, 3)), np.zeros((0, 3)))
    start = Start(rig, assumed[0], observed, unknown.joints, chosen[:0], none)
    shrink = np.sqrt(1 + (2 * np.sqrt(np.pi) * smooth_s * rate_hz))
    stds_m = np.maximum(observed.stds_m / shrink, cleaning.LEAST_M)
    shape, poses = fit_shape(
        rig,
        assumed,
        observed.offset_stds_m,
        start.some(chosen),
        points_m[chosen],
        (observed.confidence[chosen] / stds_m**2 * _SHAPE_WEIGHT, stds_m),
        unknown,
    )
    # The closed-form start requires small offsets of joint centres, so it uses the usual offsets.
    usual = shape._replace(offsets_m=observed.offsets_m)
    return shape, Start(rig, usual, observed, unknown.joints, chosen, poses)


def _calm_poses(points_m, seen) -> np.ndarray:
    """Indices of poses with low accelerations and most landmarks, from the whole recording."""
    bending = np.gradient(np.gradient(points_m, axis=0), axis=0)
    bending = np.linalg.norm(bending, axis=-1).mean(axis=1)
    # Poses without any landmark do not count: a person may be absent from most of the recording.
    present = seen > 0
    good = present & (seen >= 0.7 * np.percentile(seen[present], 90))
    good = np.flatnonzero(good & (bending <= np.percentile(bending[good], 70)))
    return np.unique(good[np.linspace(0, len(good) - 1, _SHAPE_POSES).round().astype(int)])


class _Fitted(NamedTuple):
    """Values of every pose that are needed for the result."""

    poses_rad: np.ndarray
    pelvis_m: np.ndarray
    points_m: np.ndarray

    @classmethod
    def of(cls, rig, shape, start, unknown) -> "_Fitted":
        """Fit all windows; each window replaces the overlapping end of the previous window."""
        count, points = start.observed.filled_m.shape[:2]
        poses_rad = np.zeros((count, NUM_JOINTS["smpl"], 3))
        fitted = cls(poses_rad, np.zeros((count, 3)), np.zeros((count, points, 3)))
        for window, pose in fit_windows(rig, shape, start, unknown):
            fitted.poses_rad[window, : rig.num_joints] = to_vectors(pose.rotations)
            fitted.pelvis_m[window] = pose.pelvis_m
            fitted.points_m[window] = forward(rig, shape, pose).points_m
        return fitted


def _result(sequence, body, rig, shape, fitted, observed) -> SkeletonFit:
    distance_m = np.linalg.norm(fitted.points_m - observed.filled_m, axis=-1)
    residuals_m = np.where(observed.confidence > 0, distance_m, np.nan)
    agree = 1 / (1 + (distance_m / (4 * observed.stds_m + 0.03)) ** 2) ** 2
    return SkeletonFit(
        motion=_motion(sequence, body, rig, shape, fitted, observed.notes),
        scale=shape.scale,
        offsets_m=shape.offsets_m,
        landmarks=sequence.landmarks,
        points_m=fitted.points_m,
        residuals_m=residuals_m,
        confidence=(observed.confidence * agree).mean(axis=1),
        valid=_valid(observed, residuals_m),
        noise_m=observed.stds_m,
        origin_height_m=sequence.origin_height_m,
    )


def _valid(observed: Observed, residuals_m: np.ndarray) -> np.ndarray:
    seen = observed.confidence > 0
    usable = seen.mean(axis=1) >= _MIN_SEEN * seen.mean(axis=1).max()
    usable &= seen.any(axis=1)
    usable[usable] &= np.nanmedian(residuals_m[usable], axis=1) < _WRONG_M
    padded = np.concatenate([[True], usable, [True]])
    edges = np.flatnonzero(np.diff(padded.astype(int)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        inside = begin > 0 and end < len(usable)
        if inside and end - begin <= MAX_BRIDGE_S * observed.rate_hz:
            usable[begin:end] = True
    return usable


def _motion(sequence, body, rig, shape, fitted, notes) -> Motion:
    joints_m = rig.joint_template_m + rig.joint_shape_dirs @ shape.betas
    rest_pelvis_m = shape.scale * joints_m[0]
    return Motion(
        poses_rad=fitted.poses_rad,
        transl_m=fitted.pelvis_m - rest_pelvis_m,
        rate_hz=sequence.rate_hz,
        betas=shape.betas,
        shape_space=body.shape_space,
        name=sequence.name,
        stature_m=shape.scale * leg_length_m(joints_m) / LEG_PER_STATURE,
        rest_pelvis_m=tuple(rest_pelvis_m.tolist()),
        notes=(*sequence.notes, *notes),
    )
