"""Simulate an IF cube from a motion, stage by stage. Start reading the code with this module.

    pose -> mesh -> visible faces -> reflection -> sum -> receiver

`simulate` runs all stages, and `mesh_cube` runs the stages after the mesh. Each stage is a function
that can be called separately; `frame_echo` is compiled once and run for each frame.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial, reduce
from itertools import chain
from operator import add

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from radarsim.array_checks import check_untraced
from radarsim.input_checks import (
    SimulationInput,
    check_scene,
    check_simulation,
    check_untraced_scene,
    checked_frames,
    checked_mesh,
)
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import RoomEchoes, scene_room
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.threads import parallel_map
from radarsim.progress import notice_if_slow
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import (
    QuasiSpecular,
    ReflectionModel,
    reflect,
)
from radarsim.scene.mesh import BurstMesh, FaceIndices, Surface, burst_mesh
from radarsim.scene.scene import Scene, pose, skin_subjects
from radarsim.scene.separation import check_separation
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.exact_frames import exact_clip
from radarsim.signal.face_selection import FaceSelection
from radarsim.signal.frame_sum import gathered_faces, sum_of_frame
from radarsim.signal.front_end import parts_of
from radarsim.signal.noise_and_adc import Key
from radarsim.signal.received_echo import echoes_of, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.signal.surface_selection import (
    chunks_of_surfaces,
    select_each,
    sizes_of_chunks,
    with_echo_faces,
    with_others,
)

# Maximum number of compiled programs kept in memory, each of which occupies 17 to 25 MB. Loading a
# program again takes 0.4 s of a core (tracing included), an eighth of the time of a clip of 3 s.
# Twenty clips of different activities needed programs for 13 array sizes; a simulation that runs
# for a week needs a program for every possible size.
MOST_PROGRAMS = 24


def simulate(
    radar: Radar,
    scene: Scene,
    key: Key,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
    *,
    num_frames: int | None = None,
    first_frame: int = 0,
    extra_noise_db: float = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube of a scene.

    Args:
        radar: the radar to be simulated.
        scene: the subjects, the pose of the radar, and the room, if any.
        key: JAX random key for the receiver noise.
        reflection: the reflection model and its level.
        settings: simulation settings.
        num_frames: number of radar frames, which must fit into the motion; None for the largest
            number that fits. With several subjects, the frames must fit into the shortest motion.
        first_frame: index of the first simulated frame; frame 0 is at the start of the motion.
        extra_noise_db: value added to the receiver's noise figure [dB].

    Returns:
        The IF cube in volts at the ADC.

    Raises:
        InputError: an argument is invalid, the frames extend past the end of the motion, two bodies
            interpenetrate, or a speed or range extent exceeds what the fast sum can represent.
    """
    given = SimulationInput(radar, key, reflection, settings, extra_noise_db)
    check_simulation("simulate", given)
    check_scene("simulate", scene)
    check_untraced_scene("simulate", scene, reflection)
    num_frames, first_frame = checked_frames(
        "simulate", radar, scene, settings, num_frames, first_frame
    )
    with notice_if_slow(f"simulating {num_frames} frames (the first call compiles)"):
        room = scene_room(radar, scene, reflection, settings)
        return scene_cube(given, scene, room, num_frames, first_frame)


