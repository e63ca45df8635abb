"""Texts are joined to motions at the correct times, and texts without a motion are counted."""

import csv
import json
import shutil

import pytest

from pipelines.caption_datasets.amass_names import RENAMED, motion_key
from pipelines.caption_datasets.motion_texts import (
    MOTION_MISSING,
    joins_actions,
    load_texts,
    window_label,
)
from pipelines.sources import Text
from tests.helpers.text_sets import babel_set, humanml3d_set, kitml_set, label, line, sequence

WALK = "KIT/3/walk01_poses"


def spans(texts, path=WALK, rate_hz=None):
    found = texts.for_motion(path, rate_hz).texts
    return [(text.caption, text.start_s, text.end_s) for text in found]


def counts(notes):
    return {note.cause: note.count for note in notes}


@pytest.mark.parametrize(
    "path",
    [
        "KIT/3/walk01_poses.npz",
        "KIT/KIT/3/walk01_poses.npz",
        "./pose_data/KIT/3/walk01_poses.npy",
        "/data/mocap/AMASS/KIT/3/walk01_stageii.npz",
        "kit/3/Walk01_POSES.NPZ",
        "KIT\\3\\walk01_poses.npz",
        "KIT/3/walk01",
    ],
)
def test_all_spellings_of_a_path_have_the_same_key(path):
    assert motion_key(path) == motion_key(WALK)


@pytest.mark.parametrize("old", RENAMED)
def test_both_names_of_a_renamed_collection_have_the_same_key(old):
    """BABEL's paths contain the old and the new name; one name may lack underscores."""
    new = RENAMED[old]
    key = motion_key(f"{new}/a/b_stageii.npz")
    assert key == motion_key(f"./pose_data/{old}/a/b_poses.npy")
    assert key == motion_key(f"{new}/{old}/a/b_poses.npz")
    assert key == motion_key(f"{old.replace('_', '')}/{old}/a/b_poses.npz")


def test_blanks_and_hyphens_missing_in_smplx_files_do_not_change_the_key():
    old = "ACCAD/Female1Running_c3d/C19 -  run to hop to walk_poses.npz"
    assert motion_key(old) == motion_key(old.replace(" ", "_").replace("_poses", "_stageii"))


def test_a_private_collection_is_identified_by_its_path():
    assert motion_key("./pose_data/anna/jump_poses.npy") == "anna/jump"
    assert motion_key("anna/anna/jump_poses.npz") == "anna/jump"
    assert motion_key("anna/jump_poses.npz") != motion_key("bert/jump_poses.npz")


@pytest.mark.parametrize("path", [None, 3, "", "/", "a/../b", "a\0b", "x" * 2000, ["KIT"], ".npz"])
def test_a_value_that_is_not_a_path_has_no_key(path):
    assert motion_key(path) is None


def test_babel_gives_timed_actions_without_transitions(tmp_path):
    labels = [
        label("walk", 0, 4),
        label("transition", 4, 4.5),
        {**label("to sit", 4.5, 5), "act_cat": ["transition"]},
        label("turn", 4.5, 6),
    ]
    folder = babel_set(tmp_path, train=[sequence("KIT/KIT/3/walk01_poses.npz", labels)])
    texts = load_texts(babel=folder)
    assert spans(texts) == [("walk", 0, 4), ("turn", 4.5, 6)]
    assert counts(texts.left_out) == {"BABEL texts that mark transitions": 2}
    assert texts.for_motion(WALK).official_split == "train"
    assert "non-commercial" in texts.for_motion(WALK).texts[0].licence


def test_a_babel_sequence_without_frame_labels_uses_its_sequence_labels(tmp_path):
    whole = sequence(WALK, [label("jump"), label("clap")], kind="seq_ann")
    assert spans(load_texts(babel=babel_set(tmp_path, val=[whole]))) == [
        ("jump", 0, None),
        ("clap", 0, None),
    ]


def test_of_several_babel_annotators_the_first_is_used(tmp_path):
    extra = {"feat_p": WALK, "dur": 5, "seq_anns": None}
    extra["frame_anns"] = [
        {"labels": []},
        {"labels": [label("walk", 0, 3)]},
        {"labels": [label("stroll", 0, 2), label("stop", 2, 3)]},
    ]
    texts = load_texts(babel=babel_set(tmp_path, extra_train=[extra]))
    assert spans(texts) == [("walk", 0, 3)]
    assert counts(texts.left_out) == {"BABEL texts by further annotators": 2}
    assert texts.for_motion(WALK).official_split == "train"


def test_a_motion_of_babels_dense_and_extra_files_is_labelled_once(tmp_path):
    dense, extra = (sequence(WALK, [label(text, 0, 3)]) for text in ("walk", "stroll"))
    texts = load_texts(babel=babel_set(tmp_path, extra_val=[extra], val=[dense]))
    assert spans(texts) == [("walk", 0, 3)]
    assert counts(texts.left_out) == {"BABEL texts of motions that another file also labels": 1}


