"""A motion fitted to another body keeps stature, feet on the floor, and the height of jumps."""

import logging
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.files import free_body
from radarsim.scene.body import fit_pose, joint_positions, skin
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement, place
from radarsim.scene.retarget import _warn_once, fit_to_body
from radarsim.scene.skeleton import JOINT, LEG_PER_STATURE, NUM_JOINTS, leg_length_m

BODY = replace(free_body(), shape_space="free")
REST_M = np.asarray(BODY.joint_template_m)
HIP_HEIGHT_M = float(REST_M[0, 1] - np.asarray(BODY.template_m)[:, 1].min())


def stander(height_m=HIP_HEIGHT_M, num_poses=100, layout="smpl", space="smpl", **fields):
    """A person at the origin who faces -y and swings the arms, with a given pelvis height."""
    poses_rad = np.zeros((num_poses, NUM_JOINTS[layout], 3))
    poses_rad[:, 0] = [np.pi / 2, 0, 0]
    poses_rad[:, JOINT["left_shoulder"], 1] = np.linspace(-1, 1, num_poses)
    motion = Motion(
        poses_rad=poses_rad, transl_m=np.zeros((num_poses, 3)), rate_hz=60.0, layout=layout,
        shape_space=space, **fields,
    )  # fmt: skip
    return replace(motion, transl_m=np.array([0, 0, height_m]) - motion.pelvis_m)


def vertices_m(fitted, body=BODY):
    poses_rad = jnp.asarray(fitted.motion.poses_rad[::10], jnp.float32)
    poses_rad = fit_pose(poses_rad, fitted.motion.layout, body)
    transl_m = jnp.asarray(fitted.motion.transl_m[::10], jnp.float32)
    betas = jnp.asarray(fitted.betas, jnp.float32)
    return np.asarray(skin(body, betas, poses_rad, transl_m, fitted.body_scale))


@pytest.mark.parametrize("layout", ["smpl", "smplh", "smplx"])
def test_feet_are_on_the_floor_in_every_layout(layout):
    fitted = fit_to_body(stander(HIP_HEIGHT_M + 0.05, layout=layout), BODY)
    # The tolerance is 0.1 mm, for float32 vertices of a body 1.7 m tall.
    np.testing.assert_allclose(vertices_m(fitted)[..., 2].min(axis=1), 0, atol=1e-4)


@pytest.mark.parametrize("ratio", [0.8, 1.0, 1.15])
def test_stature_is_estimated_from_the_height_of_the_hips(ratio):
    fitted = fit_to_body(stander(HIP_HEIGHT_M * ratio), BODY)
    assert fitted.body_scale == pytest.approx(ratio, rel=1e-4)
    height_m = vertices_m(fitted)[..., 2].max()
    assert height_m == pytest.approx(BODY.stature_m * ratio, abs=2e-3)


def test_a_recording_with_the_floor_elsewhere_gives_no_stature():
    fitted = fit_to_body(stander(HIP_HEIGHT_M + 3.0), BODY)
    assert fitted.body_scale == 1.0
    np.testing.assert_allclose(vertices_m(fitted)[..., 2].min(axis=1), 0, atol=1e-4)


def test_a_sitting_subject_gives_no_stature():
    sitter = stander(HIP_HEIGHT_M * 0.6)
    for side in ("left", "right"):
        sitter.poses_rad[:, JOINT[f"{side}_hip"], 0] = -1.5
        sitter.poses_rad[:, JOINT[f"{side}_knee"], 0] = 1.5
    fitted = fit_to_body(sitter, BODY)
    assert fitted.body_scale == 1.0
    np.testing.assert_allclose(vertices_m(fitted)[..., 2].min(axis=1), 0, atol=1e-4)


