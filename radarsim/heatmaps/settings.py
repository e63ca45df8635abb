"""Heatmap settings: window, clutter removal and bins, and the axes that follow from them."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from radarsim.checks import check_choice, check_flag, store_whole
from radarsim.errors import InputError
from radarsim.radar.config import Radar

WINDOWS = ("paper", "burst")
CLUTTERS = ("clip", "window", "none")


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class HeatmapSettings:
    """Settings of the heatmaps.

    Attributes:
        window: "paper" (across bursts) or "burst" (each burst separately).
        clutter: "clip" removes the mean over the clip per pair and range bin, "window" that of
            each window, "none" nothing.
        tdm_compensation: undo the phase change of a moving target between transmitters.
        window_chirps: loops per column.
        step_chirps: loops from one column to the next.
        num_doppler_bins: of the speed axis, at least `window_chirps`.
        num_angle_bins: of the angle axis.
    """

    window: str = "paper"
    clutter: str = "clip"
    tdm_compensation: bool = True
    window_chirps: int = 256
    step_chirps: int = 16
    num_doppler_bins: int = 256
    num_angle_bins: int = 256

    def __post_init__(self):
        for name, known in (("window", WINDOWS), ("clutter", CLUTTERS)):
            check_choice("HeatmapSettings", name, getattr(self, name), known)
        check_flag("HeatmapSettings", "tdm_compensation", self.tdm_compensation)
        store_whole(self, "window_chirps")
        store_whole(self, "step_chirps")
        # The step of the angle axis is a half of their number.
        store_whole(self, "num_angle_bins", at_least=2)
        store_whole(self, "num_doppler_bins", at_least=self.window_chirps)
        if self.window_chirps % self.step_chirps:
            problem = f"is {self.window_chirps} loops, not a multiple of step_chirps"
            hint = f"give a multiple of {self.step_chirps}"
            raise InputError("HeatmapSettings", "window_chirps", problem, hint)


def num_columns(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> int:
    """Number of columns of a clip's heatmaps: 385 for 50 frames of 128 loops."""
    loops = num_frames * radar.frame.num_chirps
    if loops < settings.window_chirps:
        problem = (
            f"{num_frames} frames of {radar.frame.num_chirps} loops are {loops} loops, a heatmap "
            f"column needs {settings.window_chirps}"
        )
        raise InputError(
            "heatmaps", "window_chirps", problem, "give a longer clip or a shorter window"
        )
    return (loops - settings.window_chirps) // settings.step_chirps + 1


def heatmap_axes(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> dict[str, Float[np.ndarray, " bin"]]:
    """Physical coordinates of the maps.

    Returns:
        `time_s`: mean time of the loops of each column, since the start of the first frame;
        `range_m`; `speed_mps`, receding positive; `angle_rad`, azimuth, left positive, at equal
        steps of its sine.
    """
    columns = num_columns(radar, num_frames, settings)
    starts_s = np.arange(num_frames)[:, None] * radar.frame.period_s
    loop_s = (starts_s + radar.chirp_times_s.mean(1)).ravel()
    first = np.arange(columns) * settings.step_chirps
    time_s = loop_s[first[:, None] + np.arange(settings.window_chirps)].mean(1)
    bins = settings.num_doppler_bins
    cycles_per_loop = (np.arange(bins) - bins // 2) / bins
    return {
        "time_s": time_s,
        "range_m": np.arange(radar.chirp.num_samples) * radar.range_resolution_m,
        "speed_mps": cycles_per_loop * radar.chirp.wavelength_m / (2 * radar.loop_period_s),
        "angle_rad": np.arcsin(sine_grid(radar, settings)),
    }


def sine_grid(radar: Radar, settings: HeatmapSettings) -> Float[np.ndarray, " angle"]:
    """Sines of azimuth: equal steps over the unambiguous field of view, zero included.

    The upper end is excluded: for elements half a wavelength apart it coincides with the lower end.
    """
    half = settings.num_angle_bins // 2
    spacing = 2 * radar.array.half_wavelength_m / radar.chirp.wavelength_m
    return (np.arange(settings.num_angle_bins) - half) / half * min(1.0, 1 / spacing)
