"""Reduce MakeHuman's rig to SMPL's 24 joints: joint positions, skin weights, and the T-pose."""

import numpy as np

JOINTS = [
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2"),
    *("left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck"),
    *("left_collar", "right_collar", "head", "left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand"),
]
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
MIRROR = [
    JOINTS.index(j.replace("left", "%").replace("right", "left").replace("%", "right"))
    for j in JOINTS
]

# Each SMPL joint, and the MakeHuman bone whose head is at the joint. Of MakeHuman's five spine
# bones, the upper three are used, whose heads are 15, 23 and 37 cm above the hips (SMPL: 20, 34 and
# 39 cm).
CENTRAL = {
    "spine1": "spine03",
    "spine2": "spine02",
    "spine3": "spine01",
    "neck": "neck01",
    "head": "head",
}
SIDED = {
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "collar": "clavicle",
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
}
TOES = [f"toe{i}-1" for i in range(1, 6)]
FINGERS = [f"finger{i}-1" for i in range(2, 6)]

# Rest directions of the left leg, in whole degrees: (away from the plane x = 0, forward).
LEGS = {("left_hip", "left_knee"): (5, -1), ("left_knee", "left_ankle"): (-2, -6)}
# Rest directions of the left arm, in whole degrees: (up, forward).
ARMS = {
    ("left_shoulder", "left_elbow"): (-3, -5),
    ("left_elbow", "left_wrist"): (3, -2),
    ("left_wrist", "left_hand"): (-7, -10),
}

HIP_SHARE = 0.82  # scales the hip distance from MakeHuman's 21 cm to the human 17 cm
PELVIS_SHARE = 0.45  # position of SMPL's pelvis on the line from the hips (0) to spine1 (1)


def joint_weights(source):
    """Sum MakeHuman's bone weights for each of the 24 joints: [vertex, joint]."""
    joint_of = {"root": 0} | {bone: JOINTS.index(joint) for joint, bone in CENTRAL.items()}
    for side, letter in (("left", "L"), ("right", "R")):
        joint_of |= {f"{b}.{letter}": JOINTS.index(f"{side}_{j}") for j, b in SIDED.items()}
        joint_of |= {f"{b}.{letter}": JOINTS.index(f"{side}_foot") for b in TOES}
        fingers = [*FINGERS, "finger1-1"]
        joint_of |= {f"{b}.{letter}": JOINTS.index(f"{side}_hand") for b in fingers}
    weights = np.zeros((len(source.vertices_m), len(JOINTS)))
    for bone, (indices, shares) in source.weights.items():
        while bone not in joint_of:
            bone = source.parents[bone]
        np.add.at(weights, (indices.astype(int), joint_of[bone]), shares)
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)


def joints_of(source, vertices_m):
    """Joint positions: left and central from MakeHuman's cubes, right by mirroring."""

    def head(*bones):
        return np.mean([vertices_m[source.heads[bone]].mean(axis=0) for bone in bones], axis=0)

    joints_m = np.zeros((len(JOINTS), 3))
    for joint, bone in CENTRAL.items():
        joints_m[JOINTS.index(joint)] = head(bone) * (0, 1, 1)
    for joint, bone in SIDED.items():
        joints_m[JOINTS.index(f"left_{joint}")] = head(f"{bone}.L")
    joints_m[JOINTS.index("left_hip"), 0] *= HIP_SHARE
    joints_m[JOINTS.index("left_foot")] = head(*[f"{bone}.L" for bone in TOES])
    joints_m[JOINTS.index("left_hand")] = head(*[f"{bone}.L" for bone in FINGERS])
    hip_m, spine_m = joints_m[JOINTS.index("left_hip")], joints_m[JOINTS.index("spine1")]
    joints_m[0] = (hip_m + PELVIS_SHARE * (spine_m - hip_m)) * (0, 1, 1)
    for j, name in enumerate(JOINTS):
        if name.startswith("right"):
            joints_m[j] = joints_m[MIRROR[j]] * (-1, 1, 1)
    return joints_m


def limb_directions():
    """Target direction of each limb of the left side, keyed by its start and end joints."""
    directions = {}
    for (start, end), (outward, forward) in LEGS.items():
        x, z = np.tan(np.radians([outward, forward]))
        directions[start, end] = np.array([x, -1.0, z])
    for (start, end), (up, forward) in ARMS.items():
        y, z = np.tan(np.radians([up, forward]))
        directions[start, end] = np.array([1.0, y, z])
    return {ends: d / np.linalg.norm(d) for ends, d in directions.items()}


def to_rest_pose(vertices_m, joints_m, weights):
    """Move vertices and joints from MakeHuman's A-pose to SMPL's T-pose by blend skinning."""
    rotations = np.tile(np.eye(3), (len(JOINTS), 1, 1))
    for (start, end), direction in limb_directions().items():
        j, k = JOINTS.index(start), JOINTS.index(end)
        rotations[j] = rotation_between(joints_m[k] - joints_m[j], direction)
        rotations[MIRROR[j]] = np.diag([-1, 1, 1]) @ rotations[j] @ np.diag([-1, 1, 1])
    for side in ("left", "right"):  # the fingers rotate with the hand
        rotations[JOINTS.index(f"{side}_hand")] = rotations[JOINTS.index(f"{side}_wrist")]
    moved_m = joints_m.copy()
    for j, parent in enumerate(PARENTS[1:], start=1):
        moved_m[j] = moved_m[parent] + rotations[parent] @ (joints_m[j] - joints_m[parent])
    steps_m = moved_m - np.einsum("jab,jb->ja", rotations, joints_m)
    blended = np.einsum("vj,jab->vab", weights, rotations)
    return np.einsum("vab,vb->va", blended, vertices_m) + weights @ steps_m, moved_m


def rotation_between(start, end):
    """Matrix of the rotation by the smallest angle that maps one direction to another."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    x, y, z = np.cross(a, b)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + a @ b)
