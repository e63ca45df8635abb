"""Tests of the built-in activities: foot contacts, floor, joint angles, speeds, differing takes."""

import functools
import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from builders.activities import (
    ACTIVITIES,
    ATTRIBUTES,
    PERFORMERS,
    find_activity,
    make_performer,
    perform,
    perform_annotated,
)
from builders.activities.skeleton import SIDES, SMPL_TO_WORLD, J, forward_kinematics
from radarsim.files import free_body
from radarsim.scene.body import skin
from radarsim.scene.motion import check_motion
from radarsim.scene.placement import ActivityArea, Placement, place
from radarsim.scene.retarget import fit_to_body

RATE_HZ = 120.0
# Activities are distributed over the first three performers, so that each performer is tested.
CAST = {name: index % 3 for index, name in enumerate(ACTIVITIES)}
AIRBORNE = (
    *("jump", "jumping_jack", "jump_forward_and_back", "jump_to_the_side", "jumping_lunge"),
    *("jog_in_place", "jog_forward_and_turn_around", "jog_clockwise", "high_leg_lift"),
)
# A third of the activities are tested; `builders.activities.check` checks all sixty.
TESTED = list(ACTIVITIES)[::3]


@functools.cache
def take(name, rate_hz=RATE_HZ):
    """Return a performance of an activity, and its joint positions and rotations in float64."""
    performance = perform_annotated(name, CAST[name], rate_hz=rate_hz)
    motion = performance.motion
    local = Rotation.from_rotvec(motion.poses_rad.reshape(-1, 3)).as_matrix()
    local = local.reshape(motion.num_poses, 24, 3, 3)
    rotations = SMPL_TO_WORLD @ local @ SMPL_TO_WORLD.T
    rotations[:, 0] = local[:, 0] @ SMPL_TO_WORLD.T
    return performance, forward_kinematics(
        make_performer(CAST[name]).skeleton, rotations, motion.pelvis_m
    )


def soles(name):
    """Return the heel, ball and toe positions [pose, side, mark, 3] and the foot contacts."""
    performance, (joints_m, rotations) = take(name)
    skeleton = make_performer(CAST[name]).skeleton
    marks_m = []
    for side, label in enumerate(SIDES):
        ankle, foot = J[f"{label}_ankle"], J[f"{label}_foot"]
        of_ankle = np.stack([skeleton.heel_m[side], skeleton.ball_m[side]])
        toe = skeleton.toe_m[side] + skeleton.rest_m[ankle] - skeleton.rest_m[foot]
        rear = joints_m[:, ankle, None] + np.einsum("pij,mj->pmi", rotations[:, ankle], of_ankle)
        front = joints_m[:, foot] + rotations[:, foot] @ toe
        marks_m.append(np.concatenate([rear, front[:, None]], axis=1))
    return np.stack(marks_m, axis=1), performance.contact


def speed_mps(joints_m, rate_hz=RATE_HZ):
    return np.linalg.norm(np.diff(joints_m, axis=0), axis=-1) * rate_hz


def test_there_are_sixty_activities_with_the_ids_of_the_protocol_and_complete_texts():
    assert len(ACTIVITIES) == 60
    ids = [activity.id for activity in ACTIVITIES.values()]
    assert ids == [i for i in range(1, 66) if i not in (16, 23, 24, 42, 53)]
    for activity in ACTIVITIES.values():
        assert len(set(activity.captions)) >= 4
        assert tuple(activity.attributes) == ATTRIBUTES
        for sentence in activity.attributes.values():
            assert sentence[0].isupper()
            assert sentence.endswith(".")


def test_the_same_ids_give_the_same_bytes_and_another_repeat_another_take():
    first, again = perform("throw", 2, repeat=1, seed=7), perform("throw", 2, repeat=1, seed=7)
    assert first.poses_rad.tobytes() == again.poses_rad.tobytes()
    assert first.transl_m.tobytes() == again.transl_m.tobytes()
    for other in (perform("throw", 2, 2, 7), perform("throw", 3, 1, 7), perform("throw", 2, 1, 8)):
        assert np.abs(other.poses_rad - first.poses_rad).max() > 0.05


def test_performers_are_different_people():
    statures_m = [person.stature_m for person in PERFORMERS]
    assert len(PERFORMERS) >= 4
    assert np.ptp(statures_m) > 0.05
    assert min(statures_m) > 1.45
    assert max(statures_m) < 2.0
    assert len({person.tempo for person in PERFORMERS}) == len(PERFORMERS)
    assert {make_performer(number).right_handed for number in range(40)} == {True, False}


def test_the_error_for_an_unknown_activity_lists_the_known_ones():
    with pytest.raises(ValueError, match="jumping_jack"):
        find_activity("juggle")


@pytest.mark.parametrize("name", TESTED)
def test_the_motion_is_valid_and_stays_in_the_area_when_started_at_three_metres(name):
    motion = check_motion(take(name)[0].motion, name)
    assert motion.num_poses == 600
    assert (motion.layout, motion.shape_space) == ("smpl", "free")
    placed = place(motion, Placement())
    assert ActivityArea().inside(placed) == motion.num_poses


