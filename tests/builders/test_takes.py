"""Tests of takes: ids and people that follow from the folders of motion files."""

import json
import os

import numpy as np
import pytest

from builders.corpus import writer
from builders.corpus.plan import CorpusSpec
from builders.sources.motion_lookup import MotionPaths, find_source_take
from builders.sources.takes import amass_takes, file_takes
from pipelines.plan import Clip, group_of
from pipelines.recipe import Recipe
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.tracker_files import slahmr


def write_files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return str(folder)


def write_corpus(folder, spec):
    """Write a corpus of two people, whose motion files are empty, with one caption each."""
    names = [f"subject0{number}/score_00000{number}" for number in range(2)]
    write_files(folder, *(f"{name}_poses.npz" for name in names))
    entries = {}
    for number, name in enumerate(names):
        label = {"proc_label": "wave", "start_t": 0.0, "end_t": 1.0}
        path = f"{name.split('/')[0]}/{name}_poses.npz"
        entries[f"{number:06d}"] = {"feat_p": path, "frame_ann": {"labels": [label]}}
        write_files(folder, f"texts/{number:06d}.txt")
    (folder / "segments.json").write_text(json.dumps(entries))
    write_files(folder, "attributes.jsonl")
    (folder / "about.json").write_bytes(writer.about_bytes(spec, complete=True))
    return str(folder)


def ids_and_people(takes):
    return {take.id: take.subject for take in takes}


@pytest.mark.parametrize("given", ["AMASS", "AMASS/KIT", "AMASS/KIT/3"])
def test_the_ids_of_published_motions_do_not_depend_on_the_given_folder(tmp_path, given):
    write_files(tmp_path, "AMASS/KIT/3/walk_poses.npz", "AMASS/KIT/3/run_poses.npz")
    found = ids_and_people(amass_takes(str(tmp_path / given)))
    assert found == {"KIT/3/walk_poses": "KIT/3", "KIT/3/run_poses": "KIT/3"}


def test_a_folder_above_that_is_named_like_a_collection_does_not_merge_people(tmp_path):
    own = write_files(tmp_path / "KIT" / "own", "lab/anna/walk.npz", "lab/bob/walk.npz")
    found = ids_and_people(amass_takes(own))
    assert found == {"lab/anna/walk": "lab/anna", "lab/bob/walk": "lab/bob"}


@pytest.mark.parametrize("above", ["data", "KIT"])
def test_the_people_of_a_corpus_have_their_names_wherever_it_lies(tmp_path, above):
    corpus = write_corpus(tmp_path / above / "corpus", CorpusSpec(source="grammar"))
    people = {f"subject0{n}/score_00000{n}_poses": f"subject0{n}" for n in range(2)}
    assert ids_and_people(amass_takes(corpus)) == people
    (take,) = amass_takes(f"{corpus}/subject01")
    assert (take.id, take.subject) == ("subject01/score_000001_poses", "subject01")
    assert (take.source, [text.caption for text in take.texts]) == ("built-in, grammar", ["wave"])


def test_corpora_below_one_folder_keep_their_texts_and_licence(tmp_path):
    write_corpus(tmp_path / "a", CorpusSpec(source="grammar"))
    write_corpus(tmp_path / "b", CorpusSpec(domain="twin-a"))
    write_files(tmp_path, "CMU/01/01_01_poses.npz")
    takes = {take.id: take for take in amass_takes(str(tmp_path))}
    assert takes["CMU/01/01_01_poses"].source == "AMASS/CMU"
    made = [takes[f"{name}/subject00/score_000000_poses"] for name in "ab"]
    assert [take.source for take in made] == ["built-in, grammar", "stand-in twin-a, activities"]
    assert {(take.subject, take.licence) for take in made} == {("subject00", "Apache-2.0")}
    assert all(take.texts for take in made)


def test_a_relative_folder_gives_the_same_ids(tmp_path, monkeypatch):
    write_corpus(tmp_path / "corpus", CorpusSpec())
    monkeypatch.chdir(tmp_path / "corpus")
    assert ids_and_people(amass_takes("subject00")) == {"subject00/score_000000_poses": "subject00"}
    whole = ids_and_people(amass_takes(os.curdir))
    assert whole == ids_and_people(amass_takes(str(tmp_path / "corpus")))


def test_all_sessions_of_a_person_are_of_one_subject(tmp_path):
    names = ("anna/day1/walk.bvh", "anna/day2/walk.bvh", "bob/walk.bvh", "sit.bvh")
    takes, _ = file_takes([write_files(tmp_path, *names)])
    people = {"anna/day1/walk.bvh": "anna", "anna/day2/walk.bvh": "anna"}
    assert ids_and_people(takes) == {**people, "bob/walk.bvh": "bob", "sit.bvh": "unnamed"}


def test_people_recorded_together_are_subjects_of_one_split(tmp_path):
    """People of the files below a subfolder are together, and so are people of another file."""
    for name in ("video1/a.npz", "video1/b.npz", "c.npz", "d.npz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.savez(tmp_path / name, **slahmr(2))
    write_files(tmp_path, "video1/walk.bvh", "sit.bvh")
    takes, _ = file_takes([str(tmp_path)])
    groups = {}
    for take in takes:
        groups.setdefault(group_of(take), set()).add(take.subject)
    assert {name: len(people) for name, people in groups.items()} == {
        "video1": 5,
        "unnamed/c.npz": 2,
        "unnamed/d.npz": 2,
        "unnamed": 1,
    }


@pytest.mark.parametrize(
    ("source", "option"),
    [("AMASS/CMU", "--amass"), ("built-in, grammar", "--amass"), ("motion file", "--motions")],
)
def test_a_missing_motion_is_given_with_the_option_of_its_source(source, option):
    clip = Clip(id="c", take="subject00/walk", source=source, licence="", subject="subject00")
    with pytest.raises(InputError, match=f"give the {option} used for its build"):
        find_source_take(Recipe(radar=BOARDS[DEFAULT_BOARD]), clip, MotionPaths())
