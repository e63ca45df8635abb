"""Motion to IF cube, stage by stage. The first file to read.

    pose -> mesh -> visible faces -> reflection -> sum -> receiver

`simulate` is the whole line; `mesh_cube` is the part after the mesh, with each stage as a call that
can be made on its own; `frame_echo` is what one compiled program does for each frame.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from radarsim.checks import whole_number
from radarsim.input_checks import (
    SimulationInput,
    check_scene,
    check_simulation,
    checked_frames,
    checked_mesh,
    checked_points,
)
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.malloc import trim_heap
from radarsim.numerics.threads import parallel_map
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import point_area_m2, volts_per_weight
from radarsim.scattering.reflection import (
    IsotropicPoints,
    QuasiSpecular,
    ReflectionModel,
    point_indices,
    reflect,
)
from radarsim.scattering.visibility import interpolate_blocks
from radarsim.scene.mesh import BurstMesh, FaceIndices, burst_mesh, relative_to_radar
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.exact_frames import exact_clip, exact_points
from radarsim.signal.face_selection import (
    FaceSelection,
    padded,
    padded_spans,
    select_faces,
    select_points,
    sizes_of_selection,
)
from radarsim.signal.face_strength import energy_shares
from radarsim.signal.fast_sum import fast_sum
from radarsim.signal.frame_chunks import frame_chunks
from radarsim.signal.path_polynomials import path_lengths
from radarsim.signal.receiver import Key, receive
from radarsim.signal.settings import SimulationSettings

# A program takes 17 MB for as long as it is kept, and 0.3 s to be loaded from the disk again. Clips
# of a corpus share few sizes, but a week of them would use every possible size.
MOST_PROGRAMS = 8


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
    """The IF cube of a scene.

    Args:
        radar: the board.
        scene: subjects and radar pose.
        key: of the receiver's noise.
        reflection: the reflection model, with its level.
        settings: method and error, visibility, receiver.
        num_frames: radar frames, which must fit into the motion; None for all that do.
        first_frame: index of the first simulated frame; frame 0 is at the start of the motion.
        extra_noise_db: added to the receiver's noise figure [dB].

    Returns:
        Volts at the ADC.

    Raises:
        InputError: an argument is wrong, frames last longer than the motion, or something moves
            faster, or reaches farther, than the fast sum can represent.
    """
    check_simulation("simulate", SimulationInput(radar, key, reflection, settings, extra_noise_db))
    check_scene("simulate", scene)
    num_frames, first_frame = checked_frames(
        "simulate", radar, scene, settings, num_frames, first_frame
    )
    times_s = burst_times_s(radar, num_frames, settings.nodes, first_frame)
    mesh, faces = skin_scene(scene.bodies, pose(scene, times_s))
    return mesh_cube(radar, mesh, faces, key, reflection, settings, first_frame, extra_noise_db)


def stream(
    radar: Radar,
    scene: Scene,
    key: Key,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
    *,
    frames_per_chunk: int = 50,
    extra_noise_db: float = 0.0,
) -> Iterator[Complex[Array, "frame chirp tx rx sample"]]:
    """The IF cube of a long motion in chunks, in the memory of one chunk.

    The chunks have the frames and the noise of `simulate`; the last may be shorter.

    Args:
        radar, scene, key, reflection, settings, extra_noise_db: as for `simulate`.
        frames_per_chunk: radar frames in each chunk.

    Raises:
        InputError: as `simulate`; wrong arguments are refused at once, before the first chunk.
    """
    given = SimulationInput(radar, key, reflection, settings, extra_noise_db)
    check_simulation("stream", given)
    check_scene("stream", scene)
    frames_per_chunk = whole_number("stream", "frames_per_chunk", frames_per_chunk)
    num_frames, _ = checked_frames("stream", radar, scene, settings, None, 0)
    return _chunks(given, scene, num_frames, frames_per_chunk)


def _chunks(
    given: SimulationInput, scene: Scene, num_frames: int, frames_per_chunk: int
) -> Iterator[Complex[Array, "frame chirp tx rx sample"]]:
    for first in range(0, num_frames, frames_per_chunk):
        yield simulate(
            given.radar,
            scene,
            given.key,
            given.reflection,
            given.settings,
            num_frames=min(frames_per_chunk, num_frames - first),
            first_frame=first,
            extra_noise_db=given.extra_noise_db,
        )
        trim_heap()


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
    """The IF cube [V] of a mesh at the nodes of its bursts; arguments of `simulate`."""
    faces = jnp.asarray(faces, jnp.int32)
    level_v = volts_per_weight(radar, reflection.reflectivity_at(radar))
    if settings.method == "exact":
        echo = exact_clip(radar, settings, reflection, mesh, faces)
        return receive(radar, echo, key, settings, level_v, extra_noise_db, first_frame)
    chunks = frame_chunks(mesh)
    selections = parallel_map(
        lambda chunk: select_faces(radar, settings, reflection, chunk, faces), chunks
    )
    required = jax.tree.map(lambda *each: jnp.concatenate(each), *(s.required for s in selections))
    sizes = sizes_of_selection(radar, settings, reflection, required)
    echo_program(radar, settings, sizes)  # before the threads, which then share it

    def received(index, chunk, selection):
        echo = clip_echo(radar, settings, sizes, reflection, chunk, faces, selection)
        first = first_frame + index * len(chunk.vertices_m)
        return receive(radar, echo, key, settings, level_v, extra_noise_db, first)

    cubes = parallel_map(received, list(range(len(chunks))), chunks, selections)
    return cubes[0] if len(cubes) == 1 else jnp.concatenate(cubes)[: len(mesh.vertices_m)]


def clip_echo(
    radar: Radar,
    settings: SimulationSettings,
    sizes: SumSizes,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: Int[Array, "face corner"] | Int[np.ndarray, "face corner"],
    selection: FaceSelection,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of every frame without the level constant.

    Differentiable in the mesh, its origin and the reflection model's parameters; `selection` is a
    choice and carries no gradient.

    Args:
        radar: waveform, timing and antennas.
        settings: of the simulation.
        sizes: sufficient for every frame.
        reflection: the reflection model.
        mesh: at the nodes of every frame.
        faces: its triangles, or points.
        selection: faces to sum.
    """
    program = echo_program(radar, settings, sizes)
    return program(reflection, mesh, jnp.asarray(faces), selection)


