"""BVH text of synthetic skeletons, and forward kinematics as a reference for tests."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from tests.helpers.bvh_names import OTHER_STYLES

# Joint names that common programs use, keyed by SMPL joint.
STYLES = {
    "mixamo": {
        "pelvis": "mixamorig:Hips", "spine1": "mixamorig:Spine", "spine2": "mixamorig:Spine1",
        "spine3": "mixamorig:Spine2", "neck": "mixamorig:Neck", "head": "mixamorig:Head",
        "hip": "mixamorig:{Side}UpLeg", "knee": "mixamorig:{Side}Leg",
        "ankle": "mixamorig:{Side}Foot", "foot": "mixamorig:{Side}ToeBase",
        "collar": "mixamorig:{Side}Shoulder", "shoulder": "mixamorig:{Side}Arm",
        "elbow": "mixamorig:{Side}ForeArm", "wrist": "mixamorig:{Side}Hand",
    },
    "xsens": {
        "pelvis": "Hips", "spine1": "Chest", "spine2": "Chest2", "spine3": "Chest4",
        "neck": "Neck", "head": "Head", "hip": "{Side}Hip", "knee": "{Side}Knee",
        "ankle": "{Side}Ankle", "foot": "{Side}Toe", "collar": "{Side}Collar",
        "shoulder": "{Side}Shoulder", "elbow": "{Side}Elbow", "wrist": "{Side}Wrist",
    },
    "biped": {
        "pelvis": "Bip01 Pelvis", "spine1": "Bip01 Spine", "spine2": "Bip01 Spine1",
        "spine3": "Bip01 Spine2", "neck": "Bip01 Neck", "head": "Bip01 Head",
        "hip": "Bip01 {S} Thigh", "knee": "Bip01 {S} Calf", "ankle": "Bip01 {S} Foot",
        "foot": "Bip01 {S} Toe0", "collar": "Bip01 {S} Clavicle",
        "shoulder": "Bip01 {S} UpperArm", "elbow": "Bip01 {S} Forearm", "wrist": "Bip01 {S} Hand",
    },
    "poser": {
        "pelvis": "hip", "spine1": "abdomen", "spine2": "waist", "spine3": "chest",
        "neck": "neck", "head": "head", "hip": "{s}Thigh", "knee": "{s}Shin",
        "ankle": "{s}Foot", "foot": "{s}Toe", "collar": "{s}Collar", "shoulder": "{s}Shldr",
        "elbow": "{s}ForeArm", "wrist": "{s}Hand",
    },
    "unreal": {
        "pelvis": "pelvis", "spine1": "spine_01", "spine2": "spine_02", "spine3": "spine_03",
        "neck": "neck_01", "head": "head", "hip": "thigh_{s}", "knee": "calf_{s}",
        "ankle": "foot_{s}", "foot": "ball_{s}", "collar": "clavicle_{s}",
        "shoulder": "upperarm_{s}", "elbow": "lowerarm_{s}", "wrist": "hand_{s}",
    },
    "smpl": {
        "pelvis": "Pelvis", "spine1": "Spine1", "spine2": "Spine2", "spine3": "Spine3",
        "neck": "Neck", "head": "Head", "hip": "{S}_Hip", "knee": "{S}_Knee",
        "ankle": "{S}_Ankle", "foot": "{S}_Foot", "collar": "{S}_Collar",
        "shoulder": "{S}_Shoulder", "elbow": "{S}_Elbow", "wrist": "{S}_Wrist",
    },
}  # fmt: skip

# Parent and offset [m] of each joint on the midline and on the left side. Axes: y up, +z to the
# front, +x to the left; the legs point straight down.
_MIDDLE = {
    "pelvis": (None, (0, 0, 0)), "spine1": ("pelvis", (0, 0.1, 0)),
    "spine2": ("spine1", (0, 0.12, 0)), "spine3": ("spine2", (0, 0.12, 0)),
    "neck": ("spine3", (0, 0.2, 0)), "head": ("neck", (0, 0.1, 0.02)),
}  # fmt: skip
_LEFT = {
    "hip": ("pelvis", (0.09, -0.05, 0)), "knee": ("hip", (0, -0.42, 0)),
    "ankle": ("knee", (0, -0.42, 0)), "foot": ("ankle", (0, -0.06, 0.14)),
    "collar": ("spine3", (0.03, 0.17, 0)), "shoulder": ("collar", (0.15, 0, 0)),
    "elbow": ("shoulder", (0.28, 0, 0)), "wrist": ("elbow", (0.25, 0, 0)),
}  # fmt: skip
_ARM = ("elbow", "wrist")
TIP = (0.0, 0.05, 0.05)  # the offset of every end site [m]


@dataclass
class Person:
    """A skeleton with SMPL-like keys, the joint names in the file, parents and offsets."""

    keys: list[str]
    names: list[str]
    parents: list[int]
    offsets: np.ndarray

    def index(self, key):
        return self.keys.index(key)


def person(style="mixamo", arm_down_rad=0.0, unit_m=0.01, rotation=None, without=()):
    """Return a person with the legs of a 1.71 m tall person, and this arm angle, unit and axes."""
    entries = {key: (parent, np.array(offset)) for key, (parent, offset) in _MIDDLE.items()}
    for side, sign in (("left", 1), ("right", -1)):
        down = Rotation.from_rotvec([0, 0, -sign * arm_down_rad])
        for key, (parent, offset) in _LEFT.items():
            parent = parent if parent in _MIDDLE else f"{side}_{parent}"
            offset = np.array(offset) * [sign, 1, 1]
            entries[f"{side}_{key}"] = (parent, down.apply(offset) if key in _ARM else offset)
    keys = [key for key in entries if key not in without]
    parents, offsets = [], []
    for key in keys:
        parent, offset = entries[key]
        while parent in without:
            offset, parent = offset + entries[parent][1], entries[parent][0]
        parents.append(-1 if parent is None else keys.index(parent))
        offsets.append(offset)
    rotation = Rotation.identity() if rotation is None else rotation
    names = [file_name((STYLES | OTHER_STYLES)[style], key) for key in keys]
    return Person(keys, names, parents, rotation.apply(np.array(offsets)) / unit_m)


def file_name(style, key):
    side, _, part = key.rpartition("_")
    return style[part].format(
        Side=side.capitalize(), SIDE=side.upper(), S=side[:1].upper(), s=side[:1]
    )


def nameless(skeleton):
    """Return a copy of the skeleton with joint names that do not describe the joints."""
    return replace(skeleton, names=[f"Bone_{i:02d}" for i in range(len(skeleton.keys))])


def posed(skeleton, angles, num_poses=10):
    """Return a constant pose as rotations relative to parents; `angles` are rotation vectors."""
    return [
        Rotation.from_rotvec(np.tile(np.array(angles.get(key, (0, 0, 0)), float), (num_poses, 1)))
        for key in skeleton.keys
    ]


def bones_along_x(skeleton, upright):
    """Convert a motion to a skeleton whose rest pose has all bones along x.

    Args:
        skeleton: the skeleton, with a valid rest pose.
        upright: rotations of the given skeleton.

    Returns:
        The new skeleton, and the rotations with which this skeleton performs the same motion.
    """
    along = replace(skeleton, offsets=skeleton.offsets.copy())
    own = [Rotation.identity()] * len(upright)
    for joint, parent in enumerate(skeleton.parents):
        children = [i for i, p in enumerate(skeleton.parents) if p == joint]
        if joint and children:
            bone = skeleton.offsets[children[0]] / np.linalg.norm(skeleton.offsets[children[0]])
            own[joint] = Rotation.align_vectors(bone[None], [[1.0, 0, 0]])[0]
        along.offsets[joint] = own[parent].inv().apply(skeleton.offsets[joint]) if joint else 0
    before = [own[p].inv() if p >= 0 else Rotation.identity() for p in skeleton.parents]
    rotations = [b * u * o for b, u, o in zip(before, upright, own, strict=True)]
    return along, rotations


def bvh_text(skeleton, rotations, positions, order="ZXY", frame_time_s=1 / 120, num_poses=None):
    """BVH text of a motion.

    Args:
        skeleton: skeleton to write.
        rotations: rotations of all poses, one entry per joint.
        positions: root positions [pose, 3].
        order: order of the Euler angles.
        frame_time_s: time between poses [s].
        num_poses: number of poses that the header states; None for the true number.
    """
    children = [
        [i for i, p in enumerate(skeleton.parents) if p == j] for j in range(len(rotations))
    ]
    lines, visited = ["HIERARCHY"], []

    def write(joint, depth):
        visited.append(joint)
        pad = "\t" * depth
        kind = "ROOT" if joint == 0 else "JOINT"
        place = "Xposition Yposition Zposition " if joint == 0 else ""
        rotation = " ".join(f"{axis}rotation" for axis in order)
        lines.extend([f"{pad}{kind} {skeleton.names[joint]}", f"{pad}{{"])
        lines.append(f"{pad}\tOFFSET " + " ".join(f"{x:.6f}" for x in skeleton.offsets[joint]))
        lines.append(f"{pad}\tCHANNELS {6 if joint == 0 else 3} {place}{rotation}")
        for child in children[joint]:
            write(child, depth + 1)
        if not children[joint]:
            size = np.linalg.norm(skeleton.offsets[1]) / 0.1
            tip = " ".join(f"{x * size:.6f}" for x in TIP)
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {tip}", f"{pad}\t}}"])
        lines.append(f"{pad}}}")

    write(0, 0)
    angles = {j: rotations[j].as_euler(order, degrees=True) for j in visited}
    values = np.concatenate([positions, *[angles[j] for j in visited]], axis=1)
    count = len(values) if num_poses is None else num_poses
    lines += ["MOTION", f"Frames: {count}", f"Frame Time: {frame_time_s:.6f}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in values]
    return "\n".join(lines) + "\n"


def moves(skeleton, num_poses=25, seed=0):
    """Return smooth random rotations of up to about 60 degrees, and root positions."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, num_poses)[:, None]
    rotations = []
    for _ in skeleton.keys:
        phase, size = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0.1, 0.6, 3)
        rotations.append(Rotation.from_rotvec(size * np.sin(2 * np.pi * time + phase)))
    return rotations, np.cumsum(rng.normal(size=(num_poses, 3)), axis=0)


def forward(skeleton, rotations, positions):
    """Joint positions [pose, joint, 3], computed with one matrix product per joint."""
    place, frame = [], []
    for joint, parent in enumerate(skeleton.parents):
        rotation = rotations[joint].as_matrix()
        if parent < 0:
            place.append(positions)
            frame.append(rotation)
        else:
            place.append(place[parent] + frame[parent] @ skeleton.offsets[joint])
            frame.append(frame[parent] @ rotation)
    return np.stack(place, axis=1)
