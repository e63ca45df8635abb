"""The performer's bones: SMPL's 24 joints, forward kinematics and a leg that reaches a point.

Here, and only in this package, rest poses and local rotations are written in the world's axes
(x ahead, y left, z up) instead of SMPL's (x left, y up, z ahead): anatomy and floor then speak the
same language. `to_smpl` turns the result into SMPL's axis-angles at the very end.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

JOINTS = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2"),
    *("left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar"),
    *("right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hand", "right_hand"),
)
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
J = {name: index for index, name in enumerate(JOINTS)}
SIDES = ("left", "right")

# Columns: where SMPL's x (left), y (up) and z (ahead) point in the world.
SMPL_TO_WORLD = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Skeleton:
    """One subject's rest body, world axes, origin as in the body model.

    Attributes:
        rest_m: joints [joint, 3].
        heel_m: where each foot's heel touches the floor, from its ankle [side, 3].
        ball_m: where each foot's ball touches it, from its ankle [side, 3].
        toe_m: the tip of the toes on the floor, from the ankle [side, 3].
        stature_m: crown to sole.
    """

    rest_m: np.ndarray
    heel_m: np.ndarray
    ball_m: np.ndarray
    toe_m: np.ndarray
    stature_m: float

    @property
    def leg_m(self) -> float:
        """Hip to ankle, stretched."""
        thigh, shank = leg_bones(self, 0)
        return float(np.linalg.norm(thigh) + np.linalg.norm(shank))


def leg_bones(skeleton: Skeleton, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Rest vectors hip to knee and knee to ankle of one leg [m]."""
    hip, knee, ankle = (
        skeleton.rest_m[J[f"{SIDES[side]}_{name}"]] for name in ("hip", "knee", "ankle")
    )
    return knee - hip, ankle - knee


def forward(
    skeleton: Skeleton, rotations: np.ndarray, pelvis_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """World position and rotation of every joint.

    Args:
        skeleton: the rest body.
        rotations: local rotation of each joint, the pelvis to the world [pose, joint, 3, 3].
        pelvis_m: where the pelvis is [pose, 3].

    Returns:
        Positions [pose, joint, 3] in metres and rotations [pose, joint, 3, 3].
    """
    positions_m = np.empty((*rotations.shape[:2], 3))
    turned = np.empty_like(rotations)
    positions_m[:, 0], turned[:, 0] = pelvis_m, rotations[:, 0]
    for joint, parent in enumerate(PARENTS[1:], start=1):
        bone = skeleton.rest_m[joint] - skeleton.rest_m[parent]
        positions_m[:, joint] = positions_m[:, parent] + turned[:, parent] @ bone
        turned[:, joint] = turned[:, parent] @ rotations[:, joint]
    return positions_m, turned


def reach(
    skeleton: Skeleton, side: int, ankle_from_hip_m: np.ndarray, leftward: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """World rotations of thigh and shank that bring the ankle to a point.

    The knee is a hinge about y. Its angle k solves |t + Ry(k) s| = d for thigh t and shank s,

        A cos k + B sin k = (d^2 - t^2 - s^2) / 2 - t_y s_y,
        A = t_x s_x + t_z s_z,    B = t_x s_z - t_z s_x,

    and the thigh then turns the whole leg to the target, its hinge as near to `leftward` as it can.
    A target out of reach is approached along its direction, smoothly.

    Args:
        skeleton: the rest body.
        side: 0 left, 1 right.
        ankle_from_hip_m: target [pose, 3].
        leftward: where the knee's hinge should point, so that the knee bends ahead [pose, 3].

    Returns:
        Thigh and shank rotations [pose, 3, 3].
    """
    t, s = leg_bones(skeleton, side)
    a, b = t[0] * s[0] + t[2] * s[2], t[0] * s[2] - t[2] * s[0]
    distance_m = np.linalg.norm(ankle_from_hip_m, axis=-1)
    longest_m = 0.999 * np.sqrt(t @ t + s @ s + 2 * (np.hypot(a, b) + t[1] * s[1]))
    distance_m = soft_minimum(distance_m, np.full_like(distance_m, longest_m), 0.003)
    c = (distance_m**2 - t @ t - s @ s) / 2 - t[1] * s[1]
    knee_rad = np.arctan2(b, a) + np.arccos(np.clip(c / np.hypot(a, b), -1, 1))
    bend = Rotation.from_rotvec(knee_rad[:, None] * [0.0, 1.0, 0.0]).as_matrix()
    straight = t + bend @ s
    thigh = _frame(ankle_from_hip_m, leftward) @ np.swapaxes(
        _frame(straight, np.broadcast_to([0.0, 1.0, 0.0], straight.shape)), -1, -2
    )
    return thigh, thigh @ bend


def soft_minimum(x: np.ndarray, y: np.ndarray, blend: float) -> np.ndarray:
    """The smaller of two, with the corner rounded over about `blend`; never above either."""
    return np.minimum(x, y) - blend * np.log1p(np.exp(-np.abs(x - y) / blend))


def to_smpl(rotations: np.ndarray) -> np.ndarray:
    """Axis-angles in SMPL's own axes; the pelvis also turns SMPL's y-up body to z-up [rad]."""
    local = SMPL_TO_WORLD.T @ rotations @ SMPL_TO_WORLD
    local[:, 0] = rotations[:, 0] @ SMPL_TO_WORLD
    flat = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_rotvec()
    return flat.reshape(*rotations.shape[:2], 3)


@lru_cache(maxsize=64)
def free_skeleton(betas: tuple[float, ...]) -> Skeleton:
    """The free body's bones and soles for one shape.

    Args:
        betas: coefficients in the free body's shape space.
    """
    from radarsim.files import free_body

    body = free_body()
    shape = np.zeros(body.shape_dirs.shape[-1])
    shape[: len(betas)] = betas
    vertices = np.asarray(body.template_m, float) + np.asarray(body.shape_dirs, float) @ shape
    joints = np.asarray(body.joint_template_m, float)
    joints = joints + np.asarray(body.joint_shape_dirs, float) @ shape
    return _measure(joints @ SMPL_TO_WORLD.T, vertices @ SMPL_TO_WORLD.T, body.skin_weights)


def _measure(joints_m, vertices_m, weights) -> Skeleton:
    """Soles from the lowest vertices of each foot: heel behind, ball below its joint, toes."""
    weights = np.asarray(weights)
    floor_m = vertices_m[:, 2].min()
    soles = []
    for side in SIDES:
        ankle, ball = joints_m[J[f"{side}_ankle"]], joints_m[J[f"{side}_foot"]]
        of_foot = weights[:, J[f"{side}_ankle"]] + weights[:, J[f"{side}_foot"]] > 0.5
        sole = vertices_m[of_foot & (vertices_m[:, 2] < floor_m + 0.015)]
        marks = [sole[:, 0].min(), ball[0], sole[:, 0].max()]
        soles.append([[x - ankle[0], 0.0, floor_m - ankle[2]] for x in marks])
    heel, ball, toe = np.moveaxis(np.array(soles), 1, 0)
    return Skeleton(joints_m, heel, ball, toe, float(np.ptp(vertices_m[:, 2])))


def _frame(along, leftward):
    """Orthonormal columns: `along`, then as near to `leftward` as is square to it."""
    first = along / np.linalg.norm(along, axis=-1, keepdims=True)
    second = leftward - np.sum(leftward * first, axis=-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
