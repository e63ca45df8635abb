"""Anatomical angles: their names, signs and human range, and the rotations they make.

Conventions, said once. Angles are degrees here (a border to people, like a datasheet's GHz) and
count from standing upright with hanging arms, palms to the thighs.

| channel | positive |
|---|---|
| `pelvis.tilt`, `trunk.flexion`, `head.flexion` | forward |
| `pelvis.lean`, `trunk.bend`, `head.bend` | to the performer's left |
| `pelvis.turn`, `trunk.twist`, `head.twist` | to face left |
| `SIDE.shoulder.flexion` | arm forward, 180 is overhead |
| `SIDE.shoulder.abduction` | arm outward; applied first, then lifted by the flexion |
| `SIDE.shoulder.twist`, `SIDE.hip.twist` | front of the limb towards the midline (internal) |
| `SIDE.elbow.flexion`, `SIDE.wrist.flexion` | closing the joint; the wrist to the palm |
| `SIDE.forearm.pronation` | palm from the thigh to the rear |
| `SIDE.wrist.deviation` | to the thumb |
| `SIDE.collar.lift` | shrugged up (an arm lifted high raises it by itself) |
| `SIDE.hip.flexion`, `SIDE.hip.abduction` | thigh forward, outward |
| `SIDE.knee.flexion` | heel to the seat |
| `SIDE.ankle.flexion`, `SIDE.toes.flexion` | toes up |
"""

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.skeleton import PARENTS, SIDES, J, soft_minimum

# Lowest and highest angle of a healthy adult [degrees].
# Source: American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and
# Recording", 1965; spine: White and Panjabi, "Clinical Biomechanics of the Spine", 1990. Where two
# joints share a movement (shoulder and collar, hip and pelvis), the range of both together.
RANGE_DEG = {
    "pelvis.tilt": (-20, 90),
    "pelvis.lean": (-20, 20),
    "pelvis.turn": (-40, 40),
    "trunk.flexion": (-35, 85),
    "trunk.bend": (-40, 40),
    "trunk.twist": (-50, 50),
    "head.flexion": (-60, 60),
    "head.bend": (-45, 45),
    "head.twist": (-80, 80),
    "shoulder.flexion": (-60, 180),
    "shoulder.abduction": (-50, 180),
    "shoulder.twist": (-100, 90),
    "elbow.flexion": (0, 150),
    "forearm.pronation": (-90, 90),
    "wrist.flexion": (-70, 80),
    "wrist.deviation": (-30, 25),
    "collar.lift": (-10, 40),
    "hip.flexion": (-30, 125),
    "hip.abduction": (-30, 50),
    "hip.twist": (-50, 45),
    "knee.flexion": (0, 145),
    "ankle.flexion": (-55, 35),
    "toes.flexion": (-40, 70),
}

MIDLINE = ("pelvis", "trunk", "head")
SIGNED = ("lean", "bend", "turn", "twist")  # midline angles that a mirror turns round
_X, _Y, _Z = np.eye(3)


def joint_of(channel: str) -> str:
    """`right.elbow.flexion` is an `elbow.flexion`."""
    return channel.split(".", 1)[1] if channel.startswith(SIDES) else channel


def within_range(channel: str, angle_deg: np.ndarray) -> np.ndarray:
    """The angle, eased off over the last degrees before the joint's limit."""
    low, high = RANGE_DEG[joint_of(channel)]
    capped = soft_minimum(angle_deg, np.full_like(angle_deg, high), 2.0)
    return -soft_minimum(-capped, np.full_like(angle_deg, -low), 2.0)


def turn(axis: np.ndarray, angle_deg: np.ndarray) -> np.ndarray:
    """Rotation matrices about a fixed axis [pose, 3, 3]."""
    return Rotation.from_rotvec(np.deg2rad(angle_deg)[:, None] * axis).as_matrix()


def trunk_rotations(angle: dict[str, np.ndarray], heading_rad: np.ndarray) -> np.ndarray:
    """Local rotations of every joint above the hips; legs are left at rest.

    Args:
        angle: each channel's course [degrees].
        heading_rad: where the stance faces.

    Returns:
        [pose, joint, 3, 3], world axes (see `skeleton`).
    """
    rotations = np.tile(np.eye(3), (len(heading_rad), len(PARENTS), 1, 1))
    rotations[:, J["pelvis"]] = (
        turn(_Z, np.rad2deg(heading_rad) + angle["pelvis.turn"])
        @ turn(_X, -angle["pelvis.lean"])
        @ turn(_Y, angle["pelvis.tilt"])
    )
    for joint in ("spine1", "spine2", "spine3"):
        rotations[:, J[joint]] = _column(angle, "trunk", 1 / 3)
    for joint in ("neck", "head"):
        rotations[:, J[joint]] = _column(angle, "head", 1 / 2)
    for side in SIDES:
        _place_arm(rotations, angle, side)
    return rotations


def _column(angle, part, share):
    return (
        turn(_Z, share * angle[f"{part}.twist"])
        @ turn(_X, -share * angle[f"{part}.bend"])
        @ turn(_Y, share * angle[f"{part}.flexion"])
    )


def _place_arm(rotations, angle, side):
    """Shoulder girdle to wrist. A mirror turns rotations about x and z round, not about y."""
    out = 1.0 if side == "left" else -1.0
    of = {name[len(side) + 1 :]: values for name, values in angle.items() if name.startswith(side)}
    upper = turn(-_Y, of["shoulder.flexion"]) @ turn(out * _X, of["shoulder.abduction"] - 90.0)
    lift = of["collar.lift"] + _girdle_share(upper[:, :, 1] * out)
    collar = turn(out * _X, lift)
    rotations[:, J[f"{side}_collar"]] = collar
    rotations[:, J[f"{side}_shoulder"]] = (
        np.swapaxes(collar, -1, -2) @ upper @ turn(_Y, of["shoulder.twist"])
    )
    # Half the forearm's turn sits at the wrist: the skin then twists along the whole forearm.
    half_turned = turn(_Y, 0.5 * of["forearm.pronation"])
    rotations[:, J[f"{side}_elbow"]] = turn(-out * _Z, of["elbow.flexion"]) @ half_turned
    rotations[:, J[f"{side}_wrist"]] = (
        half_turned @ turn(-out * _Z, of["wrist.deviation"]) @ turn(-out * _X, of["wrist.flexion"])
    )


def _girdle_share(arm_direction):
    """Degrees the collar gives to an arm lifted by e: a third of what lies above 30 degrees.

    Source: Inman, Saunders and Abbott, "Observations on the function of the shoulder joint",
    J. Bone Joint Surg. 26, 1944 (two to one).
    """
    elevation = np.rad2deg(np.arccos(np.clip(-arm_direction[:, 2], -0.9999, 0.9999)))
    above = -soft_minimum(-(elevation - 30.0), np.zeros_like(elevation), 8.0)
    return 0.25 * above


def leg_rotations(angle: dict[str, np.ndarray], side: str) -> tuple[np.ndarray, ...]:
    """Hip, knee and ankle rotations of a leg that is led by its angles, not by the floor."""
    out = 1.0 if side == "left" else -1.0
    hip = (
        turn(-_Y, angle[f"{side}.hip.flexion"])
        @ turn(out * _X, angle[f"{side}.hip.abduction"])
        @ turn(-out * _Z, angle[f"{side}.hip.twist"])
    )
    knee = turn(_Y, angle[f"{side}.knee.flexion"])
    return hip, knee, turn(-_Y, angle[f"{side}.ankle.flexion"])
