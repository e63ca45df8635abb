"""Jumps and hops: pelvis height in free fall during each flight, and the matching foot motion.

Heights are in units of g T^2, where T is the length of the cycle. At every tempo, a flight from
phase a to phase b then has height (u - a) (b - u) / 2 at phase u and take-off speed (b - a) / 2.
"""

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from builders.activities.curves import Curve, bump, flow
from builders.activities.movement import Channels, foot, root
from builders.activities.skeleton import SIDES

GRAVITY_MPS2 = 9.81
RISE_M = 0.02  # rise of the pelvis from standing to take-off (on tiptoe with extended legs)


def flight_s(height_m: float) -> float:
    """Flight time of a jump of height h: sqrt(8 h / g)."""
    return float(np.sqrt(8 * height_m / GRAVITY_MPS2))


def hops(
    takeoffs: tuple[float, ...],
    height_m: float,
    period_s: float,
    dip_m: float,
    tuck_m: float = 0.0,
    point_deg: float = 45.0,
    rest: bool = True,
) -> Channels:
    """Jumps with both feet; each has a dip, push-off, flight, landing and absorption.

    During push-off and landing, the acceleration is constant over the dip; the acceleration is
    higher if hops follow each other closely.

    Args:
        takeoffs: phases at which the feet leave the floor.
        height_m: height of each flight.
        period_s: length of the cycle at this performer's tempo.
        dip_m: distance of the pelvis below standing height before and after the flight.
        tuck_m: height by which the feet are pulled up in flight.
        point_deg: pitch of the feet at take-off, positive with the heels up.
        rest: whether the performer stands upright between cycles.

    Returns:
        Channels of the root and both feet.

    Raises:
        ValueError: a take-off comes before the previous landing.
    """
    unit_m = GRAVITY_MPS2 * period_s**2
    flight = flight_s(height_m) / period_s
    speed = flight / 2
    rise, dip = RISE_M / unit_m, dip_m / unit_m
    gaps = np.diff([*takeoffs, takeoffs[0] + 1]) - flight
    if gaps.min() <= 0:
        raise ValueError(
            f"the next take-off comes {gaps.min():.2f} cycles after a landing; lengthen the cycle "
            "or lower the jumps"
        )
    push = min(2 * (rise + dip) / speed, 0.48 * gaps.min())
    keys = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)] if rest else []
    for start in takeoffs:
        end = start + flight
        keys += [(start - push, -dip, 0.0), (start, rise, speed)]
        keys += [(end, rise, -speed), (end + push, -dip, 0.0)]
    spans = tuple((start, start + flight) for start in takeoffs)
    lift_m = (height_m + 0.04 + tuck_m) * _foot_height(spans)
    pitch = _tiptoe(spans, 0.7 * push, point_deg)
    feet = {}
    for side in SIDES:
        feet |= foot(side, lift=lift_m, pitch=pitch, load=bump(*spans))
    return root(hop=_periodic_cubic(keys)) | feet


def bounce(duty: float) -> Curve:
    """Pelvis height of a runner: two flights per cycle, and half a sine wave in each stance.

    Args:
        duty: fraction of the cycle during which each foot is on the floor; below 0.5.
    """
    speed = (0.5 - duty) / 2

    def at(phase):
        share = np.mod(phase, 0.5)
        stance = -speed * duty / np.pi * np.sin(np.pi * share / duty)
        return np.where(share < duty, stance, 0.5 * (share - duty) * (0.5 - share))

    return Curve(at)


def _foot_height(spans):
    """Foot height during the flights, from 0 to 1; each foot starts from rest at take-off."""
    height = bump(*spans)
    return Curve(lambda phase: height.at(phase) ** 0.85)


def _tiptoe(spans, roll, point_deg):
    """Foot pitch: heels rise before take-off, toes point down in flight, heels drop on landing."""
    keys = []
    for start, end in spans:
        keys += [(start - roll, 0.0), (start, point_deg)]
        keys += [(start + 0.25 * (end - start), 1.1 * point_deg)]
        keys += [(end, 0.75 * point_deg), (end + roll, 0.0)]
    return flow(*keys)


def _periodic_cubic(keys):
    """Periodic cubic Hermite curve through (phase, height, slope) keys."""
    keys = sorted(keys)
    if keys[-1][0] - keys[0][0] < 1:
        first = keys[0]
        keys = [*keys, (first[0] + 1, *first[1:])]
    phases, heights, slopes = np.array(keys).T
    spline = CubicHermiteSpline(phases, heights, slopes)
    return Curve(lambda phase: spline(phases[0] + np.mod(phase - phases[0], 1.0)))
