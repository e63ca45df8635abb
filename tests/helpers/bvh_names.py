"""Joint names that match only after side letters, prefixes and suffixes have been removed."""


def _family(limbs, middle):
    """Map SMPL joints to the given names (hip, knee, ... wrist; pelvis to head)."""
    parts = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
    joints = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
    return dict(zip(parts, limbs.split(), strict=True)) | dict(
        zip(joints, middle.split(), strict=True)
    )


def _prefixed(prefix, limbs, middle):
    return _family(
        *(" ".join(prefix + name for name in names.split()) for names in (limbs, middle))
    )


_MIDDLE = "Hips Spine Spine1 Spine2 Neck Head"
OTHER_STYLES = {
    "cmu_asf": _family(
        "{s}femur {s}tibia {s}foot {s}toes {s}clavicle {s}humerus {s}radius {s}wrist",
        "root lowerback upperback thorax upperneck head",
    ),
    "mocapnet": _family(
        "{s}hip {s}knee {s}foot {s}toe {s}collar {s}shoulder {s}elbow {s}hand",
        "hip abdomen waist chest neck head",
    ),
    "poser_lower": _family(
        "{s}thigh {s}shin {s}foot {s}toe {s}collar {s}shldr {s}forearm {s}hand",
        "hip abdomen waist chest neck head",
    ),
    "vrm": _prefixed(
        "J_Bip_",
        "{S}_UpperLeg {S}_LowerLeg {S}_Foot {S}_ToeBase {S}_Shoulder {S}_UpperArm {S}_LowerArm "
        "{S}_Hand",
        "C_Hips C_Spine C_Chest C_UpperChest C_Neck C_Head",
    ),
    "neuron": _prefixed(
        "Robot_",
        "{Side}UpLeg {Side}Leg {Side}Foot {Side}ToeBase {Side}Shoulder {Side}Arm {Side}ForeArm "
        "{Side}Hand",
        _MIDDLE,
    ),
    "maya": _prefixed(
        "ns1:ns2:",
        "{S}_upLeg_jnt {S}_lowLeg_jnt {S}_foot_jnt {S}_toe_jnt {S}_shoulder_jnt {S}_upArm_jnt "
        "{S}_lowArm_jnt {S}_hand_jnt",
        "hips_jnt spine1_jnt spine2_jnt spine3_jnt neck_jnt head_jnt",
    ),
    "bones": _prefixed(
        "rig|",
        "{Side}_thigh_bn {Side}_knee_bn {Side}_ankle_bn {Side}_toe_bn {Side}_clav_bn "
        "{Side}_arm_bn {Side}_elbow_bn {Side}_wrist_bn",
        "hips_bn spine_bn spine1_bn spine2_bn neck_bn head_bn",
    ),
    "daz": _family(
        "{s}ThighBend {s}Shin {s}Foot {s}Toe {s}Collar {s}ShldrBend {s}ForearmBend {s}Hand",
        "hip abdomenLower chestLower chestUpper neckLower head",
    ),
    "valve": _prefixed(
        "ValveBiped.Bip01_",
        "{S}_Thigh {S}_Calf {S}_Foot {S}_Toe0 {S}_Clavicle {S}_UpperArm {S}_Forearm {S}_Hand",
        "Pelvis Spine Spine1 Spine2 Neck1 Head1",
    ),
    "character_creator": _prefixed(
        "CC_Base_",
        "{S}_Thigh {S}_Calf {S}_Foot {S}_ToeBase {S}_Clavicle {S}_Upperarm {S}_Forearm {S}_Hand",
        "Hip Waist Spine01 Spine02 NeckTwist01 Head",
    ),
    "kinect": _family(
        "HIP_{SIDE} KNEE_{SIDE} ANKLE_{SIDE} FOOT_{SIDE} CLAVICLE_{SIDE} SHOULDER_{SIDE} "
        "ELBOW_{SIDE} WRIST_{SIDE}",
        "SPINE_BASE SPINE_NAVAL SPINE_MID SPINE_CHEST NECK HEAD",
    ),
    "optitrack": _prefixed(
        "Skeleton_",
        "{S}Thigh {S}Shin {S}Foot {S}Toe {S}Shoulder {S}UArm {S}FArm {S}Hand",
        "Hip Ab Waist Chest Neck Head",
    ),
    "makehuman": _family(
        "upperleg01.{S} lowerleg01.{S} foot.{S} toe1.{S} clavicle.{S} upperarm01.{S} "
        "lowerarm01.{S} wrist.{S}",
        "root spine05 spine03 spine01 neck01 head",
    ),
    "soma": _family(
        "{Side}Leg {Side}Shin {Side}Foot {Side}ToeBase {Side}Shoulder {Side}Arm {Side}ForeArm "
        "{Side}Hand",
        "Hips Spine1 Spine2 Chest Neck1 Head",
    ),
    "xsens_mvn": _prefixed(
        "j",
        "{Side}Hip {Side}Knee {Side}Ankle {Side}BallFoot {Side}C7Shoulder {Side}Shoulder "
        "{Side}Elbow {Side}Wrist",
        "L5S1 L4L3 L1T12 T9T8 T1C7 C1Head",
    ),
    "second_life": _prefixed(
        "m",
        "Hip{Side} Knee{Side} Ankle{Side} Foot{Side} Collar{Side} Shoulder{Side} Elbow{Side} "
        "Wrist{Side}",
        "Pelvis Torso Chest Spine3 Neck Head",
    ),
}
