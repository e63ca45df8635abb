"""Lost chirps, which are zero on all receivers, count in no mean of a recording."""

from dataclasses import replace

import numpy as np

from radarsim.captures.recording import across_frames, fill_lost, mean_chirp, of_cube
from tests.helpers.point_echoes import RADAR, clutter_v


def test_means_over_loops_and_frames_leave_out_lost_chirps():
    """All chirps of static clutter are equal, so every mean equals a chirp."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=4))
    whole_v = clutter_v(radar, 4)
    cube_v = whole_v.copy()
    cube_v[1, 1:, 2] = 0
    np.testing.assert_allclose(mean_chirp(cube_v), whole_v.mean(1), rtol=1e-6)
    np.testing.assert_allclose(fill_lost(cube_v), whole_v, rtol=1e-6)
    burst_v = across_frames(of_cube(radar, cube_v), 4).read(0, 1)
    np.testing.assert_allclose(burst_v[0], whole_v.mean(1), rtol=1e-6)
    assert not mean_chirp(0 * cube_v).any()
