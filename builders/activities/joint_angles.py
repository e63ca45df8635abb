"""Anatomical joint angles: names, sign conventions, range of motion, and rotation matrices.

Angles are in degrees, as in anatomy textbooks. Zero is upright standing with hanging arms and the
palms facing the thighs.

| channel | positive direction |
|---|---|
| `pelvis.tilt`, `trunk.flexion`, `head.flexion` | forward |
| `pelvis.lean`, `trunk.bend`, `head.bend` | to the performer's left |
| `pelvis.turn`, `trunk.twist`, `head.twist` | rotation to the left |
| `SIDE.shoulder.flexion` | arm forward, 180 is overhead |
| `SIDE.shoulder.abduction` | arm outward; applied before the flexion |
| `SIDE.shoulder.twist`, `SIDE.hip.twist` | front of the limb towards the midline (internal) |
| `SIDE.elbow.flexion`, `SIDE.wrist.flexion` | joint bends; the wrist towards the palm |
| `SIDE.forearm.pronation` | palm rotates from the thigh to the rear |
| `SIDE.wrist.deviation` | towards the thumb |
| `SIDE.collar.lift` | shoulder raised; raising the arm also lifts the shoulder |
| `SIDE.hip.flexion`, `SIDE.hip.abduction` | thigh forward, outward |
| `SIDE.knee.flexion` | heel towards the buttocks |
| `SIDE.ankle.flexion`, `SIDE.toes.flexion` | toes up |
"""

import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities.skeleton import PARENTS, SIDES, J, soft_minimum

# Range of motion of a healthy adult: lowest and highest angle [degrees].
# Source: American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and
# Recording", 1965; spine: White and Panjabi, "Clinical Biomechanics of the Spine", 1990. If two
# joints share a movement (shoulder and collar, hip and pelvis), the range covers both joints.
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
SIGNED = ("lean", "bend", "turn", "twist")  # midline angles whose sign changes under mirroring
_X, _Y, _Z = np.eye(3)


def joint_of(channel: str) -> str:
    """Remove the side from a channel name: `right.elbow.flexion` becomes `elbow.flexion`."""
    return channel.split(".", 1)[1] if channel.startswith(SIDES) else channel


def limit_to_range(channel: str, angle_deg: np.ndarray) -> np.ndarray:
    """Limit an angle smoothly to the joint's range of motion."""
    low, high = RANGE_DEG[joint_of(channel)]
    capped = soft_minimum(angle_deg, np.full_like(angle_deg, high), 2.0)
    return -soft_minimum(-capped, np.full_like(angle_deg, -low), 2.0)


def rotation(axis: np.ndarray, angle_deg: np.ndarray) -> np.ndarray:
    """Rotation matrices about a fixed axis, one per angle [pose, 3, 3]."""
    return Rotation.from_rotvec(np.deg2rad(angle_deg)[:, None] * axis).as_matrix()


def upper_body_rotations(angle: dict[str, np.ndarray], heading_rad: np.ndarray) -> np.ndarray:
    """Local rotations of the pelvis and all joints above it; the legs stay at rest.

    Args:
        angle: time series of each joint angle [degrees].
        heading_rad: direction in which the stance faces [rad].

    Returns:
        Rotations [pose, joint, 3, 3] in world axes (see `skeleton`).
    """
    rotations = np.tile(np.eye(3), (len(heading_rad), len(PARENTS), 1, 1))
    rotations[:, J["pelvis"]] = (
        rotation(_Z, np.rad2deg(heading_rad) + angle["pelvis.turn"])
        @ rotation(_X, -angle["pelvis.lean"])
        @ rotation(_Y, angle["pelvis.tilt"])
    )
    for joint in ("spine1", "spine2", "spine3"):
        rotations[:, J[joint]] = _spine_share(angle, "trunk", 1 / 3)
    for joint in ("neck", "head"):
        rotations[:, J[joint]] = _spine_share(angle, "head", 1 / 2)
    for side in SIDES:
        _set_arm(rotations, angle, side)
    return rotations


def _spine_share(angle, part, share):
    """Rotation of one joint by the given fraction of the twist, bend and flexion of a body part."""
    return (
        rotation(_Z, share * angle[f"{part}.twist"])
        @ rotation(_X, -share * angle[f"{part}.bend"])
        @ rotation(_Y, share * angle[f"{part}.flexion"])
    )


def _set_arm(rotations, angle, side):
    """Set the joint rotations of one arm, from the collar to the wrist.

    Mirroring changes the sign of rotations about x and z, but not about y.
    """
    out = 1.0 if side == "left" else -1.0
    of = {name[len(side) + 1 :]: values for name, values in angle.items() if name.startswith(side)}
    upper = rotation(-_Y, of["shoulder.flexion"]) @ rotation(
        out * _X, of["shoulder.abduction"] - 90.0
    )
    lift = of["collar.lift"] + _girdle_lift_deg(upper[:, :, 1] * out)
    collar = rotation(out * _X, lift)
    rotations[:, J[f"{side}_collar"]] = collar
    rotations[:, J[f"{side}_shoulder"]] = (
        np.swapaxes(collar, -1, -2) @ upper @ rotation(_Y, of["shoulder.twist"])
    )
    # Elbow and wrist each take half of the pronation, so the skin twists along the forearm.
    half_pronation = rotation(_Y, 0.5 * of["forearm.pronation"])
    rotations[:, J[f"{side}_elbow"]] = rotation(-out * _Z, of["elbow.flexion"]) @ half_pronation
    rotations[:, J[f"{side}_wrist"]] = (
        half_pronation
        @ rotation(-out * _Z, of["wrist.deviation"])
        @ rotation(-out * _X, of["wrist.flexion"])
    )


def _girdle_lift_deg(arm_direction):
    """Lift of the collar [degrees]: a quarter of the arm elevation above 30 degrees.

    Source: Inman, Saunders and Abbott, "Observations on the function of the shoulder joint",
    J. Bone Joint Surg. 26, 1944; the paper reports a third (a ratio of two to one).
    """
    elevation = np.rad2deg(np.arccos(np.clip(-arm_direction[:, 2], -0.9999, 0.9999)))
    above = -soft_minimum(-(elevation - 30.0), np.zeros_like(elevation), 8.0)
    return 0.25 * above


def leg_rotations(angle: dict[str, np.ndarray], side: str) -> tuple[np.ndarray, ...]:
    """Hip, knee and ankle rotations of a leg, from its joint angles instead of a footprint."""
    out = 1.0 if side == "left" else -1.0
    hip = (
        rotation(-_Y, angle[f"{side}.hip.flexion"])
        @ rotation(out * _X, angle[f"{side}.hip.abduction"])
        @ rotation(-out * _Z, angle[f"{side}.hip.twist"])
    )
    knee = rotation(_Y, angle[f"{side}.knee.flexion"])
    return hip, knee, rotation(-_Y, angle[f"{side}.ankle.flexion"])
