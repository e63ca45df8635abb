"""Tests of synthetic motion corpora: layout, readers, resuming, domains, breathing, pictures."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders.activities import perform as perform_activity
from builders.activities.breathing import (
    BEAT_M,
    BREATH_M,
    add_breathing,
    breath_curve,
    heartbeat_curve,
)
from builders.activities.domain_shift import DOMAINS, add_capture_errors, domain_performer
from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.skeleton import J
from builders.corpus import writer
from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.synthesis import synthesize_take
from builders.motions import _spec, main, make_parser
from builders.sources.takes import amass_takes, built_in_takes
from pipelines.attribute_files import read_sentences
from pipelines.caption_datasets.babel import read_babel
from pipelines.caption_datasets.humanml3d import read_humanml3d
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


def test_a_motion_file_holds_the_performed_motion(corpus):
    """Poses and positions read from a motion file equal the performance within float32 rounding."""
    spec = CorpusSpec(source="grammar", num_subjects=3, hours=0.01)
    planned = plan_takes(spec)[1]
    made, _ = synthesize_take(spec, planned)
    read = read_motion(corpus / writer.motion_path(spec, planned))
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
    parts_of = {}
    for row in rows:
        parts_of.setdefault((row.caption, row.variant), set()).add(row.part)
    assert all(len(parts) == 5 for parts in parts_of.values())
    captions = {
        line.split("#")[0]
        for path in (corpus / "texts").glob("*.txt")
        for line in path.read_text().splitlines()
    }
    assert captions <= {caption for caption, _ in parts_of}


def test_the_takes_of_a_corpus_have_its_texts_and_licence(corpus):
    """Takes have the texts, licence and source of the corpus, not those of AMASS."""
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
    assert main(["--out", str(again), *GRAMMAR[:-1], "2"]) == 0
    assert all_bytes(again) == all_bytes(corpus)
    other = tmp_path / "other"
    assert main(["--out", str(other), *GRAMMAR, "--seed", "1"]) == 0
    assert all_bytes(other) != all_bytes(corpus)


def test_an_interrupted_corpus_is_resumed(corpus, tmp_path, monkeypatch):
    """After an interruption at the third motion, the next run writes only the missing motions."""
    folder, written = tmp_path / "interrupted", []
    write_take = writer.write_take

    def record(folder, spec, planned, *arguments):
        written.append(planned.number)
        write_take(folder, spec, planned, *arguments)

    def interrupt(*arguments):
        if len(written) == 2:
            raise KeyboardInterrupt
        record(*arguments)

    monkeypatch.setattr(writer, "write_take", interrupt)
    assert main(["--out", str(folder), *GRAMMAR]) == 130
    monkeypatch.setattr(writer, "write_take", record)
    assert main(["--out", str(folder), *GRAMMAR]) == 0
    assert written == [0, 1, 2, 3]
    assert all_bytes(folder) == all_bytes(corpus)


def test_half_written_files_of_a_killed_build_are_removed(tmp_path):
    spec, takes = CorpusSpec(), []
    for name in ("parts/.000003.json.123", "subject00/.wave_poses.npz.7"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{")
    writer.begin_corpus(tmp_path, spec)
    assert not list(tmp_path.rglob(".*[0-9]"))
    (tmp_path / "parts" / ".000004.json.124").write_text("{")  # of another process
    writer.finish_corpus(tmp_path, spec, takes)
    assert not (tmp_path / "parts").exists()


def test_a_folder_with_other_files_is_not_changed(corpus, tmp_path, capsys):
    assert main(["--out", str(corpus), *GRAMMAR, "--seed", "9"]) == 2
    assert "seed 0 is now 9" in capsys.readouterr().err
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["--out", str(tmp_path), *GRAMMAR]) == 2
    assert "other files" in capsys.readouterr().err
    assert main(["--out", str(corpus), *GRAMMAR]) == 0
    assert "is complete" in capsys.readouterr().out


def test_people_of_corpora_with_different_seeds_have_different_names():
    """A person of one corpus must not have the name of a different person in another corpus."""
    names = {
        writer.motion_path(spec, plan_takes(spec)[0]).split("/")[0]
        for spec in (CorpusSpec(), CorpusSpec(seed=1), CorpusSpec(seed=1, domain="twin-a"))
    }
    assert names == {"subject00", "seed1-subject00", "twin-a-seed1-subject00"}
    takes = [built_in_takes(1, 1, seed, clip_s=1.0)[0] for seed in (0, 2)]
    assert [take.subject for take in takes] == ["subject00", "seed2-subject00"]
    assert takes[1].id == "built-in/seed2-subject00/jump_000"


def test_takes_of_activities_have_the_texts_of_the_activity_and_a_stable_order():
    spec = CorpusSpec(num_subjects=2, num_repeats=1, take_s=1.5)
    takes = plan_takes(spec)
    assert len(takes) == 120
    assert len({writer.motion_path(spec, planned) for planned in takes}) == 120
    bow = next(planned for planned in takes if planned.activity == "bow")
    motion, (span,) = synthesize_take(spec, bow)
    assert motion.name == "subject00/bow_000"
    assert span.label == "bow"
    assert len(span.attributes) >= 4
    assert span.provenance == "written for this project"
    longer = plan_takes(replace(spec, hours=1.0, take_s=10.0))
    assert [each.name for each in longer[:60]] == [each.name for each in takes[:60]]


@pytest.mark.parametrize("name", ["twin-a", "twin-b", "twin-c"])
def test_a_shifted_domain_has_its_own_people_and_capture_errors(name):
    """A shifted domain has other people, and jitter and drift even if a person stands still."""
    domain = DOMAINS[name]
    at_home, theirs = domain_performer(DOMAINS["home"], 0), domain_performer(domain, 0)
    assert theirs.number != at_home.number
    assert theirs.betas != at_home.betas
    clean = perform_activity("stand_still", theirs, duration_s=3.0)
    shaky = add_capture_errors(clean, domain)
    shaky_m, clean_m = (
        np.diff(JointTrajectories(motion).joints_m[:, J["left_wrist"]], 2, axis=0).std()
        for motion in (shaky, clean)
    )
    assert shaky_m > 5 * clean_m
    assert np.abs(shaky.pelvis_m - clean.pelvis_m).max() > 0.3 * domain.drift_m
    assert np.abs(shaky.pelvis_m - clean.pelvis_m).max() < 6 * domain.drift_m
    assert add_capture_errors(clean, domain).poses_rad.tobytes() == shaky.poses_rad.tobytes()
    assert add_capture_errors(clean, DOMAINS["home"]) is clean


def test_the_files_of_a_shifted_domain_name_it(tmp_path):
    spec = CorpusSpec(domain="twin-b", num_subjects=1, num_repeats=1)
    assert "stand-in" in json.loads(writer.about_bytes(spec, True))["kind"]
    assert writer.motion_path(spec, plan_takes(spec)[0]).startswith("twin-b-subject00/")


def test_a_breathing_chest_moves_by_millimetres_and_the_head_stays():
    """Breathing displaces the chest by millimetres relative to the same take without breathing."""
    still = perform_activity("stand_still", 1, duration_s=8.0)
    living = add_breathing(still)
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


def test_a_breath_is_smooth_and_inhaling_is_faster_than_exhaling():
    phase = np.linspace(0, 2, 2001)
    breath = breath_curve(phase)
    assert breath.min() >= 0
    np.testing.assert_allclose(breath.max(), 1, atol=1e-6)
    assert np.abs(np.diff(breath, 2)).max() < 5e-5  # the slope of the waveform has no steps
    assert (np.diff(breath[:1001]) > 0).mean() < 0.45
    assert heartbeat_curve(phase).max() > 0.95
    assert BEAT_M[1] < BREATH_M[0]


def test_contact_sheets_and_animations_are_written(tmp_path, capsys):
    from PIL import Image

    strip, clip = tmp_path / "squat.png", tmp_path / "squat.gif"
    assert main(["--strip", str(strip), "--activities", "squat", "--repeats", "1"]) == 0
    with Image.open(strip) as picture:
        assert picture.size == (8 * 150, 190)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builders.activities.animation.FRAMES_PER_S", 1.0)
        assert main(["--video", str(clip), "--activities", "squat", "--repeats", "1"]) == 0
    with Image.open(clip) as picture:
        assert picture.n_frames >= 8
    assert main(["--video", str(tmp_path / "squat.avi"), "--activities", "squat"]) == 2
    assert ".gif or .mp4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--source", "grammar", "--activities", "squat"], "not an activity of --source grammar"),
        (["--source", "five-activities", "--activities", "squat"], "use any of"),
        (["--hours", "0.001", "--activities", "lunge"], "gives no take of lunge"),
    ],
)
def test_pictures_of_activities_without_a_take_are_refused(options, message, tmp_path, capsys):
    """The names are those of the source, and a short corpus may not contain them."""
    assert main(["--video", str(tmp_path / "x.gif"), *options]) == 2
    assert message in capsys.readouterr().err


def test_activities_of_every_source_can_be_drawn():
    options = make_parser().parse_args(["--source", "five-activities", "--activities", "cough"])
    assert _spec(options).source == "five-activities"


@pytest.mark.parametrize("bad", [["--hours", "-1"], ["--activities", "juggle"]])
def test_invalid_options_are_reported_in_one_line(bad, tmp_path, capsys):
    assert main(["--out", str(tmp_path / "x"), *bad]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
