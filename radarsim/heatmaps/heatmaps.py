"""IF cube to time-range, time-Doppler and time-angle, alike for a simulated or a recorded cube.

The chirp loops of all frames are laid end to end; a window of 256 loops moves over them in steps of
16 (mmCLIP, section 3.2.1). All sums are of power, and all maps are in dB above the power that the
receiver's thermal noise alone would give: noise reads 0 dB, whatever the board.

Two kinds of window: `paper` transforms the 256 loops as one, as the authors' network sees it; they
span two or three bursts with silence between, so a steady speed makes fringes (1.9 cm/s apart at
10 frames/s). `burst` transforms each burst alone, zero-padded to the same bins, and averages power
over the bursts that the window covers: a spectrum that a radar engineer can read.
"""

from dataclasses import dataclass
from functools import partial
from math import gcd

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.heatmaps.power import time_angle_power, time_doppler_power, time_range_power
from radarsim.heatmaps.settings import HeatmapSettings, heatmap_axes, num_columns, sine_grid
from radarsim.numerics.threads import side_by_side
from radarsim.radar.config import Radar

__all__ = [
    "HeatmapSettings",
    "Heatmaps",
    "heatmap_axes",
    "make_heatmaps",
    "num_columns",
    "sine_grid",
]

# 1e-12 of the noise: keeps log10 finite on noiseless cubes.
POWER_FLOOR = 1e-12
# Frames whose columns are made at once; each piece reads a window more.
PIECE_FRAMES = 10


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Heatmaps:
    """Three maps of one clip, in dB above thermal noise."""

    time_range: Float[Array, "*clip time range"]
    time_doppler: Float[Array, "*clip time doppler"]
    time_angle: Float[Array, "*clip time angle"]


def make_heatmaps(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """The three heatmaps of a clip.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: window, clutter, compensation.

    Returns:
        Maps on the axes of `heatmap_axes`.

    Raises:
        ValueError: the clip is shorter than one window.
    """
    columns = num_columns(radar, cube_v.shape[0], settings)
    cube_v = jnp.asarray(cube_v, jnp.complex64)
    if isinstance(cube_v, jax.core.Tracer):  # what is traced cannot go to other threads
        return maps_of_clip(radar, cube_v, settings)
    clutter_v = _mean(cube_v) if settings.clutter == "clip" else jnp.zeros_like(cube_v[0, 0])
    pieces = frames_of_pieces(radar, settings, len(cube_v))
    maps = side_by_side(lambda frames: _maps_of(radar, settings, cube_v, frames, clutter_v), pieces)
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[:columns], *maps)


def maps_of_clip(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """The same within a compiled program, all frames at once."""
    columns = num_columns(radar, cube_v.shape[0], settings)
    clutter_v = _mean(cube_v) if settings.clutter == "clip" else jnp.zeros_like(cube_v[0, 0])
    frames = frames_of_pieces(radar, settings, len(cube_v), len(cube_v))[0]
    maps = _maps_of(radar, settings, cube_v, frames, clutter_v)
    return jax.tree.map(lambda part: part[:columns], maps)


def frames_of_pieces(
    radar: Radar, settings: HeatmapSettings, num_frames: int, most: int = PIECE_FRAMES
) -> list[np.ndarray]:
    """Frames of each piece: those whose loops begin its columns, and a window more.

    All pieces are of one length; past the end they repeat the last frame, in columns that nobody
    asks for. A piece begins with a whole step.
    """
    chirps = radar.frame.num_chirps
    whole = settings.step_chirps // gcd(settings.step_chirps, chirps)
    # Pieces of about the same length: what the last one repeats is work for nothing.
    own = -(-num_frames // -(-num_frames // most))
    own = -(-own // whole) * whole
    more = frames_after(radar, settings)
    starts = np.arange(0, num_frames, own)
    return [np.minimum(start + np.arange(own + more), num_frames - 1) for start in starts]


def frames_after(radar: Radar, settings: HeatmapSettings) -> int:
    """Frames that a piece's last column reaches into: it begins a step before the next piece."""
    return -(-(settings.window_chirps - settings.step_chirps) // radar.frame.num_chirps)


@jax.jit
def _mean(cube_v):
    return cube_v.mean((0, 1))


@partial(jax.jit, static_argnums=(0, 1))
def _maps_of(radar, settings, cube_v, frames, clutter_v) -> Heatmaps:
    """The columns that begin in the frames of a piece."""
    num_frames, (chirps, num_tx, num_rx, samples) = len(frames), cube_v.shape[1:]
    taper = np.hanning(samples + 2)[1:-1].astype(np.float32)
    cube_v = (cube_v[frames] - clutter_v) * taper
    loops = cube_v.reshape(num_frames * chirps, num_tx * num_rx, samples)
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2 * float((taper**2).sum())
    maps = (
        time_range_power(settings, loops),
        # [pair, sample, loop]: the slow-time transforms then run along memory.
        time_doppler_power(radar, settings, loops.transpose(1, 2, 0)),
        time_angle_power(radar, settings, cube_v),
    )
    own = num_frames - frames_after(radar, settings)
    columns = own * chirps // settings.step_chirps
    return Heatmaps(
        *(10 * jnp.log10(jnp.maximum(power[:columns] / noise_w, POWER_FLOOR)) for power in maps)
    )
