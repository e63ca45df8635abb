"""Observed landmarks, prepared for the fit."""

from dataclasses import dataclass, replace

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.skeletons import cleaning
from radarsim.scene.skeletons.landmarks import LANDMARKS, offsets_m
from radarsim.scene.skeletons.sequence import MIN_POSES, JointSequence


@dataclass(frozen=True, eq=False)
class Observed:
    """Prepared observations.

    Attributes:
        filled_m: landmarks with gaps filled [pose, landmark, 3].
        confidence: zero where missing or unusable [pose, landmark].
        stds_m: standard deviation of the noise of each landmark [m].
        offsets_m, offset_stds_m: usual offsets and their standard deviations.
        rate_hz: poses per second.
        notes: remarks about corrections, for the user.
    """

    filled_m: np.ndarray
    confidence: np.ndarray
    stds_m: np.ndarray
    offsets_m: np.ndarray
    offset_stds_m: np.ndarray
    rate_hz: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, sequence: JointSequence) -> "Observed":
        """Prepare a sequence; raise InputError if nearly all poses are too noisy for a fit."""
        confidence = sequence.confidence
        points_m = np.where(confidence[..., None] > 0, sequence.points_m, np.nan)
        unusable = cleaning.unusable_poses(points_m, sequence.rate_hz)
        points_m[unusable] = np.nan
        usable = int(np.isfinite(points_m).all(axis=-1).any(axis=1).sum())
        if usable < MIN_POSES:
            problem = f"only {usable} of {len(points_m)} poses are more than noise"
            hint = "check the layout, the unit and the order of the joints"
            raise InputError(sequence.where, "points_m", problem, hint)
        points_m, confidence, swapped = cleaning.undo_swaps(
            points_m, confidence, sequence.landmarks
        )
        notes = [f"left and right were exchanged in {swapped} poses"] if swapped else []
        if unusable.any():
            notes.append(f"{int(unusable.sum())} of {len(points_m)} poses are only noise")
        missing = ~np.isfinite(points_m).all(axis=-1)
        return cls(
            cleaning.fill_gaps(points_m),
            np.where(missing, 0.0, confidence),
            cleaning.noise_stds_m(points_m, sequence.rate_hz),
            offsets_m(sequence.landmarks),
            np.array([LANDMARKS[name].std_m for name in sequence.landmarks]),
            float(sequence.rate_hz),
            tuple(notes),
        )

    @property
    def weights(self) -> np.ndarray:
        """Confidence over variance [pose, landmark]."""
        return self.confidence / self.stds_m**2

    def part(self, window: slice) -> "Observed":
        """Return the observations of a range of poses."""
        filled_m, confidence = self.filled_m[window], self.confidence[window]
        return replace(self, filled_m=filled_m, confidence=confidence)

    def observed_m(self) -> np.ndarray:
        """Landmarks with NaN where missing."""
        return np.where(self.confidence[..., None] > 0, self.filled_m, np.nan)
