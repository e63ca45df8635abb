"""The judges of the activities: each finds the fault it is for, and the activities have none."""

from dataclasses import replace

import numpy as np
import pytest

from builders.activities import ACTIVITIES, perform_and_tell, subject
from builders.activities.capsules import buried, segment_gap_m
from builders.activities.check import main
from builders.activities.gait import Walk, boulic_cycle_s, measure_walk
from builders.activities.judge import LIMITS, floor_m, joint_angles_deg, judge, slip_m, unbalanced
from builders.activities.movement import Movement, Stance, arm, arms, pelvis, root, step, trunk
from builders.activities.perform import rehearse
from builders.activities.posed import Posed

# One of each kind: on the spot, a jump, a walk, a kick, hands together, a chair.
SEEN = (
    "golf_swing",
    "jump_to_the_side",
    "step_over_obstacle_and_back",
    "side_kick",
    "crouch",
    "walking_to_the_side_and_turn_back",
    "turn_90_degrees_right_or_left_then_back",
)


def posed(movement):
    """A subject with no more habits than a name, doing that."""
    take = rehearse("test", lambda style: movement, subject(1), duration_s=2.0)
    return take, Posed(take.motion)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", SEEN)
def test_an_activity_keeps_to_what_a_body_can_do(name, number):
    findings = judge(ACTIVITIES[name], perform_and_tell(name, number))
    assert findings.failed == (), {key: findings.values[key] for key in findings.failed}


def test_angles_are_read_back_as_they_were_given():
    """Within the habits and the tremor of one subject, a few degrees."""
    _, body = posed(Movement(1.0, trunk(flexion=30) | arm("left", elbow=70) | pelvis(tilt=10)))
    angles = joint_angles_deg(body)
    assert np.abs(np.median(angles["trunk.flexion"]) - 32) < 6
    assert np.abs(np.median(angles["left.elbow.flexion"]) - 86) < 12
    assert np.abs(np.median(angles["trunk.twist"])) < 5


def test_a_body_sunk_into_the_floor_is_noticed():
    _, body = posed(Movement(1.0, {}))
    sunk = replace(body.motion, transl_m=body.motion.transl_m - [0, 0, 0.05])
    assert floor_m(body) < 0.01
    assert 0.04 < floor_m(Posed(sunk)) < 0.06


def test_feet_that_slide_are_noticed_and_feet_that_roll_are_not():
    take, body = posed(Movement(1.0, {}))
    assert slip_m(body, take.contact) < 0.002
    drift_m = np.linspace(0, 0.1, body.motion.num_poses)[:, None] * [1.0, 0, 0]
    slid = replace(body.motion, transl_m=body.motion.transl_m + drift_m)
    np.testing.assert_allclose(slip_m(Posed(slid), take.contact), 0.1, rtol=0.05)
    walk = perform_and_tell("walk_forward_and_turn_around", 1, duration_s=3.0)
    assert slip_m(Posed(walk.motion), walk.contact) < 0.03


def test_an_arm_through_the_trunk_is_noticed_unless_it_is_meant():
    _, body = posed(Movement(1.0, arms(flexion=10, twist=60, elbow=100)))
    inside, pair = buried(body)
    assert inside.mean() > 0.9
    assert "forearm" in pair or "hand" in pair
    meant = [("forearm", "trunk"), ("hand", "trunk"), ("forearm", "forearm"), ("hand", "forearm")]
    assert buried(body, [*meant, ("hand", "hand")])[0].mean() < 0.02
    assert buried(posed(Movement(1.0, arms(abduction=40)))[1])[0].mean() == 0


def test_segments_are_as_far_apart_as_they_look():
    o, x, y, z = np.zeros((1, 3)), *np.eye(3)[:, None]
    np.testing.assert_allclose(segment_gap_m(o, x, z, z + x), 1.0)  # side by side
    np.testing.assert_allclose(segment_gap_m(o - x, x, y - z, y + z), 1.0)  # crossing
    np.testing.assert_allclose(segment_gap_m(o, x, 3 * x, 4 * x), 2.0)  # in line


def test_one_who_leans_beyond_the_feet_is_unbalanced():
    assert unbalanced(posed(Movement(1.0, {}))[1]) == 0
    leaning = Movement(1.0, root(ahead=0.3), Stance(balance=1.0))
    assert unbalanced(posed(leaning)[1]) > 0.5


def test_a_knee_that_bends_too_far_is_named():
    take, body = posed(Movement(1.0, step("left", (0.1, 0.3), (0.6, 0.9), ahead=0.3)))
    poses_rad = body.motion.poses_rad.copy()
    poses_rad[:, 4, 0] = np.deg2rad(160)  # SMPL's left knee
    broken = replace(take, motion=replace(body.motion, poses_rad=poses_rad))
    findings = judge(ACTIVITIES["stand_still"], broken)
    assert "range_deg" in findings.failed
    assert findings.words["range_deg"] == "left.knee.flexion"
    np.testing.assert_allclose(findings.values["range_deg"], 160 - 145, atol=0.1)


def test_a_walk_is_measured_and_stands_by_boulic():
    """1.3 m/s with hips at 0.9 m: a cycle of 1.12 s."""
    np.testing.assert_allclose(boulic_cycle_s(1.3, 0.9), 1.12, atol=0.005)
    walk = measure_walk(perform_and_tell("walk_forward_and_turn_around", 2, duration_s=9.0))
    assert walk.problems == ()
    np.testing.assert_allclose(walk.stride_m, walk.speed_mps * walk.cycle_s, rtol=0.08)
    hurried = Walk(speed_mps=2.0, cycle_s=0.5, stride_m=1.0, foot_ratio=4.0, straight=True,
                   expected_cycle_s=0.9)  # fmt: skip
    assert len(hurried.problems) == 3


def test_the_command_prints_a_line_and_knows_its_names(capsys):
    assert main(["stand_still", "--subjects", "1", "--seconds", "2"]) == 0
    out = capsys.readouterr().out
    assert "stand_still" in out
    assert "all within the limits" in out
    assert f"{LIMITS['slip_cm']:g}" in out
    assert main(["juggle"]) == 2
