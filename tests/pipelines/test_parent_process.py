"""Processes of a pool do not outlive a parent that is killed."""

import os
import signal
import subprocess
import sys

import psutil

POOL = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pipelines.parent_process import end_with_parent

if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), end_with_parent, (os.getpid(),)) as pool:
        pool.submit(time.sleep, 0).result()
        print("started", flush=True)
        pool.submit(time.sleep, 3600).result()
"""


def test_a_pool_ends_with_a_killed_parent(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    path = os.pathsep.join(sys.path)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdout.readline() == b"started\n"
    # The pool's process and the resource tracker of multiprocessing, which ends by itself.
    children = psutil.Process(process.pid).children()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # Much longer than the interval at which the parent is checked, and much shorter than the task.
    gone, alive = psutil.wait_procs(children, timeout=60)
    assert len(gone) >= 1
    assert not alive
