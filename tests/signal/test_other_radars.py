"""Radars of other kinds, by physics: continuous wave, two receivers at 24 GHz, few chirps."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from radarsim.heatmaps.settings import HeatmapSettings
from radarsim.radar.timing import burst_times_s
from radarsim.signal.burst_limit import check_burst_duration
from tests.helpers.scenes import QUIET, person

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADARS = Path(__file__).parents[2] / "examples" / "radars"
KEY = jax.random.key(0)
ONE_M2 = np.ones(1)
PAPER = HeatmapSettings(window="paper", clutter="none")
SHORT = HeatmapSettings(clutter="none", window_chirps=64, step_chirps=16)


def radar(name):
    return rs.load_radar(RADARS / f"{name}.toml")


def moving(board, num_frames, starts_m, velocities_mps):
    """Positions [frame, node, point, 3] of points at constant velocities."""
    times_s = burst_times_s(board, num_frames, QUIET.nodes)[..., None, None]
    return np.asarray(starts_m, float) + times_s * np.asarray(velocities_mps, float)


CW = radar("bgt60ltr11_cw")


def test_a_mover_before_a_continuous_wave_is_one_line_and_has_no_range():
    """The line is at v within a bin of 1 / 128 ms; other speeds contain only window sidelobes."""
    positions_m = moving(CW, 8, [[3, 0, 0]], [[1.1, 0, 0]])
    maps = rs.heatmaps(CW, rs.simulate_points(CW, positions_m, ONE_M2 / 2, KEY, QUIET), PAPER)
    assert maps.time_range is None
    assert maps.time_angle is None
    assert set(maps.axes) == {"time_s", "speed_mps"}
    speeds_mps, level_db = maps.axes["speed_mps"], np.asarray(maps.time_doppler)
    bin_mps = speeds_mps[1] - speeds_mps[0]
    assert bin_mps == pytest.approx(CW.chirp.wavelength_m / 2 / 0.128)
    np.testing.assert_allclose(speeds_mps[level_db.argmax(1)], 1.1, atol=bin_mps / 2)
    # The Hann window is down by 31 dB beyond its main lobe of two bins, and by 60 beyond ten.
    elsewhere = np.abs(speeds_mps - 1.1) > 10 * bin_mps
    assert (level_db.max(1) - level_db[:, elsewhere].max(1)).min() > 55


def test_the_phase_of_a_continuous_wave_follows_the_path():
    """Phase and level of each sample are those of A exp(2 pi j f 2R / c)."""
    positions_m = moving(CW, 1, [[2, 0, 0]], [[-0.7, 0, 0]])
    samples = np.asarray(rs.simulate_points(CW, positions_m, ONE_M2, KEY, QUIET))[0, :, 0, 0, 0]
    times_s = CW.chirp_times_s[:, 0]
    antennas = CW.array.tx_m[0], CW.array.rx_m[0]
    at_m = np.stack([2 - 0.7 * times_s, 0 * times_s, 0 * times_s], axis=-1)
    path_m = sum(np.linalg.norm(at_m - antenna, axis=-1) for antenna in antennas)
    turned = samples * np.exp(-2j * np.pi * path_m / CW.chirp.wavelength_m)
    # -80 dB of the fast sum; the level falls by 1 / R^2 while the point approaches by 2 cm.
    np.testing.assert_allclose(np.angle(turned), 0, atol=3e-4)
    np.testing.assert_allclose(np.abs(turned) * at_m[:, 0] ** 2 / 4, abs(turned[0]), rtol=1e-3)


def test_a_person_before_a_continuous_wave_has_the_speed_of_the_body():
    """A standing person who glides at 1 m/s has 99 % of the power at 0.9 to 1.02 m/s.

    Radial speeds of parts of the body are lower by the cosine of their direction: 0.96 for the head
    and the feet at 3 m.
    """
    vertices_m, faces = person("standing", 3.0)
    gliding_m = moving(CW, 4, vertices_m, np.tile([1.0, 0, 0], (len(vertices_m), 1)))
    settings = replace(QUIET, visibility="facing")
    cube_v = rs.simulate_mesh(CW, gliding_m, faces, KEY, settings=settings)
    maps = rs.heatmaps(CW, cube_v, PAPER)
    assert maps.time_range is None
    power = 10 ** (np.asarray(maps.time_doppler[0]) / 10)
    speeds_mps = maps.axes["speed_mps"]
    bin_mps = speeds_mps[1] - speeds_mps[0]
    near = (speeds_mps > 0.9 - bin_mps) & (speeds_mps < 1.02 + bin_mps)
    assert power[near].sum() > 0.99 * power.sum()


def test_fast_and_exact_sum_agree_for_a_continuous_wave():
    """For twenty points at 1 to 6 m with speeds up to 3 m/s, the error is below -80 dB."""
    rng = np.random.default_rng(2)
    starts_m = np.stack([rng.uniform(1, 6, 20), *rng.uniform(-1, 1, (2, 20))], axis=-1)
    positions_m = moving(CW, 1, starts_m, rng.uniform(-3, 3, (20, 3)))
    fast, exact = (
        np.asarray(rs.simulate_points(CW, positions_m, np.ones(20), KEY, settings))
        for settings in (QUIET, replace(QUIET, method="exact"))
    )
    error_db = 10 * np.log10(np.sum(np.abs(fast - exact) ** 2) / np.sum(np.abs(exact) ** 2))
    assert error_db < -80


def test_noise_of_a_continuous_wave_is_that_of_its_sample_rate():
    """The noise power is k T B F with B = 2 kHz, so time-Doppler cells without echo are at 0 dB."""
    noise_only = replace(QUIET, thermal_noise=True)
    positions_m = moving(CW, 16, [[3, 0, 0]], [[0, 0, 0]])
    maps = rs.heatmaps(
        CW, rs.simulate_points(CW, positions_m, 1e-9 * ONE_M2, KEY, noise_only), PAPER
    )
    level = 10 ** (np.asarray(maps.time_doppler) / 10)
    # 1024 independent samples: the mean power has a relative deviation of 1/32.
    assert level.mean() == pytest.approx(1, abs=0.12)


def test_two_receivers_at_24_ghz_measure_range_speed_and_azimuth():
    """Two receivers in a row measure a point at 4.3 m and 20 degrees that recedes at 1 m/s."""
    board = radar("fmcw_24ghz_1tx2rx")
    board = replace(board, frame=replace(board.frame, num_chirps=64))
    direction = np.array([np.cos(np.radians(20)), np.sin(np.radians(20)), 0])
    positions_m = moving(board, 4, [4.3 * direction], [direction])
    cube_v = rs.simulate_points(board, positions_m, ONE_M2, KEY, QUIET)
    maps = rs.heatmaps(board, cube_v, SHORT)
    peaks = {
        name: maps.axes[axis][np.asarray(getattr(maps, name))[0].argmax()]
        for name, axis in (
            ("time_range", "range_m"),
            ("time_doppler", "speed_mps"),
            ("time_angle", "angle_rad"),
        )
    }
    assert peaks["time_range"] == pytest.approx(4.3, abs=board.range_resolution_m / 2)
    assert peaks["time_doppler"] == pytest.approx(1, abs=board.speed_resolution_mps / 2)
    # The two receivers are not at the phase centre: an offset of 10 mm at 4.3 m is 0.2 degrees.
    assert np.degrees(peaks["time_angle"]) == pytest.approx(20, abs=1.5)
    between = np.asarray(cube_v[0, 0, 0])
    cycles = np.angle(np.vdot(between[0], between[1])) / (2 * np.pi)
    spacing_m = board.array.rx_m[1, 1] - board.array.rx_m[0, 1]
    expected = -spacing_m * np.sin(np.radians(20)) / board.chirp.wavelength_m
    assert cycles == pytest.approx(expected, abs=0.01)


def test_a_burst_of_few_chirps_resolves_range_and_speed():
    """With 16 chirps at 60 GHz, the peak is within half a bin of the true range and speed."""
    board = radar("fmcw_60ghz_real")
    positions_m = moving(board, 4, [[2, 0, 0]], [[-1.5, 0, 0]])
    maps = rs.heatmaps(board, rs.simulate_points(board, positions_m, ONE_M2, KEY, QUIET), SHORT)
    distance_m = maps.axes["range_m"][np.asarray(maps.time_range)[0].argmax()]
    speed_mps = maps.axes["speed_mps"][np.asarray(maps.time_doppler)[0].argmax()]
    # During the window of four frames the point approaches by 0.23 m.
    assert distance_m == pytest.approx(1.88, abs=board.range_resolution_m / 2 + 0.12)
    assert speed_mps == pytest.approx(-1.5, abs=board.speed_resolution_mps / 2)


def test_impossible_requests_are_refused():
    """Detection by a CW radar, swept chirps of one sample, and very long bursts are rejected."""
    cube_v = np.zeros((1, 64, 1, 1, 1), np.complex64)
    for function in (rs.detect, rs.range_doppler, rs.range_azimuth):
        with pytest.raises(InputError, match=r"continuous wave.*needs a range axis"):
            function(CW, cube_v)
    with pytest.raises(InputError, match="a continuous wave has one sample"):
        replace(CW.chirp, num_samples=2)
    with pytest.raises(InputError, match="must be at least 2"):
        replace(CW.chirp, slope_hz_per_s=1e12)
    long = replace(CW, frame=replace(CW.frame, num_chirps=512, period_s=0.256))
    with pytest.raises(InputError, match=r"256 ms; the motion of limbs is represented for 140"):
        check_burst_duration("simulate", long, QUIET)
    check_burst_duration("simulate", CW, QUIET)


def test_the_limit_on_bursts_applies_to_a_given_number_of_nodes():
    """A burst of 256 ms is refused with 9 nodes; the hint names a number that is accepted."""
    long = replace(CW, frame=replace(CW.frame, num_chirps=512, period_s=0.256))
    with pytest.raises(InputError, match=r"222\.412 ms by 9 poses per burst; .*num_nodes=11\);"):
        check_burst_duration("simulate", long, replace(QUIET, num_nodes=9))
    check_burst_duration("simulate", long, replace(QUIET, num_nodes=11))
    longest = replace(CW, frame=replace(CW.frame, num_chirps=1024, period_s=0.512))
    with pytest.raises(InputError, match=r"314\.\d+ ms by 12 poses per burst; .*fewer chirps$"):
        check_burst_duration("simulate", longest, replace(QUIET, num_nodes=12))


@pytest.mark.parametrize(("nodes", "longest"), [(2, r"2\.\d+"), (3, r"7\.\d+")])
def test_two_or_three_poses_do_not_represent_the_motion_of_a_burst(nodes, longest):
    """With 20 m/s^2, a path differs from a line by a T^2 / 16 = 1 mm: 3 rad at 77 GHz."""
    radar = rs.load_radar("AWR1843BOOST")
    with pytest.raises(InputError, match=rf"27\.648 ms; .* for {longest} ms by {nodes} poses .*=5"):
        check_burst_duration("simulate", radar, replace(QUIET, num_nodes=nodes))
    check_burst_duration("simulate", radar, replace(QUIET, num_nodes=4))


def test_the_fast_sum_has_a_limit_on_the_number_of_nodes():
    assert rs.SimulationSettings(num_nodes=12).nodes == 12
    with pytest.raises(InputError, match="num_nodes: is 13; must be at most 12"):
        rs.SimulationSettings(num_nodes=13)
    assert rs.SimulationSettings(method="exact", num_nodes=24).nodes == 24
