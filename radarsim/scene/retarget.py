"""Fit a motion to another body model: betas, scale, and feet on the floor.

Betas are valid only in their own shape space. A body with another shape space is scaled to preserve
the stature of the subject, so that the hips are at the recorded height above the floor.
"""

import functools
import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from radarsim.checks import checked_number, described
from radarsim.errors import InputError
from radarsim.numerics.host_arrays import float32
from radarsim.scene.body import BodyModel, fit_pose, skin
from radarsim.scene.motion import Motion
from radarsim.scene.skeleton import LEG_PER_STATURE, leg_length_m

# Limits of the scale factor of a body.
SCALES = (0.7, 1.3)
# Number of poses sampled to determine scale and floor. The number is the same for all motion
# lengths, so that the function is compiled only once; the computation takes 0.1 s on one core.
_NUM_SAMPLES = 64
# The floor is the 10th percentile of the sole heights over the poses: a few poses below the floor
# do not lift the whole motion, and a subject who jumps most of the time still lands on the floor.
_FLOOR_PERCENTILE = 10
# Minimum pelvis height as a fraction of the rest pelvis height, and minimum number of such poses,
# for inferring the stature; lower poses (squatting, sitting, lying) are not used.
_STANDING = 0.85
_MIN_STANDING = 3
# Maximum distance between the pelvis of a fitted motion and the pelvis of its body [m].
_MOST_PELVIS_M = 1e-3

logger = logging.getLogger(__name__)


class FittedMotion(NamedTuple):
    """A motion fitted to a body: arguments for `body.skin`.

    Attributes:
        motion: motion with the translation for this body and the feet on the floor.
        body_scale: scale factor of the body.
        betas: shape coefficients, one per shape direction of the body.
    """

    motion: Motion
    body_scale: float
    betas: Float[np.ndarray, " beta"]


def fit_to_body(motion: Motion, body: BodyModel) -> FittedMotion:
    """Fit a motion to a body: matching translation, body scale and betas.

    Betas are used if motion and body share a shape space; otherwise they are zero (with one
    warning), and scaling preserves the stature. One constant vertical offset per motion then puts
    the feet on the floor, which preserves the heights of jumps and seats.

    Args:
        motion: motion as read, before placement.
        body: the model to be posed.

    Returns:
        Motion, scale and betas.
    """
    same_space = motion.shape_space == body.shape_space
    betas = np.zeros(body.num_betas)
    if same_space:
        count = min(len(motion.betas), body.num_betas)
        betas[:count] = motion.betas[:count]
    elif motion.betas.any():
        _warn_once(motion.shape_space, body.shape_space, body.name)
    pelvis_m = _rest_joints_m(body, betas)[0]
    above_sole_m, rest_height_m = _above_sole_m(motion, body, betas)
    scale = _scale(motion, body, betas, above_sole_m, rest_height_m)
    written_for_this_body = same_space and motion.rest_pelvis_m is None
    transl_m = motion.transl_m if written_for_this_body else motion.pelvis_m - pelvis_m * scale
    motion = replace(motion, transl_m=transl_m, rest_pelvis_m=tuple((pelvis_m * scale).tolist()))
    sole_m = motion.pelvis_m[_samples(motion), 2] - above_sole_m * scale
    lift_m = np.array([0.0, 0.0, -np.percentile(sole_m, _FLOOR_PERCENTILE)])
    return FittedMotion(replace(motion, transl_m=motion.transl_m + lift_m), scale, betas)


def check_fit(fitted: FittedMotion, body: BodyModel) -> None:
    """Check that a motion was fitted to this body, by comparing its pelvis with the body's.

    Args:
        fitted: result of `fit_to_body`, or a `FittedMotion` created by the user.
        body: the model to be posed.

    Raises:
        InputError: the motion was fitted to another body, or the scale or the betas are invalid.
    """
    where = f"FittedMotion '{fitted.motion.name}'"
    hint = "give fit_to_body(motion, body) of this body, or the motion as read"
    checked_number(where, "body_scale", float(fitted.body_scale), above=0.0, hint=hint)
    betas = np.asarray(fitted.betas, np.float64)
    if betas.ndim != 1 or not np.isfinite(betas).all():
        problem = f"are {described(fitted.betas)}; must be one finite number per coefficient"
        raise InputError(where, "betas", problem, hint)
    if fitted.motion.rest_pelvis_m is None:
        return
    known = np.zeros(body.num_betas)
    count = min(len(betas), len(known))
    known[:count] = betas[:count]
    pelvis_m = _rest_joints_m(body, known)[0] * float(fitted.body_scale)
    off_m = float(np.abs(pelvis_m - fitted.motion.rest_pelvis_m).max())
    if off_m > _MOST_PELVIS_M:
        problem = f"was fitted to another body: its pelvis is {100 * off_m:.1f} cm from this one's"
        raise InputError(where, "body", problem, hint)


def _scale(motion, body, betas, above_sole_m, rest_height_m) -> float:
    """Scale factor of the body: size of the subject relative to the size of the body model."""
    if motion.stature_m is not None:
        body_m = leg_length_m(_rest_joints_m(body, betas)) / LEG_PER_STATURE
        return float(np.clip(motion.stature_m / body_m, *SCALES))
    if motion.shape_space == body.shape_space:
        return 1.0
    standing = above_sole_m > _STANDING * rest_height_m
    if standing.sum() < _MIN_STANDING:
        return 1.0
    ratio = np.median(motion.pelvis_m[_samples(motion), 2][standing] / above_sole_m[standing])
    # Outside these limits, the floor of the recording is not at zero, so the stature is unknown.
    return float(ratio) if SCALES[0] <= ratio <= SCALES[1] else 1.0


def _samples(motion: Motion) -> np.ndarray:
    return np.linspace(0, motion.num_poses - 1, _NUM_SAMPLES).round().astype(int)


def _above_sole_m(motion: Motion, body: BodyModel, betas: np.ndarray) -> tuple[np.ndarray, float]:
    """Height of the pelvis above the lowest vertex, at the sampled poses and at rest [m]."""
    poses_rad = fit_pose(float32(motion.poses_rad[_samples(motion)]), motion.layout, body)
    still_m = float32(np.zeros((len(poses_rad), 3)))
    vertices_m = np.asarray(skin(body, float32(betas), poses_rad, still_m))
    pelvis_m = _rest_joints_m(body, betas)[0]
    above_m = pelvis_m[2] - vertices_m[..., 2].min(axis=-1).astype(np.float64)
    rest_m = float(pelvis_m[1] - np.asarray(body.template_m)[:, 1].min())
    return above_m, rest_m


def _rest_joints_m(body: BodyModel, betas: np.ndarray) -> np.ndarray:
    joints_m = np.asarray(body.joint_template_m, np.float64)
    return joints_m + np.asarray(body.joint_shape_dirs, np.float64) @ betas


@functools.cache
def _warn_once(motion_space: str, body_space: str, body_name: str) -> None:
    logger.warning(
        "betas of the %s shape space are not applied to body '%s' (%s): stature is kept instead",
        motion_space,
        body_name,
        body_space,
    )
