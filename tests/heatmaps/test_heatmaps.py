"""Heatmaps: target positions, noise at 0 dB, clutter removal, and TDM phase compensation."""

from dataclasses import replace
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.heatmaps.heatmaps import HeatmapSettings, heatmap_axes, make_heatmaps
from radarsim.point_targets import simulate_points
from radarsim.radar.boards import BOARDS
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.mesh import burst_mesh
from radarsim.signal.noise_and_adc import add_thermal_noise
from radarsim.simulate import clip_echo
from tests.helpers.echoes import select
from tests.helpers.scenes import KEY, QUIET, RADAR, moving_point, person

pytestmark = pytest.mark.usefixtures("fast_compilation")

PAPER = HeatmapSettings(window="paper", clutter="none", angle_window="uniform")
# One burst per column gives the usual Doppler spectrum of a target.
BURST = HeatmapSettings(window="burst", clutter="none", angle_window="uniform", window_chirps=128)
MIDDLE_S = float(RADAR.chirp_times_s.mean()) + RADAR.chirp.sampled_time_s / 2
SINES = np.sin(heatmap_axes(RADAR, 1, BURST)["angle_rad"])


@cache
def point_cube(at_m, velocity_mps=(0.0, 0.0, 0.0), num_frames=1, radar=RADAR):
    """Return the cube of a 1 m^2 point target that is at `at_m` in the middle of burst 0."""
    points = moving_point(radar, num_frames, at_m, velocity_mps, MIDDLE_S)
    return simulate_points(radar, points, np.array([1.0]), KEY, QUIET)


@cache
def noise_cube(num_frames=2):
    shape = (num_frames, 128, 3, 4, 256)
    return add_thermal_noise(RADAR, jnp.zeros(shape, jnp.complex64), KEY)


def peak_bin(levels_db):
    """The peak of the parabola through the highest bin and its two neighbours.

    With levels in dB and a Hann window, the error is within 0.02 bins.
    """
    top = int(np.argmax(levels_db))
    before, at, after = np.asarray(levels_db, np.float64)[top - 1 : top + 2]
    return top + 0.5 * (before - after) / (before - 2 * at + after)


def at(range_m, sine):
    """A position at the height of the radar; the sine of azimuth is positive on the left."""
    return (range_m * float(np.sqrt(1 - sine**2)), range_m * sine, 0.0)


def bin_of(sine):
    return 128 + sine / (SINES[129] - SINES[128])


def phases_rad(point_m):
    """The phase of each element of the row, right to left, from the exact path lengths."""
    tx_m, rx_m = RADAR.array.tx_m[[0] * 4 + [2] * 4], RADAR.array.rx_m[[0, 1, 2, 3] * 2]
    path_m = np.linalg.norm(tx_m - point_m, axis=1) + np.linalg.norm(rx_m - point_m, axis=1)
    return 2 * np.pi * path_m / RADAR.chirp.wavelength_m


def beam_of(element_phase_rad):
    """Power versus sine of azimuth, from the phases of the eight elements, right to left."""
    step_cycles = RADAR.array.half_wavelength_m / RADAR.chirp.wavelength_m
    steer = np.exp(2j * np.pi * step_cycles * np.outer(SINES, np.arange(8)))
    return np.abs(steer @ np.exp(1j * element_phase_rad)) ** 2 / 64


def db(power):
    return 10 * np.log10(power)


def mean_db(levels_db):
    return db(np.mean(10 ** (np.asarray(levels_db, np.float64) / 10)))


# --- one point -----------------------------------------------------------------------------------


@pytest.mark.parametrize("range_m", [1.5, 3.0, 7.7071])
def test_a_point_reads_its_range_within_a_tenth_of_a_bin(range_m):
    maps = make_heatmaps(RADAR, point_cube((range_m, 0.0, 0.0)), BURST)
    bins = peak_bin(maps.time_range[0])
    assert bins == pytest.approx(range_m / RADAR.range_resolution_m, abs=0.1)


