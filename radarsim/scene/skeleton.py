"""SMPL's 24 joints (names, parents, rest positions), and rotations of joint hierarchies.

Rest pose: T-pose, y-up, facing +z, left = +x, every joint frame parallel to the world frame.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

NUM_JOINTS = {"smpl": 24, "smplh": 52, "smplx": 55}
"""Number of joints by pose layout."""

NUM_SHARED_JOINTS = 22
"""Pelvis to wrists: the same joints in the same order in all three layouts."""

JOINT_NAMES = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2"),
    *("left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck"),
    *("left_collar", "right_collar", "head", "left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand"),
)
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}

# Joints of a symmetric body of mean size relative to the pelvis, rounded to a centimetre [m]. These
# positions provide bone directions and approximate lengths; body models have their own joints.
_LEFT_AND_MIDDLE_M = {
    "pelvis": (0.00, 0.00, 0.00),
    "left_hip": (0.07, -0.09, -0.01),
    "left_knee": (0.11, -0.47, -0.01),
    "left_ankle": (0.09, -0.87, -0.05),
    "left_foot": (0.12, -0.92, 0.07),
    "spine1": (0.00, 0.11, -0.03),
    "spine2": (0.00, 0.24, -0.03),
    "spine3": (0.00, 0.30, 0.00),
    "neck": (0.00, 0.51, -0.04),
    "head": (0.00, 0.58, 0.01),
    "left_collar": (0.08, 0.42, -0.04),
    "left_shoulder": (0.17, 0.45, -0.05),
    "left_elbow": (0.43, 0.44, -0.07),
    "left_wrist": (0.68, 0.44, -0.07),
    "left_hand": (0.77, 0.44, -0.09),
}


def _rest_joint_m(name: str) -> tuple[float, float, float]:
    x, y, z = _LEFT_AND_MIDDLE_M[name.replace("right", "left")]
    return (-x if name.startswith("right") else x, y, z)


REST_JOINTS_M = np.array([_rest_joint_m(name) for name in JOINT_NAMES])

# Combined length of thigh and shank (hip joint to ankle joint) as a fraction of stature.
# Source: Winter, "Biomechanics and Motor Control of Human Movement", 4th ed., figure 4.1.
LEG_PER_STATURE = 0.245 + 0.246


def leg_length_m(joints_m: Float[np.ndarray, "joint 3"]) -> float:
    """Leg length from hip via knee to ankle, mean of both sides [m].

    Args:
        joints_m: SMPL's joints in the rest pose, at least the first nine [m].

    Returns:
        Length [m].
    """
    hip, knee, ankle = (joints_m[[i, i + 1]] for i in (1, 4, 7))
    thigh, shank = np.linalg.norm(knee - hip, axis=1), np.linalg.norm(ankle - knee, axis=1)
    return float((thigh + shank).mean())


def local_to_world(
    poses_rad: Float[np.ndarray, "pose joint 3"], parents: tuple[int, ...] = PARENTS
) -> list[Rotation]:
    """World rotation of every joint frame.

    Args:
        poses_rad: axis-angle relative to the parent [rad].
        parents: parent of each joint; a parent precedes its children.

    Returns:
        For each joint, the rotations at all poses.
    """
    world = []
    for joint, parent in enumerate(parents):
        local = Rotation.from_rotvec(poses_rad[:, joint])
        world.append(local if parent < 0 else world[parent] * local)
    return world


def world_to_local(
    world: list[Rotation], parents: tuple[int, ...] = PARENTS
) -> Float[np.ndarray, "pose joint 3"]:
    """Rotation of every joint relative to its parent: the inverse of `local_to_world`.

    Args:
        world: for each joint, the rotations at all poses.
        parents: parent of each joint.

    Returns:
        Axis-angle relative to the parent [rad].
    """
    local = [
        rotation if parent < 0 else world[parent].inv() * rotation
        for rotation, parent in zip(world, parents, strict=True)
    ]
    return np.stack([rotation.as_rotvec() for rotation in local], axis=1)


def rotation_between(start: np.ndarray, end: np.ndarray) -> Rotation:
    """Compute the smallest rotation from one direction to another.

    Args:
        start: a vector of any length.
        end: a vector of any length.

    Returns:
        Rotation R with R start parallel to end.
    """
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cos = np.cross(start, end), float(start @ end)
    sin = np.linalg.norm(axis)
    if sin < 1e-9:  # parallel or opposite vectors (any perpendicular axis is valid)
        across = np.cross(start, np.eye(3)[np.abs(start).argmin()])
        axis, sin = (across / np.linalg.norm(across), 1.0) if cos < 0 else (axis, 1.0)
    return Rotation.from_rotvec(axis / sin * np.arctan2(np.linalg.norm(np.cross(start, end)), cos))