@pytest.mark.parametrize("name", TESTED)
def test_no_part_of_the_body_is_in_the_floor_and_a_sole_is_on_it(name):
    """No vertex is more than 1.5 cm below the floor; this tolerates the bulge of a flexed foot."""
    motion = take(name)[0].motion
    picks = slice(None, None, 10)
    poses_rad, transl_m = motion.poses_rad[picks], motion.transl_m[picks]
    lowest_m = np.asarray(skin(free_body(), motion.betas, poses_rad, transl_m))[..., 2].min(axis=1)
    assert lowest_m.min() > -0.015
    touching = lowest_m < 0.01
    assert touching.mean() > (0.3 if name in AIRBORNE else 0.99)


def test_fitting_a_motion_to_the_free_body_changes_nothing():
    """The fit does not scale the body, and raises it by at most the bulge of a sole."""
    motion = perform("squat", 1)
    fitted = fit_to_body(motion, free_body())
    assert fitted.body_scale == 1.0
    assert np.abs(fitted.motion.transl_m - motion.transl_m).max() < 0.005


@pytest.mark.parametrize("name", TESTED)
def test_a_standing_foot_does_not_slide(name):
    """The heel and the ball of a foot move by less than 1 cm while they bear weight."""
    marks_m, contact = soles(name)
    for side in (0, 1):
        edges = np.flatnonzero(np.diff(np.r_[0, contact[:, side], 0]))
        for start, end in zip(edges[::2], edges[1::2]):
            foot_m = marks_m[start:end, side, :2]
            for mark_m in np.moveaxis(foot_m, 1, 0):
                carries = mark_m[:, 2] < 0.003
                if carries.any():
                    assert np.ptp(mark_m[carries, :2], axis=0).max() < 0.01


@pytest.mark.parametrize("name", TESTED)
def test_knees_and_ankles_stay_in_their_range(name):
    """Knee flexion is at most 145 degrees; the ankle has at most 40 degrees of dorsiflexion and
    60 degrees of plantar flexion (AAOS, plus 5 degrees for the joints of the foot).
    """
    poses_deg = np.rad2deg(take(name)[0].motion.poses_rad)
    knees = poses_deg[:, [J["left_knee"], J["right_knee"]]]
    assert knees[..., 0].min() > -1
    assert knees[..., 0].max() < 145
    assert np.abs(knees[..., 1:]).max() < 1  # the knee is a hinge joint
    ankles = poses_deg[:, [J["left_ankle"], J["right_ankle"]], 0]
    assert ankles.min() > -40
    assert ankles.max() < 60


@pytest.mark.parametrize("name", TESTED[::2])
def test_velocity_is_continuous(name):
    """If the velocity had a step, quadrupling the pose rate would quadruple the acceleration."""
    coarse, fine = (
        np.linalg.norm(np.diff(take(name, rate)[1][0], 2, axis=0), axis=-1).max() * rate**2
        for rate in (RATE_HZ, 4 * RATE_HZ)
    )
    assert fine < 2.2 * coarse


def steady(joints_m):
    """Return a mask of the poses in which the pelvis of a walker moves at a steady speed."""
    along = np.linalg.norm(np.gradient(joints_m[:, 0, :2], 1 / RATE_HZ, axis=0), axis=1)
    return along > 0.92 * np.percentile(along, 90)


def test_a_walkers_feet_swing_two_and_a_half_to_three_times_as_fast_as_the_torso():
    """The maximum ratio of foot speed to torso speed is 3.2 (walkers of Boulic and Winter)."""
    joints_m = take("walk_forward_and_turn_around")[1][0]
    speeds = speed_mps(joints_m)[steady(joints_m)[1:]]
    torso = np.median(speeds[:, 0])
    assert 0.9 < torso < 1.5
    feet = np.percentile(speeds[:, [J["left_ankle"], J["right_ankle"]]].max(axis=1), 98)
    assert 2.4 < feet / torso < 3.2


def test_a_walkers_arms_swing_against_the_legs_and_knees_bend_in_swing():
    performance, (joints_m, rotations) = take("walk_forward_and_turn_around")
    ahead, even = rotations[:, 0, :, 0], steady(joints_m)
    forward_of = {
        name: np.sum((joints_m[:, J[name]] - joints_m[:, 0]) * ahead, axis=1)
        for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle")
    }
    for side in SIDES:
        arm, leg = forward_of[f"{side}_wrist"], forward_of[f"{side}_ankle"]
        assert np.corrcoef(arm[even], leg[even])[0, 1] < -0.7
    knee_deg = np.rad2deg(performance.motion.poses_rad[:, J["left_knee"], 0])
    stands = performance.contact[:, 0]
    assert knee_deg[~stands].max() > 45
    assert np.median(knee_deg[stands]) < 30


