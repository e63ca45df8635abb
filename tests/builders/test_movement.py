"""Tests of curves, channels, mirroring, kinematics, jumps, paths and noise."""

import numpy as np
import pytest

from builders.activities import make_performer, perform
from builders.activities.curves import bump, during, ease, flow, hold, swing
from builders.activities.joint_angles import RANGE_DEG, limit_to_range, upper_body_rotations
from builders.activities.jumps import GRAVITY_MPS2, bounce, flight_s, hops
from builders.activities.movement import (
    Movement,
    all_channels,
    arm,
    mirrored,
    root,
    trunk,
)
from builders.activities.skeleton import (
    J,
    forward_kinematics,
    free_skeleton,
    leg_bones,
    leg_inverse_kinematics,
    to_smpl,
)
from builders.activities.variation import cycle_phase, generator, smooth_noise
from builders.activities.walking_paths import circle, there_and_back, to_and_fro
from radarsim.files import free_body
from radarsim.scene.body import joint_positions

PHASE = np.linspace(-1.0, 3.0, 40_001)
CURVES = {
    "ease": ease((0.1, 0), (0.3, 5), (0.6, -2), (0.9, 0)),
    "ease across the cycle boundary": ease((0.2, 1), (0.7, 4)),
    "flow": flow((0.0, 1), (0.3, 4), (0.5, 4), (0.8, -1)),
    "swing": swing(3.0, at=0.2, beats=2),
    "bump": bump((0.1, 0.3), (0.6, 0.8)),
    "sum and product": 3 * during(0.1, 0.2, 0.7, 0.9) * swing(1, beats=5) + hold(2),
    "bounce": bounce(0.4),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_periodic_and_its_slope_is_continuous(name):
    """The slope changes between samples by less than the curvature times the sampling interval."""
    values = CURVES[name].at(PHASE)
    np.testing.assert_allclose(values[:10_001], values[10_000:20_001], atol=1e-9)
    slope = np.diff(values) / np.diff(PHASE)
    curvature = 60 * np.ptp(slope)  # the maximum curvature of the tested curves, per cycle squared
    assert np.abs(np.diff(slope)).max() < curvature * (PHASE[1] - PHASE[0])


def test_an_eased_curve_passes_its_keys_with_zero_slope():
    curve = ease((0.1, 0), (0.4, 10), (0.6, 10), (0.9, 0))
    np.testing.assert_allclose(curve.at(np.array([0.1, 0.4, 0.5, 0.6, 0.95])), [0, 10, 10, 10, 0])
    near = curve.at(np.array([0.4 - 1e-4, 0.4 + 1e-4]))
    assert np.abs(near - 10).max() < 1e-6  # the slope at a key is zero


def test_the_rest_of_a_curve_is_its_constant_part():
    """The constant part of a curve is the posture, which a performer's amplitude does not scale."""
    assert (30 + 50 * during(0.1, 0.2, 0.5, 0.6)).rest == 30
    assert (2 - hold(5) * 3).rest == -13
    assert (hold(5) * swing(2)).rest == 0


@pytest.mark.parametrize(
    "keys", [[(0.5, 1), (0.2, 2)], [(0.0, 1), (1.0, 2)], [(-0.1, 0), (0.5, 1)]]
)
def test_keys_that_do_not_form_a_cycle_are_rejected(keys):
    with pytest.raises(ValueError, match="phase"):
        ease(*keys)


def test_an_unknown_channel_is_named():
    with pytest.raises(ValueError, match=r"left\.elbow\.flexoin"):
        Movement(1.0, {"left.elbow.flexoin": hold(1)})


def test_mirroring_swaps_sides_and_is_its_own_inverse():
    movement = Movement(
        1.0, arm("right", flexion=swing(9)) | trunk(bend=swing(4), flexion=3) | root(left=swing(1))
    )
    other = mirrored(movement)
    assert {name for name in other.channels if name.startswith("left")} == {"left.shoulder.flexion"}
    at = np.array([0.1])
    assert other.channels["trunk.bend"].at(at) == -movement.channels["trunk.bend"].at(at)
    assert other.channels["trunk.flexion"].at(at) == 3
    again = mirrored(other)
    assert set(again.channels) == set(movement.channels)
    for name, curve in movement.channels.items():
        np.testing.assert_allclose(again.channels[name].at(PHASE), curve.at(PHASE))


def test_angles_are_limited_to_the_range_of_the_joint():
    angle_deg = np.linspace(-400, 400, 1001)
    for channel in all_channels():
        key = channel.split(".", 1)[1] if channel.startswith(("left", "right")) else channel
        if key in RANGE_DEG:
            low, high = RANGE_DEG[key]
            kept = limit_to_range(channel, angle_deg)
            assert low - 1e-6 < kept.min()
            assert kept.max() < high + 1e-6
            middle = np.abs(angle_deg - (low + high) / 2) < 0.3 * (high - low)
            assert np.abs(kept - angle_deg)[middle].max() < 1.0


def angles(**given):
    """Return one pose in which the given channels, e.g. `right__elbow__flexion=90`, are nonzero."""
    course = {channel: np.zeros(1) for channel in all_channels()}
    return course | {name.replace("__", "."): np.array([value]) for name, value in given.items()}


@pytest.mark.parametrize(
    ("given", "joint", "origin", "direction"),
    [
        ({}, "left_wrist", "left_shoulder", [0, 0, -1]),
        ({"left__shoulder__flexion": 90.0}, "left_wrist", "left_shoulder", [1, 0, 0]),
        ({"left__shoulder__abduction": 90.0}, "left_wrist", "left_shoulder", [0, 1, 0]),
        ({"right__shoulder__abduction": 90.0}, "right_wrist", "right_shoulder", [0, -1, 0]),
        ({"right__shoulder__flexion": 170.0}, "right_wrist", "right_shoulder", [0.2, 0, 1]),
        ({"right__elbow__flexion": 90.0}, "right_wrist", "right_elbow", [1, 0, 0]),
        ({"left__elbow__flexion": 90.0, "left__shoulder__twist": 90.0}, "left_wrist", "left_elbow",
         [0, -1, 0]),
        ({"trunk__flexion": 60.0}, "neck", "pelvis", [1, 0, 1.6]),
        ({"trunk__bend": 40.0}, "neck", "pelvis", [0, 1, 2.7]),
        ({"pelvis__turn": 90.0, "left__shoulder__flexion": 90.0}, "left_wrist", "left_shoulder",
         [0, 1, 0]),
    ],
)  # fmt: skip
def test_a_positive_angle_moves_in_the_documented_direction(given, joint, origin, direction):
    """The tolerance is 15 degrees, because the bones are not exactly parallel to the axes."""
    skeleton = free_skeleton(())
    rotations = upper_body_rotations(angles(**given), np.zeros(1))
    positions_m, _ = forward_kinematics(skeleton, rotations, np.zeros((1, 3)))
    bone = positions_m[0, J[joint]] - positions_m[0, J[origin]]
    cosine = bone @ direction / np.linalg.norm(bone) / np.linalg.norm(direction)
    assert np.rad2deg(np.arccos(cosine)) < 15


def test_forward_kinematics_agree_with_the_body_model():
    """Joint positions agree with those of the body model, which uses float32, within 0.1 mm."""
    skeleton, rng = make_performer(3).skeleton, np.random.default_rng(1)
    course = {channel: rng.uniform(-30, 30, 5) for channel in all_channels()}
    rotations = upper_body_rotations(course, rng.uniform(-3, 3, 5))
    positions_m, _ = forward_kinematics(skeleton, rotations, np.tile(skeleton.rest_m[0], (5, 1)))
    betas = np.array(make_performer(3).betas)
    rest_smpl_m = skeleton.rest_m[0][[1, 2, 0]]
    transl_m = np.tile(skeleton.rest_m[0] - rest_smpl_m, (5, 1))
    expected_m = joint_positions(free_body(), betas, to_smpl(rotations), transl_m)
    np.testing.assert_allclose(positions_m, expected_m, atol=1e-4)


@pytest.mark.parametrize("side", [0, 1])
def test_leg_inverse_kinematics_reach_the_target_and_bend_the_knee_ahead(side):
    skeleton, rng = free_skeleton(()), np.random.default_rng(2)
    direction = rng.normal(0, 0.4, (50, 3)) - [0, 0, 1.0]
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    target_m = direction * rng.uniform(0.5, 0.97, (50, 1)) * skeleton.leg_m
    thigh, shank = leg_inverse_kinematics(
        skeleton, side, target_m, np.tile([0.0, 1.0, 0.0], (50, 1))
    )
    t, s = leg_bones(skeleton, side)
    np.testing.assert_allclose(thigh @ t + shank @ s, target_m, atol=1e-3)
    knee_m = thigh @ t
    ahead = knee_m - target_m * (np.sum(knee_m * target_m, 1) / np.sum(target_m**2, 1))[:, None]
    assert (ahead[:, 0] > 0).all()


def test_a_jump_falls_freely_and_has_the_requested_height():
    """Between take-off and landing, the second derivative of the height is -g."""
    period_s, height_m = 2.0, 0.25
    off, on = 0.4, 0.4 + flight_s(height_m) / period_s
    phase = np.linspace(off, on, 101)
    channels = hops((off,), height_m, period_s, dip_m=0.25)
    up_m = GRAVITY_MPS2 * period_s**2 * channels["root.hop"].at(phase)
    step_s = (phase[1] - phase[0]) * period_s
    np.testing.assert_allclose(np.diff(up_m, 2) / step_s**2, -GRAVITY_MPS2, rtol=1e-6)
    np.testing.assert_allclose(up_m.max() - up_m[0], height_m, rtol=1e-3)


def test_overlapping_hops_are_rejected():
    with pytest.raises(ValueError, match="next take-off"):
        hops((0.2, 0.3), 0.2, 1.0, dip_m=0.1)


@pytest.mark.parametrize(
    "path",
    [there_and_back(1.2, 2.5, 1.0), to_and_fro(1.5, 6.0, 1.0), circle(1.0, 0.9, False)],
    ids=["there and back", "to and fro", "circle"],
)
def test_a_path_starts_at_the_origin_line_and_is_smooth(path):
    """The acceleration along a path is below 4 m/s^2."""
    times_s = np.arange(-2.0, 8.0, 0.01)
    places_m, heading_rad = path(times_s)
    velocity = np.diff(places_m, axis=0) / 0.01
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() / 0.01 < 4
    assert np.abs(np.diff(heading_rad, 2)).max() / 0.01**2 < 10
    # The position at one time does not depend on the other times passed in the call.
    single_m = [path(np.array([time]))[0][0] for time in times_s[::250]]
    np.testing.assert_allclose(single_m, places_m[::250], atol=1e-4)


def test_there_and_back_walks_the_length_and_faces_back():
    places_m, heading_rad = there_and_back(1.2, 2.5, 1.0)(np.linspace(0, 8.0, 801))
    np.testing.assert_allclose(np.ptp(places_m[:, 0]), 2.5, atol=0.15)  # the path has wide turns
    assert np.isclose(heading_rad, np.pi, atol=1e-6).any()


def test_cycles_differ_in_length_and_phase_increases():
    times_s = np.arange(0, 30, 0.01)
    phase, cycle_s = cycle_phase(generator("clock"), times_s, 1.0, 0.3, 0.04)
    assert np.isclose(phase[0], 0.3, atol=0.02)
    assert (np.diff(phase) > 0).all()
    assert 0.02 < cycle_s.std() < 0.1


def test_smooth_noise_has_unit_variance_and_does_not_depend_on_the_rate():
    slow = smooth_noise(generator("noise"), np.arange(0, 200, 0.1))
    fast = smooth_noise(generator("noise"), np.arange(0, 199.95, 0.05))
    np.testing.assert_allclose(slow, fast[::2], atol=1e-9)
    assert 0.85 < slow.std() < 1.15


def test_a_curve_may_end_in_the_next_cycle():
    """A descent from a key at 0.9 to a key at 1.05 ends at phase 0.05 of the next cycle."""
    curve = ease((0.2, 0.0), (0.9, 1.0), (1.05, 0.0))
    values = curve.at(np.array([0.05, 0.2, 0.9, 0.975, 1.0, 0.0, 1.05, 1.975]))
    np.testing.assert_allclose(values[[0, 1, 2, 3, 6, 7]], [0, 0, 1, 0.5, 0, 0.5], atol=1e-12)
    assert values[4] == values[5]
    with pytest.raises(ValueError, match="one cycle"):
        ease((0.2, 0.0), (1.25, 1.0))


def test_the_fastest_of_a_hundred_performers_can_jump_to_the_side():
    """A fast performer's landing has a phase above 1, which is accepted."""
    fastest = max(map(make_performer, range(100)), key=lambda one: one.tempo)
    assert fastest.tempo > 1.2
    motion = perform("jump_to_the_side", fastest, duration_s=2.0, rate_hz=30.0)
    assert np.isfinite(motion.poses_rad).all()
