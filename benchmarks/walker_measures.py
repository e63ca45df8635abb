"""Measures of a person who walks or runs in front of a radar: speed, steps, limbs, level, phase.

All measures are computed from an IF cube, in the same way for recorded and simulated cubes. Echoes
of the static scene are removed by subtracting the mean over all chirps. In every frame, the person
is located in the strongest range bin near the person's bin in the previous frame. The Doppler
spectra of the adjacent range bins are added up, and the strongest line of the sum gives the speed
of the torso.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Complex, Float, Int
from scipy.ndimage import gaussian_filter1d

from radarsim.radar.radar import Radar

# Zero-padded length of the Doppler transform, relative to the number of chirps.
PADDING = 8
# Largest accepted change of the range from frame to frame [m]: 3 m/s for 0.1 s, plus one bin.
MOST_STEP_M = 0.94
# Minimum speed in the search for the torso's line [m/s], which excludes residues of static echoes.
LEAST_SPEED_MPS = 0.2
# Half-width of the torso's line, which is excluded from the limbs [m/s]: 2.5 bins of a Hann window.
TORSO_LINE_MPS = 0.2


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Limits of the measures of a gait.

    Attributes:
        step_band_hz: range of step frequencies.
        limb_extent_mps: extent of the limbs' Doppler spectrum on both sides of the torso. The
            Doppler axis is periodic, so the extent is below the unambiguous speed of the radar.
        least_s: shortest leg that is compared.
    """

    step_band_hz: tuple[float, float]
    limb_extent_mps: float
    least_s: float


# Walking: the shortest leg has about five steps.
WALKING = Pace(step_band_hz=(1.2, 2.6), limb_extent_mps=1.6, least_s=2.5)
# Running: a leg of 4 m at 3.5 m/s lasts 1.1 s.
RUNNING = Pace(step_band_hz=(2.4, 3.6), limb_extent_mps=2.4, least_s=1.0)


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
        pace: limits of the measures of this gait.
    """

    times_s: Float[np.ndarray, " frame"]
    range_m: Float[np.ndarray, " frame"]
    speed_mps: Float[np.ndarray, " frame"]
    level_db: Float[np.ndarray, " frame"]
    phase_rad: Float[np.ndarray, " frame"]
    spectrum: Float[np.ndarray, "frame bin"]
    offset_mps: Float[np.ndarray, " bin"]
    noise: float
    pace: Pace = WALKING

    def part(self, keep: np.ndarray) -> "Walk":
        """Return the frames that a mask or an array of indices selects."""
        names = ("times_s", "range_m", "speed_mps", "level_db", "phase_rad", "spectrum")
        parts = {name: getattr(self, name)[keep] for name in names}
        return replace(self, **parts)


def measure_walk(
    radar: Radar,
    cube_v: Complex[np.ndarray, "frame chirp 1 rx sample"],
    pace: Pace = WALKING,
    bins: Int[np.ndarray, " frame"] | None = None,
) -> Walk:
    """Track the strongest moving person in an IF cube.

    Args:
        radar: radar with one transmitter; two receivers are needed for the phase.
        cube_v: IF cube in volts.
        pace: limits of the measures, `WALKING` or `RUNNING`.
        bins: range bin of the person in every frame; None: the strongest bin is tracked.
    """
    profiles = moving_profiles(cube_v)
    power = (np.abs(profiles) ** 2).mean(axis=(1, 2))
    bins = _follow(power, radar.range_resolution_m) if bins is None else bins
    spectra = _doppler_spectra(radar, profiles, bins)
    speeds_mps = _speeds_mps(radar, spectra.shape[-1])
    total = (np.abs(spectra) ** 2).sum(axis=(1, 2))
    line_mps, level = _strongest_line(total, speeds_mps)
    range_m = _refined(power, bins) * radar.range_resolution_m
    offsets_mps = _offsets(radar, pace)
    return Walk(
        times_s=np.arange(len(cube_v)) * radar.frame.period_s,
        range_m=range_m,
        speed_mps=_unfolded(radar, line_mps, range_m),
        level_db=10 * np.log10(level),
        phase_rad=_receiver_phase(spectra, speeds_mps, line_mps),
        spectrum=_around(total, speeds_mps, line_mps, offsets_mps),
        offset_mps=offsets_mps,
        noise=float(np.median(total)),
        pace=pace,
    )


def step_frequency_hz(walk: Walk) -> float:
    """Strongest frequency of the torso's speed within the range of step frequencies [Hz]."""
    frequencies_hz, spectrum = _step_spectrum(walk)
    return float(frequencies_hz[np.argmax(spectrum)])


def step_prominence(walk: Walk) -> float:
    """Amplitude of the step frequency's line relative to the RMS amplitude of white noise.

    For a speed ripple of white noise with the measured variance, the strongest of n independent
    frequencies exceeds sqrt(ln(100 n)) in 1 % of all cases, which is 2.5 for n = 5. A sinusoidal
    ripple gives 0.58 sqrt(number of frames), which is 2.4 for a leg of 17 frames.
    """
    return float(_step_spectrum(walk)[1].max())


def _step_spectrum(walk: Walk):
    """Step frequencies [Hz], and spectrum of the speed ripple, in which noise has an RMS of 1."""
    ripple_mps = trend_free_mps(walk.times_s, walk.speed_mps)
    frequencies_hz = np.arange(*walk.pace.step_band_hz, 0.005)
    turns = np.exp(-2j * np.pi * frequencies_hz[:, None] * walk.times_s)
    window = np.hanning(len(ripple_mps))
    scale = ripple_mps.std() * np.sqrt((window**2).sum())
    return frequencies_hz, np.abs(turns @ (ripple_mps * window)) / scale


def ripple_mps(walk: Walk) -> float:
    """Amplitude of the torso's speed ripple within a step: sqrt(2) times the standard deviation."""
    return float(np.sqrt(2) * trend_free_mps(walk.times_s, walk.speed_mps).std())


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


def trend_free_mps(times_s: np.ndarray, speed_mps: np.ndarray) -> np.ndarray:
    """Speed after subtraction of its slow trend, a cubic polynomial in time [m/s]."""
    times_s = times_s - times_s.mean()
    return speed_mps - np.polyval(np.polyfit(times_s, speed_mps, 3), times_s)


def without_static(cube_v: np.ndarray) -> Complex[np.ndarray, "frame chirp rx sample"]:
    """Samples of the only transmitter after subtraction of their mean over all chirps."""
    return cube_v[:, :, 0] - cube_v[:, :, 0].mean(axis=(0, 1))


def moving_profiles(cube_v: np.ndarray) -> Complex[np.ndarray, "frame chirp rx range"]:
    """Hann-windowed range profiles without the static scene."""
    moving_v = without_static(cube_v)
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


def _refined(power: Float[np.ndarray, "frame range"], bins: np.ndarray) -> np.ndarray:
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


def _offsets(radar: Radar, pace: Pace) -> np.ndarray:
    step_mps = radar.speed_resolution_mps / PADDING
    count = int(pace.limb_extent_mps / step_mps)
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
