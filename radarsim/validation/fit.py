"""Sigma, level, noise figure, distance and height of a capture, by gradients through the simulator.

Range-Doppler powers of some bursts are compared, not phases: the carrier has a minimum every 2 mm.

    model = G S(sigma, distance, height) + N,    residual = log(measured / model)

S is the simulated echo's power at its nominal level; its derivatives are exact (forward mode). Both
sides lose their mean over the burst, and with it everything that stood still. Gauss-Newton with
damping, first on powers smoothed over range, so that a start 0.3 m away still overlaps. Gain,
antennas, transmit power and reflectivity cannot be told apart: G is their product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from radarsim.captures.recording import Recording
from radarsim.errors import InputError
from radarsim.radar.config import Radar
from radarsim.radar.toml import dump_radar
from radarsim.scene.scene import Scene
from radarsim.validation.capture_model import (
    Powers,
    Sides,
    jacobian_of,
    levelled,
    line_of_sight,
    powers_to_fit,
    weighed,
)
from radarsim.validation.simulated import ECHO_ONLY

# Faces are picked once for all lobe widths of the search, to -30 dB; then for the one found, as
# the simulator does: to -50 dB, a bias of 5 % in sigma was left.
WIDEST_SIGMA_RAD, SEARCH, FOUND = 0.8, replace(ECHO_ONLY, cull=0.03), ECHO_ONLY
SIGMAS_RAD, TRIED_SIGMAS_RAD = (0.05, 1.5), (0.2, 0.3, 0.45, 0.65)
REACH_M = 0.4  # of the first alignment
# Smoothing over range, coarse to fine [m], and rounds of each; the last has none.
SMOOTHING_M = ((0.1, 8), (0.0, 16))
# Height turns the interference of body parts within millimetres: it is held until all else is
# found, and then may be so far from where the command put it.
HELD_M, HEIGHT_PRIOR_M = 1e-6, 0.3
# A misfit under this: the simulator explains the capture, and strong cells may tell more.
EXPLAINED, FINE_MODEL_ERROR = 1.15, 0.03
# Windowed cells share their noise with their neighbours: so many fewer are of their own.
SHARED_CELLS = 1.5**2
NAMES = ("sigma_rad", "distance_m", "height_m", "level_db", "noise_figure_db")
UNITS = {"sigma_rad": "rad", "distance_m": "m", "height_m": "m", "level_db": "dB",
         "noise_figure_db": "dB"}  # fmt: skip
_PER_LOG = 10 / np.log(10)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What was fitted.

    Attributes:
        values: by the names of `NAMES`; `level_db` is over the simulator's own level.
        errors: one standard deviation of each, misfit included.
        misfit: rms residual over its expected value; 1 where the model explains everything.
        scene: the subject where it was found.
        radar: with the fitted noise figure, and the level in its transmit power.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    misfit: float
    scene: Scene
    radar: Radar

    def summary(self) -> list[str]:
        """For a person."""
        titles = ("sigma", "distance", "radar height", "level product", "noise figure")
        rows = [
            f"{title:<15}{self.values[name]:9.3f} +- {self.errors[name]:.3f} {UNITS[name]}"
            for name, title in zip(NAMES, titles)
        ]
        return [*rows, f"misfit {self.misfit:.2f} (1: nothing left to explain)"]


def fit_capture(recording: Recording, scene: Scene, sigma_rad: float, per_burst: int = 1) -> Fit:
    """Fit a recording of one body whose motion is known.

    Args:
        recording: the frames, from the motion's start on.
        scene: one subject; its placement and the radar's height are the start of the fit.
        sigma_rad: start of the lobe width [rad].
        per_burst: frames that make a burst; 1 where each frame is one.

    Returns:
        The fit; its noise figure starts from the radar's.
    """
    start = np.array([np.log(sigma_rad), 0.0, 0.0, 0.0, 0.0])
    data = powers_to_fit(recording, scene, per_burst, SEARCH, WIDEST_SIGMA_RAD)
    theta = _aligned(data, start)
    for smooth_m, rounds in SMOOTHING_M:
        if not smooth_m:
            theta = _best_of(data, theta, TRIED_SIGMAS_RAD, 0.01 * np.arange(-5, 6))
        theta = _descend(data, theta, smooth_m, rounds, HELD_M)
    here = _moved(scene, theta)
    data = powers_to_fit(recording, here, per_burst, FOUND, float(np.exp(theta[0])))
    # The model counts distance and height from where its faces were picked.
    local = _best_of(data, theta * [1, 0, 0, 1, 1], (), 0.0025 * np.arange(-4, 5))
    local = _descend(data, local, 0.0, SMOOTHING_M[-1][1], HELD_M)
    local = _descend(data, local, 0.0, SMOOTHING_M[-1][1], HEIGHT_PRIOR_M)
    if _errors(data, local)[1] < EXPLAINED:
        data = replace(data, model_error=FINE_MODEL_ERROR)
        local = _descend(data, local, 0.0, SMOOTHING_M[-1][1], HEIGHT_PRIOR_M)
    theta = local + theta * [0, 1, 1, 0, 0]
    errors, misfit = _errors(data, local)
    return _result(recording.radar, scene, theta, errors, misfit)


def _result(radar: Radar, scene: Scene, theta, errors, misfit: float) -> Fit:
    found = _moved(scene, theta)
    level_db, noise_db = theta[3] * _PER_LOG, theta[4] * _PER_LOG
    noise_figure_db = float(np.clip(radar.receiver.noise_figure_db + noise_db, 0.0, 60.0))
    sigma_rad = float(np.exp(theta[0]))
    sizes = (sigma_rad, 1.0, 1.0, _PER_LOG, _PER_LOG)
    values = (
        sigma_rad,
        float(found.subjects[0].placement.distance_m),
        float(found.radar_pose.height_m),
        float(level_db),
        noise_figure_db,
    )
    fitted = replace(
        radar,
        name=f"{radar.name} fitted",
        receiver=replace(radar.receiver, noise_figure_db=noise_figure_db),
        tx_power_dbm=float(np.clip(radar.tx_power_dbm + level_db, -100.0, 60.0)),
    )
    return Fit(
        values=dict(zip(NAMES, values)),
        errors={name: float(e * size) for name, e, size in zip(NAMES, errors, sizes)},
        misfit=misfit,
        scene=found,
        radar=fitted,
    )


def _moved(scene: Scene, theta) -> Scene:
    """The scene with its subject farther along its first line of sight, and the radar higher."""
    (subject,) = scene.subjects
    here = subject.placement
    ahead_m, left_m = line_of_sight(scene) * theta[1]
    placement = replace(
        here,
        distance_m=float(here.distance_m) + float(ahead_m),
        lateral_m=float(here.lateral_m) + float(left_m),
    )
    height_m = float(scene.radar_pose.height_m) + float(theta[2])
    return Scene(
        [replace(subject, placement=placement)], replace(scene.radar_pose, height_m=height_m)
    )


def _aligned(data: Powers, theta):
    """The lobe width and distance whose range profiles, moved as they are, fit best."""
    tries = []
    for log_sigma in (theta[0], *np.log(TRIED_SIGMAS_RAD)):
        one = np.array([log_sigma, *theta[1:]])
        echo = data.model(theta=one, slopes=False)
        for shift_m in np.arange(-REACH_M, REACH_M + 1e-9, 0.02):
            moved = ndimage.shift(echo, (0, 0, shift_m / data.bin_m), order=1)
            there = levelled(data, one, moved)
            cost = weighed(data, there, SMOOTHING_M[0][0], moved).cost
            there[1] = theta[1] + shift_m
            tries.append((cost, tuple(there)))
    return np.array(min(tries)[1])


def _best_of(data: Powers, theta, sigmas_rad, shifts_m):
    """The best of some lobe widths and distances around those found on smoothed powers.

    Sharp powers have ripples a few centimetres long: a descent must start in the right one.
    """
    tries = []
    for log_sigma in (theta[0], *np.log(sigmas_rad)):
        for shift_m in shifts_m:
            one = np.array([log_sigma, theta[1] + shift_m, *theta[2:]])
            echo = data.model(theta=one, slopes=False)
            one = levelled(data, one, echo)
            tries.append((weighed(data, one, 0.0, echo).cost, tuple(one)))
    return np.array(min(tries)[1])


def _prior(theta, height_m: float):
    """Residual and slope of a height that is expected where it started."""
    slope = np.diag([0, 0, 1 / height_m, 0, 0])
    return -slope @ theta, slope


_LARGEST_STEP = np.array([0.4, 0.15, 0.1, 3.0, 1.0])
_SETTLED = np.array([3e-3, 5e-4, 3e-3, 1e-2, 3e-3])


def _descend(data: Powers, theta, smooth_m: float, rounds: int, height_m: float):
    """Gauss-Newton steps with damping (Levenberg-Marquardt)."""
    damping, sides = 1e-2, weighed(data, theta, smooth_m)
    square, gradient = _normal_equations(data, theta, smooth_m, sides, height_m)
    settled = _SETTLED * (5 if smooth_m else 1)
    for _ in range(rounds):
        scale = np.diag(np.diag(square) + 1e-9)
        # Not the damped step, which may be short far from anywhere.
        if (np.abs(np.linalg.solve(square + 1e-9 * scale, gradient)) < settled).all():
            break
        step = np.linalg.solve(square + damping * scale, gradient)
        trial = theta + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        trial[0] = np.clip(trial[0], *np.log(SIGMAS_RAD))
        there = weighed(data, trial, smooth_m)
        if there.cost >= sides.cost:
            damping *= 10
            continue
        theta, sides, damping = trial, there, damping / 5
        square, gradient = _normal_equations(data, theta, smooth_m, sides, height_m)
    return theta


def _normal_equations(data: Powers, theta, smooth_m: float, sides: Sides, height_m: float):
    jacobian = jacobian_of(data, theta, smooth_m, sides)
    pull, pull_slope = _prior(theta, height_m)
    square = jacobian.T @ jacobian + pull_slope.T @ pull_slope
    return square, jacobian.T @ sides.residual[data.counts] + pull_slope.T @ pull


def _errors(data: Powers, theta) -> tuple[np.ndarray, float]:
    """One standard deviation of each parameter, widened by what the model leaves unexplained."""
    sides = weighed(data, theta, 0.0)
    square, _ = _normal_equations(data, theta, 0.0, sides, HEIGHT_PRIOR_M)
    misfit = float(np.sqrt((sides.residual[data.counts] ** 2).mean()))
    covariance = np.linalg.pinv(square) * SHARED_CELLS * max(1.0, misfit) ** 2
    return np.sqrt(np.maximum(np.diag(covariance), 0.0)), misfit


def save_profile(fit: Fit, path: Path) -> None:
    """The fitted radar as a file that `--radar` of the builders takes.

    Args:
        fit: of `fit_capture`.
        path: of the TOML.

    Raises:
        InputError: it cannot be written.
    """
    head = "".join(f"# {line}\n" for line in fit.summary())
    sigma = f"# The lobe width is no part of a radar: give --sigma {fit.values['sigma_rad']:.3f}\n"
    try:
        path.write_text(head + sigma + dump_radar(fit.radar), encoding="utf-8")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "profile", problem, "name a folder that can be written") from None
