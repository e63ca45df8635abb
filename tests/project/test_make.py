"""make.py tells a newcomer what to do, and installs only when something changed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "make.py"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make.py in a folder of its own, where pip and what it would run only leave a trace."""
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(name)
    spec = importlib.util.spec_from_file_location("make", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)
    paths = {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "PYTHON": python}
    for name, path in paths.items():
        monkeypatch.setattr(module, name, str(path))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "set-up.txt"))
    module.installs, module.jobs = [], []
    monkeypatch.setattr(module.subprocess, "call", lambda command: module.installs.append(command))
    monkeypatch.setattr(module.os, "execv", lambda path, command: module.jobs.append(command[1:]))
    monkeypatch.chdir(tmp_path)
    return module


def test_the_main_job_installs_once_and_names_a_store(make):
    make.main(["dataset", "--limit", "8"])
    make.main(["dataset", "--out=mine.zarr"])
    assert len(make.installs) == 1
    assert make.installs[0][-1] == make.ROOT
    assert make.jobs[0] == ["-m", "builders.amass", "--out", "synth.zarr", "--limit", "8"]
    assert make.jobs[1] == ["-m", "builders.amass", "--out=mine.zarr"]


def test_a_job_that_needs_more_adds_to_what_is_there(make):
    for job in ("draw", "test", "draw", "dataset"):
        make.main([job])
    assert [command[-1] for command in make.installs] == [
        f"{make.ROOT}[viz]",
        f"{make.ROOT}[test,viz]",
    ]


def test_other_pins_are_installed_again(make):
    make.main(["test"])
    Path("constraints.txt").write_text("numpy==2.0")
    make.main(["test"])
    assert len(make.installs) == 2


def test_an_install_that_failed_is_told_and_tried_again(make, monkeypatch):
    monkeypatch.setattr(make.subprocess, "call", lambda command: 1)
    with pytest.raises(SystemExit, match="PIP_INDEX_URL"):
        make.main(["dataset"])
    assert make.jobs == []
    assert not Path(make.STAMP).exists()


def test_an_old_python_is_told_which_one_is_needed(make, monkeypatch):
    monkeypatch.setattr(make.sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed.* is 3\.10; "):
        make.main(["dataset"])


def test_a_python_without_ensurepip_is_told_what_to_install(make, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        make.importlib.util, "find_spec", lambda name: name != "ensurepip" and there(name)
    )
    with pytest.raises(SystemExit, match="sudo apt install python3"):
        make.main(["dataset"])


def test_an_environment_whose_python_is_gone_is_not_touched(make):
    Path(make.PYTHON).unlink()
    Path(make.PYTHON).symlink_to("nowhere")
    with pytest.raises(SystemExit, match="remove that folder first"):
        make.main(["dataset"])


def test_without_a_job_it_lists_them():
    done = subprocess.run([sys.executable, PATH], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make.py dataset" in done.stderr
