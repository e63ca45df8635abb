"""Limit on the duration of a burst, during which the motion is a polynomial through few nodes."""

import math

from radarsim.checks import with_unit
from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.signal.array_sizes import WORST_DB
from radarsim.signal.error_budget import NODES_DB, NODES_DURATION_S
from radarsim.signal.settings import SimulationSettings


def burst_error_db(duration_s: float, num_nodes: int) -> float:
    """Predicted error of the limb paths of a person who jumps [dB].

    The remainder of a polynomial through n nodes grows with the n-th power of the duration:
    `NODES_DB` plus 20 n log10(duration / 28 ms).
    """
    nodes = min(max(num_nodes, min(NODES_DB)), max(NODES_DB))
    return NODES_DB[nodes] + 20 * nodes * math.log10(duration_s / NODES_DURATION_S)


def check_burst_duration(where: str, radar: Radar, settings: SimulationSettings) -> None:
    """Check that polynomials represent the motion during a burst.

    Raises:
        InputError: the predicted error exceeds `WORST_DB`, and `num_nodes` is not set.
    """
    duration_s, nodes = radar.burst_duration_s, settings.nodes
    if settings.num_nodes is not None or burst_error_db(duration_s, nodes) <= WORST_DB:
        return
    excess_db = WORST_DB - burst_error_db(NODES_DURATION_S, nodes)
    longest_s = NODES_DURATION_S * 10 ** (excess_db / (20 * nodes))
    problem = f"sends chirps for {with_unit(duration_s, 's')}; the motion of limbs is "
    problem += f"represented for {with_unit(longest_s, 's')} by {nodes} poses per burst"
    hint = "divide it into frames with fewer chirps, or give SimulationSettings(num_nodes=...)"
    raise InputError(where, "frame", problem, hint)
