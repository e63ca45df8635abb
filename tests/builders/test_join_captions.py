"""Captions of BABEL, HumanML3D and KIT-ML are joined by AMASS path, or counted by cause."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from builders.amass import main
from builders.sources.join_captions import join_texts
from builders.sources.takes import amass_takes, unique_takes
from pipelines.caption_datasets.motion_texts import load_texts
from pipelines.plan import Clip
from pipelines.store_tables import shard_tables
from tests.helpers.amass_dataset import (
    amass_arrays,
    build_arguments,
    printed_lines,
    write_models_and_radar,
)
from tests.helpers.text_sets import babel_set, humanml3d_set, kitml_set, label, line, sequence

pytestmark = pytest.mark.usefixtures("fast_compilation", "without_workers")

SEATED = "BMLrub/rub055/0020_sit_stageii"


def write_motion(root, path, **how):
    """Write a short motion at an AMASS path."""
    file = root / f"{path}.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **amass_arrays(**how))


def joined(root, **sets):
    takes, _ = unique_takes(amass_takes(str(root)))
    return join_texts(takes, load_texts(**sets))


def counts(notes):
    return {note.cause: note.count for note in notes}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Write two motions, one under a newer collection name, and all three caption datasets."""
    root = tmp_path_factory.mktemp("texts")
    write_motion(root / "AMASS", "CMU/01/01_01_poses", seconds=6.4)
    write_motion(root / "AMASS", SEATED, width=165)
    actions = [label("walk", 0, 3), label("transition", 3, 3.2), label("sway", 3.2, 9)]
    whole = sequence("BMLrub/BioMotionLab_NTroje/rub055/0020_sit_poses.npz", [label("sit")])
    whole |= {"frame_ann": None, "seq_ann": whole["frame_ann"]}
    frames = sequence("CMU/CMU/01/01_01_poses.npz", actions)
    babel_set(root / "babel", train=[frames], val=[whole])
    rows = [("./pose_data/CMU/01/01_01_poses.npy", 40, 100, "000001.npy")]
    rows += [("./pose_data/CMU/01/01_01_poses.npy", 160, 200, "000002.npy")]
    texts = {"000001": [line("a man sways")], "000002": [line("a man who left")]}
    humanml3d_set(root / "humanml3d", rows, texts)
    kitml_set(root / "kitml", {"7": ("KIT/9/run_poses", 3.0, [("A person runs.", 0.0, 3.0)])})
    write_models_and_radar(root)
    return root


def test_the_command_writes_segments_captions_and_official_splits(place, capsys):
    out = place / "s.zarr"
    sets = [f"--{name}={place / name}" for name in ("babel", "humanml3d", "kitml")]
    arguments = ["--out", str(out), "--amass", str(place / "AMASS"), *sets]
    assert main([*arguments, *build_arguments(place)]) == 0
    output, _ = printed_lines(capsys)
    tables = {
        name: pq.read_table(out / "tables" / name).to_pylist()
        for name in ("clips", "segments", "captions")
    }
    splits = {clip["take"]: clip["official_split"] for clip in tables["clips"]}
    assert splits == {SEATED: "val", "CMU/01/01_01_poses": "train"}
    captions = {row["id"]: row["text"] for row in tables["captions"]}
    starts = {clip["id"]: (clip["take"], clip["start_s"]) for clip in tables["clips"]}
    segments = {}
    for row in tables["segments"]:
        if row["kind"] == "label":
            assert (row["start_s"], row["end_s"]) == (0.0, pytest.approx(3.2))
            continue
        times = captions[row["caption"]], round(row["start_s"], 3), round(row["end_s"], 3)
        segments.setdefault(starts[row["clip"]], []).append(times)
    assert segments == {
        ("CMU/01/01_01_poses", 0.0): [
            ("walk", 0.0, 3.0),
            ("a man sways", 2.0, 3.2),
        ],
        ("CMU/01/01_01_poses", 3.2): [
            ("a man sways", 0.0, 1.8),
            ("sway", 0.0, 3.2),
        ],
        (SEATED, 0.0): [("sit", 0.0, 3.2)],
    }
    licences = {row["text"]: row["licence"] for row in tables["captions"]}
    assert "non-commercial" in licences["walk"]
    assert "MIT" in licences["a man sways"]
    for counted in (
        "BABEL texts joined: 3",
        "HumanML3D texts joined: 2",
        "KIT-ML texts joined: 0",
        "KIT-ML texts of missing motions: 1",
        "BABEL texts that mark transitions: 1",
        "texts that begin after the end of their motion: 1",
    ):
        assert any(line.startswith(counted) for line in output)
    assert any("with --amass)" in line for line in output if "missing motions: 1" in line)