def test_humanml3d_counts_frames_at_20_hz_from_the_clips_start(tmp_path):
    rows = [("./pose_data/KIT/3/walk01_poses.npy", 40, 120, "000007.npy")]
    lines = [line("a man walks"), line("he turns # quickly", 1.0, 2.5), line("he stops", 3, 9)]
    texts = load_texts(humanml3d=humanml3d_set(tmp_path, rows, {"000007": lines}))
    assert spans(texts) == [
        ("a man walks", 2.0, 6.0),
        ("he turns # quickly", 3.0, 4.5),
        ("he stops", 5.0, 6.0),
    ]


def test_humanml3d_cuts_off_the_start_of_some_collections(tmp_path):
    rows = [
        (f"./pose_data/{name}/a/b_poses.npy", 0, 40, f"{i:06d}.npy")
        for i, name in enumerate(("Eyes_Japan_Dataset", "TotalCapture", "Transitions_mocap", "CMU"))
    ]
    texts = {row[3][:6]: [line("a man waves")] for row in rows}
    found = load_texts(humanml3d=humanml3d_set(tmp_path, rows, texts))
    starts = [spans(found, row[0])[0][1] for row in rows]
    assert starts == [3.0, 1.0, 0.5, 0.0]
    assert spans(found, "EyesJapanDataset/a/b_stageii.npz") == [("a man waves", 3.0, 5.0)]


def test_humanml3d_times_are_corrected_for_the_decimated_pose_rate(tmp_path):
    """HumanML3D treats every 12th pose at 250 Hz as 20 Hz motion; the times are corrected."""
    rows = [("SSM_synced/a/b_poses.npy", 0, 60, "000001.npy")]
    found = load_texts(humanml3d=humanml3d_set(tmp_path, rows, {"000001": [line("a man waves")]}))
    path = "SSM/a/b_stageii.npz"
    assert found.counts_frames(path)
    assert spans(found, path, rate_hz=120.0)[0][2] == 3.0
    assert spans(found, path, rate_hz=250.0)[0][2] == pytest.approx(60 * 12 / 250)
    assert spans(found, path, rate_hz=59.9999885559082)[0][2] == pytest.approx(
        60 * 2 / 60, rel=1e-6
    )
    assert spans(found, path, rate_hz=15.0)[0][2] == 3.0


def test_humanml3d_leaves_out_long_mirrored_and_foreign_clips_by_cause(tmp_path):
    rows = [
        (WALK, 0, 99, "000001.npy"),
        (WALK, 0, 100, "000002.npy"),
        ("./pose_data/humanact12/humanact12/P1.npy", 0, -1, "000003.npy"),
        (WALK, 10, 5, "000004.npy"),
        (WALK, "x", 50, "000005.npy"),
        ("", 0, 50, "000006.npy"),
        (WALK, 0, 50, "000009.npy"),
    ]
    two = [line("one"), line("two")]
    texts = {f"{i:06d}": two for i in range(1, 7)} | {"M000001": two, "000077": two}
    texts["000002"] = [line("too long"), line("a short part", 1, 2), line("back", 2, 1)]
    found = load_texts(humanml3d=humanml3d_set(tmp_path, rows, texts))
    assert spans(found) == [("one", 0, 4.95), ("two", 0, 4.95), ("a short part", 1, 2)]
    assert counts(found.left_out) == {
        "HumanML3D texts of segments of 5 s or more": 1,
        "HumanML3D texts of HumanAct12, which is not in AMASS": 2,
        "HumanML3D texts with impossible times": 5,
        "HumanML3D texts whose motion's path is not recognised": 2,
        "HumanML3D texts missing (clips of the index without a file in texts)": 1,
        "HumanML3D texts that are not in the index": 2,
        "HumanML3D texts of mirrored motions, which are left out": 2,
    }


def test_a_motion_in_several_official_splits_has_none(tmp_path):
    rows = [(WALK, 0, 40, "000001.npy"), (WALK, 40, 80, "000002.npy")]
    texts = {"000001": [line("one")], "000002": [line("two")]}
    splits = {"train": ["000001"], "test": ["000002"]}
    found = load_texts(humanml3d=humanml3d_set(tmp_path, rows, texts, splits))
    assert found.for_motion(WALK).official_split == ""
    cause = "motions that their text set puts into several official splits"
    assert counts(found.unjoined([WALK])) == {cause: 1}


def test_kitml_leaves_mirrored_motions_out(tmp_path):
    motions = {
        "00001": (WALK, 4.0, [("A person walks.", 0.0, 4.0), ("late", 5, 6), (" ", 0, 1)]),
        "M00001": (f"M/{WALK}", 4.0, [("A person walks.", 0.0, 4.0)]),
    }
    found = load_texts(kitml=kitml_set(tmp_path, motions))
    assert spans(found) == [("A person walks.", 0.0, 4.0)]
    assert counts(found.left_out) == {
        "KIT-ML texts outside their motion": 1,
        "KIT-ML texts that are empty": 1,
        "KIT-ML texts of mirrored motions, which are left out": 1,
    }


