"""Check reflection models that are arguments of public functions."""

from typing import Any

from radarsim.array_checks import check_scalar
from radarsim.checks import described
from radarsim.errors import InputError
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel

MEMBERS = ("lobe_rad", "reflectivity_at", "scatterers", "log_weight")


def check_reflection(where: str, reflection: Any) -> None:
    """Check that an argument is a reflection model with valid parameters.

    Raises:
        InputError: the argument is not a model, or a parameter is invalid.
    """
    if isinstance(reflection, type) or not isinstance(reflection, ReflectionModel):
        raise _not_a_model(where, reflection)
    if isinstance(reflection, QuasiSpecular):
        check_sigma("QuasiSpecular", reflection.sigma_rad)
        hint = "give the amplitude factor of the surface, such as 0.5"
        check_scalar("QuasiSpecular", "reflectivity", reflection.reflectivity, hint=hint)


def check_sigma(where: str, sigma_rad: Any) -> None:
    """Check the width of a scattering lobe; the value of a tracer is not checked.

    Raises:
        InputError: the width is not a positive number.
    """
    hint = "give a width from 0.15 to 1 rad"
    check_scalar(where, "sigma_rad", sigma_rad, "rad", above=0.0, hint=hint)


def _not_a_model(where: str, reflection: Any) -> InputError:
    """Return the error for an argument that is not a reflection model, or lacks members of one."""
    missing = [name for name in MEMBERS if not hasattr(reflection, name)]
    if isinstance(reflection, type) or len(missing) == len(MEMBERS):
        problem = f"is {described(reflection)}, not a reflection model"
        hint = (
            "give QuasiSpecular(...) or PhysicalOptics(...); settings are a later argument, write "
            "settings=..."
        )
    else:
        problem = f"is {described(reflection)}, which lacks {', '.join(missing)}"
        hint = f"a reflection model has the members {', '.join(MEMBERS)}: docs/how-to/extend.md"
    return InputError(where, "reflection", problem, hint)
