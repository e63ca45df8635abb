"""The reflection model of a clip from the section [surface] of a recipe."""

from pipelines.plan import Clip, draw
from pipelines.recipe import Recipe
from radarsim.scattering.dielectrics import Clothing
from radarsim.scattering.physical_optics import PhysicalOptics
from radarsim.scattering.roughness import Roughness


def surface_of_clip(recipe: Recipe, clip: Clip) -> PhysicalOptics:
    """Return the surface of all bodies of a clip; every clip has other phases of the rough part.

    Args:
        recipe: recipe of the dataset.
        clip: clip of the plan.
    """
    surface = recipe.surface
    return PhysicalOptics(
        surface.material, clothing=_clothing(recipe), roughness=_roughness(recipe, clip)
    )


def _roughness(recipe: Recipe, clip: Clip) -> Roughness | None:
    surface = recipe.surface
    if not surface.is_rough:
        return None
    height_mm = draw(recipe, "surface.roughness_mm", surface.roughness_mm, clip.id)
    # JAX converts whole numbers to 32 bits with a sign.
    return Roughness(1e-3 * height_mm, surface.roughness_slope, clip.seed % 2**31)


def _clothing(recipe: Recipe) -> Clothing | None:
    surface = recipe.surface
    if not surface.is_clothed:
        return None
    permittivity = complex(surface.clothing_permittivity, -surface.clothing_loss)
    return Clothing(1e-3 * surface.clothing_mm, permittivity, 1e-3 * surface.clothing_gap_mm)