def test_several_sets_are_merged_in_order_of_time(tmp_path):
    babel = babel_set(tmp_path / "b", test=[sequence(WALK, [])], val=[sequence("CMU/1/1", [])])
    kit = kitml_set(tmp_path / "k", {"1": (WALK, 4.0, [("A person walks.", 1.0, 4.0)])})
    rows = [(WALK, 0, 40, "000001.npy")]
    texts = load_texts(babel, humanml3d_set(tmp_path / "h", rows, {"000001": [line("one")]}), kit)
    assert [text.source for text in texts.for_motion(WALK).texts] == ["HumanML3D", "KIT-ML"]
    assert texts.for_motion(WALK).official_split == "test"
    assert texts.for_motion(WALK).captions == ("one", "A person walks.")
    assert texts.for_motion("CMU/9/9").texts == ()


def test_texts_that_are_not_joined_are_counted(tmp_path):
    motions = {
        "1": (WALK, 4.0, [("A person walks.", 0.0, 4.0)]),
        "2": ("CMU/1/1_poses", 4.0, [("one", 0.0, 4.0), ("two", 0.0, 4.0)]),
    }
    texts = load_texts(kitml=kitml_set(tmp_path, motions))
    there = ["KIT/3/walk01_stageii", "SFU/1/2"]
    assert texts.num_joined(there) == {"KIT-ML": 1}
    assert counts(texts.unjoined(there)) == {
        "KIT-ML texts of missing motions": 2,
        "motions without text": 1,
    }


def actions(*timed):
    return [
        Text(caption=caption, source="BABEL", start_s=start, end_s=end, kind="action")
        for caption, start, end in timed
    ]


def test_a_windows_label_lists_its_actions_joined_by_and():
    texts = actions(("walk", 0, 2), ("turn", 2, 3), ("walk", 3, 6), ("sit", 6, None))
    texts.append(Text(caption="A person walks.", source="KIT-ML", end_s=9.0))
    assert window_label(texts, 0, 5).caption == "walk and turn"
    joined = window_label(texts, 2.5, 7.5)
    assert (joined.caption, joined.start_s, joined.end_s) == ("turn and walk and sit", 2.5, 7.5)
    assert window_label(texts, 0.5, 2.1).caption == "walk", (
        "an action shown for 0.1 s is not in the label"
    )
    assert window_label(texts[-1:], 0, 5) is None, "a sentence is not an action"
    short = actions(("walk", 0, 2), ("clap", 2, 2.15), ("jump", 2.15, 2.3))
    assert window_label(short, 0, 2.15).caption == "walk and clap", "short, but shown completely"


def test_a_label_of_a_window_is_recognised_by_its_actions():
    actions = {"walk", "turn", "shake and wave"}
    for text in ("walk", "turn and walk", "walk and shake and wave and turn"):
        assert joins_actions(text, actions)
    for text in ("", "wave", "walk and wave", "walk and ", "walk turn", "Walk"):
        assert not joins_actions(text, actions)


def test_all_real_kitml_texts_are_joined_or_counted(test_data):
    folder = test_data / "kitml_texts"
    texts = load_texts(kitml=folder)
    motions = json.loads((folder / "annotations.json").read_text()).values()
    paths = [motion["path"] for motion in motions if not motion["path"].startswith("M/")]
    total = sum(len(motion["annotations"]) for motion in motions)
    (mirrored,) = texts.left_out
    assert (total, len(paths), mirrored.count) == (12164, 2883, 6082)
    assert texts.num_joined(paths) == {"KIT-ML": 6082}
    assert counts(texts.unjoined(paths)) == {mirrored.cause: 6082}
    assert not [path for path in paths if not texts.for_motion(path).texts]


def test_all_real_humanml3d_clips_are_joined_or_counted(test_data, tmp_path):
    """Each clip has a placeholder sentence, because the test data lack the published sentences."""
    published = test_data / "humanml3d_index"
    with open(published / "index.csv") as file:
        rows = list(csv.DictReader(file))
    texts = {row["new_name"][:-4]: [line("a person moves")] for row in rows[::3]}
    folder = humanml3d_set(tmp_path, [], texts)
    for name in ("index.csv", "train.txt", "val.txt", "test.txt"):
        shutil.copy(published / name, folder / name)
    found = load_texts(humanml3d=folder)
    foreign = sum("humanact12" in row["source_path"] for row in rows[::3])
    frames = [int(row["end_frame"]) - int(row["start_frame"]) for row in rows[::3]]
    short = [row["source_path"] for row, num in zip(rows[::3], frames) if 0 < num < 100]
    assert found.num_joined(short) == {"HumanML3D": len(short)}
    left_out = counts(found.left_out)
    assert left_out == {
        "HumanML3D texts of HumanAct12, which is not in AMASS": foreign,
        "HumanML3D texts of segments of 5 s or more": len(texts) - foreign - len(short),
        "HumanML3D texts missing (clips of the index without a file in texts)": len(rows)
        - len(texts),
    }
    assert "HumanML3D texts of missing motions" not in counts(found.unjoined(short))
    assert counts(found.unjoined([])) == {
        **left_out,
        f"HumanML3D texts {MOTION_MISSING}": len(short),
    }
