"""Tests of the figures for domains with few labels, and for recordings that --real names."""

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study.arms import Arms
from mmclip.study.corpora import make_domains
from mmclip.study.figure import Plan
from mmclip.study.figures import FIGURES
from mmclip.study.nodes import in_order, make_node
from mmclip.study.scale import SCALES

SCALE = SCALES["reduced"]
GROUP = ("bow", "kick")


def plan_of(num_seen=50, domains=None, **options):
    """Plan with one group of two labels, and with the given number of seen labels."""
    labels = (*GROUP, *(f"label {number}" for number in range(num_seen)))
    domains = domains or make_domains(SCALE, {})
    return Plan(Arms(SCALE, domains, {"G": GROUP}, labels, **options), ("G",), (0, 1))


def check_names(figure):
    """Every bar has its own name, and every ordering compares two bars of the figure."""
    names = [bar.name for bar in figure.bars]
    assert len(set(names)) == len(names)
    for each in figure.orderings:
        assert each.better != each.worse
        assert {each.better, each.worse} <= set(names)


@pytest.mark.parametrize(
    ("num_seen", "numbers"),
    [
        (50, [0, 10, 20, 30, 40, 50]),
        (5, [0, 2, 3, 4, 5]),
        (3, [0, 2, 3]),
        (2, [0, 2]),
        (1, []),
    ],
)
def test_few_seen_labels_give_fewer_levels_with_at_least_two_labels(num_seen, numbers):
    """The levels 1/5 to 5/5 of 3 labels are 0.6, 1.2, 1.8, 2.4 and 3; rounded, 1, 1, 2, 2 and 3."""
    figure = FIGURES["6"].build(plan_of(num_seen))
    check_names(figure)
    assert [bar.x for bar in figure.bars if bar.series == "full"] == numbers
    for bar in figure.bars:
        for each in bar.scorings if bar.x else ():
            text = each.node.need("model")[0].values["overrides"][-1]
            excluded = text.removeprefix("unseen=").split(",")
            assert len(excluded) == len(GROUP) + num_seen - bar.x
    assert bool(figure.notes) == (not numbers)


@pytest.mark.parametrize(
    ("num_seen", "sizes"), [(50, [4, 7, 10, 13, 16]), (10, [4, 7, 10]), (4, [4]), (3, [])]
)
def test_few_labels_give_fewer_numbers_of_unseen_labels(num_seen, sizes):
    """Two labels are left for training."""
    figure = FIGURES["7"].build(plan_of(num_seen))
    check_names(figure)
    assert [bar.x for bar in figure.bars if bar.series == "full"] == sizes
    for bar in figure.bars:
        assert {len(each.node.values["labels"]) for each in bar.scorings} == {max(sizes)}


@pytest.mark.parametrize(
    ("stores", "real", "scenes"),
    [
        ({}, (), ["A", "B", "C"]),
        ({"real": "a.zarr"}, (), ["A", "B", "C"]),
        ({}, ("a.zarr", "b.zarr", "c.zarr"), ["A", "B", "C"]),
        ({}, ("a.zarr", "b.zarr"), ["A", "B"]),
        ({"scene-c": "c.zarr"}, ("a.zarr",), ["A", "C"]),
        ({}, ("a.zarr",), []),
    ],
)
def test_an_environment_without_recordings_is_not_replaced_by_a_stand_in(stores, real, scenes):
    figure = FIGURES["5.3.6"].build(plan_of(domains=make_domains(SCALE, stores, real)))
    check_names(figure)
    assert [bar.name for bar in figure.bars] == [f"scene {name}" for name in scenes]
    assert len(figure.orderings) == max(len(scenes) - 1, 0)
    notes = " ".join(figure.notes)
    assert ("needs the store of another environment" in notes) == (not scenes)
    missing = [name for name in "BC" if scenes and name not in scenes]
    assert all(f"No store of scene {name} was given." in notes for name in missing)


LICENSED = make_node("corpus", "corpus licensed motion", 1.0, commands=[])


@pytest.mark.parametrize(
    ("name", "options", "shown"),
    [
        ("placement", {}, True),
        ("placement", {"real": ("a.zarr",)}, False),
        ("placement", {"licensed": LICENSED}, False),
        ("placement", {"stores": {"grammar": "g.zarr"}}, False),
        ("physics", {}, True),
        ("physics", {"real": ("a.zarr",)}, True),
        ("physics", {"licensed": LICENSED}, False),
        ("physics", {"stores": {"grammar": "g.zarr"}}, False),
    ],
)
def test_a_figure_of_the_grammar_is_a_note_if_another_corpus_replaces_it(name, options, shown):
    domains = make_domains(SCALE, **{"stores": {}, **options})
    figure = FIGURES[name].build(plan_of(domains=domains))
    assert bool(figure.bars) == shown
    assert ("omitted with" in figure.notes[0]) == (not shown)


def test_a_study_of_recordings_builds_no_stand_in():
    """Figures of recordings need only the given stores and corpora of the grammar."""
    plan = plan_of(domains=make_domains(SCALE, {}, ("a.zarr",)))
    figures = [entry.build(plan) for entry in FIGURES.values()]
    nodes = in_order(node for figure in figures for node in figure.nodes())
    titles = [node.title for node in nodes if node.kind == "corpus"]
    assert "corpus grammar" in titles
    assert all(title.startswith("corpus grammar") for title in titles)


@pytest.mark.parametrize(
    ("options", "noted"),
    [
        ({}, False),
        ({"scoring": "class", "hub_correction": "off"}, False),
        ({"scoring": "both"}, True),
        ({"hub_correction": "on"}, True),
    ],
)
def test_bars_with_and_without_examples_are_scored_in_the_same_way(options, noted):
    """Few-shot scorings compare class vectors, so the scorings without examples do, too."""
    figure = FIGURES["11"].build(plan_of(**options))
    check_names(figure)
    scorings = [*(each for bar in figure.bars for each in bar.scorings), *figure.controls]
    found = [each.node.values for each in scorings if each.node.kind == "score"]
    assert {(each["scoring"], each["hub_correction"]) for each in found} == {("class", "off")}
    assert any("do not apply to this figure" in note for note in figure.notes) == noted
