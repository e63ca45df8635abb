"""The cost of a multipath pass: order of the measurements, ratios, and a run with one frame."""

import re

import numpy as np
import pytest

from benchmarks import rooms, scenes
from benchmarks.rooms import Timed, lines_of_results, room_named, seconds_per_echo
from benchmarks.scenes import decimate_faces
from radarsim.files import free_body
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.room import Room
from tests.helpers.moving_sphere import small_radar


def test_the_computations_are_compiled_and_then_timed_alternately_per_echo(monkeypatch):
    """Two passes that take 3 s together take 1.5 s each."""
    calls = []
    computations = [
        Timed("direct echo", lambda: calls.append("direct") or 2.0),
        Timed("passes", lambda: calls.append("passes") or 3.0, 2),
    ]
    monkeypatch.setattr(rooms, "processor_s", lambda function: function())
    per_echo_s = seconds_per_echo(computations, 3)
    np.testing.assert_array_equal(per_echo_s, [[2.0, 2.0, 2.0], [1.5, 1.5, 1.5]])
    assert calls == ["direct", "passes"] * 4


def test_the_results_are_the_medians_of_the_ratios_of_each_round():
    """The ratios to the direct echo are 0.7, 0.5 and 0.75; the ratio of the medians is 0.5."""
    names = ("direct echo", "complete simulation", "pass")
    seconds = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 4.0], [0.7, 1.0, 3.0]])
    lines = lines_of_results([Timed(name, None) for name in names], seconds)
    assert [line.split(":")[0] for line in lines[:3]] == list(names)
    assert lines[3:] == [
        "  relative to the direct echo: 0.70",
        "  relative to the complete simulation: 0.35",
    ]


def test_the_default_room_and_the_bundled_rooms_can_be_chosen():
    assert room_named(None) == room_named("default") == Room()
    assert len(room_named("office").furniture) > 0


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_one_frame_of_a_small_radar_is_timed_with_the_passes_that_the_report_states(
    capsys, monkeypatch
):
    """The room of the defaults has four passes, and every ratio of times is positive."""
    monkeypatch.setattr(rooms, "BOARDS", {DEFAULT_BOARD: small_radar(num_samples=64)})
    monkeypatch.setattr(scenes, "free_body", lambda: decimate_faces(free_body(), 16))
    monkeypatch.setattr(rooms, "ROUNDS", 1)
    counts = []
    monkeypatch.setattr(rooms, "seconds_per_echo", counted(counts))
    command = ["--frames", "1", "--reflection", "paper", "--method", "fast"]
    assert rooms.main(command) == 0
    text = capsys.readouterr().out
    assert counts == [1, 1, 4]
    assert "multipath: 4 passes simulated" in text
    ratios = re.findall(r"  relative to the [a-z ]+: ([0-9.]+)", text)
    assert len(ratios) == 2
    assert all(float(ratio) > 0 for ratio in ratios)


def counted(counts):
    """Return `seconds_per_echo`, which also appends the numbers of echoes to a list."""

    def measured(computations, rounds):
        counts.extend(each.num_echoes for each in computations)
        return seconds_per_echo(computations, rounds)

    return measured
