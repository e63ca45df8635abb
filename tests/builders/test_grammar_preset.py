"""One command builds a store from the motion grammar: motion files, texts, reproducible bytes."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from builders.amass import main
from tests.helpers.amass_dataset import RADAR, build_arguments
from tests.helpers.pipeline_fakes import store_bytes
from tests.helpers.synthetic_bodies import synthetic_model

# A duration of 18 s gives two takes, whose average duration is 9 s.
GRAMMAR = ["--grammar-hours", "0.005", "--subjects", "2"]
pytestmark = pytest.mark.usefixtures("fast_compilation", "without_workers")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A folder with a small radar and a body model of few faces."""
    folder = tmp_path_factory.mktemp("grammar")
    (folder / "radar.toml").write_text(RADAR)
    (folder / "models" / "smplh" / "neutral").mkdir(parents=True)
    np.savez(folder / "models/smplh/neutral/model.npz", **synthetic_model("smplh", 16))
    return folder


@pytest.fixture(scope="module")
def built(dataset):
    """A store built from the grammar, with the motion files next to the store."""
    out = dataset / "grammar.zarr"
    assert main(["--out", str(out), *GRAMMAR, *build_arguments(dataset)]) == 0
    return out


@pytest.mark.slow
def test_motions_are_written_beside_the_store(built):
    folder = built.with_name("grammar-motions")
    about = json.loads((folder / "about.json").read_text())
    assert about["complete"]
    assert (about["order"]["source"], about["order"]["num_subjects"]) == ("grammar", 2)
    assert len(list(folder.rglob("*_poses.npz"))) == 2


@pytest.mark.slow
def test_every_clip_has_a_caption_and_sentences_for_five_parts(built):
    clips = pq.read_table(built / "tables" / "clips").to_pylist()
    segments = pq.read_table(built / "tables" / "segments").to_pylist()
    attributes = pq.read_table(built / "tables" / "attributes").to_pylist()
    assert clips
    assert {row["row"] for row in segments} == {clip["row"] for clip in clips}
    captions = {row["caption"] for row in segments if row["kind"] == "sentence"}
    parts = {row["caption"]: set() for row in attributes}
    for row in attributes:
        parts[row["caption"]].add(row["part"])
    assert captions
    assert all(len(parts[caption]) == 5 for caption in captions)


@pytest.mark.slow
def test_the_same_command_gives_the_same_bytes_from_new_motions(built, dataset, tmp_path):
    out = tmp_path / "again.zarr"
    command = ["--out", str(out), *GRAMMAR, *build_arguments(dataset)]
    assert main([*command, "--grammar-motions", str(tmp_path / "elsewhere")]) == 0
    assert store_bytes(out) == store_bytes(built)


@pytest.mark.slow
def test_motions_of_another_recipe_are_refused(built, dataset, tmp_path, capsys):
    copy = tmp_path / "motions"
    shutil.copytree(built.with_name("grammar-motions"), copy)
    command = ["--out", str(tmp_path / "other.zarr"), "--grammar-motions", str(copy)]
    assert main([*command, *GRAMMAR[:2], "--subjects", "3", *build_arguments(dataset)]) == 2
    assert "num_subjects 2 is now 3" in capsys.readouterr().err


def test_a_dry_run_without_a_store_needs_a_folder_for_the_motions(dataset, capsys):
    assert main(["--dry-run", *GRAMMAR, *build_arguments(dataset)]) == 2
    assert "--grammar-motions" in capsys.readouterr().err
