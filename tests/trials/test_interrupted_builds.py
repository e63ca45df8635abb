"""Thirty interrupted builds: each store resumes to the bytes of an uninterrupted build.

    python -m pytest tests/trials          takes a few minutes, so it is not part of the suite

Clips are noise instead of simulations, since these tests check the pipeline code. Every test checks
that the interruption came while the store was unfinished.
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
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

ROOT = Path(__file__).parents[2]
FAKES = ROOT / "tests/helpers/pipeline_fakes.py"
DELAY_S = 0.1  # the delay per clip, for each of 14 clips
TIMEOUT_S = 90
TAKES = fake_takes(14)
PLAN = fake_plan(TAKES)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "s.zarr"
    build(PLAN, TAKES, str(path), fake_store_spec(PLAN), fake_clip, workers=0, quiet=True)
    return store_bytes(path)


def begun(path, workers, scheduler=""):
    """Start a build in separate processes, and wait until its store exists."""
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
    deadline_s = time.monotonic() + TIMEOUT_S
    while not happened():
        assert time.monotonic() < deadline_s, "timed out"
        time.sleep(0.02)


def assert_unfinished(path):
    assert (path / BUILD / "store.json").exists(), "the interruption came before the store existed"
    assert not (path / CHECKSUMS).exists(), "the store was already finished"


def kill_tree(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def resumed(path, workers=1):
    """Run the same command without interruption, and return the bytes of the store."""
    subprocess.run(
        [sys.executable, str(FAKES), str(path), str(workers), "0"], env=environment(), check=True
    )
    return store_bytes(path)


@pytest.mark.parametrize("trial", range(12))
def test_a_killed_build(tmp_path, undisturbed, trial):
    """The build and its workers receive SIGKILL at a random time."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=trial % 3)
    time.sleep(chance.uniform(0, 0.9))
    assert_unfinished(path)
    kill_tree(process)
    assert_unfinished(path)
    assert resumed(path, workers=1 + trial % 2) == undisturbed


@pytest.mark.parametrize("trial", range(5))
def test_a_killed_worker(tmp_path, undisturbed, trial):
    """The build continues, because another worker takes over the task."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=2)
    wait_for(lambda: list((path / "if_cube").rglob("0")))  # a worker has written a file
    time.sleep(chance.uniform(0, 0.2))
    assert_unfinished(path)
    workers = [each for each in psutil.Process(process.pid).children(True) if is_worker(each)]
    chance.choice(workers).kill()
    assert_unfinished(path)
    assert process.wait(TIMEOUT_S) == 0
    assert store_bytes(path) == undisturbed


def is_worker(process):
    with contextlib.suppress(psutil.Error):
        return "spawn_main" in " ".join(process.cmdline())
    return False


@pytest.mark.parametrize("trial", range(4))
def test_a_killed_scheduler(tmp_path, undisturbed, trial):
    """The scheduler and a worker are killed and restarted; the same build process finishes."""
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
        assert process.wait(TIMEOUT_S) == 0
        assert store_bytes(path) == undisturbed
    finally:
        for each in [*cluster, process]:
            kill_tree(each)


def start_cluster(port, folder):
    """Start a scheduler and one worker with their command-line programs."""
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
    """The store is on a tmpfs that is too small; the build resumes after the tmpfs is enlarged."""
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
def test_a_removed_file(tmp_path, undisturbed, trial):
    """A random file is removed during the build, and then the build is killed."""
    path, chance = tmp_path / "s.zarr", random.Random(trial)
    process = begun(path, workers=0)
    wait_for(lambda: (path / BUILD / "done" / "000000.json").exists())
    time.sleep(chance.uniform(0, 0.4))
    files = [each for each in path.rglob("*") if each.is_file() and each.suffix != ".partial"]
    chance.choice(files).unlink(missing_ok=True)
    assert not (path / CHECKSUMS).exists(), "the store was already finished"
    kill_tree(process)
    assert resumed(path) == undisturbed
