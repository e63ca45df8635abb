"""Grid search and least-squares minimisation of the power residuals; parameter uncertainties."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import ndimage
from scipy.optimize import least_squares

from radarsim.validation.power_model import DISTANCE, HEIGHT, LOG_SIGMA, NUM_PARAMETERS
from radarsim.validation.power_residuals import PowerFit, with_matched_level

SIGMAS_RAD = (0.05, 1.5)
# Standard deviation of the height prior, whose mean is the initial height.
HEIGHT_PRIOR_M = 0.3
# Typical changes of the parameters: log sigma, distance [m], height [m], log level, log noise.
SCALES = np.array([0.4, 0.15, 0.1, 3.0, 1.0])
# Neighbouring cells of a Hann-windowed spectrum are correlated: fewer independent cells.
CORRELATED_CELLS = 1.5**2


def search_shifted_profiles(fit: PowerFit, theta, sigmas_rad, shifts_m) -> np.ndarray:
    """Best lobe width and distance on a grid; for other distances, the model is shifted in range.

    Args:
        fit: powers to compare.
        theta: initial parameters, whose lobe width is also tried.
        sigmas_rad: lobe widths to try [rad].
        shifts_m: changes of the distance to try [m].

    Returns:
        Theta at the smallest cost, with the level that matches the measured power.
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
    """Best lobe width and distance on a grid, with the model evaluated at each point.

    Without smoothing, the cost has local minima a few centimetres apart, so the minimisation must
    start near the right minimum.

    Args:
        fit: powers to compare.
        theta: initial parameters, whose lobe width is also tried.
        sigmas_rad: lobe widths to try [rad].
        shifts_m: changes of the distance to try [m].

    Returns:
        Theta at the smallest cost, with the level that matches the measured power.
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
        fit: powers to compare.
        theta: initial parameters.
        max_evaluations: maximum number of evaluations.
        free_height: whether to fit the height, with a prior around its initial value.

    Returns:
        Parameters at the minimum.
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
    """Derivatives of the model and, in the last row, of the height prior."""
    prior = np.zeros((1, NUM_PARAMETERS))
    prior[0, HEIGHT] = 1 / HEIGHT_PRIOR_M
    return np.concatenate([fit.jacobian(theta, fit.residuals(theta)), prior])


def misfit(fit: PowerFit, theta) -> float:
    """RMS of the weighted residuals; 1 if the model explains the data up to the expected noise."""
    residual = fit.residuals(theta).residual[fit.powers.counts]
    return float(np.sqrt((residual**2).mean()))


def standard_errors(fit: PowerFit, theta) -> np.ndarray:
    """Standard deviation of each parameter, increased by the misfit if the misfit exceeds 1."""
    jacobian = _jacobian_with_prior(fit, theta)
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * CORRELATED_CELLS
    covariance *= max(1.0, misfit(fit, theta)) ** 2
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))
