"""Fit lobe width, level, noise figure, distance and radar height to a capture.

The fit compares measured and simulated range-Doppler powers of some bursts, because a comparison of
phases would have a local minimum every 2 mm of distance. The derivatives of the simulated power are
exact (forward-mode automatic differentiation). The first fit compares powers that are smoothed over
range, so that the echoes overlap even if the initial distance is wrong by 0.3 m. Receiver gain,
antenna gain, transmit power and reflectivity cannot be fitted separately, because the echo level is
the product of all four.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from radarsim.captures.recording import Recording
from radarsim.paths import write_texts
from radarsim.radar.radar import Radar
from radarsim.radar.toml import dump_radar
from radarsim.scene.scene import Scene, only_subject
from radarsim.validation.fit_search import (
    minimise,
    misfit,
    search_grid,
    search_shifted_profiles,
    standard_errors,
)
from radarsim.validation.power_model import (
    DISTANCE,
    HEIGHT,
    LOG_LEVEL,
    LOG_NOISE,
    LOG_SIGMA,
    NUM_PARAMETERS,
    line_of_sight,
    measured_powers,
)
from radarsim.validation.power_residuals import PowerFit
from radarsim.validation.simulated_recording import ECHO_ONLY

# The first fit selects the faces with echoes above -30 dB once for all lobe widths. The second fit
# selects faces for the fitted lobe width, like the simulator, because a selection down to -50 dB
# left a bias of 5 % in sigma.
WIDEST_SIGMA_RAD, SEARCH, FOUND = 0.8, replace(ECHO_ONLY, cull=0.03), ECHO_ONLY
SIGMAS_TO_TRY_RAD = (0.2, 0.3, 0.45, 0.65)
# Distance offsets of the three grid searches: with smoothed powers, with unsmoothed powers, and
# after the faces have been selected again.
COARSE_SHIFTS_M = np.arange(-0.4, 0.4 + 1e-9, 0.02)
FINE_SHIFTS_M = 0.01 * np.arange(-5, 6)
FINAL_SHIFTS_M = 0.0025 * np.arange(-4, 5)
# Standard deviation of the smoothing over range, and maximum numbers of model evaluations in the
# fits to smoothed and to unsmoothed powers.
SMOOTHING_M = 0.1
COARSE_EVALUATIONS, FINE_EVALUATIONS = 8, 16
# Assumed relative error of the simulated power, initially and after the misfit confirms the model.
MODEL_ERROR, FINE_MODEL_ERROR = 0.2, 0.03
MAX_MISFIT_OF_CORRECT_MODEL = 1.15
NAMES = ("sigma_rad", "distance_m", "height_m", "level_db", "noise_figure_db")
_TITLES_AND_UNITS = (
    *(("sigma", "rad"), ("distance", "m"), ("radar height", "m")),
    *(("level", "dB"), ("noise figure", "dB")),
)
_DB_PER_LOG_POWER = 10 / np.log(10)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Fitted parameters of a capture.

    Attributes:
        values: fitted values, keyed by the names in `NAMES`; `level_db` is the echo level relative
            to the nominal level of the simulator.
        errors: standard error of each fitted value, multiplied by the misfit if the misfit
            exceeds 1.
        misfit: RMS residual relative to the expected RMS residual; 1 for a perfect model.
        scene: scene with the fitted distance and radar height.
        radar: radar with the fitted noise figure; the transmit power includes the fitted level.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    misfit: float
    scene: Scene
    radar: Radar

    def summary(self) -> list[str]:
        """Fitted values with their uncertainties as lines of text, one line per value."""
        rows = [
            f"{title:<15}{self.values[name]:9.3f} +- {self.errors[name]:.3f} {unit}"
            for name, (title, unit) in zip(NAMES, _TITLES_AND_UNITS)
        ]
        return [*rows, f"misfit {self.misfit:.2f} (1: the model explains the capture)"]


def fit_capture(recording: Recording, scene: Scene, sigma_rad: float, per_burst: int = 1) -> Fit:
    """Fit the parameters to a recording of a single subject with known motion.

    The radar height is held fixed until all other parameters have been fitted, because the
    interference between body parts varies with radar height on a scale of millimetres.

    Args:
        recording: recording whose first frame is the start of the motion.
        scene: scene with the subject; placement and radar height are initial values of the fit.
        sigma_rad: initial lobe width [rad].
        per_burst: number of frames in one burst.

    Returns:
        The fit; the initial noise figure is that of the recording's radar.

    Raises:
        InputError: the scene has several subjects.
    """
    only_subject("fit", scene)
    theta = np.zeros(NUM_PARAMETERS)
    theta[LOG_SIGMA] = np.log(sigma_rad)
    powers = measured_powers(recording, scene, per_burst, SEARCH, WIDEST_SIGMA_RAD)
    theta = _first_fit(PowerFit(powers=powers, model_error=MODEL_ERROR), theta)
    found, sigma_rad = _moved(scene, theta), float(np.exp(theta[LOG_SIGMA]))
    powers = measured_powers(recording, found, per_burst, FOUND, sigma_rad)
    return _final_fit(
        recording.radar, found, PowerFit(powers=powers, model_error=MODEL_ERROR), theta
    )


def _first_fit(sharp: PowerFit, theta) -> np.ndarray:
    """Fit all parameters but the radar height, first to smoothed, then to unsmoothed powers."""
    smooth = replace(sharp, smooth_m=SMOOTHING_M)
    theta = search_shifted_profiles(smooth, theta, SIGMAS_TO_TRY_RAD, COARSE_SHIFTS_M)
    theta = minimise(smooth, theta, COARSE_EVALUATIONS)
    theta = search_grid(sharp, theta, SIGMAS_TO_TRY_RAD, FINE_SHIFTS_M)
    return minimise(sharp, theta, FINE_EVALUATIONS)


def _final_fit(radar: Radar, scene: Scene, sharp: PowerFit, theta) -> Fit:
    """Fit all parameters, with the faces selected for the scene found by the first fit."""
    theta = np.array(theta)
    theta[[DISTANCE, HEIGHT]] = 0.0  # these parameters are relative to the scene of the first fit
    theta = search_grid(sharp, theta, (), FINAL_SHIFTS_M)
    theta = minimise(sharp, theta, FINE_EVALUATIONS)
    theta = minimise(sharp, theta, FINE_EVALUATIONS, free_height=True)
    if misfit(sharp, theta) < MAX_MISFIT_OF_CORRECT_MODEL:
        sharp = replace(sharp, model_error=FINE_MODEL_ERROR)
        theta = minimise(sharp, theta, FINE_EVALUATIONS, free_height=True)
    return _result(radar, _moved(scene, theta), sharp, theta)


def _result(radar: Radar, scene: Scene, sharp: PowerFit, theta) -> Fit:
    sigma_rad = float(np.exp(theta[LOG_SIGMA]))
    level_db = float(theta[LOG_LEVEL] * _DB_PER_LOG_POWER)
    noise_figure_db = radar.receiver.noise_figure_db + theta[LOG_NOISE] * _DB_PER_LOG_POWER
    noise_figure_db = float(np.clip(noise_figure_db, 0.0, 60.0))
    distance_m = float(scene.subjects[0].placement.distance_m)
    height_m = float(scene.radar_pose.height_m)
    values = (sigma_rad, distance_m, height_m, level_db, noise_figure_db)
    units = [sigma_rad, 1.0, 1.0, _DB_PER_LOG_POWER, _DB_PER_LOG_POWER]
    errors = standard_errors(sharp, theta) * units
    fitted = replace(
        radar,
        name=f"{radar.name} fitted",
        receiver=replace(radar.receiver, noise_figure_db=noise_figure_db),
        tx_power_dbm=float(np.clip(radar.tx_power_dbm + level_db, -100.0, 60.0)),
    )
    return Fit(
        values=dict(zip(NAMES, values)),
        errors={name: float(error) for name, error in zip(NAMES, errors)},
        misfit=misfit(sharp, theta),
        scene=scene,
        radar=fitted,
    )


def _moved(scene: Scene, theta) -> Scene:
    """Move the subject of a scene along the line of sight, and the radar vertically."""
    subject = only_subject("fit", scene)
    here = subject.placement
    ahead_m, left_m = line_of_sight(scene) * theta[DISTANCE]
    placement = replace(
        here,
        distance_m=float(here.distance_m) + float(ahead_m),
        lateral_m=float(here.lateral_m) + float(left_m),
    )
    height_m = float(scene.radar_pose.height_m) + float(theta[HEIGHT])
    return Scene(
        [replace(subject, placement=placement)], replace(scene.radar_pose, height_m=height_m)
    )


def save_profile(fit: Fit, path: Path) -> None:
    """Write the fitted radar as a TOML file for the option `--radar` of the commands.

    Args:
        fit: fit returned by `fit_capture`.
        path: path of the TOML file.

    Raises:
        InputError: the file cannot be written.
    """
    write_texts({path: radar_text(fit)}, "profile")


def radar_text(fit: Fit) -> str:
    """TOML text of the fitted radar, with the fitted values as comments."""
    head = "".join(f"# {line}\n" for line in fit.summary())
    sigma = f"# The lobe width is not part of a radar: use --sigma {fit.values['sigma_rad']:.3f}\n"
    return head + sigma + dump_radar(fit.radar)
