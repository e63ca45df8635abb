"""The section [surface] of a recipe sets the body surface of clips; without it, nothing changes."""

import pytest

from builders.building.cli_options import PRESETS
from builders.building.recipe_loading import load_recipe_table
from pipelines.clip_maker import ClipMaker
from pipelines.clip_surface import surface_of_clip
from pipelines.data_card import _LIMITS
from pipelines.data_card_surface import limitations_of_surface, surface_settings
from pipelines.plan import Clip
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest, recipe_from_table
from pipelines.subjects import FREE_BODY, body_of
from radarsim.errors import InputError
from radarsim.scattering.dielectrics import Clothing
from radarsim.scattering.physical_optics import PhysicalOptics
from tests.pipelines.test_recipe_files import options

PLAIN = '[simulation]\nreflection = "body"\n'
DRESSED = f"""{PLAIN}
[surface]
material = "metal"
roughness_mm = [0.1, 0.3]
roughness_slope = 0.2
clothing_mm = 0.6
clothing_gap_mm = 1.0
clothing_permittivity = 2.0
"""


def clip(name):
    return Clip(
        id=name, take="t", source="s", licence="CC0-1.0", subject="p", seed=2**40 + len(name)
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_a_recipe_without_the_section_keeps_its_text_and_digest(preset):
    """The digests of bundled presets must stay those of existing stores, which lack the section."""
    table, where = load_recipe_table(options("--preset", preset))
    recipe = recipe_from_table(table, where)
    assert "[surface]" not in dump_recipe(recipe)
    given = {**table, "surface": {"roughness_mm": 0.0, "smooth": False}}
    assert recipe_digest(recipe_from_table(given, where)) == recipe_digest(recipe)
    assert surface_settings(recipe) == {}


def test_a_recipe_with_the_section_is_read_back_unchanged():
    recipe = parse_recipe(DRESSED, "recipe")
    assert parse_recipe(dump_recipe(recipe), "recipe") == recipe
    assert recipe_digest(recipe) != recipe_digest(parse_recipe(PLAIN, "recipe"))


def test_the_reflection_model_of_a_clip_has_the_values_of_the_recipe_in_metres():
    """Each clip draws its own roughness height and phases; a clip always has the same values."""
    recipe = parse_recipe(DRESSED, "recipe")
    first, again, other = (surface_of_clip(recipe, clip(name)) for name in ("a", "a", "bc"))
    assert first == again
    assert first.material == "metal"
    assert first.clothing == Clothing(0.0006, 2.0 - 0.05j, 0.001)
    assert first.roughness.slope_rms == 0.2
    heights_m = first.roughness.height_rms_m, other.roughness.height_rms_m
    assert heights_m[0] != heights_m[1]
    assert all(0.1e-3 <= height_m <= 0.3e-3 for height_m in heights_m)
    assert first.roughness.realisation != other.roughness.realisation
    assert surface_of_clip(parse_recipe(PLAIN, "recipe"), clip("a")) == PhysicalOptics()


def test_a_smooth_body_has_several_times_as_many_faces():
    """A mesh with edges of 7 and 10 mm has over five times as many faces as one with 16 mm."""
    smooth = body_of(FREE_BODY._replace(smooth=True))
    assert len(smooth.faces) > 5 * len(body_of(FREE_BODY).faces)


def test_surfaces_with_more_faces_are_simulated_clip_by_clip():
    """Batches of frames are sized for the faces of body models without refinement and copies."""
    for key in ("smooth = true", "roughness_mm = 0.2"):
        recipe = parse_recipe(f"{PLAIN}[surface]\n{key}", "recipe")
        assert ClipMaker(per_call=2).clips_at_once(recipe) is None
    assert ClipMaker(per_call=2).clips_at_once(parse_recipe(PLAIN, "recipe")) == 2


def test_the_data_card_describes_the_surface():
    recipe = parse_recipe(DRESSED, "recipe")
    text = surface_settings(recipe)["body surface"]
    assert text.startswith("metal, mesh of the body model, roughness 0.1 to 0.3 mm")
    assert "garment of 0.6 mm (permittivity 2 - j0.05) at a distance of 1 mm" in text
    assert "garment of constant thickness" in limitations_of_surface(_LIMITS, recipe)
    assert limitations_of_surface(_LIMITS, parse_recipe(PLAIN, "recipe")) == _LIMITS


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[surface]\nsmooth = true", "surface"),  # reflection = "paper"
        (f"{PLAIN}max_edge_m = 0.01\n[surface]\nsmooth = true", "simulation.max_edge_m"),
        (f'{PLAIN}[surface]\nmaterial = "wood"', "surface.material"),
        (f"{PLAIN}[surface]\nroughness_mm = [0.3, 0.1]", "surface.roughness_mm"),
        (f"{PLAIN}[surface]\nroughness_slope = 0.2", "surface.roughness_slope"),
        (f"{PLAIN}[surface]\nclothing_gap_mm = 1.0", "surface.clothing_gap_mm"),
        (f"{PLAIN}[surface]\nclothing_mm = 60", "surface.clothing_mm"),
        (f"{PLAIN}[surface]\nclothing_mm = 1\nclothing_permittivity = 0.5",
         "surface.clothing_permittivity"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(text, field):
    """Settings without effect are rejected, like values outside their limits."""
    with pytest.raises(InputError) as caught:
        parse_recipe(text, "recipe")
    assert caught.value.field == field


def test_a_small_length_is_reported_in_the_unit_of_the_recipe():
    with pytest.raises(InputError, match=r"clothing_mm: is 0.005 mm; must be at least 0.01 mm"):
        parse_recipe(f"{PLAIN}[surface]\nclothing_mm = 0.005", "recipe")
