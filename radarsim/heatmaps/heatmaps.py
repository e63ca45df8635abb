"""Time-range, time-Doppler and time-angle heatmaps of an IF cube, simulated or recorded.

The chirp loops of all frames are concatenated; a window of 256 loops moves over them in steps of 16
(mmCLIP, section 3.2.1). All averages are of power, and all maps are in dB above the power of the
receiver's thermal noise: noise alone reads 0 dB for every board.

Two kinds of window: `paper` transforms the 256 loops as one, as in the authors' network; they span
two or three bursts with gaps between, so a constant speed makes fringes (1.9 cm/s apart at
10 frames/s). `burst` transforms each burst separately, zero-padded to the same bins, and averages
power over the bursts that the window covers: a spectrum that a radar engineer can read.
"""

from dataclasses import dataclass, field
from functools import partial
from math import gcd

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.cube_checks import checked_cube
from radarsim.errors import InputError
from radarsim.heatmaps.power import time_angle_power, time_doppler_power, time_range_power
from radarsim.heatmaps.settings import HeatmapSettings, heatmap_axes, num_columns
from radarsim.input_checks import check_radar, check_settings
from radarsim.numerics.threads import parallel_map
from radarsim.radar.config import Radar

# 1e-12 of the noise: keeps log10 finite on noiseless cubes.
POWER_FLOOR = 1e-12
# Frames whose columns are computed together; each chunk reads one more window.
CHUNK_FRAMES = 10


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Heatmaps:
    """Three maps of one clip, in dB above thermal noise, with their axes.

    Attributes:
        time_range, time_doppler, time_angle: the maps [dB].
        radar, settings, num_frames: decide the axes.
    """

    time_range: Float[Array, "*clip time range"]
    time_doppler: Float[Array, "*clip time doppler"]
    time_angle: Float[Array, "*clip time angle"]
    radar: Radar = field(metadata={"static": True})
    settings: HeatmapSettings = field(metadata={"static": True})
    num_frames: int = field(metadata={"static": True})

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " bin"]]:
        """Coordinates `time_s`, `range_m`, `speed_mps` and `angle_rad`; see `heatmap_axes`."""
        return heatmap_axes(self.radar, self.num_frames, self.settings)

    def plot(self, title: str = ""):
        """A matplotlib figure of the three maps of one clip; needs the extra `viz`.

        Raises:
            InputError: these are the maps of several clips.
        """
        if self.time_range.ndim != 2:
            problem = f"has shape {self.time_range.shape}: maps of several clips"
            hint = "plot one of them: jax.tree.map(lambda map_db: map_db[0], maps).plot()"
            raise InputError("Heatmaps", "time_range", problem, hint)
        from radarsim.plots.heatmaps import PANELS, clip_page

        maps = {name: np.asarray(getattr(self, name)) for name in PANELS}
        return clip_page(maps, self.axes, title=title or self.radar.name)


def make_heatmaps(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """The three heatmaps of a clip; public as `radarsim.heatmaps`.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: window, clutter removal, TDM compensation.

    Returns:
        Maps with their axes.

    Raises:
        InputError: the cube does not fit the radar, holds something else than finite volts, or is
            shorter than one window.
    """
    check_radar("heatmaps", radar)
    check_settings("heatmaps", settings, HeatmapSettings)
    cube_v = jnp.asarray(checked_cube("heatmaps", radar, cube_v), jnp.complex64)
    columns = num_columns(radar, cube_v.shape[0], settings)
    if isinstance(cube_v, jax.core.Tracer):  # tracers cannot be passed to other threads
        return maps_of_clip(radar, cube_v, settings)
    clutter_v = _mean(cube_v) if settings.clutter == "clip" else jnp.zeros_like(cube_v[0, 0])
    chunks = frames_of_chunks(radar, settings, len(cube_v))
    parts = parallel_map(
        lambda frames: _columns_of(radar, settings, cube_v, frames, clutter_v), chunks
    )
    maps = (jnp.concatenate(each)[:columns] for each in zip(*parts))
    return _named(radar, settings, len(cube_v), maps)


def maps_of_clip(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """The same within a compiled program, for all frames together."""
    columns = num_columns(radar, cube_v.shape[0], settings)
    clutter_v = _mean(cube_v) if settings.clutter == "clip" else jnp.zeros_like(cube_v[0, 0])
    frames = frames_of_chunks(radar, settings, len(cube_v), len(cube_v))[0]
    parts = _columns_of(radar, settings, cube_v, frames, clutter_v)
    return _named(radar, settings, len(cube_v), (part[:columns] for part in parts))


def frames_of_chunks(
    radar: Radar, settings: HeatmapSettings, num_frames: int, most: int = CHUNK_FRAMES
) -> list[np.ndarray]:
    """Frames of each chunk: those in which its columns begin, and one window more.

    All chunks have one length; past the end they repeat the last frame, in columns that are cut
    off. A chunk begins with a whole step.
    """
    chirps = radar.frame.num_chirps
    whole = settings.step_chirps // gcd(settings.step_chirps, chirps)
    # Chunks of about the same length: repeated frames of the last one are wasted work.
    own = -(-num_frames // -(-num_frames // most))
    own = -(-own // whole) * whole
    more = frames_after(radar, settings)
    starts = np.arange(0, num_frames, own)
    return [np.minimum(start + np.arange(own + more), num_frames - 1) for start in starts]


def frames_after(radar: Radar, settings: HeatmapSettings) -> int:
    """Frames that a chunk's last column reaches into: it begins a step before the next chunk."""
    return -(-(settings.window_chirps - settings.step_chirps) // radar.frame.num_chirps)


def _named(radar, settings, num_frames, maps) -> Heatmaps:
    names = ("time_range", "time_doppler", "time_angle")
    static = {"radar": radar, "settings": settings, "num_frames": num_frames}
    return Heatmaps(**dict(zip(names, maps, strict=True)), **static)


@jax.jit
def _mean(cube_v):
    return cube_v.mean((0, 1))


@partial(jax.jit, static_argnums=(0, 1))
def _columns_of(radar, settings, cube_v, frames, clutter_v) -> tuple[Array, Array, Array]:
    """Columns of each map that begin in the frames of a chunk."""
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
    return tuple(
        10 * jnp.log10(jnp.maximum(power[:columns] / noise_w, POWER_FLOOR)) for power in maps
    )
