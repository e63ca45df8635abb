"""Trials of studies that are killed at ten random moments or run by two workers.

The trials take several minutes and run only on request:

    python -m pytest tests/trials/test_killed_studies.py
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study.report import reproducible
from tests.helpers.miniature_study import build_study_stores, study_arguments

ROOT = Path(__file__).parents[2]
FIGURES = ("5", "11")
KILLS = 10


def start(folder, out, *options):
    command = [sys.executable, "-m", "mmclip.study", *study_arguments(folder, out, *FIGURES)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MMCLIP_CACHE": str(folder / "cache")}
    return subprocess.Popen(
        [*command, *options], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )


def report_of(out):
    return reproducible(json.loads((out / "report.json").read_text()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the stores and the output of an uninterrupted study."""
    folder = tmp_path_factory.mktemp("killed")
    build_study_stores(folder)
    start_s = time.monotonic()
    assert start(folder, folder / "whole").wait() == 0
    (folder / "seconds").write_text(str(time.monotonic() - start_s))
    return folder


def test_a_study_that_is_killed_ten_times_gives_the_same_report(folder):
    """A study that is killed ten times gives the same report as an uninterrupted study.

    Each process is killed five seconds plus a random time after its start. The random time is at
    most a tenth of the duration of the uninterrupted study.
    """
    most_s, rng = float((folder / "seconds").read_text()) / KILLS, random.Random(0)
    for _ in range(KILLS):
        process = start(folder, folder / "killed")
        time.sleep(rng.uniform(0, most_s) + 5)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert start(folder, folder / "killed").wait() == 0
    assert report_of(folder / "killed") == report_of(folder / "whole")


def test_two_workers_give_the_report_of_one_process(folder):
    assert start(folder, folder / "two", "--workers", "2").wait() == 0
    assert report_of(folder / "two") == report_of(folder / "whole")
