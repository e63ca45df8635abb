"""Builds give the same bytes after interruptions and errors, and for any number of workers."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import zarr

from pipelines.failed_clips import FAILURES
from pipelines.run import build
from pipelines.sources import TakeChanged
from pipelines.storage import LocalFolder
from pipelines.store_writer import verify
from pipelines.worker_environment import physical_cores, worker_environment
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

TAKES = fake_takes(14)
PLAN = fake_plan(TAKES)
STORE_SPEC = fake_store_spec(PLAN)
ROOT = Path(__file__).parents[2]


def built(path, make_clip=fake_clip, workers=0, plan=PLAN, takes=TAKES):
    return build(plan, takes, str(path), STORE_SPEC, make_clip, workers=workers, quiet=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "s.zarr"
    summary = built(path)
    assert (summary.state, summary.num_clips, summary.num_frames) == ("new", 14, 42)
    return store_bytes(path)


def test_two_workers_write_the_same_bytes(tmp_path, undisturbed):
    """Two workers write the same bytes as a build without worker processes.

    The test of a terminated worker covers the case of a single worker.
    """
    built(tmp_path / "s.zarr", workers=2)
    assert store_bytes(tmp_path / "s.zarr") == undisturbed


def test_a_finished_store_is_not_built_again(tmp_path, undisturbed):
    built(tmp_path / "s.zarr")
    summary = built(tmp_path / "s.zarr", make_clip=None)
    assert (summary.state, summary.num_clips) == ("finished", 14)
    assert store_bytes(tmp_path / "s.zarr") == undisturbed


@pytest.mark.parametrize("wait_s", [pytest.param(0.2, marks=pytest.mark.slow), 0.6])
def test_a_killed_build_resumes_to_the_same_bytes(tmp_path, undisturbed, wait_s):
    path = tmp_path / "s.zarr"
    _kill_while_building(path, wait_s)
    assert (path / ".build").exists(), "the build was already finished when it was killed"
    done = len(list((path / ".build" / "done").glob("*.json")))
    summary = built(path)
    assert summary.state == "resumed"
    assert done < 4
    assert store_bytes(path) == undisturbed


def test_a_file_removed_from_an_unfinished_store_is_made_again(tmp_path, undisturbed):
    path = tmp_path / "s.zarr"
    _stop_after(path, clips=9)
    for name in ("time_angle/c/0/0/0", "range/c/0", "zarr.json", "if_cube/c/3/0/0/0/0/0/0"):
        (path / name).unlink()
    built(path)
    assert store_bytes(path) == undisturbed


def test_marks_in_a_finished_store_are_removed(tmp_path, undisturbed):
    """The next build removes marker files that a killed build has left in a finished store."""
    path = tmp_path / "s.zarr"
    built(path)
    (path / ".build").mkdir()
    (path / ".build" / "lock").write_text("")
    assert built(path).state == "finished"
    assert store_bytes(path) == undisturbed


def test_shards_that_are_done_are_not_made_again(tmp_path):
    path = tmp_path / "s.zarr"
    _stop_after(path, clips=9)
    made = []

    def counting(recipe, clip, take):
        made.append(clip.row)
        return fake_clip(recipe, clip, take)

    built(path, make_clip=counting)
    assert made == list(range(8, 14))


def test_a_clip_that_cannot_be_simulated_leaves_only_its_row_empty(tmp_path):
    path, bad = tmp_path / "s.zarr", PLAN.clips[5].id
    summary = built(path, partial(fake_clip, bad=(bad,)))
    assert summary.num_clips == 13
    assert [note.line for note in summary.failed] == [
        f"{bad}: poses: impossible pose; inspect the motion"
    ]
    store = zarr.open_group(path, mode="r")
    assert store["num_frames"][:].tolist() == [3] * 5 + [0] + [3] * 8
    assert (store["time_range"][5] == -10).all()
    assert verify(path) == []
    again = built(path, make_clip=None)
    assert (again.num_clips, again.num_frames, again.failed) == (13, 39, summary.failed)
    (path / FAILURES).unlink()  # stores of earlier versions do not keep the causes
    assert [note.line.split(":")[0] for note in built(path).failed] == [bad.split(":")[0]]


def test_failed_clips_are_counted_again_when_a_build_resumes(tmp_path):
    path, bad = tmp_path / "s.zarr", PLAN.clips[1].id
    with pytest.raises(KeyboardInterrupt):
        built(path, partial(_stopping, clips=9, bad=(bad,), count=[]))
    assert len(built(path, partial(fake_clip, bad=(bad,))).failed) == 1


def test_an_unexpected_error_leaves_its_shard_unfinished_and_no_other(tmp_path, undisturbed):
    path = tmp_path / "s.zarr"
    summary = built(path, partial(fake_clip, broken=(PLAN.clips[5].id,)))
    assert summary.unfinished == ["shard 1: RuntimeError: a bug"]
    assert "fake_clip" in summary.bug
    assert built(path).state == "resumed"
    assert store_bytes(path) == undisturbed


def test_a_changed_take_leaves_its_shard_unfinished(tmp_path, undisturbed):
    path = tmp_path / "s.zarr"
    summary = built(path, partial(_changed, row=13))
    assert len(summary.unfinished) == 1
    assert "restore it" in summary.unfinished[0]
    assert summary.bug == ""
    built(path)
    assert store_bytes(path) == undisturbed


def test_errors_are_passed_on_from_the_workers(tmp_path):
    bad, broken = PLAN.clips[0].id, PLAN.clips[13].id
    make_clip = partial(fake_clip, bad=(bad,), broken=(broken,))
    summary = built(tmp_path / "s.zarr", make_clip, workers=1)
    assert [note.line[: len(bad)] for note in summary.failed] == [bad]
    assert len(summary.unfinished) == 1


def test_a_worker_that_dies_is_replaced_and_the_bytes_are_the_same(tmp_path, undisturbed):
    """All shards are completed even if a worker is terminated in the middle of a shard."""
    path, mark = tmp_path / "s.zarr", tmp_path / "died"
    summary = built(path, partial(_dying, mark=str(mark), row=5), workers=1)
    assert mark.exists()
    assert (summary.num_clips, summary.unfinished) == (14, [])
    assert store_bytes(path) == undisturbed


def test_a_store_contains_no_path_host_or_time(tmp_path, undisturbed):
    path = tmp_path / "elsewhere" / "deep" / "other.zarr"
    time.sleep(1.1)  # longer than the resolution of time stamps
    built(path)
    assert store_bytes(path) == undisturbed
    everything = b"".join(undisturbed.values())
    assert os.uname().nodename.encode() not in everything
    assert str(tmp_path).encode() not in everything


def test_the_number_of_cores_is_possible():
    assert 1 <= physical_cores() <= os.cpu_count()


def test_a_worker_has_one_thread_and_keeps_the_users_flags(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XLA_FLAGS", "--mine")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    environment = worker_environment()
    assert environment["NPROC"] == environment["OMP_NUM_THREADS"] == "1"
    assert environment["MALLOC_ARENA_MAX"] == "1"
    assert environment["XLA_FLAGS"] == "--mine --xla_cpu_multi_thread_eigen=false"
    assert Path(environment["JAX_COMPILATION_CACHE_DIR"]).parent == tmp_path / "radarsim"


def test_a_users_program_cache_is_kept_and_an_unwritable_home_gives_none(monkeypatch, tmp_path):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "mine")
    assert "JAX_COMPILATION_CACHE_DIR" not in worker_environment()
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "JAX_COMPILATION_CACHE_DIR" not in worker_environment()


def _dying(recipe, clip, take, *, mark, row):
    if clip.row == row and not os.path.exists(mark):
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return fake_clip(recipe, clip, take)


def _stopping(recipe, clip, take, *, clips, count, bad=()):
    count.append(clip.id)
    if len(count) == clips:
        raise KeyboardInterrupt
    return fake_clip(recipe, clip, take, bad=bad)


def _stop_after(path, clips):
    with pytest.raises(KeyboardInterrupt):
        built(path, partial(_stopping, clips=clips, count=[]))
    assert LocalFolder(path).names()


def _changed(recipe, clip, take, *, row):
    if clip.row == row:
        raise TakeChanged(clip.take, "file", "changed", "restore it")
    return fake_clip(recipe, clip, take)


def _kill_while_building(path, wait_s):
    """Send SIGKILL to the process group, a given time after the store appears."""
    command = [sys.executable, str(ROOT / "tests/helpers/pipeline_fakes.py"), str(path), "1", "0.1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    deadline_s = time.monotonic() + 60
    while not (path / ".build" / "store.json").exists():
        assert time.monotonic() < deadline_s, "the build never began"
        time.sleep(0.02)
    time.sleep(wait_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
