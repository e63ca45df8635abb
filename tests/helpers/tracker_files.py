"""A walking person in the file layouts of body trackers, without using the trackers' code."""

import numpy as np
from scipy.spatial.transform import Rotation

NUM_POSES, RATE_HZ = 90, 30.0


IN_CAMERA_M = np.array([0, 0, 4.0])
PELVIS_M = np.array([0, -0.23, 0.03])


def walker(num_poses=NUM_POSES, up="z", seed=0):
    """Return axis-angle poses [pose, 24, 3] and translations [pose, 3] of a walk at 1 m/s.

    The floor of the world is at height zero along `up`, which is "z", "y" or "-y".
    """
    rng = np.random.default_rng(seed)
    time_s = np.arange(num_poses) / RATE_HZ
    poses = np.zeros((num_poses, 24, 3))
    swing = 0.4 * np.sin(2 * np.pi * time_s)
    poses[:, 1, 0], poses[:, 2, 0] = -swing, swing
    poses[:, 16, 2], poses[:, 17, 2] = -1.2, 1.2
    poses[:, 3:10] += rng.normal(0, 0.02, (num_poses, 7, 3))
    stand = Rotation.from_rotvec([np.pi / 2, 0, 0]) * Rotation.from_rotvec([0, 0.3, 0])
    pelvis_m = np.stack([0.2 * time_s, -time_s, np.full(num_poses, 0.95)], axis=1)
    to_world = {
        "z": Rotation.identity(),
        "y": Rotation.from_rotvec([-np.pi / 2, 0, 0]),
        "-y": Rotation.from_rotvec([np.pi / 2, 0, 0]),
    }[up]
    poses[:, 0] = (to_world * stand).as_rotvec()
    transl_m = to_world.apply(pelvis_m) - PELVIS_M
    return poses, transl_m


def as_matrices(poses):
    """Return the rotation matrices [pose, joint, 3, 3] of axis-angle vectors."""
    return Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(*poses.shape, 3)


def betas_per_pose(num_poses=NUM_POSES, size=10):
    rng = np.random.default_rng(1)
    return np.linspace(1, -1, size) + rng.normal(0, 0.1, (num_poses, size))


def wham(*seeds):
    """The WHAM layout: a dictionary by track id, with poses in world and camera coordinates."""
    result = {}
    for number, seed in enumerate(seeds):
        poses, transl_m = walker(up="y", seed=seed)
        in_camera, transl_camera_m = walker(up="-y", seed=seed)
        result[number] = {
            "pose": in_camera.reshape(-1, 72).astype(np.float32),
            "trans": (transl_camera_m + IN_CAMERA_M).astype(np.float32),
            "pose_world": poses.reshape(-1, 72).astype(np.float32),
            "trans_world": transl_m.astype(np.float32),
            "betas": betas_per_pose().astype(np.float32),
            "verts": np.zeros((NUM_POSES, 4, 3), np.float32),
            "frame_ids": np.arange(NUM_POSES),
        }
    return result


def vibe():
    """The VIBE layout: a weak-perspective camera and no translations."""
    poses, _ = walker(up="-y")
    table = {
        "pred_cam": np.zeros((NUM_POSES, 3), np.float32),
        "orig_cam": np.zeros((NUM_POSES, 4), np.float32),
        "verts": np.zeros((NUM_POSES, 4, 3), np.float32),
        "pose": poses.reshape(-1, 72).astype(np.float32),
        "betas": betas_per_pose().astype(np.float32),
        "frame_ids": np.arange(NUM_POSES),
    }
    return {1: table}


def gvhmr():
    """The GVHMR layout: 21 body joints of SMPL-X, in world and in camera coordinates."""
    poses, transl_m = walker(up="y")
    in_camera, transl_camera_m = walker(up="-y")

    def table(poses, transl_m):
        return {
            "body_pose": poses[:, 1:22].reshape(-1, 63).astype(np.float32),
            "betas": betas_per_pose().astype(np.float32),
            "global_orient": poses[:, 0].astype(np.float32),
            "transl": transl_m.astype(np.float32),
        }

    return {
        "smpl_params_global": table(poses, transl_m),
        "smpl_params_incam": table(in_camera, transl_camera_m + IN_CAMERA_M),
        "K_fullimg": np.zeros((NUM_POSES, 3, 3), np.float32),
    }


def tram():
    """The TRAM layout: rotation matrices in camera coordinates, and translations [pose, 1, 3]."""
    poses, transl_m = walker(up="-y")
    return {
        "pred_cam": np.zeros((NUM_POSES, 3), np.float32),
        "pred_rotmat": as_matrices(poses).astype(np.float32),
        "pred_shape": betas_per_pose().astype(np.float32),
        "pred_trans": (transl_m + IN_CAMERA_M)[:, None].astype(np.float32),
        "frame": np.arange(NUM_POSES),
    }


def aistpp():
    """The AIST++ layout: translations are multiplied by the scaling factor in the file."""
    poses, transl_m = walker(up="y")
    return {
        "smpl_loss": 0.1,
        "smpl_poses": poses.reshape(-1, 72),
        "smpl_scaling": np.array([95.0]),
        "smpl_trans": transl_m * 95.0,
    }


def slahmr(num_people=2):
    """The SLAHMR layout: world coordinates; the axis of people precedes the axis of poses."""
    people = [walker(up="-y", seed=seed) for seed in range(num_people)]
    poses = np.stack([poses for poses, _ in people])
    return {
        "trans": np.stack([transl_m for _, transl_m in people]) + IN_CAMERA_M,
        "root_orient": poses[:, :, 0],
        "pose_body": poses[:, :, 1:22].reshape(num_people, NUM_POSES, 63),
        "betas": np.stack([np.full(16, 0.1 * seed) for seed in range(num_people)]),
        "track_mask": np.ones((num_people, NUM_POSES), bool),
    }


def pw3d():
    """The 3DPW layout: lists with one array per person, and genders as single letters."""
    people = [walker(up="y", seed=seed) for seed in range(2)]
    return {
        "sequence": "street_00",
        "poses": [poses.reshape(-1, 72) for poses, _ in people],
        "trans": [transl_m for _, transl_m in people],
        "betas": [np.full(300, 0.1), np.full(300, -0.1)],
        "genders": ["f", "m"],
    }


def glamr():
    """The GLAMR layout: body pose and world orientation of each person in separate arrays."""
    poses, transl_m = walker(up="z")
    person = {
        "frames": np.arange(NUM_POSES),
        "smpl_pose": poses[:, 1:].reshape(-1, 69),
        "smpl_beta": betas_per_pose(),
        "smpl_orient_world": poses[:, 0],
        "root_trans_world": transl_m + PELVIS_M,
    }
    return {"seq_name": "run", "person_data": {0: person}, "seq_len": NUM_POSES}


def romp():
    """The ROMP layout: a dictionary of frames, each with the values of one person."""
    poses, transl_m = walker(up="-y")
    return {
        f"frame_{pose}.jpg": {
            "smpl_thetas": poses[pose].reshape(1, 72),
            "smpl_betas": np.zeros((1, 10)),
            "cam_trans": (transl_m[pose] + IN_CAMERA_M)[None],
        }
        for pose in range(NUM_POSES)
    }
