"""Placement of a subject, pose of the radar, and transform from the world to the radar frame.

The world is z-up, the floor is z = 0, and the radar is above the origin and faces +x.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from radarsim.checks import store_number
from radarsim.errors import InputError
from radarsim.scene.motion import Motion, body_joints

_SPINE = (0, 3, 6, 9)  # Joints from pelvis to chest in all SMPL layouts.
# Minimum horizontal component of the mean left-pointing axis of hips and chest for which the
# heading is taken from this axis. The component is smaller if the subject is lying on their side;
# the heading is then taken from the front axis.
_MIN_LEVEL_LEFT = 0.4


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Placement:
    """Start position and heading of a subject; `Subject` checks the values.

    `Subject` also accepts values that are traced by JAX, and does not check them. However, bodies
    are posed with known values: `simulate`, `stream`, `joint_tracks`, `pose_clip` and `scene.pose`
    refuse traced values. For derivatives, displace the mesh, as in docs/python.md.

    Attributes:
        distance_m: forward distance on the floor from the radar to the pelvis at the first pose
            [m].
        lateral_m: distance to the left from the radar to the pelvis at the first pose [m].
        heading_rad: direction that the subject faces; 0 is towards the radar, positive values turn
            to the subject's left [rad].
    """

    distance_m: ArrayLike = 3.0
    lateral_m: ArrayLike = 0.0
    heading_rad: ArrayLike = 0.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class RadarPose:
    """Height and boresight of the radar; `Scene` checks the values.

    `to_radar_frame` and `Scene` also accept values that are traced by JAX; `Scene` does not check
    them. The functions that pose a scene refuse traced values, as for `Placement`.

    Attributes:
        height_m: height of the phase centre above the floor [m].
        tilt_rad: elevation of the boresight, positive upwards [rad].
    """

    height_m: ArrayLike = 1.0
    tilt_rad: ArrayLike = 0.0


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class ActivityArea:
    """The floor in front of the radar that the subject must not leave: 5 m by 6 m by default.

    Attributes:
        near_m: minimum forward distance of the pelvis [m].
        far_m: maximum forward distance of the pelvis; may be infinite [m].
        half_width_m: maximum distance of the pelvis to either side; may be infinite [m].

    Raises:
        InputError: a value is not a number, or no pose can be inside the area.
    """

    near_m: float | int = 1.0
    far_m: float | int = 6.0
    half_width_m: float | int = 3.0

    def __post_init__(self):
        store_number(self, "near_m", "m", at_least=0.0, hint="give metres")
        if self.far_m != np.inf:
            store_number(self, "far_m", "m", hint="give metres")
        if self.half_width_m != np.inf:
            store_number(self, "half_width_m", "m", above=0.0, hint="give metres")
        if not self.near_m < self.far_m:
            problem = f"is in an area from {self.near_m:g} to {self.far_m:g} m ahead"
            raise InputError("ActivityArea", "near_m", problem, "give near_m below far_m")

    def inside(self, motion: Motion) -> int:
        """Number of poses before the pelvis first leaves the area.

        Args:
            motion: motion in world coordinates, from `place`.

        Returns:
            Number of poses before the first pose outside the area; all poses if none is outside.
        """
        ahead, left, _ = motion.pelvis_m.T
        out = (ahead < self.near_m) | (ahead > self.far_m) | (np.abs(left) > self.half_width_m)
        return int(out.argmax()) if out.any() else motion.num_poses


def facing_rad(motion: Motion, pose: int = 0) -> float:
    """Azimuth that the subject faces at one pose, measured from +x to the left [rad].

    The azimuth is perpendicular to the left-pointing axes of hips and chest, which is correct for
    subjects who bend forward, sit or lie on their back. If the subject is lying on their side, the
    azimuth is that of the front axes of hips and chest.

    Args:
        motion: motion in a z-up world.
        pose: index of the pose.

    Returns:
        Angle in -pi to pi.
    """
    spine = Rotation.from_rotvec(body_joints(motion)[pose, list(_SPINE)])
    hips = spine[0]
    chest = hips * spine[1] * spine[2] * spine[3]
    left = hips.apply([1.0, 0, 0]) + chest.apply([1.0, 0, 0])
    if np.hypot(left[0], left[1]) > 2 * _MIN_LEVEL_LEFT:
        return float(np.arctan2(-left[0], left[1]))
    front = hips.apply([0, 0, 1.0]) + chest.apply([0, 0, 1.0])
    return float(np.arctan2(front[1], front[0]))


def place(motion: Motion, placement: Placement) -> Motion:
    """Rotate a motion about the vertical and translate it to its start position.

    Heights do not change, so the floor stays at zero.

    Args:
        motion: motion in its own z-up world.
        placement: position of the pelvis at the first pose, and heading.

    Returns:
        The motion in world coordinates; the radar is above the origin and faces +x.
    """
    start = np.array([float(placement.distance_m), float(placement.lateral_m), 0.0])
    to_radar_rad = np.arctan2(-start[1], -start[0])
    turn_rad = to_radar_rad + float(placement.heading_rad) - facing_rad(motion)
    turn = Rotation.from_rotvec([0, 0, turn_rad])
    # Rotate about the vertical through the pelvis at the first pose, then move the pelvis to the
    # start position.
    pelvis_m = motion.pelvis_m
    pelvis_m = turn.apply(pelvis_m - pelvis_m[0] * [1, 1, 0]) + start
    poses_rad = motion.poses_rad.copy()
    poses_rad[:, 0] = (turn * Rotation.from_rotvec(poses_rad[:, 0])).as_rotvec()
    transl_m = pelvis_m - motion.pelvis_offset_m
    return replace(motion, poses_rad=poses_rad, transl_m=transl_m)


def to_radar_frame(
    points_m: Float[np.ndarray | jax.Array, "*batch 3"], radar_pose: RadarPose
) -> Float[np.ndarray | jax.Array, "*batch 3"]:
    """Transform world points to the radar frame: subtract the height and undo the tilt.

    The boresight of a radar tilted up by e is (cos e, 0, sin e), so with z' = z - height

        x_radar = x cos e + z' sin e,    y_radar = y,    z_radar = z' cos e - x sin e.

    Args:
        points_m: points in the z-up world [m].
        radar_pose: the radar's height and tilt; may be traced.

    Returns:
        Points from the radar's phase centre: +x ahead, +y left, +z up [m].
    """
    values = (points_m, radar_pose.height_m, radar_pose.tilt_rad)
    xp = jnp if any(isinstance(value, jax.Array) for value in values) else np
    cos, sin = xp.cos(radar_pose.tilt_rad), xp.sin(radar_pose.tilt_rad)
    ahead, left, up = (points_m[..., axis] for axis in range(3))
    up = up - radar_pose.height_m
    return xp.stack([ahead * cos + up * sin, left, up * cos - ahead * sin], axis=-1)


def to_world(
    points_m: Float[np.ndarray, "*batch 3"], radar_pose: RadarPose
) -> Float[np.ndarray, "*batch 3"]:
    """Transform points from the radar frame to the world, the inverse of `to_radar_frame`.

    Args:
        points_m: points from the radar's phase centre: +x ahead, +y left, +z up [m].
        radar_pose: the radar's height and tilt.

    Returns:
        Points in the z-up world [m].
    """
    cos, sin = np.cos(radar_pose.tilt_rad), np.sin(radar_pose.tilt_rad)
    ahead, left, up = (points_m[..., axis] for axis in range(3))
    height_m = up * cos + ahead * sin + radar_pose.height_m
    return np.stack([ahead * cos - up * sin, left, height_m], axis=-1)
