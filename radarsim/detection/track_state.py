"""State of a track: extended Kalman filter for a target's position and velocity in the plane."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from radarsim.detection.target_points import TargetPoints, wrapped

AZIMUTH_ERROR_RAD = 0.06  # Standard deviation for a point, whose cell several limbs may share.
# Standard deviations of the mean of a frame's points about the torso.
MEAN_RANGE_M, MEAN_CROSS_M, MEAN_SPEED_MPS = 0.08, 0.1, 0.35
ACCELERATION_MPS2 = 2.0  # Standard deviation for people who start, stop or turn.
START_SPEED_MPS = 1.5  # Standard deviation of the unknown transverse speed of a new track.


@dataclass
class TrackState:
    """State of a track at one time.

    Attributes:
        mean: position x, y [m] and velocity [m/s] in the horizontal plane of the radar frame.
        covariance: covariance of `mean`.
        time_s: time of the state [s].
        entries: measurements so far.
    """

    mean: Float[np.ndarray, " 4"]
    covariance: Float[np.ndarray, "4 4"]
    time_s: float
    entries: list[TargetPoints] = field(default_factory=list)

    def predict(self, time_s: float) -> None:
        """Advance the state to a time, at constant velocity with random acceleration."""
        step_s = time_s - self.time_s
        move = np.eye(4) + step_s * np.eye(4, k=2)
        push = np.concatenate([np.eye(2) * step_s**2 / 2, np.eye(2) * step_s])
        self.mean = move @ self.mean
        self.covariance = move @ self.covariance @ move.T + ACCELERATION_MPS2**2 * push @ push.T
        self.time_s = time_s

    def with_more_speed(self, radial_mps: float) -> "TrackState":
        """Predicted state for a radial speed increased by `radial_mps` since the last entry."""
        sight = self.mean[:2] / np.linalg.norm(self.mean[:2])
        step_s = self.time_s - self.entries[-1].time_s
        change = np.concatenate([radial_mps * step_s * sight, radial_mps * sight])
        return replace(self, mean=self.mean + change)

    def update(self, measured: np.ndarray, noise: np.ndarray, max_speed_mps: float) -> None:
        """Correct the state by a measured position and radial speed (extended Kalman filter).

        Args:
            measured: x, y [m] and radial speed [m/s], from `measurement`.
            noise: covariance of `measured`.
            max_speed_mps: unambiguous speed; the radial speed is taken modulo twice this value
                [m/s].
        """
        sight = self.mean[:2] / np.linalg.norm(self.mean[:2])
        matrix = np.zeros((3, 4))
        matrix[:2, :2] = np.eye(2)
        matrix[2, 2:] = sight
        error = measured - matrix @ self.mean
        error[2] = wrapped(error[2], max_speed_mps)
        spread = matrix @ self.covariance @ matrix.T + noise
        gain = np.linalg.solve(spread, matrix @ self.covariance).T
        self.mean = self.mean + gain @ error
        self.covariance = self.covariance - gain @ matrix @ self.covariance


def measurement(
    entry: TargetPoints, error_rad: float = AZIMUTH_ERROR_RAD
) -> tuple[np.ndarray, np.ndarray]:
    """Measured x, y [m] and radial speed [m/s] of a target, and their covariance."""
    azimuth_rad = np.nan_to_num(entry.azimuth_rad)
    sight = np.array([np.cos(azimuth_rad), np.sin(azimuth_rad)])
    across = np.array([-sight[1], sight[0]])
    cross_m = np.hypot(MEAN_CROSS_M, error_rad * entry.range_m)
    noise = np.zeros((3, 3))
    noise[:2, :2] = MEAN_RANGE_M**2 * np.outer(sight, sight) + cross_m**2 * np.outer(across, across)
    noise[2, 2] = MEAN_SPEED_MPS**2
    return np.append(entry.range_m * sight, entry.speed_mps), noise


def started_track(entry: TargetPoints) -> TrackState:
    """Start a track at an entry, with the measured radial speed and an unknown transverse speed."""
    measured, noise = measurement(entry)
    sight = measured[:2] / np.linalg.norm(measured[:2])
    across = np.array([-sight[1], sight[0]])
    covariance = np.zeros((4, 4))
    covariance[:2, :2] = noise[:2, :2]
    covariance[2:, 2:] = MEAN_SPEED_MPS**2 * np.outer(sight, sight)
    covariance[2:, 2:] += START_SPEED_MPS**2 * np.outer(across, across)
    mean = np.concatenate([measured[:2], measured[2] * sight])
    return TrackState(mean, covariance, entry.time_s, [entry])
