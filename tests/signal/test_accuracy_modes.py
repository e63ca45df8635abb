"""The accuracy modes of the fast sum meet their error limits with full compiler optimisation."""

from dataclasses import replace

import numpy as np

from radarsim.scattering.reflection import QuasiSpecular
from radarsim.signal.error_budget import MODES_DB, ErrorBudget
from radarsim.signal.exact_frames import exact_clip
from tests.helpers.echoes import fast_clip, select
from tests.helpers.moving_sphere import CONVEX, moving_sphere, relative_db, small_radar

SMALL = small_radar()
LOBES = QuasiSpecular(0.5)


def test_a_mode_leaves_the_error_that_it_names():
    """The error of each mode is below its limit for a sphere at walking speed."""
    burst, faces = moving_sphere(SMALL, 2.5)
    truth = np.asarray(exact_clip(SMALL, CONVEX, LOBES, burst, faces))
    for method, limit_db in MODES_DB.items():
        found = fast_clip(SMALL, replace(CONVEX, method=method), LOBES, burst, faces)
        assert relative_db(found, truth) < limit_db


def test_the_fast_mode_sums_fewer_faces_over_fewer_cells():
    burst, faces = moving_sphere(SMALL, 2.5)
    visible = {
        method: select(SMALL, replace(CONVEX, method=method), QuasiSpecular(0.3), burst, faces)[
            0
        ].visible
        for method in MODES_DB
    }
    assert visible["fast"].sum() < visible["accurate"].sum()
    assert ErrorBudget(-60.0).kernel_width < ErrorBudget(-80.0).kernel_width
