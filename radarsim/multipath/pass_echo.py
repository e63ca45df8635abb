"""IF samples of multipath passes, summed like the direct echo but with the antennas' images."""

from collections.abc import Callable
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Int

from radarsim.multipath.bounced_reflection import reflect_bounced
from radarsim.multipath.pass_selection import Passes
from radarsim.numerics.batched_map import batched_map
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.mesh import BurstMesh
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.face_selection import FaceSelection
from radarsim.signal.frame_sum import gathered_faces, sum_of_frame
from radarsim.signal.settings import SimulationSettings

# Maximum number of compiled programs kept in memory. A program takes about 25 MB, like a program of
# the direct echo. Fewer programs are needed than for the direct echo, because passes have fewer
# faces and therefore fewer different array sizes.
MOST_PROGRAMS = 12


def passes_echo(
    radar: Radar,
    settings: SimulationSettings,
    sizes: SumSizes,
    reflection: ReflectionModel,
    passes: Passes,
    mesh: BurstMesh,
    faces: Int[Array, "face corner"] | Int[np.ndarray, "face corner"],
    selection: FaceSelection,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Return the sum of all multipath passes in every frame, not scaled by the level constant.

    Args:
        radar: board whose waveform, timing and antennas are used.
        settings: settings of the simulation.
        sizes: array sizes that suffice for all frames and passes.
        reflection: reflection model of the body.
        passes: the multipath passes to be summed.
        mesh: vertices at the nodes of every frame.
        faces: triangles of the mesh.
        selection: result of `select_passes`.
    """
    program = passes_program(radar, settings, sizes)
    return program(reflection, passes, mesh, jnp.asarray(faces), selection)


def passes_program(radar: Radar, settings: SimulationSettings, sizes: SumSizes) -> Callable:
    """Return the compiled sum for the given sizes, from a cache of recently used programs."""
    return _compiled(radar, settings.without_receiver, sizes)


@lru_cache(maxsize=MOST_PROGRAMS)
def _compiled(radar, settings, sizes) -> Callable:
    return jax.jit(partial(_passes_echo, radar, settings, sizes))


def _passes_echo(radar, settings, sizes, reflection, passes, mesh, faces, selection):
    def one_frame(inputs):
        frame, chosen = inputs  # The first axis of `chosen` is the selection axis.

        def add(total, pass_inputs):
            index, shared = pass_inputs
            of_pass = jax.tree.map(lambda part: part[shared], chosen)

            def with_pass():
                bounced = passes.bounced(reflection, index)
                echo = _pass_frame(radar, settings, sizes, bounced, frame, faces, of_pass)
                return total + echo

            real = jnp.asarray(passes.is_real)[index]
            return jax.lax.cond(real, with_pass, lambda: total), None

        array, chirp = radar.array, radar.chirp
        shape = (radar.frame.num_chirps, array.num_tx, array.num_rx, chirp.num_samples)
        indices = jnp.arange(len(passes.out))
        shared = indices if passes.selection is None else jnp.asarray(passes.selection)
        return jax.lax.scan(add, jnp.zeros(shape, jnp.complex64), (indices, shared))[0]

    return batched_map(one_frame, (mesh, selection))


def _pass_frame(radar, settings, sizes, bounced, mesh: BurstMesh, faces, selection: FaceSelection):
    """Simulate one pass of one frame, as `simulate.frame_echo` does for the direct echo."""
    gathered = gathered_faces(radar, sizes, bounced, mesh, faces, selection)
    images_m = _images(radar, bounced)
    weights = reflect_bounced(radar, bounced, gathered.at_radar, sizes.by_pairs, images_m)
    with jax.enable_x64(True):
        images_m = _images(radar, bounced)
    return sum_of_frame(radar, settings, sizes, mesh, gathered, weights, images_m)


def _images(radar: Radar, bounced):
    """Return the images of the transmitters and receivers [m] in JAX's current precision."""
    return bounced.out.images_m(radar.array.tx_m), bounced.back.images_m(radar.array.rx_m)
