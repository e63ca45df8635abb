"""Tests of antenna patterns and IF filters, which weight the echoes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.point_targets import simulate_points
from radarsim.radar.boards import BOARDS
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import (
    AntennaPattern,
    ChirpJitter,
    IfFilter,
    ReceiverProfile,
)
from radarsim.radar.receiver_profiles import (
    HALF_POWER_DEG,
    board_pattern,
    cosine_exponent,
    datasheet_profile,
)
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.antenna_gain import antenna_gain, log_gain
from radarsim.scattering.reflection import IsotropicPoints, QuasiSpecular
from radarsim.scattering.weighted_reflection import weighted_reflection
from radarsim.scene.mesh import Faces
from tests.helpers.echoes import error_db
from tests.helpers.moving_sphere import CLEAN, CONVEX, moving_sphere, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=4, num_samples=64)
DATASHEET = datasheet_profile(RADAR)
WEIGHTS = replace(DATASHEET, mismatch=None, phase_noise=None)
log_gain_of = jax.jit(log_gain)
TWO_WAY = ReceiverProfile(tx_pattern=DATASHEET.tx_pattern, rx_pattern=DATASHEET.rx_pattern)


def gain_db(pattern: AntennaPattern, azimuth_deg, elevation_deg=0.0):
    """Return the gain in a direction relative to boresight [dB]."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    direction = np.stack(
        np.broadcast_arrays(
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ),
        axis=-1,
    )
    gain = log_gain_of(antenna_gain(pattern), np.float32(3.0 * direction))
    return 20 / np.log(10) * np.asarray(gain)


def echo_of_point(radar: Radar, profile: ReceiverProfile | None, position_m) -> np.ndarray:
    """Return the noiseless IF cube of a stationary point [V]."""
    times_s = burst_times_s(radar, 1)
    points_m = np.broadcast_to(np.array(position_m), (*times_s.shape, 1, 3))
    radar = replace(radar, profile=profile)
    return np.asarray(simulate_points(radar, points_m, np.array([1.0]), jax.random.key(0), CLEAN))


def change_db(radar: Radar, profile: ReceiverProfile, position_m) -> float:
    """Return the level of a point with a profile relative to the ideal radar [dB]."""
    cubes = (echo_of_point(radar, each, position_m) for each in (profile, None))
    with_profile, ideal = (np.sqrt((np.abs(cube) ** 2).mean()) for cube in cubes)
    return float(20 * np.log10(with_profile / ideal))


# --- antenna patterns ----------------------------------------------------------------------------


@pytest.mark.parametrize("board", HALF_POWER_DEG)
def test_the_boards_have_half_of_the_power_at_their_half_power_angles(board):
    """The gain at the half-power angles is -3.01 dB, to which back lobes of -30 dB add 0.009 dB."""
    pattern, (azimuth_deg, elevation_deg) = board_pattern(board), HALF_POWER_DEG[board]
    found_db = gain_db(pattern, [0.0, azimuth_deg, -azimuth_deg, 0], [0, 0, 0, elevation_deg])
    np.testing.assert_allclose(found_db, [0, -3.01, -3.01, -3.01], atol=0.02)


@pytest.mark.parametrize("board", HALF_POWER_DEG)
def test_no_board_has_more_gain_than_the_directivity_of_its_pattern(board):
    """The directivity of each board's pattern exceeds the board's peak gain by less than 4 dB.

    The peak gain is the directivity times an efficiency below 1."""
    azimuth_deg, elevation_deg = np.meshgrid(np.arange(-180, 180, 2), np.arange(-89, 90, 2))
    power = 10 ** (gain_db(board_pattern(board), azimuth_deg, elevation_deg) / 10)
    solid_angle = np.radians(2) ** 2 * np.cos(np.radians(elevation_deg))
    directivity_dbi = 10 * np.log10(4 * np.pi / (power * solid_angle).sum())
    assert 0 < directivity_dbi - BOARDS[board].array.gain_dbi < 4


def test_nothing_radiates_backwards_at_full_gain():
    """All directions behind the antenna have the back-lobe gain, with cosines and with tables."""
    table = AntennaPattern(azimuth_cut=((-1.0, -6.0), (0.0, 0.0), (1.0, -6.0)), back_lobe_db=-25.0)
    for pattern, level_db in ((DATASHEET.tx_pattern, -30.0), (table, -25.0)):
        behind_db = gain_db(pattern, [100.0, 135.0, 180.0, -120.0], [0.0, 20.0, -40.0, 0.0])
        np.testing.assert_allclose(behind_db, level_db, atol=0.05)


