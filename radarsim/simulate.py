"""Motion to IF cube: the stages composed, and nothing else. The first file to read.

    motion -> mesh -> visible faces -> reflection -> IF cube

A frame is simulated from the surface at a few Chebyshev nodes of its burst (`burst_times_s`). The
host looks at all frames once to size the fast program (how many bright faces, how wide a range
band); the rest is one compiled program per clip shape.
"""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from radarsim import reflection
from radarsim.body import BodyModel, fit_pose, skin
from radarsim.config import Radar
from radarsim.coordinates import split_float64
from radarsim.frame import (
    FACES_PER_GROUP,
    Burst,
    Settings,
    Sizes,
    bins_of,
    block_nodes,
    cells_for,
    fast_frame,
    lit_faces,
    look,
    probe_frame,
    round_up,
    sizes_for,
    sum_faces,
)
from radarsim.if_signal import plain_sum
from radarsim.legs import burst_centre_and_half_s, node_times_s
from radarsim.levels import point_area_m2, volts_per_weight
from radarsim.mesh import Faces, chebyshev_nodes, faces_of, lagrange_weights
from radarsim.motion import Motion, sample_motion
from radarsim.noise import Key, add_thermal_noise, from_codes, to_codes
from radarsim.placement import Placement, to_radar_frame
from radarsim.visibility import fade, hidden_point_removal

DEFAULT_SIGMA_RAD = 0.5


