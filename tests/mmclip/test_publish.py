"""Published models: half precision, short description, model card, and use as the default model."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import model_files, predict, publish
from mmclip.errors import MmclipError
from mmclip.model import make_model
from mmclip.model_card import card
from mmclip.model_files import describe_training, load_model, save_model
from mmclip.model_variables import split_model
from mmclip.prepared_data import prepare_data
from mmclip.query_bank import add_query_bank, read_query_bank
from mmclip.text_encoders import HashEncoder
from tests.helpers.labelled_stores import LABELS, build_labelled_store
from tests.helpers.tiny_training import UNSEEN, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a store and a model with random weights."""
    folder = tmp_path_factory.mktemp("published")
    store, encoder = build_labelled_store(folder / "s.zarr", repeats=1), HashEncoder()
    settings = tiny_settings(f"unseen={','.join(UNSEEN)}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(folder / "cache"))
        data = prepare_data([store], settings, encoder, report=lambda line: None)
        base = {"sentences": {"a caption of pre-training": []}, "seen": ["a caption"]}
        description = describe_training(data, settings, base) | {"step": 3}
        run = folder / "run"
        run.mkdir()
        weights = split_model(make_model(settings.model, encoder.width, 0)).variables["base"]
        save_model(run, weights, description)
        add_query_bank(run, data.corpus, lambda line: None)
        yield folder


def options(folder, **changes):
    given = {"store": str(folder / "s.zarr"), "model": None, "labels": None, "sentences": None}
    rest = {"stride": None, "encoder": None, "verify": True, "scoring": None}
    scoring = {"hub_correction": None, "seen_penalty": None}
    return SimpleNamespace(**{**given, **rest, **scoring, **changes})


def test_a_published_model_is_half_as_large_and_predicts_the_same(folder):
    """Half precision has 11 significant bits, so each weight changes by at most 0.05 %.

    Such changes alter the probabilities of a network with random weights by much less than one
    percent.
    """
    publish.publish(folder / "run", folder / "box")
    sizes = [(folder / name / "weights.safetensors").stat().st_size for name in ("run", "box")]
    # The limit is above 0.5, because the header, with the names of the weights, keeps its size.
    assert sizes[1] < 0.65 * sizes[0]
    full, half = load_model(folder / "run"), load_model(folder / "box")
    for name, weights in split_model(full.network).variables["base"].items():
        other = split_model(half.network).variables["base"][name]
        assert other.dtype == weights.dtype
        # Below 6e-5, half-precision numbers are subnormal, with a spacing of 6e-8.
        np.testing.assert_allclose(other, weights, rtol=5e-4, atol=6e-8)
    rows = [
        predict.predict(options(folder, model=str(folder / name)), lambda line: None)
        for name in ("run", "box")
    ]
    for one, other in zip(*rows, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=0.01)


@pytest.mark.parametrize(
    ("row", "problem"),
    [("wave,0,torso", "sentence"), ("wave,0,,x", "part"), (" ,0,torso,x", "caption")],
)
def test_a_sentence_file_with_an_incomplete_row_is_an_error_with_its_line(tmp_path, row, problem):
    file = tmp_path / "s.csv"
    file.write_text(f"caption,variant,part,sentence\nwave,0,general,a person waves\n{row}\n")
    with pytest.raises(MmclipError, match=rf"s\.csv, line 3: --sentences: has no {problem};"):
        predict._read_sentences(str(file))


@pytest.mark.parametrize("words", [("--stride", "0"), ("--stride", "-5"), ("--show", "-1")])
def test_a_stride_and_a_number_of_shown_windows_have_limits(words, capsys):
    with pytest.raises(SystemExit):
        predict.make_parser().parse_args(["s.zarr", *words])
    assert "is not a whole number of at least" in capsys.readouterr().err


def test_the_description_has_the_sentences_of_the_own_labels_only(folder):
    publish.publish(folder / "run", folder / "box")
    description = load_model(folder / "box").description
    assert set(description["sentences"]) == set(LABELS)
    assert "a caption" in description["seen"]


def test_the_default_model_and_the_labels_of_the_store(folder, monkeypatch):
    publish.publish(folder / "run", folder / "box")
    monkeypatch.setattr(model_files, "BUNDLED_MODEL", folder / "box")
    lines = []
    rows = predict.predict(options(folder), lines.append)
    assert set(rows[0]["scores"]) == set(LABELS)
    assert "model: the trained model of the package" in lines[0]
    never = [line for line in lines if "not in the training data: bow, kick" in line]
    assert len(never) == 1


def test_a_store_with_one_label_or_none_is_classified_by_the_labels_of_the_model():
    description = {"labels": ["bow", "kick"], "seen": ["bow", "a caption"], "unseen": ["kick"]}
    assert predict._default_labels(description, [""]) == ["bow", "kick"]
    assert predict._default_labels(description, ["climb"]) == ["bow", "climb", "kick"]
    assert predict._default_labels(description, ["", "a", "b"]) == ["a", "b"]
    del description["labels"]  # as in a model of an earlier version
    assert predict._default_labels(description, []) == ["a caption", "bow", "kick"]


def test_a_large_model_and_a_folder_of_something_else_are_refused(folder, tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(MmclipError, match=r"contains other files \(thesis.txt\)"):
        publish.publish(folder / "run", tmp_path)
    monkeypatch.setattr(publish, "LARGEST_MB", 0.001)
    with pytest.raises(MmclipError, match=r"size: .* MB; at most 0.001 MB are allowed"):
        publish.publish(folder / "run", folder / "large")


def test_the_card_states_data_and_figures(folder, capsys):
    """The card states the results of the evaluation file as percentages."""
    interval = {"mean": 0.75, "low": 0.6, "high": 0.9}
    pooled = {"over_classes": interval, "chance": 0.1, "runs": {"a": 0.7, "b": 0.8}}
    file = folder / "zero_shot.json"
    kinds = {kind: pooled for kind in ("G2", "G2 straight", "deranged")}
    file.write_text(json.dumps({"commit": "abc", "machine": {"cores": 2}} | kinds))
    command = [str(folder / "run"), "--out", str(folder / "box"), "--evaluation", str(file)]
    assert publish.main(command) == 0
    text = (folder / "box" / "MODEL_CARD.md").read_text()
    assert "| G2, 2 models | 75.0% | 60.0% to 90.0% | - | - | 10.0% |" in text
    assert "| G2 directly after pre-training, 2 models |" in text
    assert "| permutation control, in which every label has the text of another one, 2 m" in text
    assert "machine: cores 2." in text
    assert "Simulated clips of 4 people" in text
    assert "Activities not in the training data (2): bow, kick." in text
    assert "Pre-training added 1 captions" in text
    assert "range: 32 bins from 0 to 3.1 m" in text
    description = load_model(folder / "box").description
    assert "not measured" in card(description, {})
    assert "* time: a column every 0.0125 s" in text
    assert "one body in free space." in " ".join(text.split())
    description["stores"].append({**description["stores"][0], "room": True})
    of_both = " ".join(card(description, {}).split())
    assert "one body in free space or in simulated rooms." in of_both
    # Earlier versions did not record the surroundings.
    del description["stores"][0]["room"]
    assert "one bounce off one body. Accuracy" in " ".join(card(description, {}).split())
    file.write_text("{")
    assert publish.main(command) == 2
    assert "--evaluation: cannot be read" in capsys.readouterr().err


def test_the_model_of_the_package_is_complete_and_small():
    """The model of the package has the digest in its description, and a card."""
    model = load_model(model_files.BUNDLED_MODEL)
    folder = model.folder
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1e6 * publish.LARGEST_MB
    assert read_query_bank(model) is not None
    assert model.description["weights_sha256"] in (folder / publish.CARD).read_text()
    people = model.description["subjects"]
    # The names of the main job's people do not contain their seed, because the seed is 0.
    assert people
    assert all("/seed" in name for name in people)
