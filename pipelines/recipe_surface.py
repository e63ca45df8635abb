"""The section [surface] of a recipe: the body surface in the physical-optics reflection model.

    [simulation]
    reflection = "body"

    [surface]
    smooth = true                 # mesh refined on a curved surface
    roughness_mm = [0.1, 0.3]     # limits of the rms height of the skin
    clothing_mm = 0.6             # thickness of a garment on the whole body
    clothing_gap_mm = 1.0         # air between skin and garment

The roughness of each clip is drawn at random; all other values are the same for all clips.
"""

from dataclasses import dataclass

from pipelines.recipe_fields import Range, Section, setting, settings_of
from pipelines.recipe_sections import Simulation
from radarsim.choices import SURFACE_MATERIALS
from radarsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Surface(Section):
    """The surface of all bodies, for the reflection model "body"."""

    material: str = setting(
        "skin",
        "material of the surface: dry skin at the frequency of the radar, or metal",
        flag="--surface-material",
        choices=SURFACE_MATERIALS,
    )
    smooth: bool = setting(
        False,
        "refine the body mesh on a curved surface, so that the echo level does not depend on the "
        "mesh; takes 10 to 17 times as long",
        flag="--smooth-body",
    )
    roughness_mm: Range = setting(
        (0.0, 0.0),
        "rms height of the rough surface; the value of each clip is drawn between the limits",
        "mm",
        flag="--surface-roughness-mm",
        metavar="MM",
        off="smooth",
        at_least=0,
        at_most=2,
    )
    roughness_slope: float = setting(
        0.125,
        "rms slope of the rough surface",
        flag="--surface-slope",
        at_least=0.01,
        at_most=1,
    )
    clothing_mm: float = setting(
        0.0,
        "thickness of a garment that covers the whole body",
        "mm",
        flag="--clothing-mm",
        metavar="MM",
        off="bare surface",
        at_least=0.01,
        at_most=50,
    )
    clothing_gap_mm: float = setting(
        0.0,
        "thickness of the air between body and garment",
        "mm",
        flag="--clothing-gap-mm",
        metavar="MM",
        at_least=0,
        at_most=50,
    )
    clothing_permittivity: float = setting(
        1.7,
        "real part of the relative permittivity of the garment",
        flag="--clothing-permittivity",
        at_least=1,
        at_most=100,
    )
    clothing_loss: float = setting(
        0.05,
        "negative imaginary part of the relative permittivity of the garment",
        flag="--clothing-loss",
        at_least=0,
        at_most=100,
    )

    @property
    def is_rough(self) -> bool:
        """Whether the clips have a rough surface."""
        return self.roughness_mm[1] > 0

    @property
    def is_clothed(self) -> bool:
        """Whether a garment covers the bodies."""
        return self.clothing_mm > 0

    def _check_together(self) -> None:
        self._refuse_without("is_rough", "roughness_slope", "--surface-roughness-mm")
        for name in ("clothing_gap_mm", "clothing_permittivity", "clothing_loss"):
            self._refuse_without("is_clothed", name, "--clothing-mm")

    def _refuse_without(self, part: str, name: str, flag: str) -> None:
        """Reject a setting of a part of the surface that the bodies do not have."""
        default, _ = settings_of(Surface)[name]
        if getattr(self, part) or getattr(self, name) == default:
            return
        problem = f"is {getattr(self, name):g}, and has no effect without {flag}"
        raise InputError("recipe", f"surface.{name}", problem, f"give {flag}, or omit the value")


def check_surface(surface: Surface, simulation: Simulation) -> None:
    """Check that the reflection model uses the section, and that the mesh is refined in one way.

    Raises:
        InputError: the section is used with another reflection model, or the mesh of a smooth body
            would also be subdivided.
    """
    if surface == Surface():
        return
    if simulation.reflection != "body":
        problem = f'is used, and the reflection model is "{simulation.reflection}"'
        hint = 'set reflection = "body" (--reflection body), or omit the section'
        raise InputError("recipe", "surface", problem, hint)
    if surface.smooth and simulation.max_edge_m:
        problem = f"is {simulation.max_edge_m:g} m, and surface.smooth refines the mesh"
        hint = "omit --max-edge-m, or omit --smooth-body"
        raise InputError("recipe", "simulation.max_edge_m", problem, hint)
