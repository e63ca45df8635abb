"""Walking paths: smooth functions from time [s] to position [m] and heading [rad].

Each function returns a path for `movement.Gait`: a function from times [time] to positions
[time, 2] and headings [time], defined for all times.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.ndimage import gaussian_filter1d

from builders.activities.curves import minimum_jerk


def on_the_spot():
    """Walking path that stays at the origin."""

    def path(times_s):
        return np.zeros((len(times_s), 2)), np.zeros(len(times_s))

    return path


def there_and_back(
    speed_mps: float, length_m: float, first_m: float, turn_s: float = 1.5, brake_s: float = 0.6
):
    """Periodic walking path: straight ahead, half a turn, straight back, half a turn.

    Args:
        speed_mps: constant speed between turns.
        length_m: length of each straight section.
        first_m: remaining length of the first straight section at time zero.
        turn_s: duration of half a turn.
        brake_s: time to brake from full speed to a stop; acceleration takes the same time.
    """
    # The distance covered while braking is half the distance covered at full speed.
    cruise_s = (length_m - speed_mps * brake_s) / speed_mps
    section_s = cruise_s + 2 * brake_s + turn_s - _OVERLAP * brake_s * 2
    begin_s = (first_m - speed_mps * brake_s / 2) / speed_mps

    def speed_and_turns(times_s):
        """Speed along the heading [m/s], and number of half turns completed."""
        num = int(np.ceil(np.max(np.abs(times_s)) / section_s)) + 2
        speed, turns = np.ones(len(times_s)), np.zeros(len(times_s))
        for k in range(-num, num + 1):
            brake = begin_s + k * section_s
            turn = brake + (1 - _OVERLAP) * brake_s
            go = turn + turn_s - _OVERLAP * brake_s
            slow = minimum_jerk((times_s - brake) / brake_s)
            speed -= slow - minimum_jerk((times_s - go) / brake_s)
            turns += minimum_jerk((times_s - turn) / turn_s) - (k < 0)
        return speed_mps * speed, turns

    def path(times_s):
        fine_s = np.arange(min(times_s.min(), 0.0) - 0.02, max(times_s.max(), 0.0) + 0.02, 0.005)
        fine_s = np.unique(np.concatenate([fine_s, [0.0]]))
        speed, turns = speed_and_turns(fine_s)
        velocity = speed * np.stack([np.cos(np.pi * turns), np.sin(np.pi * turns)])
        steps = 0.5 * (velocity[:, 1:] + velocity[:, :-1]) * np.diff(fine_s)
        place = np.concatenate([np.zeros((2, 1)), np.cumsum(steps, axis=1)], axis=1)
        place -= place[:, [np.searchsorted(fine_s, 0.0)]]
        xy = CubicHermiteSpline(fine_s, place.T, velocity.T)(times_s)
        return xy, np.pi * speed_and_turns(times_s)[1]

    return path


def to_and_fro(length_m: float, period_s: float, direction_rad: float, start: float = 0.0):
    """Path back and forth along a line without turning, as a cosine of time.

    Args:
        length_m: distance between the two ends.
        period_s: duration of one round trip.
        direction_rad: direction of the line; 0 is forward, pi/2 to the left.
        start: phase of the round trip at time zero; 0 is at one end.
    """
    unit = np.array([np.cos(direction_rad), np.sin(direction_rad)])

    def path(times_s):
        along = -0.5 * length_m * np.cos(2 * np.pi * (times_s / period_s + start))
        return along[:, None] * unit, np.zeros(len(times_s))

    return path


def circle(speed_mps: float, radius_m: float, leftwards: bool):
    """Circular walking path whose centre is to the left or right of the starting point.

    Args:
        speed_mps: speed along the circle.
        radius_m: radius of the circle.
        leftwards: whether the path is counter-clockwise seen from above.
    """
    side = 1.0 if leftwards else -1.0

    def path(times_s):
        angle = speed_mps / radius_m * times_s
        xy = radius_m * np.stack([np.sin(angle), side * (1 - np.cos(angle))], axis=-1)
        return xy, side * angle

    return path


class PathSegment(NamedTuple):
    """A path segment with constant velocity and turning rate.

    Attributes:
        duration_s: duration of the segment.
        ahead_mps, left_mps: velocity forward and to the left.
        turn_deg: change of heading over the segment, positive to the left.
    """

    duration_s: float
    ahead_mps: float
    left_mps: float
    turn_deg: float


def route(*segments: tuple[float, float, float, float], blend_s: float = 0.18, closed: bool = True):
    """Walking path of smoothly joined segments, such as a walk, a pause, a turn and a walk back.

    Args:
        segments: segments in order, as `PathSegment` or plain tuples of its fields.
        blend_s: standard deviation of the Gaussian that smooths the transitions between segments.
        closed: True to repeat the route endlessly and to distribute the closure error of a few
            centimetres over the route; False to stand still before and after the route.
    """
    segments = [PathSegment(*segment) for segment in segments]
    durations_s = np.array([segment.duration_s for segment in segments])
    total_s, step_s = durations_s.sum(), 0.01
    grid_s = np.arange(0.0 if closed else -1.0, total_s + (0.0 if closed else 1.0), step_s)
    which = np.searchsorted(np.cumsum(durations_s), grid_s, side="right")
    rates = np.array([_rates(segment) for segment in segments] + [(0.0, 0.0, 0.0)])
    rates = rates[np.where(grid_s < 0, -1, np.minimum(which, len(segments)))].T
    rates = gaussian_filter1d(rates, blend_s / step_s, mode="wrap" if closed else "nearest")
    error_rad = np.deg2rad(sum(segment.turn_deg for segment in segments)) - rates[2].sum() * step_s
    rates[2] += error_rad / (len(grid_s) * step_s)
    spline, end_s, turn_rad = _integrate(rates, grid_s[0], step_s, closed)
    begin = spline(0.0) * [1.0, 1.0, 0.0]

    def path(times_s):
        rounds = np.floor(times_s / end_s) if closed else np.zeros(len(times_s))
        values = spline(np.clip(times_s - rounds * end_s, grid_s[0], end_s)) - begin
        return values[:, :2], values[:, 2] + rounds * turn_rad

    return path


def _rates(segment):
    """Velocity forward and to the left [m/s], and turning rate [rad/s]."""
    return segment.ahead_mps, segment.left_mps, np.deg2rad(segment.turn_deg) / segment.duration_s


def _integrate(rates, start_s, step_s, closed):
    """Spline of position and heading over time, end time of the spline, and final heading."""
    heading_rad = np.concatenate([[0.0], np.cumsum(rates[2]) * step_s])
    middle_rad = heading_rad[:-1] + 0.5 * np.diff(heading_rad)
    c, s = np.cos(middle_rad), np.sin(middle_rad)
    velocity = np.stack([c * rates[0] - s * rates[1], s * rates[0] + c * rates[1]])
    if closed:
        velocity -= velocity.mean(axis=1, keepdims=True)
    place_m = np.concatenate([np.zeros((2, 1)), np.cumsum(velocity, axis=1) * step_s], axis=1)
    ends_s = start_s + step_s * np.arange(rates.shape[1] + 1)
    spline = CubicSpline(ends_s, np.concatenate([place_m, heading_rad[None]]).T)
    return spline, ends_s[-1], heading_rad[-1]


_OVERLAP = 0.5  # fraction of the braking time that overlaps with the turn
