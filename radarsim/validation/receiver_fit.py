"""Fit a receiver profile to a capture: the noise spectrum and the TX-RX leakage.

The profile reproduces noise and leakage per range bin, in simulations of the same chirp or of a
different chirp. A capture does not determine antenna patterns or filters, because the scene is
unknown. Patterns and filters may be added to the file by hand, or taken from the profile
"datasheet".
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from radarsim.numerics.windows import hann
from radarsim.paths import write_texts
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import Leakage, NoiseShape, ReceiverProfile
from radarsim.radar.receiver_toml import dump_profile
from radarsim.validation.capture_stats import LEAKAGE_BINS, CaptureStats

# Range up to which static echoes are attributed to leakage, and number of bins next to the leakage
# bins that are also stored, because the Hann window spreads a tone over adjacent bins.
LEAKAGE_RANGE_M = 0.3
BINS_BESIDE = 2
# Number of iterations for inverting the smoothing of the noise spectrum by the Hann window.
NUM_ITERATIONS = 30


def fit_receiver(radar: Radar, stats: CaptureStats, source: str) -> ReceiverProfile:
    """Measure the noise spectrum and the leakage of a capture.

    Args:
        radar: radar of the capture.
        stats: measured statistics of the capture.
        source: name of the capture, which data cards show.
    """
    return ReceiverProfile(
        name="as captured",
        source=source,
        noise=NoiseShape(spectrum=noise_spectrum(radar, stats.noise_power_v2)),
        leakage=leakage_part(radar, stats),
    )


def leakage_bins(radar: Radar) -> int:
    """Return the number of range bins, from bin 0, whose static echoes count as leakage."""
    bins = LEAKAGE_BINS
    if radar.chirp.has_sweep:
        bins = max(bins, int(np.ceil(LEAKAGE_RANGE_M / radar.range_resolution_m)))
    return min(bins, radar.chirp.num_samples - 2 * BINS_BESIDE)


def leakage_part(radar: Radar, stats: CaptureStats) -> Leakage | None:
    """Compute tones in the first range bins that add up to the static echoes in these bins.

    Only the first bins are stored, because echoes at longer ranges belong to the scene.
    """
    num_samples = stats.static_v.shape[-1]
    if num_samples < 2 * BINS_BESIDE + LEAKAGE_BINS:
        return None
    bins = np.arange(-BINS_BESIDE, leakage_bins(radar) + BINS_BESIDE)
    tones_v = (np.fft.fft(stats.static_v) / num_samples)[..., bins]
    step_v = radar.receiver.adc_step_v / 100
    rounded_v = np.round(tones_v / step_v) * step_v
    return Leakage(
        range_m=tuple((bins * radar.range_resolution_m).tolist()),
        channels=np.stack([rounded_v.real, rounded_v.imag], axis=-1).tolist(),
    )


def noise_spectrum(
    radar: Radar, noise_power_v2: Float[np.ndarray, " range"]
) -> tuple[tuple[float, float], ...]:
    """Estimate the noise spectrum relative to the nominal noise, as a table for `NoiseShape`.

    The measured power is the spectrum smoothed by the Hann window. The Richardson-Lucy algorithm
    inverts the smoothing and keeps the spectrum positive.

    Args:
        radar: radar of the capture.
        noise_power_v2: noise power of each bin of a Hann-windowed range FFT [V^2].
    """
    num_samples = len(noise_power_v2)
    nominal_v2 = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2
    window = np.abs(np.fft.fft(hann(num_samples).astype(np.float64))) ** 2 / num_samples
    index = np.arange(num_samples)
    smoothing = nominal_v2 * window[(index[:, None] - index) % num_samples]
    floor_v2 = 1e-6 * noise_power_v2.max() + 1e-300
    measured_v2 = np.maximum(noise_power_v2, floor_v2)
    shape = measured_v2 / smoothing.sum(1)
    for _ in range(NUM_ITERATIONS):
        shape *= smoothing.T @ (measured_v2 / (smoothing @ shape)) / smoothing.sum(0)
    level_db = np.round(10 * np.log10(shape), 3)
    return tuple(zip((index / num_samples).tolist(), level_db.tolist()))


def save_receiver_profile(profile: ReceiverProfile, path: Path) -> None:
    """Write a profile to a TOML file for the option `--receiver` of the builders.

    Raises:
        InputError: the file cannot be written.
    """
    write_texts({path: profile_text(profile)}, "profile")


def profile_text(profile: ReceiverProfile) -> str:
    """TOML text of a measured profile."""
    head = "# Noise and leakage measured in a capture by radarsim.validate --fit.\n"
    return head + dump_profile(profile)
