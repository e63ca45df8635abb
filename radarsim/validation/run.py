"""Run `python -m radarsim.validate`: open a capture, analyse, simulate, compare, fit and report."""

import argparse
import json
import math
from pathlib import Path

from radarsim import files
from radarsim.captures.recording import of_whole_chirps
from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.paths import write_texts
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.motion import Motion, cut_motion
from radarsim.scene.placement import Placement, RadarPose
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation.analysis import CaptureAnalysis, analyse
from radarsim.validation.capture_simulation import (
    CaptureSimulation,
    simulate_motion_on_track,
    simulate_placed_motion,
    simulate_tracks,
)
from radarsim.validation.comparison import first_frames
from radarsim.validation.fit import Fit, fit_capture, radar_text
from radarsim.validation.motion_path import path_notes, require_path_in_front
from radarsim.validation.receiver_fit import fit_receiver, profile_text
from radarsim.validation.report import ValidationReport, limitations
from radarsim.validation.thresholds import check_metrics, verdict

# Files that a run with --fit can write: the fitted radar and the receiver profile.
_FITTED_NAMES = ("fitted_radar.toml", "receiver_profile.toml")


def run(options: argparse.Namespace, out: Path) -> ValidationReport:
    """Open a capture, analyse and simulate it, and compare the simulation with the capture.

    Args:
        options: command-line options.
        out: folder of the fitted files, which `write` writes.

    Returns:
        The results of the validation.

    Raises:
        InputError: the capture, the radar, the motion or an option cannot be used.
    """
    radar_pose = _radar_pose(options)
    radar, assumption = _radar_of(options)
    capture = files.open_capture(options.real, radar, iq_order=options.iq_order)
    motion = _motion(options) if options.motion else None
    analysis = analyse(of_whole_chirps(capture), options.window)
    simulation, not_simulated = _simulate(options, analysis, motion, radar_pose)
    assumed = [*capture.assumed, *(["board"] if assumption else [])]
    metrics = _metrics(analysis, simulation, assumed, motion is not None)
    fit = _fit(options, analysis, simulation)
    fitted_files = _fitted_files(options, analysis, fit, out)
    radar_path, profile_path = (out / name for name in _FITTED_NAMES)
    return ValidationReport(
        name=str(options.real),
        capture=capture,
        analysis=analysis,
        simulation=simulation,
        not_simulated=not_simulated,
        metrics=metrics,
        verdict=verdict(metrics),
        knows_motion=motion is not None,
        fit=fit,
        profile=str(radar_path) if radar_path in fitted_files else "",
        receiver_profile=str(profile_path) if profile_path in fitted_files else "",
        fitted_files=fitted_files,
        limitations=[
            *([assumption] if assumption else []),
            *limitations(capture, analysis),
            *(_fit_limits(analysis, simulation) if options.fit else []),
            *_earlier_files(out, fitted_files),
            *_motion_notes(motion, simulation),
        ],
    )


def write(report: ValidationReport, out: Path) -> None:
    """Write report.json, report.html and the fitted files to an existing folder.

    Args:
        report: results returned by `run`.
        out: output folder.

    Raises:
        InputError: a file cannot be written.
    """
    from radarsim.validation.report_html import as_html
    from radarsim.validation.report_json import as_json

    text = json.dumps(as_json(report), indent=1, allow_nan=False)
    reports = {out / "report.json": text + "\n", out / "report.html": as_html(report)}
    write_texts({**report.fitted_files, **reports}, "--out")


def _radar_of(options) -> tuple[str, str]:
    """Radar configuration of the capture, and a note if the configuration is assumed (else "")."""
    if options.radar:
        return options.radar, ""
    beside = files.setup_beside(options.real)
    if beside is not None:
        return str(beside), ""
    return DEFAULT_BOARD, f"board: none given; {DEFAULT_BOARD} with default settings is assumed"


def _radar_pose(options) -> RadarPose:
    """Read the height and tilt of the radar from the options."""
    height_m = checked_number("--radar-height-m", "height", options.radar_height_m, "m",
                              at_least=-10.0, at_most=100.0)  # fmt: skip
    tilt_deg = checked_number("--radar-tilt-deg", "tilt", options.radar_tilt_deg, "",
                              at_least=-90.0, at_most=90.0)  # fmt: skip
    checked_number("--sigma", "sigma", options.sigma, "rad", at_least=0.02, at_most=3.0)
    return RadarPose(height_m=height_m, tilt_rad=math.radians(tilt_deg))


def _duration_s(analysis: CaptureAnalysis) -> float:
    """Duration of the capture [s]."""
    recording = analysis.recording
    return recording.num_frames * recording.radar.frame.period_s


