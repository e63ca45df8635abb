"""Sampling times of the chirps in a burst, and the Chebyshev nodes at which surfaces are given."""

import numpy as np
from jaxtyping import Float

from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.radar.config import Radar


def mid_times_s(radar: Radar) -> Float[np.ndarray, "chirp tx"]:
    """Middle of the ADC window of every chirp, since the frame start [s]."""
    return radar.chirp_times_s + 0.5 * radar.chirp.num_samples / radar.chirp.sample_rate_hz


def burst_centre_and_half_s(radar: Radar) -> tuple[float, float]:
    """Centre of the burst and half its length [s], between the middles of first and last chirp."""
    times = mid_times_s(radar)
    # A burst of one chirp still needs a time scale: its own sampled length.
    half_s = max(np.ptp(times) / 2, radar.chirp.num_samples / radar.chirp.sample_rate_hz)
    return float((times.max() + times.min()) / 2), float(half_s)


def node_times_s(radar: Radar, num_nodes: int) -> Float[np.ndarray, "node"]:
    """Chebyshev nodes of the burst, since the frame start [s]; surfaces are given at them."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    return centre_s + half_s * chebyshev_nodes(num_nodes)
