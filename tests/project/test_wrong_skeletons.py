"""Unusable files of joints, sequences and layouts are rejected; the message names the file."""

from dataclasses import replace

import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from radarsim.scene.skeletons.layouts import layout_from_table
from radarsim.skeleton_files import read_layout
from tests.helpers.sample_calls import BODY, check_four_parts
from tests.helpers.skeleton_files import POINTS_M, csv_text, trc_text
from tests.helpers.skeleton_truth import observed, walker

pytestmark = pytest.mark.usefixtures("without_annotation_checks")

BAD = {
    "unknown layout": (None, "coco18", "--layout.*coco17"),
    "missing toml": (None, "nothing.toml", "does not exist"),
    "broken toml": (None, "broken.toml", "is not TOML"),
    "empty csv": (("a.csv", ""), "coco17", "is empty"),
    "header only": (("a.csv", "time,nose_x,nose_y,nose_z\n"), "coco17", "no rows"),
    "words": (("a.csv", csv_text().replace("0.033333", "soon", 1)), "coco17", "not a number"),
    "ragged": (("a.csv", csv_text() + "1,2\n"), "coco17", "2 values in line 14"),
    "no axes": (("a.csv", "time,a,b\n0,1,2\n1,2,3\n"), "coco17", "no columns such as nose_x"),
    "half a point": (
        ("a.csv", csv_text().replace("nose_x", "other", 1)),
        "coco17",
        "nose has only y, z",
    ),
    "other names": (("a.csv", csv_text(names=[f"p{i}" for i in range(17)])), "coco17", "names of"),
    "unequal times": (
        ("a.csv", "\n".join(csv_text().splitlines()[:9:2] + csv_text().splitlines()[9:])),
        "coco17",
        "must be equal",
    ),
    "no json": (("a.json", "{frames"), "coco17", "is not JSON"),
    "json without poses": (("a.json", '{"fps": 30}'), "coco17", "no list of poses"),
    "uneven poses": (("a.json", "[[[0,1,2]], [[0,1,2],[3,4,5]]]"), "coco17", "cannot be read"),
    "no trc": (("a.trc", "hello\n" * 9), "plugingait", "not a TRC file"),
    "trc without rate": (
        ("a.trc", trc_text().replace("30.0\t30.0", "fast\t30")),
        "plugingait",
        "DataRate",
    ),
    "no c3d": (("a.c3d", "hello"), "plugingait", "needs the package ezc3d|cannot be read"),
    "no npy": (("a.npy", "hello"), "coco17", "cannot be read"),
    "2-D": (("a.npy", POINTS_M[..., :2]), "coco17", "are 2-D"),
    "one number": (("a.npy", np.float64(3)), "coco17", "have shape"),
    "texts": (("a.npy", np.full((3, 17, 3), "a")), "coco17", "not numbers"),
    "other number of joints": (("a.npy", POINTS_M[:, :13]), "coco17", "13 points"),
    "never observed": (("a.npy", POINTS_M * 0), "coco17", "none was observed"),
    "one place": (("a.npy", POINTS_M * 0 + 1), "coco17", "all lie in one place"),
    "normalised": (("a.npy", POINTS_M * 7), "coco17", "no unit fits"),
    "no rate": (("a.npy", POINTS_M), "coco17", "no pose rate"),
    "too few poses": (("b.npz", POINTS_M[:3]), "coco17", "3 poses"),
    "no array of joints": (("c.npz", POINTS_M), "coco17", "no array of joints"),
    "other type": (("a.fbx", "x"), "coco17", "not a supported format"),
    "no such file": (None, "coco17", "does not exist"),
}


@pytest.mark.parametrize(("file", "layout", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_its_mistake(tmp_path, file, layout, words):
    (tmp_path / "broken.toml").write_text("[joints")
    if layout.endswith(".toml"):
        layout = tmp_path / layout
    name, content = file or ("nothing.csv", None)
    _write(tmp_path / name, content)
    with pytest.raises(InputError, match=words) as caught:
        rs.read_skeletons(tmp_path / name, read_layout(layout))
    check_four_parts(caught.value)


def _write(path, content) -> None:
    if isinstance(content, str):
        path.write_text(content)
    elif path.suffix == ".npy":
        np.save(path, content)
    elif path.name == "b.npz":
        np.savez(path, joints=content, fps=30)
    elif content is not None:
        np.savez(path, other=content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points_m": np.zeros((10, 3))}, r"shape \(10, 3\)"),
        ({"points_m": np.full((10, 17, 3), np.nan)}, "0 landmarks are observed"),
        ({"points_m": np.zeros((2, 17, 3))}, "2 poses"),
        ({"points_m": [["a"] * 3]}, "points_m"),
        ({"landmarks": ("nose",) * 17}, "occurs twice"),
        ({"landmarks": tuple("abcdefghijklmnopq")}, "is not a landmark"),
        ({"rate_hz": 0.5}, "rate_hz"),
        ({"rate_hz": float("nan")}, "rate_hz"),
        ({"confidence": np.ones((3, 17))}, "confidence"),
    ],
)
def test_invalid_sequences_are_refused(change, words):
    with pytest.raises(InputError, match=words) as caught:
        replace(observed(walker(num_poses=10)), **change)
    check_four_parts(caught.value)


def test_the_table_contains_twenty_kinds_of_bad_input():
    """The rows contain at least 20 different pairs of layout and expected error message."""
    assert len({(layout, words) for _, layout, words in BAD.values()}) >= 20


def test_noise_alone_is_refused():
    noise_m = np.random.default_rng(0).normal(size=(30, 17, 3))
    with pytest.raises(InputError, match="more than noise") as caught:
        rs.fit_skeleton(observed(walker(num_poses=30), points_m=noise_m), BODY)
    check_four_parts(caught.value)


def test_wrong_arguments_are_refused():
    with pytest.raises(InputError, match="sequence"):
        rs.fit_skeleton("joints.npy", BODY)
    with pytest.raises(InputError, match="body"):
        rs.fit_skeleton(observed(walker(num_poses=10)), None)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "missing or empty"),
        ({"joints": {"a": "left_tail"}}, "not a landmark"),
        ({"joints": {"a": "nose", "b": "left_hip"}}, "2 landmarks"),
    ],
)
def test_invalid_layout_files_are_refused(table, words):
    with pytest.raises(InputError, match=words) as caught:
        layout_from_table(table, "names.toml")
    check_four_parts(caught.value)
