"""Motion to IF cube: the stages composed, and nothing else. The first file to read.

    motion -> mesh -> visible faces -> reflection -> IF cube

A frame is simulated from the surface at a few Chebyshev nodes of its burst (`burst_times_s`): fast
(pieces.py, clip.py, frame.py, synthesis.py) or plain (plain.py, if_signal.py), which are held
against each other in the tests.
"""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.body import BodyModel, fit_pose, skin
from radarsim.clip import fast_points, make_burst
from radarsim.config import Radar
from radarsim.legs import node_times_s
from radarsim.levels import (
    FREE_BODY_REFLECTIVITY,
    point_area_m2,
    skin_reflectivity,
    volts_per_weight,
)
from radarsim.mesh import FaceIndices
from radarsim.motion import Motion, sample_motion
from radarsim.noise import Key, quantised, thermal_noise
from radarsim.pieces import fast_echo
from radarsim.placement import Placement, to_radar_frame
from radarsim.plain import plain_clip, plain_points
from radarsim.settings import Settings

DEFAULT_SIGMA_RAD = 0.5


def burst_times_s(
    radar: Radar, num_frames: int, num_nodes: int = Settings().nodes
) -> Float[np.ndarray, "frame node"]:
    """When the surface must be given, the nodes of each burst, since the first frame [s].

    Args:
        radar: its timing.
        num_frames: how many.
        num_nodes: 4 are enough for the fast mode, and for what hardly accelerates.
    """
    starts_s = np.arange(num_frames) * radar.frame.period_s
    return starts_s[:, None] + node_times_s(radar, num_nodes)


def simulate_motion(
    radar: Radar,
    body: BodyModel,
    motion: Motion,
    placement: Placement,
    key: Key,
    settings: Settings = Settings(),
    *,
    num_frames: int | None = None,
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
        num_frames: radar frames from the motion's start; by default all that fit.
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
    num_frames = frames_in(radar, motion.duration_s) if num_frames is None else num_frames
    times_s = burst_times_s(radar, num_frames, settings.nodes)
    poses_rad, transl_m = sample_motion(motion, times_s)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), motion.layout, body)
    betas = np.zeros(body.num_betas) if betas is None else betas
    still = jnp.zeros(transl_m.shape, jnp.float32)
    vertices_m = skin(body, jnp.asarray(betas, jnp.float32), poses_rad, still, scale)
    vertices_m = to_radar_frame(vertices_m, replace(placement, radar_height_m=0.0))
    origin_m = np.asarray(to_radar_frame(transl_m, placement))
    if reflectivity is None:
        of_skin = settings.reflection == "body"
        reflectivity = skin_reflectivity(radar) if of_skin else FREE_BODY_REFLECTIVITY
    return simulate_mesh(
        radar, vertices_m, body.faces, key, settings,
        origin_m=origin_m, sigma_rad=sigma_rad, reflectivity=reflectivity,
        extra_noise_db=extra_noise_db,
    )  # fmt: skip


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
    burst = make_burst(vertices_m, origin_m)
    faces = jnp.asarray(faces, jnp.int32)
    scale = volts_per_weight(radar, reflectivity)

    def received(echo, first_frame=0):
        return receive(radar, echo, key, settings, scale, extra_noise_db, first_frame)

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


def receive(
    radar: Radar,
    echo: Complex[Array, "frame chirp tx rx sample"],
    key: Key,
    settings: Settings,
    scale_v: float = 1.0,
    extra_noise_db: float = 0.0,
    first_frame: int = 0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """What the board makes of the echo: level, channel gains, noise, ADC steps.

    Args:
        radar: the board.
        echo: IF samples without the level constant.
        key: of the noise; each frame draws from its own, folded with the frame's index.
        settings: whether there is noise, and steps.
        scale_v: volts per unit of the echo [V].
        extra_noise_db: added to the receiver's noise figure [dB].
        first_frame: index of the first frame within the clip.

    Returns:
        Volts at the ADC.
    """
    adds = settings.thermal_noise, settings.quantise
    return _receive(radar, adds, echo, key, scale_v, extra_noise_db, first_frame)


@partial(jax.jit, static_argnums=(0, 1))
def _receive(radar, adds, echo, key, scale_v, extra_noise_db, first_frame):
    noisy, in_steps = adds
    gain = np.asarray(radar.array.channel_gain, np.complex64)[:, :, None]
    scale = gain * jnp.float32(scale_v)

    def one_frame(inputs):
        index, frame = inputs
        frame_v = frame * scale
        if noisy:
            key_here = jax.random.fold_in(key, index)
            frame_v = frame_v + thermal_noise(radar, frame_v.shape, key_here, extra_noise_db)
        return quantised(radar, frame_v) if in_steps else frame_v

    return jax.lax.map(one_frame, (first_frame + jnp.arange(len(echo)), echo))
