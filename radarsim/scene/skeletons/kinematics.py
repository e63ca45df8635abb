"""Forward kinematics of SMPL's first 22 joints in NumPy, with derivatives in closed form.

The fit needs only joint positions and landmarks, not the surface of the body. A pose is changed by
a small rotation vector d_j at each joint, R_j <- R_j exp(d_j), and by a displacement of the pelvis.
A point x that moves with joint j or with any joint below it changes by

    dx = (W_j d_j) x (x - p_j),

where W_j and p_j are the world rotation and position of joint j. Positions are also linear in the
scale s, in s times the shape coefficients, and in s times the offsets of the landmarks.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from radarsim.scene.body import BodyModel
from radarsim.scene.skeleton import NUM_SHARED_JOINTS


@dataclass(frozen=True, eq=False)
class Rig:
    """Joints of a body model, with the landmarks fixed to them.

    Attributes:
        joint_template_m: joints of the mean shape in the rest pose [joint, 3], in metres.
        joint_shape_dirs: displacement per unit of each beta [joint, 3, beta].
        parents: parent of each joint.
        landmark_joints: joint of each landmark.
    """

    joint_template_m: np.ndarray
    joint_shape_dirs: np.ndarray
    parents: tuple[int, ...]
    landmark_joints: np.ndarray

    @classmethod
    def of_body(cls, body: BodyModel, landmark_joints) -> "Rig":
        """Take the shared joints of a body model."""
        count = NUM_SHARED_JOINTS
        return cls(
            np.asarray(body.joint_template_m, np.float64)[:count],
            np.asarray(body.joint_shape_dirs, np.float64)[:count],
            tuple(body.parents[:count]),
            np.asarray(landmark_joints, int),
        )

    @property
    def num_joints(self) -> int:
        return len(self.parents)

    @property
    def num_betas(self) -> int:
        return self.joint_shape_dirs.shape[-1]

    @cached_property
    def bones_m(self) -> np.ndarray:
        """Vector from parent to joint in the rest pose; zero for the root [joint, 3]."""
        bones_m = self.joint_template_m - self.joint_template_m[list(self.parents)]
        bones_m[0] = 0
        return bones_m

    @cached_property
    def bone_dirs(self) -> np.ndarray:
        """Change of each bone per unit of each beta [joint, 3, beta]."""
        dirs = self.joint_shape_dirs - self.joint_shape_dirs[list(self.parents)]
        dirs[0] = 0
        return dirs

    @cached_property
    def ancestors(self) -> np.ndarray:
        """Mask of each joint's ancestors, including the joint itself [joint, ancestor]."""
        above = np.eye(self.num_joints, dtype=bool)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                above[joint] |= above[parent]
        return above


class Shape(NamedTuple):
    """Size and shape of a person.

    Attributes:
        scale: scale factor of the body.
        betas: shape coefficients.
        offsets_m: offsets of the landmarks from their joints, not scaled [landmark, 3].
    """

    scale: float
    betas: np.ndarray
    offsets_m: np.ndarray


class Pose(NamedTuple):
    """Joint rotations relative to the parents [pose, joint, 3, 3] and pelvis [pose, 3] (metres)."""

    rotations: np.ndarray
    pelvis_m: np.ndarray

    def at(self, which) -> "Pose":
        """Return the poses with the given indices."""
        return Pose(self.rotations[which], self.pelvis_m[which])


class Posed(NamedTuple):
    """World rotations [pose, joint, 3, 3], joints and landmarks [pose, point, 3], in metres."""

    world: np.ndarray
    joints_m: np.ndarray
    points_m: np.ndarray


def forward(rig: Rig, shape: Shape, pose: Pose) -> Posed:
    """Compute joints and landmarks of every pose.

    Args:
        rig: the skeleton.
        shape: size and shape of the person.
        pose: rotations and pelvis positions.
    """
    bones_m = shape.scale * (rig.bones_m + rig.bone_dirs @ shape.betas)
    world, joints_m = np.empty_like(pose.rotations), np.empty(pose.rotations.shape[:-1])
    world[:, 0], joints_m[:, 0] = pose.rotations[:, 0], pose.pelvis_m
    for joint, parent in enumerate(rig.parents[1:], start=1):
        world[:, joint] = world[:, parent] @ pose.rotations[:, joint]
        joints_m[:, joint] = joints_m[:, parent] + world[:, parent] @ bones_m[joint]
    attached = rig.landmark_joints
    arms_m = np.einsum("pkab,kb->pka", world[:, attached], shape.scale * shape.offsets_m)
    return Posed(world, joints_m, joints_m[:, attached] + arms_m)


def pose_jacobian(
    rig: Rig, posed: Posed, points_m: np.ndarray, joints_of: np.ndarray
) -> np.ndarray:
    """Derivative of points by the rotation vectors of all joints and the pelvis position.

    Args:
        rig: the skeleton.
        posed: result of `forward`.
        points_m: points [pose, point, 3], in metres.
        joints_of: joint with which each point moves.

    Returns:
        [pose, point, 3, joint + 1, 3]; the last entry of the fourth axis is the pelvis position.
    """
    num_poses, num_points = points_m.shape[:2]
    jacobian = np.zeros((num_poses, num_points, 3, rig.num_joints + 1, 3))
    point, joint = np.nonzero(rig.ancestors[joints_of])
    lever_m = points_m[:, point] - posed.joints_m[:, joint]
    axes = posed.world[:, joint]  # the columns are the axes about which d_j rotates
    turned = np.empty_like(axes)
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        turned[:, :, a] = axes[:, :, b] * lever_m[:, :, c, None]
        turned[:, :, a] -= axes[:, :, c] * lever_m[:, :, b, None]
    jacobian[:, point, :, joint] = np.moveaxis(turned, 1, 0)
    jacobian[:, :, :, -1] = np.eye(3)
    return jacobian


def shape_jacobian(rig: Rig, posed: Posed) -> np.ndarray:
    """Derivative of the landmarks by s, by s times each beta, and by s times each offset.

    Returns:
        [pose, landmark, 3, 1 + beta + 3 landmark].
    """
    num_poses, num_points = posed.points_m.shape[:2]
    columns = np.concatenate([rig.bones_m[..., None], rig.bone_dirs], axis=-1)
    parts = np.zeros((num_poses, rig.num_joints, 3, columns.shape[-1]))
    for joint, parent in enumerate(rig.parents[1:], start=1):
        parts[:, joint] = parts[:, parent] + posed.world[:, parent] @ columns[joint]
    count = columns.shape[-1]
    jacobian = np.zeros((num_poses, num_points, 3, count + 3 * num_points))
    jacobian[..., :count] = parts[:, rig.landmark_joints]
    for point, joint in enumerate(rig.landmark_joints):
        first = count + 3 * point
        jacobian[:, point, :, first : first + 3] = posed.world[:, joint]
    return jacobian
