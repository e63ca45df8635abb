"""A walk measured, and what Boulic's model of human walking says it should be.

With the hip at height h above the floor and speed v,

    stride = 1.346 sqrt(h v),    cycle = stride / v,    both feet stand for 0.252 cycle - 0.143 s
    twice in each cycle.

Source:
    Boulic, Thalmann and Thalmann, "A global human walking model with real-time kinematic
    personification", The Visual Computer 6, 1990.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d

from builders.activities.perform import Performance
from builders.activities.posed import Posed
from builders.activities.skeleton import SIDES

WALKS = (
    "walking_counter_clockwise",
    "walking_clockwise",
    "walk_forward_and_turn_around",
)
SPEED_MPS = (0.8, 1.6)
FOOT_RATIO = (2.5, 3.1)  # times the torso, at the peak of the swing
NEAR = 0.15  # of Boulic's cycle and stride: what healthy adults differ from the mean
HIP_ABOVE_ANKLE_M = 0.08  # the hip's height is the leg's length and this


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One walk, where it is even.

    Attributes:
        speed_mps: of the pelvis.
        cycle_s: from landing to landing of the same foot.
        stride_m: way in a cycle.
        foot_ratio: fastest speed of a foot over the speed of the pelvis.
        straight: along a line; in a circle the outer foot is faster.
        expected_cycle_s: Boulic's, at that speed and hip height.
    """

    speed_mps: float
    cycle_s: float
    stride_m: float
    foot_ratio: float
    straight: bool
    expected_cycle_s: float

    @property
    def cadence_per_min(self) -> float:
        """Steps in a minute."""
        return 120.0 / self.cycle_s

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not as a walker's."""
        off = self.cycle_s / self.expected_cycle_s - 1
        checks = (
            (not SPEED_MPS[0] <= self.speed_mps <= SPEED_MPS[1], f"{self.speed_mps:.2f} m/s"),
            (abs(off) > NEAR, f"cycle {100 * off:+.0f} % of Boulic's"),
            (self.straight and not FOOT_RATIO[0] <= self.foot_ratio <= FOOT_RATIO[1],
             f"feet {self.foot_ratio:.2f} times as fast as the torso"),
        )  # fmt: skip
        return tuple(words for wrong, words in checks if wrong)


def boulic_cycle_s(speed_mps: float, hip_m: float) -> float:
    """Length of a cycle of two steps: 1.346 sqrt(h / v) [s]."""
    return 1.346 * (hip_m / speed_mps) ** 0.5


def measure_walk(performance: Performance) -> Walk:
    """Speed, cycle and feet of a walk, away from its turns.

    Args:
        performance: long enough for some even strides; 12 s are.
    """
    posed = Posed(performance.motion)
    rate_hz = performance.motion.rate_hz
    velocity = np.gradient(posed.joints_m[:, 0, :2], 1 / rate_hz, axis=0)
    speed_mps = np.linalg.norm(gaussian_filter1d(velocity, 0.25 * rate_hz, axis=0), axis=1)
    even = speed_mps > 0.9 * np.percentile(speed_mps, 90)
    cycles_s, ways_m = _strides(performance.contact, speed_mps, even, rate_hz)
    feet = np.stack([posed.speed_mps(f"{side}_ankle") for side in SIDES]).max(axis=0)
    pace_mps = float(np.median(speed_mps[even]))
    hip_m = posed.skeleton.leg_m + HIP_ABOVE_ANKLE_M
    return Walk(
        speed_mps=pace_mps,
        cycle_s=float(np.median(cycles_s)),
        stride_m=float(np.median(ways_m)),
        straight=_bend_rad(velocity[even], rate_hz) < 0.3,
        foot_ratio=float(np.percentile(feet[even[1:]], 98)) / pace_mps,
        expected_cycle_s=boulic_cycle_s(pace_mps, hip_m),
    )


def _bend_rad(velocity, rate_hz):
    """How far the way turns in a second, in the middle."""
    turned = np.diff(np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0])))
    return float(np.abs(np.median(turned))) * rate_hz


def _strides(contact, speed_mps, even, rate_hz):
    """Time and way of every cycle that is walked evenly throughout."""
    cycles_s, ways_m = [], []
    for side in (0, 1):
        landings = np.flatnonzero(np.diff(contact[:, side].astype(int)) == 1) + 1
        for start, end in pairwise(landings):
            if even[start:end].mean() > 0.85:
                cycles_s.append((end - start) / rate_hz)
                ways_m.append(speed_mps[start:end].sum() / rate_hz)
    if not cycles_s:
        raise ValueError("no stride is walked evenly; perform the walk for longer")
    return cycles_s, ways_m
