"""What `validate` found, as one screen of text and as one JSON object."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radarsim.radar.config import Radar
from radarsim.validation import capture_stats
from radarsim.validation.analysis import Looked
from radarsim.validation.best_simulation import Rehearsed
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.fit import Fit
from radarsim.validation.thresholds import Figure
from radarsim.validation.tracks import Track


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """Everything `validate` has to say.

    Attributes:
        name: of the capture.
        capture: as opened.
        looked: the capture alone.
        rehearsed: beside its simulation; None where there was nothing to simulate.
        not_simulated: and then why.
        figures: with pass lines.
        verdict: "pass", "fail" or "cannot tell".
        fit: of --fit, or None.
        profile: file of the fitted radar, "" if none.
        untold: what cannot be told, one line each.
    """

    name: str
    capture: Any
    looked: Looked
    rehearsed: Rehearsed | None
    not_simulated: str
    figures: Sequence[Figure]
    verdict: str
    fit: Fit | None
    profile: str
    untold: Sequence[str]


def corrected_range_m(radar: Radar, track: Track) -> float:
    """Range less what motion adds to a beat: f_c v / S.

    A receding target's Doppler shift reads as range. The carrier of the sampled window's middle is
    known only where the ADC start is.
    """
    coupling_s = radar.chirp.centre_freq_hz / radar.chirp.slope_hz_per_s
    return track.typical_range_m - coupling_s * track.typical_speed_mps


def adc_start_known(assumed: Sequence[str]) -> bool:
    """Whether nobody had to guess when sampling starts."""
    return "chirp.adc_start_us" not in assumed


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values, null where nothing can be told."""
    looked, rehearsed = report.looked, report.rehearsed
    radar = looked.recording.radar
    breathing = looked.breathing
    compared = None if rehearsed is None else rehearsed.compared
    return _finite({
        "capture": {
            "frames": int(report.capture.num_frames),
            "iq_order": report.capture.iq_order,
            "iq_evidence": report.capture.iq_evidence,
            "dropped": int(report.capture.dropped_packets),
            "dropped_frames": int(report.capture.dropped_frames),
            "clipped_fraction": looked.stats.clipped_fraction,
            "noise_floor_dbfs": capture_stats.noise_floor_dbfs(radar, looked.stats),
            "transmitters": looked.slots,
            "assumed": list(report.capture.assumed),
            "notes": list(report.capture.notes),
        },
        "targets": [_target_json(report, track) for track in looked.tracks],
        "breathing": {
            "rate_hz": breathing and breathing.rate_hz,
            "displacement_mm": breathing and 1e3 * breathing.displacement_m,
        },
        "simulation": {
            name: {"correlation": None, "ssim": None} if compared is None else compared.alike[name]
            for name in ("time_doppler", "time_range", "time_angle")
        },
        "level_bias_db": compared and compared.level_bias_db,
        "noise_bias_db": looked.noise_bias_db,
        "figures": [_figure_json(figure) for figure in report.figures],
        "fit": report.fit and report.fit.as_json(),
        "untold": list(report.untold),
        "verdict": report.verdict,
    })  # fmt: skip


def _target_json(report: Report, track: Track) -> dict[str, Any]:
    known = adc_start_known(report.capture.assumed)
    azimuth_rad = track.typical_azimuth_rad
    radar = report.looked.bursts.radar
    return {
        "range_m": track.typical_range_m,
        "range_corrected_m": corrected_range_m(radar, track) if known else None,
        "speed_mps": track.typical_speed_mps,
        "angle_deg": None if azimuth_rad is None else math.degrees(azimuth_rad),
        "snr_db": float(track.snr_db.max()),
        "over_time": {
            "time_s": track.times_s.tolist(),
            "range_m": track.range_m.tolist(),
            "speed_mps": track.speed_mps.tolist(),
            "angle_deg": [math.degrees(angle) for angle in track.azimuth_rad],
        },
    }


def _figure_json(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.key,
        "value": figure.value,
        "pass_line": figure.limit,
        "relation": figure.relation,
        "unit": figure.unit,
        "source": figure.source,
        "passes": figure.passes,
        "not_judged": figure.unjudged or None,
    }


def _finite(value: Any) -> Any:
    """JSON knows no NaN: null instead, at any depth."""
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_text(report: Report) -> str:
    """One screen: the capture, its targets, the figures, the verdict."""
    lines = [report.name, "", "Capture", *capture_lines(report)]
    lines += ["", "Targets", *target_lines(report)]
    lines += ["", "Simulation", *simulation_lines(report)]
    if report.fit is not None:
        lines += ["", "Fit", *(f"  {line}" for line in report.fit.lines())]
        lines += [f"  saved as {report.profile}"] if report.profile else []
    if report.untold:
        lines += ["", "Cannot tell", *(f"  {line}" for line in report.untold)]
    return "\n".join([*lines, "", f"Verdict: {report.verdict}"]) + "\n"


