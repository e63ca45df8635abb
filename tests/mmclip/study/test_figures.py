"""Tests of the figures for domains with few labels, and for recordings that --real names."""

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study.arms import Arms
from mmclip.study.corpora import make_domains
from mmclip.study.figure import Plan
from mmclip.study.figures import FIGURES
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
