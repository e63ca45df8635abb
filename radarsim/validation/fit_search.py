"""Minimise the power residuals by grid search and least squares; estimate the standard errors."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import ndimage
from scipy.optimize import least_squares

from radarsim.validation.power_model import DISTANCE, HEIGHT, LOG_SIGMA, NUM_PARAMETERS
from radarsim.validation.power_residuals import PowerFit, with_matched_level

# Limits of the fitted lobe width.
SIGMAS_RAD = (0.05, 1.5)
# Standard deviation of the height prior, whose mean is the initial height.
HEIGHT_PRIOR_M = 0.3
# Parameter scales of the solver: log sigma, distance [m], height [m], log level, log noise.
SCALES = np.array([0.4, 0.15, 0.1, 3.0, 1.0])
# Neighbouring cells of a Hann-windowed spectrum are correlated, which divides the number of
# independent cells by this factor.
CORRELATED_CELLS = 1.5**2


def search_shifted_profiles(fit: PowerFit, theta, sigmas_rad, shifts_m) -> np.ndarray:
    """Search lobe width and distance on a grid, shifting the model in range to change the distance.

    Args:
        fit: measured powers and their model.
        theta: initial parameters, whose lobe width is also tried.
        sigmas_rad: lobe widths to try [rad].
        shifts_m: offsets to try, relative to the initial distance [m].

    Returns:
        Parameter vector with the lowest cost, and with the level that matches the measured power.
    """
    candidates = []
    for trial in _trials(theta, sigmas_rad):
        echo = fit.powers.model.power(trial)
        for shift_m in shifts_m:
            shifted = ndimage.shift(echo, (0, 0, shift_m / fit.powers.bin_m), order=1)
            there = with_matched_level(fit.powers, trial, shifted)
            cost = fit.residuals(there, shifted).cost
            there[DISTANCE] = theta[DISTANCE] + shift_m
            candidates.append((cost, tuple(there)))
    return np.array(min(candidates)[1])


def search_grid(fit: PowerFit, theta, sigmas_rad, shifts_m) -> np.ndarray:
    """Search lobe width and distance on a grid; the model is evaluated at each grid point.

    Without smoothing, the cost function has local minima a few centimetres apart in distance, so
    the least-squares minimisation must start near the global minimum.

    Args:
        fit: measured powers and their model.
        theta: initial parameters, whose lobe width is also tried.
        sigmas_rad: lobe widths to try [rad].
        shifts_m: offsets to try, relative to the initial distance [m].

    Returns:
        Parameter vector with the lowest cost, and with the level that matches the measured power.
    """
    candidates = []
    for trial in _trials(theta, sigmas_rad):
        for shift_m in shifts_m:
            there = trial.copy()
            there[DISTANCE] += shift_m
            echo = fit.powers.model.power(there)
            there = with_matched_level(fit.powers, there, echo)
            candidates.append((fit.residuals(there, echo).cost, tuple(there)))
    return np.array(min(candidates)[1])


def _trials(theta, sigmas_rad: Sequence[float]) -> Iterable[np.ndarray]:
    for log_sigma in (theta[LOG_SIGMA], *np.log(sigmas_rad)):
        trial = np.array(theta, np.float64)
        trial[LOG_SIGMA] = log_sigma
        yield trial


def minimise(fit: PowerFit, theta, max_evaluations: int, free_height: bool = False) -> np.ndarray:
    """Minimise the residuals by bounded nonlinear least squares (trust region reflective).

    Args:
        fit: measured powers and their model.
        theta: initial parameters.
        max_evaluations: maximum number of model evaluations.
        free_height: whether to fit the radar height, with a prior around the initial height.

    Returns:
        Parameter vector at the minimum.
    """
    free = np.array([i for i in range(NUM_PARAMETERS) if free_height or i != HEIGHT])
    start = np.array(theta, np.float64)

    def all_of(values) -> np.ndarray:
        complete = start.copy()
        complete[free] = values
        return complete

    def residuals(values) -> np.ndarray:
        at = fit.residuals(all_of(values))
        return np.append(at.residual[fit.powers.counts], -all_of(values)[HEIGHT] / HEIGHT_PRIOR_M)

    def jacobian(values) -> np.ndarray:
        return -_jacobian_with_prior(fit, all_of(values))[:, free]

    lower, upper = np.full(NUM_PARAMETERS, -np.inf), np.full(NUM_PARAMETERS, np.inf)
    lower[LOG_SIGMA], upper[LOG_SIGMA] = np.log(SIGMAS_RAD)
    found = least_squares(
        residuals, np.clip(start, lower + 1e-9, upper - 1e-9)[free], jac=jacobian,
        bounds=(lower[free], upper[free]), x_scale=SCALES[free],
        ftol=1e-5, xtol=1e-4, gtol=None, max_nfev=max_evaluations,
    )  # fmt: skip
    return all_of(found.x)


def _jacobian_with_prior(fit: PowerFit, theta) -> np.ndarray:
    """Jacobian of the weighted log model, with the height prior in the last row."""
    prior = np.zeros((1, NUM_PARAMETERS))
    prior[0, HEIGHT] = 1 / HEIGHT_PRIOR_M
    return np.concatenate([fit.jacobian(theta, fit.residuals(theta)), prior])


def misfit(fit: PowerFit, theta) -> float:
    """RMS of the weighted residuals; 1 if model and data differ only by the expected noise."""
    residual = fit.residuals(theta).residual[fit.powers.counts]
    return float(np.sqrt((residual**2).mean()))


def standard_errors(fit: PowerFit, theta) -> np.ndarray:
    """Standard error of each parameter, multiplied by the misfit if the misfit exceeds 1."""
    jacobian = _jacobian_with_prior(fit, theta)
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * CORRELATED_CELLS
    covariance *= max(1.0, misfit(fit, theta)) ** 2
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))
