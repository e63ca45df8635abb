"""A session on a GPU keeps its results if a step fails or if the session is interrupted."""

import gzip
import json
import sys

import pytest

from benchmarks import gpu_session
from benchmarks.gpu_session import Session, make_parser
from benchmarks.gpu_session_page import TITLES
from benchmarks.gpu_session_steps import FUNCTIONS, miniature_scale
from benchmarks.kernel_times import most_expensive_kernels


def options_of(out, *more):
    return make_parser().parse_args(["--out", str(out), *more])


def stored(out):
    """Return the steps in session.json, and check that session.html was also written."""
    assert (out / "session.html").read_text().endswith("</html>\n")
    return json.loads((out / "session.json").read_text())["steps"]


def test_a_failing_step_is_recorded_with_its_traceback_and_the_next_one_runs(tmp_path):
    seen = []

    def run(name, limit_s, report):
        seen.append(stored(tmp_path)[name]["status"])
        report({"device": "cpu: <test>", "rate": 12.5})
        assert stored(tmp_path)[name]["result"]["rate"] == 12.5
        if name == "speed":
            raise RuntimeError("no <memory> left")
        return "done"

    session = Session(options_of(tmp_path, "--steps", "errors", "speed", "motion"), run)
    for name in ("errors", "speed", "motion"):
        session.run(name)
    steps = stored(tmp_path)
    assert seen == ["running"] * 3
    assert [step["status"] for step in steps.values()] == ["done", "failed", "done"]
    assert 'RuntimeError("no <memory> left")' in steps["speed"]["error"]
    page = (tmp_path / "session.html").read_text()
    assert "no &lt;memory&gt; left" in page
    assert "say nothing about a GPU" in page


def test_a_step_that_takes_too_long_is_ended_and_keeps_its_results(tmp_path, monkeypatch):
    """A step for which no time is left is not started, and the output of a crashed step is kept."""
    wait = (
        "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('{\"errors\": 3}');"
        "time.sleep(600)"
    )
    codes = {"errors": wait, "speed": "import sys; sys.exit('out of memory')"}

    def command(options, name):
        return [sys.executable, "-c", codes[name], str(tmp_path / "steps" / f"{name}.json")]

    monkeypatch.setattr(gpu_session, "step_command", command)
    monkeypatch.setattr(gpu_session, "STEPS", {"errors": 3, "speed": 57, "motion": 0})
    options = options_of(tmp_path, "--minutes", "1", "--steps", "errors", "speed", "motion")
    monkeypatch.setattr(gpu_session, "MINUTES", 1)
    session = Session(options)
    for name in ("errors", "speed"):
        session.run(name)
    session._end_s = 0
    session.run("motion")
    steps = stored(tmp_path)
    assert steps["errors"]["status"] == "cut off after 3 s"
    assert steps["errors"]["result"] == {"errors": 3}
    assert steps["speed"]["status"] == "failed"
    assert "out of memory" in steps["speed"]["error"]
    assert steps["motion"]["status"] == "no time left"


def test_plans_are_shown_as_plans(tmp_path):
    plan = {"program": "poses to IF cubes", "card": "H100", "batch": 32, "item": "frame"}
    (tmp_path / "plan.json").write_text(json.dumps({"plans": [plan | {"most_items_per_s": 7}]}))
    Session(options_of(tmp_path, "--plan", str(tmp_path / "plan.json")))
    page = (tmp_path / "session.html").read_text()
    assert "Plans (not measured)" in page
    assert "poses to IF cubes" in page


def test_every_step_has_a_function_and_a_title():
    assert list(gpu_session.STEPS) == list(FUNCTIONS) == list(TITLES)


def test_only_the_streams_of_the_gpu_are_counted(tmp_path):
    """In a trace, the kernels of a stream occur again in the lines of modules and operations."""

    def named(kind, pid, name, tid=None):
        return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": {"name": name}}

    def event(name, pid, tid, dur):
        return {"ph": "X", "name": name, "pid": pid, "tid": tid, "dur": dur}

    events = [
        named("process_name", 1, "/device:GPU:0"),
        named("thread_name", 1, "Stream #13(Compute)", 7),
        named("thread_name", 1, "XLA Modules", 8),
        named("process_name", 2, "/host:CPU"),
        event("fusion_1", 1, 7, 30.0),
        event("fusion_2", 1, 7, 50.0),
        event("fusion_1", 1, 7, 30.0),
        event("jit__simulate_clips", 1, 8, 110.0),
        event("python", 2, 7, 900.0),
    ]
    trace = tmp_path / "plugins" / "host.trace.json.gz"
    trace.parent.mkdir()
    trace.write_bytes(gzip.compress(json.dumps({"traceEvents": events}).encode()))
    found = most_expensive_kernels(tmp_path, frames=10)
    assert found["gpu"]
    assert (found["total_us_per_frame"], found["launches_per_frame"]) == (11.0, 0.3)
    assert [each["kernel"] for each in found["kernels"]] == ["fusion_1", "fusion_2"]


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_all_steps_run_in_miniature(tmp_path):
    """Every step reports results, and on a CPU no result is labelled as that of a GPU."""
    pytest.importorskip("flax", reason="needs the extra train")
    scale = miniature_scale()

    def run(name, limit_s, report):
        FUNCTIONS[name](scale, tmp_path, report)
        return "done"

    session = Session(options_of(tmp_path, "--miniature", "--minutes", "600"), run)
    for name in gpu_session.STEPS:
        session.run(name)
    steps = stored(tmp_path)
    assert {name: step.get("error") for name, step in steps.items()} == dict.fromkeys(steps)
    results = {name: step["result"] for name, step in steps.items()}
    assert results["errors"]["factory"]["error_db"] < -75
    assert results["errors"]["scenes"][0]["accurate [dB]"] < -70
    assert results["speed"]["motion_to_heatmaps_frames_per_s"] > 0
    assert results["profile"]["kernels"]
    assert not results["profile"]["gpu"]
    assert results["motion"]["thirty_hours_min"] > 0
    assert results["dataset"]["datasets"][0]["frames"] == 20
    assert results["training"]["steps"] == 2
    assert results["inference"]["recognition_1_ms"] > 0
