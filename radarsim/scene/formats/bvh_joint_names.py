"""Matching of BVH joints to SMPL joints: limbs by joint names, the trunk by the joint tree.

Supports MotionBuilder and Mixamo (LeftUpLeg), CMU in both common conversions (LHipJoint, lThigh),
Xsens and Rokoko (LeftHip, LeftElbow), 3ds Max Biped (Bip01 L Thigh), Unreal (thigh_l) and SMPL.
"""

import re
from dataclasses import dataclass

from radarsim.errors import InputError

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
# "Shoulder" is the upper arm if no joint is named arm, else the collar.
_PARTS = {
    "hip": ("upleg", "upperleg", "thigh", "hip", "femur"),
    "knee": ("knee", "shin", "calf", "lowerleg", "lowleg", "leg", "tibia"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toe", "toe0", "toes", "ball", "foot"),
    "collar": ("collar", "clavicle", "scapula", "shoulder"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "humerus", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "radius"),
    "wrist": ("wrist", "hand"),
}
_OPTIONAL = ("foot", "collar", "wrist")
_PREFIXES = re.compile(r"^(mixamorig\d*|bip\d*|character\d*|avg|m|def|skel|actor\d*)$")


@dataclass(frozen=True)
class JointMap:
    """Indices into the BVH skeleton.

    Attributes:
        limbs: by SMPL name ("left_knee"); optional ones may be missing.
        pelvis: joint at which the legs branch.
        spine: joints above the pelvis up to the one at which the arms branch, lowest first; may be
            empty.
        neck: joints above these up to the head, lowest first; may be empty.
    """

    limbs: dict[str, int]
    pelvis: int
    spine: tuple[int, ...]
    neck: tuple[int, ...]


def match_joints(names: list[str], parents: list[int], where: str) -> JointMap:
    """Find SMPL's joints in a BVH skeleton.

    Args:
        names: joint names; end sites have an empty name.
        parents: index of each joint's parent.
        where: the file, for messages.

    Returns:
        The map.

    Raises:
        InputError: listing the limbs not found and the names in the file.
    """
    split = [split_name(name) for name in names]
    limbs = {}
    for side in ("left", "right"):
        parts = {part: i for i, (s, part) in reversed(list(enumerate(split))) if s == side}
        limbs |= {f"{side}_{joint}": i for joint, i in _match_side(parts).items()}
    _check_found(limbs, names, parents, where)
    pelvis = _common_ancestor(parents, limbs["left_hip"], limbs["right_hip"])
    chest = _common_ancestor(parents, limbs["left_shoulder"], limbs["right_shoulder"])
    head = [i for i, (side, part) in enumerate(split) if not side and part == "head"]
    necks = [i for i, (side, part) in enumerate(split) if not side and part.startswith("neck")]
    top = head[0] if head else necks[-1] if necks else chest
    return JointMap(limbs, pelvis, _path(parents, pelvis, chest), _path(parents, chest, top))


def split_name(name: str) -> tuple[str, str]:
    """Side ("left", "right" or "") and body part, in lower case without prefixes.

    Args:
        name: as written in the file.

    Returns:
        ("left", "upleg") for "mixamorig:LeftUpLeg" and for "up_leg.L".
    """
    tokens = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name.split(":")[-1])
    tokens = [part for token in tokens for part in _split_side(token.lower())]
    side = next((_SIDES[token] for token in tokens if token in _SIDES), "")
    rest = [token for token in tokens if token not in _SIDES]
    while len(rest) > 1 and (_PREFIXES.match(rest[0]) or rest[0].isdigit()):
        rest = rest[1:]
    return side, "".join(rest)


def _split_side(token: str) -> list[str]:
    for side in ("left", "right"):
        if token.startswith(side) and token != side:
            return [side, token[len(side) :]]
    return [token]


def _match_side(parts: dict[str, int]) -> dict[str, int]:
    found, used = {}, set()
    # Upper arm and ankle are matched first: "shoulder" and "foot" may mean either of two joints.
    order = ("hip", "knee", "ankle", "foot", "shoulder", "collar", "elbow", "wrist")
    for joint in order:
        for part in _PARTS[joint]:
            if part in parts and parts[part] not in used:
                found[joint] = parts[part]
                used.add(parts[part])
                break
    return found


def _check_found(limbs: dict[str, int], names: list[str], parents: list[int], where: str) -> None:
    missing = [
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in _PARTS
        if joint not in _OPTIONAL and f"{side}_{joint}" not in limbs
    ]
    for side in ("left", "right"):
        for chain in (("hip", "knee", "ankle"), ("shoulder", "elbow")):
            joints = [limbs.get(f"{side}_{joint}") for joint in chain]
            for name, upper, lower in zip(chain[1:], joints, joints[1:], strict=False):
                if None not in (upper, lower) and upper not in _ancestors(parents, lower):
                    missing.append(f"{side}_{name} below its limb")
    if missing:
        seen = ", ".join(name.split(":")[-1] for name in names if name)
        raise InputError(
            where,
            "skeleton",
            f"no joint for {', '.join(missing)} among: {seen[:400]}",
            "rename the joints as Mixamo or MotionBuilder do (LeftUpLeg, LeftLeg, LeftFoot, ...)",
        )


def _ancestors(parents: list[int], joint: int) -> list[int]:
    """The joint, its parent, and so on up to the root."""
    chain = []
    while joint >= 0:
        chain.append(joint)
        joint = parents[joint]
    return chain


def _common_ancestor(parents: list[int], one: int, other: int) -> int:
    above = set(_ancestors(parents, one)[1:])
    return next((joint for joint in _ancestors(parents, other)[1:] if joint in above), 0)


def _path(parents: list[int], start: int, end: int) -> tuple[int, ...]:
    """Joints from the child of `start` (or of the common ancestor) to `end`."""
    above = set(_ancestors(parents, start))
    return tuple(reversed([joint for joint in _ancestors(parents, end) if joint not in above]))
