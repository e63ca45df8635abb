"""Interpolation between poses: exact for simple motions, and smooth for all motions."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, RotationSpline

from radarsim.scene.interpolation import interpolate_points, interpolate_rotations

AXIS = np.array([1.0, -2.0, 2.0]) / 3


def angle_between(one, other):
    one, other = (Rotation.from_rotvec(x.reshape(-1, 3)) for x in (one, other))
    return (one.inv() * other).magnitude()


def swing(times_s, amplitude_rad=0.8, rate_hz=2.0):
    """A limb that swings about one axis while its parent rotates about another axis."""
    inner = Rotation.from_rotvec(
        np.outer(amplitude_rad * np.sin(2 * np.pi * rate_hz * times_s), AXIS)
    )
    outer = Rotation.from_rotvec(np.outer(times_s, [0.0, 0.0, 1.5]))
    return (outer * inner).as_rotvec()


@pytest.mark.parametrize("revolutions_per_pose", [0.01, 0.2, 0.45])
def test_constant_spin_is_exact_at_any_time(revolutions_per_pose):
    """Interpolation is exact, even for steps of almost half a revolution or many revolutions."""
    spin = Rotation.from_rotvec(np.outer(np.arange(30) * revolutions_per_pose * 2 * np.pi, AXIS))
    at = np.linspace(0, 29, 173)
    wanted = np.outer(at * revolutions_per_pose * 2 * np.pi, AXIS)
    assert angle_between(interpolate_rotations(spin.as_rotvec(), at), wanted).max() < 1e-9


@pytest.mark.parametrize(("rate_hz", "limit_rad"), [(60, 2e-5), (100, 3e-6), (120, 2e-6)])
def test_a_swing_is_accurate_between_its_poses(rate_hz, limit_rad):
    """The error falls with the fourth power of the step: 12 um at 60 Hz, 0.6 m from the axis."""
    times_s = np.arange(rate_hz) / rate_hz
    at_s = np.linspace(0.1, 0.85, 331)
    found = interpolate_rotations(swing(times_s), at_s * rate_hz)
    assert angle_between(found, swing(at_s)).max() < limit_rad


def test_the_representation_of_an_angle_changes_nothing():
    """Beyond pi, the axis of a rotation may flip; interpolating components would cause a spin."""
    times_s = np.arange(60) / 60
    angle_rad = np.pi + 0.5 * np.sin(2 * np.pi * times_s)
    one = np.outer(angle_rad, AXIS)
    other = np.where(angle_rad[:, None] > np.pi, one - 2 * np.pi * AXIS, one)
    at = np.linspace(0, 59, 400)
    found = interpolate_rotations(other, at)
    assert angle_between(found, interpolate_rotations(one, at)).max() < 1e-9
    wanted = np.outer(np.pi + 0.5 * np.sin(2 * np.pi * at / 60), AXIS)
    assert angle_between(found, wanted)[10:-10].max() < 1e-4


def test_it_stays_close_to_scipys_spline():
    """The function uses four neighbours, and scipy's spline all poses; both are of fourth order."""
    times_s = np.arange(120) / 120
    at_s = np.linspace(0.1, 0.9, 200)
    oracle = RotationSpline(times_s, Rotation.from_rotvec(swing(times_s)))(at_s).as_rotvec()
    assert angle_between(interpolate_rotations(swing(times_s), at_s * 120), oracle).max() < 3e-6


def test_angular_velocity_does_not_jump_at_a_pose():
    """The poses are random, so the input motion itself is not smooth."""
    poses = np.random.default_rng(0).normal(size=(12, 3)) * 0.4
    h = 1e-5
    knots = np.arange(1.0, 11.0)
    before, at, after = (interpolate_rotations(poses, knots + d) for d in (-h, 0, h))
    turn = [
        (Rotation.from_rotvec(a).inv() * Rotation.from_rotvec(b)).as_rotvec() / h
        for a, b in ((before, at), (at, after))
    ]
    # One-sided differences have an error of h times the acceleration, about 30 rad per step^2.
    np.testing.assert_allclose(turn[0], turn[1], atol=1e-3)


def test_poses_are_kept():
    poses = np.random.default_rng(1).normal(size=(9, 5, 3))
    found = interpolate_rotations(poses, np.arange(9.0))
    assert angle_between(found, poses).max() < 1e-9


def test_a_cubic_path_is_exact_between_inner_poses():
    t = np.arange(10.0)
    path = np.stack([t**3 - 5 * t, 2 * t**2, t], axis=1)
    at = np.linspace(2, 7, 41)
    wanted = np.stack([at**3 - 5 * at, 2 * at**2, at], axis=1)
    np.testing.assert_allclose(interpolate_points(path, at), wanted, atol=1e-9)


@pytest.mark.parametrize("num_poses", [2, 3, 4, 5])
def test_short_motions_keep_a_straight_path(num_poses):
    path = np.outer(np.arange(num_poses), [1.0, 2.0, 3.0])
    at = np.linspace(0, num_poses - 1, 17)
    np.testing.assert_allclose(interpolate_points(path, at), np.outer(at, [1, 2, 3]), atol=1e-12)


def test_a_part_of_a_long_motion_is_the_same_as_the_whole():
    poses = np.cumsum(np.random.default_rng(2).normal(size=(500, 2, 3)) * 0.05, axis=0)
    at = np.linspace(100.0, 140.0, 50)
    both = interpolate_rotations(poses, np.concatenate([[0.0], at, [499.0]]))
    np.testing.assert_array_equal(interpolate_rotations(poses, at), both[1:-1])