def _start_placement(options) -> Placement | None:
    """Read the placement of the first pose from the options; None if no option sets it."""
    given = (options.distance_m, options.lateral_m, options.heading_deg)
    if given == (None, None, None):
        return None
    if options.distance_m is None:
        problem = "is missing, but --lateral-m or --heading-deg is given"
        hint = "also give --distance-m, or omit all three to place the motion by the track"
        raise InputError("--distance-m", "distance", problem, hint)
    distance_m = checked_number("--distance-m", "distance", options.distance_m, "m",
                                at_least=0.1, at_most=200.0)  # fmt: skip
    lateral_m = checked_number("--lateral-m", "lateral", options.lateral_m or 0.0, "m")
    heading_deg = checked_number("--heading-deg", "heading", options.heading_deg or 0.0, "")
    return Placement(
        distance_m=distance_m,
        lateral_m=lateral_m,
        heading_rad=math.radians(heading_deg),
    )


def _motion(options) -> Motion:
    motion = files.read_motion(
        options.motion,
        person=options.person,
        up=options.source_up,
        rate_hz=options.source_rate_hz,
    )
    start_s = checked_number("--motion-start-s", "start", options.motion_start_s, "s", at_least=0.0,
                             at_most=motion.duration_s)  # fmt: skip
    first = round(start_s * motion.rate_hz)
    motion = cut_motion(motion, first, motion.num_poses - first)
    if motion.num_poses < 2:
        problem = "ends before the first frame of the capture"
        raise InputError(options.motion, "motion", problem, "use a smaller --motion-start-s")
    return motion


def _body(options, motion: Motion | None):
    if not options.body_models:
        return files.free_body()
    gender, layout = ("neutral", "smplh") if motion is None else (motion.gender, motion.layout)
    return files.load_body(options.body_models, gender, layout)


def _simulate(
    options, analysis: CaptureAnalysis, motion: Motion | None, radar_pose: RadarPose
) -> tuple[CaptureSimulation | None, str]:
    """Return the simulation of the capture and "", or None and the reason why there is none."""
    start = _start_placement(options)
    if motion is None and not analysis.tracks:
        return None, "no moving target"
    if motion is not None and start is None and analysis.track_of_motion is None:
        return None, "no moving target; --distance-m places the motion without a track"
    body = _body(options, motion)
    if motion is None:
        return simulate_tracks(analysis, body, radar_pose, options.sigma), ""
    if motion.duration_s < analysis.bursts.radar.burst_duration_s:
        return None, f"the motion of {motion.duration_s:.3g} s ends within the first burst"
    if start is not None:
        subject = Subject(motion, body, start)
        require_path_in_front(subject, radar_pose, _duration_s(analysis), "--distance-m")
        scene = Scene([subject], radar_pose)
        return simulate_placed_motion(analysis, scene, options.sigma), ""
    return simulate_motion_on_track(analysis, motion, body, radar_pose, options.sigma), ""


def _fit(options, analysis: CaptureAnalysis, simulation: CaptureSimulation | None) -> Fit | None:
    """Fit the radar to the capture; None without --fit or without a scene of one person."""
    if not options.fit or simulation is None or len(simulation.scenes) > 1:
        return None
    recording = first_frames(analysis, simulation.num_frames)
    return fit_capture(recording, simulation.scenes[0], options.sigma, analysis.frames_per_burst)


def _metrics(
    analysis, simulation: CaptureSimulation | None, assumed: list[str], knows_motion: bool
):
    comparison = None if simulation is None else simulation.comparison
    limits = files.acceptance_thresholds()
    return check_metrics(analysis, comparison, limits, assumed, knows_motion=knows_motion)


def _fitted_files(
    options, analysis: CaptureAnalysis, fit: Fit | None, out: Path
) -> dict[Path, str]:
    """Texts of the fitted files by path; empty without --fit."""
    radar_path, profile_path = (out / name for name in _FITTED_NAMES)
    texts = {} if fit is None else {radar_path: radar_text(fit)}
    if options.fit:
        receiver = fit_receiver(analysis.recording.radar, analysis.stats, Path(options.real).name)
        texts[profile_path] = profile_text(receiver)
    return texts


def _earlier_files(out: Path, fitted_files: dict[Path, str]) -> list[str]:
    """Name the fitted files of earlier runs; they are kept, because a radar may be read there."""
    paths = [out / name for name in _FITTED_NAMES]
    return [
        f"fit: {path.name} in the folder of this report was fitted by an earlier run"
        for path in paths
        if path.exists() and path not in fitted_files
    ]


def _motion_notes(motion: Motion | None, simulation: CaptureSimulation | None) -> list[str]:
    """Remarks on the motion file, and on the paths of the simulated people."""
    notes = [] if motion is None else [f"motion: {note}" for note in motion.notes]
    paths = path_notes(simulation.scenes, simulation.duration_s) if simulation else []
    return [*notes, *paths]


def _fit_limits(analysis: CaptureAnalysis, simulation: CaptureSimulation | None) -> list[str]:
    """State why no radar was fitted, or that several people bias the fit, in at most one line."""
    num_scenes = 0 if simulation is None else len(simulation.scenes)
    if num_scenes > 1:
        return [
            f"fit: no radar is fitted to {num_scenes} people, because the fit would attribute all "
            "echoes to one of them; record one person"
        ]
    if num_scenes == 1 and len(analysis.tracks) > 1:
        return [
            f"fit: the capture has {len(analysis.tracks)} targets, but the fit attributes all "
            "echoes to one person; record one person"
        ]
    return []