def test_a_clip_of_several_actions_gets_a_joined_label(place):
    takes, _ = joined(place / "AMASS", babel=place / "babel")
    clip = Clip(
        id="c", take="CMU/01/01_01_poses", source="", licence="L", subject="", num_frames=50
    )
    texts = {name: take.texts for name, take in takes.items()}
    rows = shard_tables([clip], texts, "radar", "free", 0.1)
    captions = {row["id"]: row["text"] for row in rows["captions"]}
    times = [(captions[row["caption"]], row["start_s"], row["end_s"]) for row in rows["segments"]]
    assert times == [("walk", 0, 3), ("sway", 3.2, 5.0), ("walk and sway", 0, 5.0)]
    assert [row["kind"] for row in rows["segments"]] == ["action", "action", "label"]
    assert {row["source"] for row in rows["captions"]} == {"BABEL"}


def test_times_are_corrected_for_a_frame_rate_that_is_no_multiple_of_20_hz(tmp_path, place):
    write_motion(tmp_path, "CMU/01/01_01_poses", rate_hz=250.0)
    takes, _ = joined(tmp_path, humanml3d=place / "humanml3d")
    text = takes["CMU/01/01_01_poses"].texts[0]
    assert (text.start_s, text.end_s) == pytest.approx((2 * 0.96, 5 * 0.96))


def test_an_unreadable_motion_keeps_its_texts(tmp_path, place):
    file = tmp_path / "CMU" / "01" / "01_01_poses.npz"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no motion")
    takes, _ = joined(tmp_path, humanml3d=place / "humanml3d")
    assert len(takes["CMU/01/01_01_poses"].texts) == 2


def test_caption_datasets_without_motions_are_refused(place, capsys):
    assert main(["--dry-run", "--kitml", str(place / "kitml")]) == 2
    (line,) = printed_lines(capsys)[1]
    assert line.startswith("options: --kitml: describes motions, and none are given; ")


def test_real_kitml_texts_find_motions_laid_out_as_amass(tmp_path, test_data):
    """All texts of the existing motions are joined, even if the files have the suffix of SMPL-X."""
    folder = test_data / "kitml_texts"
    motions = json.loads((folder / "annotations.json").read_text()).values()
    plain = [motion for motion in motions if not motion["path"].startswith("M/")]
    present = plain[::40]
    for number, motion in enumerate(present):
        path = motion["path"]
        path = path.replace("_poses", "_stageii") if number % 2 else path
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{path}.npz").write_bytes(b"not opened for KIT-ML")
    takes, notes = joined(tmp_path, kitml=folder)
    captions = {
        name.removesuffix("_poses").removesuffix("_stageii"): {text.caption for text in take.texts}
        for name, take in takes.items()
    }
    assert captions == {
        motion["path"].removesuffix("_poses"): {
            " ".join(text["text"].split()) for text in motion["annotations"]
        }
        for motion in present
    }
    num = sum(len(motion["annotations"]) for motion in present)
    assert counts(notes) == {
        "KIT-ML texts joined": num,
        "KIT-ML texts of missing motions": 6082 - num,
        "KIT-ML texts of mirrored motions, which are left out": 6082,
    }
