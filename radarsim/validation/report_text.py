"""Format the validation report as text that fits on one screen."""

import math
from collections.abc import Sequence

import numpy as np

from radarsim.captures.capture import WARNING
from radarsim.detection.track import MOVING, VIBRATING, Track
from radarsim.radar.radar import Radar
from radarsim.validation.capture_stats import (
    clutter,
    datasheet_floor_dbfs,
    leakage,
    noise_floor_dbfs,
)
from radarsim.validation.report import ValidationReport, adc_start_known, corrected_range_m
from radarsim.validation.thresholds import (
    UNDECIDED,
    CheckedMetric,
    checked_topics,
)
from radarsim.validation.track_kinds import AT_REST_MPS

MAX_TARGETS, MAX_CHANGING, MAX_STATIC_ECHOES = 6, 4, 4
_IQ_ORDERS = {"i_first": "I first", "q_first": "Q first"}


def as_text(report: ValidationReport) -> str:
    """Format the whole report: capture, targets, simulation, fit, limitations, verdict."""
    lines = [report.name, "", "Capture", *capture_lines(report)]
    lines += ["", "Targets", *target_lines(report)]
    lines += ["", "Simulation", *simulation_lines(report)]
    lines += ["", "Checks", *(_metric_line(metric) for metric in report.metrics)]
    if report.fit is not None:
        lines += ["", "Fit", *(f"  {line}" for line in report.fit.summary())]
        lines += [f"  saved as {report.profile}"] if report.profile else []
    if report.receiver_profile:
        lines += ["", f"Noise and leakage: saved as {report.receiver_profile} (--receiver)"]
    if report.limitations:
        lines += ["", "Limitations", *(f"  {line}" for line in report.limitations)]
    return "\n".join([*lines, "", f"Verdict: {verdict_text(report)}"]) + "\n"


def verdict_text(report: ValidationReport) -> str:
    """State the verdict in words, with the topics of the checks that were made."""
    topics = checked_topics(report.metrics)
    covered = f"checked: {', '.join(topics) or 'nothing'}"
    if "motion" not in topics:
        why = "" if report.knows_motion else ": no --motion given"
        covered += f"; motion not checked{why}"
    if report.verdict == UNDECIDED:
        return f"undecided ({covered}; this says nothing about the simulator)"
    return f"{report.verdict} ({covered})"


def capture_lines(report: ValidationReport) -> list[str]:
    """Report lines on the size, the radar and the receiver statistics of the capture."""
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
            *(note_row(note) for note in capture.notes),
        )
    ]  # fmt: skip


