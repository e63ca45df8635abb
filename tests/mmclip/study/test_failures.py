"""Tests of reports after failures and of versions of the code, with stubs of all nodes."""

import json
import subprocess

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.study import scheduling, work
from mmclip.study.__main__ import main
from mmclip.study.code_version import code_version, commit_of
from mmclip.study.nodes import make_node

ARGUMENTS = ("--preset", "miniature", "--encoder", "hash", "--groups", "bow,kick", "--seeds", "1")
ENTRY = {
    "accuracy": 0.75,
    "recalls": {"bow": 0.5, "kick": 1.0},
    "recalls_of_people": {"a": 0.7, "b": 0.8},
    "windows": 8,
    "candidates": 2,
}


def scored(node, root):
    return {"entries": {people: ENTRY for people in ("held out", "same")}}


def refused(node, root):
    raise MmclipError(root, "weights", "are <damaged>", "train again")


@pytest.fixture
def stubs(monkeypatch):
    """Replace the work of every node; the functions of some kinds can be replaced again."""
    kinds = dict.fromkeys(work.KINDS, lambda node, root: {}) | {"score": scored}
    monkeypatch.setattr(work, "KINDS", kinds)
    return kinds


def run(out, *options):
    status = main(["--out", str(out), *ARGUMENTS, *options])
    return status, json.loads((out / "report.json").read_text())


def test_the_report_of_a_study_with_a_failed_node_has_all_other_results(stubs, tmp_path, capsys):
    stubs["tent"] = refused
    status, report = run(tmp_path, "--figures", "5", "5.6", "12")
    assert status == 2
    assert "are <damaged>; train again" in capsys.readouterr().err
    figure = report["figures"]["5"]
    means = {bar["name"]: bar["mean"] for bar in figure["bars"]}
    assert means.pop("Tent") is None
    assert set(means.values()) == {0.75}
    verdicts = {(each["better"], each["worse"]): each["verdict"] for each in figure["orderings"]}
    assert verdicts["Real", "Tent"] == "not measured"
    assert verdicts["full", "Syn+Real"] == "not resolved"
    assert [bool(each["problem"]) for each in report["failures"]] == [True, False]
    text = (tmp_path / "report.html").read_text()
    assert "1 of the corpora, trainings and scorings failed, and 1 that need them" in text
    assert "are &lt;damaged&gt;" in text
    assert "<td>Tent</td><td>not measured</td>" in text


def test_a_study_of_which_every_corpus_fails_has_a_report_without_results(stubs, tmp_path):
    stubs["corpus"] = stubs["complexity"] = refused
    status, report = run(tmp_path, "--figures", "5", "5.6", "12")
    assert status == 2
    assert all(bar["mean"] is None for bar in report["figures"]["5"]["bars"])
    assert report["codes"] == []
    assert (tmp_path / "report.html").read_text().count("<p>not measured</p>") >= 3


def test_a_resumed_study_has_no_failures(stubs, tmp_path):
    stubs["tent"] = refused
    assert run(tmp_path, "--figures", "5")[0] == 2
    stubs["tent"] = stubs["rfnet"]
    status, report = run(tmp_path, "--figures", "5")
    assert (status, report["failures"]) == (0, [])
    assert "failed" not in (tmp_path / "report.html").read_text()


def test_the_report_lists_the_versions_of_the_code_that_computed_the_results(stubs, tmp_path):
    """A result of an earlier version of the study does not state the version of its code."""
    _, report = run(tmp_path, "--figures", "5")
    assert report["codes"] == [report["commit"]] == [code_version()]
    assert "commits of the results" not in (tmp_path / "report.html").read_text()
    result = next(tmp_path.glob("nodes/score-*/result.json"))
    old = json.loads(result.read_text())
    result.write_text(json.dumps({key: value for key, value in old.items() if key != "code"}))
    _, report = run(tmp_path, "--figures", "5")
    assert report["codes"] == sorted([code_version(), "unknown"])
    assert "unknown" in (tmp_path / "report.html").read_text()


def test_workers_that_write_to_another_folder_are_an_error(tmp_path, monkeypatch):
    """The worker returns without a result in the output folder of this process."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(scheduling, "execute", lambda node, root: 1.0)
    monkeypatch.setattr(scheduling, "VISIBLE_WITHIN_S", 0.0)
    node = make_node("corpus", "elsewhere", 1.0, commands=[])
    options = {"processes": False, "dashboard_address": None, "set_as_default": False}
    with (
        distributed.Client(n_workers=1, threads_per_worker=1, **options) as client,
        pytest.raises(MmclipError, match="--out: elsewhere is finished on a worker, but its"),
    ):
        scheduling._run_on_workers(client, [node], tmp_path, lambda line: None)


def test_a_package_within_another_project_does_not_have_the_commit_of_that_project(tmp_path):
    def git(*words):
        user = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", "-C", tmp_path, *user, *words], check=True)

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "a")
    (tmp_path / "venv").mkdir()
    assert len(commit_of(tmp_path)) == 12
    assert commit_of(tmp_path / "venv") == ""
    assert commit_of(tmp_path / "absent") == ""
