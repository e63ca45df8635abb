"""What `validate` does between its options and its report."""

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path

from radarsim import files
from radarsim.captures.recording import of_capture
from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.motion import Motion, cut_motion
from radarsim.scene.placement import Placement
from radarsim.validation.analysis import Looked, first_stretch, look
from radarsim.validation.best_simulation import Rehearsed, rehearse_motion, rehearse_stand_ins
from radarsim.validation.fit import Fit, fit_capture, save_profile
from radarsim.validation.report_text import Report, as_json, untold
from radarsim.validation.thresholds import figures_of, verdict


def run(options: argparse.Namespace, out: Path) -> Report:
    """Open, look, simulate, compare.

    Args:
        options: of the command.
        out: folder for the fitted profile.

    Raises:
        InputError: the capture, the radar or the motion cannot be used.
    """
    view = _view(options)
    radar, guessed = _radar_of(options)
    capture = files.open_capture(options.real, radar, iq_order=options.iq_order)
    motion = _motion(options) if options.motion else None
    looked = look(of_capture(capture), options.window)
    rehearsed, why = _rehearse(options, looked, motion, view)
    figures = []
    if rehearsed is not None:
        assumed = [*capture.assumed, *(["board"] if guessed else [])]
        figures = figures_of(looked, rehearsed.compared, files.pass_lines(), assumed)
    fit, profile = _fit(options, looked, rehearsed, out)
    return Report(
        name=str(options.real),
        capture=capture,
        looked=looked,
        rehearsed=rehearsed,
        not_simulated=why,
        figures=figures,
        verdict=verdict(figures),
        fit=fit,
        profile=profile,
        untold=[*([guessed] if guessed else []), *untold(capture, looked)],
    )


def write(report: Report, out: Path) -> None:
    """report.json and report.html in a folder that is there.

    Raises:
        InputError: they cannot be written.
    """
    from radarsim.validation.report_html import as_page

    try:
        text = json.dumps(as_json(report), indent=1, allow_nan=False)
        (out / "report.json").write_text(text + "\n", encoding="utf-8")
        (out / "report.html").write_text(as_page(report), encoding="utf-8")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "--out", problem, "name a folder that can be written") from None


def _radar_of(options) -> tuple[str, str]:
    """What to open the capture with, and what is to be said if that was a guess."""
    if options.radar:
        return options.radar, ""
    beside = files.setup_beside(options.real)
    if beside is not None:
        return str(beside), ""
    return DEFAULT_BOARD, f"board: none was named, {DEFAULT_BOARD} with its defaults is assumed"


def _view(options) -> Placement:
    """Height and tilt of the radar."""
    height_m = checked_number("--radar-height-m", "height", options.radar_height_m, "m",
                              at_least=-10.0, at_most=100.0)  # fmt: skip
    tilt_deg = checked_number("--radar-tilt-deg", "tilt", options.radar_tilt_deg, "",
                              at_least=-90.0, at_most=90.0)  # fmt: skip
    checked_number("--sigma", "sigma", options.sigma, "rad", at_least=0.02, at_most=3.0)
    return Placement(radar_height_m=height_m, radar_tilt_rad=math.radians(tilt_deg))


def _told(options, view: Placement) -> Placement | None:
    """Where the motion starts, if the command says so."""
    given = (options.distance_m, options.lateral_m, options.heading_deg)
    if given == (None, None, None):
        return None
    if options.distance_m is None:
        problem = "is missing, but --lateral-m or --heading-deg is given"
        raise InputError("--distance-m", "distance", problem, "give all, or none for the track's")
    distance_m = checked_number("--distance-m", "distance", options.distance_m, "m",
                                at_least=0.1, at_most=200.0)  # fmt: skip
    lateral_m = checked_number("--lateral-m", "lateral", options.lateral_m or 0.0, "m")
    heading_deg = checked_number("--heading-deg", "heading", options.heading_deg or 0.0, "")
    return replace(
        view, distance_m=distance_m, lateral_m=lateral_m, heading_rad=math.radians(heading_deg)
    )


def _motion(options) -> Motion:
    motion = files.read_motion(options.motion)
    start_s = checked_number("--motion-start-s", "start", options.motion_start_s, "s", at_least=0.0,
                             at_most=motion.duration_s)  # fmt: skip
    first = round(start_s * motion.rate_hz)
    motion = cut_motion(motion, first, motion.num_poses - first)
    if motion.num_poses < 2:
        raise InputError(
            options.motion, "motion", "ends before the capture starts", "start earlier"
        )
    return motion


def _body(options, motion: Motion | None):
    if not options.body_models:
        return files.free_body()
    gender, layout = ("neutral", "smplh") if motion is None else (motion.gender, motion.layout)
    return files.load_body(options.body_models, gender, layout)


def _rehearse(options, looked: Looked, motion, view) -> tuple[Rehearsed | None, str]:
    told = _told(options, view)
    if not looked.tracks and (motion is None or told is None):
        how = " (--distance-m places a motion without one)" if motion is not None else ""
        return None, f"nothing moves, so there is nobody to simulate{how}"
    body = _body(options, motion)
    if motion is None:
        return rehearse_stand_ins(looked, body, view, options.sigma), ""
    if _too_short(looked, motion):
        return None, f"the motion of {motion.duration_s:.3g} s ends within the first burst"
    return rehearse_motion(looked, motion, body, view, told, options.sigma), ""


def _too_short(looked: Looked, motion: Motion) -> bool:
    return motion.duration_s < looked.bursts.radar.burst_duration_s


def _fit(options, looked, rehearsed, out) -> tuple[Fit | None, str]:
    if not options.fit or rehearsed is None:
        return None, ""
    recording = first_stretch(looked, rehearsed.num_frames)
    bursts = looked.bursts is not looked.recording
    per_burst = looked.bursts.radar.frame.num_chirps if bursts else 1
    fit = fit_capture(recording, rehearsed.actors[0], options.sigma, per_burst)
    path = out / "fitted_radar.toml"
    save_profile(fit, path)
    return fit, str(path)
