"""Thirty ways to be interrupted; each store resumes to the bytes of an undisturbed one.

    python -m pytest tests/trials          a few minutes, so not part of the suite

The stage writes noise in place of a simulation: what is on trial is the machinery. Every trial
proves that it struck while the store was unfinished.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipelines.run import build
from pipelines.store_folder import BUILD
from pipelines.store_writer import CHECKSUMS
from tests.helpers.pipeline_fakes import (
    fake_blueprint,
    fake_clip,
    fake_plan,
    fake_takes,
    store_bytes,
)

ROOT = Path(__file__).parents[2]
FAKES = ROOT / "tests/helpers/pipeline_fakes.py"
DELAY_S = 0.1  # of each of 14 clips
PATIENCE_S = 90
TAKES = fake_takes(14)
PLAN = fake_plan(TAKES)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "s.zarr"
    build(PLAN, TAKES, str(path), fake_blueprint(PLAN), fake_clip, workers=0, quiet=True)
    return store_bytes(path)


def begun(path, workers, scheduler=""):
    """A build in processes of its own, as soon as its store is there."""
    command = [sys.executable, str(FAKES), str(path), str(workers), str(DELAY_S)]
    process = subprocess.Popen(
        command + [scheduler] * bool(scheduler),
        env=environment(),
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: (path / BUILD / "store.json").exists())
    return process


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def wait_for(happened):
    deadline_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline_s, "it never happened"
        time.sleep(0.02)


def assert_unfinished(path):
    assert (path / BUILD / "store.json").exists(), "the strike came before the store"
    assert not (path / CHECKSUMS).exists(), "the strike came too late to prove anything"


def kill_tree(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def resumed(path, workers=1):
    """By the same command, undisturbed now."""
    subprocess.run(
        [sys.executable, str(FAKES), str(path), str(workers), "0"], env=environment(), check=True
    )
    return store_bytes(path)


@pytest.mark.parametrize("trial", range(12))
def test_killed_whole(tmp_path, undisturbed, trial):
    """SIGKILL of the build and its workers, at a random moment."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=trial % 3)
    time.sleep(chance.uniform(0, 0.9))
    assert_unfinished(path)
    kill_tree(process)
    assert_unfinished(path)
    assert resumed(path, workers=1 + trial % 2) == undisturbed


@pytest.mark.parametrize("trial", range(5))
def test_a_worker_killed(tmp_path, undisturbed, trial):
    """The build itself goes on: another worker takes the task."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=2)
    wait_for(lambda: list((path / "if_cube").rglob("0")))  # a worker has written
    time.sleep(chance.uniform(0, 0.2))
    assert_unfinished(path)
    workers = [each for each in psutil.Process(process.pid).children(True) if is_worker(each)]
    chance.choice(workers).kill()
    assert_unfinished(path)
    assert process.wait(PATIENCE_S) == 0
    assert store_bytes(path) == undisturbed


def is_worker(process):
    with contextlib.suppress(psutil.Error):
        return "spawn_main" in " ".join(process.cmdline())
    return False


@pytest.mark.parametrize("trial", range(4))
def test_a_scheduler_killed(tmp_path, undisturbed, trial):
    """A scheduler and its worker die and are started again: the same build finishes."""
    path, chance, port = tmp_path / "s.zarr", random.Random(trial), free_port()
    cluster = start_cluster(port, tmp_path)
    process = begun(path, 0, f"tcp://127.0.0.1:{port}")
    try:
        wait_for(lambda: list((path / "if_cube").rglob("0")))
        time.sleep(chance.uniform(0, 0.5))
        assert_unfinished(path)
        for each in cluster:
            kill_tree(each)
        assert_unfinished(path)
        cluster = start_cluster(port, tmp_path)
        assert process.wait(PATIENCE_S) == 0
        assert store_bytes(path) == undisturbed
    finally:
        for each in [*cluster, process]:
            kill_tree(each)


def start_cluster(port, folder):
    """A scheduler and one worker, as a person would start them."""
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    return [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *arguments],
            env=environment(),
            cwd=folder,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        for name, *arguments in (scheduler, worker)
    ]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("trial", range(4))
def test_a_full_disk(tmp_path, undisturbed, trial):
    """A tmpfs that holds less and more of the store; made larger, it holds all."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size_k = (40, 80, 120, 160)[trial]
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_k}k", "none", disk]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        command = [sys.executable, str(FAKES), str(disk / "s.zarr"), str(trial % 2), "0"]
        stopped = subprocess.run(command, env=environment(), capture_output=True, text=True)
        assert stopped.returncode != 0
        assert "no space left" in stopped.stderr
        assert not (disk / "s.zarr" / CHECKSUMS).exists()
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        assert resumed(disk / "s.zarr") == undisturbed
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("trial", range(5))
def test_a_file_removed_under_it(tmp_path, undisturbed, trial):
    """Of what is written, any file at all, then a kill."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=0)
    wait_for(lambda: (path / BUILD / "done" / "000000.json").exists())
    time.sleep(chance.uniform(0, 0.4))
    files = [each for each in path.rglob("*") if each.is_file() and each.suffix != ".partial"]
    chance.choice(files).unlink(missing_ok=True)
    assert not (path / CHECKSUMS).exists(), "the strike came too late to prove anything"
    kill_tree(process)
    assert resumed(path) == undisturbed