def burst_times_s(
    radar: Radar, num_frames: int, num_nodes: int = Settings.num_nodes
) -> Float[np.ndarray, "frame node"]:
    """When the surface must be given, the nodes of each burst, since the first frame [s]."""
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
    reflectivity: float = 1.0,
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
        sigma_rad: lobe width of the reflection model [rad].
        reflectivity: level constant, see levels.anchored_reflectivity.

    Returns:
        Volts at the ADC.
    """
    num_frames = frames_in(radar, motion.duration_s) if num_frames is None else num_frames
    times_s = burst_times_s(radar, num_frames, settings.num_nodes)
    poses_rad, transl_m = sample_motion(motion, times_s)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), motion.layout, body)
    betas = np.zeros(body.num_betas) if betas is None else betas
    still = jnp.zeros(transl_m.shape, jnp.float32)
    vertices_m = skin(body, jnp.asarray(betas, jnp.float32), poses_rad, still, scale)
    vertices_m = to_radar_frame(vertices_m, replace(placement, radar_height_m=0.0))
    origin_m = np.asarray(to_radar_frame(transl_m, placement))
    return simulate_mesh(
        radar, vertices_m, body.faces, key, settings,
        origin_m=origin_m, sigma_rad=sigma_rad, reflectivity=reflectivity,
    )  # fmt: skip


def frames_in(radar: Radar, duration_s: float) -> int:
    """Radar frames whose bursts end within a motion of that length."""
    last_s = float(node_times_s(radar, Settings.num_nodes)[-1])
    return max(0, int(np.floor((duration_s - last_s) / radar.frame.period_s + 1e-9)) + 1)


def simulate_mesh(
    radar: Radar,
    vertices_m: Float[Array, "frame node vertex 3"] | Float[np.ndarray, "frame node vertex 3"],
    faces: Int[Array, "face 3"] | Int[np.ndarray, "face 3"],
    key: Key,
    settings: Settings = Settings(),
    *,
    origin_m: Float[np.ndarray, "frame node 3"] | None = None,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
    reflectivity: float = 1.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """The IF cube of any moving mesh.

    Args:
        radar: the board.
        vertices_m: corners at `burst_times_s`, in the radar frame [m].
        faces: triangles, counter-clockwise seen from outside.
        key: of the receiver's noise.
        settings: what to simulate and how.
        origin_m: what the vertices are relative to, float64 [m]; near the mesh it spares them the
            rounding of float32 (0.4 mrad of phase at 3 m). None: the radar.
        sigma_rad: lobe width of the reflection model [rad].
        reflectivity: level constant, see levels.anchored_reflectivity.

    Returns:
        Volts at the ADC.
    """
    burst = _burst(vertices_m, origin_m)
    faces = jnp.asarray(faces, jnp.int32)
    if settings.method == "plain":
        echo = _plain_mesh(radar, settings, burst, faces, sigma_rad)
    else:
        echo = _fast_mesh(radar, settings, burst, faces, sigma_rad)
    return receive(radar, echo * np.float32(volts_per_weight(radar, reflectivity)), key, settings)


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
    burst = _burst(positions_m - origin_m, origin_m[..., 0, :])
    area_m2 = point_area_m2(radar, np.asarray(rcs_m2, np.float32))
    if settings.method == "plain":
        echo = jnp.stack([_plain_points(radar, settings, one, area_m2) for one in _frames(burst)])
    else:
        num_cells = cells_for(np.asarray(_band_of_points(radar, burst)).max())
        echo = _sum_points(radar, settings, num_cells, burst, area_m2)
    return receive(radar, echo * np.float32(volts_per_weight(radar, 1.0)), key, settings)


def receive(
    radar: Radar, echo_v: Complex[Array, "frame chirp tx rx sample"], key: Key, settings: Settings
) -> Complex[Array, "frame chirp tx rx sample"]:
    """What the board makes of the echo: channel gains, noise, ADC steps."""
    gain = np.asarray(radar.array.channel_gain, np.complex64)
    cube_v = echo_v * gain[:, :, None]
    if settings.thermal_noise:
        cube_v = add_thermal_noise(radar, cube_v, key)
    return from_codes(radar, to_codes(radar, cube_v)) if settings.quantise else cube_v


def _burst(vertices_m, origin_m) -> Burst:
    vertices_m = jnp.asarray(vertices_m, jnp.float32)
    origin_m = np.zeros((*vertices_m.shape[:2], 3)) if origin_m is None else origin_m
    high, low = split_float64(np.asarray(origin_m, np.float64))
    return Burst(vertices_m, jnp.asarray(high), jnp.asarray(low))


def _frames(burst: Burst) -> list[Burst]:
    def frame(index):
        return jax.tree.map(lambda part: part[index], burst)

    return [frame(index) for index in range(len(burst.vertices_m))]


def _fast_mesh(radar, settings, burst, faces, sigma_rad):
    """Probe, look, sum; after each step the host sizes the next (see frame.py)."""
    bright, counts = _probe(settings, burst, faces, sigma_rad)
    num_bright, num_front = np.asarray(counts).max(0)
    seen = visible_faces(settings, burst, faces, bright, int(num_bright), int(num_front))
    num_lit = round_up(seen.any(1).sum(-1).max(), FACES_PER_GROUP)
    low_bins, high_bins = _group_bins(radar, num_lit, burst, faces, seen)
    sizes = sizes_for(num_lit, np.asarray(low_bins), np.asarray(high_bins))
    return _sum(radar, settings, sizes, burst, faces, seen, sigma_rad)


def visible_faces(
    settings: Settings, burst: Burst, faces, bright, num_bright: int, num_front: int
) -> Bool[np.ndarray, "frame block face"]:
    """Which of the bright faces the radar sees, by the chosen test."""
    if settings.visibility == "hpr":
        return _hpr_blocks(settings, burst, faces) & np.asarray(bright)[:, None]
    num_bright = min(round_up(num_bright, 512), len(faces))
    num_front = min(round_up(num_front, 1024), len(faces))
    window = round_up(num_front // 5, 256)
    while True:
        window = min(window, num_front)
        seen, needed = _look(settings, num_bright, num_front, window, burst, faces, bright)
        needed = int(np.asarray(needed).max())
        if needed <= window or window == num_front:
            return np.asarray(seen)
        window = round_up(needed, 256)


@partial(jax.jit, static_argnums=0)
def _probe(settings, burst, faces, sigma_rad):
    probe = partial(probe_frame, settings, reflection.paper)
    return jax.lax.map(lambda one: probe(one, faces, sigma_rad), burst)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _look(settings, num_bright, num_front, window, burst, faces, bright):
    def one(inputs):
        return look(settings, inputs[0], faces, inputs[1], num_bright, num_front, window)

    return jax.lax.map(one, (burst, bright))


@partial(jax.jit, static_argnums=(0, 1))
def _group_bins(radar, num_lit, burst, faces, seen):
    return jax.lax.map(
        lambda one: lit_faces(radar, num_lit, one[0], faces, one[1])[2:], (burst, seen)
    )


@partial(jax.jit, static_argnums=(0, 1, 2))
def _sum(radar, settings, sizes, burst, faces, seen, sigma_rad):
    def one(inputs):
        return fast_frame(
            radar, settings, sizes, reflection.paper, inputs[0], faces, inputs[1], sigma_rad
        )

    return jax.lax.map(one, (burst, seen))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _sum_points(radar, settings, num_cells, burst, area_m2):
    """Points in one group, in any order; padded with points of no area."""
    padding = -len(area_m2) % FACES_PER_GROUP

    def one(points):
        surface = _as_faces(points.vertices_m, area_m2)
        surface = jax.tree.map(partial(_pad_faces, padding), surface)
        near_m = points.vertices_m + points.origin_high_m[:, None]
        low_bin = jnp.min(bins_of(radar, near_m)[0])
        visible = jnp.pad(jnp.ones((radar.frame.num_chirps, len(area_m2))), ((0, 0), (0, padding)))
        low_bins = jnp.full(visible.shape[1] // FACES_PER_GROUP, low_bin)
        sizes = Sizes(num_lit=visible.shape[1], num_cells=num_cells, group_cells=num_cells)
        return sum_faces(
            radar, settings, sizes, reflection.isotropic, surface, points, visible, low_bins, 0.0
        )

    return jax.lax.map(one, burst)


def _pad_faces(padding, values):
    """Repeat the first face at the end of the face axis (the second)."""
    return jnp.concatenate([values, jnp.repeat(values[:, :1], padding, axis=1)], axis=1)


@partial(jax.jit, static_argnums=0)
def _band_of_points(radar, burst):
    def one(points):
        low, high = bins_of(radar, points.vertices_m + points.origin_high_m[:, None])
        return jnp.max(high) - jnp.min(low)

    return jax.lax.map(one, burst)


def _as_faces(positions_m, area_m2) -> Faces:
    """Points as faces without a side."""
    area = jnp.broadcast_to(area_m2, positions_m.shape[:-1])
    return Faces(positions_m, jnp.zeros_like(positions_m), area)


def _hpr_blocks(settings, burst: Burst, faces) -> Bool[np.ndarray, "frame block face"]:
    """Hidden point removal of the face centres at each visibility block, on the host."""
    weights = block_nodes(settings)

    def blocks(one: Burst):
        vertices_m = np.asarray(one.vertices_m + one.origin_high_m[:, None], np.float64)
        moved = np.einsum("bn,nvk->bvk", weights, vertices_m)
        return [hidden_point_removal(corners[np.asarray(faces)].mean(1)) for corners in moved]

    return np.array([blocks(one) for one in _frames(burst)])


def _plain_mesh(
    radar, settings, burst, faces, sigma_rad
) -> Complex[Array, "frame chirp tx rx sample"]:
    frames = [plain_frame(radar, settings, one, faces, sigma_rad) for one in _frames(burst)]
    return jnp.asarray(np.stack(frames), jnp.complex64)


def plain_frame(
    radar: Radar,
    settings: Settings,
    burst: Burst,
    faces: Int[Array, "face 3"],
    sigma_rad: float,
    chirps: tuple[int, ...] | None = None,
) -> Complex[np.ndarray, "chirp tx rx sample"]:
    """The oracle for one frame: same nodes, same visibility, no culling, float64 at every sample.

    Args:
        radar: waveform, timing and antennas.
        settings: as for the fast method; `cull` is not used.
        burst: one frame.
        faces: triangles.
        sigma_rad: lobe width [rad].
        chirps: loops to compute; None for all.
    """
    bursts = jax.tree.map(lambda part: part[None], burst)
    everyone = jnp.ones((1, len(faces)), bool)
    seen = visible_faces(settings, bursts, faces, everyone, len(faces), len(faces))[0]
    lit = np.flatnonzero(seen.any(0))
    visible = np.asarray(fade(jnp.asarray(seen[:, lit]), radar.frame.num_chirps))
    corners = np.asarray(faces)[lit]
    return plain_sum(
        radar, lambda times_s: faces_of(_vertices_at(radar, burst, times_s), corners), visible,
        reflection.paper, sigma_rad, chirps, settings.residual_video_phase,
    )  # fmt: skip


def _plain_points(radar, settings, burst, area_m2):
    visible = np.ones((radar.frame.num_chirps, len(area_m2)))
    return plain_sum(
        radar, lambda times_s: _as_faces(_vertices_at(radar, burst, times_s), area_m2), visible,
        reflection.isotropic, 0.0, None, settings.residual_video_phase,
    )  # fmt: skip


def _vertices_at(radar, burst: Burst, times_s) -> Float[Array, "time vertex 3"]:
    """The polynomial through the nodes at any time since the frame start, in float64."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    nodes = chebyshev_nodes(burst.vertices_m.shape[0])
    weights = lagrange_weights(nodes, (np.asarray(times_s) - centre_s) / half_s)
    parts = (burst.vertices_m, burst.origin_high_m[:, None], burst.origin_low_m[:, None])
    corners = sum(np.asarray(part, np.float64) for part in parts)
    return jnp.einsum("tn,nvk->tvk", jnp.asarray(weights), jnp.asarray(corners))