def test_a_jump_leaves_the_floor_and_falls_freely():
    """The acceleration in flight is -g within 10 %, because flight times vary by a few percent."""
    joints_m = take("jump")[1][0]
    height_m = soles("jump")[0][..., 2].min(axis=(1, 2))
    flies = height_m > 0.03
    assert 0.08 < height_m.max() < 0.6
    up_mps2 = np.diff(joints_m[:, 0, 2], 2) * RATE_HZ**2
    np.testing.assert_allclose(np.median(up_mps2[flies[1:-1]]), -9.81, rtol=0.1)


def test_a_bow_keeps_the_centre_of_mass_above_the_feet():
    """The hips move back in a bow, so that the centre of mass stays between heels and toes."""
    from builders.activities.balance import centre_of_mass_m

    for name in ("bow", "squat", "standing_forward_bend", "raise_one_leg_to_the_side", "kick"):
        marks_m, _ = soles(name)
        centre_m = centre_of_mass_m(take(name)[1][0])
        on_floor = marks_m[..., 2] < 0.01
        ahead = np.where(on_floor, marks_m[..., 0], np.nan)
        inside = (centre_m[:, 0] > np.nanmin(ahead, axis=(1, 2)) - 0.02) & (
            centre_m[:, 0] < np.nanmax(ahead, axis=(1, 2)) + 0.02
        )
        assert inside.mean() > 0.95, name


SLOW_HZ = 30.0  # enough poses to distinguish activities


def descriptor(name):
    """Return phase-independent features: joint positions and speeds, and the body's path."""
    performance, (joints_m, _) = take(name, SLOW_HZ)
    shape_m = joints_m - joints_m[:, :1]
    pelvis = Rotation.from_rotvec(performance.motion.poses_rad[:, 0])
    heading = pelvis.as_euler("ZYX")[:, :1]
    local_m = np.einsum("pij,pkj->pki", Rotation.from_euler("z", -heading).as_matrix(), shape_m)
    where = joints_m[:, 0] - joints_m[0, 0]
    return np.concatenate(
        [
            local_m.mean(axis=0).ravel(),
            local_m.std(axis=0).ravel(),
            0.1 * np.diff(local_m, axis=0).std(axis=0).ravel() * SLOW_HZ,
            where.std(axis=0),
            [joints_m[:, 0, 2].min()],
            [0.2 * np.unwrap(heading[:, 0]).std()],
        ]
    )


def test_no_two_activities_have_the_same_descriptor():
    """The descriptors of any two activities differ by more than those of takes of one performer."""
    own = descriptor("stand_still")
    described = {name: descriptor(name) for name in ACTIVITIES}
    assert np.linalg.norm(described["stand_still"] - own) == 0
    # The two activities of each pair differ only in the direction of walking or in the head
    # movement.
    alike = {
        frozenset(("walking_clockwise", "walking_counter_clockwise")),
        frozenset(("jog_clockwise", "jog_counter_clockwise")),
    }
    heads = ("stand_still", "nodding_head", "rotating_head")
    alike |= {frozenset(pair) for pair in itertools.combinations(heads, 2)}
    for one, other in itertools.combinations(ACTIVITIES, 2):
        if frozenset((one, other)) not in alike:
            assert np.linalg.norm(described[one] - described[other]) > 0.15, (one, other)


def test_circles_have_the_direction_of_their_names():
    def turn_rad(name):
        joints_m = take(name)[1][0]
        course = np.diff(joints_m[::12, 0, :2], axis=0)
        return np.ptp(np.unwrap(np.arctan2(course[:, 1], course[:, 0]))) * np.sign(
            np.median(np.diff(np.unwrap(np.arctan2(course[:, 1], course[:, 0]))))
        )

    assert turn_rad("walking_counter_clockwise") > 3
    assert turn_rad("walking_clockwise") < -3


def test_a_nodding_head_nods():
    head_deg = np.rad2deg(take("nodding_head")[0].motion.poses_rad[:, J["head"], 0])
    still_deg = np.rad2deg(take("stand_still")[0].motion.poses_rad[:, J["head"], 0])
    assert head_deg.std() > 3 * still_deg.std()


def test_no_two_cycles_are_identical():
    """The lowest points of successive squats differ by millimetres to centimetres."""
    height_m = perform("squat", 1, duration_s=15.0).pelvis_m[:, 2]
    low = (height_m[1:-1] < height_m[:-2]) & (height_m[1:-1] <= height_m[2:])
    lowest_m = height_m[1:-1][low & (height_m[1:-1] < height_m.mean())]
    assert len(lowest_m) >= 3
    times_s = np.flatnonzero(low & (height_m[1:-1] < height_m.mean())) / RATE_HZ
    assert np.diff(times_s).std() > 0.01


def test_a_contact_sheet_shows_a_body_in_every_picture(tmp_path):
    """Each of the four pictures has dark or skin-coloured pixels above the floor line."""
    from matplotlib.image import imread

    from builders.activities.contact_sheet import draw_contact_sheet

    draw_contact_sheet([("squat", perform("squat", 0))], tmp_path / "sheet.png", num_poses=4)
    picture = imread(tmp_path / "sheet.png")[..., :3]
    for part in np.array_split(picture[20:-13], 4, axis=1):
        assert (part.min(axis=-1) < 0.9).mean() > 0.03
