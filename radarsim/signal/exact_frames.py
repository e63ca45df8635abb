"""The oracle for whole frames: same nodes, same visibility, float64 at every sample.

Nothing is culled for being weak; what never faces the radar is left out, as visibility asks.

Minutes per frame. Tests and benchmarks hold the fast path against it.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.reflection import POINTS, reflection_of
from radarsim.scattering.visibility import fade
from radarsim.scene.mesh import FaceIndices
from radarsim.signal.exact_sum import plain_sum
from radarsim.signal.fast_clip import choose, frames_of, points_as_faces
from radarsim.signal.fast_frame import Burst
from radarsim.signal.settings import Settings


def plain_clip(
    radar: Radar, settings: Settings, burst: Burst, faces: FaceIndices, sigma_rad: float
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Every frame of a mesh."""
    frames = [plain_frame(radar, settings, one, faces, sigma_rad) for one in frames_of(burst)]
    return jnp.asarray(np.stack(frames), jnp.complex64)


def plain_points(
    radar: Radar, settings: Settings, burst: Burst, area_m2: Float[np.ndarray, "point"]
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Every frame of moving points."""
    visible = np.ones((radar.frame.num_chirps, len(area_m2)))

    def frame(one: Burst):
        def surface_at(times_s):
            return points_as_faces(_vertices_at(radar, one, times_s), area_m2)

        return plain_sum(
            radar,
            surface_at,
            visible,
            POINTS.log_weight,
            0.0,
            residual_video_phase=settings.residual_video_phase,
        )

    frames = [frame(one) for one in frames_of(burst)]
    return jnp.asarray(np.stack(frames), jnp.complex64)


def plain_frame(
    radar: Radar,
    settings: Settings,
    burst: Burst,
    faces: FaceIndices,
    sigma_rad: float,
    chirps: tuple[int, ...] | None = None,
) -> Complex[np.ndarray, "chosen tx rx sample"]:
    """One frame of a mesh, or some of its loops.

    Args:
        radar: waveform, timing and antennas.
        settings: as for the fast method; `cull` is not used.
        burst: one frame.
        faces: triangles.
        sigma_rad: lobe width [rad].
        chirps: loops to compute; None for all.
    """
    bursts = jax.tree.map(lambda part: part[None], burst)
    faces = jnp.asarray(faces, jnp.int32)
    seen = np.asarray(choose(radar, replace(settings, cull=0.0), bursts, faces, sigma_rad).seen[0])
    lit = np.flatnonzero(seen.any(0))
    visible = np.asarray(fade(jnp.asarray(seen[:, lit]), radar.frame.num_chirps))
    faces = np.asarray(faces)
    # What a face's surface is made of ends with the faces that share a corner with it.
    around = faces[np.isin(faces, faces[lit]).any(1)]
    model = reflection_of(radar, settings.reflection)

    def surface_at(times_s):
        return model.surface_of(_vertices_at(radar, burst, times_s), around, faces[lit])

    return plain_sum(
        radar,
        surface_at,
        visible,
        model.log_weight,
        sigma_rad,
        chirps,
        settings.residual_video_phase,
    )


def _vertices_at(radar, burst: Burst, times_s) -> Float[Array, "time vertex 3"]:
    """The polynomial through the nodes at any time since the frame start, in float64."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    nodes = chebyshev_nodes(burst.vertices_m.shape[0])
    weights = lagrange_weights(nodes, (np.asarray(times_s) - centre_s) / half_s)
    parts = (burst.vertices_m, burst.origin_high_m[:, None], burst.origin_low_m[:, None])
    corners = sum(np.asarray(part, np.float64) for part in parts)
    return jnp.einsum("tn,nvk->tvk", jnp.asarray(weights), jnp.asarray(corners))
