"""Tests that existing stores are checked when the study is planned, and of absolute paths."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.store import open_store
from mmclip.study import given_stores
from mmclip.study.__main__ import main, make_parser
from mmclip.study.absolute_paths import with_absolute_paths
from mmclip.study.nodes import make_node, node_folder
from mmclip.study.work import execute
from tests.helpers.labelled_stores import LABELS, build_labelled_store

UNSEEN = ("bow", "kick")


@pytest.fixture
def real(tmp_path):
    return build_labelled_store(tmp_path / "real.zarr")


def dry_run(tmp_path, *options):
    words = ["--out", str(tmp_path / "out"), "--preset", "miniature", "--encoder", "hash"]
    return main([*words, "--groups", ",".join(UNSEEN), "--dry-run", *map(str, options)])


def test_the_plan_of_usable_stores_has_no_error(tmp_path, real):
    assert dry_run(tmp_path, "--real", real, "--figures", "5", "11", "7") == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", [("--real", "{real}", "{none}"), ("--stores", "grammar={none}")])
def test_a_store_that_does_not_exist_is_found_by_the_dry_run(tmp_path, real, option, capsys):
    words = [word.format(real=real, none=tmp_path / "typo.zarr") for word in option]
    assert dry_run(tmp_path, *words, "--figures", "5") == 2
    assert "typo.zarr: store: zarr.json cannot be read" in capsys.readouterr().err


def test_stores_with_other_axes_are_found_by_the_dry_run(tmp_path, real, capsys):
    grammar = build_labelled_store(tmp_path / "g.zarr", 0.12, subjects=1, repeats=1)
    assert dry_run(tmp_path, "--real", real, "--stores", f"grammar={grammar}") == 2
    assert (
        "real.zarr: range: 32 bins from 0 to 3.1 m; 32 bins from 0 to 3.72 m"
        in capsys.readouterr().err
    )
    # Figure 5 does not use the other environments.
    assert dry_run(tmp_path, "--real", real, grammar, "--figures", "5") == 0


def test_a_scene_without_unseen_labels_is_found_by_the_dry_run(tmp_path, real, capsys):
    seen = tuple(label for label in LABELS if label not in UNSEEN)
    scene = build_labelled_store(tmp_path / "scene.zarr", first_subject=10, labels=seen)
    words = ("--real", real, scene, "--preset", "miniature")
    assert dry_run(tmp_path, *words, "--figures", "5") == 0
    assert dry_run(tmp_path, *words, "--figures", "5.3.6") == 2
    error = capsys.readouterr().err
    assert "scene.zarr: clips: no clip of the split test has any of the 2 labels (bow, k" in error


def corpus(actions=(), **labels):
    """Return a corpus with a window of each of the given labels in each split.

    All labels with "and" join the given actions.
    """
    names = tuple(sorted({label for each in labels.values() for label in each}))

    def windows(splits, wanted):
        found = [names.index(x) for split in splits for x in labels.get(split, ()) if x in wanted]
        return SimpleNamespace(label=np.array(found, int))

    def actions_of(labels):
        return {action for label in labels if " and " in label for action in actions}

    return SimpleNamespace(labels=names, windows=windows, actions_of=actions_of)


def lines_of(found, kind, **settings):
    store = make_node("store", "", 0.0, path="a.zarr")
    node = make_node(kind, "", 0.0, [("store", store)], **settings)
    return list(given_stores._check_windows(found, "a.zarr", [store, node]))


def test_a_scored_label_without_windows_is_stated_in_the_plan():
    found = corpus(train=("bow", "kick"), test=("bow",))
    settings = {"labels": ["bow", "kick"], "people": ["held out", "same"]}
    (line,) = lines_of(found, "score", **settings, subsets=[])
    assert line == "a.zarr: no clip of the split test has the labels (kick)"
    with pytest.raises(MmclipError, match=r"split test has any of the 1 labels \(kick\)"):
        lines_of(found, "score", labels=["kick", "bow"], people=[], subsets=[1])


def test_few_shot_scoring_needs_training_windows_of_every_label():
    found = corpus(train=("bow",), test=("bow", "kick"))
    with pytest.raises(MmclipError, match="split train has the label kick, of which examples"):
        lines_of(found, "few-shot", labels=["bow", "kick"])


def test_training_needs_windows_of_seen_labels():
    found = corpus(train=("bow", "kick"), test=("jump",))
    lines_of(found, "tent", overrides=["unseen=kick"])
    with pytest.raises(MmclipError, match=r"split train has any of the 1 labels \(jump\)"):
        lines_of(found, "tent", overrides=["unseen=kick,bow"])
    with pytest.raises(MmclipError, match="none is left for training"):
        lines_of(found, "tent", overrides=["unseen=kick,bow,jump"])


def test_windows_with_an_unseen_action_are_not_counted_as_training_data():
    found = corpus(actions=("bow", "kick"), train=("bow and kick",))
    with pytest.raises(MmclipError, match="none is left for training"):
        lines_of(found, "tent", overrides=["unseen=kick"])


@pytest.mark.parametrize("digest", ["plan_digest", "recipe_digest", "texts_digest"])
def test_a_store_that_was_replaced_is_refused(tmp_path, real, capsys, digest):
    """A resumed study would mix results of the old and of the new store."""
    assert dry_run(tmp_path, "--real", real, "--figures", "5") == 0
    node = make_node("store", "", 0.0, path=real)
    execute(node, tmp_path / "out")
    assert dry_run(tmp_path, "--real", real, "--figures", "5") == 0
    meta = json.loads((tmp_path / "real.zarr/zarr.json").read_text())
    meta["attributes"][digest] = "another"
    (tmp_path / "real.zarr/zarr.json").write_text(json.dumps(meta))
    assert dry_run(tmp_path, "--real", real, "--figures", "5") == 2
    assert f"real.zarr: {digest}: is another store than the one" in capsys.readouterr().err
    # Earlier versions recorded only the digest of the plan.
    result = json.loads((path := node_folder(tmp_path / "out", node) / "result.json").read_text())
    del result["recipe_digest"], result["texts_digest"]
    path.write_text(json.dumps(result))
    accepted = digest != "plan_digest"
    assert dry_run(tmp_path, "--real", real, "--figures", "5") == (0 if accepted else 2)


def test_the_checksums_of_an_existing_store_are_verified(tmp_path, real):
    path = next((open_store(real).path / "time_doppler").rglob("c/*/*/*"))
    path.write_bytes(b"damaged")
    node = make_node("store", "", 0.0, path=real)
    with pytest.raises(MmclipError, match="is damaged or missing"):
        execute(node, tmp_path)
    assert not (node_folder(tmp_path, node) / "result.json").exists()


def test_paths_are_absolute_and_names_and_urls_are_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip").mkdir()
    words = ["--out", "out", "--real", "a.zarr", "s3://b/c.zarr", "--amass", "amass"]
    parse = make_parser().parse_args
    options = with_absolute_paths(parse([*words, "--clip", "clip"]))
    assert options.out == tmp_path / "out"
    assert options.real == [str(tmp_path / "a.zarr"), "s3://b/c.zarr"]
    assert (options.amass, options.babel) == (str(tmp_path / "amass"), None)
    assert (options.clip, options.encoder) == (str(tmp_path / "clip"), "minilm")
    options = with_absolute_paths(parse([*words, "--clip", "owner/name", "--encoder", "clip:clip"]))
    assert (options.clip, options.encoder) == ("owner/name", f"clip:{tmp_path / 'clip'}")