def capture_lines(report: Report) -> list[str]:
    """The recording by itself."""
    looked, capture = report.looked, report.capture
    radar, stats = looked.recording.radar, looked.stats
    chirp, frame = report.capture.radar.chirp, report.capture.radar.frame
    array = report.capture.radar.array
    leak_dbfs, leak_m = capture_stats.leakage(radar, stats)
    codes = abs(stats.dc_v).max() / radar.receiver.adc_step_v
    floor, sheet = (
        capture_stats.noise_floor_dbfs(radar, stats),
        capture_stats.datasheet_floor_dbfs(radar),
    )
    still = ", ".join(f"{at_m:.2f} m {level:.0f}" for at_m, level in _clutter(radar, stats))
    rows = [
        ("shape", f"{capture.num_frames} frames x {frame.num_chirps} loops x {array.num_tx} tx x "
         f"{array.num_rx} rx x {chirp.num_samples} samples"),
        ("radar", f"{radar.name}: {chirp.centre_freq_hz / 1e9:.2f} GHz, range bin "
         f"{100 * radar.range_resolution_m:.2f} cm, speeds within "
         f"{_speed_words(looked.bursts.radar, looked.bursts.radar.max_speed_mps)}"),
        ("slots", looked.slots),
        ("I/Q", f"{capture.iq_order.replace('_', '-')}: {capture.iq_evidence}"),
        ("dropped", f"{capture.dropped_packets} packets, {capture.dropped_frames} frames"),
        ("clipping", f"{stats.clipped_fraction:.3g} of samples, peak {stats.peak_dbfs:.1f} dBFS; "
         f"DC offset {codes:.0f} codes"),
        ("noise", f"{floor:.1f} dBFS; noise figure {radar.receiver.noise_figure_db:g} dB gives "
         f"{sheet:.1f}: bias {floor - sheet:+.1f} dB"),
        ("TX-RX leakage", f"{leak_dbfs:.1f} dBFS at {leak_m:.2f} m"),
        ("still echoes", f"{still} dBFS" if still else "none above the noise"),
        *(("note", note) for note in capture.notes),
    ]  # fmt: skip
    return [f"  {name:<14}{words}" for name, words in rows]


def _clutter(radar: Radar, stats: CaptureStats) -> list[tuple[float, float]]:
    return capture_stats.clutter(radar, stats, most=4)


def target_lines(report: Report) -> list[str]:
    """Movers and breathing."""
    looked = report.looked
    lines = [f"  {_target_words(report, track)}" for track in looked.tracks[:6]]
    lines = lines or ["  nothing moves"]
    breathing = looked.breathing
    if breathing is not None:
        lines.append(
            f"  breathing {breathing.rate_hz:.3f} Hz ({60 * breathing.rate_hz:.1f}/min), "
            f"{1e3 * breathing.displacement_m:.1f} mm (2.5 to 97.5 %)"
        )
    elif looked.tracks:
        lines.append(f"  no breathing: {looked.no_breathing}")
    return lines


def _target_words(report: Report, track: Track) -> str:
    radar = report.looked.bursts.radar
    azimuth_rad = track.typical_azimuth_rad
    angle = "no angle" if azimuth_rad is None else f"{math.degrees(azimuth_rad):+.1f} deg"
    words = f"{track.typical_range_m:.2f} m"
    if adc_start_known(report.capture.assumed):
        words += f" (corrected {corrected_range_m(radar, track):.3f})"
    low, high = float(track.range_m.min()), float(track.range_m.max())
    words += f"  {_speed_words(radar, track.typical_speed_mps)}  {angle}"
    if len(track.times_s) > 1:
        words += f"  seen {track.times_s[0]:.1f} to {track.times_s[-1]:.1f} s"
        words += f", {low:.2f} to {high:.2f} m"
    return words


def _speed_words(radar: Radar, speed_mps: float) -> str:
    """In the unit of the radar's Doppler axis."""
    if radar.max_speed_mps < 0.1:
        return f"{1e3 * speed_mps:+.1f} mm/s"
    return f"{speed_mps:+.2f} m/s"


def simulation_lines(report: Report) -> list[str]:
    """What was simulated, and each figure against its line."""
    if report.rehearsed is None:
        return [f"  none: {report.not_simulated}"]
    lines = [f"  {report.rehearsed.words}; {report.rehearsed.num_frames} frames"]
    for figure in report.figures:
        state = {True: "ok", False: "OUTSIDE", None: "not judged"}[figure.passes]
        value = "-" if not math.isfinite(figure.value) else f"{figure.value:.3g}"
        why = figure.unjudged or figure.source
        line = f"{figure.relation} {figure.limit:.3g} {figure.unit}".rstrip()
        lines.append(f"  {figure.title:<30}{value:>8}  {line:<12}  {state:<10}  {why}")
    return lines


def untold(capture, looked: Looked) -> list[str]:
    """What the configuration leaves open, and what follows for the figures."""
    assumed, lines = set(capture.assumed), []
    if capture.iq_evidence.startswith("undecided"):
        lines.append("I or Q first: I first is assumed; a mirrored range axis would mean Q first")
    if not adc_start_known(capture.assumed):
        lines.append(
            "ADC start: ranges are uncorrected, and the carrier is known to its share only"
        )
    if "frame.period_ms" in assumed:
        single = looked.recording.num_frames == 1
        what = "nothing in one frame depends on it" if single else "times and rates scale with it"
        lines.append(f"frame period: {what}")
    if "antennas" in assumed:
        lines.append("antennas: angles hold for the assumed layout; their sign follows its order")
    if assumed & {"board", "receiver.gain_db", "transmitter.power_dbm"}:
        lines.append("board, gain or transmit power: levels and noise are not judged")
    return lines
