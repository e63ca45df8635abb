"""Parts of the data card of a store whose recipe describes the surface of the bodies."""

from pipelines.recipe import Recipe
from pipelines.recipe_surface import Surface

_IN_FREE_SPACE = ("multipath or clothes.", "multipath or loose clothes.")
_IN_ROOM = ("Clothes are not modelled.", "Loose clothes are not modelled.")
_GARMENT = """One
garment of constant thickness covers the whole body."""


def surface_settings(recipe: Recipe) -> dict[str, str]:
    """Return the row of the body surface; empty if all settings are the defaults."""
    surface = recipe.surface
    if surface == Surface():
        return {}
    parts = [surface.material, "smooth mesh" if surface.smooth else "mesh of the body model"]
    if surface.is_rough:
        low_mm, high_mm = surface.roughness_mm
        heights = f"{low_mm:g}" if low_mm == high_mm else f"{low_mm:g} to {high_mm:g}"
        parts.append(f"roughness {heights} mm rms with slope {surface.roughness_slope:g}")
    if surface.is_clothed:
        permittivity = f"{surface.clothing_permittivity:g} - j{surface.clothing_loss:g}"
        parts.append(
            f"garment of {surface.clothing_mm:g} mm (permittivity {permittivity}) "
            f"at a distance of {surface.clothing_gap_mm:g} mm"
        )
    return {"body surface": ", ".join(parts)}


def limitations_of_surface(text: str, recipe: Recipe) -> str:
    """Adapt the section on limitations to bodies with a garment.

    Args:
        text: the section for bodies without clothes, in free space or in a room.
        recipe: recipe of the clips.
    """
    if not recipe.surface.is_clothed:
        return text
    for without, loose in (_IN_FREE_SPACE, _IN_ROOM):
        text = text.replace(without, f"{loose} {_GARMENT}")
    return text
