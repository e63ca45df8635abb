"""Damaged caption datasets give a one-line error or counts of skipped entries, no traceback."""

import json
import random

import pytest

from pipelines.caption_datasets.motion_texts import load_texts
from radarsim.errors import InputError
from tests.helpers.text_sets import babel_set, humanml3d_set, kitml_set, label, line, sequence

WALK = "KIT/3/walk01_poses"
INVALID = (
    None,
    True,
    -1,
    1e308,
    float("nan"),
    float("-inf"),
    10**400,
    "",
    "\ud800",
    "x" * 5000,
    "1e999",
    [],
    [[[[]]]],
    {},
    {"labels": {"labels": 3}},
    [None, 3, {"text": 4}],
    "../../etc/passwd",
    "KIT/3/walk\n01",
)


def make_sets(root):
    """Write a small dataset of each kind; return the paths by argument name of `load_texts`."""
    whole = sequence("KIT/KIT/3/walk01_poses.npz", [label("jump")], kind="seq_ann")
    frames = sequence("CMU/CMU/1/a_poses.npz", [label("walk", 0, 3), label("turn", 3, 4)])
    extra = {"feat_p": "SFU/SFU/1/b", "dur": 4, "frame_anns": [{"labels": [label("sit", 0, 2)]}]}
    babel_set(root / "babel", train=[whole, frames], extra_val=[extra])
    rows = [(WALK, 0, 60, "000001.npy"), (WALK, 60, 90, "000002.npy")]
    texts = {"000001": [line("one"), line("two", 0.5, 1)], "000002": [line("three")]}
    humanml3d_set(root / "humanml3d", rows, texts, {"train": ["000001"]})
    kitml_set(root / "kitml", {"1": (WALK, 4.0, [("A person walks.", 0.0, 4.0)])})
    return {name: root / name for name in ("babel", "humanml3d", "kitml")}


def check(sets):
    """Check that loading gives valid texts or a one-line error that names file and problem."""
    (path,) = sets.values()
    found, refusal = _loaded(sets)
    if found is None:
        assert refusal.startswith(str(path))
        assert "\n" not in refusal
        assert len(refusal) < 400
        return "refused"
    for texts in found.texts.values():
        for text in texts:
            assert text.caption.encode().strip()
            assert 0 <= text.start_s < (text.end_s or 1e9)
    assert all(note.count > 0 for note in found.unjoined([WALK, "CMU/1/a"]))
    return "read"


def test_whole_sets_are_read(tmp_path):
    for name, path in make_sets(tmp_path).items():
        assert load_texts(**{name: path}).num_texts
        assert check({name: path}) == "read"


@pytest.mark.parametrize("name", ["babel", "humanml3d", "kitml"])
def test_damaged_bytes_are_reported_or_counted(tmp_path, name):
    """Files of a dataset are truncated, overwritten or replaced by noise, 120 times in total."""
    path = make_sets(tmp_path)[name]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    draw, outcomes = random.Random(1), set()
    for _ in range(120):
        file = draw.choice(files)
        whole = file.read_bytes()
        file.write_bytes(_damaged(whole, draw))
        outcomes.add(check({name: path}))
        file.write_bytes(whole)
    assert outcomes == {"refused", "read"}


@pytest.mark.parametrize("name", ["babel", "kitml"])
def test_an_invalid_value_at_any_position_is_reported_or_counted(tmp_path, name):
    path = make_sets(tmp_path)[name]
    file = min(path.glob("*n*.json"))
    whole = json.loads(file.read_text())
    places = list(_places(whole))
    assert len(places) > 5
    for place in places:
        for invalid in INVALID:
            file.write_text(json.dumps(_replaced(whole, place, invalid)))
            check({name: path})


def test_an_invalid_value_in_an_index_or_line_skips_its_entry(tmp_path):
    path = make_sets(tmp_path)["humanml3d"]
    index = (path / "index.csv").read_text()
    for invalid in map(str, INVALID):
        invalid = invalid.encode(errors="replace").decode()
        for old in (WALK, "60", "000001.npy"):
            (path / "index.csv").write_text(index.replace(old, invalid, 1))
            check({"humanml3d": path})
        (path / "index.csv").write_text(index)
        for damaged in (f"one#a#{invalid}#2", f"{invalid}#a#0.0#0.0", invalid * 3):
            (path / "texts" / "000001.txt").write_text(damaged)
            assert check({"humanml3d": path}) == "read"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "JSON: cannot be read"),
        (b"[" * 100_000, "JSON: is nested too deeply"),
        (b"9" * 10_000, "JSON: cannot be read"),
        (b'{"a": ' * 100_000, "JSON: is nested too deeply"),
        (b"\xff\xfe\x00", "JSON: cannot be read (no text)"),
        (b"[1, 2]", "JSON: is a list, not an object"),
        (b'{"1": {"path": "KIT/3/a"}}', "annotations: is missing from every entry"),
        (b'{"1": 3}', "annotations: is missing from every entry"),
    ],
)
def test_a_file_of_another_format_is_refused_by_name(tmp_path, content, message):
    (tmp_path / "annotations.json").write_bytes(content)
    with pytest.raises(InputError) as refused:
        load_texts(kitml=tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'annotations.json'}: {message}")


def test_a_text_set_of_another_kind_is_refused(tmp_path):
    sets = make_sets(tmp_path)
    with pytest.raises(InputError, match=r"feat_p: is missing from every entry"):
        load_texts(babel=sets["kitml"] / "annotations.json")
    with pytest.raises(InputError, match=r"--babel: holds none of train.json, val.json"):
        load_texts(babel=sets["kitml"])
    with pytest.raises(InputError, match=r"--kitml: does not exist"):
        load_texts(kitml=tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"--humanml3d: does not exist"):
        load_texts(humanml3d="a\0b")


def test_for_an_index_without_texts_the_error_names_the_archive_to_unpack(tmp_path):
    (tmp_path / "index.csv").write_text("source_path,start_frame,end_frame,new_name\n")
    with pytest.raises(InputError, match=r"texts: no such folder; unpack texts.zip there"):
        load_texts(humanml3d=tmp_path)
    (tmp_path / "texts").mkdir()
    with pytest.raises(InputError, match=r"index.csv: CSV: has no rows"):
        load_texts(humanml3d=tmp_path)
    (tmp_path / "index.csv").write_text("source_path,end_frame,new_name\na,1,b\n")
    with pytest.raises(InputError, match=r"CSV: column start_frame is missing"):
        load_texts(humanml3d=tmp_path)


def _loaded(sets):
    try:
        return load_texts(**sets), ""
    except InputError as error:
        return None, str(error)


def _damaged(whole, draw):
    data = bytearray(whole)
    kind = draw.randrange(5)
    if kind == 0:
        return bytes(data[: draw.randrange(len(data))])
    if kind == 1:
        return draw.randbytes(draw.randrange(400))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data))
        data[at : at + (kind - 2)] = bytes([draw.choice(b'09ax {]"#,\\\n\xff\0')])
    return bytes(data)


def _places(value, path=()):
    """Return the paths of all values in nested objects and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from _places(inner, (*path, key))


def _replaced(value, path, new):
    """Return a copy with one value replaced."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy
