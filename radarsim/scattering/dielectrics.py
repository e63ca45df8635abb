"""Permittivity of skin and reflection from layered dielectrics, such as skin under clothing.

Permittivities are relative and have the form eps' - j eps'', for the time dependence exp(j w t).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radarsim.array_checks import check_scalar
from radarsim.checks import check_choice
from radarsim.constants import SPEED_OF_LIGHT_MPS, VACUUM_PERMITTIVITY_F_PER_M
from radarsim.errors import InputError

POLARISATIONS = ("te", "tm")
# Maximum thickness of a garment or air gap, which catches millimetres given as metres.
THICKEST_M = 0.05


@dataclass(frozen=True)
class ColeCole:
    """Parameters of a Cole-Cole model of permittivity.

    Attributes:
        permittivity_inf: relative permittivity at frequencies above all dispersions.
        dispersions: step of permittivity, relaxation time [s] and broadening of each dispersion.
        conductivity_s_per_m: ionic conductivity [S/m].
    """

    permittivity_inf: float
    dispersions: tuple[tuple[float, float, float], ...]
    conductivity_s_per_m: float

    def permittivity(self, freq_hz: float) -> complex:
        """Return the relative permittivity eps' - j eps'' at a frequency.

            eps_inf + sum_n step_n / (1 + (j w tau_n)^(1 - alpha_n)) + conductivity / (j w eps0)

        Args:
            freq_hz: frequency [Hz].
        """
        omega = 2j * np.pi * freq_hz
        poles = [
            step / (1 + (omega * tau_s) ** (1 - alpha)) for step, tau_s, alpha in self.dispersions
        ]
        ohmic = self.conductivity_s_per_m / (omega * VACUUM_PERMITTIVITY_F_PER_M)
        return complex(self.permittivity_inf + sum(poles) + ohmic)


# Two of the table's four dispersions are zero for dry skin. Source: S. Gabriel, R. W. Lau, C.
# Gabriel, "The dielectric properties of biological tissues: III. Parametric models for the
# dielectric spectrum of tissues", Phys. Med. Biol. 41, 1996, table 1; relaxation times with four
# digits from appendix C of the report "Compilation of the dielectric properties of body tissues at
# RF and microwave frequencies" by the same group.
DRY_SKIN = ColeCole(4.0, ((32.0, 7.234e-12, 0.0), (1100.0, 32.481e-9, 0.2)), 2e-4)


def skin_permittivity(freq_hz: float) -> complex:
    """Return the relative permittivity eps' - j eps'' of dry skin, 7.98 - j10.9 at 60 GHz.

    The parameters were fitted to measurements up to 20 GHz, so values at 60 to 80 GHz are
    extrapolated by the model.

    Args:
        freq_hz: frequency [Hz].
    """
    return DRY_SKIN.permittivity(freq_hz)


@dataclass(frozen=True)
class Clothing:
    """A garment: one homogeneous dielectric layer, with or without an air gap to the skin.

    Attributes:
        thickness_m: thickness of the fabric [m]; 0 for no garment.
        permittivity: relative permittivity eps' - j eps'' of the fabric. The default value is
            typical of published values for dry cotton, and is not a measurement of a garment.
        gap_m: thickness of the air gap between fabric and skin [m].
    """

    thickness_m: float
    permittivity: complex | float = 1.7 - 0.05j
    gap_m: float = 0.0

    def __post_init__(self):
        for name in ("thickness_m", "gap_m"):
            value, hint = getattr(self, name), "give metres, such as 0.0006 for a shirt"
            check_scalar("Clothing", name, value, "m", at_least=0.0, hint=hint)
            if value > THICKEST_M:
                problem = f"is {value:g} m, more than {THICKEST_M} m"
                raise InputError("Clothing", name, problem, hint)
        permittivity = complex(self.permittivity)
        if not (1 <= permittivity.real < np.inf and -np.inf < permittivity.imag <= 0):
            problem = f"is {permittivity:g}; the real part must be 1 or more, the imaginary part "
            problem += "0 or negative"
            raise InputError("Clothing", "permittivity", problem, "give eps' - j eps''")

    @property
    def layers(self) -> tuple[tuple[complex, float], ...]:
        """Return permittivity and thickness [m] of the fabric and the air gap, outermost first."""
        return (complex(self.permittivity), self.thickness_m), (1.0 + 0j, self.gap_m)


def layered_reflection(
    freq_hz: float,
    layers: Sequence[tuple[complex | float, float]],
    ground_permittivity: complex | float | None,
    incidence_rad: float = 0.0,
    polarisation: str = "te",
) -> complex:
    """Compute the reflection coefficient of plane layers on a half-space by transfer matrices.

    Each layer relates the tangential fields E and H on its two sides by

        [cos d, j sin d / Y; j Y sin d, cos d],  d = k0 t sqrt(eps - sin^2 a),

    where a is the angle of incidence, and Y is the layer's wave admittance relative to vacuum:
    sqrt(eps - sin^2 a) for TE and eps / sqrt(eps - sin^2 a) for TM polarisation. With (E, H) at the
    surface, the coefficient is (Y0 E - H) / (Y0 E + H).

    Args:
        freq_hz: frequency [Hz].
        layers: relative permittivity eps' - j eps'' and thickness [m] of each layer, outermost
            layer first.
        ground_permittivity: relative permittivity of the half-space; None for a perfect conductor.
        incidence_rad: angle between the incoming ray and the normal [rad].
        polarisation: "te" (electric field perpendicular to the plane of incidence) or "tm".

    Returns:
        Ratio of the reflected to the incident tangential electric field at the outer surface; -1
        for a bare perfect conductor.

    Raises:
        InputError: the polarisation is unknown.

    Source:
        Born, Wolf, "Principles of Optics", 7th edition, section 1.6.
    """
    check_choice("layered_reflection", "polarisation", polarisation, POLARISATIONS)
    sine_squared = np.sin(incidence_rad) ** 2

    def admittance(permittivity):
        root = np.sqrt(complex(permittivity) - sine_squared)
        return root if polarisation == "te" else permittivity / root

    metal = ground_permittivity is None
    fields = np.array([0, 1]) if metal else np.array([1, admittance(ground_permittivity)])
    for permittivity, thickness_m in reversed(layers):
        y, root = admittance(permittivity), np.sqrt(complex(permittivity) - sine_squared)
        phase = 2 * np.pi * freq_hz / SPEED_OF_LIGHT_MPS * thickness_m * root
        cos, sin = np.cos(phase), np.sin(phase)
        fields = np.array([[cos, 1j * sin / y], [1j * y * sin, cos]]) @ fields
    outside = admittance(1.0) * fields[0]
    return complex((outside - fields[1]) / (outside + fields[1]))
