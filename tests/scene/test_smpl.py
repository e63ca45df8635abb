"""Body-model files: the published formats are read, and all others raise a one-line error."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.scene.formats.smpl import find_body_model, free_body, read_body_model
from tests.helpers.synthetic_bodies import PARENTS, as_published_pickle, synthetic_model


def write(path, model):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        np.savez(path, **model)
    else:
        path.write_bytes(pickle.dumps(model, protocol=2))
    return path


@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
@pytest.mark.parametrize("layout", ["smpl", "smplh", "smplx"])
def test_a_model_is_read_with_its_regressor_applied(tmp_path, layout, suffix):
    model = synthetic_model(layout)
    written = as_published_pickle(model) if suffix == ".pkl" else model
    body = read_body_model(write(tmp_path / f"model{suffix}", written))
    assert (body.layout, body.name) == (layout, "model")
    assert body.shape_space == ("smplx" if layout == "smplx" else "smpl")
    assert list(body.parents) == PARENTS[layout]
    regressor, template = model["J_regressor"], model["v_template"]
    np.testing.assert_allclose(body.joint_template_m, regressor @ template, atol=1e-6)
    joint_dirs = np.einsum("jv,vcb->jcb", regressor, model["shapedirs"])
    np.testing.assert_allclose(body.joint_shape_dirs, joint_dirs, atol=1e-7)
    np.testing.assert_array_equal(body.faces, model["f"].astype(int))
    assert body.template_m.dtype == body.skin_weights.dtype == np.float32


@pytest.mark.parametrize(
    ("layout", "available", "kept"),
    [("smpl", 10, 10), ("smpl", 300, 16), ("smplh", 16, 16), ("smplx", 20, 10), ("smplx", 400, 16)],
)
def test_shape_directions_are_kept_and_expression_is_dropped(tmp_path, layout, available, kept):
    """SMPL-X files append expressions: 10 + 10 in the slim files, 300 + 100 in the full files."""
    body = read_body_model(write(tmp_path / "m.npz", synthetic_model(layout, available)))
    assert body.num_betas == body.joint_shape_dirs.shape[-1] == kept


def test_object_arrays_under_other_keys_do_not_matter(tmp_path):
    """The published SMPL-X archives contain pickled dictionaries, joint2num and part2num."""
    extras = {"joint2num": np.array({"Pelvis": 0}, dtype=object), "bs_style": np.array("lbs")}
    model = synthetic_model("smplx", 20)
    assert read_body_model(write(tmp_path / "m.npz", {**model, **extras})).layout == "smplx"


def test_the_root_may_have_parent_minus_one(tmp_path):
    model = synthetic_model()
    model["kintree_table"] = model["kintree_table"].astype(np.int32)
    assert read_body_model(write(tmp_path / "m.npz", model)).parents[0] == -1


def test_a_file_without_pose_directions_makes_a_body_without(tmp_path):
    model = synthetic_model()
    model["posedirs"] = model["posedirs"][..., :0]
    body = read_body_model(write(tmp_path / "m.npz", model))
    assert body.pose_dirs.shape == (0, 3 * body.num_vertices)


def broken(**changes):
    return {
        key: value for key, value in {**synthetic_model(), **changes}.items() if value is not None
    }


def with_nan():
    template = synthetic_model()["v_template"]
    template[3, 1] = np.nan
    return template


BROKEN_FIELDS = {
    "missing": (broken(weights=None), "weights", "missing; the file holds"),
    "object": (broken(shapedirs=np.array([{}, 1], dtype=object)), "shapedirs", "object array"),
    "shape": (broken(v_template=np.zeros((42, 2))), "v_template", r"\(42, 2\), not any x 3"),
    "other mesh": (broken(weights=np.ones((7, 24)) / 24), "weights", r"\(7, 24\), not 42 x 24"),
    "not finite": (broken(v_template=with_nan()), "v_template", "not finite"),
    "text": (broken(v_template=np.full((42, 3), "x")), "v_template", "entries are"),
    "weights": (broken(weights=np.ones((42, 24))), "weights", "add up to 24"),
    "faces": (broken(f=np.array([[0, 1, 42]])), "f", "vertex 42 of 42"),
    "directions": (broken(posedirs=np.zeros((42, 3, 9))), "posedirs", "9 directions, not 207"),
    "tree": (
        broken(kintree_table=np.array([[-1, 5, *[0] * 22], range(24)])),
        "kintree_table",
        "joint 1 has parent 5",
    ),
    "hand": (
        broken(kintree_table=np.zeros((2, 16), int)),
        "kintree_table",
        r"16 joints, as MANO \(a hand\)",
    ),
    "head": (
        broken(kintree_table=np.zeros((2, 5), int)),
        "kintree_table",
        r"5 joints, as FLAME \(a head\)",
    ),
    "motion": (
        {"poses": np.zeros((9, 156)), "trans": np.zeros((9, 3))},
        "kintree_table",
        "missing; the file holds poses, trans",
    ),
}


@pytest.mark.parametrize("case", BROKEN_FIELDS)
def test_an_invalid_field_is_named_in_one_line(tmp_path, case):
    model, field, problem = BROKEN_FIELDS[case]
    path = write(tmp_path / "m.npz", model)
    with pytest.raises(InputError, match=problem) as caught:
        read_body_model(path)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{path}: {field}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
def test_a_truncated_file_is_reported_as_damaged(tmp_path, suffix, share):
    path = write(tmp_path / f"m{suffix}", synthetic_model())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"truncated|damaged|no \.npz archive"):
        read_body_model(path)


def test_a_damaged_member_of_an_archive_is_found(tmp_path):
    path = write(tmp_path / "m.npz", synthetic_model())
    whole = bytearray(path.read_bytes())
    for place in range(len(whole) // 3, len(whole) // 3 + 400):
        whole[place] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(InputError):
        read_body_model(path)


def test_other_files_are_refused_by_name_or_content(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_body_model(tmp_path / "absent.npz")
    (tmp_path / "body.obj").write_text("v 0 0 0")
    with pytest.raises(InputError, match=r"ends in '\.obj'"):
        read_body_model(tmp_path / "body.obj")
    with (tmp_path / "one.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InputError, match="single array"):
        read_body_model(tmp_path / "one.npz")


class Attack:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
@pytest.mark.parametrize("key", ["v_template", "extra"])
def test_a_malicious_file_executes_nothing(tmp_path, suffix, key):
    mark = tmp_path / "was_here"
    attack = Attack(mark)
    model = {
        **synthetic_model(),
        key: np.array(attack, dtype=object) if suffix == ".npz" else attack,
    }
    path = write(tmp_path / f"m{suffix}", model)
    if (suffix, key) == (".npz", "extra"):
        read_body_model(path)  # a key that is not required is never opened
    else:
        with pytest.raises(InputError, match=r"object array|it contains"):
            read_body_model(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "layout", "gender"),
    [
        ("smpl/SMPL_NEUTRAL.pkl", "smpl", "neutral"),
        ("smpl/models/basicModel_f_lbs_10_207_0_v1.0.0.pkl", "smpl", "female"),
        ("SMPL_python_v.1.1.0/smpl/models/basicmodel_m_lbs_10_207_0_v1.1.0.pkl", "smpl", "male"),
        ("smplh/male/model.npz", "smplh", "male"),
        ("neutral/model.npz", "smplh", "neutral"),
        ("smplh/SMPLH_FEMALE.pkl", "smplh", "female"),
        ("models/smplx/SMPLX_NEUTRAL.npz", "smplx", "neutral"),
        ("smplx/male/model.npz", "smplx", "male"),
    ],
)
def test_models_are_found_under_their_published_names(tmp_path, name, layout, gender):
    path = tmp_path / name
    decoys = ["dmpls/male/model.npz", "smpl/SMPL_OTHER.pkl", "mano/MANO_LEFT.pkl", "readme.txt"]
    for decoy in [*decoys, name]:
        (tmp_path / decoy).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / decoy).touch()
    assert find_body_model(tmp_path, layout, gender) == path
    assert find_body_model(path, layout, gender) == path


def test_layouts_and_genders_are_not_confused(tmp_path):
    for name in ("smplh/male/model.npz", "smplx/male/model.npz", "smplx/SMPLX_FEMALE.npz"):
        write(tmp_path / name, {})
    assert find_body_model(tmp_path, "smplx", "MALE") == tmp_path / "smplx/male/model.npz"
    assert find_body_model(tmp_path, "smplh", "male") == tmp_path / "smplh/male/model.npz"
    with pytest.raises(InputError, match=r"no smplh model of gender 'female'.*SMPLH_FEMALE\.npz"):
        find_body_model(tmp_path, "smplh", "female")
    with pytest.raises(InputError, match="no such folder"):
        find_body_model(tmp_path / "absent", "smpl")


def test_an_archive_is_preferred_to_a_pickle(tmp_path):
    for suffix in ("pkl", "npz"):
        write(tmp_path / f"SMPLX_NEUTRAL.{suffix}", {})
    assert find_body_model(tmp_path, "smplx").suffix == ".npz"


def test_the_free_body_is_included_in_the_package():
    body = free_body()
    assert (body.name, body.layout, body.shape_space) == ("free_body", "smpl", "free")


def test_reading_a_pickle_imports_no_chumpy_and_no_torch(tmp_path):
    path = write(tmp_path / "m.pkl", as_published_pickle(synthetic_model()))
    program = (
        "import sys; from radarsim.scene.formats.smpl import read_body_model; "
        f"read_body_model({str(path)!r}); "
        "sys.exit(bool({'chumpy', 'torch', 'smplx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
