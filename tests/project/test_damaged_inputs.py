"""A thousand damaged inputs are read or give a one-line error; none hangs or executes code."""

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
from builders.amass import make_parser
from builders.building.cli_options import recipe_table
from builders.building.recipe_loading import load_recipe_table, merge_tables
from builders.sources.takes import file_takes
from pipelines.attach_attributes import attach
from pipelines.caption_datasets.motion_texts import load_texts
from pipelines.clip_selection import select_clips
from pipelines.plan import make_plan
from pipelines.recipe_toml import dump_recipe, recipe_from_table
from pipelines.run import build
from pipelines.storage import LocalFolder
from pipelines.store_spec import make_store_spec
from pipelines.store_tables import parquet_bytes
from pipelines.store_writer import prepare
from radarsim.errors import InputError
from radarsim.files import load_body, read_arrays
from radarsim.radar.boards import BOARDS
from radarsim.radar.toml import dump_radar
from tests.helpers.bvh_samples import bvh_text, moves, person
from tests.helpers.pipeline_fakes import small_recipe

TIME_LIMIT_S = 20
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
    skeleton = person()
    return bvh_text(skeleton, *moves(skeleton, num_poses=12)).encode()


def babel_json():
    labels = [{"raw_label": "walk", "proc_label": "walk", "start_t": 0.0, "end_t": 2.0}]
    entry = {"feat_p": "CMU/CMU/01/01_01_poses.npz", "dur": 3.0, "babel_sid": 7}
    entry |= {"seq_ann": {"labels": labels}, "frame_ann": {"labels": labels}}
    return json.dumps({"7": entry, "8": {**entry, "frame_ann": None}}).encode()


def kitml_json():
    annotations = [{"seg_id": "0", "text": "A person walks.", "start": 0.0, "end": 2.0}]
    entry = {"path": "KIT/3/walk_poses", "duration": 2.0, "annotations": annotations}
    return json.dumps({"00001": entry}).encode()


def sentences_parquet():
    row = {"caption": "walk", "variant": 0, "part": "arms", "sentence": "They swing."}
    return parquet_bytes("attributes", [{**row, "provenance": "by hand"}])


def read_motion(path):
    takes, notes = file_takes([str(path)])
    assert all("\n" not in note.line for note in notes)
    for take in takes:
        for note in select_clips(RECIPE, take).notes:
            assert "\n" not in note.line, note.line


def read_recipe(path):
    given = make_parser().parse_args(["--out", "x", "--recipe", str(path)])
    table, where = load_recipe_table(given)
    recipe_from_table(merge_tables(table, recipe_table(vars(given))), where)


def attach_sentences(path):
    attach(str(path.parent / "store.zarr"), str(path))


def check_store(path):
    """Run builders.check on a store whose root metadata is damaged."""
    shutil.copytree(path.parent / "store.zarr", path.parent / "broken.zarr", dirs_exist_ok=True)
    shutil.copy(path, path.parent / "broken.zarr" / "zarr.json")
    assert check.main([str(path.parent / "broken.zarr"), "--quiet"]) in (1, 2)


