"""Check the arguments of public functions, individually and together, before compilation.

JAX tracers have no known values, so only their shapes and types are checked. Subjects and scenes
check themselves when they are created (`scene/subject.py`, `scene/scene.py`).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from radarsim.array_checks import (
    REAL,
    as_array,
    check_axes,
    check_finite,
    check_scalar,
    check_untraced,
    is_traced,
)
from radarsim.checks import check_type, described, whole_number
from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s, frames_in
from radarsim.reflection_checks import check_reflection
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.motion import TIME_SLACK_S
from radarsim.scene.scene import Scene, check_known_poses
from radarsim.signal.burst_limit import check_burst_duration
from radarsim.signal.error_budget import MOST_NODES
from radarsim.signal.settings import SimulationSettings

MESH_AXES = ("frame", "node", "vertex", "coordinate")
POINT_AXES = ("frame", "node", "point", "coordinate")
ORIGIN_AXES = ("frame", "node", "coordinate")
# Shapes of JAX's raw random keys: two 32-bit words, or four for the generator rbg.
_RAW_KEYS = ((2,), (4,))


def check_radar(where: str, radar: Any) -> None:
    """Check that an argument is a `Radar`.

    Raises:
        InputError: the argument is not a `Radar`.
    """
    hint = "give a Radar, such as load_radar('AWR1843BOOST'), as the first argument"
    check_type(where, "radar", radar, Radar, hint)


def check_settings(where: str, settings: Any, kind: type = SimulationSettings) -> None:
    """Check that the settings are an instance of the class that a function requires.

    Raises:
        InputError: the settings are of another class.
    """
    check_type(where, "settings", settings, kind, f"write settings={kind.__name__}(...)")


def check_key(where: str, key: Any) -> None:
    """Check that an argument is one random key.

    Raises:
        InputError: the argument is a seed, an array of several keys, or not a key at all.
    """
    hint = "give one key, such as jax.random.key(0)"
    dtype = getattr(key, "dtype", None)
    if dtype is None:
        raise InputError(where, "key", f"is {described(key)}, not a random key", hint)
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        if key.shape != ():
            problem = f"holds keys of shape {key.shape}, not one key"
            raise InputError(where, "key", problem, "give one of them, or use jax.vmap")
    elif dtype != np.uint32 or key.shape not in _RAW_KEYS:
        raise InputError(where, "key", f"is {described(key)}, not a random key", hint)


class SimulationInput(NamedTuple):
    """Arguments common to all simulations."""

    radar: Any
    key: Any
    reflection: Any
    settings: Any
    extra_noise_db: Any = 0.0


def check_simulation(where: str, given: SimulationInput) -> None:
    """Check the arguments common to all simulations.

    Raises:
        InputError: an argument is invalid; the message names the argument.
    """
    check_radar(where, given.radar)
    check_reflection(where, given.reflection)
    check_settings(where, given.settings)
    check_key(where, given.key)
    check_scalar(where, "extra_noise_db", given.extra_noise_db, "dB", hint="give decibels")


def check_scene(where: str, scene: Any) -> None:
    """Check that an argument is a `Scene`.

    Raises:
        InputError: the argument is not a `Scene`.
    """
    check_type(where, "scene", scene, Scene, "give Scene([subject]) as the second argument")


def check_untraced_scene(where: str, scene: Scene, reflection: ReflectionModel) -> None:
    """Check that the placements, the radar pose and the reflection model contain no JAX tracer.

    Raises:
        InputError: a number is traced; the message names the function that can be differentiated.
    """
    check_known_poses(where, scene)
    check_untraced(where, "reflection", reflection)


def checked_frames(
    where: str,
    radar: Radar,
    scene: Scene,
    settings: SimulationSettings,
    num_frames: Any,
    first_frame: Any,
) -> tuple[int, int]:
    """Check that the frames lie within the motion; return their number and the index of the first.

    Args:
        where: name of the function, for messages.
        radar, scene, settings: checked arguments, which determine the number of frames that fit.
        num_frames: requested number of frames; None for all frames from the first to the end of the
            motion.
        first_frame: requested index of the first frame.

    Raises:
        InputError: `num_frames` or `first_frame` is not a whole number or is too small, or the
            frames extend past the end of the motion, or a burst is too long.
    """
    check_burst_duration(where, radar, settings)
    return frames_in_motion(where, radar, scene, settings.nodes, num_frames, first_frame)


def frames_in_motion(
    where: str, radar: Radar, scene: Scene, nodes: int, num_frames: Any, first_frame: Any
) -> tuple[int, int]:
    """Like `checked_frames`, for a number of nodes per burst and bursts of any duration.

    Raises:
        InputError: `num_frames` or `first_frame` is not a whole number or is too small, or the
            frames extend past the end of the motion.
    """
    first = whole_number(where, "first_frame", first_frame, 0)
    fitting = frames_in(radar, scene.duration_s, nodes)
    if fitting - first < 1 and num_frames is None:
        requested = f"frames from frame {first} on"
        raise InputError(where, "first_frame", *_too_short(radar, scene, fitting, requested))
    if num_frames is None:
        return fitting - first, first
    count = whole_number(where, "num_frames", num_frames)
    last_s = burst_times_s(radar, 1, nodes, first + count - 1)[0, -1]
    if last_s > scene.duration_s + TIME_SLACK_S:
        requested = f"frames {first} to {first + count - 1}"
        raise InputError(where, "num_frames", *_too_short(radar, scene, fitting, requested))
    return count, first


def _too_short(radar: Radar, scene: Scene, fitting: int, requested: str) -> tuple[str, str]:
    """Problem and hint of the error message for frames beyond the end of a motion."""
    shortest = min((each.motion for each in scene.subjects), key=lambda each: each.duration_s)
    lasts = f"motion '{shortest.name}' lasts {scene.duration_s:.3f} s"
    problem = (
        f"are {requested}; {lasts}, which holds {fitting} complete frames of "
        f"{radar.frame.period_s:g} s"
    )
    if not fitting:
        problem = f"are {requested}; {lasts}, less than the burst of one frame"
    return problem, "simulate fewer frames, or use a longer motion"


def checked_mesh(
    where: str, settings: SimulationSettings, vertices_m: Any, faces: Any, origin_m: Any
) -> tuple:
    """Check a moving mesh, its faces and its origin against each other.

    Args:
        where: name of the function, for messages.
        settings: settings that have been checked.
        vertices_m, faces: vertices and faces to be checked.
        origin_m: origin to be checked; None if the origin is the radar.

    Returns:
        Vertices, faces and origin; the origin is None, or has one point per frame and node.

    Raises:
        InputError: an argument is invalid; the message names the argument.
    """
    hint = "give x, y, z of every vertex at the times of burst_times_s"
    vertices_m = as_array(where, "vertices_m", vertices_m, REAL, hint)
    _check_positions(where, "vertices_m", vertices_m, MESH_AXES, settings)
    faces = checked_faces(where, faces, vertices_m.shape[2])
    if origin_m is None:
        return vertices_m, faces, None
    return vertices_m, faces, _checked_origin(where, origin_m, vertices_m.shape[:2])


def _checked_origin(where, origin_m, shape: tuple[int, int]):
    hint = "give x, y, z for every frame and node of the vertices"
    origin_m = as_array(where, "origin_m", origin_m, REAL, hint)
    needed = (*shape, 3)
    try:
        fits = np.broadcast_shapes(origin_m.shape, needed) == needed
    except ValueError:
        fits = False
    if not fits:
        names = f"[{', '.join(ORIGIN_AXES)}]"
        problem = f"has shape {origin_m.shape}; the vertices need {needed} {names}"
        raise InputError(where, "origin_m", problem, hint)
    check_finite(where, "origin_m", origin_m, ORIGIN_AXES[-origin_m.ndim :], hint)
    return np.broadcast_to(origin_m, needed)


def checked_still_mesh(where: str, standing_m: Any, faces: Any) -> tuple:
    """Check the vertices [m] and the faces of a motionless mesh against each other.

    Args:
        where: name of the function, for messages.
        standing_m, faces: vertices and faces to be checked.

    Raises:
        InputError: an argument is invalid; the message names the argument.
    """
    hint = "give x, y, z of every vertex at one time"
    standing_m = as_array(where, "standing_m", standing_m, REAL, hint)
    check_axes(where, "standing_m", standing_m.shape, {"vertex": None, "coordinate": 3}, hint)
    check_finite(where, "standing_m", standing_m, ("vertex", "coordinate"), hint)
    return standing_m, checked_faces(where, faces, len(standing_m))


def checked_faces(where: str, faces: Any, num_vertices: int):
    """Check triangles and return them as vertex indices of integer type.

    Args:
        where: name of the function, for messages.
        faces: triangles to be checked.
        num_vertices: number of vertices in the mesh.

    Raises:
        InputError: the faces are not triangles, or an index is not a whole number from 0 to
            `num_vertices` - 1.
    """
    hint = f"give three indices from 0 to {num_vertices - 1} per triangle"
    faces = as_array(where, "faces", faces, REAL, hint)
    if faces.ndim == 2 and faces.shape[1] == 4:
        hint = "they are quadrilaterals: split each into two triangles"
    check_axes(where, "faces", faces.shape, {"face": None, "corner": 3}, hint)
    if is_traced(faces):
        return faces
    on_host = np.asarray(faces)
    if on_host.dtype.kind == "f" and not np.array_equal(on_host, np.floor(on_host)):
        raise InputError(where, "faces", "holds numbers that are not whole", hint)
    wrong = on_host[(on_host < 0) | (on_host >= num_vertices)]
    if wrong.size:
        problem = f"names vertex {int(wrong[0])}; the mesh has {num_vertices} vertices"
        more = "; files with indices from 1 need faces - 1" if wrong[0] == num_vertices else ""
        raise InputError(where, "faces", problem, hint + more)
    return faces


def checked_points(
    where: str, settings: SimulationSettings, positions_m: Any, rcs_m2: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Check float64 positions [m] and radar cross-sections [m^2] of moving points.

    Args:
        where: name of the function, for messages.
        settings: settings that have been checked.
        positions_m, rcs_m2: positions and radar cross-sections to be checked.

    Raises:
        InputError: an argument is invalid; the message names the argument.
    """
    for field, values in (("positions_m", positions_m), ("rcs_m2", rcs_m2)):
        check_untraced(where, field, values, reason="the array sizes follow from")
    hint = "give x, y, z of every point at the times of burst_times_s"
    positions_m = as_array(where, "positions_m", positions_m, REAL, hint)
    _check_positions(where, "positions_m", positions_m, POINT_AXES, settings)
    num_points = positions_m.shape[2]
    hint = f"give one cross-section [m^2] for each of the {num_points} points"
    rcs_m2 = as_array(where, "rcs_m2", rcs_m2, REAL, hint)
    check_axes(where, "rcs_m2", rcs_m2.shape, {"point": num_points}, hint)
    check_finite(where, "rcs_m2", rcs_m2, ("point",), hint)
    if (negative := np.asarray(rcs_m2) < 0).any():
        point = int(negative.argmax())
        problem = f"is {float(rcs_m2[point]):g} m^2 at point {point}; must be at least 0 m^2"
        raise InputError(where, "rcs_m2", problem, "give square metres, not dBsm")
    return np.asarray(positions_m, np.float64), np.asarray(rcs_m2, np.float32)


def _check_positions(where, field, positions_m, axes, settings) -> None:
    """Check that positions have a valid shape and number of nodes and are finite."""
    lengths = dict.fromkeys(axes) | {axes[-1]: 3}
    hint = f"give x, y, z of every {axes[2]} at the times of burst_times_s"
    check_axes(where, field, positions_m.shape, lengths, hint)
    nodes = positions_m.shape[1]
    if nodes < 2 or (nodes > MOST_NODES and settings.method != "exact"):
        problem = f"has {nodes} nodes per frame; must be 2 to {MOST_NODES}"
        hint = "give positions at burst_times_s(radar, num_frames), not at every chirp"
        raise InputError(where, field, problem, hint)
    check_finite(where, field, positions_m, axes, "look for gaps in the motion")
