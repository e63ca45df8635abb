"""Prior of poses: usual rotations, limits of joints, and usual accelerations.

The tables start from the statistics of the built-in activities of this project (Apache-2.0),
which `tools/calibrate_skeletons.py` prints; they are rounded, and widened where the activities
hardly move a joint. No third-party motion was used. The prior determines what the observed joints
do not, such as the twist of a straight arm; otherwise the prior has little weight.

Sources of the limits:
    American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and Recording",
    1965, with margins for SMPL's joint frames.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from radarsim.scene.skeleton import JOINT, NUM_SHARED_JOINTS
from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.rotation_vectors import inverse_right_jacobian, to_vectors

# Weight of the prior for each pose; far below 1, because the poses of a clip are not independent.
_WEIGHT = 0.05
# Standard deviation of rotations beyond the limits [rad].
_LIMIT_STD_RAD = 0.05
# Knees and elbows are hinges: standard deviation of the rotation components other than flexion
# [rad].
_HINGE_STD_RAD = 0.05
# Mean and standard deviation of the rotation vectors of joints on the left side and the midline
# [rad].
_USUAL_RAD = {
    "left_hip": ((-0.3, 0.0, 0.05), (0.5, 0.25, 0.2)),
    "left_knee": ((0.5, 0.0, 0.0), (0.6, 0.1, 0.1)),
    "left_ankle": ((0.0, 0.0, 0.0), (0.25, 0.15, 0.15)),
    "left_foot": ((0.0, 0.0, 0.0), (0.1, 0.05, 0.05)),
    "spine1": ((0.05, 0.0, 0.0), (0.12, 0.10, 0.08)),
    "spine2": ((0.05, 0.0, 0.0), (0.12, 0.10, 0.08)),
    "spine3": ((0.0, 0.0, 0.0), (0.08, 0.10, 0.06)),
    "neck": ((0.0, 0.0, 0.0), (0.15, 0.20, 0.12)),
    "head": ((0.0, 0.0, 0.0), (0.15, 0.20, 0.12)),
    "left_collar": ((0.0, 0.0, 0.0), (0.05, 0.12, 0.12)),
    "left_shoulder": ((0.0, -0.3, -0.9), (0.5, 0.6, 0.6)),
    "left_elbow": ((-0.3, -0.6, 0.0), (0.5, 0.6, 0.15)),
    "left_wrist": ((0.0, 0.0, 0.0), (0.3, 0.2, 0.3)),
}
# Limits of the components of the rotation vector [rad].
_FREE = (-3.2, 3.2)
_LIMITS_RAD = {
    "left_hip": ((-2.4, 0.9), (-1.2, 1.2), (-0.9, 1.2)),
    "left_knee": ((-0.08, 2.7), (-0.35, 0.35), (-0.25, 0.25)),
    "left_ankle": ((-0.7, 0.9), (-0.5, 0.5), (-0.5, 0.5)),
    "left_foot": ((-0.6, 0.6), (-0.2, 0.2), (-0.2, 0.2)),
    "spine1": ((-0.4, 0.7), (-0.35, 0.35), (-0.35, 0.35)),
    "spine2": ((-0.4, 0.7), (-0.35, 0.35), (-0.35, 0.35)),
    "spine3": ((-0.3, 0.5), (-0.35, 0.35), (-0.3, 0.3)),
    "neck": ((-0.6, 0.7), (-0.8, 0.8), (-0.5, 0.5)),
    "head": ((-0.6, 0.6), (-0.8, 0.8), (-0.5, 0.5)),
    "left_collar": ((-0.3, 0.3), (-0.5, 0.4), (-0.3, 0.7)),
    "left_shoulder": (_FREE, _FREE, _FREE),
    "left_elbow": ((-1.9, 1.9), (-2.7, 0.1), (-0.7, 0.7)),
    "left_wrist": ((-1.0, 1.0), (-0.8, 0.8), (-1.4, 1.4)),
}
# Standard deviation of each component of each joint's angular acceleration [rad/s^2] and of the
# pelvis acceleration [m/s^2].
_ACCELERATION = {
    "pelvis": 5.0,
    **dict.fromkeys(("spine1", "spine2", "spine3"), 4.0),
    **dict.fromkeys(("neck", "head"), 8.0),
    "left_collar": 5.0,
    "left_shoulder": 14.0,
    "left_elbow": 18.0,
    "left_wrist": 15.0,
    "left_hip": 12.0,
    "left_knee": 18.0,
    "left_ankle": 15.0,
    "left_foot": 8.0,
}
PELVIS_ACCELERATION_MPS2 = 2.5


def _per_joint(table: dict, mirror) -> np.ndarray:
    """Return a row per joint; right joints are mirrored, and joints without a value get zeros."""
    rows = []
    for name in list(JOINT)[:NUM_SHARED_JOINTS]:
        value = table.get(name.replace("right", "left"))
        value = np.zeros_like(next(iter(table.values())), float) if value is None else value
        rows.append(mirror(np.array(value, float)) if name.startswith("right") else value)
    return np.array(rows, float)


# A mirror image changes the signs of the second and third component of a rotation vector.
_SIGNS = np.array([1.0, -1.0, -1.0])
_USUAL = _per_joint(_USUAL_RAD, lambda rows: rows * np.stack([_SIGNS, np.ones(3)]))
USUAL_MEAN_RAD, _STD_RAD = _USUAL[:, 0], _USUAL[:, 1]
_LIMITS = _per_joint(_LIMITS_RAD, lambda rows: np.sort(rows * _SIGNS[:, None], axis=-1))
ACCELERATION_STD = np.append(_per_joint(_ACCELERATION, lambda row: row), PELVIS_ACCELERATION_MPS2)
"""Standard deviations of the accelerations of the 22 joints and of the pelvis position."""


@dataclass(frozen=True, eq=False)
class PosePrior:
    """Terms of usual rotations and of joint limits for the unknown joints, without the pelvis.

    Attributes:
        joints: indices of the joints.
        mean_rad: usual rotation vectors [joint, 3].
        weight: weights of the components, 1 / rad^2 [joint, 3].
        low_rad, high_rad: limits of the components [joint, 3].
    """

    joints: np.ndarray
    mean_rad: np.ndarray
    weight: np.ndarray
    low_rad: np.ndarray
    high_rad: np.ndarray

    @classmethod
    def of(cls, joints: np.ndarray, twist_known: np.ndarray) -> "PosePrior":
        """Select the prior of some joints.

        Args:
            joints: indices of the unknown joints.
            twist_known: whether landmarks beyond the wrist determine the twist of the forearm, for
                every joint (only the elbows matter) [all joints].
        """
        weight = np.where(_STD_RAD > 0, _WEIGHT / np.maximum(_STD_RAD, 1e-3) ** 2, 0.0)
        stiff = np.where(_is_hinge("knee"), [False, True, True], False)
        stiff |= np.where(_is_hinge("elbow"), [False, False, True], False)
        stiff[:, 0] |= _is_hinge("elbow")[:, 0] & ~twist_known
        weight = np.where(stiff, 1 / _HINGE_STD_RAD**2, weight)
        low_rad, high_rad = np.moveaxis(_LIMITS, -1, 0)[:, joints]
        mean_rad = np.where(stiff, 0.0, USUAL_MEAN_RAD)[joints]
        return cls(joints, mean_rad, weight[joints], low_rad, high_rad)

    def add(self, equations: NormalEquations, rotations: np.ndarray) -> None:
        """Add the terms to the equations of the rotations [pose, joint, 3, 3]."""
        vectors_rad = to_vectors(rotations[:, self.joints])
        outside = self._outside(vectors_rad)
        slope = self.weight * (vectors_rad - self.mean_rad) + outside / _LIMIT_STD_RAD**2
        weight = self.weight + (outside != 0) / _LIMIT_STD_RAD**2
        jacobian = inverse_right_jacobian(vectors_rad)
        transposed = np.swapaxes(jacobian, -1, -2)
        gradient = (transposed @ slope[..., None]).reshape(len(slope), -1)
        equations.gradient[:, : gradient.shape[1]] += gradient
        blocks = transposed @ (weight[..., None] * jacobian)
        equations.add_joint_blocks(0, slice(None), blocks)

    def cost(self, rotations: np.ndarray) -> float:
        """Half the weighted sum of squares of the terms."""
        vectors_rad = to_vectors(rotations[:, self.joints])
        usual = (self.weight * (vectors_rad - self.mean_rad) ** 2).sum()
        return 0.5 * float(usual + (self._outside(vectors_rad) ** 2).sum() / _LIMIT_STD_RAD**2)

    def _outside(self, vectors_rad):
        outside = vectors_rad - np.clip(vectors_rad, self.low_rad, self.high_rad)
        return np.where(self.weight > 0, outside, 0.0)


class Unknown(NamedTuple):
    """The unknowns of every pose in the fit.

    Attributes:
        joints: joints whose rotations are fitted, followed by the index of the pelvis position.
        prior: prior distribution of the fitted joints' rotations.
    """

    joints: np.ndarray
    prior: PosePrior


def _is_hinge(part: str) -> np.ndarray:
    """Whether each joint is a hinge of the given kind, "knee" or "elbow" [joint, 1]."""
    return np.array([[name.endswith(part)] for name in list(JOINT)[:NUM_SHARED_JOINTS]])
