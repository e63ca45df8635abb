"""Settings: presets, overrides, and what cannot be."""

import json

import pytest

from mmclip.errors import MmclipError
from mmclip.presets import PRESETS, as_table, from_table, settings
from mmclip.protocol import activities, groups, unseen_labels


def test_overrides_take_the_type_of_what_they_replace():
    found = settings(
        "small", ["steps=1e3", "train.rate=2e-3", "heatmaps=time_range", "captions=true"]
    )
    assert found.train.steps == 1000
    assert isinstance(found.train.steps, int)
    assert found.train.rate == 2e-3
    assert found.model.heatmaps == ("time_range",)
    assert found.data.captions is True


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("stepps=3", "stepps: is no setting; there are model.heatmaps"),
        ("steps=many", "'many' is no int"),
        ("steps", "has no value"),
        ("loss=hinge", "one of kl, cross_entropy, cosine, mse"),
        ("heatmaps=time_range,time_range", "each once"),
        ("rate=2", "between 0 and 1"),
        ("branch_heads=5", "a divisor of branch_width"),
        ("min_shift=20", "at most max_shift"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line(override, words):
    with pytest.raises(MmclipError, match=words):
        settings("paper", [override])


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_survive_json(preset):
    changed = settings(preset, ["unseen=G1,bow"])
    assert from_table(json.loads(json.dumps(as_table(changed)))) == changed


def test_the_paper_preset_says_what_the_paper_says():
    paper = settings("paper")
    assert (paper.model.branch_depth, paper.model.learner_depth) == (2, 6)
    assert (paper.train.batch, paper.train.steps, paper.train.rate) == (16, 50_000, 1e-4)
    assert (paper.train.attribute_weight, paper.train.class_weight) == (1, 1)


def test_the_protocol_has_sixty_activities_and_three_groups_of_ten_that_share_none():
    assert len(set(activities().values())) == 60
    assert set(activities()) == set(range(1, 66)) - {16, 23, 24, 42, 53}
    assert [len(group) for group in groups().values()] == [10, 10, 10]
    assert len(set().union(*groups().values())) == 30


def test_unseen_labels_are_named_by_group_or_word_and_must_be_there():
    known = ("bow", "jump", "walk")
    assert unseen_labels(("G1",), known, "s") == ("bow",)
    assert unseen_labels(("G3", "walk"), known, "s") == ("jump", "walk")
    with pytest.raises(MmclipError, match=r"'hop' is no label of it .* there are bow, jump, walk"):
        unseen_labels(("hop",), known, "s")
