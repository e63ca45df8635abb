"""How exact a sum is asked to be, and the numerical choices that follow from it.

An error is 10 log10(sum |difference|^2 / sum |truth|^2) against the sum over every ADC sample in
float64, same surface and visibility.
"""

from dataclasses import dataclass

import jax
import numpy as np

from radarsim.signal.tone_series import span_of_terms

# What the modes of the fast sum aim at, for a person 2 m away or farther.
MODES_DB = {"accurate": -80.0, "fast": -60.0}
# Errors that are known beforehand are kept this much below what is asked for.
MARGIN_DB = 8.0
# Weak faces add up, and few strong ones may cancel: a body that tips over needs this much.
CULL_MARGIN_DB = 11.0
# One cell more of kernel: 4 cells -65 dB, 6 cells -100 dB (twofold oversampling).
KERNEL_DB_PER_CELL = 17.5
KERNEL_DB_AT_0 = 5.0
WIDEST_KERNEL = 8
# Half the way a tone may walk within a block, in range bins, for -80 dB, by the number n of powers
# of that way which are kept. What they leave is 2 (pi way / 2)^n / n! at first and last sample,
# 0.3 times that in the mean over samples and ways: 0.0115, 0.064, 0.16 and 0.28.
# Sixteen frames of a walk were up to 4 dB worse for n = 2, as echoes cancel, and 22 dB for n = 3.
SHIFT_LIMIT_BINS = {2: 0.0085, 3: 0.04, 4: 0.1, 5: 0.2}
MOST_POWERS = max(SHIFT_LIMIT_BINS)
LIMITS_DB = -80.0
# What polynomials through n Chebyshev times leave of the paths of a jumping person's limbs, 2.5 m
# away, at the worst moment of a burst of 28 ms: measured in float64 on the faces seen.
NODES_DB = {4: -69.0, 5: -110.0}
# TF32 products leave -71 dB, float32 ones -88 dB; only a GPU knows the difference.
ROUGH_PRODUCTS_DB = -65.0


@jax.tree_util.register_static
@dataclass(frozen=True)
class Accuracy:
    """The choices of a requested error.

    Attributes:
        error_db: asked for, from -100 to -40 dB.
    """

    error_db: float

    def __post_init__(self):
        if not -100 <= self.error_db <= -40:
            raise ValueError(
                f"an error of {self.error_db:g} dB cannot be asked for; give -100 to -40 dB, or "
                "the method plain for the sum over every sample"
            )

    @property
    def kernel_width(self) -> int:
        """Cells that one tone is spread over."""
        needed = (KERNEL_DB_AT_0 + MARGIN_DB - self.error_db) / KERNEL_DB_PER_CELL
        return min(int(np.ceil(needed)), WIDEST_KERNEL)

    @property
    def num_nodes(self) -> int:
        """Times per burst that carry the surface."""
        fitting = [n for n, left_db in NODES_DB.items() if left_db <= self.error_db - MARGIN_DB]
        return min(fitting, default=max(NODES_DB))

    @property
    def cull(self) -> float:
        """Faces weaker than this times the strongest are not summed."""
        return float(10 ** ((self.error_db - CULL_MARGIN_DB) / 20))

    @property
    def precision(self) -> str:
        """Of products of matrices."""
        return "highest" if self.error_db < ROUGH_PRODUCTS_DB else "default"

    def shift_limit_bins(self, powers: int, margin_db: float = MARGIN_DB) -> float:
        """Half the way that a tone may walk within a block."""
        loosened = 10 ** ((self.error_db - margin_db - LIMITS_DB) / (20 * powers))
        return SHIFT_LIMIT_BINS[powers] * loosened

    def span_bins(self, num_terms: int) -> float:
        """Range that a group's tones may cover where its series has so many terms."""
        return span_of_terms(num_terms, self.small)

    @property
    def small(self) -> float:
        """What may be left out of an echo, as a part of its amplitude."""
        return float(10 ** ((self.error_db - MARGIN_DB) / 20))

    @property
    def turn_limit_rad(self) -> float:
        """How far a receiver's phase may turn in half a block: its series leaves x^3 / 6."""
        return float((6 * self.small) ** (1 / 3))
