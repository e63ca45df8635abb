"""SMPL's 24 joints in bodies of every layout: their indices, and the faces that belong to them.

SMPL-H and SMPL-X bodies have finger joints instead of SMPL's two hand joints; SMPL-X bodies also
have a jaw and eyes. In both layouts, the finger joints are last: 15 of the left hand, then 15 of
the right hand, in the order index, middle, little, ring finger, thumb, with three joints each.
"""

import numpy as np
from jaxtyping import Bool, Int

from radarsim.scene.body import BodyModel
from radarsim.scene.skeleton import JOINT, JOINT_NAMES, NUM_SHARED_JOINTS, PARENTS

NUM_SMPL_JOINTS = len(JOINT_NAMES)
NUM_FINGER_JOINTS = 15  # Finger joints of one hand.
# Index of the base of the middle finger in a hand, because SMPL's hand joint is at the knuckles.
MIDDLE_FINGER = 3
# A joint with fewer faces than this number is assigned more of the surrounding surface. Of ten
# faces, about five face the radar; with fewer, a single face would decide whether the joint is
# visible.
LEAST_FACES = 10


def smpl_joints(body: BodyModel) -> Int[np.ndarray, "24"]:
    """Index of the body's joint that corresponds to each of SMPL's 24 joints.

    Args:
        body: model of any layout.

    Returns:
        Indices; the base of the middle finger represents the hand if the body has fingers.
    """
    if body.layout == "smpl":
        return np.arange(NUM_SMPL_JOINTS)
    left_hand = body.num_joints - 2 * NUM_FINGER_JOINTS
    hands = np.array([left_hand, left_hand + NUM_FINGER_JOINTS]) + MIDDLE_FINGER
    return np.concatenate([np.arange(NUM_SHARED_JOINTS), hands])


def smpl_joint_of(body: BodyModel) -> Int[np.ndarray, " joint"]:
    """SMPL joint to which each joint of the body belongs: fingers to the hand, face to the head.

    Args:
        body: model of any layout.
    """
    owner = np.arange(body.num_joints)
    if body.layout != "smpl":
        owner[NUM_SHARED_JOINTS:] = JOINT["head"]  # jaw and eyes
        owner[-2 * NUM_FINGER_JOINTS :] = JOINT["left_hand"]
        owner[-NUM_FINGER_JOINTS:] = JOINT["right_hand"]
    return owner


def joint_faces(body: BodyModel) -> Bool[np.ndarray, "face 24"]:
    """Faces that belong to each of SMPL's 24 joints.

    A face belongs to the joint with the largest skinning weight, summed over its corners. A joint
    with fewer than `LEAST_FACES` such faces gets the faces with its largest weights instead, which
    may then belong to several joints; a joint without any weight gets the faces of its parent.

    Args:
        body: model of any layout.
    """
    weights = np.asarray(body.skin_weights) @ np.eye(NUM_SMPL_JOINTS)[smpl_joint_of(body)]
    weights = weights[np.asarray(body.faces)].sum(axis=1)
    belongs = weights.argmax(axis=1)[:, None] == np.arange(NUM_SMPL_JOINTS)
    for joint in np.flatnonzero(belongs.sum(axis=0) < LEAST_FACES):
        most = np.argsort(-weights[:, joint], kind="stable")[:LEAST_FACES]
        belongs[most, joint] = weights[most, joint] > 0
        if not belongs[:, joint].any() and PARENTS[joint] >= 0:
            belongs[:, joint] = belongs[:, PARENTS[joint]]
    return belongs