def note_row(note: str) -> tuple[str, str]:
    """Split a note on a capture into its label ("WARNING" or "note") and its text."""
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
    limit = speed_text(doppler_radar, doppler_radar.max_speed_mps).lstrip("+")
    return (
        f"{radar.name}: {carrier_ghz:.2f} GHz, range bin {100 * radar.range_resolution_m:.2f} cm, "
        f"unambiguous speeds +-{limit}"
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
    """Report lines on targets, breathing, and static echoes that change but are not targets."""
    analysis = report.analysis
    lines = [f"  {_target_text(report, track)}" for track in analysis.tracks[:MAX_TARGETS]]
    lines += _more(analysis.tracks, MAX_TARGETS)
    if not any(track.kind == MOVING for track in analysis.tracks):
        lines.append("  no moving target")
    breathing = analysis.breathing
    if breathing is not None:
        lines.append(
            f"  breathing {breathing.rate_hz:.3f} Hz ({60 * breathing.rate_hz:.1f}/min), "
            f"{1e3 * breathing.displacement_m:.1f} mm (2.5 to 97.5 % range)"
        )
    elif analysis.tracks:
        lines.append(f"  no breathing: {analysis.no_breathing}")
    lines += [f"  {_changing_text(report, echo)}" for echo in analysis.changing[:MAX_CHANGING]]
    return lines + _more(analysis.changing, MAX_CHANGING)


def _more(tracks: Sequence[Track], shown: int) -> list[str]:
    """Report line with the number of tracks that are not shown; empty if all are shown."""
    return [f"  and {len(tracks) - shown} more (report.json)"] if len(tracks) > shown else []


def _changing_text(report: ValidationReport, echo: Track) -> str:
    """Describe a static echo that flickers or vibrates, with the likely reasons."""
    radar = report.analysis.bursts.radar
    text, times = f"{echo.median_range_m:.2f} m", _times_text(echo)
    if echo.kind == VIBRATING:
        frequency_hz = 2 * float(np.median(np.abs(echo.speed_mps))) / radar.chirp.wavelength_m
        return (
            f"{text}  vibrating static echo, {frequency_hz:.0f} Hz{times}: vibration or mains "
            "ripple"
        )
    return f"{text}  flickering static echo{times}: shadowed by somebody, or swaying in place"


def _times_text(track: Track) -> str:
    """Text with the first and the last time of a track."""
    if len(track.times_s) < 2:
        return ""
    return f"  from {track.times_s[0]:.1f} to {track.times_s[-1]:.1f} s"


def _target_text(report: ValidationReport, track: Track) -> str:
    radar = report.analysis.bursts.radar
    azimuth_rad = track.median_azimuth_rad
    text = f"{track.median_range_m:.2f} m"
    if adc_start_known(report.capture.assumed):
        text += f" (corrected {corrected_range_m(radar, track):.3f} m)"
    text += f"  {speed_text(radar, track.median_speed_mps)}"
    text += "  no angle" if azimuth_rad is None else f"  {math.degrees(azimuth_rad):+.1f} deg"
    if len(track.times_s) > 1:
        text += f"{_times_text(track)}, {track.range_m.min():.2f} to {track.range_m.max():.2f} m"
    if track.folded_mps is not None:
        limit = speed_text(radar, radar.max_speed_mps).lstrip("+")
        measured = speed_text(radar, track.folded_mps)
        text += f"; aliased: faster than +-{limit}, measured as {measured}"
    if track.kind != MOVING:
        return f"{text}; stationary"
    return f"{text}; moves in place" if abs(track.median_speed_mps) < AT_REST_MPS else text


def speed_text(radar: Radar, speed_mps: float) -> str:
    """Format a speed in mm/s or m/s, depending on the maximum speed of the radar."""
    if radar.max_speed_mps < 0.1:
        return f"{1e3 * speed_mps:+.1f} mm/s"
    return f"{speed_mps:+.2f} m/s"


def simulation_lines(report: ValidationReport) -> list[str]:
    """Report lines that describe the simulation, or state why there is none."""
    if report.simulation is None:
        return [f"  none: {report.not_simulated}"]
    num_frames = report.simulation.num_frames
    frames = "1 frame" if num_frames == 1 else f"{num_frames} frames"
    return [f"  {report.simulation.description}; {frames}"]


def _metric_line(metric: CheckedMetric) -> str:
    state = {True: "pass", False: "FAIL", None: "not checked"}[metric.passes]
    value = "-" if not math.isfinite(metric.value) else f"{metric.value:.3g}"
    line = f"  {metric.title:<31}{value:>9}  {limit_text(metric):<14}"
    if metric.limit is None and not metric.not_checked:
        return line.rstrip()
    reason = f": {metric.not_checked}" if metric.not_checked else ""
    return f"{line}  {state}{reason}"


def limit_text(metric: CheckedMetric) -> str:
    """Format the acceptance threshold of a metric with its unit."""
    if metric.limit is None:
        return f"{metric.unit} (no limit)".strip()
    relation = "+-" if metric.key.endswith("_bias_db") else f"{metric.relation} "
    return f"{relation}{metric.limit:.3g} {metric.unit}".rstrip()
