"""Linear blend skinning: rest pose, rigid motion, gradients, layouts, subdivision."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from radarsim.scene.body import fit_pose, joint_positions, skin, subdivide
from radarsim.scene.formats.smpl import read_body_model
from radarsim.scene.skeleton import NUM_JOINTS
from tests.helpers.synthetic_bodies import synthetic_model

pytestmark = pytest.mark.usefixtures("fast_compilation")

ONE_MICROMETRE = 1e-6  # about ten float32 roundings, for a body of 1 m


@pytest.fixture(scope="module", params=["smpl", "smplh", "smplx"])
def body(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / f"{request.param}.npz"
    np.savez(path, **synthetic_model(request.param))
    return read_body_model(path)


@pytest.fixture(scope="module")
def smpl(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "smpl.npz"
    np.savez(path, **synthetic_model("smpl"))
    return read_body_model(path)


def random_poses(body, *batch, seed=1, sigma_rad=0.5):
    rng = np.random.default_rng(seed)
    poses_rad = rng.normal(0, sigma_rad, size=(*batch, body.num_joints, 3))
    return jnp.asarray(poses_rad, jnp.float32), jnp.asarray(rng.normal(size=(*batch, 3)), "float32")


def rest_pose(body):
    return jnp.zeros((body.num_joints, 3)), jnp.zeros(3)


def test_the_zero_pose_is_the_template(body):
    vertices_m = skin(body, jnp.zeros(10), *rest_pose(body))
    np.testing.assert_allclose(vertices_m, body.template_m, atol=ONE_MICROMETRE)
    joints_m = joint_positions(body, jnp.zeros(10), *rest_pose(body))
    np.testing.assert_allclose(joints_m, body.joint_template_m, atol=ONE_MICROMETRE)


def test_a_beta_moves_vertices_along_its_direction(body):
    betas = jnp.zeros(10).at[3].set(2.0)
    vertices_m = skin(body, betas, *rest_pose(body))
    wished_m = body.template_m + 2 * body.shape_dirs[..., 3]
    np.testing.assert_allclose(vertices_m, wished_m, atol=ONE_MICROMETRE)


def test_missing_betas_are_zero_and_betas_beyond_the_model_are_ignored(smpl):
    poses_rad, transl_m = random_poses(smpl)
    few = skin(smpl, jnp.array([1.0, -1.0]), poses_rad, transl_m)
    padded = skin(smpl, jnp.array([1.0, -1.0] + [0.0] * 8), poses_rad, transl_m)
    np.testing.assert_allclose(few, padded, atol=ONE_MICROMETRE)
    many = skin(smpl, jnp.array([1.0, -1.0] + [0.0] * 8 + [9.0]), poses_rad, transl_m)
    np.testing.assert_allclose(many, padded, atol=ONE_MICROMETRE)


def test_rotating_the_root_is_a_rigid_rotation_about_the_pelvis(body):
    poses_rad, transl_m = random_poses(body)
    turn = Rotation.from_rotvec([0.3, -1.1, 0.7])
    root = turn * Rotation.from_rotvec(np.asarray(poses_rad[0]))
    turned_poses_rad = poses_rad.at[0].set(jnp.asarray(root.as_rotvec(), jnp.float32))
    before_m = np.asarray(skin(body, jnp.zeros(10), poses_rad, transl_m), np.float64)
    pelvis_m = np.asarray(joint_positions(body, jnp.zeros(10), poses_rad, transl_m))[0]
    after_m = skin(body, jnp.zeros(10), turned_poses_rad, transl_m)
    wished_m = turn.apply(before_m - pelvis_m) + pelvis_m
    np.testing.assert_allclose(after_m, wished_m, atol=3 * ONE_MICROMETRE)


def test_scale_is_about_the_origin_of_the_rest_pose(body):
    poses_rad, transl_m = random_poses(body)
    whole_m = skin(body, jnp.ones(10), poses_rad, jnp.zeros(3))
    scaled_m = skin(body, jnp.ones(10), poses_rad, transl_m, scale=0.5)
    np.testing.assert_allclose(scaled_m, 0.5 * whole_m + transl_m, atol=3 * ONE_MICROMETRE)


def test_a_joint_moves_only_its_own_subtree(smpl):
    """Without pose correctives, rotating the left knee moves no vertices of other joints."""
    bare = replace(smpl, pose_dirs=jnp.zeros((0, smpl.num_vertices * 3)))
    poses_rad, transl_m = rest_pose(bare)
    moved_m = skin(bare, jnp.zeros(10), poses_rad.at[4, 0].set(1.0), transl_m) - bare.template_m
    below_knee = bare.skin_weights[:, jnp.array([4, 7, 10])].sum(axis=1) > 1e-6
    assert jnp.linalg.norm(moved_m[below_knee], axis=1).max() > 0.01
    assert jnp.linalg.norm(moved_m[~below_knee], axis=1).max() < ONE_MICROMETRE


def test_jit_vmap_and_batching_change_nothing(body):
    poses_rad, transl_m = random_poses(body, 2, 3)
    betas = jnp.linspace(-1, 1, 10)
    batched_m = skin(body, betas, poses_rad, transl_m)
    assert batched_m.shape == (2, 3, body.num_vertices, 3)
    single_m = [[skin(body, betas, p, t) for p, t in zip(*row)] for row in zip(poses_rad, transl_m)]
    mapped = jax.jit(jax.vmap(jax.vmap(lambda p, t: skin(body, betas, p, t))))
    np.testing.assert_allclose(batched_m, np.array(single_m), atol=ONE_MICROMETRE)
    np.testing.assert_allclose(batched_m, mapped(poses_rad, transl_m), atol=ONE_MICROMETRE)


def test_gradients_are_finite_at_the_zero_pose(body):
    def loss(betas, poses_rad, transl_m):
        return jnp.sum(skin(body, betas, poses_rad, transl_m) ** 2)

    gradients = jax.grad(loss, argnums=(0, 1, 2))(jnp.zeros(10), *rest_pose(body))
    assert all(jnp.isfinite(gradient).all() for gradient in gradients)
    assert all(jnp.abs(gradient).max() > 0 for gradient in gradients)


@pytest.mark.parametrize("sigma_rad", [0.0, 1e-4, 0.7])
def test_gradients_equal_finite_differences(smpl, sigma_rad):
    """The test uses float64, so central differences of 1e-6 rad are accurate to nine digits."""
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: x.astype("float64") if x.dtype == jnp.float32 else x, smpl)
        rng = np.random.default_rng(2)
        poses_rad = jnp.asarray(rng.normal(0, sigma_rad, size=(smpl.num_joints, 3)))
        towards = jnp.asarray(rng.normal(size=poses_rad.shape))
        pull = jnp.asarray(rng.normal(size=(smpl.num_vertices, 3)))

        def loss(step):
            vertices_m = skin(wide, jnp.ones(10), poses_rad + step * towards, jnp.zeros(3))
            return jnp.sum(pull * vertices_m)

        slope = (loss(1e-6) - loss(-1e-6)) / 2e-6
        np.testing.assert_allclose(jax.grad(loss)(0.0), slope, rtol=1e-6)


def test_float32_stays_within_a_micrometre_of_float64_far_from_the_origin(body):
    """Vertices are computed relative to the pelvis, so at 5 m only the last bit is lost."""
    poses_rad, _ = random_poses(body, 4)
    transl_m = jnp.full((4, 3), 5.0)
    narrow_m = skin(body, jnp.ones(10), poses_rad, transl_m)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: x.astype("float64") if x.dtype == jnp.float32 else x, body)
        as_wide = (x.astype("float64") for x in (poses_rad, transl_m))
        wide_m = skin(wide, jnp.ones(10), *as_wide)
    np.testing.assert_allclose(narrow_m, wide_m, atol=2 * ONE_MICROMETRE)


def test_poses_with_another_number_of_joints_are_refused_with_a_hint(smpl):
    with pytest.raises(ValueError, match=r"takes \[..., 24, 3\].*fit_pose"):
        skin(smpl, jnp.zeros(10), jnp.zeros((2, 52, 3)), jnp.zeros((2, 3)))


@pytest.mark.parametrize("layout_from", ["smpl", "smplh", "smplx"])
def test_fit_pose_keeps_the_joints_both_layouts_have(body, layout_from):
    count = NUM_JOINTS[layout_from]
    poses_rad = jnp.arange(1.0, count * 3 + 1).reshape(count, 3)
    fitted = fit_pose(poses_rad, layout_from, body)
    assert fitted.shape == (body.num_joints, 3)
    np.testing.assert_array_equal(fitted[:22], poses_rad[:22])
    if body.layout == layout_from:
        np.testing.assert_array_equal(fitted, poses_rad)
    elif "smpl" in (body.layout, layout_from):
        assert not fitted[22:].any()
    else:
        np.testing.assert_array_equal(fitted[-30:], poses_rad[-30:])
        assert not fitted[22:-30].any()


def test_fit_pose_refuses_a_layout_that_the_poses_do_not_have(smpl):
    with pytest.raises(ValueError, match="52"):
        fit_pose(jnp.zeros((24, 3)), "smplh", smpl)
    with pytest.raises(ValueError, match="known layouts"):
        fit_pose(jnp.zeros((24, 3)), "mano", smpl)


def surface(body, vertices_m):
    return trimesh.Trimesh(np.asarray(vertices_m, float), np.asarray(body.faces), process=False)


def test_subdivision_keeps_the_surface_and_shortens_every_edge(smpl):
    fine = subdivide(smpl, max_edge_m=0.2)
    before, after = surface(smpl, smpl.template_m), surface(fine, fine.template_m)
    assert before.edges_unique_length.max() > 0.4
    assert after.edges_unique_length.max() <= 0.2 + ONE_MICROMETRE
    assert after.is_watertight
    assert after.is_winding_consistent
    np.testing.assert_allclose(after.area, before.area, rtol=1e-5)  # float32 rounding of midpoints
    np.testing.assert_allclose(after.volume, before.volume, rtol=1e-5)


def test_subdivision_halves_an_edge_that_is_a_little_too_long(smpl):
    longest_m = surface(smpl, smpl.template_m).edges_unique_length.max()
    fine = subdivide(smpl, max_edge_m=0.999 * longest_m)
    assert fine.num_vertices == smpl.num_vertices + 1
    assert len(fine.faces) == len(smpl.faces) + 2


def test_a_subdivided_body_moves_like_the_original(smpl):
    """Old vertices keep their positions; new vertices are halfway along old edges in every pose."""
    fine = subdivide(smpl, max_edge_m=0.4)
    poses_rad, transl_m = random_poses(smpl)
    coarse_m = skin(smpl, jnp.ones(10), poses_rad, transl_m)
    fine_m = skin(fine, jnp.ones(10), poses_rad, transl_m)
    np.testing.assert_allclose(fine_m[: smpl.num_vertices], coarse_m, atol=3 * ONE_MICROMETRE)
    np.testing.assert_allclose(fine.skin_weights.sum(axis=1), 1, atol=1e-6)


def test_an_edge_limit_of_zero_is_refused(smpl):
    with pytest.raises(ValueError, match="positive"):
        subdivide(smpl, max_edge_m=0.0)
