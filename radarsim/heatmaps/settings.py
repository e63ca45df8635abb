"""Heatmap settings (windows, clutter removal, bins) and the heatmap axes that they determine."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from radarsim.checks import check_choice, check_flag, store_whole, with_unit
from radarsim.choices import ANGLE_WINDOWS, CLUTTERS, WINDOWS
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

# Minimum number of loops per burst for windows across the gaps between bursts. With fewer loops,
# such windows do not resolve speed, because the main lobe of a burst is then wider than an eighth
# of the speed axis.
LEAST_LOOPS_ACROSS_GAPS = 8


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class HeatmapSettings:
    """Settings for computing heatmaps.

    Attributes:
        window: Doppler window, "burst" (each burst separately) or "paper" (across bursts, as in
            mmCLIP).
        clutter: clutter removal. "median" removes the median over the bursts of the clip, per pair
            and range bin; "clip" removes the mean over the bursts, "window" the mean of each
            window, and "none" removes nothing. If a person pauses, the mean contains part of the
            person's echo, so its removal leaves a line at the person's range throughout the clip;
            the median contains the echo only if the person pauses for half the clip.
        angle_window: taper of the antenna row: "taylor" (sidelobes at -28 dB for eight elements, a
            main lobe 1.27 times as wide) or "uniform" (-13 dB).
        tdm_compensation: whether to undo the phase change of moving targets between transmitters.
        window_chirps: number of loops in the window of one column.
        step_chirps: number of loops from one column to the next.
        num_doppler_bins: number of bins of the speed axis, at least `window_chirps`; longer bursts
            have one bin per loop (`doppler_bins`).
        num_angle_bins: number of bins of the angle axis.
    """

    window: str = "burst"
    clutter: str = "median"
    angle_window: str = "taylor"
    tdm_compensation: bool = True
    window_chirps: int = 256
    step_chirps: int = 16
    num_doppler_bins: int = 256
    num_angle_bins: int = 256

    def __post_init__(self):
        choices = (("window", WINDOWS), ("clutter", CLUTTERS), ("angle_window", ANGLE_WINDOWS))
        for name, known in choices:
            check_choice("HeatmapSettings", name, getattr(self, name), known)
        check_flag("HeatmapSettings", "tdm_compensation", self.tdm_compensation)
        store_whole(self, "window_chirps")
        store_whole(self, "step_chirps")
        # The minimum is 2, because the angle axis is computed from half the number of bins.
        store_whole(self, "num_angle_bins", at_least=2)
        store_whole(self, "num_doppler_bins", at_least=self.window_chirps)
        if self.window_chirps % self.step_chirps:
            problem = f"is {self.window_chirps} loops, not a multiple of step_chirps"
            hint = f"give a multiple of {self.step_chirps}"
            raise InputError("HeatmapSettings", "window_chirps", problem, hint)


# Heatmap settings of the mmCLIP paper, section 3.2.1.
PAPER_MAPS = HeatmapSettings(window="paper", clutter="clip", angle_window="uniform")


def doppler_bins(radar: Radar, settings: HeatmapSettings) -> int:
    """Number of bins of the speed axis: `num_doppler_bins`, or the loops of a longer transform."""
    loops = radar.frame.num_chirps if settings.window == "burst" else settings.window_chirps
    return max(settings.num_doppler_bins, loops)


def num_columns(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> int:
    """Number of columns in a clip's heatmaps, for example 385 for 50 frames of 128 loops."""
    slow_time_spacing_s(radar, settings)
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


def slow_time_spacing_s(radar: Radar, settings: HeatmapSettings = HeatmapSettings()) -> float:
    """Time between successive loops of a Doppler window [s].

    The spacing is the loop period within a burst, or the frame period if a frame holds one loop.
    Windows across bursts ignore the gaps between bursts; with many loops per burst, the speed is
    nevertheless correct to within the resolution of one burst.

    Raises:
        InputError: the loops of the window are not uniformly spaced or too few to resolve speed.
    """
    frame, loop_s = radar.frame, radar.loop_period_s
    if settings.window == "burst":
        if frame.num_chirps == 1:
            problem = "holds one loop, and the Doppler window 'burst' transforms single bursts"
            hint = "use the window 'paper' (--window paper), which transforms loops of many frames"
            raise InputError("radar", "frame", problem, hint)
        return loop_s
    if frame.num_chirps == 1:
        return frame.period_s
    contiguous = abs(frame.period_s - frame.num_chirps * loop_s) < 1e-3 * loop_s
    if frame.num_chirps < LEAST_LOOPS_ACROSS_GAPS and not contiguous:
        gap = with_unit(frame.period_s - frame.num_chirps * loop_s, "s")
        raise InputError(
            "radar",
            "frame",
            f"holds {frame.num_chirps} loops and then a gap of {gap}; the Doppler window 'paper' "
            f"needs uniformly spaced loops, or at least {LEAST_LOOPS_ACROSS_GAPS} per frame",
            "use the window 'burst' (--window burst), or one loop per frame",
        )
    return loop_s


def measured_heatmaps(radar: Radar) -> tuple[str, ...]:
    """Names of the heatmaps that a radar measures: all three, if it has a sweep.

    A continuous wave gives no range, and azimuth only with several antennas. (The time-angle
    heatmap of an FMCW radar with a single antenna is computed, but is the same at all angles.)
    """
    if radar.chirp.has_sweep:
        return ("time_range", "time_doppler", "time_angle")
    by_angle = ("time_angle",) if len(radar.array.azimuth_row()) > 1 else ()
    return ("time_doppler", *by_angle)


def heatmap_axes(
    radar: Radar, num_frames: int, settings: HeatmapSettings = HeatmapSettings()
) -> dict[str, Float[np.ndarray, " bin"]]:
    """Compute the physical coordinates of the heatmaps.

    Returns:
        `time_s`: mean time of the loops in each column, since the start of the first frame;
        `range_m`: range; `speed_mps`: radial speed, positive when receding; `angle_rad`: azimuth in
        equal steps of sin(azimuth), positive to the left. Coordinates of heatmaps that the radar
        does not measure (`measured_heatmaps`) are omitted.
    """
    columns = num_columns(radar, num_frames, settings)
    spacing_s = slow_time_spacing_s(radar, settings)
    starts_s = np.arange(num_frames)[:, None] * radar.frame.period_s
    loop_s = (starts_s + radar.chirp_times_s.mean(1)).ravel()
    first = np.arange(columns) * settings.step_chirps
    time_s = loop_s[first[:, None] + np.arange(settings.window_chirps)].mean(1)
    bins = doppler_bins(radar, settings)
    cycles_per_loop = (np.arange(bins) - bins // 2) / bins
    measured = measured_heatmaps(radar)
    axes = {"time_s": time_s}
    if "time_range" in measured:
        axes["range_m"] = np.arange(radar.chirp.num_samples) * radar.range_resolution_m
    axes["speed_mps"] = cycles_per_loop * radar.chirp.wavelength_m / (2 * spacing_s)
    if "time_angle" in measured:
        axes["angle_rad"] = np.arcsin(sine_grid(radar, settings))
    return axes


def sine_grid(radar: Radar, settings: HeatmapSettings) -> Float[np.ndarray, " angle"]:
    """Sines of the azimuth in equal steps over the unambiguous field of view, including zero.

    The upper end is excluded, because for half-wavelength spacing it is the same as the lower end.
    """
    half = settings.num_angle_bins // 2
    spacing = 2 * radar.array.half_wavelength_m / radar.chirp.wavelength_m
    return (np.arange(settings.num_angle_bins) - half) / half * min(1.0, 1 / spacing)