@lru_cache(maxsize=MOST_PROGRAMS)
def _compiled_echo(radar: Radar, settings: SimulationSettings, sizes: SumSizes) -> Callable:
    return jax.jit(partial(_clip_echo, radar, settings, sizes))


def echo_program(radar: Radar, settings: SimulationSettings, sizes: SumSizes) -> Callable:
    """The compiled `clip_echo` of these sizes; those used last are kept."""
    return _compiled_echo(radar, settings.without_receiver, sizes)


def _clip_echo(radar, settings, sizes, reflection, mesh, faces, selection):
    # A backward pass computes each frame again: intermediate values would take 40 MB per frame.
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
    """One frame: reflect at the selected faces, then sum; arguments of `clip_echo`."""
    picked = padded(selection.order, sizes.num_places, -1)
    real = picked >= 0
    share = jnp.where(real, selection.share[picked], 0.0)
    visible = interpolate_blocks(selection.visible[:, picked], radar.frame.num_chirps) * real
    scatterers = reflection.scatterers(mesh.vertices_m, faces, faces[picked])
    at_radar = relative_to_radar(scatterers, mesh.origin_high_m)
    weights = reflect(radar, reflection, at_radar, sizes.by_pairs)
    origin_m = (mesh.origin_high_m, mesh.origin_low_m)
    paths = path_lengths(radar, scatterers.centre_m, origin_m, settings.residual_video_phase)
    spans = padded_spans(selection.spans, sizes.num_places)
    return fast_sum(radar, sizes, paths, weights, visible, share, spans)


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
    """The IF cube of any moving mesh.

    Args:
        radar: the board.
        vertices_m: vertices at `burst_times_s`, 2 to 12 nodes (the exact sum: any number), in the
            radar frame [m].
        faces: triangles, counter-clockwise seen from outside.
        key: of the receiver's noise.
        reflection: the reflection model, with its level. The default level of `QuasiSpecular` is
            that of a person; `PhysicalOptics("metal")` needs none.
        settings: method and error, visibility, receiver.
        origin_m: origin of the vertices, float64, for every frame and node, or one for all [m];
            near the mesh it avoids the rounding of float32 (0.4 mrad of phase at 3 m). None: the
            radar.
        extra_noise_db: added to the receiver's noise figure [dB].

    Returns:
        Volts at the ADC.

    Raises:
        InputError: an argument is wrong, or something moves faster, or reaches farther, than the
            fast sum can represent.
    """
    given = SimulationInput(radar, key, reflection, settings, extra_noise_db)
    check_simulation("simulate_mesh", given)
    vertices_m, faces, origin_m = checked_mesh(
        "simulate_mesh", settings, vertices_m, faces, origin_m
    )
    mesh = burst_mesh(vertices_m, origin_m)
    return mesh_cube(radar, mesh, faces, key, reflection, settings, extra_noise_db=extra_noise_db)


def simulate_points(
    radar: Radar,
    positions_m: Float[np.ndarray, "frame node point 3"],
    rcs_m2: Float[np.ndarray, " point"],
    key: Key,
    settings: SimulationSettings = SimulationSettings(),
) -> Complex[Array, "frame chirp tx rx sample"]:
    """The IF cube of moving points of known radar cross-section.

    Args:
        radar: the board.
        positions_m: at `burst_times_s`, in the radar frame, float64 for full phase accuracy [m].
        rcs_m2: of each point [m^2].
        key: of the receiver's noise.
        settings: visibility and culling do not apply.

    Returns:
        Volts at the ADC.

    Raises:
        InputError: an argument is wrong, or something moves faster, or reaches farther, than the
            fast sum can represent.
    """
    check_simulation("simulate_points", SimulationInput(radar, key, QuasiSpecular(), settings))
    positions_m, rcs_m2 = checked_points("simulate_points", settings, positions_m, rcs_m2)
    origin_m = positions_m[..., :1, :]
    mesh = burst_mesh(positions_m - origin_m, origin_m[..., 0, :])
    points = IsotropicPoints(point_area_m2(radar, rcs_m2))
    sum_points = exact_points if settings.method == "exact" else points_echo
    echo = sum_points(radar, settings, points, mesh)
    return receive(radar, echo, key, settings, volts_per_weight(radar, 1.0))


def points_echo(
    radar: Radar, settings: SimulationSettings, points: IsotropicPoints, mesh: BurstMesh
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of moving points without the level constant; every point is summed."""
    every = jnp.ones(len(points.area_m2), bool)
    selection = select_points(radar, mesh, energy_shares(jnp.log(points.area_m2), every))
    sizes = sizes_of_selection(radar, settings, points, selection.required)
    indices = point_indices(len(points.area_m2))
    return clip_echo(radar, settings, sizes, points, mesh, indices, selection)
