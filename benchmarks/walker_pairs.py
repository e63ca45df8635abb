"""Separation of two people by two receivers: each walk is measured without the other person's echo.

For an echo at the range R and the lateral offset x (positive to the left), the phase of the second
receiver relative to the first is phi = -pi x / R if the second receiver is half a wavelength to the
left of the first. The combination

    (z_1 exp(j phi_b) - z_2) / (exp(j phi_b) - exp(j phi_a))

of the receivers' samples z_1 and z_2 contains no echo with the phase phi_b, and the echo with the
phase phi_a as in receiver 1. One person must be to the left and the other to the right of the
boresight. Near R = (x_a - x_b) / 2, both phases are equal, and the people cannot be separated.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.ndimage import gaussian_filter1d

from benchmarks.walker_measures import (
    LEAST_SPEED_MPS,
    WALKING,
    Pace,
    Walk,
    measure_walk,
    moving_profiles,
    without_static,
)
from radarsim.radar.radar import Radar

# Ranges in which the paths are fitted [m]. At 3 m, the phases of people 3 m to the left and 3 m to
# the right are equal.
_FIT_M = (4.0, 9.0)
# Range at which the lateral offset of a path is stated [m].
MIDDLE_M = 6.0
# Lateral offsets and slopes of the paths that are tried [m, m/m].
_OFFSETS_M = np.arange(0.5, 5.0, 0.05)
_SLOPES = np.arange(-0.2, 0.21, 0.05)
# Standard deviation of the Gaussian filter along the histogram of lateral offsets [m].
_SMOOTHING_M = 0.3
# Standard deviation of the Gaussian filter of a track of bins [frames].
_SMOOTHING_FRAMES = 2.0
# Largest range of a person [m].
_FAR_M = 12.0
# The combination is not divided by less than this value, which would amplify noise.
_LEAST_DIFFERENCE = 0.5
SIDES = ("left", "right")


@dataclass(frozen=True, kw_only=True)
class PathLine:
    """Straight path of a person: the lateral offset as a function of the range.

    Attributes:
        lateral_m: lateral offset at the range `MIDDLE_M`, positive to the left.
        slope: change of the lateral offset with range [m/m].
    """

    lateral_m: float
    slope: float = 0.0

    def lateral_at(self, range_m):
        """Lateral offset at a range [m], at most 95 % of the range."""
        lateral_m = self.lateral_m + self.slope * (range_m - MIDDLE_M)
        return np.clip(lateral_m, -0.95 * range_m, 0.95 * range_m)

    def phase_rad(self, range_m):
        """Phase of the second receiver relative to the first for a person at a range."""
        return -np.pi * self.lateral_at(range_m) / range_m

    def position_m(self, range_m) -> Float[np.ndarray, "... 2"]:
        """Forward and lateral position of a person at a range."""
        lateral_m = self.lateral_at(range_m)
        return np.stack([np.sqrt(range_m**2 - lateral_m**2), lateral_m], axis=-1)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonWalk:
    """One of two people: the path, and the walk measured without the other person's echo."""

    path: PathLine
    walk: Walk


def separated_walks(
    radar: Radar, cube_v: Complex[np.ndarray, "frame chirp 1 2 sample"], pace: Pace = WALKING
) -> dict[str, PersonWalk]:
    """Measure the walks of two people on both sides of the boresight, keyed by `SIDES`.

    Args:
        radar: radar with one transmitter and two receivers half a wavelength apart.
        cube_v: IF cube in volts.
        pace: limits of the measures.

    Returns:
        Path and walk of each person in all frames, keyed by "left" and "right".
    """
    profiles = moving_profiles(cube_v)
    paths = path_lines(radar, profiles)
    tracks = _tracks(radar, profiles, paths)
    bin_m = radar.range_resolution_m
    ranges_m = {side: np.maximum(_smooth(tracks[side]), 1.0) * bin_m for side in SIDES}
    moving_v, found = without_static(cube_v), {}
    for side, other in (SIDES, SIDES[::-1]):
        own_rad, other_rad = (paths[each].phase_rad(ranges_m[each]) for each in (side, other))
        alone_v = _combined(moving_v, own_rad[:, None, None], other_rad[:, None, None])
        walk = measure_walk(radar, alone_v[:, :, None, None], pace, tracks[side])
        found[side] = PersonWalk(path=paths[side], walk=walk)
    return found


