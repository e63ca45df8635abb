"""The benchmark of training in rooms: stores with the same clips, paired models, a small run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from benchmarks import room_training
from pipelines.recipe import Room
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import OVERRIDES
from tests.pipelines.test_recipe_files import recipe_of


def test_the_training_stores_differ_only_in_the_room():
    """Equal recipes without the room give clips with equal motions, placements and noise."""
    rooms, free = (recipe_of(*room_training.RECIPE["stores"][arm]) for arm in room_training.ARMS)
    assert rooms.room.name == "living-room"
    assert replace(rooms, room=Room()) == free


def test_the_test_store_has_rooms_all_people_in_the_test_split_and_maps_of_the_training_stores():
    test = recipe_of(*room_training.RECIPE["stores"]["test"])
    assert (test.room.name, test.splits.test) == ("living-room", 1.0)
    assert test.maps == recipe_of(*room_training.RECIPE["stores"]["rooms"]).maps


def store_recipes(tmp_path, size):
    options = room_training.make_parser().parse_args(["--out", str(tmp_path), "--size", size])
    return {name: recipe_of(*given) for name, given in room_training.store_options(options).items()}


@pytest.mark.parametrize("size", ["full", "reduced", "miniature"])
def test_the_stores_of_every_size_have_the_same_clips_and_test_maps(tmp_path, size):
    stores = store_recipes(tmp_path, size)
    assert replace(stores["rooms"], room=Room()) == stores["free"]
    assert stores["test"].maps == stores["rooms"].maps
    assert stores["test"].splits.test == 1.0


def run(model, seed, **recalls):
    return {"model": f"out/{model}-{seed}", "seed": seed, "recalls": recalls}


def test_models_are_paired_by_group_and_seed():
    """Seed 0 of G1 must not be compared with seed 0 of G2, nor with seed 1 of G1."""
    rooms = [run("G1", 0, bow=0.9), run("G1", 1, bow=0.5), run("G2", 0, kick=0.25)]
    free = [run("G2", 0, kick=0.0), run("G1", 1, bow=0.25), run("G1", 0, bow=0.4)]
    differences = room_training._differences(rooms, free)
    assert differences == {"bow": pytest.approx([0.5, 0.25]), "kick": pytest.approx([0.25])}


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_both_trainings_are_tested_on_the_same_store(tmp_path, monkeypatch, capsys):
    """Identical training stores give identical models, so every paired difference is zero."""

    def build(options):
        for name, first_subject in (("rooms", 0), ("free", 0), ("test", 10)):
            path = options.out / "stores" / f"{name}.zarr"
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            build_labelled_store(path, first_subject=first_subject)
        return 0

    monkeypatch.setattr(room_training, "build", build)
    recipe = {**room_training.RECIPE["options"], "set": list(OVERRIDES)}
    monkeypatch.setitem(room_training.RECIPE, "options", recipe)
    out = tmp_path / "out"
    steps = ["steps=2", "validate_every=2", "save_every=2", "log_every=2"]
    command = ["--out", str(out), "--groups", "bow,kick", "--seeds", "1", "--encoder", "hash"]
    assert room_training.main([*command, "--set", *steps]) == 0
    results = json.loads((out / "room_training.json").read_text())["results"]
    for mode, labels in (("zero-shot", 2), ("seen", 4)):
        rooms, free = (results[arm][mode] for arm in room_training.ARMS)
        assert len(rooms[0]["recalls"]) == labels
        assert rooms[0]["recalls"] == free[0]["recalls"]
    assert "+0.0 (+0.0 to +0.0)" in capsys.readouterr().out
