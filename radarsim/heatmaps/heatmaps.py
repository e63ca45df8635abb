"""Time-range, time-Doppler and time-angle heatmaps of an IF cube, simulated or recorded.

The chirp loops of all frames are concatenated; a window of 256 loops moves over them in steps of 16
(mmCLIP, section 3.2.1). All averages are of power, and all maps are in dB above the power of the
receiver's thermal noise, so noise alone is at 0 dB for every board.

There are two kinds of window. `burst` transforms each burst separately, zero-padded to the same
bins, and averages the power over the bursts that the window covers; the result is a conventional
Doppler spectrum. `paper` transforms the 256 loops as one sequence, as for the input of
the authors' network; the loops span two or three bursts with gaps between them, so a constant speed
produces fringes (1.9 cm/s apart at 10 frames/s).
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
from radarsim.radar.radar import Radar

# 1e-12 of the noise power keeps log10 finite for noiseless cubes.
POWER_FLOOR = 1e-12
# Frames whose columns are computed together; each chunk reads one additional window.
CHUNK_FRAMES = 10


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Heatmaps:
    """Three maps of one clip, in dB above thermal noise, with their axes.

    Attributes:
        time_range, time_doppler, time_angle: the maps [dB].
        radar, settings, num_frames: radar, heatmap settings and number of frames, which determine
            the axes.
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
        """Plot the three maps of one clip as a matplotlib figure; needs the extra `viz`.

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
    """Compute the three heatmaps of a clip; public as `radarsim.heatmaps`.

    Args:
        radar: the board that recorded the cube.
        cube_v: volts at the ADC.
        settings: heatmap settings (window, clutter removal, TDM compensation).

    Returns:
        Maps with their axes.

    Raises:
        InputError: the cube does not fit the radar, contains values that are not finite volts, or
            is shorter than one window.
    """
    check_radar("heatmaps", radar)
    check_settings("heatmaps", settings, HeatmapSettings)
    cube_v = jnp.asarray(checked_cube("heatmaps", radar, cube_v), jnp.complex64)
    columns = num_columns(radar, cube_v.shape[0], settings)
    if isinstance(cube_v, jax.core.Tracer):  # tracers cannot be passed to other threads
        return maps_of_clip(radar, cube_v, settings)
    clutter_v = clip_clutter_v(settings, cube_v)
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
    """Compute the heatmaps of all frames at once, within a compiled program."""
    columns = num_columns(radar, cube_v.shape[0], settings)
    clutter_v = clip_clutter_v(settings, cube_v)
    frames = frames_of_chunks(radar, settings, len(cube_v), len(cube_v))[0]
    parts = _columns_of(radar, settings, cube_v, frames, clutter_v)
    return _named(radar, settings, len(cube_v), (part[:columns] for part in parts))


def frames_of_chunks(
    radar: Radar, settings: HeatmapSettings, num_frames: int, most: int = CHUNK_FRAMES
) -> list[np.ndarray]:
    """Frame indices of each chunk: the frames in which its columns begin, plus one window.

    All chunks have the same length; past the end of the clip they repeat the last frame, and the
    columns that contain repeated frames are cut off. Each chunk begins at the start of a step.
    """
    chirps = radar.frame.num_chirps
    whole = settings.step_chirps // gcd(settings.step_chirps, chirps)
    # Chunks have similar lengths, because computing the repeated frames of the last is wasted work.
    own = -(-num_frames // -(-num_frames // most))
    own = -(-own // whole) * whole
    more = frames_after(radar, settings)
    starts = np.arange(0, num_frames, own)
    return [np.minimum(start + np.arange(own + more), num_frames - 1) for start in starts]


def frames_after(radar: Radar, settings: HeatmapSettings) -> int:
    """Number of frames after a chunk that its last column covers.

    The last column starts one step before the next chunk begins.
    """
    return -(-(settings.window_chirps - settings.step_chirps) // radar.frame.num_chirps)


def _named(radar, settings, num_frames, maps) -> Heatmaps:
    names = ("time_range", "time_doppler", "time_angle")
    static = {"radar": radar, "settings": settings, "num_frames": num_frames}
    return Heatmaps(**dict(zip(names, maps, strict=True)), **static)


def clip_clutter_v(
    settings: HeatmapSettings, cube_v: Complex[Array, "frame chirp tx rx sample"]
) -> Complex[Array, "tx rx sample"]:
    """Static echo to be removed from every chirp of a clip; zero for clutter removal per window.

    The median is taken over bursts, for the real and imaginary parts of each range bin: echoes that
    pass through a bin for less than half of the clip do not change it. Each burst is averaged
    first, which suppresses moving targets and noise.
    """
    if settings.clutter == "clip":
        return _mean(cube_v)
    if settings.clutter == "median":
        return _median(cube_v)
    return jnp.zeros_like(cube_v[0, 0])


@jax.jit
def _mean(cube_v):
    return cube_v.mean((0, 1))


@jax.jit
def _median(cube_v):
    # The taper separates range bins. It is divided out afterwards, because each column applies it.
    taper = _range_taper(cube_v.shape[-1])
    profiles = jnp.fft.fft(cube_v.mean(1) * taper, axis=-1)
    static = jax.lax.complex(jnp.median(profiles.real, 0), jnp.median(profiles.imag, 0))
    return jnp.fft.ifft(static, axis=-1) / taper


def _range_taper(num_samples: int) -> np.ndarray:
    """Hann window without its two zero samples."""
    return np.hanning(num_samples + 2)[1:-1].astype(np.float32)


@partial(jax.jit, static_argnums=(0, 1))
def _columns_of(radar, settings, cube_v, frames, clutter_v) -> tuple[Array, Array, Array]:
    """Compute the columns of each map that begin in the frames of a chunk."""
    num_frames, (chirps, num_tx, num_rx, samples) = len(frames), cube_v.shape[1:]
    taper = _range_taper(samples)
    cube_v = (cube_v[frames] - clutter_v) * taper
    loops = cube_v.reshape(num_frames * chirps, num_tx * num_rx, samples)
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2 * float((taper**2).sum())
    maps = (
        time_range_power(settings, loops),
        # [pair, sample, loop], so that slow time is contiguous in memory for its transforms.
        time_doppler_power(radar, settings, loops.transpose(1, 2, 0)),
        time_angle_power(radar, settings, cube_v),
    )
    own = num_frames - frames_after(radar, settings)
    columns = own * chirps // settings.step_chirps
    return tuple(
        10 * jnp.log10(jnp.maximum(power[:columns] / noise_w, POWER_FLOOR)) for power in maps
    )
