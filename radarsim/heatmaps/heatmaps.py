"""Time-range, time-Doppler and time-angle heatmaps of an IF cube, simulated or recorded.

The chirp loops of all frames are concatenated; a window of 256 loops moves over them in steps of 16
(mmCLIP, section 3.2.1). All averages are averages of power. All maps are in dB above the power of
the receiver's thermal noise, so cells that contain only noise are at 0 dB for every board.

There are two Doppler windows. The window `burst` transforms each burst separately, zero-padded to
the same number of Doppler bins, and averages the power over the bursts that the window covers; the
result is a conventional Doppler spectrum. The window `paper` transforms the 256 loops as one
sequence, like the mmCLIP authors for the input of their network. The 256 loops span two or three
bursts with gaps in between, so a target at constant speed produces fringes (1.9 cm/s apart at
10 frames/s).
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
from radarsim.heatmaps.settings import (
    HeatmapSettings,
    heatmap_axes,
    measured_heatmaps,
    num_columns,
)
from radarsim.input_checks import check_radar, check_settings
from radarsim.numerics.threads import parallel_map
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar

# Minimum power relative to the noise power; keeps log10 finite for noiseless cubes.
POWER_FLOOR = 1e-12
# Maximum number of frames per chunk, before rounding up to whole steps; each chunk additionally
# reads the frames of one window.
CHUNK_FRAMES = 10


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Heatmaps:
    """The heatmaps of one clip, in dB above thermal noise, with their axes.

    Attributes:
        time_range, time_doppler, time_angle: heatmaps [dB above thermal noise]; None for a heatmap
            that the radar does not measure (`settings.measured_heatmaps`).
        radar, settings, num_frames: radar, heatmap settings and number of frames of the clip,
            which determine the axes.
    """

    time_range: Float[Array, "*clip time range"] | None
    time_doppler: Float[Array, "*clip time doppler"]
    time_angle: Float[Array, "*clip time angle"] | None
    radar: Radar = field(metadata={"static": True})
    settings: HeatmapSettings = field(metadata={"static": True})
    num_frames: int = field(metadata={"static": True})

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " bin"]]:
        """Coordinates `time_s`, `range_m`, `speed_mps` and `angle_rad` from `heatmap_axes`."""
        return heatmap_axes(self.radar, self.num_frames, self.settings)

    def plot(self, title: str = ""):
        """Plot the heatmaps of one clip as a matplotlib figure; requires the extra `viz`.

        Raises:
            InputError: the object contains the heatmaps of several clips.
        """
        names = measured_heatmaps(self.radar)
        for name in names:
            if getattr(self, name).ndim != 2:
                problem = f"has shape {getattr(self, name).shape}: maps of several clips"
                hint = "plot one of them: jax.tree.map(lambda map_db: map_db[0], maps).plot()"
                raise InputError("Heatmaps", name, problem, hint)
        from radarsim.plots.heatmaps import clip_page

        maps = {name: np.asarray(getattr(self, name)) for name in names}
        return clip_page(maps, self.axes, title=title or self.radar.name)


def make_heatmaps(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"]
    | Complex[np.ndarray, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """Compute the heatmaps of a clip; public as `radarsim.heatmaps`.

    Args:
        radar: radar that recorded the IF cube.
        cube_v: IF cube, the voltage at the ADC [V].
        settings: heatmap settings (window, clutter removal, TDM compensation).

    Returns:
        The heatmaps with their axes; a continuous wave has no time-range heatmap, and a time-angle
        heatmap only with several antennas.

    Raises:
        InputError: the cube is not in complex volts, does not have the radar's shape, has values
            that are not finite or is shorter than one window, or the radar's frames do not suit the
            Doppler window.
    """
    check_radar("heatmaps", radar)
    check_settings("heatmaps", settings, HeatmapSettings)
    cube_v = jnp.asarray(checked_cube("heatmaps", radar, cube_v), jnp.complex64)
    columns = num_columns(radar, cube_v.shape[0], settings)
    if isinstance(cube_v, jax.core.Tracer):  # JAX tracers cannot be passed to other threads
        return maps_of_clip(radar, cube_v, settings)
    clutter_v = clip_clutter_v(settings, cube_v)
    chunks = frames_of_chunks(radar, settings, len(cube_v))
    parts = parallel_map(
        lambda frames: _columns_of(radar, settings, cube_v, frames, clutter_v), chunks
    )
    maps = {name: jnp.concatenate([part[name] for part in parts])[:columns] for name in parts[0]}
    return _named(radar, settings, len(cube_v), maps)


def maps_of_clip(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"],
    settings: HeatmapSettings = HeatmapSettings(),
) -> Heatmaps:
    """Compute the heatmaps of all frames at once, for use inside a jitted function."""
    columns = num_columns(radar, cube_v.shape[0], settings)
    clutter_v = clip_clutter_v(settings, cube_v)
    frames = frames_of_chunks(radar, settings, len(cube_v), len(cube_v))[0]
    parts = _columns_of(radar, settings, cube_v, frames, clutter_v)
    return _named(radar, settings, len(cube_v), {n: part[:columns] for n, part in parts.items()})


def frames_of_chunks(
    radar: Radar, settings: HeatmapSettings, num_frames: int, most: int = CHUNK_FRAMES
) -> list[np.ndarray]:
    """Frame indices of each chunk: the frames in which its columns begin, plus one window.

    All chunks have the same length. A chunk that extends past the end of the clip repeats the last
    frame; columns that contain repeated frames are discarded. Each chunk begins at the start of a
    step.
    """
    chirps = radar.frame.num_chirps
    whole = settings.step_chirps // gcd(settings.step_chirps, chirps)
    # Chunks divide the clip evenly, to minimise the number of repeated frames in the last chunk.
    own = -(-num_frames // -(-num_frames // most))
    own = -(-own // whole) * whole
    more = frames_after(radar, settings)
    starts = np.arange(0, num_frames, own)
    return [np.minimum(start + np.arange(own + more), num_frames - 1) for start in starts]


def frames_after(radar: Radar, settings: HeatmapSettings) -> int:
    """Number of frames after the end of a chunk that the last column of the chunk covers.

    The last column of a chunk starts one step before the next chunk begins.
    """
    return -(-(settings.window_chirps - settings.step_chirps) // radar.frame.num_chirps)


def _named(radar, settings, num_frames, maps) -> Heatmaps:
    names = ("time_range", "time_doppler", "time_angle")
    static = {"radar": radar, "settings": settings, "num_frames": num_frames}
    return Heatmaps(**{name: maps.get(name) for name in names}, **static)


def clip_clutter_v(
    settings: HeatmapSettings, cube_v: Complex[Array, "frame chirp tx rx sample"]
) -> Complex[Array, "tx rx sample"]:
    """Static echo to subtract from every chirp of a clip; zero if clutter is removed per window.

    The median over the bursts is taken of the real and the imaginary part of each range bin, so an
    echo that passes through a range bin for less than half of the clip does not change the median.
    Each burst is averaged before the median, which suppresses moving targets and noise.
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
    # The taper lowers range sidelobes; it is divided out here, because columns are tapered later.
    taper = hann(cube_v.shape[-1])
    profiles = jnp.fft.fft(cube_v.mean(1) * taper, axis=-1)
    static = jax.lax.complex(jnp.median(profiles.real, 0), jnp.median(profiles.imag, 0))
    return jnp.fft.ifft(static, axis=-1) / taper


@partial(jax.jit, static_argnums=(0, 1))
def _columns_of(radar, settings, cube_v, frames, clutter_v) -> dict[str, Array]:
    """Compute those columns of the heatmaps that begin in the frames of a chunk."""
    num_frames, (chirps, num_tx, num_rx, samples) = len(frames), cube_v.shape[1:]
    taper = hann(samples)
    cube_v = (cube_v[frames] - clutter_v) * taper
    loops = cube_v.reshape(num_frames * chirps, num_tx * num_rx, samples)
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2 * float((taper**2).sum())
    compute = {
        "time_range": lambda: time_range_power(settings, loops),
        "time_doppler": lambda: time_doppler_power(radar, settings, loops),
        "time_angle": lambda: time_angle_power(radar, settings, cube_v),
    }
    own = num_frames - frames_after(radar, settings)
    columns = own * chirps // settings.step_chirps
    return {
        name: 10 * jnp.log10(jnp.maximum(compute[name]()[:columns] / noise_w, POWER_FLOOR))
        for name in measured_heatmaps(radar)
    }
