"""Skinning compared with the library smplx, which reads the same synthetic model files."""

import pickle

import numpy as np
import pytest

from tests.helpers.synthetic_bodies import as_published_pickle, synthetic_model

torch = pytest.importorskip("torch", reason="the oracle smplx needs torch: pip install .[oracle]")
smplx = pytest.importorskip("smplx", reason="the oracle smplx: pip install .[oracle]")

from radarsim.scene.body import joint_positions, skin  # noqa: E402
from radarsim.scene.formats.smpl import read_body_model  # noqa: E402

NUM_POSES = 5
TEN_MICROMETRES = 1e-5


def write_smpl(folder):
    path = folder / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(as_published_pickle(synthetic_model("smpl")), protocol=2))
    return path, smplx.SMPL(str(path), num_betas=10, **common())


def with_hands(model):
    hands = {}
    for side in "lr":
        hands[f"hands_components{side}"] = np.eye(45)
        hands[f"hands_mean{side}"] = np.zeros(45)
    return {**model, **hands}


def write_smplh(folder):
    path = folder / "SMPLH_MALE.npz"
    np.savez(path, **with_hands(synthetic_model("smplh", num_betas=16)))
    flags = {"use_pca": False, "flat_hand_mean": True, "ext": "npz", "num_betas": 10}
    return path, smplx.SMPLH(str(path), gender="male", **flags, **common())


def write_smplx(folder):
    path = folder / "SMPLX_NEUTRAL.npz"
    model = with_hands(synthetic_model("smplx", num_betas=20))
    landmarks = {"lmk_faces_idx": np.zeros(51, int), "lmk_bary_coords": np.full((51, 3), 1 / 3)}
    np.savez(path, **model, **landmarks)
    flags = {"use_pca": False, "flat_hand_mean": True, "use_face_contour": False}
    return path, smplx.SMPLX(str(path), num_betas=10, **flags, **common())


def common():
    return {
        "batch_size": NUM_POSES,
        "dtype": torch.float64,
        "use_hands": False,
        "use_feet_keypoints": False,
    }


HANDS = [("left_hand_pose", 15), ("right_hand_pose", 15)]
PARTS = {  # radarsim's pose is the concatenation of the pose parts that smplx takes by name
    "smpl": [("global_orient", 1), ("body_pose", 23)],
    "smplh": [("global_orient", 1), ("body_pose", 21), *HANDS],
    "smplx": [
        *[("global_orient", 1), ("body_pose", 21), ("jaw_pose", 1)],
        *[("leye_pose", 1), ("reye_pose", 1), *HANDS],
    ],
}


@pytest.fixture(autouse=True)
def _small_meshes(monkeypatch):
    """Set smplx's landmark vertex indices to 0; the originals are out of range for a small mesh."""
    ids = {name: dict.fromkeys(where, 0) for name, where in smplx.vertex_ids.vertex_ids.items()}
    monkeypatch.setattr(smplx.body_models, "VERTEX_IDS", ids)


@pytest.mark.parametrize("layout", ["smpl", "smplh", "smplx"])
def test_vertices_and_joints_equal_those_of_smplx(tmp_path, layout):
    path, oracle = {"smpl": write_smpl, "smplh": write_smplh, "smplx": write_smplx}[layout](
        tmp_path
    )
    body = read_body_model(path)
    rng = np.random.default_rng(5)
    betas = rng.normal(size=10)
    poses_rad = rng.normal(0, 0.7, size=(NUM_POSES, body.num_joints, 3))
    transl_m = rng.normal(size=(NUM_POSES, 3))

    named, first = {}, 0
    for name, count in PARTS[layout]:
        named[name] = torch.tensor(poses_rad[:, first : first + count].reshape(NUM_POSES, -1))
        first += count
    truth = oracle(
        betas=torch.tensor(np.tile(betas, (NUM_POSES, 1))), transl=torch.tensor(transl_m), **named
    )

    vertices_m = skin(body, betas, poses_rad, transl_m)
    joints_m = joint_positions(body, betas, poses_rad, transl_m)
    wished_m = truth.vertices.detach().numpy()
    np.testing.assert_allclose(vertices_m, wished_m, atol=TEN_MICROMETRES)
    wished_m = truth.joints.detach().numpy()[:, : body.num_joints]
    np.testing.assert_allclose(joints_m, wished_m, atol=TEN_MICROMETRES)
