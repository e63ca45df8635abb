"""Joints of every layout mapped to SMPL's 24 joints, and the faces that belong to each joint."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.files import free_body
from radarsim.scene.formats.smpl import read_body_model
from radarsim.scene.joint_surfaces import (
    LEAST_FACES,
    joint_faces,
    smpl_joint_of,
    smpl_joints,
)
from radarsim.scene.skeleton import JOINT, JOINT_NAMES, PARENTS
from tests.helpers.synthetic_bodies import synthetic_model

BODY = free_body()


def model_of(layout, tmp_path):
    np.savez(tmp_path / "model.npz", **synthetic_model(layout))
    return read_body_model(tmp_path / "model.npz")


def centres_m(body):
    return np.asarray(body.template_m)[np.asarray(body.faces)].mean(axis=1)


def test_every_face_of_the_free_body_belongs_to_one_joint():
    """Each joint of the free body has more than the minimum number of faces; no face is shared."""
    belongs = joint_faces(BODY)
    assert belongs.sum(axis=0).min() >= LEAST_FACES
    np.testing.assert_array_equal(belongs.sum(axis=1), 1)


@pytest.mark.parametrize("name", JOINT_NAMES)
def test_the_faces_of_a_joint_lie_at_the_joint_or_its_bone(name):
    """The mean of a joint's faces is within 0.3 m of the joint; the shank belongs to the knee."""
    mean_m = centres_m(BODY)[joint_faces(BODY)[:, JOINT[name]]].mean(axis=0)
    joint_m = np.asarray(BODY.joint_template_m)[JOINT[name]]
    assert np.linalg.norm(mean_m - joint_m) < 0.3
    if "left" in name:
        assert mean_m[0] > 0.01


@pytest.mark.parametrize(("layout", "left", "right"), [("smplh", 25, 40), ("smplx", 28, 43)])
def test_fingers_count_to_the_hand_and_the_face_to_the_head(layout, left, right, tmp_path):
    """A joint that SMPL lacks belongs to its nearest ancestor, or to the hand below the wrist."""
    body = model_of(layout, tmp_path)
    np.testing.assert_array_equal(smpl_joints(body), [*range(22), left, right])
    owner = smpl_joint_of(body)
    np.testing.assert_array_equal(owner[:22], np.arange(22))
    hand_of = {JOINT["left_wrist"]: JOINT["left_hand"], JOINT["right_wrist"]: JOINT["right_hand"]}
    for joint in range(22, body.num_joints):
        parent = owner[body.parents[joint]]
        assert owner[joint] == hand_of.get(parent, parent)


def test_smpl_joints_are_their_own():
    np.testing.assert_array_equal(smpl_joints(BODY), np.arange(24))
    np.testing.assert_array_equal(smpl_joint_of(BODY), np.arange(24))


@pytest.mark.parametrize("layout", ["smpl", "smplh", "smplx"])
def test_a_joint_of_few_faces_shares_those_around_it(layout, tmp_path):
    """The test bodies have 80 faces, so many joints have fewer than ten; these are assigned ten."""
    body = model_of(layout, tmp_path)
    belongs = joint_faces(body)
    weights = np.asarray(body.skin_weights) @ np.eye(24)[smpl_joint_of(body)]
    weights = weights[np.asarray(body.faces)].sum(axis=1)
    assert belongs.any(axis=0).all()
    assert (belongs.sum(axis=0) == LEAST_FACES).sum() > 5
    for joint in range(24):
        least = weights[belongs[:, joint], joint].min()
        owned = weights.argmax(axis=1) == joint
        assert (weights[~belongs[:, joint] & ~owned, joint] <= least).all() or owned.sum() > 9


def test_a_joint_without_weight_has_the_faces_of_its_parent():
    head, neck = JOINT["head"], JOINT["neck"]
    assert PARENTS[head] == neck
    weights = np.array(BODY.skin_weights)
    weights[:, neck] += weights[:, head]
    weights[:, head] = 0
    belongs = joint_faces(replace(BODY, skin_weights=jnp.asarray(weights)))
    assert belongs[:, neck].sum() > 1000
    np.testing.assert_array_equal(belongs[:, head], belongs[:, neck])
