"""Tests that the study's corpus command lines are valid for the commands that they start."""

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from builders import amass, motions
from builders.building.cli_options import recipe_table
from builders.building.recipe_loading import load_recipe_table, merge_tables
from mmclip.study.corpora import CAMERAS, grammar_of_hours, make_domains, placed
from mmclip.study.scale import SCALES
from pipelines.recipe_toml import recipe_from_table


def recipe_of(words):
    """Return the recipe of a `builders.amass` command line; InputError if the recipe is invalid."""
    options = amass.make_parser().parse_args(words)
    table, origin = load_recipe_table(options)
    return recipe_from_table(merge_tables(table, recipe_table(vars(options))), origin)


@pytest.mark.parametrize("preset", ["small", "paper", "reduced", "miniature"])
def test_every_corpus_has_a_valid_recipe(preset):
    """All corpora have the same radar, and clips of at least three seconds."""
    scale = SCALES[preset]
    nodes = [*make_domains(scale, {}).corpora.values(), grammar_of_hours(scale, 0.3)]
    nodes.append(placed(scale, "left", "--lateral-m=1", "--heading-deg=120"))
    recipes = {}
    for node in nodes:
        for module, *words in node.values["commands"]:
            filled = [word.format(store="s.zarr", folder="f") for word in words]
            if module == "builders.motions":
                motions.make_parser().parse_args(filled)
            else:
                recipes[node.title] = recipe_of(filled)
    assert len(recipes) == len(nodes)
    assert {recipe.radar for recipe in recipes.values()} == {recipes["corpus grammar"].radar}
    assert all(recipe.clips.length_s >= 3 for recipe in recipes.values())
    assert recipes["corpus stand-in twin-b"].splits.test == 1
    no_noise, default = recipes["corpus grammar, no noise"], recipes["corpus grammar"]
    assert default.simulation != no_noise.simulation


def test_the_two_corpora_of_section_5_5_differ_only_in_the_errors_of_cameras():
    corpora = make_domains(SCALES["small"], {}).corpora
    motion, simulation = corpora["simulated poses"].values["commands"]
    seen, same = corpora["simulated camera poses"].values["commands"]
    assert seen == [*motion, *CAMERAS]
    assert same == simulation
    assert "--preset" not in simulation  # the default radar, not that of the stand-in
