"""The requested error of the fast sum, and the numerical parameters that follow from it.

The error is 10 log10(sum |difference|^2 / sum |truth|^2), where the truth is the sum in float64 at
every ADC sample, for an identical surface and visibility.
"""

from dataclasses import dataclass

import jax
import numpy as np

from radarsim.errors import InputError
from radarsim.signal.tone_series import span_of_terms

# Errors of the fast sum's modes for a person at least 2 m away.
MODES_DB = {"accurate": -80.0, "fast": -60.0}
# Margin by which predictable errors are kept below the requested error.
MARGIN_DB = 8.0
# Margin for culling: the echoes of dropped faces add up, and those of a few strong faces may
# cancel. A body that tips over needs this margin.
CULL_MARGIN_DB = 11.0
# Error of the NUFFT kernel with twofold oversampling: KERNEL_DB_AT_0 minus KERNEL_DB_PER_CELL times
# the kernel width, for example -65 dB for 4 cells and -100 dB for 6 cells.
KERNEL_DB_PER_CELL = 17.5
KERNEL_DB_AT_0 = 5.0
# Maximum width of the kernel [grid cells].
WIDEST_KERNEL = 8
# Limit on half the range migration of a tone within a block [range bins] that keeps the error below
# LIMITS_DB, keyed by n, the number of powers of the shift that are kept. The remainder is 2 (pi
# shift / 2)^n / n! at the first and last sample, and 0.3 times this value on average over samples
# and shifts, which gives limits of 0.0115, 0.064, 0.16 and 0.28 range bins for n = 2 to 5. In
# sixteen frames of a walk the error was up to 4 dB larger for n = 2, because echoes cancel, and 22
# dB larger for n = 3.
SHIFT_LIMIT_BINS = {2: 0.0085, 3: 0.04, 4: 0.1, 5: 0.2}
MOST_POWERS = max(SHIFT_LIMIT_BINS)
# Error to which SHIFT_LIMIT_BINS refers [dB].
LIMITS_DB = -80.0
# Error of polynomials through n Chebyshev nodes, keyed by n, for the limb paths of a person who
# jumps 2.5 m away, at the worst moment of a 28 ms burst; measured in float64 on the visible faces.
NODES_DB = {4: -69.0, 5: -110.0}
NODES_DURATION_S = 28e-3
# Error with fewer nodes, which only `SimulationSettings(num_nodes=...)` requests; measured with the
# joints of a person who jumps and lands 2.5 m away, in the worst burst.
FEW_NODES_DB = {2: 2.0, 3: -6.0}
# Change of the error with each node beyond the fifth, for bursts of 64 to 256 ms and up to 12
# nodes; measured with the joints of a person who squats 2.5 m away. The error is no longer
# proportional to a power of the duration, because recorded and interpolated motion is smooth only
# up to a few derivatives.
NODE_DB = -5.0
# Largest number of nodes for the fast sum: polynomials through more nodes amplify float32 rounding.
# The error for a point that moves at 1 m/s is -86 dB with 5 nodes, -80 dB with 12, -71 dB with 13,
# -8 dB with 24.
MOST_NODES = 12
# Requested error below which matrix products use float32 instead of TF32. TF32 products have an
# error of -71 dB, float32 products -88 dB; the two differ only on a GPU.
TF32_LIMIT_DB = -65.0


@jax.tree_util.register_static
@dataclass(frozen=True)
class ErrorBudget:
    """Numerical parameters for a requested error.

    Attributes:
        error_db: requested error, from -100 to -40 dB.
    """

    error_db: float

    def __post_init__(self):
        if not -100 <= self.error_db <= -40:
            problem = f"is {self.error_db:g} dB; must be -100 to -40 dB"
            hint = "change it, or use method='exact' for the sum over every sample"
            raise InputError("ErrorBudget", "error_db", problem, hint)

    @property
    def kernel_width(self) -> int:
        """Grid cells over which the NUFFT kernel spreads one tone."""
        needed = (KERNEL_DB_AT_0 + MARGIN_DB - self.error_db) / KERNEL_DB_PER_CELL
        return min(int(np.ceil(needed)), WIDEST_KERNEL)

    @property
    def num_nodes(self) -> int:
        """Chebyshev nodes per burst at which the surface is given."""
        sufficient = [n for n, db in NODES_DB.items() if db <= self.error_db - MARGIN_DB]
        return min(sufficient, default=max(NODES_DB))

    @property
    def cull_ratio(self) -> float:
        """Amplitude relative to the strongest face below which faces are not summed."""
        return float(10 ** ((self.error_db - CULL_MARGIN_DB) / 20))

    @property
    def precision(self) -> str:
        """Precision of matrix products."""
        return "highest" if self.error_db < TF32_LIMIT_DB else "default"

    def shift_limit_bins(self, powers: int, margin_db: float = MARGIN_DB) -> float:
        """Limit for half the range migration of a tone within a block [range bins]."""
        loosened = 10 ** ((self.error_db - margin_db - LIMITS_DB) / (20 * powers))
        return SHIFT_LIMIT_BINS[powers] * loosened

    def span_bins(self, num_terms: int) -> float:
        """Range that the tones of a group may cover with a series of `num_terms` terms [bins]."""
        return span_of_terms(num_terms, self.residual_amplitude)

    @property
    def residual_amplitude(self) -> float:
        """Largest fraction of an echo's amplitude that an approximation may neglect."""
        return float(10 ** ((self.error_db - MARGIN_DB) / 20))

    @property
    def phase_limit_rad(self) -> float:
        """Largest phase change x at a receiver in half a block; the Taylor error is x^3 / 6."""
        return float((6 * self.residual_amplitude) ** (1 / 3))
