"""A requested error is met, what it asks for follows from it, and what cannot be met is refused."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from moving_sphere import BOARD, CLEAN, moving_sphere, relative_db, small_radar

from radarsim.accuracy import MODES_DB, MOST_SHIFTS, Accuracy
from radarsim.antennas import AntennaArray
from radarsim.clip import choose, fast_clip, fast_points, make_burst
from radarsim.errors import InputError
from radarsim.plain import plain_clip
from radarsim.settings import Settings
from radarsim.simulate import burst_times_s
from radarsim.sizes import WORST_DB

SMALL = small_radar()


def error_db(radar, settings, burst, faces):
    faces = jnp.asarray(faces)
    choice = choose(radar, settings, burst, faces, 0.5)
    fast = np.asarray(fast_clip(radar, settings, choice, burst, faces, 0.5))
    return relative_db(fast, np.asarray(plain_clip(radar, settings, burst, faces, 0.5)))


@pytest.mark.parametrize("method", MODES_DB)
def test_a_mode_leaves_the_error_that_it_names(method):
    """A walking pace. The sphere's one bright spot culls like a body's: both modes drop faces."""
    burst, faces = moving_sphere(SMALL, 2.5)
    assert error_db(SMALL, replace(CLEAN, method=method), burst, faces) < MODES_DB[method] + 10


def test_the_fast_mode_sums_fewer_faces_over_fewer_cells():
    burst, faces = moving_sphere(SMALL, 2.5)
    seen = {
        method: choose(SMALL, replace(CLEAN, method=method), burst, jnp.asarray(faces), 0.3).seen
        for method in MODES_DB
    }
    assert seen["fast"].sum() < seen["accurate"].sum()
    assert Accuracy(-60.0).kernel_width < Accuracy(-80.0).kernel_width


def test_somebody_beside_the_axis_is_as_exact_as_somebody_on_it():
    """50 degrees aside, antennas see ranges 5 mm apart: 0.06 bins, far more than a block allows.

    All faces share that shift; where kernels had to interpolate it, the error was -45 dB.
    """
    times_s = burst_times_s(SMALL, 1)[..., None]
    aside = np.array([np.cos(np.radians(50)), np.sin(np.radians(50)), 0.0])
    sphere = trimesh.creation.icosphere(2, 0.2)
    burst = make_burst(np.tile(sphere.vertices, (1, 4, 1, 1)), (2.5 + times_s) * aside)
    assert error_db(SMALL, replace(CLEAN, cull=0.0), burst, sphere.faces) < -69


def test_a_smaller_error_asks_for_more():
    errors = [-50.0, -60.0, -70.0, -80.0, -90.0]
    asked = [Accuracy(error) for error in errors]
    widths = [each.kernel_width for each in asked]
    assert widths == sorted(widths)
    for name in ("cull", "turn_limit_rad"):
        values = [getattr(each, name) for each in asked]
        assert values == sorted(values, reverse=True)
    # A threshold in amplitude: 20 dB are a factor of 10.
    assert Accuracy(-60.0).cull == pytest.approx(1e-3)


@pytest.mark.parametrize("wrong", [-120.0, -20.0, 60.0])
def test_an_error_that_cannot_be_asked_for_is_refused(wrong):
    with pytest.raises(ValueError, match="plain"):
        Settings(error_db=wrong)


def points_burst(radar, speed_mps):
    """Two points abreast, 2 m away, one comes and one goes."""
    times_s = burst_times_s(radar, 1)[..., None, None]
    velocity_mps = np.array([[speed_mps, 0.0, 0.0], [-speed_mps, 0.0, 0.0]])
    at = np.array([[2.0, 0.0, 0.0], [2.0, 0.5, 0.0]]) + times_s * velocity_mps
    return make_burst(at - at[..., :1, :], at[..., 0, :])


def test_blocks_shrink_with_a_wide_array_and_its_error_stays():
    """Sixteen receivers over 43 half wavelengths, as four cascaded chips have them.

    The outermost phase turns 21 pi times as fast as the direction: at 2.5 m and 0.6 m/s across,
    0.03 rad in a block of one loop (3.4 ms here).
    """
    columns = np.r_[0:4, 11:15, 32:36, 40:44] * BOARD.array.half_wavelength_m
    array = AntennaArray(
        tx_positions_m=BOARD.array.tx_positions_m,
        rx_positions_m=tuple((0.0, float(y), 0.0) for y in columns - columns.mean()),
        design_freq_hz=BOARD.array.design_freq_hz,
    )
    radar = small_radar(like=replace(BOARD, name="cascade", array=array))
    burst, faces = moving_sphere(radar, 2.5, speed_mps=(0.05, 0.6, 0.3))
    faces, everything = jnp.asarray(faces), replace(CLEAN, cull=0.0)
    narrow = choose(SMALL, everything, burst, faces, 0.5).sizes
    wide = choose(radar, everything, burst, faces, 0.5).sizes
    assert wide.chirps_per_block < narrow.chirps_per_block
    assert error_db(radar, everything, burst, faces) < -66


def test_speeds_beyond_any_block_are_refused():
    """Half of what passes in a loop, against what both have in common: nothing here."""
    bins_per_m = 1 / SMALL.range_resolution_m
    limit_bins = Accuracy(WORST_DB).shift_limit_bins(MOST_SHIFTS)
    most_mps = 2 * limit_bins / bins_per_m / SMALL.loop_period_s
    area_m2 = np.ones(2, np.float32)
    fast_points(SMALL, CLEAN, points_burst(SMALL, 0.7 * most_mps), area_m2)
    with pytest.raises(InputError, match="range bins"):
        fast_points(SMALL, CLEAN, points_burst(SMALL, 1.3 * most_mps), area_m2)


def test_a_hole_in_the_motion_is_told():
    sphere = trimesh.creation.icosphere(1, 0.2)
    vertices_m = np.tile(sphere.vertices + np.array([3.0, 0, 0]), (1, 4, 1, 1))
    vertices_m[0, 2, 5] = np.nan
    with pytest.raises(InputError, match="finite"):
        choose(SMALL, CLEAN, make_burst(vertices_m, None), jnp.asarray(sphere.faces), 0.5)
