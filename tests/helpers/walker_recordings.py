"""Miniature recordings of moving points in front of the 24 GHz radar with two receivers."""

from collections.abc import Callable, Sequence

import numpy as np

import radarsim as rs
from benchmarks.walker_options import RADAR

# Function from times [s] to positions (ahead, left) [..., 2] in metres.
Track = Callable[[np.ndarray], np.ndarray]
FRAME_S, CHIRP_S, NOISE_V = 0.1, 1.2e-3, 1e-4


def on_line(lateral_m: float, slope: float, range_m: Callable[[np.ndarray], np.ndarray]) -> Track:
    """Point with a given range over time, whose lateral offset grows linearly with the range."""

    def track(times_s):
        distance_m = range_m(times_s)
        left_m = lateral_m + slope * (distance_m - 6.0)
        return np.stack([np.sqrt(distance_m**2 - left_m**2), left_m], axis=-1)

    return track


def stepping(start_m, speed_mps, step_hz, ripple_mps):
    """Range of a person with a constant speed and a sinusoidal ripple of the speed."""

    def range_m(times_s):
        turns = 2 * np.pi * step_hz * times_s
        return start_m + speed_mps * times_s - ripple_mps / (2 * np.pi * step_hz) * np.cos(turns)

    return range_m


def there_and_back(range_m: Callable[[np.ndarray], np.ndarray], turn_s: float):
    """Range of a person who returns on the same way after a time."""
    return lambda times_s: range_m(turn_s - np.abs(times_s - turn_s))


def range_profiles(tracks: Sequence[Track], num_frames: int) -> np.ndarray:
    """Range profiles [frame, chirp, rx, range]: the first 64 bins of an FFT over 256 samples.

    Each point has an amplitude of 1 / R^2. The phases follow from the exact distances between the
    point and the antennas.
    """
    radar = rs.load_radar(RADAR)
    times_s = np.arange(num_frames)[:, None] * FRAME_S + np.arange(64) * CHIRP_S
    fast_s = np.arange(radar.chirp.num_samples) / radar.chirp.sample_rate_hz
    cycles_per_m = 2 / radar.chirp.wavelength_m
    beat_per_m = 2 * radar.chirp.slope_hz_per_s / 299_792_458 * fast_s
    rng = np.random.default_rng(0)
    received = []
    for receiver_m in ((0.0, 0.0), (0.0, 0.5 * radar.chirp.wavelength_m)):
        samples = NOISE_V * rng.normal(size=(*times_s.shape, len(fast_s), 2)) @ [1, 1j]
        for track in tracks:
            point_m = track(times_s)
            out_m = np.linalg.norm(point_m, axis=-1)
            back_m = np.linalg.norm(point_m - receiver_m, axis=-1)
            path_m = 0.5 * (out_m + back_m)[..., None]
            gain = 1 / out_m[..., None] ** 2
            samples += gain * np.exp(2j * np.pi * path_m * (beat_per_m + cycles_per_m))
        received.append(np.fft.fft(samples, axis=-1)[..., :64])
    return np.stack(received, axis=2)
