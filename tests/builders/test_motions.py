"""Folders of made-up motion: layout, readers, bytes, resuming, domains, breath, pictures."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders.activities import perform as perform_activity
from builders.activities.breath import BEAT_M, BREATH_M, alive, breathing, heartbeat
from builders.activities.domains import DOMAINS, captured, domain_subject
from builders.activities.posed import Posed
from builders.activities.skeleton import J
from builders.corpus import files
from builders.corpus.corpus import Order, perform, plan
from builders.motions import main
from builders.sources.takes import amass_takes
from pipelines.attribute_files import read_sentences
from pipelines.babel import read_babel
from pipelines.humanml3d import read_humanml3d
from radarsim.files import find_motions, free_body, read_motion
from radarsim.scene.body import skin

GRAMMAR = ["--source", "grammar", "--hours", "0.01", "--subjects", "3", "--workers", "1"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "corpus"
    assert main(["--out", str(folder), *GRAMMAR]) == 0
    return folder


def all_bytes(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def test_every_motion_is_read_as_amass(corpus):
    paths = list(find_motions(corpus))
    assert len(paths) == 4
    for path in paths:
        motion = read_motion(path)
        assert (motion.layout, motion.rate_hz, motion.shape_space) == ("smplh", 120.0, "free")
        with np.load(path, allow_pickle=False) as arrays:
            assert arrays["poses"].shape == (motion.num_poses, 156)
            assert arrays["betas"].shape == (16,)
            assert str(arrays["gender"]) == "neutral"


def test_a_motion_comes_back_as_it_was_performed(corpus):
    """Float32 keeps tenths of micrometres and microradians."""
    order = Order(source="grammar", num_subjects=3, hours=0.01)
    job = plan(order)[1]
    made, _ = perform(order, job)
    read = read_motion(corpus / files.motion_path(order, job))
    np.testing.assert_allclose(read.poses_rad[:, :22], made.poses_rad[:, :22], atol=1e-6)
    np.testing.assert_allclose(read.pelvis_m, made.pelvis_m, atol=1e-6)
    np.testing.assert_allclose(read.betas, made.betas)


def test_texts_are_read_as_humanml3d_and_as_babel(corpus):
    sentences = read_humanml3d(corpus, longest_s=60.0)
    actions = read_babel(corpus / "segments.json")
    assert not any(sentences.left_out.values())
    assert not any(actions.left_out.values())
    assert len(sentences.texts) == len(actions.texts) == 4
    for texts in (*sentences.texts.values(), *actions.texts.values()):
        assert all(text.caption and text.start_s >= 0 for text in texts)
    with (corpus / "index.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["new_name"] for row in rows] == [f"{i:06d}.npy" for i in range(4)]
    spans = [(text.start_s, text.end_s) for texts in actions.texts.values() for text in texts]
    assert all(1.5 < end - start < 8 for start, end in spans)


def test_every_caption_and_label_has_its_five_sentences(corpus):
    rows = read_sentences(corpus / "attributes.jsonl")
    assert {row.provenance for row in rows} == {"grammar"}
    told = {}
    for row in rows:
        told.setdefault((row.caption, row.variant), set()).add(row.part)
    assert all(len(parts) == 5 for parts in told.values())
    captions = {
        line.split("#")[0]
        for path in (corpus / "texts").glob("*.txt")
        for line in path.read_text().splitlines()
    }
    assert captions <= {caption for caption, _ in told}


def test_the_main_job_reads_the_folder_with_its_texts_and_its_licence(corpus):
    """No text set need be named, and nothing is called AMASS that is not."""
    takes = amass_takes(str(corpus))
    assert len(takes) == 4
    for take in takes:
        assert take.licence == "Apache-2.0"
        assert take.source == "built-in, grammar"
        assert take.load().shape_space == "free"
        sentences = [text for text in take.texts if text.kind == "sentence"]
        assert len(sentences) >= 3
        assert {text.provenance for text in sentences} == {"grammar"}
        assert all(len(text.sentences) == 5 for text in sentences)
        assert {text.kind for text in take.texts} <= {"sentence", "action", "label"}
    one_person = amass_takes(str(corpus / "subject00"))
    assert {take.licence for take in one_person} == {"Apache-2.0"}


def test_the_same_seed_gives_the_same_bytes_by_any_number_of_workers(corpus, tmp_path):
    again = tmp_path / "again"
    order = ["--out", str(again), *GRAMMAR[:-1], "2"]
    assert main(order) == 0
    assert all_bytes(again) == all_bytes(corpus)
    other = tmp_path / "other"
    assert main(["--out", str(other), *GRAMMAR, "--seed", "1"]) == 0
    assert all_bytes(other) != all_bytes(corpus)


def test_a_stopped_corpus_goes_on(corpus, tmp_path, monkeypatch):
    """Killed after the second motion; what was done is not done again."""
    folder, made = tmp_path / "stopped", []
    true = files.write_take

    def stops(*arguments):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(arguments[2].number)
        true(*arguments)

    monkeypatch.setattr(files, "write_take", stops)
    assert main(["--out", str(folder), *GRAMMAR]) == 130
    monkeypatch.setattr(files, "write_take", lambda *a: (made.append(a[2].number), true(*a)))
    assert main(["--out", str(folder), *GRAMMAR]) == 0
    assert made == [0, 1, 2, 3]
    assert all_bytes(folder) == all_bytes(corpus)


def test_a_folder_of_something_else_is_left_alone(corpus, tmp_path, capsys):
    assert main(["--out", str(corpus), *GRAMMAR, "--seed", "9"]) == 2
    assert "seed 0 is now 9" in capsys.readouterr().err
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["--out", str(tmp_path), *GRAMMAR]) == 2
    assert "other files" in capsys.readouterr().err
    assert main(["--out", str(corpus), *GRAMMAR]) == 0
    assert "is complete" in capsys.readouterr().out


def test_activities_come_with_their_own_texts_and_subjects_in_turn():
    order = Order(num_subjects=2, num_repeats=1, take_s=1.5)
    jobs = plan(order)
    assert len(jobs) == 120
    assert len({files.motion_path(order, job) for job in jobs}) == 120
    job = next(job for job in jobs if job.activity == "bow")
    motion, (piece,) = perform(order, job)
    assert motion.name == "subject00/bow_000"
    assert piece.label == "bow"
    assert len(piece.attributes) >= 4
    assert piece.provenance == "written for this project"
    longer = plan(replace(order, hours=1.0, take_s=10.0))
    assert [each.name for each in longer[:60]] == [each.name for each in jobs[:60]]


@pytest.mark.parametrize("name", ["twin-a", "twin-b", "twin-c"])
def test_a_twin_has_people_and_flaws_of_its_own(name):
    """Jitter in the fast band that nobody's movement has, drift that a standing person has not."""
    domain = DOMAINS[name]
    at_home, theirs = domain_subject(DOMAINS["home"], 0), domain_subject(domain, 0)
    assert theirs.number != at_home.number
    assert theirs.betas != at_home.betas
    clean = perform_activity("stand_still", theirs, duration_s=3.0)
    shaky = captured(clean, domain)
    fast_m = np.diff(Posed(shaky).joints_m[:, J["left_wrist"]], 2, axis=0).std()
    assert fast_m > 5 * np.diff(Posed(clean).joints_m[:, J["left_wrist"]], 2, axis=0).std()
    assert np.abs(shaky.pelvis_m - clean.pelvis_m).max() > 0.3 * domain.drift_m
    assert np.abs(shaky.pelvis_m - clean.pelvis_m).max() < 6 * domain.drift_m
    assert captured(clean, domain).poses_rad.tobytes() == shaky.poses_rad.tobytes()
    assert captured(clean, DOMAINS["home"]) is clean