@pytest.mark.parametrize("speed_mps", [-2.1, -0.37, 0.5, 1.3, 3.9])
def test_a_point_reads_its_speed_within_a_tenth_of_a_bin(speed_mps):
    """Receding speeds are positive; the limit is +-4.39 m/s for a burst with true TDM timing."""
    maps = make_heatmaps(RADAR, point_cube((4.0, 0.0, 0.0), (speed_mps, 0.0, 0.0)), BURST)
    axis_mps = heatmap_axes(RADAR, 1, BURST)["speed_mps"]
    bins = peak_bin(maps.time_doppler[0])
    wished = 128 + speed_mps / (axis_mps[1] - axis_mps[0])
    assert bins == pytest.approx(wished, abs=0.1)


def test_a_point_that_crosses_the_view_reads_the_radial_part_of_its_speed():
    """A point 3 m ahead and 4 m left that moves left at 1 m/s has a radial speed of 0.8 m/s."""
    maps = make_heatmaps(RADAR, point_cube((3.0, 4.0, 0.0), (0.0, 1.0, 0.0)), BURST)
    axis_mps = heatmap_axes(RADAR, 1, BURST)["speed_mps"]
    bins = peak_bin(maps.time_doppler[0])
    assert bins == pytest.approx(128 + 0.8 / (axis_mps[1] - axis_mps[0]), abs=0.1)


@pytest.mark.parametrize("sine", [-0.8, -0.25, 0.1, 0.5])
def test_a_distant_point_reads_its_azimuth_within_a_tenth_of_a_bin(sine):
    """Azimuths on the left are positive."""
    maps = make_heatmaps(RADAR, point_cube(at(10.0, sine)), BURST)
    assert peak_bin(maps.time_angle[0]) == pytest.approx(bin_of(sine), abs=0.1)


@pytest.mark.parametrize(("range_m", "sine"), [(3.0, 0.0), (3.0, 0.6), (1.5, -0.3)])
def test_a_near_point_reads_the_azimuth_of_its_round_wavefront(range_m, sine):
    """Transmitters 1 cm left and receivers 1 cm right of the middle shift a near point's azimuth.

    A beam from exact path lengths agrees with this shift to a fiftieth of a bin. The shift is
    0.25 bins (0.11 degrees) at 3 m, and less at longer range.
    """
    maps = make_heatmaps(RADAR, point_cube(at(range_m, sine)), BURST)
    bins = peak_bin(maps.time_angle[0])
    assert bins == pytest.approx(peak_bin(db(beam_of(phases_rad(at(range_m, sine))))), abs=0.02)
    assert bins == pytest.approx(bin_of(sine), abs=0.8 / range_m)


@pytest.mark.parametrize("settings", [BURST, PAPER], ids=["burst", "paper"])
@pytest.mark.parametrize("speed_mps", [0.0, 1.0])
def test_straight_ahead_reads_zero_degrees(settings, speed_mps):
    """The highest bin is exactly that of 0.0 degrees; another library gives 8.2 degrees."""
    cube = point_cube((4.0, 0.0, 0.0), (speed_mps, 0.0, 0.0), num_frames=2)
    maps = make_heatmaps(RADAR, cube, settings)
    angle_rad = heatmap_axes(RADAR, 2, settings)["angle_rad"]
    for column in np.asarray(maps.time_angle):
        assert angle_rad[np.argmax(column)] == 0.0


def test_the_aop_board_with_its_inverted_channels_reads_azimuth_alike():
    """The tolerance is 0.01 in sine of azimuth, because two by two antennas have a wide beam."""
    radar = BOARDS["IWR6843AOPEVM"]
    cube = point_cube((4.0, 3.0, 0.0), radar=radar)
    maps = make_heatmaps(radar, cube, BURST)
    angle_rad = heatmap_axes(radar, 1, BURST)["angle_rad"]
    assert np.sin(angle_rad[np.argmax(maps.time_angle[0])]) == pytest.approx(0.6, abs=0.01)


