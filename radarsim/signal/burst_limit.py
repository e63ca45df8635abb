"""Limit on the duration of a burst, during which the motion is a polynomial through few nodes."""

import math

from radarsim.checks import with_unit
from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.signal.array_sizes import WORST_DB
from radarsim.signal.error_budget import (
    FEW_NODES_DB,
    MOST_NODES,
    NODE_DB,
    NODES_DB,
    NODES_DURATION_S,
)
from radarsim.signal.settings import SimulationSettings


def burst_error_db(duration_s: float, num_nodes: int) -> float:
    """Predicted error of the limb paths of a person who jumps or squats [dB].

    The remainder of a polynomial through n <= 5 nodes grows with the n-th power of the duration:
    `NODES_DB` or `FEW_NODES_DB` plus 20 n log10(duration / 28 ms). Each further node changes the
    error by `NODE_DB`. The noise of recorded poses is not included.
    """
    at_db, decade_db = _error_line(num_nodes)
    return at_db + decade_db * math.log10(duration_s / NODES_DURATION_S)


def _error_line(num_nodes: int) -> tuple[float, float]:
    """Error for a burst of 28 ms [dB], and its change per decade of the duration [dB]."""
    measured_db = FEW_NODES_DB | NODES_DB
    known = min(num_nodes, max(measured_db))
    return measured_db[known] + NODE_DB * (num_nodes - known), 20.0 * known


def check_burst_duration(where: str, radar: Radar, settings: SimulationSettings) -> None:
    """Check that polynomials represent the motion during a burst.

    Raises:
        InputError: the predicted error exceeds `WORST_DB`.
    """
    duration_s, nodes = radar.burst_duration_s, settings.nodes
    if burst_error_db(duration_s, nodes) <= WORST_DB:
        return
    at_db, decade_db = _error_line(nodes)
    longest_s = NODES_DURATION_S * 10 ** ((WORST_DB - at_db) / decade_db)
    problem = f"sends chirps for {with_unit(duration_s, 's')}; the motion of limbs is "
    problem += f"represented for {with_unit(longest_s, 's')} by {nodes} poses per burst"
    raise InputError(where, "frame", problem, _hint(duration_s, settings.method))


def _hint(duration_s: float, method: str) -> str:
    """Hint with the smallest number of nodes that represents a burst, if one is known."""
    hint = "divide it into frames with fewer chirps"
    for nodes in range(max(NODES_DB), MOST_NODES + 1):
        if burst_error_db(duration_s, nodes) <= WORST_DB:
            limit = "" if method == "exact" else f"; at most {MOST_NODES}"
            return f"{hint}, or give SimulationSettings(num_nodes={nodes}){limit}"
    return hint
