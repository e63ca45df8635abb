"""Landmarks of a synthetic person with known poses, for the tests of the skeleton fit."""

from typing import NamedTuple

import numpy as np

from radarsim.files import free_body
from radarsim.scene.skeleton import JOINT
from radarsim.scene.skeletons.kinematics import Pose, Posed, Rig, Shape, forward
from radarsim.scene.skeletons.landmarks import LANDMARKS, offsets_m
from radarsim.scene.skeletons.layouts import LAYOUTS
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.sequence import JointSequence

RATE_HZ = 30.0
BODY = free_body()


class Truth(NamedTuple):
    """A person: rig, shape, poses, and their joints and landmarks."""

    names: tuple[str, ...]
    rig: Rig
    shape: Shape
    pose: Pose
    posed: Posed


def walker(layout: str = "coco17", num_poses: int = 90, rate_hz: float = RATE_HZ) -> Truth:
    """A person of unusual size who walks on a curve, swinging the arms."""
    names = tuple(dict.fromkeys(name for name in LAYOUTS[layout].landmarks if name in LANDMARKS))
    rig = Rig.of_body(BODY, [LANDMARKS[name].joint for name in names])
    betas = np.array([0.5, -1.0, 0.4, 0, 0, 0, 0, 0, 0, 0])
    shape = Shape(1.06, betas, offsets_m(names))
    pose = walking_pose(np.arange(num_poses) / rate_hz)
    return Truth(names, rig, shape, pose, forward(rig, shape, pose))


def walking_pose(times_s: np.ndarray) -> Pose:
    """Joint rotations and pelvis positions of a walk with one stride per second."""
    vectors_rad = np.zeros((len(times_s), 22, 3))
    phase = 2 * np.pi * times_s
    for side, sign in (("left", 1), ("right", -1)):
        swing = np.sin(phase + (0 if sign > 0 else np.pi))
        bend = np.cos(phase + (0 if sign > 0 else np.pi))
        vectors_rad[:, JOINT[f"{side}_hip"], 0] = -0.1 - 0.4 * swing
        vectors_rad[:, JOINT[f"{side}_knee"], 0] = 0.5 + 0.4 * bend
        vectors_rad[:, JOINT[f"{side}_shoulder"]] = [0.0, -0.2 * sign, -1.2 * sign]
        vectors_rad[:, JOINT[f"{side}_shoulder"], 0] += 0.4 * swing
        vectors_rad[:, JOINT[f"{side}_elbow"], 1] = -sign * (0.6 + 0.2 * swing)
    vectors_rad[:, JOINT["spine2"], 1] = 0.1 * np.sin(phase)
    rotations = to_matrices(vectors_rad)
    # The rotation converts y up to z up; the person walks on a circle of radius 2 m.
    upright = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    heading = to_matrices(np.stack([0 * times_s, 0 * times_s, 0.6 * times_s], axis=-1))
    rotations[:, 0] = heading @ upright
    angle = 0.6 * times_s
    height_m = 0.95 + 0.02 * np.cos(2 * phase)
    pelvis_m = np.stack([2 * np.cos(angle), 2 * np.sin(angle), height_m], axis=-1)
    return Pose(rotations, pelvis_m)


def observed(truth: Truth, noise_m: float = 0.0, seed: int = 0, **fields) -> JointSequence:
    """Landmarks with white noise of a standard deviation per axis."""
    noise = np.random.default_rng(seed).normal(size=truth.posed.points_m.shape)
    values = {
        "points_m": truth.posed.points_m + noise_m * noise,
        "landmarks": truth.names,
        "rate_hz": RATE_HZ,
        "name": "walker",
    }
    return JointSequence(**(values | fields))


def distance_m(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of points [pose, point]."""
    return np.linalg.norm(one - other, axis=-1)


def speed_error_mps(one: np.ndarray, other: np.ndarray, rate_hz: float = RATE_HZ) -> float:
    """Root mean square of the difference of the velocities of points [pose, point, 3]."""
    return float(np.sqrt(((np.diff(one - other, axis=0) * rate_hz) ** 2).sum(axis=-1).mean()))
