"""Collect the results of a validation run, and the limitations due to assumed radar settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from radarsim.captures.capture import Capture
from radarsim.detection.track import Track
from radarsim.radar.radar import Radar
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.capture_simulation import CaptureSimulation
from radarsim.validation.fit import Fit
from radarsim.validation.thresholds import CheckedMetric


@dataclass(frozen=True, kw_only=True, eq=False)
class ValidationReport:
    """Results of `python -m radarsim.validate`.

    Attributes:
        name: name of the capture.
        capture: the opened capture, with its format and assumptions.
        analysis: analysis of the capture.
        simulation: simulation and its comparison with the capture; None if not simulated.
        not_simulated: reason why `simulation` is None.
        metrics: metrics with their acceptance thresholds.
        verdict: overall result, from `thresholds.verdict`.
        knows_motion: whether the recorded motion was given as a file.
        fit: fitted parameters; None without --fit.
        profile: path of the fitted radar file; "" without --fit.
        receiver_profile: path of the measured receiver profile; "" without --fit.
        limitations: consequences of assumed settings, one line each.
        fitted_files: texts of the fitted files by path, which are written with the report.
    """

    name: str
    capture: Capture
    analysis: CaptureAnalysis
    simulation: CaptureSimulation | None
    not_simulated: str
    metrics: Sequence[CheckedMetric]
    verdict: str
    knows_motion: bool
    fit: Fit | None
    profile: str
    limitations: Sequence[str]
    receiver_profile: str = ""
    fitted_files: Mapping[Path, str] = field(default_factory=dict)


def corrected_range_m(radar: Radar, track: Track) -> float:
    """Range of a target, corrected for the range-Doppler coupling f_c v / S [m].

    The Doppler shift of a receding target increases the beat frequency and thus the measured range.
    f_c is the carrier frequency in the middle of the ADC sampling window, which is known only if
    the ADC start time is known.
    """
    coupling_s = radar.chirp.centre_freq_hz / radar.chirp.slope_hz_per_s
    return track.median_range_m - coupling_s * track.median_speed_mps


def adc_start_known(assumed: Sequence[str]) -> bool:
    """Whether the ADC start time was configured (not assumed)."""
    return "chirp.adc_start_us" not in assumed


def limitations(capture: Capture, analysis: CaptureAnalysis) -> list[str]:
    """List the consequences of radar settings that are assumed or undecided, one line each."""
    assumed, lines = set(capture.assumed), []
    if capture.iq_evidence.startswith("undecided"):
        lines.append("I/Q order: I first is assumed; a mirrored range axis would mean Q first")
    if not adc_start_known(capture.assumed):
        lines.append(
            "ADC start: assumed, so ranges are not corrected for range-Doppler coupling and the "
            "carrier frequency is approximate"
        )
    if "frame.period_ms" in assumed:
        single = analysis.recording.num_frames == 1
        effect = "no effect on a single frame" if single else "times and rates scale with it"
        lines.append(f"frame period: assumed; {effect}")
    guess = capture.capture_format.guess_line(capture.radar.board)
    if guess:
        lines.append(guess)
    if "antennas" in assumed:
        lines.append("antennas: assumed; angles and their sign depend on the antenna layout")
    if assumed & {"board", "receiver.gain_db", "transmitter.power_dbm"}:
        lines.append(
            "board, gain or transmit power: assumed, so level and noise bias are not checked"
        )
    return lines