READERS = {
    "walk.npz": (walk_npz, read_motion),
    "walk.bvh": (walk_bvh, read_motion),
    "babel.json": (babel_json, lambda path: load_texts(babel=str(path))),
    "kitml.json": (kitml_json, lambda path: load_texts(kitml=str(path))),
    "sentences.parquet": (sentences_parquet, attach_sentences),
    "recipe.toml": (lambda: dump_recipe(RECIPE).encode(), read_recipe),
    "radar.toml": (
        lambda: dump_radar(BOARDS["IWR6843ISK"]).encode(),
        lambda path: recipe_from_table({"radar": str(path)}, "options"),
    ),
    "zarr.json": (None, check_store),
}
NUM_DAMAGES = 125  # number of damaged files of each of the eight types


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A finished store in which all clips failed, so that nothing is simulated."""

    def fails(recipe, clip, take):
        raise InputError(clip.id, "poses", "none", "none")

    folder = tmp_path_factory.mktemp("store")
    (folder / "walk.npz").write_bytes(walk_npz())
    takes = {take.id: take for take in file_takes([str(folder)])[0]}
    plan = make_plan(RECIPE, select_clips(RECIPE, takes["walk.npz"]).clips)
    path = folder / "store.zarr"
    build(plan, takes, str(path), make_store_spec(plan, takes), fails, workers=0, quiet=True)
    return path


def damaged(data, rng):
    """Damage a file at random in ways that disks, transfers and editors can damage files."""
    data, at = bytearray(data), int(rng.integers(len(data)))
    damages = (
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
    return bytes(damages[int(rng.integers(len(damages)))]())


def _numbers_replaced(data, rng, word):
    digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()] or [0]
    at = digits[int(rng.integers(len(digits)))]
    return data[:at] + word + data[at + 1 :]


@pytest.fixture
def time_limit():
    def fail(*_):
        raise AssertionError(f"still reading after {TIME_LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_in_one_line(name, tmp_path, store, time_limit, capsys):
    whole, read = READERS[name]
    data = whole() if whole else (store / "zarr.json").read_bytes()
    shutil.copytree(store, tmp_path / "store.zarr")
    rng, lines, path = np.random.default_rng(3), [], tmp_path / name
    for _ in range(NUM_DAMAGES):
        path.write_bytes(damaged(data, rng))
        signal.alarm(TIME_LIMIT_S)
        with contextlib.suppress(FileWasRead):
            with pytest.raises(InputError) as refusal:  # noqa: PT012  (`FileWasRead` exits both)
                read(path)
                raise FileWasRead
            lines.append(str(refusal.value))
    assert "Traceback" not in capsys.readouterr().err
    assert all("\n" not in line and len(line) < 1000 for line in lines)
    # The readers of these files report damage in notes or by the exit status.
    assert lines or name in ("walk.npz", "walk.bvh", "zarr.json")


class FileWasRead(Exception):
    """Raised if the damaged file was read, or if its damage was reported without an exception."""


class CommandOnUnpickling:
    """An object that runs a command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_no_code_runs_from_a_file(tmp_path):
    """No reader executes a pickle; the pickles in these files would create a marker file."""
    marker = tmp_path / "ran"
    payload = CommandOnUnpickling(marker)
    np.savez(tmp_path / "poses.npz", poses=np.array([payload], object), trans=np.zeros((1, 3)))
    np.save(tmp_path / "array.npy", np.array([payload], object))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    for name in ("plain.npz", "SMPL_NEUTRAL.pkl", "model.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps({"poses": payload, "v_template": payload}))
    for name in ("poses.npz", "array.npz", "plain.npz"):
        read_motion(tmp_path / name)
        with pytest.raises(InputError):
            read_arrays(tmp_path / name, keys=("poses",))
    for name in ("SMPL_NEUTRAL.pkl", "model.pkl"):
        with pytest.raises(InputError):
            load_body(str(tmp_path / name), "neutral", "smpl")
    assert not marker.exists()
    pickle.loads(pickle.dumps(payload))  # outside the readers, the payload creates the file
    assert marker.exists()


def test_valid_motions_among_damaged_files_are_planned(tmp_path):
    """Each damaged motion file gives one line, and all other motion files give clips."""
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
    prepare(LocalFolder(tmp_path / "s.zarr"), make_store_spec(plan, {t.id: t for t in takes}))


def test_deeply_nested_documents_are_refused(tmp_path):
    deep = {"walk.json": b"[" * 100_000, "recipe.toml": b"a = " + b"[" * 100_000}
    for name, data in deep.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError):
        load_texts(babel=str(tmp_path / "walk.json"))
    with pytest.raises(InputError):
        read_recipe(tmp_path / "recipe.toml")
    assert sys.getrecursionlimit() < 100_000
