"""Gait parameters of a walk, compared with Boulic's model of human walking.

With the hip at height h above the floor and speed v,

    stride = 1.346 sqrt(h v),    cycle = stride / v,    double support = 0.252 cycle - 0.143 s

where double support occurs twice in each cycle.

Source:
    Boulic, Thalmann and Thalmann, "A global human walking model with real-time kinematic
    personification", The Visual Computer 6, 1990.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d

from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.skeleton import SIDES
from builders.activities.synthesis import Performance

WALKS = (
    "walking_counter_clockwise",
    "walking_clockwise",
    "walk_forward_and_turn_around",
)
# Normal range of the walking speed.
SPEED_MPS = (0.8, 1.6)
FOOT_RATIO = (2.5, 3.1)  # ratio of foot speed to torso speed at the peak of the swing
NEAR = 0.15  # relative deviation from Boulic's cycle duration that is normal for healthy adults
HIP_ABOVE_ANKLE_M = 0.08  # difference between hip height and leg length


@dataclass(frozen=True, kw_only=True)
class GaitParameters:
    """Parameters of one walk, measured over its steady strides.

    Attributes:
        speed_mps: speed of the pelvis.
        cycle_s: time between successive landings of the same foot.
        stride_m: distance covered in one cycle.
        foot_ratio: ratio of the highest foot speed to the pelvis speed.
        straight: whether the path is straight; on a circle, the outer foot is faster than the inner
            one.
        expected_cycle_s: cycle duration in Boulic's model at this speed and hip height.
    """

    speed_mps: float
    cycle_s: float
    stride_m: float
    foot_ratio: float
    straight: bool
    expected_cycle_s: float

    @property
    def cadence_per_min(self) -> float:
        """Steps per minute."""
        return 120.0 / self.cycle_s

    @property
    def problems(self) -> tuple[str, ...]:
        """Short messages that name the parameters outside the range of healthy walkers."""
        off = self.cycle_s / self.expected_cycle_s - 1
        low, high = FOOT_RATIO
        checks = (
            (not SPEED_MPS[0] <= self.speed_mps <= SPEED_MPS[1], f"{self.speed_mps:.2f} m/s"),
            (abs(off) > NEAR, f"cycle {100 * off:+.0f} % of Boulic's"),
            (
                self.straight and not low <= self.foot_ratio <= high,
                f"feet {self.foot_ratio:.2f} times as fast as the torso",
            ),
        )
        return tuple(problem for wrong, problem in checks if wrong)


def boulic_cycle_s(speed_mps: float, hip_m: float) -> float:
    """Duration of a cycle of two steps: 1.346 sqrt(h / v) [s]."""
    return 1.346 * (hip_m / speed_mps) ** 0.5


def measure_gait(performance: Performance) -> GaitParameters:
    """Measure the gait parameters of a walk, excluding the turns.

    Args:
        performance: performance that contains steady strides; a duration of 12 s is sufficient.

    Raises:
        ValueError: the walk contains no steady stride.
    """
    trajectories = JointTrajectories(performance.motion)
    rate_hz = performance.motion.rate_hz
    velocity = np.gradient(trajectories.joints_m[:, 0, :2], 1 / rate_hz, axis=0)
    speed_mps = np.linalg.norm(gaussian_filter1d(velocity, 0.25 * rate_hz, axis=0), axis=1)
    steady = speed_mps > 0.9 * np.percentile(speed_mps, 90)
    cycles_s, strides_m = _strides(performance.contact, speed_mps, steady, rate_hz)
    feet = np.stack([trajectories.speed_mps(f"{side}_ankle") for side in SIDES]).max(axis=0)
    median_mps = float(np.median(speed_mps[steady]))
    hip_m = trajectories.skeleton.leg_m + HIP_ABOVE_ANKLE_M
    return GaitParameters(
        speed_mps=median_mps,
        cycle_s=float(np.median(cycles_s)),
        stride_m=float(np.median(strides_m)),
        straight=_turning_rad_per_s(velocity[steady], rate_hz) < 0.3,
        foot_ratio=float(np.percentile(feet[steady[1:]], 98)) / median_mps,
        expected_cycle_s=boulic_cycle_s(median_mps, hip_m),
    )


def _turning_rad_per_s(velocity, rate_hz):
    """Median rate of change of the walking direction."""
    steps_rad = np.diff(np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0])))
    return float(np.abs(np.median(steps_rad))) * rate_hz


def _strides(contact, speed_mps, steady, rate_hz):
    """Duration and length of each cycle during which the person walks steadily."""
    cycles_s, strides_m = [], []
    for side in (0, 1):
        landings = np.flatnonzero(np.diff(contact[:, side].astype(int)) == 1) + 1
        for start, end in pairwise(landings):
            if steady[start:end].mean() > 0.85:
                cycles_s.append((end - start) / rate_hz)
                strides_m.append(speed_mps[start:end].sum() / rate_hz)
    if not cycles_s:
        raise ValueError("the walk has no steady stride; perform it for longer")
    return cycles_s, strides_m
