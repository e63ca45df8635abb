"""Tests of graph execution: order, failures, two Dask workers, and recovery after a kill."""

import errno
import fcntl
import os
import pickle
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mmclip.errors import MmclipError
from mmclip.study.nodes import make_node, node_folder, read_result, result_path
from mmclip.study.scheduling import run_nodes, wait_for_lock
from mmclip.study.work import execute


def chain(length=3):
    """Return a chain of nodes, each of which needs the previous node and runs `calendar`."""
    nodes = []
    for number in range(length):
        needs = [("store", nodes[-1])] if nodes else []
        commands = [["calendar", str(2000 + number), "1"]]
        nodes.append(make_node("corpus", f"step {number}", 60.0, needs, commands=commands))
    return nodes


def test_nodes_are_executed_once_with_progress_and_time_left(tmp_path):
    nodes, lines = chain(), []
    run_nodes(nodes, tmp_path, report=lines.append)
    assert [line.split(":")[0] for line in lines] == [f"[{n + 1}/3] step {n}" for n in range(3)]
    assert all("h left" in line for line in lines)
    assert "January 2002" in (node_folder(tmp_path, nodes[2]) / "log.txt").read_text()
    before = [result_path(tmp_path, node).stat().st_mtime_ns for node in nodes]
    run_nodes(nodes, tmp_path, report=lines.append)
    assert before == [result_path(tmp_path, node).stat().st_mtime_ns for node in nodes]
    assert len(lines) == 3


def test_a_command_that_fails_is_named_and_leaves_no_result(tmp_path):
    node = make_node("corpus", "broken", 1.0, commands=[["calendar", "no year"]])
    with pytest.raises(MmclipError, match=r"calendar no year failed; its messages are in .*log"):
        execute(node, tmp_path)
    assert not result_path(tmp_path, node).exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_after_a_failure_all_nodes_are_executed_that_do_not_need_the_failed_node(tmp_path, workers):
    broken = make_node("corpus", "broken", 1.0, commands=[["calendar", "no year"]])
    needing = make_node("corpus", "needing", 1.0, [("store", broken)], commands=[])
    indirect = make_node("corpus", "indirect", 1.0, [("store", needing)], commands=[])
    others, lines = chain(2), []
    nodes = [broken, others[0], needing, others[1], indirect]
    with pytest.raises(MmclipError, match=r"calendar no year failed"):
        run_nodes(nodes, tmp_path, workers=workers, report=lines.append)
    finished = [result_path(tmp_path, node).exists() for node in nodes]
    assert finished == [False, True, False, True, False]
    assert sum(line.startswith("broken failed (MmclipError: ") for line in lines) == 1
    assert lines[-1].endswith("need a failed node: 2 (needing, indirect)")
    assert len(lines) == 4


def test_the_last_message_of_a_command_that_fails_is_part_of_the_error(tmp_path):
    node = make_node("corpus", "broken", 1.0, commands=[["calendar", "2000", "99"]])
    with pytest.raises(MmclipError, match=r"the last: IndexError") as error:
        execute(node, tmp_path)
    assert "\n" not in str(error.value)
    log = (node_folder(tmp_path, node) / "log.txt").read_text()
    assert log.splitlines()[-1].strip() in str(error.value)


def test_braces_in_the_path_of_a_command_are_kept(tmp_path):
    """Only the placeholders of a node are replaced, so that a folder may be named {data}."""
    module = tmp_path / "{data}"
    commands = [["json.tool", str(module), "{folder}/out.json"]]
    module.write_text("[1]")
    node = make_node("corpus", "braces", 1.0, commands=commands)
    execute(node, tmp_path)
    assert (node_folder(tmp_path, node) / "out.json").read_text().split() == ["[", "1", "]"]


def test_an_error_keeps_its_parts_on_the_way_from_a_worker():
    error = MmclipError("a.zarr", "labels", "are missing", "add them")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.hint == "add them"


def test_two_dask_workers_respect_the_order_of_the_graph(tmp_path):
    """Each node's log is newer than the results of the nodes that the node needs."""
    nodes = [*chain(), make_node("corpus", "other", 1.0, commands=[["calendar", "1999", "1"]])]
    lines = []
    run_nodes(nodes, tmp_path, workers=2, report=lines.append)
    assert len(lines) == 4
    for node in nodes:
        assert read_result(tmp_path, node)["title"] == node.title
        log = node_folder(tmp_path, node) / "log.txt"
        for _, each in node.needs:
            finished_ns = result_path(tmp_path, each).stat().st_mtime_ns
            assert log.stat().st_mtime_ns >= finished_ns


def test_a_killed_study_resumes_after_its_last_finished_node(tmp_path):
    """A run after a kill keeps the finished results and executes the next nodes.

    The first process is killed when the first result appears."""
    code = (
        "from pathlib import Path; from mmclip.study.scheduling import run_nodes; "
        "from tests.mmclip.study.test_execution import chain; "
        f"run_nodes(chain(40), Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    nodes = chain(40)
    while not result_path(tmp_path, nodes[0]).exists() and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = [node for node in nodes if result_path(tmp_path, node).exists()]
    assert finished
    before = [result_path(tmp_path, node).stat().st_mtime_ns for node in finished]
    run_nodes(nodes[: len(finished) + 2], tmp_path, report=lambda line: None)
    assert before == [result_path(tmp_path, node).stat().st_mtime_ns for node in finished]
    assert result_path(tmp_path, nodes[len(finished)]).exists() or len(finished) == 40


def test_the_command_of_a_corpus_ends_with_a_killed_study(tmp_path):
    """A build that continued would keep its store locked, and the study could not be resumed."""
    code = (
        "from pathlib import Path; from mmclip.study.nodes import make_node; "
        "from mmclip.study.work import execute; "
        "server = [['http.server', '--bind', '127.0.0.1', '0']]; "
        f"execute(make_node('corpus', 'endless', 1.0, commands=server), Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    children = []
    while not children and process.poll() is None:
        children = psutil.Process(process.pid).children()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # Much longer than the start of Python, after which the command notices the end of the study.
    gone, alive = psutil.wait_procs(children, timeout=60)
    assert len(gone) == 1
    assert not alive


def test_two_studies_do_not_write_to_one_folder(tmp_path):
    with wait_for_lock(tmp_path), pytest.raises(MmclipError, match="is used by another"):
        wait_for_lock(tmp_path)
    wait_for_lock(tmp_path).close()


def test_a_folder_of_a_study_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "notes").write_text("text")
    with pytest.raises(MmclipError, match="--out: cannot be written"):
        wait_for_lock(tmp_path / "notes")


def test_a_study_runs_on_a_file_system_without_locks(tmp_path, monkeypatch):
    """Only EAGAIN and EWOULDBLOCK mean that another process has the lock."""

    def flock(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with wait_for_lock(tmp_path) as file:
        assert file.name == str(tmp_path / "lock")
