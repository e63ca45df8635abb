"""Ways to go: time to where the body is and which way it faces, for ever and smoothly."""

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.ndimage import gaussian_filter1d

from builders.activities.curves import minimum_jerk


def on_the_spot():
    """Nowhere."""

    def path(times_s):
        return np.zeros((len(times_s), 2)), np.zeros(len(times_s))

    return path


def there_and_back(
    speed_mps: float, length_m: float, first_m: float, turn_s: float = 1.5, brake_s: float = 0.6
):
    """Ahead, turn around, back, turn around, ... at an even speed but for the turns.

    Args:
        speed_mps: between turns.
        length_m: of each way.
        first_m: left of the first way at time zero.
        turn_s: for half a turn.
        brake_s: from full speed to standing, and back.
    """
    # Braking covers half of what going on would have.
    cruise_s = (length_m - speed_mps * brake_s) / speed_mps
    leg_s = cruise_s + 2 * brake_s + turn_s - _OVERLAP * brake_s * 2
    begin_s = (first_m - speed_mps * brake_s / 2) / speed_mps

    def ways(times_s):
        """Speed along the way and turns made."""
        num = int(np.ceil(np.max(np.abs(times_s)) / leg_s)) + 2
        speed, turns = np.ones(len(times_s)), np.zeros(len(times_s))
        for k in range(-num, num + 1):
            brake = begin_s + k * leg_s
            turn = brake + (1 - _OVERLAP) * brake_s
            go = turn + turn_s - _OVERLAP * brake_s
            slow = minimum_jerk((times_s - brake) / brake_s)
            speed -= slow - minimum_jerk((times_s - go) / brake_s)
            turns += minimum_jerk((times_s - turn) / turn_s) - (k < 0)
        return speed_mps * speed, turns

    def path(times_s):
        fine_s = np.arange(min(times_s.min(), 0.0) - 0.02, max(times_s.max(), 0.0) + 0.02, 0.005)
        fine_s = np.unique(np.concatenate([fine_s, [0.0]]))
        speed, turns = ways(fine_s)
        velocity = speed * np.stack([np.cos(np.pi * turns), np.sin(np.pi * turns)])
        steps = 0.5 * (velocity[:, 1:] + velocity[:, :-1]) * np.diff(fine_s)
        place = np.concatenate([np.zeros((2, 1)), np.cumsum(steps, axis=1)], axis=1)
        place -= place[:, [np.searchsorted(fine_s, 0.0)]]
        xy = CubicHermiteSpline(fine_s, place.T, velocity.T)(times_s)
        return xy, np.pi * ways(times_s)[1]

    return path


def to_and_fro(length_m: float, period_s: float, direction_rad: float, start: float = 0.0):
    """Along a line and back without turning, as a cosine of time.

    Args:
        length_m: from end to end.
        period_s: there and back.
        direction_rad: of the line; 0 is ahead, pi/2 to the left.
        start: where in the period time zero is, 0 at one end.
    """
    unit = np.array([np.cos(direction_rad), np.sin(direction_rad)])

    def path(times_s):
        along = -0.5 * length_m * np.cos(2 * np.pi * (times_s / period_s + start))
        return along[:, None] * unit, np.zeros(len(times_s))

    return path


def circle(speed_mps: float, radius_m: float, leftwards: bool):
    """Round and round; the circle's centre lies beside the start.

    Args:
        speed_mps: along the circle.
        radius_m: of the circle.
        leftwards: counter-clockwise seen from above.
    """
    side = 1.0 if leftwards else -1.0

    def path(times_s):
        angle = speed_mps / radius_m * times_s
        xy = radius_m * np.stack([np.sin(angle), side * (1 - np.cos(angle))], axis=-1)
        return xy, side * angle

    return path


def route(*parts: tuple[float, float, float, float], blend_s: float = 0.18, closed: bool = True):
    """Parts of even going, one after the other: walk, pause, turn, walk back.

    Args:
        parts: (duration [s], speed ahead [m/s], speed to the left [m/s], turn to the left
            [degrees]) of each.
        blend_s: over which one part passes into the next, standard deviation of a Gaussian.
        closed: starts anew at the end, for ever; the few centimetres by which it then misses its
            start are spread over the way. Else it stands still before and after.
    """
    seconds = np.array([part[0] for part in parts])
    total_s, step_s = seconds.sum(), 0.01
    grid_s = np.arange(0.0 if closed else -1.0, total_s + (0.0 if closed else 1.0), step_s)
    which = np.searchsorted(np.cumsum(seconds), grid_s, side="right")
    rates = np.array([(a, left, np.deg2rad(t) / s) for s, a, left, t in parts] + [(0.0, 0.0, 0.0)])
    rates = rates[np.where(grid_s < 0, -1, np.minimum(which, len(parts)))].T
    rates = gaussian_filter1d(rates, blend_s / step_s, mode="wrap" if closed else "nearest")
    rest_rad = np.deg2rad(sum(part[3] for part in parts)) - rates[2].sum() * step_s
    rates[2] += rest_rad / (len(grid_s) * step_s)
    heading_rad = np.concatenate([[0.0], np.cumsum(rates[2]) * step_s])
    middle_rad = heading_rad[:-1] + 0.5 * np.diff(heading_rad)
    c, s = np.cos(middle_rad), np.sin(middle_rad)
    velocity = np.stack([c * rates[0] - s * rates[1], s * rates[0] + c * rates[1]])
    if closed:
        velocity -= velocity.mean(axis=1, keepdims=True)
    place_m = np.concatenate([np.zeros((2, 1)), np.cumsum(velocity, axis=1) * step_s], axis=1)
    ends_s = grid_s[0] + step_s * np.arange(len(grid_s) + 1)
    course = CubicSpline(ends_s, np.concatenate([place_m, heading_rad[None]]).T)
    begin = course(0.0) * [1.0, 1.0, 0.0]

    def path(times_s):
        rounds = np.floor(times_s / ends_s[-1]) if closed else np.zeros(len(times_s))
        values = course(np.clip(times_s - rounds * ends_s[-1], ends_s[0], ends_s[-1])) - begin
        return values[:, :2], values[:, 2] + rounds * heading_rad[-1]

    return path


_OVERLAP = 0.5  # the turn begins and ends within this share of the braking
