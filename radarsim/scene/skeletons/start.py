"""Closed-form initial rotations for the fit, from bone directions, from the pelvis outwards.

The rotation of a joint is the solution of Kabsch's problem for the landmarks that move rigidly with
it. Landmarks farther out have a small weight, and the rotation of the parent a very small weight,
so that a single bone gives the smallest rotation (swing). The twist of thigh and upper arm follows
from the hinge of knee and elbow if these are bent.
"""

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter1d
from scipy.spatial.transform import Rotation, Slerp

from radarsim.scene.skeleton import JOINT
from radarsim.scene.skeletons.kinematics import Pose, Rig, Shape
from radarsim.scene.skeletons.pose_prior import USUAL_MEAN_RAD
from radarsim.scene.skeletons.rigid_pairs import AT_JOINT_M, carriers, rest_points_m
from radarsim.scene.skeletons.rotation_vectors import nearest_rotations, to_matrices, to_vectors

# Weight of landmarks beyond the segment, and of the rotation of the parent [m^2].
_BEYOND, _PARENT_M2 = 0.05, 2e-3
# Standard deviations of the Gaussian smoothing of positions and of hinge axes [s]. The hinge axis
# of a straight limb is undefined, so smoothing keeps the axis from when the limb was bent.
_POINTS_S, _HINGES_S = 0.05, 0.25
# Observations farther away in time do not affect the start; four standard deviations of both
# smoothing steps [s].
MARGIN_S = 4 * (_POINTS_S + _HINGES_S)
# Fastest rotation of a joint [rad/s], largest rotation between poses [rad], and time before and
# after a faster rotation that is also interpolated [s].
_SPIN_RADPS, _MOST_STEP_RAD, _SPIN_S = 25.0, 1.5, 0.1
# Hinges: limb joint, middle joint, end joint, and the axis of flexion in the rest pose.
_HINGES = tuple(
    (JOINT[f"{side}_{upper}"], JOINT[f"{side}_{middle}"], JOINT[f"{side}_{end}"], axis)
    for upper, middle, end, axes in (
        ("hip", "knee", "ankle", ((1, 0, 0), (1, 0, 0))),
        ("shoulder", "elbow", "wrist", ((0, -1, 0), (0, 1, 0))),
    )
    for side, axis in zip(("left", "right"), axes, strict=True)
)


def starting_pose(rig: Rig, shape: Shape, points_m: np.ndarray, rate_hz: float) -> Pose:
    """Estimate the pose at every time separately.

    Args:
        rig: the skeleton.
        shape: assumed size and shape.
        points_m: landmarks [pose, landmark, 3]; gaps must be filled.
        rate_hz: poses per second.

    Returns:
        Rotations and pelvis positions.
    """
    points_m = gaussian_filter1d(points_m, _POINTS_S * rate_hz, axis=0, mode="nearest")
    rest_m = shape.scale * rest_points_m(rig, shape.offsets_m)
    rest_joints_m = shape.scale * rig.joint_template_m
    carried = carriers(rig, shape.offsets_m)
    hinges = _hinge_axes(rig, shape, points_m, rate_hz)
    count = len(points_m)
    world = np.empty((count, rig.num_joints, 3, 3))
    local, joints_m = np.empty_like(world), np.empty((count, rig.num_joints, 3))
    usual = to_matrices(USUAL_MEAN_RAD)
    for joint, parent in enumerate(rig.parents):
        weights = _weights(rig, carried, joint)
        base = np.tile(np.eye(3), (count, 1, 1)) if parent < 0 else world[:, parent] @ usual[joint]
        if parent < 0:
            rotation, joints_m[:, 0] = _root(rest_m, rest_joints_m[0], points_m, weights)
        else:
            bone_m = rest_joints_m[joint] - rest_joints_m[parent]
            joints_m[:, joint] = joints_m[:, parent] + world[:, parent] @ bone_m
            arms_m = points_m - _centre(rig, shape, points_m, joints_m, joint)[:, None]
            product = _products(weights, arms_m, rest_m - rest_joints_m[joint])
            product += hinges.get(joint, 0.0) + _PARENT_M2 * base
            rotation = nearest_rotations(product)
        world[:, joint] = rotation
        above = np.eye(3) if parent < 0 else np.swapaxes(world[:, parent], -1, -2)
        local[:, joint] = above @ rotation
    return Pose(local, joints_m[:, 0])


