"""Banded normal equations, in which each pose is coupled with the next three poses."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded


@dataclass(eq=False)
class NormalEquations:
    """Matrix H and right-hand side g of the step H x = -g, by blocks of poses.

    Attributes:
        same: block of each pose with itself [pose, unknown, unknown].
        next: block of each pose (rows: next pose, columns: this pose) [pose - 1, unknown, unknown].
        second, third: 3 x 3 blocks that couple each joint with the same joint two and three poses
            later [pose - 2 or pose - 3, joint, 3, 3].
        gradient: [pose, unknown].
    """

    same: np.ndarray
    next: np.ndarray
    second: np.ndarray
    third: np.ndarray
    gradient: np.ndarray

    @classmethod
    def zeros(cls, num_poses: int, num_unknowns: int) -> "NormalEquations":
        """Equations without terms."""
        square, joints = (num_unknowns, num_unknowns), (num_unknowns // 3, 3, 3)
        return cls(
            np.zeros((num_poses, *square)),
            np.zeros((max(num_poses - 1, 0), *square)),
            np.zeros((max(num_poses - 2, 0), *joints)),
            np.zeros((max(num_poses - 3, 0), *joints)),
            np.zeros((num_poses, num_unknowns)),
        )

    def add_joint_blocks(self, later: int, poses: slice, blocks: np.ndarray) -> None:
        """Add 3 x 3 blocks that couple each joint with the same joint a few poses later.

        Args:
            later: distance between the coupled poses, from 0 to 3 poses.
            poses: slice of the earlier poses of the coupled pairs.
            blocks: blocks to be added [pose, joint, 3, 3].
        """
        target = (self.same, self.next, self.second, self.third)[later]
        if later >= 2:
            target[poses] += blocks
            return
        for joint in range(blocks.shape[1]):
            unknowns = slice(3 * joint, 3 * joint + 3)
            target[poses, unknowns, unknowns] += blocks[:, joint]

    def solve(self, damping: float, held: int = 0) -> np.ndarray:
        """Solve for the step of all poses; the first `held` poses do not move.

        Args:
            damping: value added to the diagonal.
            held: number of poses at the start that are known.

        Returns:
            Step [pose, unknown].
        """
        step = np.zeros_like(self.gradient)
        matrix = self._lower_bands(held, damping)
        factor = cholesky_banded(matrix, overwrite_ab=True, lower=True, check_finite=False)
        right = -self.gradient[held:].ravel()
        solution = cho_solve_banded((factor, True), right, check_finite=False)
        step[held:] = solution.reshape(-1, step.shape[1])
        return step

    def _lower_bands(self, held: int, damping: float) -> np.ndarray:
        """The lower triangle in LAPACK's band storage: entry (i, j) is at [i - j, j]."""
        num_poses, size = len(self.same) - held, self.same.shape[1]
        bands = np.zeros((3 * size + 3, num_poses, size))
        row, column = np.tril_indices(size)
        bands[row - column, :, column] = self.same[held:, row, column].T
        bands[0] += damping
        if num_poses > 1:
            row, column = (index.ravel() for index in np.indices((size, size)))
            bands[size + row - column, :-1, column] = self.next[held:, row, column].T
        for later, blocks in ((2, self.second), (3, self.third)):
            for joint, row, column in np.ndindex(size // 3, 3, 3):
                values = blocks[held:, joint, row, column]
                place = later * size + row - column
                bands[place, : len(values), 3 * joint + column] = values
        return bands.reshape(len(bands), -1)