def path_lines(
    radar: Radar, profiles: Complex[np.ndarray, "frame chirp 2 range"]
) -> dict[str, PathLine]:
    """Paths of two people, from the phases of all range-Doppler cells; keyed by `SIDES`.

    The histogram of the cells over range and lateral offset is weighted by amplitude times R^2 and
    smoothed. The path on each side is the straight line with the largest sum of the histogram.
    """
    spectra = np.fft.fft(profiles * np.hanning(profiles.shape[1] + 2)[1:-1, None, None], axis=1)
    cross = spectra[:, :, 1] * spectra[:, :, 0].conj()
    speed_mps = np.fft.fftfreq(cross.shape[1]) * radar.speed_resolution_mps * cross.shape[1]
    range_m = np.arange(cross.shape[-1]) * radar.range_resolution_m
    inside = (range_m > _FIT_M[0]) & (range_m < _FIT_M[1])
    cross = cross[:, np.abs(speed_mps) > LEAST_SPEED_MPS][..., inside]
    signs = dict(zip(SIDES, (1, -1)))
    return {side: _best_line(cross, range_m[inside], sign) for side, sign in signs.items()}


def _best_line(cross, range_m, sign: int) -> PathLine:
    """Path with the largest sum of the histogram of cells [frame, speed, range] on one side."""
    offset_m = -sign * np.angle(cross) / np.pi * range_m
    weight = np.sqrt(np.abs(cross)) * range_m**2
    step_m = _OFFSETS_M[1] - _OFFSETS_M[0]
    edges_m = np.append(_OFFSETS_M - 0.5 * step_m, _OFFSETS_M[-1] + 0.5 * step_m)
    rows = range(len(range_m))
    counts = [
        np.histogram(offset_m[..., row], edges_m, weights=weight[..., row])[0] for row in rows
    ]
    counts = gaussian_filter1d(np.array(counts), _SMOOTHING_M / step_m, axis=1)
    lines = [(lateral_m, slope) for lateral_m in _OFFSETS_M for slope in _SLOPES]
    sums = [
        sum(
            np.interp(lateral_m + slope * (range_m[row] - MIDDLE_M), _OFFSETS_M, counts[row])
            for row in rows
        )
        for lateral_m, slope in lines
    ]
    lateral_m, slope = lines[int(np.argmax(sums))]
    return PathLine(lateral_m=float(sign * lateral_m), slope=float(sign * slope))


def _tracks(radar, profiles, paths) -> dict[str, np.ndarray]:
    """Range bin of each person in every frame, with the other person removed at each bin."""
    bin_m = radar.range_resolution_m
    range_m = np.maximum(np.arange(profiles.shape[-1]), 0.5) * bin_m
    phases_rad = {side: paths[side].phase_rad(range_m) for side in SIDES}
    tracks = {}
    for side, other in (SIDES, SIDES[::-1]):
        alone = _combined(profiles, phases_rad[side], phases_rad[other])
        power = (np.abs(alone) ** 2).mean(axis=1) * range_m**4
        tracks[side] = _strongest_path(np.log(power[:, range_m < _FAR_M]))
    return tracks


def _strongest_path(level) -> np.ndarray:
    """Path [frame] of bins with the largest sum of levels [frame, bin], by dynamic programming.

    From frame to frame, the path changes by one bin at most. A person whose echo fades for some
    frames keeps the track, because the sum over all frames decides.
    """
    best, choices = level[0], []
    for row in level[1:]:
        padded = np.pad(best, 1, constant_values=-np.inf)
        near = np.stack([padded[:-2], padded[1:-1], padded[2:]])
        choices.append(near.argmax(axis=0) - 1)
        best = near.max(axis=0) + row
    path = [int(best.argmax())]
    for choice in choices[::-1]:
        path.append(path[-1] + int(choice[path[-1]]))
    return np.array(path[::-1])


def _smooth(bins):
    """Bins filtered over time, so that the range does not change in steps."""
    return gaussian_filter1d(bins.astype(float), _SMOOTHING_FRAMES, mode="nearest")


def _combined(values, own_rad, other_rad):
    """Samples or profiles [frame, chirp, last axis] without the echo of the other phase."""
    difference = np.exp(1j * other_rad) - np.exp(1j * own_rad)
    size = np.maximum(np.abs(difference), 1e-9)
    limited = difference / size * np.maximum(size, _LEAST_DIFFERENCE)
    return (values[:, :, 0] * np.exp(1j * other_rad) - values[:, :, 1]) / limited