def scene_cube(
    given: SimulationInput, scene: Scene, room: RoomEchoes | None, num_frames: int, first_frame: int
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube [V] of a scene with an already prepared room; see `simulate`."""
    radar, settings = given.radar, given.settings
    times_s = burst_times_s(radar, num_frames, settings.nodes, first_frame)
    surfaces = skin_subjects(scene.bodies, pose(scene, times_s))
    check_separation("simulate", scene, times_s, surfaces)
    options = settings, first_frame, given.extra_noise_db, room
    return cube_of_surfaces(radar, surfaces, given.key, given.reflection, *options)


def mesh_cube(
    radar: Radar,
    mesh: BurstMesh,
    faces: FaceIndices,
    key: Key,
    reflection: ReflectionModel,
    settings: SimulationSettings,
    first_frame: int = 0,
    extra_noise_db: float = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube [V] of a mesh given at the nodes of every burst; see `simulate`."""
    surfaces = (Surface(mesh, faces),)
    return cube_of_surfaces(radar, surfaces, key, reflection, settings, first_frame, extra_noise_db)


def cube_of_surfaces(
    radar: Radar,
    surfaces: Sequence[Surface],
    key: Key,
    reflection: ReflectionModel,
    settings: SimulationSettings,
    first_frame: int = 0,
    extra_noise_db: float = 0.0,
    room: RoomEchoes | None = None,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube [V] of several bodies that shadow each other; see `simulate`.

    The echo of each body is summed separately, with array sizes and bulk motion of its own, so that
    the cost is that of the separate bodies plus the shadow test. The prepared room, if given, adds
    multipath and static echoes.
    """
    surfaces = [Surface(mesh, jnp.asarray(faces, jnp.int32)) for mesh, faces in surfaces]
    surfaces = with_echo_faces(reflection, surfaces)
    level_v = volts_per_weight(radar, reflection.reflectivity_at(radar))
    radar, reflection, front_end = parts_of(radar, reflection)
    levels = settings, level_v, extra_noise_db
    if settings.method == "exact":
        each_with_others = with_others(surfaces)

        def exact_echo(model):
            return reduce(
                add, (exact_clip(radar, settings, model, *one) for one in each_with_others)
            )

        echoes = echoes_of(front_end, reflection, exact_echo)
        return receive_echoes(radar, echoes, key, *levels, first_frame, front_end)
    chunks = chunks_of_surfaces(surfaces)
    selections = parallel_map(partial(select_each, radar, settings, reflection), chunks)
    sizes = [sizes_of_chunks(radar, settings, reflection, each) for each in zip(*selections)]
    for each in sizes:
        echo_program(radar, settings, each)  # compiled once for all threads
    in_room = RoomFrames(radar, settings, reflection, room, chunks)

    def received(index, chunk, selection):
        selection = in_room.unhidden(index, selection)

        def echo_of(model):
            echoes = (
                clip_echo(radar, settings, size, model, *surface, selected)
                for size, surface, selected in zip(sizes, chunk, selection, strict=True)
            )
            return reduce(add, chain(echoes, in_room.echoes(index, model)))

        echoes = echoes_of(front_end, reflection, echo_of)
        first = first_frame + index * len(chunk[0].mesh.vertices_m)
        return receive_echoes(radar, echoes, key, *levels, first, front_end)

    cubes = parallel_map(received, list(range(len(chunks))), chunks, selections)
    num_frames = len(surfaces[0].mesh.vertices_m)
    return cubes[0] if len(cubes) == 1 else jnp.concatenate(cubes)[:num_frames]


def clip_echo(
    radar: Radar,
    settings: SimulationSettings,
    sizes: SumSizes,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: Int[Array, "face corner"] | Int[np.ndarray, "face corner"],
    selection: FaceSelection,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Compute the IF samples of every frame, without the level constant.

    The result is differentiable in the mesh, its origin and the reflection model's parameters;
    `selection` is discrete and carries no gradient.

    Args:
        radar: waveform, timing and antennas.
        settings: settings of the simulation.
        sizes: array sizes that suffice for every frame.
        reflection: the reflection model.
        mesh: vertices at the nodes of every frame.
        faces: triangles of the mesh, or points.
        selection: the faces that are summed.
    """
    program = echo_program(radar, settings, sizes)
    return program(reflection, mesh, jnp.asarray(faces), selection)


@lru_cache(maxsize=MOST_PROGRAMS)
def _compiled_echo(radar: Radar, settings: SimulationSettings, sizes: SumSizes) -> Callable:
    return jax.jit(partial(_clip_echo, radar, settings, sizes))


def echo_program(radar: Radar, settings: SimulationSettings, sizes: SumSizes) -> Callable:
    """Return the compiled `clip_echo` for these sizes, from a cache of recently used programs."""
    return _compiled_echo(radar, settings.without_receiver, sizes)


def _clip_echo(radar, settings, sizes, reflection, mesh, faces, selection):
    # A backward pass recomputes each frame: stored intermediate values would take 40 MB per frame.
    @partial(jax.checkpoint, prevent_cse=False)
    def one_frame(inputs):
        return frame_echo(radar, settings, sizes, reflection, inputs[0], faces, inputs[1])

    return batched_map(one_frame, (mesh, selection))


def frame_echo(
    radar: Radar,
    settings: SimulationSettings,
    sizes: SumSizes,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: Int[Array, "face corner"],
    selection: FaceSelection,
) -> Complex[Array, "chirp tx rx sample"]:
    """Simulate one frame by reflection and summation; the arguments are those of `clip_echo`."""
    gathered = gathered_faces(radar, sizes, reflection, mesh, faces, selection)
    weights = reflect(radar, reflection, gathered.at_radar, sizes.by_pairs)
    return sum_of_frame(radar, settings, sizes, mesh, gathered, weights)


def simulate_mesh(
    radar: Radar,
    vertices_m: Float[Array, "frame node vertex 3"] | Float[np.ndarray, "frame node vertex 3"],
    faces: FaceIndices,
    key: Key,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
    *,
    origin_m: Float[np.ndarray, "frame node 3"] | None = None,
    extra_noise_db: float = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube of any moving mesh.

    Args:
        radar: the radar to be simulated.
        vertices_m: vertices at `burst_times_s`, 2 to 12 nodes (any number for the exact sum), in
            the radar frame [m].
        faces: triangles, counter-clockwise seen from outside.
        key: JAX random key for the receiver noise.
        reflection: the reflection model and its level. The default level of `QuasiSpecular` is that
            of a person; `PhysicalOptics("metal")` needs no level.
        settings: simulation settings.
        origin_m: origin of the vertices in float64, one point for each frame and node, or one point
            for all [m]; an origin near the mesh avoids float32 rounding (0.4 mrad of phase at 3 m).
            None if the origin is the radar.
        extra_noise_db: value added to the receiver's noise figure [dB].

    Returns:
        The IF cube in volts at the ADC.

    Raises:
        InputError: an argument is invalid, or a speed or range extent exceeds what the fast sum can
            represent.
    """
    given = SimulationInput(radar, key, reflection, settings, extra_noise_db)
    check_simulation("simulate_mesh", given)
    check_untraced("simulate_mesh", "reflection", reflection)
    check_untraced("simulate_mesh", "vertices_m", vertices_m)
    vertices_m, faces, origin_m = checked_mesh(
        "simulate_mesh", settings, vertices_m, faces, origin_m
    )
    mesh = burst_mesh(vertices_m, origin_m)
    return mesh_cube(radar, mesh, faces, key, reflection, settings, extra_noise_db=extra_noise_db)
