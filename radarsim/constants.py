"""Physical constants, with the unit in the name and the source in the docstring."""

SPEED_OF_LIGHT_MPS = 299_792_458.0
"""Speed of light in vacuum [m/s], exact (SI Brochure, 9th edition, 2019)."""

BOLTZMANN_J_PER_K = 1.380649e-23
"""Boltzmann constant [J/K], exact (SI Brochure, 9th edition, 2019)."""

REFERENCE_TEMPERATURE_K = 290.0
"""Temperature [K] at which noise figures are defined (IEEE Std 145; Friis 1944)."""

VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12
"""Vacuum permittivity [F/m] (CODATA 2018)."""
