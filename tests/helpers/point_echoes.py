"""Synthetic captures of point targets, from the beat-signal formula in float64."""

from dataclasses import replace

import numpy as np

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.boards import BOARDS

BOARD = BOARDS["AWR1843BOOST"]
# The radar has three transmitters, 32 loops and 64 samples: range bins of 4.3 cm up to 2.7 m, and
# speed bins of 0.28 m/s up to 4.4 m/s.
RADAR = replace(
    BOARD,
    name="small",
    board="",
    chirp=replace(BOARD.chirp, num_samples=64, sample_rate_hz=BOARD.chirp.sample_rate_hz / 4),
    frame=replace(BOARD.frame, num_chirps=32),
)
NOISE_V = RADAR.receiver.noise_rms_v(RADAR.chirp.sample_rate_hz)


def echo_v(radar, num_frames, position_m, snr_db=10.0):
    """The IF cube of a point target [V].

        exp(j 2 pi (f0 tau + S t tau)), where tau is the delay from the transmitter via the point to
        the receiver, at each sample

    Args:
        radar: radar to simulate.
        num_frames: number of frames.
        position_m: function from times [s] to positions [..., 3] [m].
        snr_db: signal-to-noise ratio of one sample [dB].
    """
    start_s = np.arange(num_frames) * radar.frame.period_s
    t = radar.chirp.sample_times_s
    time_s = start_s[:, None, None, None] + radar.chirp_times_s[None, :, :, None] + t
    point_m = position_m(time_s)
    tx_m = radar.array.tx_m[None, None, :, None]
    out_m = np.linalg.norm(point_m - tx_m, axis=-1)
    back_m = [np.linalg.norm(point_m - rx_m, axis=-1) for rx_m in radar.array.rx_m]
    tau = (out_m[:, :, :, None] + np.stack(back_m, axis=3)) / SPEED_OF_LIGHT_MPS
    cycles = (radar.chirp.start_freq_hz + radar.chirp.slope_hz_per_s * t) * tau
    size_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) * 10 ** (snr_db / 20)
    gains = radar.array.gains[:, :, None]
    return (size_v * gains * np.exp(2j * np.pi * cycles)).astype(np.complex64)


def noise_v(radar, num_frames, seed=0, rms_v=None):
    """Return thermal noise [V], by default at the level of the radar's receiver."""
    shape = (num_frames, radar.frame.num_chirps, radar.array.num_tx, radar.array.num_rx)
    parts = np.random.default_rng(seed).normal(size=(2, *shape, radar.chirp.num_samples))
    rms_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) if rms_v is None else rms_v
    return (rms_v / 2**0.5 * (parts[0] + 1j * parts[1])).astype(np.complex64)


def moving(range_m, speed_mps=0.0, azimuth_deg=0.0):
    """Return a function of time: the position of a point that recedes at constant speed."""
    sight = np.array([np.cos(np.radians(azimuth_deg)), np.sin(np.radians(azimuth_deg)), 0.0])

    def at(time_s):
        return (range_m + speed_mps * np.asarray(time_s)[..., None]) * sight

    return at


def clutter_v(radar, num_frames):
    """Static echoes: TX-RX leakage and three strong reflectors [V]."""
    points = [(0.02, 0.0, 30.0), (0.9, 20.0, 20.0), (1.6, -35.0, 25.0), (2.2, 5.0, 15.0)]
    return sum(
        echo_v(radar, 1, moving(at_m, 0.0, angle), snr_db) for at_m, angle, snr_db in points
    ).repeat(num_frames, axis=0)
