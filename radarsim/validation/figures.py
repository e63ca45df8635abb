"""Draw figures of a capture (range profile, range-Doppler, range-angle, range-time, micro-Doppler,
time-angle, breathing) and the heatmaps of a capture next to those of its simulation.
"""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radarsim.detection.target_points import wrapped
from radarsim.detection.track import Track
from radarsim.heatmaps.settings import HeatmapSettings, sine_grid
from radarsim.numerics.windows import hann
from radarsim.plots.heatmaps import COLOURS, PANELS, STYLE, draw_heatmap
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.burst_targets import MovingSpectrum, moving_spectrum
from radarsim.validation.capture_stats import (
    datasheet_floor_dbfs,
    noise_floor_dbfs,
    static_profile_dbfs,
)
from radarsim.validation.comparison import Comparison
from radarsim.validation.heatmap_metrics import SIGNAL_DB

DPI = 110
# Maximum dynamic range of the colour scale, and maximum number of columns drawn.
SPAN_DB = 50.0
MAX_COLUMNS = 1200
_TARGET = "#17a34a"


def new_page(width: float = 7.2, height: float = 4.2) -> tuple[Figure, Axes]:
    """Create a matplotlib figure with a single panel."""
    page = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return page, page.add_subplot()


def range_profile(analysis: CaptureAnalysis) -> Figure:
    """Draw the levels of static and changing echoes over range, and measured and expected noise."""
    radar, stats = analysis.recording.radar, analysis.stats
    page, panel = new_page()
    reach_m = np.arange(radar.chirp.num_samples) * radar.range_resolution_m
    window = hann(radar.chirp.num_samples).sum()
    moving_v2 = (np.abs(stats.slow_time_v - stats.slow_time_v.mean(0)) ** 2).mean((0, 1, 2))
    moving_db = 10 * np.log10(moving_v2 + 1e-38) - 20 * np.log10(window)
    moving_db -= 20 * np.log10(radar.receiver.full_scale_v)
    panel.plot(reach_m, static_profile_dbfs(radar, stats), color="0.25", label="static")
    if len(stats.slow_time_v) > 1:
        panel.plot(reach_m, moving_db, color=_TARGET, label="changing between frames")
    # Noise of one windowed chirp in a range bin, relative to the level of a tone.
    bin_db = 10 * np.log10((hann(radar.chirp.num_samples) ** 2).sum() / window**2)
    measured = noise_floor_dbfs(radar, stats) + bin_db
    panel.axhline(measured, color="tab:blue", lw=0.9, label="measured noise of one chirp")
    panel.axhline(
        datasheet_floor_dbfs(radar) + bin_db, color="tab:blue", lw=0.9, ls="--",
        label=f"expected, noise figure {radar.receiver.noise_figure_db:g} dB",
    )  # fmt: skip
    for track in analysis.tracks:
        panel.axvline(track.median_range_m, color=_TARGET, lw=0.7, ls=":")
    panel.set(xlabel="range, uncorrected [m]", ylabel="tone level [dBFS]", xlim=(0, reach_m[-1]))
    panel.set_title("Range profile", loc="left")
    panel.legend(frameon=False, fontsize=7.5)
    return page


def clearest_burst(analysis: CaptureAnalysis) -> tuple[int, MovingSpectrum]:
    """Find the burst in which the strongest target has its highest SNR.

    If there is no target, the first burst is used.

    Returns:
        Index and range-Doppler map of the burst.
    """
    bursts, index = analysis.bursts, 0
    if analysis.tracks:
        track = analysis.tracks[0]
        time_s = track.times_s[int(track.snr_db.argmax())]
        index = min(int(time_s / bursts.radar.frame.period_s), bursts.num_frames - 1)
    frame_v = bursts.read(index, index + 1)[0]
    return index, moving_spectrum(bursts.radar, analysis.burst_stats, frame_v)


def _seen_in(analysis: CaptureAnalysis, index: int) -> list[tuple[Track, int]]:
    """Return the tracks detected in a burst, or in the one before or after, and their entries."""
    radar = analysis.bursts.radar
    time_s = index * radar.frame.period_s + radar.chirp_times_s.mean()
    nearest = [(each, int(np.abs(each.times_s - time_s).argmin())) for each in analysis.tracks]
    limit_s = 1.5 * radar.frame.period_s
    return [(one, entry) for one, entry in nearest if abs(one.times_s[entry] - time_s) < limit_s]


