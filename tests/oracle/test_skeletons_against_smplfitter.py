"""The skeleton fit compared with smplfitter, which fits the same body to each pose separately.

smplfitter (MIT) needs surface points in addition to the joints. The bundled body is written in the
layout of SMPL-H for smplfitter, and every 30th vertex is observed, so smplfitter has more
information than our fit.
"""

import numpy as np
import pytest

import radarsim as rs
from radarsim.scene.body import joint_positions, skin
from radarsim.scene.skeletons.rotation_vectors import to_vectors
from tests.helpers.skeleton_truth import BODY, distance_m, observed, speed_error_mps, walker

smplfitter = pytest.importorskip("smplfitter.np", reason="the extra oracle is not installed")
SOME = np.arange(0, BODY.num_vertices, 30)
# Wrists, elbows, knees and ankles.
LIMBS = [20, 21, 18, 19, 4, 5, 7, 8]


@pytest.fixture(scope="module")
def fitter(tmp_path_factory):
    """smplfitter's NumPy implementation with the bundled body."""
    folder = tmp_path_factory.mktemp("smplh16")
    (folder / "neutral").mkdir()
    joints, vertices = BODY.num_joints, BODY.num_vertices
    np.save(folder / "kid_template.npy", np.zeros((vertices, 3)))
    np.savez(
        folder / "neutral" / "model.npz",
        v_template=BODY.template_m,
        shapedirs=BODY.shape_dirs,
        posedirs=np.zeros((vertices, 3, 9 * (joints - 1)), np.float32),
        J_regressor=np.zeros((joints, vertices), np.float32),
        J_template=BODY.joint_template_m,
        J_shapedirs=BODY.joint_shape_dirs,
        weights=BODY.skin_weights,
        f=BODY.faces,
        kintree_table=np.stack([BODY.parents, np.arange(joints)]),
    )
    model = smplfitter.BodyModel(
        "smplh16",
        "neutral",
        model_root=str(folder),
        vertex_subset=SOME,
        joint_regressor_post_lbs=np.zeros((joints, len(SOME)), np.float32),
    )
    return smplfitter.BodyFitter(model)


@pytest.mark.parametrize("noise_m", [0.0, 0.02])
def test_the_fit_agrees_with_smplfitter_and_is_smoother(fitter, noise_m):
    """With 2 cm of noise, our velocity error is at most half of that of smplfitter.

    Without noise, both fits find the limb positions. smplfitter regularises the shape, which causes
    position errors of 3 cm; the limit of our fit is that of the tests without a reference.
    """
    truth = walker("smpl24", num_poses=60)
    poses_rad = np.zeros((60, BODY.num_joints, 3))
    poses_rad[:, :22] = to_vectors(truth.pose.rotations)
    rest_m = truth.shape.scale * (BODY.joint_template_m + BODY.joint_shape_dirs @ truth.shape.betas)
    body = (BODY, truth.shape.betas, poses_rad, truth.pose.pelvis_m - np.asarray(rest_m)[0])
    true_m = np.asarray(joint_positions(*body, truth.shape.scale))
    rng = np.random.default_rng(3)
    vertices_m = np.asarray(skin(*body, truth.shape.scale))[:, SOME]
    noise = noise_m * rng.normal(size=(60, BODY.num_joints + len(SOME), 3))
    joints_m, vertices_m = true_m + noise[:, : BODY.num_joints], vertices_m + noise[:, 24:]
    found = fitter.fit(
        vertices_m.astype(np.float32),
        joints_m.astype(np.float32),
        num_iter=3,
        share_beta=True,
        scale_fit=True,
        requested_keys=("joints",),
    )["joints"]
    fit = rs.fit_skeleton(observed(truth, points_m=joints_m), BODY)
    motion = fit.motion
    ours_m = joint_positions(BODY, motion.betas, motion.poses_rad, motion.transl_m, fit.scale)
    limbs_m, theirs_m, own_m = (np.asarray(each)[:, LIMBS] for each in (true_m, found, ours_m))
    if not noise_m:
        assert distance_m(theirs_m, limbs_m).mean() < 0.04
        assert distance_m(own_m, limbs_m).mean() < 0.02
        return
    assert speed_error_mps(own_m, limbs_m) < 0.5 * speed_error_mps(theirs_m, limbs_m)
