"""Changes of a model's settings by fine-tuning, and the variables that fine-tuning trains."""

from dataclasses import replace
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import finetune, pretrain
from mmclip.epochs import steps_per_epoch, with_epoch_decay
from mmclip.errors import MmclipError
from mmclip.model import make_model
from mmclip.model_files import describe_training, load_model, merge_sentences
from mmclip.model_variables import join_model, split_model
from mmclip.prepared_data import prepare_data, with_split_names
from mmclip.presets import load_preset, with_unseen
from mmclip.settings import FinetuneSettings
from mmclip.text_encoders import HashEncoder
from mmclip.training_step import merged_weights, model_of_state, start_state
from mmclip.window_corpus import WindowIndex
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, tiny_settings

TEXT_WIDTH = 16


def finetune_options(*arguments):
    return finetune.make_parser().parse_args(["s.zarr", "--model", "run", *arguments])


def finetune_settings(preset, *arguments):
    """Settings for fine-tuning a model of the given preset."""
    model = SimpleNamespace(settings=load_preset(preset))
    return finetune._settings(finetune_options(*arguments), model)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))
    return build_labelled_store(tmp_path / "s.zarr", subjects=2, repeats=1)


def test_by_default_finetuning_keeps_augmentation_and_decay_for_1000_steps():
    found = finetune_settings("paper")
    paper = load_preset("paper")
    assert found == replace(paper, train=replace(paper.train, steps=1000))


def test_finetuning_as_the_authors_do_has_no_augmentation_and_decays_per_epoch():
    found = finetune_settings("authors")
    augment = found.augment
    assert (augment.range_shift, augment.level_db, augment.noise_db) == (0, 0, 0)
    assert (augment.drop, augment.drop_columns) == (0, 0)
    assert found.train.decay_per_epoch
    assert found.train.steps == 1000
    # In pre-training, the rate decays every 1,000 steps.
    assert not load_preset("authors").train.decay_per_epoch


def test_mixing_as_the_authors_do_has_the_settings_of_pre_training():
    found = finetune_settings("authors", "--method", "mix")
    assert found == load_preset("authors")
    assert found.train.steps == 50_000
    assert finetune_settings("paper", "--method", "mix").train.steps == 1000
    full = finetune_settings("paper", "--method", "mix", "--set", "mix_schedule=full")
    assert full.train.steps == 50_000


def test_options_are_stronger_than_the_schedule():
    found = finetune_settings("authors", "--steps", "7", "--set", "range_shift=0.3")
    assert found.train.steps == 7
    assert found.augment.range_shift == 0.3
    assert found.augment.level_db == 0


def test_a_label_with_a_comma_is_excluded_as_one_label():
    label = "a man walks, then sits"
    options = pretrain.make_parser().parse_args(["s.zarr", "--unseen", label, "G1"])
    assert pretrain.settings_of(options).data.unseen == (label, "G1")
    assert finetune_settings("paper", "--unseen", label).data.unseen == (label,)
    model = SimpleNamespace(settings=with_unseen(load_preset("paper"), [label]))
    assert finetune._settings(finetune_options(), model).data.unseen == (label,)


@pytest.mark.parametrize(
    ("given", "named"), [((), False), (("--unseen", "hop"), True), (("--set", "unseen=hop"), True)]
)
def test_unseen_labels_are_those_of_the_model_unless_an_option_names_them(given, named):
    assert finetune._names_unseen(finetune_options(*given)) == named


def test_groups_in_one_word_are_separate_groups_in_the_settings_of_the_run(store):
    settings = with_unseen(tiny_settings(), ["bow,kick", "jump"])
    data = prepare_data([store], settings, HashEncoder(), verify=False, report=lambda line: None)
    assert data.unseen == ("bow", "jump", "kick")
    assert with_split_names(settings, data.corpus).data.unseen == ("bow", "kick", "jump")


def test_model_json_records_the_actions_of_seen_labels(store):
    """For the check for leakage, which compares them with the labels of an evaluation."""
    settings = tiny_settings("unseen=kick")
    data = prepare_data([store], settings, HashEncoder(), verify=False, report=lambda line: None)
    actions = {"jump": ("hop", "land"), "kick": ("swing", "stand")}
    joined = replace(data, corpus=replace(data.corpus, actions=actions))
    assert describe_training(joined, settings)["seen_actions"] == ["hop", "land"]


def test_unseen_labels_of_the_model_that_a_store_lacks_are_only_reported(store):
    """The user of finetune did not name them, unlike labels in --unseen or --set."""
    settings, lines = with_unseen(tiny_settings(), ["hop", "G1", "skip, then run", "kick"]), []
    data = prepare_data(
        [store], settings, HashEncoder(), verify=False, skip_absent=True, report=lines.append
    )
    assert data.unseen == ("bow", "kick")
    assert "data: no clip has these labels, which the model excluded: hop; skip, then run" in lines
    with pytest.raises(MmclipError, match="'hop' is neither a label"):
        prepare_data([store], settings, HashEncoder(), verify=False, report=lines.append)