def _weights(rig: Rig, carried: np.ndarray, joint: int) -> np.ndarray:
    """Weight of each landmark for the rotation of a joint."""
    below = rig.ancestors[rig.landmark_joints, joint]
    return np.where(carried[:, joint], 1.0, np.where(below, _BEYOND, 0.0))


def _products(weights, observed_m, rest_m) -> np.ndarray:
    return np.einsum("k,tka,kb->tab", weights, observed_m, rest_m)


def _root(rest_m, rest_root_m, points_m, weights):
    """Rotation and position of the pelvis, from centred points."""
    share = weights / weights.sum()
    rest_centre_m, centre_m = share @ rest_m, np.einsum("k,tka->ta", share, points_m)
    product = _products(weights, points_m - centre_m[:, None], rest_m - rest_centre_m)
    rotation = nearest_rotations(product)
    return rotation, centre_m + rotation @ (rest_root_m - rest_centre_m)


def _centre(rig, shape, points_m, joints_m, joint) -> np.ndarray:
    """Position of a joint: a landmark at this joint, or else forward kinematics [pose, 3]."""
    at_joint = _landmark_at(rig, shape, joint)
    return joints_m[:, joint] if at_joint is None else points_m[:, at_joint]


def _landmark_at(rig: Rig, shape: Shape, joint: int) -> int | None:
    distance_m = np.linalg.norm(shape.offsets_m, axis=1)
    distance_m = np.where(rig.landmark_joints == joint, distance_m, np.inf)
    nearest = int(distance_m.argmin())
    return nearest if distance_m[nearest] < AT_JOINT_M / 2 else None


def _hinge_axes(rig, shape, points_m, rate_hz) -> dict[int, np.ndarray]:
    """Products of observed and rest hinge axes, for limb joints whose three landmarks exist."""
    found = {}
    for upper, middle, end, axis in _HINGES:
        places = [_landmark_at(rig, shape, joint) for joint in (upper, middle, end)]
        if None in places:
            continue
        first, second, third = (points_m[:, place] for place in places)
        # The more the hinge is bent, the longer the vector.
        observed = np.cross(second - first, third - second)
        observed = gaussian_filter1d(observed, _HINGES_S * rate_hz, axis=0, mode="nearest")
        found[upper] = observed[:, :, None] * np.array(axis, float)
    return found


def without_spins(pose: Pose, rate_hz: float, held: int = 0) -> Pose:
    """Interpolate joint rotations over times in which a joint spins faster than a human joint can.

    A nearly straight limb may get opposite twists at neighbouring poses. Between such poses, the
    fit would keep a full turn, because small steps cannot remove a full turn.

    Args:
        pose: poses during the fit.
        rate_hz: poses per second.
        held: number of poses at the start that are known.
    """
    turned = np.swapaxes(pose.rotations[:-1], -1, -2) @ pose.rotations[1:]
    spins = np.linalg.norm(to_vectors(turned), axis=-1) > min(_SPIN_RADPS / rate_hz, _MOST_STEP_RAD)
    if not spins.any():
        return pose
    rotations = pose.rotations.copy()
    reach = max(2, round(_SPIN_S * rate_hz))
    for joint in np.flatnonzero(spins.any(axis=0)):
        bad = np.pad(spins[:, joint], (0, 1)) | np.pad(spins[:, joint], (1, 0))
        spinning = binary_dilation(bad, iterations=reach)
        spinning[:held] = False
        good = np.flatnonzero(~spinning)
        if len(good) >= 2:
            track = Slerp(good, Rotation.from_matrix(rotations[good, joint]))
            times = np.clip(np.arange(len(bad)), good[0], good[-1])
            rotations[:, joint] = track(times).as_matrix()
    return pose._replace(rotations=rotations)
