"""Long waits are announced, and short waits are not."""

import importlib
import logging
import threading
import time

import pytest

import radarsim as rs
from radarsim import progress
from radarsim.progress import notice_if_slow
from tests.helpers.sample_calls import CUBE_V, FAST, KEY, RADAR, SCENE


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch, caplog):
    caplog.set_level(logging.WARNING, "radarsim.progress")  # workers turn it off, also in tests
    monkeypatch.setattr(progress, "FIRST_S", 0.05)
    monkeypatch.setattr(progress, "EVERY_S", 0.05)


def test_a_long_wait_is_reported_until_it_ends(caplog):
    with notice_if_slow("compiling"):
        deadline_s = time.monotonic() + 10
        while len(caplog.messages) < 2 and time.monotonic() < deadline_s:
            time.sleep(0.01)
    count = len(caplog.messages)
    assert count >= 2
    assert caplog.messages[0].startswith("compiling: ")
    time.sleep(0.15)
    assert len(caplog.messages) == count


def test_a_short_wait_and_an_error_leave_no_thread_and_no_message(caplog, monkeypatch):
    monkeypatch.setattr(progress, "FIRST_S", 60.0)
    before = threading.active_count()
    with pytest.raises(KeyError), notice_if_slow("compiling"):
        raise KeyError
    assert threading.active_count() == before
    assert not caplog.messages


def test_a_stream_does_not_count_the_time_of_its_caller(caplog, monkeypatch):
    module = importlib.import_module("radarsim.stream")  # the package has a function of this name
    monkeypatch.setattr(module, "scene_cube", lambda *arguments: CUBE_V)
    chunks = rs.stream(RADAR, SCENE, KEY, settings=FAST, frames_per_chunk=2)
    next(chunks)
    caplog.clear()
    time.sleep(0.15)
    chunks.close()
    assert not caplog.messages


def test_notices_can_be_turned_off(caplog):
    with caplog.at_level(logging.ERROR, "radarsim.progress"), notice_if_slow("compiling"):
        time.sleep(0.15)
    assert not caplog.messages
