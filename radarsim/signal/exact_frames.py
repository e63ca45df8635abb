"""Sum whole frames in float64 at every sample, with nodes and visibility as in the fast sum.

Weak faces are not culled; faces that always point away from the radar are dropped if the visibility
setting requires it. The exact sum takes minutes per frame and serves as the reference for tests and
benchmarks of the fast sum.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.reflection import ReflectionModel, point_indices
from radarsim.scattering.visibility import interpolate_blocks
from radarsim.scene.mesh import BurstMesh, FaceIndices, Surface, frames_of
from radarsim.signal.exact_sum import exact_sum
from radarsim.signal.face_selection import select_faces
from radarsim.signal.settings import SimulationSettings


def exact_clip(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: FaceIndices,
    others: Sequence[Surface] = (),
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Sum every frame of a mesh exactly; the arguments are those of `exact_frame`."""

    def frame(index: int):
        at = jax.tree.map(lambda part: part[index], [mesh, *(other.mesh for other in others)])
        around = list(map(Surface, at[1:], (other.faces for other in others)))
        return exact_frame(radar, settings, reflection, at[0], faces, others=around)

    frames = [frame(index) for index in range(len(mesh.vertices_m))]
    return jnp.asarray(np.stack(frames), jnp.complex64)


def exact_points(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    mesh: BurstMesh,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Sum every frame of moving points exactly; the points are the vertices of `mesh`."""
    points = point_indices(mesh.vertices_m.shape[-2])
    visible = np.ones((radar.frame.num_chirps, len(points)))

    def frame(one: BurstMesh):
        @jax.jit
        def scatterers_of(vertices_m):
            return reflection.scatterers(vertices_m, points)

        def points_at(times_s):
            return scatterers_of(_vertices_at(radar, one, times_s))

        return exact_sum(
            radar,
            reflection,
            points_at,
            visible,
            residual_video_phase=settings.residual_video_phase,
        )

    frames = [frame(one) for one in frames_of(mesh)]
    return jnp.asarray(np.stack(frames), jnp.complex64)


def exact_frame(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: FaceIndices,
    chirps: tuple[int, ...] | None = None,
    others: Sequence[Surface] = (),
) -> Complex[np.ndarray, "chosen tx rx sample"]:
    """Sum one frame of a mesh, or some of its loops, exactly.

    Args:
        radar: board whose waveform, timing and antennas are used.
        settings: settings as for the fast method, except that `cull` is not used.
        reflection: the reflection model.
        mesh: mesh of one frame.
        faces: triangles of the mesh.
        chirps: loops to compute; None for all.
        others: surfaces of the other bodies in the scene, in the same frame.
    """
    one_frame, *others_frame = jax.tree.map(
        lambda part: part[None], [mesh, *(other.mesh for other in others)]
    )
    faces = jnp.asarray(faces, jnp.int32)
    around = list(map(Surface, others_frame, (other.faces for other in others)))
    every = replace(settings, cull=0.0)
    selection = select_faces(radar, every, reflection, one_frame, faces, around)
    visible = np.asarray(selection.visible[0])
    summed = np.flatnonzero(visible.any(0))
    weight = interpolate_blocks(jnp.asarray(visible[:, summed]), radar.frame.num_chirps)
    faces = np.asarray(faces)
    # The scatterer of a face depends at most on this face and on the faces that share a vertex with
    # this face.
    around = faces[np.isin(faces, faces[summed]).any(1)]

    @jax.jit
    def scatterers_of(vertices_m):
        return reflection.scatterers(vertices_m, around, faces[summed])

    def scatterers_at(times_s):
        return scatterers_of(_vertices_at(radar, mesh, times_s))

    return exact_sum(
        radar,
        reflection,
        scatterers_at,
        np.asarray(weight),
        chirps,
        settings.residual_video_phase,
    )


def _vertices_at(radar, mesh: BurstMesh, times_s) -> Float[np.ndarray, "time vertex 3"]:
    """Evaluate the polynomial through the nodes at times since the frame start, in float64."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    nodes = chebyshev_nodes(mesh.vertices_m.shape[0])
    weights = lagrange_weights(nodes, (np.asarray(times_s) - centre_s) / half_s)
    parts = (mesh.vertices_m, mesh.origin_high_m[:, None], mesh.origin_low_m[:, None])
    vertices_m = sum(np.asarray(part, np.float64) for part in parts)
    return np.tensordot(weights, vertices_m, 1)
