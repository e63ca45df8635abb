"""A thousand damaged inputs: each is used, or refused in one line; none runs code or hangs."""

import contextlib
import io
import json
import os
import pickle
import shutil
import signal
import sys

import numpy as np
import pytest

from builders import check
from builders.amass import _parser
from builders.building.cli_options import recipe_table
from builders.building.recipe_loading import load_recipe_table, merge_tables
from builders.sources.takes import file_takes
from pipelines.attach_attributes import attach
from pipelines.blueprint import make_blueprint
from pipelines.clip_selection import select_clips
from pipelines.motion_texts import load_texts
from pipelines.plan import make_plan
from pipelines.recipe_toml import dump_recipe, recipe_from_table
from pipelines.run import build
from pipelines.storage import LocalFolder
from pipelines.store_tables import parquet_bytes
from pipelines.store_writer import prepare
from radarsim.errors import InputError
from radarsim.files import load_body, read_arrays
from radarsim.radar.boards import BOARDS
from radarsim.radar.toml import dump_radar
from tests.helpers.bvh_samples import bvh_text, moves, person
from tests.helpers.pipeline_fakes import small_recipe

HANG_S = 20
RECIPE = small_recipe()


def walk_npz():
    poses = 40
    rng = np.random.default_rng(0)
    file = io.BytesIO()
    np.savez(
        file,
        poses=rng.normal(0, 0.1, (poses, 156)),
        trans=np.cumsum(rng.normal(0, 0.01, (poses, 3)), axis=0),
        betas=np.zeros(16),
        gender=np.array("neutral"),
        mocap_framerate=np.array(60.0),
    )
    return file.getvalue()


def walk_bvh():
    someone = person()
    return bvh_text(someone, *moves(someone, num_poses=12)).encode()


def babel_json():
    labels = [{"raw_label": "walk", "proc_label": "walk", "start_t": 0.0, "end_t": 2.0}]
    entry = {"feat_p": "CMU/CMU/01/01_01_poses.npz", "dur": 3.0, "babel_sid": 7}
    entry |= {"seq_ann": {"labels": labels}, "frame_ann": {"labels": labels}}
    return json.dumps({"7": entry, "8": {**entry, "frame_ann": None}}).encode()


def kitml_json():
    said = [{"seg_id": "0", "text": "A person walks.", "start": 0.0, "end": 2.0}]
    entry = {"path": "KIT/3/walk_poses", "duration": 2.0, "annotations": said}
    return json.dumps({"00001": entry}).encode()


def sentences_parquet():
    row = {"caption": "walk", "variant": 0, "part": "arms", "sentence": "They swing."}
    return parquet_bytes("attributes", [{**row, "provenance": "by hand"}])


def reads_motion(path):
    takes, notes = file_takes([str(path)])
    assert all("\n" not in note.line for note in notes)
    for take in takes:
        for note in select_clips(RECIPE, take).notes:
            assert "\n" not in note.line, note.line


def reads_recipe(path):
    given = _parser().parse_args(["--out", "x", "--recipe", str(path)])
    table, where = load_recipe_table(given)
    recipe_from_table(merge_tables(table, recipe_table(vars(given))), where)


def attaches(path):
    attach(str(path.parent / "store.zarr"), str(path))


def checks(path):
    """A store of which one file is damaged: the metadata of its first array."""
    shutil.copytree(path.parent / "store.zarr", path.parent / "broken.zarr", dirs_exist_ok=True)
    shutil.copy(path, path.parent / "broken.zarr" / "zarr.json")
    assert check.main([str(path.parent / "broken.zarr"), "--quiet"]) in (1, 2)


