"""Tests of ensembles and bilinear maps, which combine trained models and can replace a model."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from flax import nnx

from mmclip import bilinear, ensemble, evaluate, finetune, publish
from mmclip.ensemble_network import combined
from mmclip.label_scoring import similarity
from mmclip.model import Embeddings, make_model
from mmclip.model_files import FORMAT, VERSION, load_model
from mmclip.query_bank import read_query_bank, write_query_bank
from mmclip.sentences import permute_label_texts
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import UNSEEN, copy_tiny_model, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")


def unit(rng, *shape):
    x = rng.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_class_similarities_are_the_means_over_the_members():
    """The similarity of the combined unit vectors is the mean of the members' similarities.

    The tolerance is the rounding error of a float32 sum of 8 products below 1.
    """
    rng = np.random.default_rng(0)
    windows = [Embeddings(unit(rng, 5, 2, 8), unit(rng, 5, 8)) for _ in range(2)]
    labels = [Embeddings(unit(rng, 3, 2, 8), unit(rng, 3, 8)) for _ in range(2)]
    found = similarity(combined(windows), combined(labels), "class")
    each = [similarity(*pair, "class") for pair in zip(windows, labels)]
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-6)


def test_attribute_vectors_are_the_means_over_the_members():
    """Two orthogonal member vectors are combined into the unit vector halfway between them."""
    members = [Embeddings(np.eye(2)[None, [axis]], np.eye(2)[[axis]]) for axis in (0, 1)]
    np.testing.assert_allclose(combined(members).attributes, [[[0.5**0.5, 0.5**0.5]]], atol=1e-6)


def test_members_without_aggregators_are_compared_by_their_mean_attributes(tmp_path):
    """Class and attribute similarities agree, and a bank read from a file has equal vectors."""
    rng = np.random.default_rng(0)
    members = [Embeddings(unit(rng, 5, 2, 8), unit(rng, 5, 16)) for _ in range(2)]
    windows = Embeddings(*map(np.asarray, combined(members, aggregates=False)))
    of_class, of_attributes = (similarity(windows, windows, name) for name in ("class", "parts"))
    np.testing.assert_allclose(of_class, of_attributes, atol=1e-6)
    described = {
        "format": FORMAT,
        "version": VERSION,
        "settings": {"model": {"aggregator": "none"}},
    }
    (tmp_path / "model.json").write_text(json.dumps(described))
    description = write_query_bank(tmp_path, windows)
    found = read_query_bank(SimpleNamespace(folder=tmp_path, description=description))
    # The bank is stored in half precision, whose steps are below 5e-4 for values up to 1.
    np.testing.assert_allclose(found.activity, windows.activity, atol=5e-4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a store, two models with different seeds, and their ensemble."""
    folder = tmp_path_factory.mktemp("members")
    build_labelled_store(folder / "s.zarr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(folder / "cache"))
        for seed in (0, 1):
            copy_tiny_model(folder / str(seed), folder / "s.zarr", seed)
        members = [str(folder / seed) for seed in ("0", "1")]
        assert ensemble.main([*members, "--out", str(folder / "both")]) == 0
        yield folder


def test_an_ensemble_is_evaluated_and_published_like_a_model(folder, tmp_path):
    """The published ensemble has the members' combined query banks and a card with the seeds."""
    command = [str(folder / "s.zarr"), "--models", str(folder / "both"), "--out", str(tmp_path)]
    assert evaluate.main([*command, "--scoring", "parts", "--hub-correction", "on"]) == 0
    run = json.loads((tmp_path / "evaluation.json").read_text())["runs"][0]
    assert set(run["labels"]) == set(UNSEEN)
    assert publish.main([str(folder / "both"), "--out", str(tmp_path / "box")]) == 0
    card = (tmp_path / "box/MODEL_CARD.md").read_text()
    assert "an ensemble of 2 models (seeds 0, 1)" in card
    assert "Validation accuracy of the members among the 4 training labels: " in card
    banks = [read_query_bank(load_model(folder / seed)) for seed in ("0", "1")]
    found = read_query_bank(load_model(tmp_path / "box"))
    # The bank is stored in half precision, whose steps are below 5e-4 for values up to 1.
    np.testing.assert_allclose(found.activity, combined(banks).activity, atol=5e-4)


def test_models_that_do_not_belong_together_are_refused(folder, tmp_path, capsys):
    """Duplicate models, models of different subjects, and ensembles as members are rejected."""
    own, both = str(folder / "0"), str(folder / "both")
    other = shutil.copytree(folder / "1", tmp_path / "other")
    description = json.loads((other / "model.json").read_text())
    description["subjects"] = description["subjects"][:1]
    (other / "model.json").write_text(json.dumps(description))
    renamed = shutil.copytree(folder / "1", tmp_path / "renamed")
    description = json.loads((renamed / "model.json").read_text())
    description["stores"][0]["texts_digest"] = "of exchanged labels"
    (renamed / "model.json").write_text(json.dumps(description))
    for second, words in (
        (own, "has the seed 0"),
        (both, "combines several models; give the folders of single models"),
        (str(other), "in subjects; combine models of the same stores"),
        (str(renamed), "in stores; combine models of the same stores"),
    ):
        assert ensemble.main([own, second, "--out", str(tmp_path / "out")]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("names", [("0", "earlier"), ("earlier", "0")])
def test_a_model_of_an_earlier_version_is_combined_with_one_of_this_version(
    folder, tmp_path, names
):
    """Earlier versions record neither actions nor rooms nor the column step; the ensemble does."""
    paths = {"0": tmp_path / "0", "earlier": tmp_path / "earlier"}
    for name, seed in (("0", "0"), ("earlier", "1")):
        shutil.copytree(folder / seed, paths[name])
        description = json.loads((paths[name] / "model.json").read_text())
        for store in description["stores"]:
            store.pop("room", None)
            del store["texts_digest"]
        del description["axes"]["column_step"]
        if name == "0":
            description["seen_actions"] = ["squat", "walk"]
            description["axes"]["column_step"] = [0.0125]
            description["stores"][0] |= {"room": False, "texts_digest": "01"}
        (paths[name] / "model.json").write_text(json.dumps(description))
    runs = [str(paths[name]) for name in names]
    assert ensemble.main([*runs, "--out", str(tmp_path / "both")]) == 0
    found = json.loads((tmp_path / "both/model.json").read_text())
    assert found["seen_actions"] == ["squat", "walk"]
    assert found["axes"]["column_step"] == [0.0125]
    assert found["stores"][0]["room"] is False
    assert found["stores"][0]["texts_digest"] == "01"


def test_an_ensemble_cannot_be_fine_tuned(folder, tmp_path, capsys):
    command = [
        str(folder / "s.zarr"),
        "--model",
        str(folder / "both"),
        "--out",
        str(tmp_path / "f"),
    ]
    assert finetune.main(command) == 2
    assert "fine-tune each of its models" in capsys.readouterr().err


@pytest.fixture(scope="module")
def mapped(folder):
    """Return the folder of a bilinear map on both models."""
    command = [str(folder / "s.zarr"), "--model", str(folder / "0"), str(folder / "1")]
    assert bilinear.main([*command, "--out", str(folder / "mapped")]) == 0
    return folder / "mapped"


def test_a_bilinear_map_is_evaluated_and_published_like_a_model(folder, mapped, tmp_path):
    """The published map gives the same scores as the fitted one, up to half precision.

    The vectors of two members pass through weights of half precision, with a relative rounding of
    5e-4 in each of about ten products; 2e-2 of a unit vector is an upper limit of their sum. The
    logarithm of the scale, between 4 and 7, is rounded by at most 2e-3.
    """
    command = [str(folder / "s.zarr"), "--models", str(mapped), "--out", str(tmp_path)]
    assert evaluate.main(command) == 0
    run = json.loads((tmp_path / "evaluation.json").read_text())["runs"][0]
    assert set(run["labels"]) == set(UNSEEN)
    assert run["hub_correction"]
    assert publish.main([str(mapped), "--out", str(tmp_path / "box")]) == 0
    card = (tmp_path / "box/MODEL_CARD.md").read_text()
    assert "a bilinear map on the vectors of 2 models (seeds 0, 1)" in card
    heatmaps = np.random.default_rng(0).uniform(-1, 1, (3, 2, 32, 32)).astype(np.float32)
    fitted, published = (load_model(each).network for each in (mapped, tmp_path / "box"))
    embed = nnx.jit(lambda network, maps: network.signal(maps).attributes)
    found, expected = (embed(each, heatmaps) for each in (published, fitted))
    np.testing.assert_allclose(found, expected, atol=2e-2)
    assert float(published.scale()) == pytest.approx(float(fitted.scale()), rel=2e-3)


def test_a_confusion_of_a_bilinear_map_is_attributed_to_the_labels_of_its_fit(mapped, tmp_path):
    """If unseen labels are confused with seen labels, the shares of all seen labels sum to 1."""
    command = [str(mapped.parent / "s.zarr"), "--models", str(mapped), "--out", str(tmp_path)]
    assert evaluate.main([*command, "--candidates", "all", "--hub-correction", "off"]) == 0
    confusions = json.loads((tmp_path / "evaluation.json").read_text())["worst_confusions"]
    causes = confusions[0]["causes"]
    assert set(causes) == set(load_model(mapped).description["seen"])
    assert sum(causes.values()) == pytest.approx(1)
    largest = max(causes, key=lambda label: abs(causes[label]))
    assert f"contributions of training labels: {largest!r}" in confusions[0]["text"]


def test_a_bilinear_map_lists_the_training_data_of_all_members(folder, mapped):
    """Labels and people of both models are listed, and the map is fitted without unseen labels."""
    description = load_model(mapped).description
    single = load_model(folder / "0").description
    assert (description["seen"], description["unseen"]) == (single["seen"], single["unseen"])
    assert description["subjects"] == single["subjects"]
    assert description["bilinear"]["rank"] == len(single["seen"])
    assert 0 <= description["validation_accuracy"] <= 1


def test_combined_models_are_refused_as_members_of_a_map(folder, mapped, tmp_path, capsys):
    for member in ("both", "mapped"):
        command = [str(folder / "s.zarr"), "--model", str(folder / member)]
        assert bilinear.main([*command, "--out", str(tmp_path / "out")]) == 2
        assert "give the folders of single models" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_bilinear_map_is_not_written_over_another_model(folder, capsys):
    command = [str(folder / "s.zarr"), "--model", str(folder / "0")]
    before = (folder / "0" / "weights.safetensors").read_bytes()
    assert bilinear.main([*command, "--out", str(folder / "0")]) == 2
    assert "contains another model" in capsys.readouterr().err
    assert (folder / "0" / "weights.safetensors").read_bytes() == before


def test_a_permutation_control_fits_the_map_to_the_texts_of_other_labels():
    """With train.derange, the map is fitted to the exchanged texts that were used in training."""
    labels = ("jump", "march", "squat", "wave")
    encoder = np.eye(4, dtype=np.float32)
    bank = SimpleNamespace(variants={name: np.array([[n, n]]) for n, name in enumerate(labels)})
    data = SimpleNamespace(seen=labels, bank=bank, vectors=encoder)
    settings = tiny_settings("aggregator=none", "derange=3")
    first = SimpleNamespace(settings=settings, network=make_model(settings.model, 4, 0))
    texts = bilinear._texts_of_labels(first, data)
    given = {name: labels[int(text[0].argmax())] for name, text in zip(labels, texts)}
    assert given == permute_label_texts(labels, 3)
