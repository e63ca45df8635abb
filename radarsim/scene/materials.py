"""Building materials: permittivity and surface roughness of walls and furniture.

The relative permittivity follows Recommendation ITU-R P.2040, which gives four constants per
material:

    eps' = a f^b,    conductivity = c f^d [S/m],    eps = eps' - j conductivity / (w eps0),

with f in GHz. A material cannot be used outside the frequency range that the recommendation states
for the constants. The recommendation gives no surface roughness, which the user must choose.
"""

from dataclasses import dataclass

import numpy as np

from radarsim.checks import store_number
from radarsim.constants import VACUUM_PERMITTIVITY_F_PER_M
from radarsim.errors import InputError

# Constants a, b, c, d of each material, and frequency range of validity [GHz].
# Source: Recommendation ITU-R P.2040-3 (2023), table 3.
_ITU_CONSTANTS = {
    "concrete": (5.24, 0.0, 0.0462, 0.7822, 1, 100),
    "brick": (3.91, 0.0, 0.0238, 0.16, 1, 40),
    "plasterboard": (2.73, 0.0, 0.0085, 0.9395, 1, 100),
    "wood": (1.99, 0.0, 0.0047, 1.0718, 0.001, 100),
    "glass": (6.31, 0.0, 0.0036, 1.3394, 0.1, 100),
    "ceiling board": (1.48, 0.0, 0.0011, 1.0750, 1, 100),
    "chipboard": (2.58, 0.0, 0.0217, 0.7800, 1, 100),
    "plywood": (2.71, 0.0, 0.33, 0.0, 1, 40),
    "marble": (7.074, 0.0, 0.0055, 0.9262, 1, 60),
    "floorboard": (3.66, 0.0, 0.0044, 1.3515, 50, 100),
    "metal": (1.0, 0.0, 1e7, 0.0, 1, 100),
}


@dataclass(frozen=True)
class Material:
    """A homogeneous, non-magnetic material, thick enough that only the front surface reflects.

    Attributes:
        name: name of the material in messages and reports.
        a, b, c, d: constants of ITU-R P.2040, for a frequency in GHz.
        low_ghz, high_ghz: lowest and highest frequency for which the constants are valid [GHz].
        roughness_m: rms height of the surface, which weakens the specular reflection [m].
    """

    name: str
    a: float | int
    b: float | int = 0.0
    c: float | int = 0.0
    d: float | int = 0.0
    low_ghz: float | int = 0.001
    high_ghz: float | int = 1000.0
    roughness_m: float | int = 0.0

    def __post_init__(self):
        hint = "take the constants from a table of ITU-R P.2040"
        store_number(self, "a", at_least=1.0, hint=hint)
        for field in ("b", "d"):
            store_number(self, field, hint=hint)
        store_number(self, "c", at_least=0.0, hint=hint)
        store_number(self, "low_ghz", above=0.0, hint="give GHz")
        store_number(self, "high_ghz", at_least=self.low_ghz, hint="give GHz")
        hint = "give the rms height in metres, such as 0.0002"
        store_number(self, "roughness_m", "m", at_least=0.0, at_most=0.01, hint=hint)

    def permittivity(self, freq_hz: float) -> complex:
        """Return the relative permittivity eps' - j eps''.

        Raises:
            InputError: the frequency is outside the range for which the constants are valid.
        """
        freq_ghz = freq_hz / 1e9
        if not self.low_ghz <= freq_ghz <= self.high_ghz:
            problem = (
                f"holds from {self.low_ghz:g} to {self.high_ghz:g} GHz; the radar sweeps around "
                f"{freq_ghz:.4g} GHz"
            )
            usable = [name for name, each in MATERIALS.items() if each.high_ghz >= 100]
            raise InputError("Material", self.name, problem, f"choose one of: {', '.join(usable)}")
        conductivity = self.c * freq_ghz**self.d
        loss = conductivity / (2 * np.pi * freq_hz * VACUUM_PERMITTIVITY_F_PER_M)
        return complex(self.a * freq_ghz**self.b, -loss)


MATERIALS = {name: Material(name, *values) for name, values in _ITU_CONSTANTS.items()}


def material_named(where: str, field: str, name: object) -> Material:
    """Return a smooth material of ITU-R P.2040.

    Args:
        where, field: file or class, and field name, for error messages.
        name: name of the material, a key of `MATERIALS`.

    Raises:
        InputError: the name is unknown.
    """
    if not (isinstance(name, str) and name in MATERIALS):
        hint = f"choose one of: {', '.join(MATERIALS)}"
        raise InputError(where, field, f"is {name!r}, which is unknown", hint)
    return MATERIALS[name]
