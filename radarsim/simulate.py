"""Motion to IF cube: the stages composed, and nothing else. The first file to read.

    motion -> mesh -> visible faces -> reflection -> IF cube

A frame is simulated from the surface at a few Chebyshev nodes of its burst (`burst_times_s`): fast
(pieces.py, clip.py, frame.py, synthesis.py) or plain (plain.py, if_signal.py), which are held
against each other in the tests.
"""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.numerics.malloc import give_back
from radarsim.radar.config import Radar
from radarsim.radar.timing import node_times_s
from radarsim.scattering.levels import default_reflectivity, point_area_m2, volts_per_weight
from radarsim.scene.body import BodyModel
from radarsim.scene.mesh import FaceIndices
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement
from radarsim.scene.posed import burst_times_s, pose, surface
from radarsim.signal.exact_frames import plain_clip, plain_points
from radarsim.signal.fast_clip import fast_points, make_burst
from radarsim.signal.parallel import fast_echo
from radarsim.signal.receiver import Key, receive
from radarsim.signal.settings import Settings

DEFAULT_SIGMA_RAD = 0.5


def simulate_motion(
    radar: Radar,
    body: BodyModel,
    motion: Motion,
    placement: Placement,
    key: Key,
    settings: Settings = Settings(),
    *,
    num_frames: int | None = None,
    first_frame: int = 0,
    betas: Float[np.ndarray, "beta"] | None = None,
    scale: float = 1.0,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
    reflectivity: float | None = None,
    extra_noise_db: float = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """The IF cube of a person who moves before a radar.

    Args:
        radar: the board.
        body: the model to be posed.
        motion: placed before the radar (placement.place), fitted to the body (retarget).
        placement: the radar's height and tilt.
        key: of the receiver's noise.
        settings: what to simulate and how.
        num_frames: radar frames; by default all that fit.
        first_frame: that of them which begins; 0 at the motion's start.
        betas: shape coefficients of the body, default its mean.
        scale: size of the body.
        sigma_rad: lobe width of the reflection "paper" [rad].
        reflectivity: level constant. None: for "body" that of bare skin; for "paper" the one that
            gives the free body the mean RCS of a person at the default sigma
            (levels.anchored_reflectivity gives it for any body and sigma).
        extra_noise_db: added to the receiver's noise figure [dB].

    Returns:
        Volts at the ADC.
    """
    if num_frames is None:
        num_frames = max(0, frames_in(radar, motion.duration_s) - first_frame)
    times_s = burst_times_s(radar, num_frames, settings.nodes)
    times_s = times_s + first_frame * radar.frame.period_s
    posed = pose(body, motion, placement, times_s, betas=betas, scale=scale)
    if reflectivity is None:
        reflectivity = default_reflectivity(radar, settings.reflection)
    level = sigma_rad, reflectivity, extra_noise_db
    return _cube_of(radar, surface(body, posed), body.faces, key, settings, *level, first_frame)


def stream_motion(
    radar: Radar,
    body: BodyModel,
    motion: Motion,
    *arguments,
    frames_per_piece: int = 50,
    **options,
) -> Iterator[Complex[Array, "frame chirp tx rx sample"]]:
    """The IF cube of a long motion in pieces: memory for one, whatever the motion's length.

    The pieces have the frames of `simulate_motion` and their noise; the last may be shorter.

    Args:
        radar: the board.
        body: the model to be posed.
        motion: as long as it may be.
        arguments, options: the others of `simulate_motion`, frames excepted.
        frames_per_piece: how many at once.
    """
    num_frames = frames_in(radar, motion.duration_s)
    for first in range(0, num_frames, frames_per_piece):
        span = {"num_frames": min(frames_per_piece, num_frames - first), "first_frame": first}
        yield simulate_motion(radar, body, motion, *arguments, **options, **span)
        give_back()


def frames_in(radar: Radar, duration_s: float) -> int:
    """Radar frames whose bursts end within a motion of that length."""
    last_s = float(node_times_s(radar, Settings().nodes)[-1])
    return max(0, int(np.floor((duration_s - last_s) / radar.frame.period_s + 1e-9)) + 1)


def simulate_mesh(
    radar: Radar,
    vertices_m: Float[Array, "frame node vertex 3"] | Float[np.ndarray, "frame node vertex 3"],
    faces: FaceIndices,
    key: Key,
    settings: Settings = Settings(),
    *,
    origin_m: Float[np.ndarray, "frame node 3"] | None = None,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
    reflectivity: float = 1.0,
    extra_noise_db: float = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """The IF cube of any moving mesh.

    Args:
        radar: the board.
        vertices_m: corners at `burst_times_s`, however many nodes, in the radar frame [m].
        faces: triangles, counter-clockwise seen from outside.
        key: of the receiver's noise.
        settings: what to simulate and how.
        origin_m: what the vertices are relative to, float64 [m]; near the mesh it spares them the
            rounding of float32 (0.4 mrad of phase at 3 m). None: the radar.
        sigma_rad: lobe width of the reflection "paper" [rad].
        reflectivity: level constant: for "paper" see levels.anchored_reflectivity, for "body" what
            the surface reflects of the wave's amplitude, 1 for metal.
        extra_noise_db: added to the receiver's noise figure [dB].

    Returns:
        Volts at the ADC.
    """
    level = sigma_rad, reflectivity, extra_noise_db
    return _cube_of(radar, make_burst(vertices_m, origin_m), faces, key, settings, *level)


def _cube_of(
    radar, burst, faces, key, settings, sigma_rad, reflectivity, extra_noise_db, clip_frame=0
):
    """The IF cube of a mesh at the nodes of its bursts, the first of which is `clip_frame`."""
    faces = jnp.asarray(faces, jnp.int32)
    scale_v = volts_per_weight(radar, reflectivity)

    def received(echo, first_frame=0):
        place = clip_frame + first_frame
        return receive(radar, echo, key, settings, scale_v, extra_noise_db, place)

    if settings.method == "plain":
        return received(plain_clip(radar, settings, burst, faces, sigma_rad))
    return fast_echo(radar, settings, burst, faces, sigma_rad, received)


def simulate_points(
    radar: Radar,
    positions_m: Float[np.ndarray, "frame node point 3"],
    rcs_m2: Float[np.ndarray, "point"],
    key: Key,
    settings: Settings = Settings(),
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
    """
    positions_m = np.asarray(positions_m, np.float64)
    origin_m = positions_m[..., :1, :]
    burst = make_burst(positions_m - origin_m, origin_m[..., 0, :])
    area_m2 = point_area_m2(radar, np.asarray(rcs_m2, np.float32))
    sum_points = plain_points if settings.method == "plain" else fast_points
    echo = sum_points(radar, settings, burst, area_m2)
    return receive(radar, echo, key, settings, volts_per_weight(radar, 1.0))