def test_a_table_of_a_cosine_is_the_cosine():
    """Tabulated cuts in steps of 5 degrees reproduce a cosine pattern to 0.1 dB.

    The directions are within 60 degrees of boresight."""
    angles = np.radians(np.arange(-85.0, 86.0, 5.0))

    def cut(exponent):
        return tuple(zip(angles.tolist(), (10 * exponent * np.log10(np.cos(angles))).tolist()))

    exact = AntennaPattern(azimuth_exponent=5.5, elevation_exponent=8.0)
    table = replace(exact, azimuth_cut=cut(5.5), elevation_cut=cut(8.0))
    azimuth_deg, elevation_deg = np.meshgrid(np.arange(-45, 46, 7.0), np.arange(-40, 41, 9.0))
    found_db, expected_db = (gain_db(each, azimuth_deg, elevation_deg) for each in (table, exact))
    np.testing.assert_allclose(found_db, expected_db, atol=0.1)


def test_a_target_behind_the_radar_disappears():
    """A point behind the radar is attenuated by 60 dB, and a point ahead is not attenuated.

    The two-way attenuation is twice the back-lobe level of -30 dB."""
    assert change_db(RADAR, TWO_WAY, [2.0, 0.0, 0.0]) == pytest.approx(0.0, abs=0.02)
    assert change_db(RADAR, TWO_WAY, [-2.0, 0.0, 0.0]) == pytest.approx(-60.0, abs=0.05)


def test_an_echo_has_the_patterns_of_its_transmitter_and_of_its_receiver():
    """At 40 degrees of azimuth and 20 of elevation, each pattern weakens an echo by its cosines.

    The exponents of both patterns are multiples of one pair, so that each changes the sum in its
    own way. The back lobes add less than 0.01 dB.
    """
    azimuth_rad, elevation_rad = np.radians(40.0), np.radians(20.0)
    point_m = 2.0 * np.array(
        [[np.cos(azimuth_rad), np.sin(azimuth_rad), np.tan(elevation_rad)]], np.float32
    )
    echo = Faces(jnp.asarray(point_m), jnp.zeros((1, 3)), jnp.ones(1))
    points, antenna_m = IsotropicPoints(np.array([1.0])), jnp.zeros(3)
    cosines_db = 10 * np.log10(np.cos([azimuth_rad, elevation_rad]))
    tx, rx = (AntennaPattern(azimuth_exponent=n, elevation_exponent=3 * n) for n in (1.0, 2.0))
    for profile, n in (
        (ReceiverProfile(tx_pattern=tx), 1.0),
        (ReceiverProfile(rx_pattern=rx), 2.0),
        (ReceiverProfile(tx_pattern=tx, rx_pattern=rx), 3.0),
    ):
        weighted = weighted_reflection(points, profile)
        levels = [
            each.log_weight(RADAR, echo, antenna_m, antenna_m)[0] for each in (weighted, points)
        ]
        change_db = 20 / np.log(10) * (levels[0] - levels[1])
        np.testing.assert_allclose(change_db, cosines_db @ [n, 3 * n], atol=0.02)


def test_an_image_antenna_has_the_gain_of_the_antenna_towards_the_mirror():
    """The image antenna of a wall ahead radiates towards a face with the gain towards the wall."""
    normal_ahead = np.diag([-1.0, 1.0, 1.0])
    image_m, face_m = jnp.array([8.0, 0.0, 0.0]), jnp.array([[2.0, 0.5, 0.2]])
    points = IsotropicPoints(np.array([1.0]))
    scatterers = Faces(face_m, jnp.zeros((1, 3)), jnp.ones(1))
    plain = weighted_reflection(points, ReceiverProfile(tx_pattern=DATASHEET.tx_pattern))
    mirrored = replace(plain, tx_axes=normal_ahead)
    levels = [
        each.log_weight(RADAR, scatterers, image_m, jnp.zeros(3))[0]
        for each in (points, plain, mirrored)
    ]
    change_db = 20 / np.log(10) * np.array([each - levels[0] for each in levels[1:]]).ravel()
    direction_deg = np.degrees([np.arctan2(0.5, 6.0), np.arctan2(0.2, np.hypot(6.0, 0.5))])
    expected_db = [-30.0, gain_db(DATASHEET.tx_pattern, *direction_deg)]
    np.testing.assert_allclose(change_db, expected_db, atol=0.05)


# --- IF filters ----------------------------------------------------------------------------------


