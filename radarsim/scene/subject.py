"""A subject: a motion fitted to a body, and the placement of the subject."""

from dataclasses import dataclass, replace
from functools import cached_property

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from radarsim.array_checks import REAL, as_array, check_scalar
from radarsim.checks import check_type
from radarsim.coordinates import split_float64
from radarsim.numerics.host_arrays import float32
from radarsim.scene.body import BodyModel, fit_pose
from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.motion import Motion, check_values, sample_motion
from radarsim.scene.placement import Placement, RadarPose, place, to_radar_frame
from radarsim.scene.retarget import FittedMotion, check_fit, fit_to_body


@dataclass(frozen=True, eq=False)
class Subject:
    """A person in the scene.

    Attributes:
        fitted: motion, betas and scale for this body. A `Motion` is fitted to the body when the
            subject is created (`retarget.fit_to_body`, 0.1 s).
        body: the body model that is posed.
        placement: start position and heading; None if the motion is already in world coordinates,
            with the radar above the origin.
    """

    fitted: FittedMotion | Motion
    body: BodyModel
    placement: Placement | None = Placement()

    def __post_init__(self):
        check_type("Subject", "body", self.body, BodyModel, "give free_body() or load_body(...)")
        hint = "give read_motion(...) as the first argument, the body as the second"
        check_type("Subject", "fitted", self.fitted, (Motion, FittedMotion), hint)
        _check_placement(self.placement)
        if isinstance(self.fitted, Motion):
            fitted = fit_to_body(_checked_motion(self.fitted), self.body)
            object.__setattr__(self, "fitted", fitted)
        else:
            check_fit(self.fitted, self.body)

    @cached_property
    def motion(self) -> Motion:
        """The fitted motion in world coordinates, with the radar above the origin."""
        motion = self.fitted.motion
        return motion if self.placement is None else place(motion, self.placement)


def _check_placement(placement: Placement | None) -> None:
    hint = "give Placement(distance_m=3.0), or None for a motion in the world of the radar"
    check_type("Subject", "placement", placement, (Placement, type(None)), hint)
    if placement is not None:
        for name, unit in (("distance_m", "m"), ("lateral_m", "m"), ("heading_rad", "rad")):
            hint = "give metres" if unit == "m" else "give radians"
            check_scalar("Placement", name, getattr(placement, name), unit, hint=hint)


def _checked_motion(motion: Motion) -> Motion:
    """Convert the arrays of a motion to NumPy and check the values."""
    if isinstance(motion.poses_rad, LazyPoses):  # already checked when the file was opened
        return motion
    where, hint = f"Motion '{motion.name}'", "give a NumPy array"
    arrays = {
        field: np.asarray(as_array(where, field, getattr(motion, field), REAL, hint))
        for field in ("poses_rad", "transl_m", "betas")
    }
    motion = replace(motion, **arrays)
    check_values(motion, where)
    return motion


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PosedSubject:
    """A subject at the nodes of every burst of a clip, or of many clips along a leading axis.

    Attributes:
        betas: shape coefficients.
        scale: scale factor of the body.
        poses_rad: axis-angle per joint, in the body's layout [rad].
        origin_high_m, origin_low_m: translation in the radar frame [m], a float64 in two float32
            parts.
    """

    betas: Float[Array | np.ndarray, "*clip beta"]
    scale: ArrayLike
    poses_rad: Float[Array | np.ndarray, "*clip frame node joint 3"]
    origin_high_m: Float[Array | np.ndarray, "*clip frame node 3"]
    origin_low_m: Float[Array | np.ndarray, "*clip frame node 3"]


def pose_subject(
    subject: Subject, radar_pose: RadarPose, times_s: Float[np.ndarray, "frame node"]
) -> PosedSubject:
    """Sample a subject's motion at the nodes of bursts.

    Args:
        subject: motion, body and placement.
        radar_pose: height and tilt of the radar.
        times_s: times from `radar.timing.burst_times_s` [s].
    """
    fitted = subject.fitted
    poses_rad, transl_m = sample_motion(subject.motion, times_s)
    high, low = split_float64(np.asarray(to_radar_frame(transl_m, radar_pose)))
    return PosedSubject(
        betas=float32(fitted.betas),
        scale=float32(fitted.body_scale),
        poses_rad=fit_pose(float32(poses_rad), subject.motion.layout, subject.body),
        origin_high_m=float32(high),
        origin_low_m=float32(low),
    )
