"""Tests of the plausibility checks: each check detects a faulty motion, and the activities pass."""

from dataclasses import replace

import numpy as np
import pytest

from builders.activities import ACTIVITIES, make_performer, perform_annotated
from builders.activities.check import main
from builders.activities.gait_analysis import boulic_cycle_s, measure_gait
from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.motion_checks import (
    LIMITS,
    check_performance,
    floor_penetration_m,
    foot_slip_m,
    joint_angles_deg,
    unbalanced_share,
)
from builders.activities.movement import Movement, Stance, arm, arms, pelvis, root, step, trunk
from builders.activities.self_intersection import segment_distance_m, self_intersections
from builders.activities.synthesis import synthesize

# The activities cover all kinds: on the spot, jump, walk, kick, hands together, and chair.
TESTED = (
    "golf_swing",
    "jump_to_the_side",
    "step_over_obstacle_and_back",
    "side_kick",
    "crouch",
    "walking_to_the_side_and_turn_back",
    "turn_90_degrees_right_or_left_then_back",
)


def performed(movement):
    """Return the movement as performed by performer 1, and its joint trajectories."""
    take = synthesize("test", lambda style: movement, make_performer(1), duration_s=2.0)
    return take, JointTrajectories(take.motion)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", TESTED)
def test_an_activity_is_within_all_limits(name, number):
    result = check_performance(ACTIVITIES[name], perform_annotated(name, number))
    assert result.failed == (), {key: result.values[key] for key in result.failed}


def test_measured_joint_angles_agree_with_the_given_ones():
    """The measured angles differ from the given angles only by habitual posture and tremor."""
    _, body = performed(Movement(1.0, trunk(flexion=30) | arm("left", elbow=70) | pelvis(tilt=10)))
    angles = joint_angles_deg(body)
    assert np.abs(np.median(angles["trunk.flexion"]) - 32) < 6
    assert np.abs(np.median(angles["left.elbow.flexion"]) - 86) < 12
    assert np.abs(np.median(angles["trunk.twist"])) < 5


def test_a_body_below_the_floor_is_detected():
    _, body = performed(Movement(1.0, {}))
    sunk = replace(body.motion, transl_m=body.motion.transl_m - [0, 0, 0.05])
    assert floor_penetration_m(body) < 0.01
    assert 0.04 < floor_penetration_m(JointTrajectories(sunk)) < 0.06


def test_sliding_feet_are_detected_and_rolling_feet_are_not():
    take, body = performed(Movement(1.0, {}))
    assert foot_slip_m(body, take.contact) < 0.002
    drift_m = np.linspace(0, 0.1, body.motion.num_poses)[:, None] * [1.0, 0, 0]
    slid = replace(body.motion, transl_m=body.motion.transl_m + drift_m)
    np.testing.assert_allclose(foot_slip_m(JointTrajectories(slid), take.contact), 0.1, rtol=0.05)
    walk = perform_annotated("walk_forward_and_turn_around", 1, duration_s=3.0)
    assert foot_slip_m(JointTrajectories(walk.motion), walk.contact) < 0.03


def test_an_arm_inside_the_trunk_is_detected_unless_the_touch_is_allowed():
    _, body = performed(Movement(1.0, arms(flexion=10, twist=60, elbow=100)))
    inside, pair = self_intersections(body)
    assert inside.mean() > 0.9
    assert "forearm" in pair or "hand" in pair
    allowed = [("forearm", "trunk"), ("hand", "trunk"), ("forearm", "forearm"), ("hand", "forearm")]
    assert self_intersections(body, [*allowed, ("hand", "hand")])[0].mean() < 0.02
    assert self_intersections(performed(Movement(1.0, arms(abduction=40)))[1])[0].mean() == 0


def test_distances_between_segments_are_exact():
    o, x, y, z = np.zeros((1, 3)), *np.eye(3)[:, None]
    np.testing.assert_allclose(segment_distance_m(o, x, z, z + x), 1.0)  # side-by-side stance
    np.testing.assert_allclose(segment_distance_m(o - x, x, y - z, y + z), 1.0)  # crossed feet
    np.testing.assert_allclose(segment_distance_m(o, x, 3 * x, 4 * x), 2.0)  # tandem stance


def test_a_body_that_leans_beyond_its_feet_is_unbalanced():
    assert unbalanced_share(performed(Movement(1.0, {}))[1]) == 0
    leaning = Movement(1.0, root(ahead=0.3), Stance(balance=1.0))
    assert unbalanced_share(performed(leaning)[1]) > 0.5


def test_a_knee_beyond_its_range_is_named():
    take, body = performed(Movement(1.0, step("left", (0.1, 0.3), (0.6, 0.9), ahead=0.3)))
    poses_rad = body.motion.poses_rad.copy()
    poses_rad[:, 4, 0] = np.deg2rad(160)  # the left knee in SMPL
    broken = replace(take, motion=replace(body.motion, poses_rad=poses_rad))
    result = check_performance(ACTIVITIES["stand_still"], broken)
    assert "range_deg" in result.failed
    assert result.worst["range_deg"] == "left.knee.flexion"
    np.testing.assert_allclose(result.values["range_deg"], 160 - 145, atol=0.1)


def test_the_gait_of_a_walk_agrees_with_boulic():
    """Boulic's cycle at 1.3 m/s and a hip height of 0.9 m takes 1.12 s; a built-in walk agrees."""
    np.testing.assert_allclose(boulic_cycle_s(1.3, 0.9), 1.12, atol=0.005)
    walk = measure_gait(perform_annotated("walk_forward_and_turn_around", 2, duration_s=9.0))
    assert walk.problems == ()
    np.testing.assert_allclose(walk.stride_m, walk.speed_mps * walk.cycle_s, rtol=0.08)
    hurried = replace(walk, speed_mps=2.0, cycle_s=0.5, foot_ratio=4.0, expected_cycle_s=0.9)
    assert len(hurried.problems) == 3


def test_the_command_prints_a_line_per_activity_and_rejects_unknown_names(capsys):
    assert main(["stand_still", "--subjects", "1", "--seconds", "2"]) == 0
    out = capsys.readouterr().out
    assert "stand_still" in out
    assert "all within the limits" in out
    assert f"{LIMITS['slip_cm']:g}" in out
    assert main(["juggle"]) == 2
