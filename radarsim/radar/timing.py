"""Sampling times of the chirps in a burst, and Chebyshev nodes at which surfaces are given."""

import numpy as np
from jaxtyping import Float

from radarsim.checks import check_type, whole_number
from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.radar.radar import Radar

# Nodes per burst required by the default error of the fast sum (signal.error_budget.NODES_DB).
DEFAULT_NUM_NODES = 5


def mid_times_s(radar: Radar) -> Float[np.ndarray, "chirp tx"]:
    """Middle of the ADC window of every chirp, relative to the frame start [s]."""
    return radar.chirp_times_s + 0.5 * radar.chirp.sampled_time_s


def burst_centre_and_half_s(radar: Radar) -> tuple[float, float]:
    """Centre of the burst, and half the time from the middle of its first to its last chirp [s]."""
    times = mid_times_s(radar)
    # For a burst of one chirp, the sampled duration of the chirp is used as the time scale.
    half_s = max(np.ptp(times) / 2, radar.chirp.num_samples / radar.chirp.sample_rate_hz)
    return float((times.max() + times.min()) / 2), float(half_s)


def node_times_s(radar: Radar, num_nodes: int) -> Float[np.ndarray, " node"]:
    """Chebyshev nodes of a burst, relative to the frame start [s]."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    return centre_s + half_s * chebyshev_nodes(num_nodes)


def burst_times_s(
    radar: Radar, num_frames: int, num_nodes: int = DEFAULT_NUM_NODES, first_frame: int = 0
) -> Float[np.ndarray, "frame node"]:
    """Times at which the surface must be given: the nodes of each burst [s].

    Args:
        radar: radar with the frame timing.
        num_frames: number of frames.
        num_nodes: nodes per burst; 4 suffice for the fast mode and for motion without acceleration.
        first_frame: index of the first of these frames; frame 0 starts at time 0.

    Raises:
        InputError: `radar` is not a `Radar`, or a count is not a whole number or is too small.
    """
    check_type("burst_times_s", "radar", radar, Radar, "give a Radar as the first argument")
    num_frames = whole_number("burst_times_s", "num_frames", num_frames, 0)
    num_nodes = whole_number("burst_times_s", "num_nodes", num_nodes)
    starts_s = np.arange(num_frames) * radar.frame.period_s
    return starts_s[:, None] + node_times_s(radar, num_nodes) + first_frame * radar.frame.period_s


def frames_in(radar: Radar, duration_s: float, num_nodes: int = DEFAULT_NUM_NODES) -> int:
    """Number of frames whose bursts end within a motion of the given duration.

    Args:
        radar: radar with the frame timing.
        duration_s: duration of the motion [s].
        num_nodes: nodes per burst; the more nodes, the closer the last node is to the end of the
            burst.
    """
    last_s = float(node_times_s(radar, num_nodes)[-1])
    return max(0, int(np.floor((duration_s - last_s) / radar.frame.period_s + 1e-9)) + 1)