def test_the_paper_window_shows_fringes_around_the_true_speed():
    """Two bursts with a pause give fringes 1.9 cm/s apart within the main lobe of one burst.

    The centre of the lobe is at the true speed, within one bin of a burst (6.9 cm/s).
    """
    maps = make_heatmaps(RADAR, point_cube((4.0, 0.0, 0.0), (1.0, 0.0, 0.0), 2), PAPER)
    power = 10 ** (np.asarray(maps.time_doppler[0], np.float64) / 10)
    axis_mps = heatmap_axes(RADAR, 2, PAPER)["speed_mps"]
    centre_mps = (power * axis_mps).sum() / power.sum()
    assert centre_mps == pytest.approx(1.0, abs=RADAR.speed_resolution_mps)


def test_a_point_stands_above_the_noise_by_what_the_radar_equation_says():
    """At 3 m, -67.5 dBm over a noise floor of -92.5 dBm give 25.0 dB SNR per sample.

    In the maps, the range FFT adds (sum w)^2 / sum w^2 = 22.3 dB, the Doppler FFT of one burst adds
    19.3 dB, and the angle FFT adds 9.0 dB. The mean over 256 range bins removes the range FFT gain
    from the Doppler and angle maps. The tolerance is 0.1 dB for the level and 0.2 dB for peaks
    between bins.
    """
    range_m = 70 * RADAR.range_resolution_m
    maps = make_heatmaps(RADAR, point_cube((range_m, 0.0, 0.0)), BURST)
    sample_db = -67.49 - 40 * np.log10(range_m / 3) + 92.53

    def gain_db(taper):
        return 10 * np.log10(taper.sum() ** 2 / (taper**2).sum())

    range_taper, loop_taper = np.hanning(258)[1:-1], np.hanning(130)[1:-1]
    wished_db = sample_db + gain_db(range_taper)
    assert np.max(maps.time_range) == pytest.approx(wished_db, abs=0.3)
    assert np.max(maps.time_doppler) == pytest.approx(sample_db + gain_db(loop_taper), abs=0.3)
    assert np.max(maps.time_angle) == pytest.approx(sample_db + 10 * np.log10(8), abs=0.3)


# --- TDM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed_mps", [1.2, -1.5])
def test_without_compensation_a_moving_target_shifts_as_its_slots_say(speed_mps):
    """TX3 transmits 144 us after TX1, so the phase of its half of the row changes by 2 pi f_d t."""
    uncompensated = replace(BURST, tdm_compensation=False)
    cube = point_cube((4.0, 0.0, 0.0), (speed_mps, 0.0, 0.0))
    beam_db = np.asarray(make_heatmaps(RADAR, cube, uncompensated).time_angle[0])
    turn_rad = 2 * np.pi * (2 * speed_mps / RADAR.chirp.wavelength_m) * 144e-6
    turned_rad = phases_rad((4.0, 0.0, 0.0)) + np.repeat([0.0, turn_rad], 4)
    predicted_db = db(beam_of(turned_rad))
    # A phase that increases to the left means a target on the right: receding targets shift right.
    assert (peak_bin(predicted_db) - 128) * np.sign(speed_mps) < -4
    assert peak_bin(beam_db) == pytest.approx(peak_bin(predicted_db), abs=0.1)
    # The whole lobe is compared, not only the peak; 0.1 dB is the effect of the 4 % bandwidth.
    lobe = predicted_db > predicted_db.max() - 10
    difference_db = (beam_db - beam_db.max()) - (predicted_db - predicted_db.max())
    np.testing.assert_allclose(difference_db[lobe], 0, atol=0.1)


@pytest.mark.parametrize("speed_mps", [1.2, -1.5])
def test_with_compensation_a_moving_target_reads_its_true_azimuth(speed_mps):
    cube = point_cube(at(10.0, 0.6), (0.8 * speed_mps, 0.6 * speed_mps, 0.0))
    maps = make_heatmaps(RADAR, cube, BURST)
    assert peak_bin(maps.time_angle[0]) == pytest.approx(bin_of(0.6), abs=0.1)


