"""Progress is shown as a bar in a terminal, and as lines at intervals in a log file."""

import io

from pipelines import progress
from pipelines.progress import Progress
from tests.helpers.pipeline_fakes import fake_plan, fake_takes

PLAN = fake_plan(fake_takes(10))  # the shards have 4, 4 and 2 clips


class Terminal(io.StringIO):
    def isatty(self):
        return True


def output_of(stream, quiet=False):
    with Progress(PLAN, quiet, stream) as build:
        build.finished(0, {"found": True})
        for clips in (1, 2, 3, 4):
            build.update(1, clips, 3 * clips)
        build.finished(1, {"frames": 12})
        build.update(1, 2, 6)  # a message with smaller numbers, which arrives late, is ignored
        build.finished(2, RuntimeError())
    return stream.getvalue()


def test_a_log_gets_whole_lines_at_the_first_clip_and_at_the_end():
    lines = output_of(io.StringIO()).splitlines()
    assert lines[0].startswith("compiling")
    assert [line.split(",")[0] for line in lines[1:]] == ["5/10 clips", "8/10 clips"]
    assert all("frames/s" in line and "min left" in line for line in lines[1:])


def test_a_log_gets_a_line_in_every_interval(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    assert len(output_of(io.StringIO()).splitlines()) == 1 + 4 + 1


def test_a_terminal_gets_one_line_that_is_drawn_again():
    text = output_of(Terminal())
    assert "8/10" in text
    assert "\r" in text
    assert text.count("\n") <= 1


def test_quiet_is_quiet():
    assert output_of(io.StringIO(), quiet=True) == ""
    assert output_of(Terminal(), quiet=True) == ""
