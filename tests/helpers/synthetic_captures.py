"""Small radars and synthetic ADC codes for the tests of captures."""

from dataclasses import replace

import numpy as np

from radarsim.radar.boards import BOARDS


def small_radar(num_chirps=6, tx_order=(0, 2, 1), num_samples=16, num_rx=4, board="AWR1843BOOST"):
    """Return a board with few chirps, samples and channels."""
    base = BOARDS[board]
    array = base.array.with_tx(tuple(sorted(tx_order)))
    array = replace(
        array,
        rx_positions_m=array.rx_positions_m[:num_rx],
        channel_gain=tuple(row[:num_rx] for row in array.channel_gain),
    )
    ranks = tuple(sorted(tx_order).index(idx) for idx in tx_order)
    return replace(
        base,
        chirp=replace(base.chirp, num_samples=num_samples),
        frame=replace(base.frame, num_chirps=num_chirps, tx_order=ranks),
        array=array,
    )


def random_codes(radar, num_frames=3, seed=5):
    """Return random codes; exchanging any two of the codes changes the data."""
    shape = (num_frames, radar.frame.num_chirps, radar.array.num_tx, radar.array.num_rx)
    rng = np.random.default_rng(seed)
    return rng.integers(-3000, 3000, (*shape, radar.chirp.num_samples, 2)).astype(np.int16)


def echo(radar, num_frames=4, beat=0.1, level=400.0, noise=20.0, notch_db=0.0, seed=1):
    """Return complex codes of one static and one moving target in white noise, I first.

    Args:
        beat: beat frequency of the static target, as a fraction of the sample rate.
        notch_db: depth of the receiver's noise notch at 0.93 to 0.985 of the sample rate.
    """
    rng = np.random.default_rng(seed)
    samples = radar.chirp.num_samples
    loops = num_frames * radar.frame.num_chirps
    shape = (loops, radar.array.num_tx, radar.array.num_rx, samples)
    parts = rng.normal(0, noise, (2, *shape))
    freqs = np.arange(samples) / samples
    gain = np.where((freqs > 0.93) & (freqs < 0.985), 10 ** (-notch_db / 20), 1.0)
    floor = np.fft.ifft(np.fft.fft(parts[0] + 1j * parts[1]) * gain)
    time = np.arange(samples)
    still = np.exp(2j * np.pi * beat * time)
    slow = np.exp(2j * np.pi * 0.13 * np.arange(loops))[:, None, None, None]
    moving = 0.3 * slow * np.exp(2j * np.pi * (beat + 0.15) * time)
    phases = np.exp(1j * rng.uniform(-3, 3, (*shape[1:3], 1)))  # off-boresight phases
    cube = floor + level * phases * (still + moving)
    return cube.reshape(num_frames, -1, *shape[1:]).astype(np.complex64)