def range_doppler_map(analysis: CaptureAnalysis) -> Figure:
    """Draw the range-Doppler map of one burst without static echoes.

    Circles mark the targets as they were detected in this burst, at their measured speeds.
    """
    radar = analysis.bursts.radar
    index, spectrum = clearest_burst(analysis)
    page, panel = new_page()
    level_db = 10 * np.log10(spectrum.power_v2 / np.median(spectrum.noise_v2) + 1e-12)
    loops, bins = level_db.shape
    speed = (np.arange(loops) - loops // 2) * radar.speed_resolution_mps
    reach_m = np.arange(bins) * radar.range_resolution_m
    _image(page, panel, speed, reach_m, level_db.T, "dB above noise")
    for track, entry in _seen_in(analysis, index):
        speed_mps = wrapped(track.speed_mps[entry], radar.max_speed_mps)
        panel.plot(speed_mps, track.range_m[entry], "o", ms=12, mfc="none", mec="w")
    panel.set(xlabel="radial speed [m/s], receding positive", ylabel="range [m]")
    panel.set_ylim(0, _reach(analysis))
    panel.set_title(f"Range-Doppler, burst {index}", loc="left")
    return page


def range_angle_map(analysis: CaptureAnalysis) -> Figure:
    """Draw the range-azimuth map of the moving targets in one burst, with TDM compensation.

    Circles mark the targets whose azimuth was measured in this burst.
    """
    radar = analysis.bursts.radar
    index, spectrum = clearest_burst(analysis)
    page, panel = new_page()
    row = radar.array.azimuth_row()
    tx, rx = (np.array(indices) for indices in zip(*row))
    loops = len(spectrum.power_v2)
    frequency_hz = (np.arange(loops) - loops // 2) / (loops * radar.loop_period_s)
    tdm_phase = np.exp(-2j * np.pi * np.outer(frequency_hz, radar.tx_delays_s) * analysis.tdm)
    gains = radar.array.gains[tx, rx][:, None]
    x = spectrum.spectrum_v[:, tx, rx] * tdm_phase[:, tx, None] / gains
    # Doppler cells that contain only noise would raise the noise floor in every direction.
    x = x * (spectrum.power_v2 > 4 * spectrum.noise_v2)[:, None]
    sines = sine_grid(radar, HeatmapSettings(num_angle_bins=180))
    left_m = radar.array.virtual_m[tx, rx, 1]
    steer = np.exp(2j * np.pi * np.outer(sines, left_m) / radar.chirp.wavelength_m)
    power = (np.abs(np.einsum("ae,der->dar", steer, x)) ** 2).mean(0) / len(row)
    level_db = 10 * np.log10(power / np.median(spectrum.noise_v2) + 1e-12)
    reach_m = np.arange(level_db.shape[1]) * radar.range_resolution_m
    _image(page, panel, np.degrees(np.arcsin(sines)), reach_m, level_db.T, "dB above noise", 30.0)
    for track, entry in _seen_in(analysis, index):
        angle_deg = np.degrees(track.azimuth_rad[entry])  # NaN, which is not drawn, if unknown
        panel.plot(angle_deg, track.range_m[entry], "o", ms=12, mfc="none", mec="w")
    panel.set(xlabel="azimuth [deg], left positive", ylabel="range [m]", ylim=(0, _reach(analysis)))
    panel.invert_xaxis()
    panel.set_title(f"Range-angle, burst {index}, {len(row)} elements", loc="left")
    return page


def range_time_map(analysis: CaptureAnalysis) -> Figure:
    """Draw the time-range heatmap of a capture with the tracks of its targets."""
    page, panel = new_page()
    _heatmap(page, panel, "time_range", analysis)
    for track in analysis.tracks:
        panel.plot(track.times_s, track.range_m, ".", color=_TARGET, ms=3)
    panel.set_ylim(0, _reach(analysis))
    panel.set_title("Range over time", loc="left")
    return page


def micro_doppler_map(analysis: CaptureAnalysis) -> Figure:
    """Draw the time-Doppler heatmap of a capture, which shows micro-Doppler signatures."""
    page, panel = new_page()
    _heatmap(page, panel, "time_doppler", analysis)
    panel.set_title("Micro-Doppler", loc="left")
    return page


def time_angle_map(analysis: CaptureAnalysis) -> Figure:
    """Draw the time-angle heatmap of a capture."""
    page, panel = new_page()
    _heatmap(page, panel, "time_angle", analysis)
    panel.set_title("Azimuth over time", loc="left")
    return page


def breathing_waveform(analysis: CaptureAnalysis) -> Figure:
    """Draw the chest displacement of the stationary target over time."""
    page, panel = new_page(height=2.8)
    breathing = analysis.breathing
    panel.plot(breathing.times_s, breathing.waveform_m * 1e3, color=_TARGET, lw=1.0)
    low, high = np.percentile(breathing.waveform_m * 1e3, [2.5, 97.5])
    panel.axhspan(low, high, color=_TARGET, alpha=0.1, lw=0)
    panel.set(xlabel="time [s]", ylabel="displacement [mm]\naway positive")
    title = f"Breathing: {breathing.rate_hz:.3f} Hz, {high - low:.1f} mm (2.5 to 97.5 %)"
    panel.set_title(title, loc="left")
    return page


FIGURES: dict[str, Callable[[CaptureAnalysis], Figure]] = {
    "range_profile": range_profile,
    "range_doppler": range_doppler_map,
    "range_angle": range_angle_map,
    "range_time": range_time_map,
    "micro_doppler": micro_doppler_map,
    "time_angle": time_angle_map,
    "breathing": breathing_waveform,
}


def capture_figures(analysis: CaptureAnalysis) -> dict[str, Figure]:
    """Draw all figures for which there are data (breathing, angle or time axis), keyed by name."""
    left_out = set()
    if analysis.breathing is None:
        left_out.add("breathing")
    if len(analysis.bursts.radar.array.azimuth_row()) < 2:
        left_out |= {"range_angle", "time_angle"}
    if len(analysis.maps["time_range"]) < 2:
        left_out |= {"range_time", "micro_doppler", "time_angle"}
    with rc_context(STYLE):
        return {name: draw(analysis) for name, draw in FIGURES.items() if name not in left_out}


def side_by_side(comparison: Comparison, title: str) -> Figure:
    """Draw the heatmaps of a capture next to those of its simulation (as in mmCLIP, figure 12).

    Heatmaps that have a single column are drawn as curves.
    """
    if len(comparison.real["time_range"]) < 2:
        return _curves(comparison, title)
    with rc_context(STYLE):
        page = Figure(figsize=(11, 9), dpi=DPI, layout="constrained")
        grid = page.subplots(3, 2, sharex=True, squeeze=False)
        for row, name in enumerate(PANELS):
            maps = comparison.real[name], comparison.simulated[name]
            top_db = max(float(np.percentile(part, 99.9)) for part in maps)
            for panel, part, heading in zip(grid[row], maps, ("capture", title)):
                image = _draw(panel, name, part, comparison.axes, top_db)
                if row == 0:
                    panel.set_title(heading, loc="left", fontsize=10)
            low = min(panel.get_ylim()[0] for panel in grid[row])
            high = max(panel.get_ylim()[1] for panel in grid[row])
            for panel in grid[row]:
                panel.set_ylim(low, high)
            grid[row, 1].set_ylabel("")
            page.colorbar(image, ax=grid[row, 1], label="dB above noise")
        for panel in grid[-1]:
            panel.set_xlabel("time [s]")
        return page


def _curves(comparison: Comparison, title: str) -> Figure:
    with rc_context(STYLE):
        page = Figure(figsize=(11, 3.4), dpi=DPI, layout="constrained")
        for panel, (name, kind) in zip(page.subplots(1, 3), PANELS.items()):
            bins = np.asarray(comparison.axes[kind.coordinate]) * kind.per_si
            panel.plot(bins, comparison.real[name][0], color="0.2", label="capture")
            panel.plot(bins, comparison.simulated[name][0], color=_TARGET, label=title)
            panel.set(xlabel=kind.label.replace("\n", ", "), ylim=(-3, None))
            if name == "time_doppler":
                _fit_speed(panel, comparison.real[name], bins, across=True)
        panel.legend(frameon=False, fontsize=8)
        page.axes[0].set_ylabel("dB above noise")
        return page


def _draw(panel: Axes, name: str, map_db, axes: Mapping[str, np.ndarray], top_db: float):
    """Draw a heatmap; the heatmaps of long recordings are decimated to `MAX_COLUMNS` columns."""
    times_s = np.asarray(axes["time_s"])
    if len(map_db) > MAX_COLUMNS:
        keep = np.linspace(0, len(map_db) - 1, MAX_COLUMNS).astype(int)
        times_s, map_db = times_s[keep], map_db[keep]
    image = draw_heatmap(panel, name, map_db, {**axes, "time_s": times_s}, max(top_db, 10.0))
    if name == "time_doppler":
        _fit_speed(panel, np.asarray(map_db), np.asarray(axes["speed_mps"]))
    return image


def _fit_speed(panel: Axes, map_db, speed, across: bool = False) -> None:
    """Limit the speed axis to the signal, because slow-time Doppler spans only a few cm/s."""
    signal = (map_db > SIGNAL_DB).any(0)
    reach = 1.2 * np.abs(speed[signal]).max() if signal.any() else np.inf
    reach = min(max(reach, 8 * abs(speed[1] - speed[0])), np.abs(speed).max())
    (panel.set_xlim if across else panel.set_ylim)(-reach, reach)


def _heatmap(page: Figure, panel: Axes, name: str, analysis: CaptureAnalysis) -> None:
    map_db = analysis.maps[name]
    image = _draw(panel, name, map_db, analysis.axes, float(np.percentile(map_db, 99.9)))
    panel.set_xlabel("time [s]")
    page.colorbar(image, ax=panel, label="dB above noise")


def _image(page, panel, across, up, level_db, label, span_db: float = SPAN_DB) -> None:
    top_db = max(10.0, float(level_db.max()))
    image = panel.pcolormesh(
        across, up, level_db, cmap=COLOURS, shading="nearest", rasterized=True,
        vmin=max(0.0, top_db - span_db), vmax=top_db,
    )  # fmt: skip
    page.colorbar(image, ax=panel, label=label)


def _reach(analysis: CaptureAnalysis) -> float:
    """Upper limit of the range axis, which includes the farthest target [m]."""
    farthest_m = max((float(track.range_m.max()) for track in analysis.tracks), default=np.inf)
    return float(min(analysis.bursts.radar.max_range_m, max(1.5 * farthest_m + 0.5, 3.0)))