READERS = {
    "walk.npz": (walk_npz, reads_motion),
    "walk.bvh": (walk_bvh, reads_motion),
    "babel.json": (babel_json, lambda path: load_texts(babel=str(path))),
    "kitml.json": (kitml_json, lambda path: load_texts(kitml=str(path))),
    "said.parquet": (sentences_parquet, attaches),
    "recipe.toml": (lambda: dump_recipe(RECIPE).encode(), reads_recipe),
    "radar.toml": (
        lambda: dump_radar(BOARDS["IWR6843ISK"]).encode(),
        lambda path: recipe_from_table({"radar": str(path)}, "options"),
    ),
    "zarr.json": (None, checks),
}
PER_KIND = 125  # of eight kinds


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Finished, of clips that all failed: nothing needs a simulation here."""

    def fails(recipe, clip, take):
        raise InputError(clip.id, "poses", "none", "none")

    folder = tmp_path_factory.mktemp("store")
    (folder / "walk.npz").write_bytes(walk_npz())
    takes = {take.id: take for take in file_takes([str(folder)])[0]}
    plan = make_plan(RECIPE, select_clips(RECIPE, takes["walk.npz"]).clips)
    path = folder / "store.zarr"
    build(plan, takes, str(path), make_blueprint(plan, takes), fails, workers=0, quiet=True)
    return path


def damaged(data, rng):
    """One of the ways in which files go wrong on disks, in transfers and in editors."""
    data, at = bytearray(data), int(rng.integers(len(data)))
    ways = (
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + bytes(rng.integers(0, 256, 9, np.uint8)) + data[at + 9 :],
        lambda: data[:at] + bytes(64) + data[at + 64 :],
        lambda: data[:at] + data[at // 2 : at] + data[at:],
        lambda: bytes(rng.integers(0, 256, int(rng.integers(1, 400)), np.uint8)),
        lambda: _numbers_replaced(data, rng, b"nan"),
        lambda: _numbers_replaced(data, rng, b"-1e999"),
        lambda: _numbers_replaced(data, rng, b"99999999999999999999"),
        lambda: _numbers_replaced(data, rng, b'"words"'),
        lambda: data.replace(b"{", b"[{", 3).replace(b"}", b"}]", 3),
        lambda: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r"),
    )
    return bytes(ways[int(rng.integers(len(ways)))]())


def _numbers_replaced(data, rng, word):
    digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()] or [0]
    at = digits[int(rng.integers(len(digits)))]
    return data[:at] + word + data[at + 1 :]


@pytest.fixture
def no_hang():
    def hangs(*_):
        raise AssertionError(f"still reading after {HANG_S} s")

    before = signal.signal(signal.SIGALRM, hangs)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", READERS)
def test_damage_costs_one_line(name, tmp_path, store, no_hang, capsys):
    whole, read = READERS[name]
    data = whole() if whole else (store / "zarr.json").read_bytes()
    shutil.copytree(store, tmp_path / "store.zarr")
    rng, said, path = np.random.default_rng(3), [], tmp_path / name
    for _ in range(PER_KIND):
        path.write_bytes(damaged(data, rng))
        signal.alarm(HANG_S)
        with contextlib.suppress(Used):
            with pytest.raises(InputError) as refusal:  # noqa: PT012  (`Used` leaves both)
                read(path)
                raise Used
            said.append(str(refusal.value))
    assert "Traceback" not in capsys.readouterr().err
    assert all("\n" not in line and len(line) < 1000 for line in said)
    assert said or name in ("walk.npz", "walk.bvh", "zarr.json")  # those tell it otherwise


class Used(Exception):
    """The damage did no harm, or was told on the way."""


class Marks:
    """What unpickles by running a command."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_no_code_runs_from_a_file(tmp_path):
    """Pickles that would leave a mark, wherever a pickle could be expected."""
    mark = tmp_path / "ran"
    bomb = Marks(mark)
    np.savez(tmp_path / "poses.npz", poses=np.array([bomb], object), trans=np.zeros((1, 3)))
    np.save(tmp_path / "array.npy", np.array([bomb], object))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    for name in ("plain.npz", "SMPL_NEUTRAL.pkl", "model.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps({"poses": bomb, "v_template": bomb}))
    for name in ("poses.npz", "array.npz", "plain.npz"):
        reads_motion(tmp_path / name)
        with pytest.raises(InputError):
            read_arrays(tmp_path / name, keys=("poses",))
    for name in ("SMPL_NEUTRAL.pkl", "model.pkl"):
        with pytest.raises(InputError):
            load_body(str(tmp_path / name), "neutral", "smpl")
    assert not mark.exists()
    pickle.loads(pickle.dumps(bomb))  # the bomb is a real one
    assert mark.exists()


def test_good_clips_among_damaged_files_are_planned(tmp_path):
    """One line for each file that is of no use; the rest is there."""
    rng = np.random.default_rng(5)
    for number in range(6):
        (tmp_path / f"good{number}.npz").write_bytes(walk_npz())
        (tmp_path / f"bad{number}.npz").write_bytes(walk_npz()[: int(rng.integers(10, 3000))])
    takes, notes = file_takes([str(tmp_path)])
    found = [select_clips(RECIPE, take) for take in takes]
    notes += [note for each in found for note in each.notes if note.line]
    plan = make_plan(RECIPE, [clip for each in found for clip in each.clips])
    assert {clip.take for clip in plan.clips} == {f"good{number}.npz" for number in range(6)}
    assert len(notes) == 6
    prepare(LocalFolder(tmp_path / "s.zarr"), make_blueprint(plan, {t.id: t for t in takes}))


def test_deep_and_endless_documents_are_refused(tmp_path):
    deep = {"walk.json": b"[" * 100_000, "recipe.toml": b"a = " + b"[" * 100_000}
    for name, data in deep.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError):
        load_texts(babel=str(tmp_path / "walk.json"))
    with pytest.raises(InputError):
        reads_recipe(tmp_path / "recipe.toml")
    assert sys.getrecursionlimit() < 100_000