def test_a_target_beyond_the_maximum_range_is_attenuated_by_the_stop_band():
    """A target at 1.4 times the maximum range appears at 0.4 times this range, 40 dB lower.

    The high-pass filter adds less than 0.1 dB. With a maximum range of 11 m, the target is at 15 m
    and the alias is at 4 m.
    """
    range_m = 1.4 * RADAR.max_range_m
    profile = ReceiverProfile(if_filter=IfFilter(high_pass_1_hz=100e3, stop_band_db=40.0))
    aliased = echo_of_point(RADAR, profile, [range_m, 0.0, 0.0])[0, 0, 0, 0]
    peak_m = np.abs(np.fft.fft(aliased, 1024)).argmax() / 1024 * RADAR.max_range_m
    assert peak_m == pytest.approx(0.4 * RADAR.max_range_m, abs=RADAR.range_resolution_m)
    beat_hz = RADAR.chirp.slope_hz_per_s * 2 * range_m / SPEED_OF_LIGHT_MPS
    expected_db = -40.0 - 10 * np.log10(1 + (100e3 / beat_hz) ** 2)
    assert change_db(RADAR, profile, [range_m, 0.0, 0.0]) == pytest.approx(expected_db, abs=0.01)


def test_the_anti_alias_filter_attenuates_by_half_a_decibel_at_the_end_of_its_pass_band():
    """An echo at 0.8 of the maximum range is 0.5 dB weaker for a pass band to 0.8, not to 0.9."""
    range_m, points, antenna_m = 0.8 * RADAR.max_range_m, IsotropicPoints(np.ones(1)), jnp.zeros(3)
    echo = Faces(jnp.array([[range_m, 0.0, 0.0]]), jnp.zeros((1, 3)), jnp.ones(1))
    own, _ = points.log_weight(RADAR, echo, antenna_m, antenna_m)
    for fraction, expected_db in ((0.8, -0.5), (0.9, 0.0)):
        profile = ReceiverProfile(if_filter=IfFilter(pass_fraction=fraction))
        filtered = weighted_reflection(points, profile)
        level, _ = filtered.log_weight(RADAR, echo, antenna_m, antenna_m)
        assert 20 / np.log(10) * float((level - own)[0]) == pytest.approx(expected_db, abs=0.01)


def test_the_high_pass_attenuates_near_targets():
    """At the corner of the first filter, two first-order filters attenuate by 3.01 + 1.94 dB."""
    corner_hz = 2 * RADAR.chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS  # the beat frequency at 1 m
    both = IfFilter(high_pass_1_hz=corner_hz, high_pass_2_hz=0.75 * corner_hz, pass_fraction=0.0)
    found_db = change_db(RADAR, ReceiverProfile(if_filter=both), [1.0, 0.0, 0.0])
    assert found_db == pytest.approx(-3.01 - 1.94, abs=0.02)


# --- accuracy of the fast sum --------------------------------------------------------------------


def test_the_fast_sum_keeps_its_error_with_antennas_and_filters():
    """The error of the fast sum at 2 m is below -80 dB off boresight, where the gain varies most.

    The sphere is at 22 degrees of azimuth and of elevation, at the end of the pass band. The limit
    is the error of the accurate mode.
    """
    mesh, faces = moving_sphere(RADAR, 2.0, radius_m=0.15)
    offset_m = np.array([0.0, 0.6, 0.8], np.float32)
    mesh = replace(mesh, origin_high_m=mesh.origin_high_m + offset_m)
    model = weighted_reflection(QuasiSpecular(0.5), WEIGHTS)
    assert error_db(RADAR, CONVEX, model, mesh, faces) < -80


def test_the_exponent_of_a_half_power_angle_of_60_degrees_is_one():
    """The exponent for a half-power angle of 60 degrees is 1, because cos 60 degrees is 1/2."""
    assert cosine_exponent(np.radians(60.0)) == pytest.approx(1.0)


def test_the_second_sum_multiplies_an_echo_by_its_delay():
    """Ramp jitter of dt rotates a simulated point by 2 pi f_b dt, in proportion to the delay.

    Four loops of three transmitters give twelve random draws, which are the same for both ranges,
    so the rotations of the two points have the same ratio as their delays. Parallax changes this
    ratio by 0.1 %.
    """
    profile = ReceiverProfile(jitter=ChirpJitter(start_s=1e-10))
    rotations = []
    for range_m in (1.0, 2.0):
        cubes = [echo_of_point(RADAR, each, [range_m, 0.0, 0.0]) for each in (profile, None)]
        rotations.append(np.angle(cubes[0] / cubes[1])[..., 0, 0].ravel())
    np.testing.assert_allclose(rotations[1], 2 * rotations[0], rtol=1e-2, atol=1e-5)
    beat_hz = RADAR.chirp.slope_hz_per_s * 2 / SPEED_OF_LIGHT_MPS
    assert rotations[0].std() == pytest.approx(2 * np.pi * beat_hz * 1e-10, rel=0.6)
