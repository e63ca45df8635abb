"""The validation report as one screen of text."""

import math

from radarsim.captures.capture import WARNING
from radarsim.radar.config import Radar
from radarsim.validation.capture_stats import (
    clutter,
    datasheet_floor_dbfs,
    leakage,
    noise_floor_dbfs,
)
from radarsim.validation.report import ValidationReport, adc_start_known, corrected_range_m
from radarsim.validation.thresholds import UNDECIDED, CheckedMetric
from radarsim.validation.tracks import Track

MAX_TARGETS, MAX_STATIC_ECHOES = 6, 4
_IQ_ORDERS = {"i_first": "I first", "q_first": "Q first"}


def as_text(report: ValidationReport) -> str:
    """The whole report: capture, targets, simulation, fit, limitations, verdict."""
    lines = [report.name, "", "Capture", *capture_lines(report)]
    lines += ["", "Targets", *target_lines(report)]
    lines += ["", "Simulation", *simulation_lines(report)]
    if report.fit is not None:
        lines += ["", "Fit", *(f"  {line}" for line in report.fit.summary())]
        lines += [f"  saved as {report.profile}"] if report.profile else []
    if report.limitations:
        lines += ["", "Limitations", *(f"  {line}" for line in report.limitations)]
    return "\n".join([*lines, "", f"Verdict: {verdict_text(report.verdict)}"]) + "\n"


def verdict_text(verdict: str) -> str:
    """The verdict for a person."""
    return "undecided (no metric could be checked)" if verdict == UNDECIDED else verdict


def capture_lines(report: ValidationReport) -> list[str]:
    """Size, radar and receiver statistics of the capture."""
    capture, stats = report.capture, report.analysis.stats
    return [
        f"  {name:<15}{text}"
        for name, text in (
            ("size", _size_text(report)),
            ("radar", _radar_text(report)),
            ("transmit slots", report.analysis.slots),
            ("I/Q order", f"{_IQ_ORDERS[capture.iq_order]}: {capture.iq_evidence}"),
            ("lost data", f"{capture.dropped_packets} packets, {capture.dropped_frames} frames"),
            ("clipping", f"{stats.clipped_fraction:.3g} of samples, peak {stats.peak_dbfs:.1f} "
             f"dBFS; DC offset {_dc_codes(report):.0f} codes"),
            ("noise", _noise_text(report)),
            ("TX-RX leakage", _leakage_text(report)),
            ("static echoes", _clutter_text(report)),
            *(_note_row(note) for note in capture.notes),
        )
    ]  # fmt: skip


def _note_row(note: str) -> tuple[str, str]:
    """A note of a capture with its name: a warning or a note."""
    if note.startswith(WARNING):
        return "WARNING", note.removeprefix(WARNING)
    return "note", note


def _size_text(report: ValidationReport) -> str:
    radar = report.capture.radar
    return (
        f"{report.capture.num_frames} frames x {radar.frame.num_chirps} loops x "
        f"{radar.array.num_tx} tx x {radar.array.num_rx} rx x {radar.chirp.num_samples} samples"
    )


def _radar_text(report: ValidationReport) -> str:
    radar, doppler_radar = report.analysis.recording.radar, report.analysis.bursts.radar
    carrier_ghz = report.capture.radar.chirp.centre_freq_hz / 1e9
    limit = _speed_text(doppler_radar, doppler_radar.max_speed_mps).lstrip("+")
    return (
        f"{radar.name}: {carrier_ghz:.2f} GHz, range bin {100 * radar.range_resolution_m:.2f} cm, "
        f"maximum speed {limit}"
    )


def _dc_codes(report: ValidationReport) -> float:
    radar = report.analysis.recording.radar
    return float(abs(report.analysis.stats.dc_v).max()) / radar.receiver.adc_step_v


def _noise_text(report: ValidationReport) -> str:
    radar, stats = report.analysis.recording.radar, report.analysis.stats
    measured, expected = noise_floor_dbfs(radar, stats), datasheet_floor_dbfs(radar)
    return (
        f"{measured:.1f} dBFS; expected {expected:.1f} at a noise figure of "
        f"{radar.receiver.noise_figure_db:g} dB: bias {measured - expected:+.1f} dB"
    )


def _leakage_text(report: ValidationReport) -> str:
    echo = leakage(report.analysis.recording.radar, report.analysis.stats)
    return f"{echo.level_dbfs:.1f} dBFS at {echo.range_m:.2f} m"


def _clutter_text(report: ValidationReport) -> str:
    echoes = clutter(report.analysis.recording.radar, report.analysis.stats, MAX_STATIC_ECHOES)
    levels = (f"{echo.level_dbfs:.0f} dBFS at {echo.range_m:.2f} m" for echo in echoes)
    return ", ".join(levels) or "none above the noise"


def target_lines(report: ValidationReport) -> list[str]:
    """Moving targets and breathing."""
    analysis = report.analysis
    lines = [f"  {_target_text(report, track)}" for track in analysis.tracks[:MAX_TARGETS]]
    lines = lines or ["  no moving targets"]
    breathing = analysis.breathing
    if breathing is not None:
        lines.append(
            f"  breathing {breathing.rate_hz:.3f} Hz ({60 * breathing.rate_hz:.1f}/min), "
            f"{1e3 * breathing.displacement_m:.1f} mm (2.5 to 97.5 % range)"
        )
    elif analysis.tracks:
        lines.append(f"  no breathing: {analysis.no_breathing}")
    return lines


def _target_text(report: ValidationReport, track: Track) -> str:
    radar = report.analysis.bursts.radar
    azimuth_rad = track.typical_azimuth_rad
    text = f"{track.typical_range_m:.2f} m"
    if adc_start_known(report.capture.assumed):
        text += f" (corrected {corrected_range_m(radar, track):.3f} m)"
    text += f"  {_speed_text(radar, track.typical_speed_mps)}"
    text += "  no angle" if azimuth_rad is None else f"  {math.degrees(azimuth_rad):+.1f} deg"
    if len(track.times_s) > 1:
        text += f"  from {track.times_s[0]:.1f} to {track.times_s[-1]:.1f} s"
        text += f", {track.range_m.min():.2f} to {track.range_m.max():.2f} m"
    return text


def _speed_text(radar: Radar, speed_mps: float) -> str:
    """A speed in mm/s or m/s, by the maximum speed of the radar."""
    if radar.max_speed_mps < 0.1:
        return f"{1e3 * speed_mps:+.1f} mm/s"
    return f"{speed_mps:+.2f} m/s"


def simulation_lines(report: ValidationReport) -> list[str]:
    """Description of the simulation, and each metric with its threshold."""
    if report.simulation is None:
        return [f"  none: {report.not_simulated}"]
    head = f"  {report.simulation.description}; {report.simulation.num_frames} frames"
    return [head, *(_metric_line(metric) for metric in report.metrics)]


def _metric_line(metric: CheckedMetric) -> str:
    state = {True: "pass", False: "FAIL", None: "not checked"}[metric.passes]
    value = "-" if not math.isfinite(metric.value) else f"{metric.value:.3g}"
    limit = f"{metric.relation} {metric.limit:.3g} {metric.unit}".rstrip()
    reason = metric.not_checked or metric.source
    return f"  {metric.title:<29}{value:>9}  {limit:<14}  {state:<11}  {reason}"