def test_a_twins_folder_says_what_it_is(tmp_path):
    order = Order(domain="twin-b", num_subjects=1, num_repeats=1)
    assert "stand-in" in json.loads(files.about(order, True))["kind"]
    assert files.motion_path(order, plan(order)[0]).startswith("twin-b-subject00/")


def test_a_living_chest_moves_by_millimetres_and_the_head_stays():
    """Front of the chest, at the height of the breastbone, against the same take held breath."""
    still = perform_activity("stand_still", 1, duration_s=8.0)
    living = alive(still)
    body, picks = free_body(), slice(None, None, 12)

    def vertices_m(motion):
        return np.asarray(skin(body, motion.betas, motion.poses_rad[picks], motion.transl_m[picks]))

    moved_m = vertices_m(living) - vertices_m(still)
    rest_m = np.asarray(body.template_m)
    carrier = np.asarray(body.skin_weights).argmax(axis=1)
    chest = (carrier == J["spine3"]) & (rest_m[:, 2] > np.percentile(rest_m[:, 2], 80))
    ahead_m = np.ptp(moved_m[:, chest, 0], axis=0)
    assert 0.002 < np.percentile(ahead_m, 90) < 0.015
    head = carrier == J["head"]
    assert np.ptp(moved_m[:, head], axis=0).max() < 0.012
    feet = np.isin(carrier, [J["left_foot"], J["right_foot"]])
    assert np.abs(moved_m[:, feet]).max() < 1e-5


def test_a_breath_is_smooth_and_goes_in_faster_than_out():
    phase = np.linspace(0, 2, 2001)
    breath = breathing(phase)
    assert breath.min() >= 0
    np.testing.assert_allclose(breath.max(), 1, atol=1e-6)
    assert np.abs(np.diff(breath, 2)).max() < 5e-5  # no corner
    assert (np.diff(breath[:1001]) > 0).mean() < 0.45
    assert heartbeat(phase).max() > 0.95
    assert BEAT_M[1] < BREATH_M[0]


def test_strips_and_films_are_drawn(tmp_path, capsys):
    from PIL import Image

    strip, clip = tmp_path / "squat.png", tmp_path / "squat.gif"
    assert main(["--strip", str(strip), "--activities", "squat", "--repeats", "1"]) == 0
    with Image.open(strip) as picture:
        assert picture.size == (8 * 150, 190)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builders.activities.film.FRAMES_PER_S", 1.0)
        assert main(["--video", str(clip), "--activities", "squat", "--repeats", "1"]) == 0
    with Image.open(clip) as picture:
        assert picture.n_frames >= 8
    assert main(["--video", str(tmp_path / "squat.avi"), "--activities", "squat"]) == 2
    assert ".gif or .mp4" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [["--hours", "-1"], ["--activities", "juggle"]])
def test_what_cannot_be_made_is_said_in_one_line(bad, tmp_path, capsys):
    assert main(["--out", str(tmp_path / "x"), *bad]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
