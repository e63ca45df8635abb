"""The free body has the known properties of a standing person 1.70 m tall."""

import hashlib
from importlib import resources

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from radarsim.scene.body import joint_positions, skin
from radarsim.scene.formats.smpl import free_body

JOINTS = [
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2"),
    *("left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck"),
    *("left_collar", "right_collar", "head", "left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand"),
]
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
MIRROR_IMAGE = [
    JOINTS.index(name.replace("left", "%").replace("right", "left").replace("%", "right"))
    for name in JOINTS
]
MIRROR = np.array([-1, 1, 1])


@pytest.fixture(scope="module")
def body():
    return free_body()


@pytest.fixture(scope="module")
def surface(body):
    return mesh_of(body, body.template_m)


def mesh_of(body, vertices_m):
    return trimesh.Trimesh(np.asarray(vertices_m, float), np.asarray(body.faces), process=False)


def posed(body, **degrees):
    """Return vertices and joints with some joints rotated and the root at the origin."""
    poses_rad = np.zeros((24, 3), np.float32)
    for name, angles in degrees.items():
        poses_rad[JOINTS.index(name)] = np.radians(angles)
    arguments = jnp.zeros(10), jnp.asarray(poses_rad), jnp.zeros(3)
    return np.asarray(skin(body, *arguments)), np.asarray(joint_positions(body, *arguments))


def test_it_is_a_smpl_body_of_one_metre_seventy(body):
    assert body.parents == PARENTS
    assert (body.layout, body.shape_space, body.num_betas) == ("smpl", "free", 10)
    assert body.pose_dirs.shape[0] == 0
    assert body.stature_m == pytest.approx(1.70, abs=1e-4)


def test_its_provenance_states_the_hash_of_this_file():
    assets = resources.files("radarsim") / "assets"
    content = (assets / "free_body.npz").read_bytes()
    assert 1_000_000 < len(content) < 2_000_000
    provenance = (assets / "free_body.md").read_text()
    assert hashlib.sha256(content).hexdigest() in provenance
    assert "CC0 1.0" in provenance


def test_it_is_one_closed_surface_that_faces_outward(surface):
    assert surface.is_watertight
    assert surface.is_winding_consistent
    assert surface.body_count == 1
    assert surface.euler_number == 2  # topologically a sphere, without handles


def test_volume_and_skin_area_are_those_of_a_person(surface):
    """The density is about 1 kg per litre; by Du Bois, 60 kg and 1.70 m have 1.70 m^2 of skin."""
    assert 0.050 < surface.volume < 0.070
    assert 1.5 < surface.area < 1.9


def test_edges_are_one_to_two_centimetres(surface):
    assert 10_000 < len(surface.faces) < 20_000
    length_m = surface.edges_unique_length
    assert np.mean((length_m > 0.009) & (length_m < 0.021)) > 0.95
    assert length_m.max() < 0.025
    assert np.degrees(np.percentile(surface.face_angles.min(axis=1), 1)) > 35  # no sliver triangles


def test_it_faces_ahead_with_arms_out_and_feet_down(body):
    joints_m = dict(zip(JOINTS, np.asarray(body.joint_template_m)))
    template_m = np.asarray(body.template_m)
    assert joints_m["left_wrist"][0] > 0.5  # T-pose: left is +x
    assert abs(joints_m["left_wrist"][1] - joints_m["left_shoulder"][1]) < 0.05
    assert joints_m["left_foot"][2] > joints_m["left_ankle"][2] + 0.08  # the toes point along +z
    lowest = template_m[:, 1] < template_m[:, 1].min() + 0.03
    foot_share = np.asarray(body.skin_weights)[lowest][:, [7, 8, 10, 11]].sum(axis=1)
    assert foot_share.min() > 0.9
    np.testing.assert_allclose(joints_m["pelvis"], 0, atol=1e-3)


def test_left_and_right_are_mirror_images(body):
    template_m = np.asarray(body.template_m, float)
    where = {tuple(point): i for i, point in enumerate(np.round(template_m, 6) + 0.0)}
    image = np.array([where[tuple(p)] for p in np.round(template_m * MIRROR, 6) + 0.0])
    np.testing.assert_array_equal(template_m[image], template_m * MIRROR)
    weights, shape_dirs = np.asarray(body.skin_weights), np.asarray(body.shape_dirs)
    np.testing.assert_array_equal(weights[image][:, MIRROR_IMAGE], weights)
    np.testing.assert_allclose(shape_dirs[image], shape_dirs * MIRROR[:, None], atol=1e-7)
    joints_m = np.asarray(body.joint_template_m)
    np.testing.assert_allclose(joints_m[MIRROR_IMAGE], joints_m * MIRROR, atol=1e-6)


