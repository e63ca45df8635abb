"""A scene (subjects and radar pose), and its poses and mesh at the Chebyshev nodes of bursts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from radarsim.array_checks import check_scalar, check_untraced
from radarsim.checks import check_type
from radarsim.errors import InputError
from radarsim.numerics.host_arrays import float32
from radarsim.scene.body import BodyModel, joint_positions, skin
from radarsim.scene.mesh import BurstMesh, FaceIndices, Surface
from radarsim.scene.placement import RadarPose, to_radar_frame
from radarsim.scene.room import Room
from radarsim.scene.subject import PosedSubject, Subject, pose_subject


@dataclass(frozen=True, eq=False)
class Scene:
    """The subjects in front of the radar, and the pose of the radar.

    Attributes:
        subjects: people in the scene, who shadow each other; their bodies must not interpenetrate.
        radar_pose: height and tilt of the radar.
        room: the room that contains the subjects and the radar; None for free space.
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
        if not self.subjects:
            raise InputError("Scene", "subjects", "holds no subject; at least 1 is needed", hint)

    @property
    def bodies(self) -> tuple[BodyModel, ...]:
        """Body model of each subject."""
        return tuple(subject.body for subject in self.subjects)

    @property
    def duration_s(self) -> float:
        """Duration [s] of the shortest motion; longer motions are cut to this duration."""
        return min(subject.motion.duration_s for subject in self.subjects)


def check_known_poses(where: str, scene: Scene) -> None:
    """Check that the placements and the radar pose of a scene contain no JAX tracer.

    Raises:
        InputError: a number is traced; the message names the function that can be differentiated.
    """
    placements = [subject.placement for subject in scene.subjects]
    check_untraced(where, "scene", placements, scene.radar_pose, reason="bodies are posed with")


def only_subject(where: str, scene: Scene) -> Subject:
    """The subject of a scene of one person, for functions that cannot separate several people.

    Args:
        where: name of the calling function, for messages.
        scene: subjects and radar pose.

    Raises:
        InputError: the scene has several subjects.
    """
    if len(scene.subjects) > 1:
        problem = f"holds {len(scene.subjects)} subjects; at most 1 can be used here"
        raise InputError(where, "scene", problem, "give a scene of one person")
    return scene.subjects[0]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PosedScene:
    """A scene at the nodes of every burst, or many scenes of equal array shape along a clip axis.

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

    Raises:
        InputError: a placement or the radar pose is traced by JAX.
    """
    check_known_poses("pose", scene)
    return PosedScene(
        subjects=tuple(pose_subject(each, scene.radar_pose, times_s) for each in scene.subjects),
        radar_tilt_rad=float32(scene.radar_pose.tilt_rad),
    )


def skin_scene(bodies: tuple[BodyModel, ...], posed: PosedScene) -> tuple[BurstMesh, FaceIndices]:
    """The surface of a posed scene of one subject in the radar frame: its vertices and faces.

    Args:
        bodies: body models from `Scene.bodies`.
        posed: result of `pose`.
    """
    (surface,) = skin_subjects(bodies, posed)
    return surface.mesh, surface.faces


def skin_subjects(bodies: tuple[BodyModel, ...], posed: PosedScene) -> tuple[Surface, ...]:
    """The surface of every subject of a posed scene in the radar frame.

    Each surface has the origin of its own subject, so that the float32 rounding of the vertices
    does not depend on the other subjects.

    Args:
        bodies: body models from `Scene.bodies`.
        posed: result of `pose`.
    """

    def surface(body: BodyModel, subject: PosedSubject) -> Surface:
        vertices_m = _from_origin(skin, body, subject, posed.radar_tilt_rad)
        return Surface(
            BurstMesh(vertices_m, subject.origin_high_m, subject.origin_low_m), body.faces
        )

    return tuple(surface(*each) for each in zip(bodies, posed.subjects, strict=True))


def subject_joints(
    bodies: tuple[BodyModel, ...], posed: PosedScene, index: int = 0
) -> Float[Array, "frame node joint 3"]:
    """The joints of one subject, along the radar's axes but relative to the subject's origin.

    Args:
        bodies: body models from `Scene.bodies`.
        posed: result of `pose`, which contains the origin.
        index: index of the subject in the scene.

    Returns:
        Positions of the joints of the body's layout [m].
    """
    subject = posed.subjects[index]
    return _from_origin(joint_positions, bodies[index], subject, posed.radar_tilt_rad)


def _from_origin(positions, body: BodyModel, subject: PosedSubject, tilt_rad: ArrayLike):
    """Vertices (`skin`) or joints (`joint_positions`) relative to the subject's origin [m]."""
    no_translation_m = np.zeros(subject.origin_high_m.shape, np.float32)
    points_m = positions(body, subject.betas, subject.poses_rad, no_translation_m, subject.scale)
    tilt_only = replace(RadarPose(), height_m=0.0, tilt_rad=tilt_rad)
    return to_radar_frame(points_m, tilt_only)
