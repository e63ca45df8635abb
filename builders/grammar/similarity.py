"""Phase-independent similarity of motions."""

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.skeleton import J
from radarsim.scene.motion import Motion

# Weights of the mean position, the spread about the mean, and the speed (weight in s) of a joint.
MEAN, SPREAD, SPEED_S = 1.0, 1.0, 0.1


def motion_descriptor(motion: Motion) -> np.ndarray:
    """Feature vector [m]: each joint's position, spread and speed, and the body's displacement.

    The Euclidean distance between two descriptors measures how different the motions are.

    Args:
        motion: motion of the free body.
    """
    joints_m = JointTrajectories(motion).joints_m
    facing = Rotation.from_rotvec(motion.poses_rad[:, 0]).as_matrix() @ [0.0, 0.0, 1.0]
    heading = np.unwrap(np.arctan2(facing[:, 1], facing[:, 0]))
    to_front = Rotation.from_euler("z", -heading[:, None]).as_matrix()
    local_m = np.einsum("pij,pkj->pki", to_front, joints_m - joints_m[:, :1])
    pelvis_m = joints_m[:, J["pelvis"]]
    speeds_mps = np.diff(local_m, axis=0) * motion.rate_hz
    steps_mps = np.diff(pelvis_m, axis=0) * motion.rate_hz
    return np.concatenate(
        [
            MEAN * local_m.mean(axis=0).ravel(),
            SPREAD * local_m.std(axis=0).ravel(),
            SPEED_S * speeds_mps.std(axis=0).ravel(),
            pelvis_m.std(axis=0) + SPEED_S * steps_mps.std(axis=0),
            [0.3 * heading.std(), pelvis_m[:, 2].min()],
        ]
    )
