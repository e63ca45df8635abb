"""How alike two motions look, whatever their phase."""

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.posed import Posed
from builders.activities.skeleton import J
from radarsim.scene.motion import Motion

# What a joint's mean place counts, how far it moves about it, and how fast [s].
MEAN, SPREAD, SPEED_S = 1.0, 1.0, 0.1


def descriptor(motion: Motion) -> np.ndarray:
    """Where each joint is, how much and how fast it moves, and where the body goes [m].

    Args:
        motion: of the free body.
    """
    joints_m = Posed(motion).joints_m
    flat = Rotation.from_rotvec(motion.poses_rad[:, 0]).as_matrix() @ [0.0, 0.0, 1.0]
    heading = np.unwrap(np.arctan2(flat[:, 1], flat[:, 0]))
    turned = Rotation.from_euler("z", -heading[:, None]).as_matrix()
    local_m = np.einsum("pij,pkj->pki", turned, joints_m - joints_m[:, :1])
    way_m = joints_m[:, J["pelvis"]]
    speeds_mps = np.diff(local_m, axis=0) * motion.rate_hz
    steps_mps = np.diff(way_m, axis=0) * motion.rate_hz
    return np.concatenate(
        [
            MEAN * local_m.mean(axis=0).ravel(),
            SPREAD * local_m.std(axis=0).ravel(),
            SPEED_S * speeds_mps.std(axis=0).ravel(),
            way_m.std(axis=0) + SPEED_S * steps_mps.std(axis=0),
            [0.3 * heading.std(), way_m[:, 2].min()],
        ]
    )
