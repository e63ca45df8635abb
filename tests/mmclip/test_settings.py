"""Settings: presets, overrides, validation, and the labels of the paper's protocol."""

import json
from dataclasses import fields

import pytest

from mmclip.errors import MmclipError
from mmclip.presets import (
    PRESETS,
    SECTIONS,
    apply_overrides,
    load_preset,
    settings_from_dict,
    settings_to_dict,
)
from mmclip.protocol import activities, groups, split_names, unseen_labels
from mmclip.setting_texts import setting_texts


def test_an_override_has_the_type_of_the_value_that_it_replaces():
    settings = load_preset(
        "small", ["steps=1e3", "train.rate=2e-3", "heatmaps=time_range", "captions=true"]
    )
    assert settings.train.steps == 1000
    assert isinstance(settings.train.steps, int)
    assert settings.train.rate == 2e-3
    assert settings.model.heatmaps == ("time_range",)
    assert settings.data.captions is True


def test_a_preset_with_a_whole_number_accepts_a_fraction():
    assert load_preset("authors", ["level_db=1.5"]).augment.level_db == 1.5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stepps=3", "stepps: is not a setting; the settings are model.heatmaps"),
        ("steps=many", "'many' is not of type int"),
        ("steps", "has no value"),
        ("loss=hinge", "one of kl, cross_entropy, cosine, mse"),
        ("heatmaps=time_range,time_range", "each at most once"),
        ("rate=2", "between 0 and 1"),
        ("branch_heads=5", "a divisor of branch_width"),
        ("min_shift=20", "at most max_shift"),
        ("patch_columns=0", "patch_columns: is 0; it must be at least 1"),
        ("branch_heads=0", "at least 1"),
        ("size=-224", "at least 1"),
        ("temperature=0", "above 0"),
        ("temperature=nan", "temperature: is nan; it must be a finite number"),
        ("dropout=1", "at least 0 and below 1"),
        ("memory_mb=1e999", "'1e999' is not of type int"),
        ("seed=-1", "at least 0 and below 4294967296"),
    ],
)
def test_an_invalid_override_is_an_error_of_one_line(override, message):
    with pytest.raises(MmclipError, match=message):
        load_preset("paper", [override])


def test_every_numeric_setting_has_limits():
    numeric = {
        f"{section}.{each.name}": "limits" in each.metadata
        for section, kind in SECTIONS.items()
        for each in fields(kind)
        if each.type in (int, float)
    }
    assert len(numeric) > 40
    assert [name for name, is_limited in numeric.items() if not is_limited] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_are_restored_from_json(preset):
    settings = load_preset(preset, ["unseen=G1,bow"])
    assert settings_from_dict(json.loads(json.dumps(settings_to_dict(settings)))) == settings


def test_the_paper_preset_has_the_values_of_the_paper():
    paper = load_preset("paper")
    assert (paper.model.branch_depth, paper.model.learner_depth) == (2, 6)
    assert (paper.train.batch, paper.train.steps, paper.train.rate) == (16, 50_000, 1e-4)
    assert (paper.train.attribute_weight, paper.train.class_weight) == (1, 1)


def test_the_authors_preset_differs_from_the_paper_in_the_choices_of_their_code():
    """All other settings, such as widths, batch, rate and steps, must be equal in both presets."""
    paper, authors = (settings_to_dict(load_preset(name)) for name in ("paper", "authors"))
    different = {
        f"{section}.{key}": value
        for section, values in authors.items()
        for key, value in values.items()
        if value != paper[section][key]
    }
    assert different == {
        "model.branch_depth": 4,
        "model.branch_norm": False,
        "model.aggregator_position": True,
        "data.sampling": "clip",
        "data.sentence_vectors": "raw",
        "data.short_windows": "stretch",
        "data.most_actions": 3,
        "augment.range_shift": 1.0,
        "augment.shift_direction": "farther",
        "augment.level_db": 0,
        "augment.noise_db": 0,
        "train.kl_direction": "signal",
        "train.cross_entropy_direction": "both",
        "train.attribute_target": "first_sentence",
        "train.class_target": "first_sentence",
        "train.attribute_reduction": "sum",
        "train.lora_projection": True,
        "finetune.augmentation": False,
        "finetune.epoch_decay": True,
        "finetune.mix_schedule": "full",
    }


def test_the_docstrings_describe_every_setting():
    """The documentation takes the meaning of a setting from the docstring of its class."""
    texts = setting_texts()
    assert set(texts) == {
        f"{section}.{name}"
        for section, values in settings_to_dict(load_preset("paper")).items()
        for name in values
    }
    assert (
        texts["data.shortest"] == "minimum number of measured columns of a clip that is stretched."
    )


def test_settings_of_an_earlier_version_are_read_with_the_defaults_of_new_ones():
    table = settings_to_dict(load_preset("small"))
    del table["finetune"], table["model"]["branch_norm"], table["train"]["kl_direction"]
    assert settings_from_dict(table) == load_preset("small")


def test_settings_outside_limits_of_this_version_are_read_but_not_overridden():
    """Earlier versions accepted these values; the model can be used, but not trained further."""
    table = settings_to_dict(load_preset("small"))
    table["train"]["seed"] = -1
    settings = settings_from_dict(table)
    assert settings.train.seed == -1
    with pytest.raises(MmclipError, match=r"train\.seed: is -1"):
        apply_overrides(settings, ["steps=3"])
    table["model"]["size"] = -224
    with pytest.raises(MmclipError, match=r"model\.size: is -224"):
        settings_from_dict(table)


def test_the_protocol_has_sixty_activities_and_three_disjoint_groups_of_ten():
    assert len(set(activities().values())) == 60
    assert set(activities()) == set(range(1, 66)) - {16, 23, 24, 42, 53}
    assert [len(group) for group in groups().values()] == [10, 10, 10]
    assert len(set().union(*groups().values())) == 30


def test_unseen_labels_are_selected_by_group_or_name_and_must_exist():
    known = ("bow", "jump", "walk")
    assert unseen_labels(("G1",), known, "s") == ("bow",)
    assert unseen_labels(("G3", "walk"), known, "s") == ("jump", "walk")
    message = r"'hop' is neither a label of this corpus .*; the labels are bow, jump, walk"
    with pytest.raises(MmclipError, match=message):
        unseen_labels(("hop",), known, "s")


def test_names_separated_by_commas_are_split_unless_they_are_a_label():
    known = ("bow", "jump", "walk", "walk, then bow")
    assert split_names(("G1,G3", "walk, then bow"), known) == ("G1", "G3", "walk, then bow")
    assert split_names(("walk, bow",), known) == ("walk", "bow")
    assert split_names(("walk,hop",), known) == ("walk,hop",)
