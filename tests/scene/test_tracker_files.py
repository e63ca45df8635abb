"""Body-tracker layouts: read as the same walk, or rejected with a list of the contents."""

import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.files import motion_people, read_motion
from radarsim.scene.motion import body_joints
from radarsim.scene.skeleton import PARENTS as ALL_PARENTS
from radarsim.scene.skeleton import REST_JOINTS_M, local_to_world
from tests.helpers import tracker_files
from tests.helpers.tracker_files import NUM_POSES, betas_per_pose, walker


def write_pickle(path, content):
    path.write_bytes(pickle.dumps(content))
    return path


def write_joblib(path, content):
    joblib = pytest.importorskip("joblib", reason="needs joblib")
    joblib.dump(content, path)
    return path


def write_compressed_joblib(path, content):
    joblib = pytest.importorskip("joblib", reason="needs joblib")
    joblib.dump(content, path, compress=("zlib", 3))
    return path


def as_tensors(content):
    torch = pytest.importorskip("torch", reason="needs torch")
    if isinstance(content, dict):
        return {key: as_tensors(value) for key, value in content.items()}
    return torch.from_numpy(np.array(content)) if isinstance(content, np.ndarray) else content


def write_torch(path, content):
    torch = pytest.importorskip("torch", reason="needs torch")
    torch.save(as_tensors(content), path)
    return path


def write_npy(path, content):
    np.save(path, np.array(content, dtype=object), allow_pickle=True)
    return path


def write_npy_of_tensors(path, content):
    return write_npy(path, as_tensors(content))


def write_npz(path, content):
    np.savez(path, **content)
    return path


def write_npz_of_objects(path, content):
    np.savez(path, results=np.array(content, dtype=object))
    return path


LAYOUTS = {
    "AIST++": (tracker_files.aistpp, write_pickle, "a.pkl"),
    "WHAM": (lambda: tracker_files.wham(0), write_joblib, "wham_output.pkl"),
    "WHAM, compressed": (lambda: tracker_files.wham(0), write_compressed_joblib, "w.pkl"),
    "WHAM, plain pickle": (lambda: tracker_files.wham(0), write_pickle, "w.pkl"),
    "GVHMR": (tracker_files.gvhmr, write_torch, "hmr4d_results.pt"),
    "TRAM": (tracker_files.tram, write_npy_of_tensors, "hps_track_0.npy"),
    "TRAM, arrays": (tracker_files.tram, write_npy, "hps_track_0.npy"),
    "SLAHMR, one person": (lambda: tracker_files.slahmr(1), write_npz, "s_world_results.npz"),
    "GLAMR": (tracker_files.glamr, write_pickle, "g.pkl"),
    "ROMP": (tracker_files.romp, write_npz_of_objects, "video_results.npz"),
}


def bone_directions(motion):
    """Return the direction of the y axis of every joint, relative to the initial heading."""
    world = local_to_world(np.asarray(body_joints(motion))[:, :22], parents=PARENTS)
    directions = np.stack([rotation.apply([0, 1.0, 0]) for rotation in world], axis=1)
    facing = world[0][0].apply([0, 0, 1.0])
    turn = Rotation.from_rotvec([0, 0, -np.arctan2(facing[1], facing[0])])
    return turn.apply(directions.reshape(-1, 3)).reshape(directions.shape)


PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_as_the_walk_it_holds(tmp_path, layout):
    content, write, name = LAYOUTS[layout]
    path = write(tmp_path / name, content())
    assert motion_people(path) == ("",)
    motion = read_motion(path, rate_hz=30.0)
    assert motion.num_poses == NUM_POSES
    poses, transl_m = walker()
    expected = read_motion(
        write_npz(tmp_path / "expected.npz", dict(poses=poses.reshape(-1, 72), trans=transl_m)),
        rate_hz=30.0,
    )
    np.testing.assert_allclose(bone_directions(motion), bone_directions(expected), atol=2e-3)
    moved_m = motion.pelvis_m - motion.pelvis_m[0]
    np.testing.assert_allclose(moved_m[:, 2], 0, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(moved_m[-1]), 1.02 * 89 / 30, rtol=1e-2)
    assert 0.8 < motion.pelvis_m[:, 2].mean() < 1.1


def test_a_frame_rate_is_needed_and_the_option_is_named(tmp_path):
    path = write_pickle(tmp_path / "a.pkl", tracker_files.aistpp())
    with pytest.raises(InputError, match=r"mocap_framerate: missing .*--source-rate-hz"):
        read_motion(path)
    stated = {**tracker_files.aistpp(), "fps": "60 fps"}
    assert read_motion(write_pickle(path, stated), rate_hz=30.0).rate_hz == 60.0


def test_shapes_of_gvhmr_belong_to_smplx_and_are_averaged(tmp_path):
    motion = read_motion(write_torch(tmp_path / "h.pt", tracker_files.gvhmr()), rate_hz=30)
    assert motion.shape_space == "smplx"
    np.testing.assert_allclose(motion.betas, betas_per_pose().mean(axis=0), rtol=1e-5)
    notes = " | ".join(motion.notes)
    for part in ("hands are left straight", "mean over 90 poses", "up axis inferred as y"):
        assert part in notes


