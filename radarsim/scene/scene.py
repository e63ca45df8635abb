"""A scene (subjects and radar pose), and its poses and mesh at the Chebyshev nodes of bursts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from radarsim.array_checks import check_scalar
from radarsim.checks import check_type
from radarsim.errors import InputError
from radarsim.scene.body import BodyModel, joint_positions, skin
from radarsim.scene.mesh import BurstMesh, FaceIndices
from radarsim.scene.placement import RadarPose, to_radar_frame
from radarsim.scene.room import Room
from radarsim.scene.subject import PosedSubject, Subject, pose_subject


@dataclass(frozen=True, eq=False)
class Scene:
    """The subjects in front of the radar, and the pose of the radar.

    Attributes:
        subjects: people in the scene; at present only one person is supported.
        radar_pose: height and tilt of the radar.
        room: the room around the subjects and the radar; None for free space.
    """

    subjects: Sequence[Subject]
    radar_pose: RadarPose = RadarPose()
    room: Room | None = None

    def __post_init__(self):
        hint = "give a list: Scene([subject])"
        check_type("Scene", "subjects", self.subjects, Sequence, hint)
        for each in self.subjects:
            check_type("Scene", "subjects", each, Subject, "give Subject(motion, body) in a list")
        check_type("Scene", "radar_pose", self.radar_pose, RadarPose, "give RadarPose(...)")
        check_type("Scene", "room", self.room, (Room, type(None)), "give Room(...) or None")
        check_scalar("RadarPose", "height_m", self.radar_pose.height_m, "m", hint="give metres")
        check_scalar("RadarPose", "tilt_rad", self.radar_pose.tilt_rad, "rad", hint="give radians")
        if len(self.subjects) != 1:
            raise InputError(
                "Scene",
                "subjects",
                f"holds {len(self.subjects)} subjects; exactly one can be simulated",
                "simulate each subject in a separate scene and add the IF cubes",
            )

    @property
    def bodies(self) -> tuple[BodyModel, ...]:
        """Body model of each subject."""
        return tuple(subject.body for subject in self.subjects)

    @property
    def duration_s(self) -> float:
        """Duration [s] that the motion of every subject covers."""
        return min(subject.motion.duration_s for subject in self.subjects)


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PosedScene:
    """A scene at the nodes of every burst, or many scenes of equal shape along a leading clip axis.

    Attributes:
        subjects: each subject's poses.
        radar_tilt_rad: elevation of the radar's boresight [rad].
    """

    subjects: tuple[PosedSubject, ...]
    radar_tilt_rad: ArrayLike


def pose(scene: Scene, times_s: Float[np.ndarray, "frame node"]) -> PosedScene:
    """Sample the motion of every subject at the nodes of bursts.

    Args:
        scene: subjects and radar pose.
        times_s: times from `radar.timing.burst_times_s` [s].
    """
    return PosedScene(
        subjects=tuple(pose_subject(each, scene.radar_pose, times_s) for each in scene.subjects),
        radar_tilt_rad=jnp.float32(scene.radar_pose.tilt_rad),
    )


def skin_scene(bodies: tuple[BodyModel, ...], posed: PosedScene) -> tuple[BurstMesh, FaceIndices]:
    """The surface of a posed scene in the radar frame: skinned vertices and their faces.

    Args:
        bodies: body models from `Scene.bodies`.
        posed: result of `pose`.
    """
    (body,), (subject,) = bodies, posed.subjects
    vertices_m = _from_origin(skin, body, posed)
    return BurstMesh(vertices_m, subject.origin_high_m, subject.origin_low_m), body.faces


def scene_joints(
    bodies: tuple[BodyModel, ...], posed: PosedScene
) -> Float[Array, "frame node joint 3"]:
    """The joints of a posed scene, along the radar's axes but relative to the subject's origin.

    Args:
        bodies: body models from `Scene.bodies`.
        posed: result of `pose`, which contains the origin.

    Returns:
        Positions of the joints of the body's layout [m].
    """
    return _from_origin(joint_positions, bodies[0], posed)


def _from_origin(positions, body: BodyModel, posed: PosedScene):
    """Vertices (`skin`) or joints (`joint_positions`) relative to the subject's origin [m]."""
    (subject,) = posed.subjects
    no_translation_m = jnp.zeros(subject.origin_high_m.shape, jnp.float32)
    points_m = positions(body, subject.betas, subject.poses_rad, no_translation_m, subject.scale)
    tilt_only = replace(RadarPose(), height_m=0.0, tilt_rad=posed.radar_tilt_rad)
    return to_radar_frame(points_m, tilt_only)