def windings(surface, points_m):
    """Return the winding number of the surface around each point: 1 inside, 0 outside.

    Source: Van Oosterom and Strackee, "The Solid Angle of a Plane Triangle", 1983.
    """
    a, b, c = np.moveaxis(surface.triangles - points_m[:, None, None], 2, 0)
    la, lb, lc = (np.linalg.norm(side, axis=-1) for side in (a, b, c))
    triple = np.sum(a * np.cross(b, c), axis=-1)
    dots = [np.sum(p * q, axis=-1) for p, q in ((a, b), (b, c), (c, a))]
    below = la * lb * lc + dots[0] * lc + dots[1] * la + dots[2] * lb
    return np.sum(2 * np.arctan2(triple, below), axis=-1) / (4 * np.pi)


def test_every_joint_lies_inside_the_body(body, surface):
    inside = windings(surface, np.asarray(body.joint_template_m, float)) > 0.5
    assert dict(zip(JOINTS, inside.tolist())) == dict.fromkeys(JOINTS, True)


def test_proportions_are_those_of_smpl(body):
    """The reference is SMPL's mean rest joints in whole centimetres; bodies differ by a few cm."""
    joints_m = dict(zip(JOINTS, np.asarray(body.joint_template_m)))
    height_above_pelvis_m = {
        **{"left_hip": -0.09, "left_knee": -0.45, "left_ankle": -0.85, "spine1": 0.11},
        **{"spine3": 0.30, "neck": 0.51, "head": 0.60, "left_shoulder": 0.46},
    }
    for name, height_m in height_above_pelvis_m.items():
        assert joints_m[name][1] == pytest.approx(height_m, abs=0.07), name
    for name, left_m in {"left_hip": 0.07, "left_shoulder": 0.19, "left_wrist": 0.71}.items():
        assert joints_m[name][0] == pytest.approx(left_m, abs=0.06), name


def test_weights_belong_to_a_few_joints_and_sum_to_one(body):
    weights = np.asarray(body.skin_weights)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    assert weights.min() >= 0
    assert (weights > 0).sum(axis=1).max() <= 8


@pytest.mark.parametrize("side", ["left", "right"])
def test_each_limb_follows_its_own_side(body, side):
    """The knee bends backward and the elbow forward, and the other side does not move."""
    template_m, outward = np.asarray(body.template_m), 1 if side == "left" else -1
    other_side = template_m[:, 0] * outward < -0.02
    calf = (template_m[:, 1] < -0.65) & (template_m[:, 0] * outward > 0)
    moved_m = posed(body, **{f"{side}_knee": (60, 0, 0)})[0] - template_m
    assert moved_m[calf][:, 2].max() < -0.05
    assert np.abs(moved_m[other_side]).max() < 1e-6
    hand = template_m[:, 0] * outward > 0.65
    moved_m = posed(body, **{f"{side}_elbow": (0, -60 * outward, 0)})[0] - template_m
    assert moved_m[hand][:, 2].min() > 0.1
    assert np.abs(moved_m[other_side]).max() < 1e-6


@pytest.mark.parametrize(
    "pose",
    [
        {"left_hip": (-90, 0, 0), "right_hip": (-90, 0, 0), "left_knee": (90, 0, 0)},
        {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75), "spine2": (30, 0, 0)},
        {"left_hip": (-30, 0, 0), "right_hip": (25, 0, 0), "right_knee": (45, 0, 0)},
    ],
    ids=["sitting", "bowing, arms down", "walking"],
)
def test_everyday_poses_keep_volume_and_edges(body, surface, pose):
    """The test tolerates the volume that blend skinning loses at bent joints, but no collapse."""
    vertices_m, _ = posed(body, **pose)
    mesh = mesh_of(body, vertices_m)
    assert mesh.volume == pytest.approx(surface.volume, rel=0.06)
    stretch = mesh.edges_unique_length / surface.edges_unique_length
    assert np.percentile(stretch, 0.5) > 0.3
    assert np.percentile(stretch, 99.5) < 2.0


def test_one_unit_of_the_first_beta_is_one_sigma_of_stature(body):
    """The standard deviation of adult stature is 7 to 10 cm; the first beta is mostly size."""
    taller_m = np.asarray(skin(body, jnp.array([1.0]), jnp.zeros((24, 3)), jnp.zeros(3)))
    assert 0.06 < np.ptp(taller_m[:, 1]) - body.stature_m < 0.10


@pytest.mark.parametrize("beta_idx", range(10))
def test_bodies_within_three_sigma_stay_closed_and_plausible(body, beta_idx):
    for sigma in (-3.0, 3.0):
        betas = jnp.zeros(10).at[beta_idx].set(sigma)
        mesh = mesh_of(body, skin(body, betas, jnp.zeros((24, 3)), jnp.zeros(3)))
        assert 0.03 < mesh.volume < 0.11
        assert 1.4 < np.ptp(mesh.vertices[:, 1]) < 2.0
