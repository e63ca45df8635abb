"""Weighted residuals between measured and modelled range-Doppler powers, and their derivatives.

    model = level x S(sigma, distance, height) + noise,    residual = weight x log(measured / model)

S is the simulated echo power at its nominal level. The logarithm of a power averaged over C
channels at a signal-to-noise ratio s has variance (2 s + 1) / ((s + 1)^2 C); the weight is the
inverse of the standard deviation of the logarithm, including the model error.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from radarsim.validation.power_model import HEIGHT, LOG_LEVEL, LOG_NOISE, MeasuredPowers

CLIPPED_AT = 3.0  # limit of the log residuals, above which echoes of other objects dominate


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerResiduals:
    """Residuals of all cells for one parameter vector.

    Attributes:
        echo: modelled echo power, smoothed over range [V^2].
        noise: modelled noise power of a cell [V^2].
        residual: weighted log residuals; zero in cells that are not used.
        weight: weight of each cell.
    """

    echo: np.ndarray
    noise: float
    residual: np.ndarray
    weight: np.ndarray

    @property
    def cost(self) -> float:
        """Sum of the squared weighted residuals."""
        return float((self.residual**2).sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerFit:
    """Measured powers, and the model error and smoothing for their comparison with the model.

    Attributes:
        powers: measured powers and the model of these powers.
        model_error: relative standard error of the modelled power.
        smooth_m: standard deviation of the Gaussian smoothing of powers over range; 0 for none [m].
    """

    powers: MeasuredPowers
    model_error: float
    smooth_m: float = 0.0

    def residuals(self, theta, echo=None) -> PowerResiduals:
        """Compute the residuals for one parameter vector.

        Args:
            theta: vector of fit parameters, as defined in `power_model`.
            echo: modelled power at the nominal level; None to compute it from `theta` [V^2].
        """
        powers = self.powers
        echo = powers.model.power(theta) if echo is None else echo
        echo = self._smoothed(echo) * np.exp(theta[LOG_LEVEL])
        noise = powers.noise * np.exp(theta[LOG_NOISE])
        snr = echo / noise
        variance = (2 * snr + 1) / ((snr + 1) ** 2 * powers.channels)
        measured = self._smoothed(powers.power.astype(np.float64))
        residual = np.log(np.maximum(measured, 1e-38) / (echo + noise))
        if not self.smooth_m:  # E[log x] is less than log E[x] by about variance / 2
            residual += variance / 2
        weight = powers.counts / np.sqrt(variance + self.model_error**2)
        residual = np.clip(residual, -CLIPPED_AT, CLIPPED_AT) * weight
        return PowerResiduals(echo=echo, noise=noise, residual=residual, weight=weight)

    def jacobian(self, theta, at: PowerResiduals) -> np.ndarray:
        """Derivatives of the logarithm of the model, weighted like the residuals [cell, parameter].

        The weights of the residuals are treated as constants.

        Args:
            theta: parameter vector.
            at: residuals for this parameter vector.
        """
        slopes = self.powers.model.derivatives(theta) * np.exp(theta[LOG_LEVEL])
        total = at.echo + at.noise
        columns = [self._smoothed(slopes[..., i]) / total for i in range(HEIGHT + 1)]
        columns += [at.echo / total, at.noise / total]
        return np.stack([column * at.weight for column in columns], axis=-1)[self.powers.counts]

    def _smoothed(self, power: np.ndarray) -> np.ndarray:
        if not self.smooth_m:
            return power
        return ndimage.gaussian_filter1d(power, self.smooth_m / self.powers.bin_m, axis=2)


def with_matched_level(powers: MeasuredPowers, theta, echo) -> np.ndarray:
    """Set the level in theta so that modelled and measured power above the noise are equal."""
    floor = np.median(powers.power[powers.counts])
    excess = np.maximum(powers.power - floor, 0)[powers.counts].sum()
    matched = np.array(theta, np.float64)
    matched[LOG_LEVEL] = np.log(max(excess, 1e-30) / max(float(echo[powers.counts].sum()), 1e-30))
    return matched
