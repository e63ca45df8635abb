"""Match BVH joints to SMPL's limbs by their names.

Exact names are tried first: MotionBuilder and Mixamo (LeftUpLeg), CMU in both common conversions
(LHipJoint, lThigh), Xsens and Rokoko (LeftHip, LeftElbow), 3ds Max Biped (Bip01 L Thigh), Unreal
(thigh_l) and SMPL. For joints that are still missing, names with a lower-case side letter (lfemur:
CMU's ASF files, MocapNET), unlisted prefixes (Robot_, J_Bip_, CC_Base_, ValveBiped.) and endings
(_jnt, _bn, Bend) are also matched.
"""

import re
from collections.abc import Iterator

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_MORE_SIDES = _SIDES | {
    **dict.fromkeys(("lft", "lt", "lf", "左"), "left"),
    **dict.fromkeys(("rgt", "rt", "rgh", "右"), "right"),
}
# "Shoulder" means the upper arm if no joint is named "arm"; otherwise "Shoulder" means the collar.
_PARTS = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("knee", "shin", "calf", "lowerleg", "lowleg", "leg", "tibia"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toe", "toe0", "toes", "ball", "foot"),
    "collar": ("collar", "clavicle", "scapula", "shoulder"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "humerus", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "radius"),
    "wrist": ("wrist", "hand"),
}
# Synonyms, which are tried only after the exact names.
_SYNONYMS = {
    "upperleg": ("uleg",),
    "lowerleg": ("loleg", "shank"),
    "upperarm": ("uarm", "bicep"),
    "forearm": ("farm", "loarm"),
    "collar": ("clav", "colar", "scap"),
    "toebase": ("toesbase", "bigtoe", "metatarsal"),
}
_SYNONYM_OF = {name: part for part, names in _SYNONYMS.items() for name in names}
_KNOWN = {part for parts in _PARTS.values() for part in parts} | {"head", "neck"}
OPTIONAL = ("foot", "collar", "wrist")
JOINTS = tuple(_PARTS)
_PREFIXES = re.compile(r"^(mixamorig\d*|bip\d*|character\d*|avg|m|def|skel|actor\d*)$")
_ENDINGS = re.compile(r"^(jnt|joint|jt|jx|bn|bone|bnd|bind|fk|skin|stretch|bend|def|\d+)$")
_INITIALS = re.compile(r"([LR])([UF])(?=Arm|Leg)")  # OptiTrack, where LUArm is the left upper arm
# Upper arm and ankle are matched first, because "shoulder" and "foot" are ambiguous.
_MATCH_ORDER = ("hip", "knee", "ankle", "foot", "shoulder", "collar", "elbow", "wrist")


def limbs_by_name(names: list[str]) -> Iterator[dict[str, int]]:
    """Indices of limb joints by SMPL name ("left_knee"): exact names first, then similar names.

    Args:
        names: joint names; end sites have an empty name.

    Yields:
        Joints that were found; any joint may be missing, and the names may contradict the joint
        hierarchy.
    """
    exact = [(*split_name(name), 0) for name in names]
    yield _limbs(exact)
    yield _limbs(exact + [similar_part(name) for name in names], len(names))


def split_name(name: str) -> tuple[str, str]:
    """Side ("left", "right" or "") and body part, in lower case without prefixes.

    Args:
        name: joint name as written in the file.

    Returns:
        For example, ("left", "upleg") for "mixamorig:LeftUpLeg" and for "up_leg.L".
    """
    words = [part for word in _words(name) for part in _split_side(word)]
    side = next((_SIDES[word] for word in words if word in _SIDES), "")
    rest = [word for word in words if word not in _SIDES]
    while len(rest) > 1 and (_PREFIXES.match(rest[0]) or rest[0].isdigit()):
        rest = rest[1:]
    return side, "".join(rest)


