"""Measures of a person who walks along the axis of a radar: speed, steps, limbs, level, phase.

All measures are computed from an IF cube, in the same way for recorded and simulated cubes. Echoes
of the static scene are removed by subtracting the mean over all chirps. In every frame, the person
is located in the strongest range bin near the person's bin in the previous frame. The Doppler
spectra of the adjacent range bins are added up, and the strongest line of the sum gives the speed
of the torso.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.ndimage import gaussian_filter1d

from radarsim.radar.radar import Radar

# Zero-padded length of the Doppler transform, relative to the number of chirps.
PADDING = 8
# Largest accepted change of the range from frame to frame [m]: 3 m/s for 0.1 s, plus one bin.
MOST_STEP_M = 0.94
# Minimum speed in the search for the torso's line [m/s], which excludes residues of static echoes.
LEAST_SPEED_MPS = 0.2
# Range of step frequencies in walking [Hz].
STEP_BAND_HZ = (1.2, 2.6)
# Extent of the limbs' Doppler spectrum on both sides of the torso [m/s].
LIMB_EXTENT_MPS = 1.6
# Half-width of the torso's line, which is excluded from the limbs [m/s]: 2.5 bins of a Hann window.
TORSO_LINE_MPS = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """A person's echo in every frame.

    Attributes:
        times_s: start of each frame [s].
        range_m: range of the strongest echo, interpolated between bins [m].
        speed_mps: radial speed of the torso, receding positive [m/s].
        level_db: level of the torso's line [dB re 1 V^2].
        phase_rad: phase of the second receiver relative to the first at the torso's line [rad].
        spectrum: power spectrum over the speed relative to the torso [frame, bin], in V^2.
        offset_mps: speed axis of `spectrum`, relative to the torso [m/s].
        noise: median power of the spectra outside the person's bins [V^2].
    """

    times_s: Float[np.ndarray, " frame"]
    range_m: Float[np.ndarray, " frame"]
    speed_mps: Float[np.ndarray, " frame"]
    level_db: Float[np.ndarray, " frame"]
    phase_rad: Float[np.ndarray, " frame"]
    spectrum: Float[np.ndarray, "frame bin"]
    offset_mps: Float[np.ndarray, " bin"]
    noise: float

    def part(self, keep: np.ndarray) -> "Walk":
        """Return the frames that a mask or an array of indices selects."""
        names = ("times_s", "range_m", "speed_mps", "level_db", "phase_rad", "spectrum")
        parts = {name: getattr(self, name)[keep] for name in names}
        return Walk(**parts, offset_mps=self.offset_mps, noise=self.noise)


def measure_walk(radar: Radar, cube_v: Complex[np.ndarray, "frame chirp 1 rx sample"]) -> Walk:
    """Track the strongest moving person in an IF cube.

    Args:
        radar: radar with one transmitter; two receivers are needed for the phase.
        cube_v: IF cube in volts.
    """
    profiles = _moving_profiles(cube_v)
    power = (np.abs(profiles) ** 2).mean(axis=(1, 2))
    bins = _follow(power, radar.range_resolution_m)
    spectra = _doppler_spectra(radar, profiles, bins)
    speeds_mps = _speeds_mps(radar, spectra.shape[-1])
    total = (np.abs(spectra) ** 2).sum(axis=(1, 2))
    line_mps, level = _strongest_line(total, speeds_mps)
    range_m = _refined(power, bins) * radar.range_resolution_m
    offsets_mps = _offsets(radar)
    return Walk(
        times_s=np.arange(len(cube_v)) * radar.frame.period_s,
        range_m=range_m,
        speed_mps=_unfolded(radar, line_mps, range_m),
        level_db=10 * np.log10(level),
        phase_rad=_receiver_phase(spectra, speeds_mps, line_mps),
        spectrum=_around(total, speeds_mps, line_mps, offsets_mps),
        offset_mps=offsets_mps,
        noise=float(np.median(total)),
    )


def step_frequency_hz(walk: Walk) -> float:
    """Strongest frequency of the torso's speed within the range of step frequencies [Hz]."""
    ripple_mps = _ripple(walk)
    frequencies_hz = np.arange(*STEP_BAND_HZ, 0.005)
    turns = np.exp(-2j * np.pi * frequencies_hz[:, None] * walk.times_s)
    spectrum = np.abs(turns @ (ripple_mps * np.hanning(len(ripple_mps))))
    return float(frequencies_hz[np.argmax(spectrum)])


def ripple_mps(walk: Walk) -> float:
    """Amplitude of the torso's speed ripple within a step: sqrt(2) times the standard deviation."""
    return float(np.sqrt(2) * _ripple(walk).std())


def limb_spread_mps(walk: Walk) -> float:
    """Root mean square of the limbs' speed relative to the torso [m/s], weighted by power."""
    power, limbs = _mean_spectrum(walk)
    return float(np.sqrt((power * walk.offset_mps**2)[limbs].sum() / power[limbs].sum()))


def limb_level_db(walk: Walk) -> float:
    """Power of the limbs relative to that of the torso's line [dB]."""
    power, limbs = _mean_spectrum(walk)
    return float(10 * np.log10(power[limbs].sum() / power[~limbs].sum()))


