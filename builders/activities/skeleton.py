"""Skeleton of a performer: SMPL's 24 joints, forward kinematics, and leg inverse kinematics.

Inside this package, rest poses and local rotations use world axes (x forward, y left, z up) instead
of SMPL's (x left, y up, z forward), so that joint angles and the floor share one frame.
`to_smpl` converts the result to SMPL's axis-angle vectors.
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

# Columns: SMPL's x (left), y (up) and z (forward) axes in world coordinates.
SMPL_TO_WORLD = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Rest body of one performer in world axes, with the body model's origin.

    Attributes:
        rest_m: rest positions of the joints [joint, 3].
        heel_m: floor contact point of each heel, relative to the ankle [side, 3].
        ball_m: floor contact point of the ball of each foot, relative to the ankle [side, 3].
        toe_m: floor contact point of each toe tip, relative to the ankle [side, 3].
        stature_m: body height from sole to crown.
    """

    rest_m: np.ndarray
    heel_m: np.ndarray
    ball_m: np.ndarray
    toe_m: np.ndarray
    stature_m: float

    @property
    def leg_m(self) -> float:
        """Length of the extended leg from hip to ankle."""
        thigh, shank = leg_bones(self, 0)
        return float(np.linalg.norm(thigh) + np.linalg.norm(shank))


def leg_bones(skeleton: Skeleton, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Rest vectors of one leg: hip to knee, and knee to ankle [m]."""
    hip, knee, ankle = (
        skeleton.rest_m[J[f"{SIDES[side]}_{name}"]] for name in ("hip", "knee", "ankle")
    )
    return knee - hip, ankle - knee


def forward_kinematics(
    skeleton: Skeleton, rotations: np.ndarray, pelvis_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the world position and rotation of every joint.

    Args:
        skeleton: the rest body.
        rotations: local rotation of each joint [pose, joint, 3, 3]; the pelvis rotation is relative
            to the world.
        pelvis_m: position of the pelvis [pose, 3].

    Returns:
        Positions [pose, joint, 3] in metres and rotations [pose, joint, 3, 3].
    """
    positions_m = np.empty((*rotations.shape[:2], 3))
    world = np.empty_like(rotations)
    positions_m[:, 0], world[:, 0] = pelvis_m, rotations[:, 0]
    for joint, parent in enumerate(PARENTS[1:], start=1):
        bone = skeleton.rest_m[joint] - skeleton.rest_m[parent]
        positions_m[:, joint] = positions_m[:, parent] + world[:, parent] @ bone
        world[:, joint] = world[:, parent] @ rotations[:, joint]
    return positions_m, world


def leg_inverse_kinematics(
    skeleton: Skeleton, side: int, ankle_from_hip_m: np.ndarray, leftward: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the world rotations of thigh and shank that place the ankle at a target.

    The knee is a hinge about y. Its angle k solves |t + Ry(k) s| = d for thigh t and shank s,

        A cos k + B sin k = (d^2 - t^2 - s^2) / 2 - t_y s_y,
        A = t_x s_x + t_z s_z,    B = t_x s_z - t_z s_x,

    and the thigh then rotates the whole leg to the target, with the hinge axis as close to
    `leftward` as possible. If the target is out of reach, the leg extends towards the target, and
    the extension is limited smoothly.

    Args:
        skeleton: the rest body.
        side: 0 left, 1 right.
        ankle_from_hip_m: target position of the ankle relative to the hip [pose, 3].
        leftward: desired direction of the knee's hinge axis [pose, 3]; if it points left, the knee
            bends forward.

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
    """Smooth minimum of two arrays, blended over a width of about `blend`; at most the minimum."""
    return np.minimum(x, y) - blend * np.log1p(np.exp(-np.abs(x - y) / blend))


def to_smpl(rotations: np.ndarray) -> np.ndarray:
    """Convert rotations to axis-angle vectors in SMPL's axes [pose, joint, 3] in radians.

    The pelvis rotation also turns SMPL's y-up body to z-up.
    """
    local = SMPL_TO_WORLD.T @ rotations @ SMPL_TO_WORLD
    local[:, 0] = rotations[:, 0] @ SMPL_TO_WORLD
    flat = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_rotvec()
    return flat.reshape(*rotations.shape[:2], 3)


@lru_cache(maxsize=64)
def free_skeleton(betas: tuple[float, ...]) -> Skeleton:
    """Skeleton of the free body with a given shape.

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
    """Skeleton with the lowest vertices of each foot as heel, ball and toe contacts."""
    weights = np.asarray(weights)
    floor_penetration_m = vertices_m[:, 2].min()
    soles = []
    for side in SIDES:
        ankle, ball = joints_m[J[f"{side}_ankle"]], joints_m[J[f"{side}_foot"]]
        of_foot = weights[:, J[f"{side}_ankle"]] + weights[:, J[f"{side}_foot"]] > 0.5
        sole = vertices_m[of_foot & (vertices_m[:, 2] < floor_penetration_m + 0.015)]
        marks = [sole[:, 0].min(), ball[0], sole[:, 0].max()]
        soles.append([[x - ankle[0], 0.0, floor_penetration_m - ankle[2]] for x in marks])
    heel, ball, toe = np.moveaxis(np.array(soles), 1, 0)
    return Skeleton(joints_m, heel, ball, toe, float(np.ptp(vertices_m[:, 2])))


def _frame(along, leftward):
    """Orthonormal columns: `along`, the normal closest to `leftward`, and their cross product."""
    first = along / np.linalg.norm(along, axis=-1, keepdims=True)
    second = leftward - np.sum(leftward * first, axis=-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
