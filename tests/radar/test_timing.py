"""Times at which surfaces are evaluated: nodes of a burst, and frames that fit in a motion."""

import numpy as np
import pytest

from radarsim.radar.boards import BOARDS
from radarsim.radar.timing import (
    DEFAULT_NUM_NODES,
    burst_centre_and_half_s,
    burst_times_s,
    frames_in,
)
from radarsim.signal.settings import SimulationSettings

RADAR = BOARDS["AWR1843BOOST"]


def test_the_default_number_of_nodes_is_that_of_the_default_settings():
    assert SimulationSettings().nodes == DEFAULT_NUM_NODES


def test_frames_follow_each_other_by_the_frame_period():
    times_s = burst_times_s(RADAR, 3, first_frame=4)
    np.testing.assert_allclose(np.diff(times_s, axis=0), RADAR.frame.period_s)
    np.testing.assert_allclose(times_s[0] - burst_times_s(RADAR, 1)[0], 4 * RADAR.frame.period_s)


@pytest.mark.parametrize(("num_nodes", "frames"), [(2, 1), (3, 0), (5, 0)])
def test_a_frame_fits_if_its_last_node_does(num_nodes, frames):
    """The last node is at cos(pi / 2n) of half the burst: 0.71, 0.87, 0.95 for n = 2, 3, 5."""
    centre_s, half_s = burst_centre_and_half_s(RADAR)
    assert frames_in(RADAR, centre_s + 0.8 * half_s, num_nodes) == frames
    assert frames_in(RADAR, centre_s + half_s + 9 * RADAR.frame.period_s, num_nodes) == 10