def test_an_epoch_has_as_many_full_batches_as_its_clips_fill():
    assert [steps_per_epoch(clips, 16) for clips in (5, 16, 47, 48)] == [1, 1, 2, 3]


def test_the_rate_decays_once_per_epoch_if_set():
    """The rate decays every step, because three clips fill one batch of two windows per epoch."""
    windows = WindowIndex(np.array([0, 0, 0, 1, 1, 2]), np.zeros(6, int), np.zeros(6, int))
    corpus = SimpleNamespace(windows=lambda splits, labels: windows)
    data = SimpleNamespace(corpus=corpus, seen=("bow",))
    settings = tiny_settings("batch=2", "decay_every=150")
    assert with_epoch_decay(data, settings) is settings
    per_epoch = tiny_settings("batch=2", "decay_every=150", "decay_per_epoch=true")
    assert with_epoch_decay(data, per_epoch).train.decay_every == 1


def lora_state(*overrides):
    settings = tiny_settings("lora_rank=2", *overrides)
    network = make_model(settings.model, TEXT_WIDTH, 0)
    model = finetune._initial_model("lora", network, settings, TEXT_WIDTH)
    return model, start_state(model, settings.train)


def test_lora_alone_trains_no_variable_of_the_model():
    model, state = lora_state()
    assert set(state.trained) == set(model.variables["lora"])
    assert set(state.frozen) == set(model.variables["base"])


def test_lora_with_projection_also_trains_projection_and_temperature():
    model, state = lora_state("lora_projection=true")
    also = {"projection/kernel", "projection/bias", "log_scale"}
    assert set(state.trained) == set(model.variables["lora"]) | also
    assert set(state.frozen) == set(model.variables["base"]) - also
    assert model.num_trained == sum(value.size for value in state.trained.values())


def test_a_trained_projection_is_part_of_the_merged_weights():
    """If only the projection was trained, only the projection differs in the merged weights."""
    model, state = lora_state("lora_projection=true")
    trained = dict(state.trained)
    trained["projection/bias"] = trained["projection/bias"] + 1
    state = state._replace(trained=trained)
    before = split_model(join_model(model.graph, model.variables)).variables["base"]
    after = merged_weights(model, state)
    assert float(model_of_state(model, state).projection.bias[...].min()) == 1
    unlike = {
        name
        for name, value in after.items()
        if not jnp.array_equal(value, before[name.replace("qkv/", "qkv/base/")])
    }
    assert unlike == {"projection/bias"}


@pytest.mark.usefixtures("fast_compilation")
@pytest.mark.slow
def test_finetuning_as_the_authors_do_changes_qkv_projection_and_temperature_only(
    tmp_path, monkeypatch
):
    """Other weights stay bit-identical; the rate decays after each epoch of the 24 seen clips."""
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))
    store, pre, fine = (str(tmp_path / name) for name in ("s.zarr", "pre", "fine"))
    build_labelled_store(store)
    first = [store, "--out", pre, "--encoder", "hash", "--unseen", *UNSEEN, "--steps", "1"]
    assert pretrain.main([*first, "--set", *OVERRIDES]) == 0
    changes = ["lora_projection=true", "epoch_decay=true", "augmentation=false", "lora_rank=2"]
    second = [store, "--out", fine, "--model", pre, "--steps", "2"]
    assert finetune.main([*second, "--set", *changes]) == 0
    before, after = (split_model(load_model(run).network).variables["base"] for run in (pre, fine))
    changed = {name for name in after if not np.array_equal(after[name], before[name])}
    trained = {"projection/kernel", "projection/bias", "log_scale"}
    assert trained <= changed
    assert all(name.endswith("attention/qkv/kernel") for name in changed - trained)
    settings = load_model(fine).settings
    assert settings.train.decay_every == 24 // settings.train.batch == 2
    assert settings.augment.range_shift == settings.augment.noise_db == 0


def test_presets_keep_their_finetuning():
    """The defaults of the fine-tuning settings, which apply to older runs, must not change."""
    for preset in ("paper", "small"):
        assert load_preset(preset).finetune == FinetuneSettings()
        assert not load_preset(preset).train.lora_projection
    authors = FinetuneSettings(augmentation=False, epoch_decay=True, mix_schedule="full")
    assert load_preset("authors").finetune == authors


def test_a_label_without_sentences_in_the_new_store_keeps_those_of_the_base_model():
    """Fine-tuning on a store without attribute sentences must not lose the sentences."""
    own = {"kick": ({"legs": "A leg swings."},)}
    base = {"bow": [{"torso": "The torso bends."}], "kick": [{"legs": "An older sentence."}]}
    found = merge_sentences(("bow", "kick", "walk"), own, base)
    assert found == {"bow": base["bow"], "kick": [*own["kick"]], "walk": []}
