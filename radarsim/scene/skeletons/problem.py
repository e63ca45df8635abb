"""One least-squares problem over consecutive poses: data, prior, smoothness and foot contact."""

from dataclasses import dataclass

import numpy as np

from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.contact import Contact, add_contact, contact_cost
from radarsim.scene.skeletons.kinematics import Pose, Posed, Rig, Shape, forward, pose_jacobian
from radarsim.scene.skeletons.observations import Observed
from radarsim.scene.skeletons.pose_prior import PosePrior, Unknown
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.smoothness import Smoothness, add_smoothness, smoothness_cost

# Scale of the robust (Geman-McClure) loss: the first value times the standard deviation of the
# noise, plus the second value [m].
_ROBUST_STDS, _ROBUST_M = 4.0, 0.03
# Levenberg-Marquardt: damping relative to the mean of the diagonal, largest rotation in one step
# [rad], and relative decrease of the cost at which the iteration ends.
_DAMPING, _MOST_STEP_RAD, _TOLERANCE = 1e-6, 0.6, 1e-4


@dataclass(frozen=True, eq=False)
class Problem:
    """Least-squares problem for the poses of one window.

    Attributes:
        rig, shape: skeleton, and body shape of the person.
        points_m: observed landmarks [pose, landmark, 3]; any finite value where missing.
        weights: 1 / variance times confidence; zero where missing [pose, landmark].
        stds_m: standard deviation of each landmark [landmark].
        joints: unknown joints, followed by the index of the pelvis position.
        prior: prior of the unknown joints.
        smoothness: weights of the second and third differences of the poses.
        contact: points of the feet that stand on the floor; None to let all feet slide.
        held: number of poses at the start that are already known.
        robust: factor of the scale of the robust loss, beyond which an observation is an outlier.
    """

    rig: Rig
    shape: Shape
    points_m: np.ndarray
    weights: np.ndarray
    stds_m: np.ndarray
    joints: np.ndarray
    prior: PosePrior
    smoothness: Smoothness
    contact: Contact | None = None
    held: int = 0
    robust: float = 1.0

    @classmethod
    def of(
        cls,
        rig: Rig,
        shape: Shape,
        observed: Observed,
        unknown: Unknown,
        smoothness: Smoothness,
        **options,
    ) -> "Problem":
        """Create the problem of fitting poses to observations.

        Args:
            rig, shape: skeleton, and body shape of the person.
            observed: observed landmarks of the poses.
            unknown: unknown joints and their prior.
            smoothness: weights of the differences of consecutive poses.
            **options: attributes `contact`, `held` and `robust`.
        """
        return cls(
            rig=rig,
            shape=shape,
            points_m=observed.filled_m,
            weights=observed.weights,
            stds_m=observed.stds_m,
            joints=unknown.joints,
            prior=unknown.prior,
            smoothness=smoothness,
            **options,
        )

    def solve(self, pose: Pose, iterations: int) -> Pose:
        """Improve the poses by Gauss-Newton steps with step control.

        Args:
            pose: starting poses.
            iterations: maximum number of steps.
        """
        cost, damping = self.cost(pose), _DAMPING
        for _ in range(iterations):
            equations = self._equations(pose)
            diagonal = np.einsum("tii->ti", equations.same).mean()
            better = None
            for _ in range(4):
                step = equations.solve(damping * diagonal, self.held)
                tried = moved(pose, self.joints, step)
                if (new := self.cost(tried)) < cost:
                    better = tried
                    break
                damping = max(damping, 1e-4) * 30
            if better is None:
                return pose
            pose, decrease, cost, damping = better, (cost - new) / cost, new, damping / 10
            if decrease < _TOLERANCE:
                break
        return pose

    def cost(self, pose: Pose) -> float:
        """Robust cost of all terms."""
        posed = forward(self.rig, self.shape, pose)
        joints = self.joints
        return (
            self._data_cost(posed)
            + self.prior.cost(pose.rotations)
            + smoothness_cost(pose, self.smoothness, joints)
            + contact_cost(self.contact, self.rig, self.shape, posed)
        )

    def residuals_m(self, pose: Pose) -> np.ndarray:
        """Distances of the landmarks from their observations [pose, landmark], in metres."""
        points_m = forward(self.rig, self.shape, pose).points_m
        return np.linalg.norm(points_m - self.points_m, axis=-1)

    def _limits_m2(self) -> np.ndarray:
        return (self.robust * (_ROBUST_STDS * self.stds_m + _ROBUST_M)) ** 2

    def _data_cost(self, posed: Posed) -> float:
        """Geman and McClure's function: quadratic for small and constant for large distances."""
        square = ((posed.points_m - self.points_m) ** 2).sum(axis=-1)
        limit = self._limits_m2()
        return 0.5 * float((self.weights * square / (1 + square / limit)).sum())

    def _equations(self, pose: Pose) -> NormalEquations:
        posed, joints = forward(self.rig, self.shape, pose), self.joints
        equations = NormalEquations.zeros(len(pose.pelvis_m), 3 * len(joints))
        self._add_data(equations, posed)
        self.prior.add(equations, pose.rotations)
        add_smoothness(equations, pose, self.smoothness, joints)
        add_contact(equations, self.contact, self.rig, self.shape, posed, joints)
        return equations

    def _add_data(self, equations: NormalEquations, posed: Posed) -> None:
        distance_m = posed.points_m - self.points_m
        limit = self._limits_m2()
        weight = self.weights / (1 + (distance_m**2).sum(axis=-1) / limit) ** 2
        jacobian = pose_jacobian(self.rig, posed, posed.points_m, self.rig.landmark_joints)
        jacobian = jacobian[:, :, :, self.joints].reshape(len(distance_m), -1, 3 * len(self.joints))
        root = np.repeat(np.sqrt(weight), 3, axis=1)
        scaled = jacobian * root[..., None]
        transposed = np.swapaxes(scaled, -1, -2)
        equations.same += transposed @ scaled
        residual = root * distance_m.reshape(len(distance_m), -1)
        equations.gradient += (transposed @ residual[..., None])[..., 0]


def moved(pose: Pose, joints: np.ndarray, step: np.ndarray) -> Pose:
    """Poses after a step [pose, unknown], whose rotations are limited."""
    step = step.reshape(len(step), -1, 3)
    rotation = step[:, :-1]
    length = np.linalg.norm(rotation, axis=-1, keepdims=True)
    rotation = rotation * np.minimum(1, _MOST_STEP_RAD / np.maximum(length, 1e-12))
    rotations = pose.rotations.copy()
    turned = joints[:-1]
    rotations[:, turned] = rotations[:, turned] @ to_matrices(rotation)
    return Pose(rotations, pose.pelvis_m + step[:, -1])