def similar_part(name: str) -> tuple[str, str, int]:
    """Side and body part of a name with any prefix, a known ending or a joined side letter.

    Args:
        name: joint name as written in the file.

    Returns:
        ("left", "humerus", 1) for "lhumerus", ("right", "upperleg", 3) for "J_Bip_R_UpperLeg" and
        ("right", "upperleg", 1) for "R_upperleg01_jnt". The last element is the number of ignored
        words. The part is empty if the name contains no body part.
    """
    words = [
        part for word in _words(_INITIALS.sub(r"\1 \2", name)) for part in _split_any_side(word)
    ]
    side = next((_MORE_SIDES[word] for word in words if word in _MORE_SIDES), "")
    rest = [word for word in words if word not in _MORE_SIDES]
    while len(rest) > 1 and _ENDINGS.match(rest[-1]):
        rest = rest[:-1]
    for start in range(len(rest)):
        part = "".join(rest[start:])
        part = _SYNONYM_OF.get(part, part)
        if part in _KNOWN:
            return side, part, 1 + start
    return side, "", 0


def middle_joints(names: list[str], part: str) -> list[int]:
    """Joints named "head" or "neck", which have no side, in file order.

    Args:
        names: joint names.
        part: "head", or "neck", which includes all names that start with "neck".

    Returns:
        Indices of joints with the exact name, or of joints with a similar name if no name is exact.
    """
    exact = [i for i, name in enumerate(names) if _is_middle(split_name(name), part)]
    return exact or [i for i, name in enumerate(names) if similar_part(name)[:2] == ("", part)]


def side_of(name: str) -> str:
    """Side in a name: "left", "right", or "" if the name contains no side."""
    words = [part for word in _words(name) for part in _split_any_side(word)]
    sides = {_MORE_SIDES[word] for word in words if word in _MORE_SIDES}
    return sides.pop() if len(sides) == 1 else ""


def _is_middle(pair: tuple[str, str], part: str) -> bool:
    side, found = pair
    return not side and (found.startswith("neck") if part == "neck" else found == part)


def _words(name: str) -> list[str]:
    """Words of a name in lower case: split at capitals, digits and symbols, without namespaces."""
    name = re.split(r"[:|]", name)[-1]
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[左右]", name)]


def _split_side(word: str) -> list[str]:
    for side in ("left", "right"):
        if word.startswith(side) and word != side:
            return [side, word[len(side) :]]
    return [word]


def _split_any_side(word: str) -> list[str]:
    """Split a side off either end of a word if the rest is a body part."""
    if word in _KNOWN or word in _SYNONYM_OF:
        return [word]
    for side in ("left", "right"):
        if word.startswith(side) and word != side:
            return [side, word[len(side) :]]
        if word.endswith(side) and word != side:
            return [side, word[: -len(side)]]
    # The body part may be followed by "joint": lhipjoint, lshoulderjoint.
    rest = word[1:].removesuffix("joint")
    is_part = rest in _KNOWN or _SYNONYM_OF.get(rest) in _KNOWN
    return [word[0], rest] if word[0] in "lr" and is_part else [word]


def _limbs(found: list[tuple[str, str, int]], num_joints: int | None = None) -> dict[str, int]:
    """For each side and part, the first joint among those with the fewest ignored words."""
    num_joints = num_joints or len(found)
    best = {}
    for index, (side, part, left_out) in enumerate(found):
        rank = (left_out, index % num_joints)
        best[side, part] = min(best.get((side, part), rank), rank)
    limbs = {}
    for side in ("left", "right"):
        parts = {part: rank[1] for (s, part), rank in best.items() if s == side}
        limbs |= {f"{side}_{joint}": i for joint, i in _match_side(parts).items()}
    return limbs


def _match_side(parts: dict[str, int]) -> dict[str, int]:
    found, used = {}, set()
    for joint in _MATCH_ORDER:
        for part in _PARTS[joint]:
            if part in parts and parts[part] not in used:
                found[joint] = parts[part]
                used.add(parts[part])
                break
    if "hip" not in found and "leg" in parts and parts["leg"] not in used:
        found["hip"] = parts["leg"]  # if "leg" is not the shin, it is the thigh
    return found