@pytest.mark.parametrize(("stature_m", "scale"), [(1.60, 1.60), (0.9, None), (2.6, None)])
def test_a_known_stature_is_used_within_limits(stature_m, scale):
    body_m = leg_length_m(REST_M) / LEG_PER_STATURE
    wanted = np.clip(stature_m / body_m, 0.7, 1.3) if scale is None else scale / body_m
    fitted = fit_to_body(stander(stature_m=stature_m), BODY)
    assert fitted.body_scale == pytest.approx(wanted, rel=1e-5)


def test_a_jump_keeps_its_height():
    """The body is in the air in a third of the poses, and the fit does not change this."""
    motion = stander()
    air_m = np.maximum(0, 0.4 * np.sin(np.linspace(0, 6 * np.pi, 100)) - 0.2)
    motion = replace(motion, transl_m=motion.transl_m + np.outer(air_m, [0, 0, 1]))
    fitted = fit_to_body(motion, BODY)
    low_m = vertices_m(fitted)[..., 2].min(axis=1)
    np.testing.assert_allclose(low_m, air_m[::10], atol=1e-3)


def test_one_pose_below_the_floor_does_not_lift_the_others():
    motion = stander()
    motion.transl_m[50] -= [0, 0, 0.2]
    fitted = fit_to_body(motion, BODY)
    assert np.median(vertices_m(fitted)[..., 2].min(axis=1)) == pytest.approx(0, abs=1e-4)


def test_the_path_of_the_pelvis_is_kept():
    motion = stander(num_poses=50)
    path_m = np.cumsum(np.random.default_rng(0).normal(size=(50, 3)) * [0.01, 0.01, 0], axis=0)
    motion = replace(motion, transl_m=motion.transl_m + path_m)
    fitted = fit_to_body(motion, BODY)
    np.testing.assert_allclose(fitted.motion.pelvis_m[:, :2], motion.pelvis_m[:, :2], atol=1e-9)


def test_a_placed_body_has_its_own_pelvis_joint_at_the_start():
    fitted = fit_to_body(stander(), BODY)
    placed = place(fitted.motion, Placement(distance_m=2.5, lateral_m=-1.0))
    joints_m = joint_positions(
        BODY, jnp.asarray(fitted.betas, jnp.float32), jnp.asarray(placed.poses_rad[0], jnp.float32),
        jnp.asarray(placed.transl_m[0], jnp.float32), fitted.body_scale,
    )  # fmt: skip
    np.testing.assert_allclose(joints_m[0, :2], [2.5, -1.0], atol=1e-5)
    np.testing.assert_allclose(joints_m[0], placed.pelvis_m[0], atol=1e-5)


def test_betas_are_used_in_their_own_space_and_padded_or_truncated():
    given = np.arange(1.0, 17.0) / 10
    fitted = fit_to_body(stander(betas=given, space="free"), BODY)
    np.testing.assert_array_equal(fitted.betas, given[: BODY.num_betas])
    assert fitted.body_scale == 1.0
    few = fit_to_body(stander(betas=given[:3], space="free"), BODY)
    np.testing.assert_array_equal(few.betas, [0.1, 0.2, 0.3] + [0] * (BODY.num_betas - 3))


def test_in_its_own_shape_space_a_motion_is_only_lifted():
    motion = stander(betas=np.ones(10), space="free")
    fitted = fit_to_body(motion, BODY)
    np.testing.assert_allclose(
        np.diff(fitted.motion.transl_m - motion.transl_m, axis=0), 0, atol=1e-12
    )
    np.testing.assert_array_equal(fitted.motion.transl_m[:, :2], motion.transl_m[:, :2])


def test_betas_of_another_space_are_ignored_with_one_warning(caplog):
    _warn_once.cache_clear()
    with caplog.at_level(logging.WARNING, logger="radarsim"):
        for _ in range(3):
            fitted = fit_to_body(stander(betas=np.ones(16)), BODY)
    assert not fitted.betas.any()
    assert len(caplog.records) == 1
    assert "betas of the smpl shape space are not applied" in caplog.text
