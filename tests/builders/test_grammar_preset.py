"""One command builds a store from the motion grammar: motion files, texts, reproducible bytes."""

import json
import re
import shutil
from functools import partial

import numpy as np
import pyarrow.parquet as pq
import pytest

from builders.amass import main
from builders.building import grammar_motions, simulated_dataset
from builders.corpus.plan import plan_takes
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


def rows(store, table):
    """Rows of a table of a store."""
    return pq.read_table(store / "tables" / table).to_pylist()


@pytest.fixture(scope="module")
def blank(dataset):
    """A store like `built` with its tables and motion files, but with empty arrays."""
    out, build = dataset / "blank.zarr", simulated_dataset.build

    def build_blank(plan, takes, out, store_spec, make_clip, **options):
        return build(plan, takes, out, store_spec, partial(blank_clip, store_spec), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_dataset, "build", build_blank)
        assert main(["--out", str(out), *GRAMMAR, *build_arguments(dataset)]) == 0
    return out


def blank_clip(store_spec, recipe, clip, take):
    """Return the arrays of a clip that is not simulated."""
    arrays = {
        spec.name: np.full(spec.shape[1:], spec.fill, spec.dtype)
        for spec in store_spec.arrays
        if spec.dims[0] == "clip"
    }
    return arrays | {"num_frames": np.int32(clip.num_frames)}


def test_motions_are_written_beside_the_store(blank):
    folder = blank.with_name("blank-motions")
    about = json.loads((folder / "about.json").read_text())
    assert about["complete"]
    assert (about["order"]["source"], about["order"]["num_subjects"]) == ("grammar", 2)
    assert len(list(folder.rglob("*_poses.npz"))) == 2


def test_every_clip_has_a_caption_and_sentences_for_five_parts(blank):
    clips, segments, attributes = map(partial(rows, blank), ("clips", "segments", "attributes"))
    assert clips
    assert {row["row"] for row in segments} == {clip["row"] for clip in clips}
    captions = {row["caption"] for row in segments if row["kind"] == "sentence"}
    parts = {row["caption"]: set() for row in attributes}
    for row in attributes:
        parts[row["caption"]].add(row["part"])
    assert captions
    assert all(len(parts[caption]) == 5 for caption in captions)


@pytest.mark.slow
def test_a_simulated_store_has_the_same_tables(built, blank):
    for name in ("segments", "attributes"):
        assert rows(built, name) == rows(blank, name)


@pytest.mark.slow
def test_the_same_command_gives_the_same_bytes_from_new_motions(built, dataset, tmp_path):
    out = tmp_path / "again.zarr"
    command = ["--out", str(out), *GRAMMAR, *build_arguments(dataset)]
    assert main([*command, "--grammar-motions", str(tmp_path / "elsewhere")]) == 0
    assert store_bytes(out) == store_bytes(built)


def test_motions_of_another_recipe_are_refused(blank, dataset, tmp_path, capsys):
    copy = tmp_path / "motions"
    shutil.copytree(blank.with_name("blank-motions"), copy)
    command = ["--out", str(tmp_path / "other.zarr"), "--grammar-motions", str(copy)]
    assert main([*command, *GRAMMAR[:2], "--subjects", "3", *build_arguments(dataset)]) == 2
    assert "num_subjects 2 is now 3" in capsys.readouterr().err


def test_motions_need_a_local_folder(dataset, capsys):
    command = ["--out", "s3://bucket/g.zarr", "--dry-run", *GRAMMAR, *build_arguments(dataset)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_dataset, "check_place", lambda folder: None)
        patch.setattr(simulated_dataset, "open_folder", lambda place: None)
        assert main(command) == 2
    assert "give a local folder with --grammar-motions" in capsys.readouterr().err


@pytest.mark.usefixtures("without_trial_clip")
def test_a_dry_run_makes_a_few_motions_in_a_temporary_folder(
    blank, dataset, tmp_path, monkeypatch, capsys
):
    """The dry run makes one of two motions and writes nothing, with and without --out."""
    made = []

    def copy_motions(folder, spec, workers):
        made.append((folder, spec))
        shutil.copytree(blank.with_name("blank-motions"), folder, dirs_exist_ok=True)

    monkeypatch.setattr(grammar_motions, "write_corpus", copy_motions)
    monkeypatch.setattr(grammar_motions, "NUM_SAMPLED", 1)
    for out in ([], ["--out", str(tmp_path / "g.zarr")]):
        assert main(["--dry-run", *out, *GRAMMAR, *build_arguments(dataset)]) == 0
        folder, spec = made.pop()
        assert len(plan_takes(spec)) == 1
        assert (list(tmp_path.iterdir()), folder.exists()) == ([], False)
        text = capsys.readouterr().out
        assert "planning with the first 1 of 2 motions" in text
        planned, estimated = (
            int(re.search(rf"{word} (\d+) clip", text)[1]) for word in ("plan:", "estimate for")
        )
        assert estimated == 2 * planned
