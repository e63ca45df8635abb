"""Joint and sole trajectories of a motion in world coordinates."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.skeleton import (
    PARENTS,
    SIDES,
    SMPL_TO_WORLD,
    J,
    Skeleton,
    forward_kinematics,
    free_skeleton,
)
from radarsim.scene.motion import Motion

SOLE_M = 0.03  # the foot vertices up to this height above the floor in the rest pose form the sole


@dataclass(frozen=True, eq=False)
class JointTrajectories:
    """Joint positions and rotations in every pose of a motion.

    Attributes:
        motion: motion of the free body.
    """

    motion: Motion

    @property
    def skeleton(self) -> Skeleton:
        """Skeleton of the free body with the shape of the motion's person."""
        return free_skeleton(tuple(self.motion.betas.tolist()))

    @cached_property
    def local_rotations(self) -> np.ndarray:
        """Rotation of each joint relative to its parent, in world axes [pose, joint, 3, 3]."""
        flat = Rotation.from_rotvec(self.motion.poses_rad[:, : len(PARENTS)].reshape(-1, 3))
        local = flat.as_matrix().reshape(self.motion.num_poses, len(PARENTS), 3, 3)
        rotations = SMPL_TO_WORLD @ local @ SMPL_TO_WORLD.T
        rotations[:, 0] = local[:, 0] @ SMPL_TO_WORLD.T
        return rotations

    @cached_property
    def _world(self):
        return forward_kinematics(self.skeleton, self.local_rotations, self.motion.pelvis_m)

    @property
    def joints_m(self) -> np.ndarray:
        """Position of each joint [pose, joint, 3]."""
        return self._world[0]

    @property
    def world_rotations(self) -> np.ndarray:
        """Rotation of each joint relative to the world [pose, joint, 3, 3]."""
        return self._world[1]

    def soles_m(self, side: int, every: int = 1) -> np.ndarray:
        """Compute the skinned vertices of one sole [pose, vertex, 3].

        Args:
            side: 0 left, 1 right.
            every: index step between the computed poses.
        """
        rest_m, weights = _sole(tuple(self.motion.betas.tolist()), side)
        joints = [J[f"{SIDES[side]}_ankle"], J[f"{SIDES[side]}_foot"]]
        moved_m = 0.0
        for weight, joint in zip(weights.T, joints):
            arms_m = rest_m - self.skeleton.rest_m[joint]
            place_m = np.einsum("pij,vj->pvi", self.world_rotations[::every, joint], arms_m)
            moved_m += weight[:, None] * (place_m + self.joints_m[::every, joint][:, None])
        return moved_m

    def speed_mps(self, joint: str) -> np.ndarray:
        """Speed of one joint between successive poses [pose - 1]."""
        steps_m = np.diff(self.joints_m[:, J[joint]], axis=0)
        return np.linalg.norm(steps_m, axis=-1) * self.motion.rate_hz

    def acceleration_mps2(self, joint: str) -> np.ndarray:
        """Magnitude of one joint's acceleration [pose - 2]."""
        changes_m = np.diff(self.joints_m[:, J[joint]], 2, axis=0)
        return np.linalg.norm(changes_m, axis=-1) * self.motion.rate_hz**2


@lru_cache(maxsize=64)
def _sole(betas: tuple[float, ...], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Rest vertices of a sole, and the skinning weights of ankle and ball [vertex, 2]."""
    from radarsim.files import free_body

    body = free_body()
    vertices_m = rest_vertices_m(betas)
    weights = np.asarray(body.skin_weights)[
        :, [J[f"{SIDES[side]}_ankle"], J[f"{SIDES[side]}_foot"]]
    ]
    low = vertices_m[:, 2] < vertices_m[:, 2].min() + SOLE_M
    sole = low & (weights.sum(axis=1) > 0.9)
    return vertices_m[sole], weights[sole] / weights[sole].sum(axis=1, keepdims=True)


def rest_vertices_m(betas: tuple[float, ...]) -> np.ndarray:
    """Rest-pose vertices of the free body with this shape, in world axes [vertex, 3]."""
    from radarsim.files import free_body

    body = free_body()
    shape = np.zeros(body.num_betas)
    shape[: len(betas)] = betas
    vertices_m = np.asarray(body.template_m, float) + np.asarray(body.shape_dirs, float) @ shape
    return vertices_m @ SMPL_TO_WORLD.T
