"""A sequence of observed 3-D joints or markers of one person."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from radarsim.array_checks import REAL, as_array
from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.scene.motion import MAX_RATE_HZ, MIN_RATE_HZ
from radarsim.scene.skeletons.landmarks import LANDMARKS

# Fewest landmarks, poses and observed values that determine a body.
MIN_LANDMARKS, MIN_POSES = 6, 5


@dataclass(frozen=True, kw_only=True, eq=False)
class JointSequence:
    """Observed landmarks of one person at a constant rate.

    Attributes:
        points_m: positions in a z-up world; NaN where missing [m].
        landmarks: name of each landmark (`landmarks.LANDMARKS`).
        rate_hz: poses per second.
        confidence: 0 (not observed) to 1, for each position; None if all are observed equally well.
        name: id of the motion.
        person: name of the person if the file contains several people, otherwise "".
        layout: name of the layout of the file.
        origin_height_m: height of the origin of the file's coordinates above the floor; for camera
            coordinates, this is the height of the camera [m].
        notes: one line for each property that was inferred.
    """

    points_m: Float[np.ndarray, "pose landmark 3"]
    landmarks: tuple[str, ...]
    rate_hz: float | int
    confidence: Float[np.ndarray, "pose landmark"] | None = None
    name: str = "motion"
    person: str = ""
    layout: str = ""
    origin_height_m: float = 0.0
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self):
        where = self.where
        hint = "give a NumPy array [pose, landmark, 3] in metres, with NaN for missing points"
        points_m = np.asarray(as_array(where, "points_m", self.points_m, REAL, hint), np.float64)
        object.__setattr__(self, "points_m", points_m)
        object.__setattr__(self, "landmarks", tuple(self.landmarks))
        limits = {"at_least": MIN_RATE_HZ, "at_most": MAX_RATE_HZ}
        rate_hz = checked_number(where, "rate_hz", self.rate_hz, "Hz", **limits)
        object.__setattr__(self, "rate_hz", rate_hz)
        self._check_points()
        confidence = np.ones(points_m.shape[:2]) if self.confidence is None else self.confidence
        confidence = np.asarray(as_array(where, "confidence", confidence, REAL, hint), np.float64)
        if confidence.shape != points_m.shape[:2]:
            problem = f"shape {confidence.shape}, but the points need {points_m.shape[:2]}"
            raise InputError(where, "confidence", problem, "give one value per pose and landmark")
        finite = np.isfinite(points_m).all(axis=-1)
        confidence = np.where(finite, np.clip(np.nan_to_num(confidence), 0.0, 1.0), 0.0)
        object.__setattr__(self, "confidence", confidence)
        self._check_observed()

    @property
    def where(self) -> str:
        """Name of the sequence in messages."""
        person = f", person {self.person}" if self.person else ""
        return f"JointSequence '{self.name}'{person}"

    @property
    def num_poses(self) -> int:
        return len(self.points_m)

    def _check_points(self) -> None:
        where, shape = self.where, self.points_m.shape
        if len(shape) != 3 or shape[1:] != (len(self.landmarks), 3):
            problem = f"shape {shape}, but [pose, {len(self.landmarks)} landmarks, 3] is needed"
            raise InputError(where, "points_m", problem, "give one position per landmark")
        if shape[0] < MIN_POSES:
            problem = f"{shape[0]} poses, but a fit needs at least {MIN_POSES}"
            raise InputError(where, "points_m", problem, "give a longer recording")
        unknown = [name for name in self.landmarks if name not in LANDMARKS]
        if unknown:
            hint = f"use names such as {', '.join(list(LANDMARKS)[:6])}"
            raise InputError(where, "landmarks", f"{unknown[0]!r} is not a landmark", hint)
        doubled = {name for name in self.landmarks if self.landmarks.count(name) > 1}
        if doubled:
            problem = f"{sorted(doubled)[0]!r} occurs twice"
            raise InputError(where, "landmarks", problem, "name each landmark once")

    def _check_observed(self) -> None:
        seen = (self.confidence > 0).mean(axis=0) > 0.01
        if seen.sum() < MIN_LANDMARKS:
            found = f"{int(seen.sum())} landmarks are observed in more than 1 % of the poses"
            problem = f"{found}, but a fit needs {MIN_LANDMARKS}"
            hint = "check the layout, and that missing points are NaN or have confidence 0"
            raise InputError(self.where, "points_m", problem, hint)
