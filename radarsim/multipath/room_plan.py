"""Prepare a scene's room: compute static echoes and choose the multipath passes to simulate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from radarsim.errors import InputError
from radarsim.multipath.legs import make_leg
from radarsim.multipath.pass_powers import candidate_passes, pass_powers
from radarsim.multipath.pass_selection import Passes, padded_passes
from radarsim.multipath.room_report import PassLevel, RoomReport, chosen_passes
from radarsim.multipath.shadows import visible_fractions
from radarsim.multipath.static_echoes import StaticEchoes, joined, mirror_echoes, padded
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.visibility import faces_radar
from radarsim.scattering.weighted_reflection import DelayWeightedReflection
from radarsim.scene.furniture import TriangleMesh
from radarsim.scene.mesh import BurstMesh, FaceIndices, Surface, faces_of
from radarsim.scene.motion import Motion
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import POLARISATIONS, Plane, Room
from radarsim.scene.scene import Scene, pose, skin_subjects
from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.front_end import parts_of
from radarsim.signal.settings import SimulationSettings
from radarsim.signal.surface_selection import with_echo_faces

# Number of equally spaced instants of the motion at which the powers of passes are estimated.
NUM_MOMENTS = 4
# Minimum padded number of furniture triangles.
LEAST_OCCLUDERS = 512


@dataclass(frozen=True)
class RoomEchoes:
    """The room's contribution to the echo of a scene.

    Attributes:
        passes: multipath passes to simulate; None if no pass is simulated.
        static: echoes of walls and furniture, divided by the reflectivity of the body, so that the
            same level constant applies to static echoes and bodies.
        delayed: static echoes, each multiplied by the delay of the echo [ns]; None if no receiver
            effect depends on the delay.
        fixed_m: corners of the furniture's triangles [m].
        report: report on the passes and static echoes.
    """

    passes: Passes | None
    static: StaticEchoes
    delayed: StaticEchoes | None
    fixed_m: Float[np.ndarray, "occluder 3 3"]
    report: RoomReport


def scene_room(
    radar: Radar, scene: Scene, reflection: ReflectionModel, settings: SimulationSettings
) -> RoomEchoes | None:
    """Prepare the room of a scene; return None if the scene has no room.

    The passes are chosen from instants of the whole motion, so that the choice does not depend on
    which frames are simulated.

    Args:
        radar: the simulated board.
        scene: subjects, pose of the radar, and room.
        reflection: reflection model of the subjects.
        settings: settings of the simulation.

    Raises:
        InputError: same conditions as for `prepare_room`, or a subject's pelvis is beyond a wall at
            any pose of the scene.
    """
    if scene.room is None:
        return None
    for subject in scene.subjects:
        _check_path(scene, subject.motion)
    times_s = scene.duration_s * (np.arange(NUM_MOMENTS)[:, None] + 0.5) / NUM_MOMENTS
    surfaces = with_echo_faces(reflection, skin_subjects(scene.bodies, pose(scene, times_s)))
    return prepare_room(radar, settings, reflection, scene.room, scene.radar_pose, surfaces)


def prepare_room(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    room: Room,
    radar_pose: RadarPose,
    surfaces: Sequence[Surface],
) -> RoomEchoes:
    """Compute the static echoes of a room and choose the multipath passes for a scene.

    Args:
        radar: the simulated board, with its receiver profile.
        settings: settings of the simulation.
        reflection: reflection model of the bodies.
        room: the room to be prepared.
        radar_pose: height and tilt of the radar.
        surfaces: surface of each body at some instants of the motion; each frame is one instant,
            given by the first node of the frame.

    Raises:
        InputError: a material is not valid at the radar's frequency, the radar is outside the room,
            the mean of a body's vertices is beyond a wall at an instant, the settings select the
            exact sum, the level constant of the bodies is not positive, or the profile contains
            ranges of values.
    """
    if settings.method == "exact":
        problem = "is 'exact', which cannot simulate the room of the scene"
        hint = "use method='accurate' or 'fast', or a scene without a room"
        raise InputError("SimulationSettings", "method", problem, hint)
    _check_level(radar, reflection)
    radar, reflection, front_end = parts_of(radar, reflection)
    planes = room.planes(radar_pose)
    bodies = [_at_moments(*surface) for surface in surfaces]
    for vertices_m, _ in bodies:
        _check_inside(planes, np.asarray(vertices_m))
    fixed_m = _furniture_corners_m(room.furniture_meshes(radar_pose))
    pieces = room.furniture_surfaces(radar_pose)
    levels, passes = _planned(radar, reflection, room, planes, bodies, fixed_m)
    static_of = partial(_static, radar, settings, room, planes, pieces, fixed_m)
    sources, static = static_of(reflection)
    by_delay = front_end is not None and front_end.by_delay
    delayed = static_of(DelayWeightedReflection(reflection))[1] if by_delay else None
    max_range_m = radar.max_range_m
    report = RoomReport(room.size_text, room.polarisation, levels, sources, max_range_m)
    return RoomEchoes(passes, static, delayed, fixed_m, report)


def _check_level(radar: Radar, reflection: ReflectionModel) -> None:
    """Raise InputError for bodies without echo: static echoes are relative to their level."""
    level = np.float32(reflection.reflectivity_at(radar))
    if not level > 0:
        problem = f"is {level:g}, but a room needs a positive level constant of the bodies"
        hint = "for a room with the shadows of people but nearly without their echoes, give 1e-6"
        raise InputError(type(reflection).__name__, "reflectivity", problem, hint)


def _furniture_corners_m(meshes: Sequence[TriangleMesh]) -> Float[np.ndarray, "occluder 3 3"]:
    """Return the corners of all furniture triangles [m], padded for shared compiled programs.

    The padding triangles have zero area and hide nothing.
    """
    if not meshes:
        return np.zeros((0, 3, 3), np.float32)
    corners_m = np.concatenate([mesh.vertices_m[mesh.faces] for mesh in meshes])
    padding = power_of_two(len(corners_m), LEAST_OCCLUDERS) - len(corners_m)
    return np.pad(corners_m, ((0, padding), (0, 0), (0, 0))).astype(np.float32)


def _at_moments(mesh: BurstMesh, faces: FaceIndices) -> tuple[Array, FaceIndices]:
    """Return a body's vertices in the radar frame at each instant [m], and the body's triangles."""
    return (mesh.vertices_m + mesh.origin_high_m[:, :, None])[:, 0], faces


def _check_path(scene: Scene, motion: Motion) -> None:
    """Check that the pelvis of a subject does not leave the room through a wall at any pose."""
    num_poses = int(np.ceil(scene.duration_s * motion.rate_hz)) + 1
    for name, distance_m in scene.room.beyond_m(motion.pelvis_m[:num_poses]).items():
        _refuse_beyond(name, distance_m)


def _check_inside(planes: list[Plane], vertices_m: np.ndarray) -> None:
    """Check that a body does not leave the room through a wall."""
    for plane in planes:
        distance_m = plane.offset_m - (vertices_m @ plane.normal).mean(-1).min()
        if distance_m > 0:
            _refuse_beyond(plane.name, distance_m)


def _refuse_beyond(surface: str, distance_m: float) -> None:
    """Raise InputError if the surface is a wall; a pelvis or a foot may be below the floor."""
    if surface not in ("floor", "ceiling"):
        problem = f"stands {distance_m:.2f} m beyond the {surface.replace('_', ' ')}"
        hint = "enlarge the room, or move the subject"
        raise InputError("Scene", "subjects", problem, hint)


def _planned(
    radar, reflection, room: Room, planes, bodies: list, fixed_m
) -> tuple[list[PassLevel], Passes | None]:
    """Return the levels of all candidate passes, and the passes to simulate."""
    polarisation = POLARISATIONS[room.polarisation]
    points_m = np.concatenate([np.reshape(vertices_m, (-1, 3)) for vertices_m, _ in bodies])
    candidates = candidate_passes(planes, radar.chirp.centre_freq_hz, polarisation, points_m)
    powers = sum(
        pass_powers(radar, reflection, candidates, *body, _around(bodies, index, fixed_m))
        for index, body in enumerate(bodies)
    )
    levels = chosen_passes(candidates.orders, candidates.pairs, powers, room)
    by_name = {plane.name: plane for plane in planes}
    kept = [(each.way_out, each.way_back) for each in levels if each.kept]
    pairs = [pair for a, b in kept for pair in dict.fromkeys([(a, b), (b, a)])]
    ways = sorted({way for pair in pairs for way in pair})
    if not pairs:
        return levels, None
    # The number of slots is that of the room, not of the chosen passes, so that the clips of a
    # corpus share compiled programs; an unused slot costs nothing when a program runs.
    model = radar.chirp.centre_freq_hz, polarisation, room.leg_reflections
    legs = [make_leg([by_name[name] for name in way], *model) for way in ways]
    out, back = (np.array([ways.index(pair[side]) for pair in pairs]) for side in (0, 1))
    shared = np.array([kept.index(pair if pair in kept else pair[::-1]) for pair in pairs])
    passes = Passes(jax.tree.map(lambda *parts: np.stack(parts), *legs), out, back, shared)
    permitted = [each for each in levels if each.leg_reflections <= room.leg_reflections]
    possible = sum(each.num_passes for each in permitted)
    return levels, padded_passes(passes, min(room.most_passes, possible))


def _around(bodies: list, index: int, fixed_m) -> Float[Array, "moment occluder 3 3"]:
    """Return the triangle corners of furniture and all other bodies at each instant [m]."""
    others_m = [vertices_m[:, faces] for vertices_m, faces in bodies]
    del others_m[index]
    fixed_m = jnp.broadcast_to(fixed_m, (len(bodies[0][0]), *fixed_m.shape))
    return jnp.concatenate([*others_m, fixed_m], axis=1)


def _static(radar, settings, room: Room, planes, pieces, fixed_m, reflection: ReflectionModel):
    """Return the static echoes of walls and furniture, without those that furniture hides."""
    video = settings.residual_video_phase
    sources, static = mirror_echoes(radar, room, planes, reflection, video)
    if not pieces:
        return sources, _per_reflectivity(radar, reflection, padded(static))
    # Imported here because the module imports trimesh, which takes a third of a second.
    from radarsim.multipath.furniture_echoes import furniture_echoes

    seen = np.asarray(_fractions_past_furniture(padded(static), fixed_m))[: len(sources)]
    static = replace(static, samples=static.samples * seen[:, None, None, None])
    sources = [
        source._replace(rcs_m2=source.rcs_m2 * float(share) ** 2)
        for source, share in zip(sources, seen, strict=True)
        if share > 0
    ]
    more, of_furniture = furniture_echoes(radar, room, pieces, fixed_m, reflection, video)
    every = padded(joined([static, of_furniture]))
    return sources + more, _per_reflectivity(radar, reflection, every)


@jax.jit
def _fractions_past_furniture(static: StaticEchoes, fixed_m) -> Float[Array, " echo"]:
    """Return the visible fraction of each static echo behind furniture."""
    return visible_fractions(static, fixed_m, _facing(fixed_m))


def _per_reflectivity(radar, reflection: ReflectionModel, static: StaticEchoes) -> StaticEchoes:
    """Return the static echoes divided by the reflectivity of the bodies."""
    return replace(static, samples=static.samples / np.float32(reflection.reflectivity_at(radar)))


def _facing(corners_m) -> Bool[Array, " occluder"]:
    """Return a mask of the triangles that face the radar."""
    corners_m = jnp.asarray(corners_m)
    indices = np.arange(3 * len(corners_m)).reshape(-1, 3)
    return faces_radar(faces_of(corners_m.reshape(-1, 3), indices))