@pytest.mark.parametrize(
    ("content", "write", "name", "people"),
    [
        (lambda: tracker_files.wham(0, 1, 2), write_joblib, "w.pkl", ("0", "1", "2")),
        (lambda: tracker_files.slahmr(2), write_npz, "s.npz", ("0", "1")),
        (tracker_files.pw3d, write_pickle, "p.pkl", ("0", "1")),
    ],
)
def test_each_of_several_people_is_read_by_name(tmp_path, content, write, name, people):
    path = write(tmp_path / name, content())
    assert motion_people(path) == people
    with pytest.raises(InputError, match=f"holds {len(people)} people: {', '.join(people)}; name"):
        read_motion(path, rate_hz=30.0)
    motions = [read_motion(path, person=person, rate_hz=30.0) for person in people]
    assert {motion.num_poses for motion in motions} == {NUM_POSES}
    assert not np.allclose(motions[0].poses_rad, motions[1].poses_rad)
    with pytest.raises(InputError, match="person: holds"):
        read_motion(path, person="stranger")


def test_people_of_3dpw_keep_their_own_gender_and_shape(tmp_path):
    path = write_pickle(tmp_path / "p.pkl", tracker_files.pw3d())
    first, second = (read_motion(path, person=person, rate_hz=30.0) for person in "01")
    assert (first.gender, second.gender) == ("female", "male")
    assert (first.betas[0], second.betas[0]) == (0.1, -0.1)


def test_the_longest_part_without_missing_frames_is_used(tmp_path):
    track = tracker_files.tram()
    kept = np.array([*range(20), *range(25, 90)])
    track = {key: value[kept] for key, value in track.items()}
    motion = read_motion(write_npy(tmp_path / "t.npy", track), rate_hz=30.0)
    assert motion.num_poses == 65
    assert "1 gaps in frame: the longest part" in " ".join(motion.notes)


@pytest.mark.parametrize("num_joints", [22, 24])
def test_joint_positions_are_not_taken_for_rotations(tmp_path, num_joints):
    poses, transl_m = walker()
    rotations = local_to_world(poses)
    joints_m = np.zeros(poses.shape)
    for joint, parent in enumerate(ALL_PARENTS[1:], start=1):
        bone_m = REST_JOINTS_M[joint] - REST_JOINTS_M[parent]
        joints_m[:, joint] = joints_m[:, parent] + rotations[parent].apply(bone_m)
    content = {"poses": (joints_m + transl_m[:, None])[:, :num_joints], "trans": transl_m}
    with pytest.raises(InputError, match=r"joint positions .*, not rotations"):
        read_motion(write_npz(tmp_path / "a.npz", content), rate_hz=30.0)


def without(content, *keys):
    return {key: value for key, value in content.items() if key not in keys}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tracker_files.vibe, "trans: missing .*weak-perspective camera.*WHAM"),
        (lambda: without(tracker_files.aistpp(), "smpl_trans"), "trans: missing"),
        (lambda: without(tracker_files.aistpp(), "smpl_poses"), "poses: missing .found smpl_loss"),
        (lambda: without(tracker_files.gvhmr()["smpl_params_global"], "body_pose"), "poses: miss"),
        (lambda: {"f": {"smpl": [], "camera": [], "tracked_ids": []}}, "PHALP"),
        (lambda: [1, 2, 3], "poses: missing .found a list of 3"),
        (lambda: {"joints3d": np.zeros((9, 24, 3))}, "poses: missing .found joints3d"),
        (lambda: np.zeros((90, 263)), r"found a single array of shape \(90, 263\)"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_found(tmp_path, content, message):
    path = write_pickle(tmp_path / "a.pkl", content())
    with pytest.raises(InputError, match=message) as error:
        read_motion(path, rate_hz=30.0)
    assert "\n" not in str(error.value)


def test_a_pickle_of_other_classes_is_refused_and_runs_nothing(tmp_path):
    class Attack:
        def __reduce__(self):
            return open, (str(tmp_path / "was_here"), "w")

    for suffix, write in ((".pkl", write_pickle), (".npy", write_npy)):
        path = write(tmp_path / f"evil{suffix}", {"pose": Attack()})
        with pytest.raises(InputError, match="cannot be read: it contains"):
            read_motion(path)
    path = write_npz_of_objects(tmp_path / "evil.npz", {"pose": Attack()})
    with pytest.raises(InputError, match="results: holds Python objects: it contains"):
        read_motion(path)
    assert not (tmp_path / "was_here").exists()


@pytest.mark.parametrize("layout", ["WHAM", "WHAM, compressed", "GVHMR", "TRAM", "ROMP"])
def test_a_damaged_file_is_one_line(tmp_path, layout):
    """A truncated or randomly changed file is read, or rejected with a one-line message."""
    content, write, name = LAYOUTS[layout]
    data = write(tmp_path / name, content()).read_bytes()
    rng = np.random.default_rng(0)
    refusals = []
    for trial in range(12):
        damaged = bytearray(data[: int(rng.integers(1, len(data)))] if trial % 2 else data)
        for _ in range(4):
            damaged[int(rng.integers(min(len(damaged), 2000)))] = int(rng.integers(256))
        (tmp_path / name).write_bytes(bytes(damaged))
        try:
            motion = read_motion(tmp_path / name, rate_hz=30.0)
        except InputError as error:
            refusals.append(str(error))
        else:
            assert np.all(np.isfinite(motion.poses_rad))
    assert refusals  # every truncated file is rejected
    assert all(name in line and "\n" not in line for line in refusals)