def _mean_spectrum(walk: Walk):
    """Median spectrum above its floor, centred on the torso's line, and mask of the limbs' bins.

    The spectra are combined by the median over frames, because interference in individual frames
    covers all speeds.
    """
    shape = np.median(walk.spectrum / walk.spectrum.max(axis=1, keepdims=True), axis=0)
    power = np.clip(shape - np.quantile(shape, 0.05), 0.0, None)
    return power, np.abs(walk.offset_mps) > TORSO_LINE_MPS


def level_slope_db(walk: Walk, near_m: float = 2.0, far_m: float = 8.0) -> float:
    """Change of the torso's level from `near_m` to `far_m` [dB], from a line fit over log range."""
    slope = np.polyfit(np.log10(walk.range_m), walk.level_db, 1)[0]
    return float(slope * np.log10(far_m / near_m))


def phase_deviation_rad(walk: Walk) -> float:
    """Circular standard deviation of the phase between the receivers [rad]."""
    mean = np.abs(np.exp(1j * walk.phase_rad).mean())
    return float(np.sqrt(-2 * np.log(mean)))


def _ripple(walk: Walk) -> np.ndarray:
    """Torso speed after subtraction of its slow trend, a cubic polynomial in time."""
    times_s = walk.times_s - walk.times_s.mean()
    return walk.speed_mps - np.polyval(np.polyfit(times_s, walk.speed_mps, 3), times_s)


def _moving_profiles(cube_v):
    """Hann-windowed range profiles without the static scene [frame, chirp, rx, range]."""
    moving_v = cube_v[:, :, 0] - cube_v[:, :, 0].mean(axis=(0, 1))
    return np.fft.fft(moving_v * np.hanning(moving_v.shape[-1] + 2)[1:-1], axis=-1)


def _follow(power, bin_m) -> np.ndarray:
    """Track the strongest range bin from frame to frame, starting at the strongest bin of all."""
    weighted = power * (np.arange(power.shape[1]) * bin_m) ** 4  # compensate the spreading loss
    weighted[:, int(0.7 * power.shape[1]) :] = 0.0
    reach = max(1, round(MOST_STEP_M / bin_m))
    bins, at = np.zeros(len(power), int), int(np.argmax(weighted.sum(axis=0)))
    start = int(np.argmax(weighted[:, at]))
    for frames in (range(start, len(power)), range(start, -1, -1)):
        place = at
        for frame in frames:
            low = max(1, place - reach)
            place = low + int(np.argmax(power[frame, low : place + reach + 1]))
            bins[frame] = place
    return bins


def _refined(power, bins) -> np.ndarray:
    """Refine each bin to the vertex of the parabola through the levels of three adjacent bins."""
    inner = np.clip(bins, 1, power.shape[1] - 2)
    rows = np.arange(len(bins))
    left, mid, right = (np.log(power[rows, inner + step]) for step in (-1, 0, 1))
    return inner + np.clip(0.5 * (left - right) / (left - 2 * mid + right), -0.5, 0.5)


def _doppler_spectra(radar, profiles, bins):
    """Doppler spectra of the three bins around the person [frame, rx, bin, speed]."""
    near = np.stack([np.clip(bins + step, 0, profiles.shape[-1] - 1) for step in (-1, 0, 1)])
    rows = np.arange(len(bins))
    cells = np.stack([profiles[rows, ..., each] for each in near], axis=-1)
    window = np.hanning(cells.shape[1] + 2)[1:-1, None, None]
    length = PADDING * cells.shape[1]
    spectra = np.fft.fftshift(np.fft.fft(cells * window, length, axis=1), axes=1)
    return np.moveaxis(spectra, 1, -1)


def _speeds_mps(radar: Radar, length: int) -> np.ndarray:
    step_mps = radar.speed_resolution_mps * radar.frame.num_chirps / length
    return (np.arange(length) - length // 2) * step_mps


def _offsets(radar: Radar) -> np.ndarray:
    step_mps = radar.speed_resolution_mps / PADDING
    count = int(LIMB_EXTENT_MPS / step_mps)
    return np.arange(-count, count + 1) * step_mps


def _strongest_line(total, speeds_mps):
    """Speed and power of the strongest line of every frame, excluding speeds near zero."""
    searched = np.where(np.abs(speeds_mps) < LEAST_SPEED_MPS, 0.0, total)
    best = np.argmax(searched, axis=1)
    return speeds_mps[best], total[np.arange(len(total)), best]


def _unfolded(radar, line_mps, range_m):
    """Resolve the speed ambiguity of the lines with the rate of change of the smoothed range."""
    ambiguity_mps = radar.speed_resolution_mps * radar.frame.num_chirps
    rate_mps = np.gradient(gaussian_filter1d(range_m, 3.0, mode="nearest"), radar.frame.period_s)
    return line_mps + ambiguity_mps * np.round((rate_mps - line_mps) / ambiguity_mps)


def _receiver_phase(spectra, speeds_mps, speed_mps):
    if spectra.shape[1] < 2:
        return np.zeros(len(spectra))
    line = np.argmin(np.abs(speeds_mps - speed_mps[:, None]), axis=1)
    cells = spectra[np.arange(len(spectra)), ..., line]
    return np.angle((cells[:, 1] * cells[:, 0].conj()).sum(axis=-1))


def _around(total, speeds_mps, speed_mps, offsets_mps):
    """Spectra over the speed relative to the torso; the Doppler axis is treated as periodic."""
    step_mps = speeds_mps[1] - speeds_mps[0]
    places = np.round((speed_mps[:, None] + offsets_mps - speeds_mps[0]) / step_mps).astype(int)
    return np.take_along_axis(total, places % total.shape[1], axis=1)