# --- noise and clutter ---------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["paper", "burst"])
@pytest.mark.parametrize("clutter", ["none", "clip", "median", "window"])
def test_noise_alone_reads_zero_decibels(window, clutter):
    """Noise is at 0 +- 0.2 dB; removing the mean of 128 or more loops lowers it by 0.03 dB."""
    settings = HeatmapSettings(window=window, clutter=clutter)
    maps = make_heatmaps(RADAR, noise_cube(), settings)
    for levels_db in (maps.time_range, maps.time_doppler, maps.time_angle):
        assert mean_db(levels_db) == pytest.approx(0, abs=0.2)
    if clutter == "none":
        # Each bin averages at least 3,072 draws: one standard deviation is 0.08 dB.
        for levels_db in (maps.time_range, maps.time_doppler, maps.time_angle):
            assert np.abs(levels_db).max() < 0.5


@pytest.mark.parametrize("window", ["paper", "burst"])
def test_static_clutter_goes_unless_it_is_kept(window):
    """Static targets are removed down to the noise floor; moving targets remain."""
    standing = point_cube((3.0, 0.5, 0.0), num_frames=2)
    walking = point_cube((5.0, -0.5, 0.0), (1.0, 0.0, 0.0), num_frames=2)
    kept = HeatmapSettings(window=window, clutter="none")
    with_both = make_heatmaps(RADAR, noise_cube() + standing + walking, kept)
    assert np.asarray(with_both.time_range)[0, 70] > 30
    assert np.asarray(with_both.time_doppler)[0, 128] > 30
    for clutter in ("clip", "median", "window"):
        settings = replace(kept, clutter=clutter)
        quiet = make_heatmaps(RADAR, noise_cube() + standing, settings)
        for levels_db in (quiet.time_range, quiet.time_doppler, quiet.time_angle):
            assert mean_db(levels_db) == pytest.approx(0, abs=0.2)
        moving = make_heatmaps(RADAR, noise_cube() + standing + walking, settings)
        top = np.argmax(np.asarray(with_both.time_doppler)[0, 140:]) + 140
        change_db = moving.time_doppler[0, top] - with_both.time_doppler[0, top]
        assert change_db == pytest.approx(0, abs=0.5)


# --- a rigid body --------------------------------------------------------------------------------


def share_within_two_bins(cube):
    """Return the share of Doppler energy within two bins of the peak, and the speed at the peak."""
    settings = replace(BURST, num_doppler_bins=128)
    power = 10 ** (np.asarray(make_heatmaps(RADAR, cube, settings).time_doppler[0], float) / 10)
    top = int(np.argmax(power))
    speed_mps = heatmap_axes(RADAR, 1, settings)["speed_mps"][top]
    return power[top - 2 : top + 3].sum() / power.sum(), speed_mps


def test_a_rigid_body_keeps_its_doppler_energy_in_its_main_lobe():
    """At 1 m/s, 99 % of the energy stays in the main lobe with constant visibility over the burst.

    The test also prints the share if visibility is updated 8 times per burst.

    With new rays for each chirp, as in ray tracers, 41 % of the energy stays in the main lobe.
    """
    vertices_m, faces = person("arms crossing the torso", 0.0)
    settings = replace(QUIET, visibility_blocks=8)
    ahead_m = 3.0 + 1.0 * (burst_times_s(RADAR, 1) - MIDDLE_S)
    burst = burst_mesh(
        np.broadcast_to(vertices_m, (1, QUIET.nodes, *vertices_m.shape)),
        ahead_m[..., None] * np.array([1.0, 0, 0]),
    )
    lobes = QuasiSpecular()
    renewed, sizes = select(RADAR, settings, lobes, burst, faces)
    held = replace(renewed, visible=np.repeat(renewed.visible[:, 4:5], 8, axis=1))
    shares = {}
    for name, selection in {"held": held, "renewed 8 times": renewed}.items():
        echo = clip_echo(RADAR, settings, sizes, lobes, burst, faces, selection)
        shares[name], speed_mps = share_within_two_bins(echo)
        print(f"visibility {name}: {shares[name]:.4%} within two bins")
        assert speed_mps == pytest.approx(1.0, abs=RADAR.speed_resolution_mps)
    assert shares["held"] >= 0.99
