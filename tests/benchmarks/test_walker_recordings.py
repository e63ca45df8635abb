"""Tests of the whole comparison of walkers and runners, on miniature recordings of points."""

import json
import math

import numpy as np
import pytest

from benchmarks import walker_simulation
from benchmarks.real_walkers import ARRAY, main, pair_groups, pair_rows, recorded_cube
from benchmarks.walker_comparison import FAR_M, NEAR_M
from benchmarks.walker_measures import RUNNING
from benchmarks.walker_options import read_options
from benchmarks.walker_pattern import Mounting
from benchmarks.walker_simulation import WalkPlan, simulated_walk
from tests.helpers.array_files import write_array
from tests.helpers.walker_recordings import on_line, range_profiles, stepping, there_and_back

MOUNTING = Mounting(height_m=1.0, tilt_rad=0.0, null_rad=0.5, rms_db=0.0)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Return a folder of a walk and a run there and back, a walk of two people, and their run."""
    folder = tmp_path_factory.mktemp("recordings")
    walk = there_and_back(stepping(1.5, 1.6, 1.8, 0.1), 4.5)
    run = there_and_back(stepping(1.5, 3.3, 2.8, 0.1), 2.2)
    tracks = {
        "one": ([on_line(0.0, 0.0, walk)], 90),
        "fast": ([on_line(0.0, 0.0, run)], 44),
        "two": (
            [
                on_line(2.6, 0.0, stepping(3.2, 1.2, 1.7, 0.1)),
                on_line(-2.6, 0.0, stepping(3.3, 1.2, 2.1, 0.1)),
            ],
            44,
        ),
        "passing": (
            [
                on_line(2.6, 0.0, stepping(3.0, 3.0, 2.8, 0.1)),
                on_line(-2.6, 0.0, stepping(8.6, -3.0, 2.6, 0.1)),
            ],
            19,
        ),
    }
    for name, (points, num_frames) in tracks.items():
        write_array(folder / f"{name}.mat", range_profiles(points, num_frames), ARRAY)
    return folder


def command(folder, *more):
    """Return the arguments of the comparison of the miniature recordings."""
    walks = ["--fit", "one", "--score", "--pair-fit", "two", "--pair-score"]
    runs = ["--run", "fast", "--pair-run", "passing"]
    return ["--recordings", str(folder), *walks, *runs, *more]


@pytest.mark.slow
def test_every_recording_is_compared_with_its_simulation(recordings, tmp_path):
    path = tmp_path / "walkers.json"
    main(command(recordings, "--walkers", "surge", "run", "--json", str(path)))
    rows = json.loads(path.read_text())
    ways = {
        "one": ["out", "back"],
        "fast": ["out", "back"],
        "two left": ["out"],
        "two right": ["out"],
        "passing left": ["out"],
        "passing right": ["back"],
    }
    models = {"one": "surge", "fast": "run", "two": "surge", "passing": "run"}
    expected = set()
    for walk, legs in ways.items():
        name, *side = walk.split()
        simulated = " ".join([models[name], *side])
        for leg in legs:
            expected |= {(walk, leg, None), (simulated, leg, None), (walk, leg, models[name])}
    assert {(row["walk"], row["leg"], row.get("simulation")) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        for name, value in row.items():
            assert isinstance(value, str) or math.isfinite(value), (row["walk"], name)


def test_without_a_run_only_walks_are_compared(recordings, tmp_path):
    """Without a run of one person, the default for the run of two people is not read."""
    path = tmp_path / "walkers.json"
    more = ["--run", "", "--pair-run", "2prun", "--walkers", "run", "--json", str(path)]
    main(command(recordings, *more))
    rows = json.loads(path.read_text())
    assert {row["walk"] for row in rows} == {"one", "two left", "two right"}


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ([], [["two"], ["passing"]]),
        (["--pair-score", "a", "b"], [["two", "a", "b"], ["passing"]]),
        (["--pair-fit", ""], [["passing"]]),
        (["--pair-run", ""], [["two"]]),
        (["--run", ""], [["two"]]),
    ],
)
def test_recordings_of_two_people_are_grouped(more, groups):
    assert pair_groups(read_options(command("folder", *more), None)) == groups


def test_a_pair_that_runs_in_a_direction_without_a_speed_is_not_simulated(recordings):
    options = read_options(command(recordings), None)
    rows = pair_rows(options, ["passing"], MOUNTING, {"out": 3.3})
    found = [(row["walk"], row["leg"]) for row in rows]
    assert found == [("passing left", "out"), ("passing right", "back")]


def test_recordings_are_compared_with_the_fitted_recording(recordings, tmp_path):
    """A walk that is 0.3 m/s faster than the fitted one, and a walk of two people with itself.

    The tolerance is a fifth of a speed bin of the radar, as for all measured speeds."""
    faster = there_and_back(stepping(1.5, 1.9, 1.8, 0.1), 3.8)
    write_array(recordings / "faster.mat", range_profiles([on_line(0, 0, faster)], 76), ARRAY)
    path = tmp_path / "walkers.json"
    names = ["--score", "faster", "--pair-score", "two", "--run", "", "--json", str(path)]
    main(command(recordings, *names, "--walkers"))
    rows = [row for row in json.loads(path.read_text()) if "simulation" in row]
    means_mps = {(row["walk"], row["leg"]): row["mean speed [m/s]"] for row in rows}
    assert means_mps == {
        ("faster", "out"): pytest.approx(-0.3, abs=0.02),
        ("faster", "back"): pytest.approx(0.3, abs=0.02),
        ("two left", "out"): pytest.approx(0.0, abs=0.02),
        ("two right", "out"): pytest.approx(0.0, abs=0.02),
    }
    assert {row["simulation"] for row in rows} == {"recorded one", "recorded two"}


def test_a_captured_walker_needs_a_captured_walk(capsys):
    with pytest.raises(SystemExit):
        main(command("folder", "--walkers", "captured, pattern"))
    assert (
        "'captured, pattern' needs the file of a captured walk (--bvh)" in capsys.readouterr().err
    )


@pytest.mark.parametrize("speed_mps", [3.4, -3.4])
def test_a_simulated_leg_has_the_limits_of_recorded_legs(tmp_path, monkeypatch, speed_mps):
    """The simulation is replaced by a point between 1.5 and 10 m; 2 to 8 m are measured."""
    track = on_line(0.0, 0.0, stepping(1.5 if speed_mps > 0 else 10.0, speed_mps, 2.8, 0.1))
    write_array(tmp_path / "point.mat", range_profiles([track], 25), ARRAY)
    radar, cube_v = recorded_cube(read_options(command(tmp_path), None), "point")
    monkeypatch.setattr(walker_simulation, "simulated_cube", lambda *_: cube_v)
    plan = WalkPlan(speed_mps=speed_mps, start_m=2.0, duration_s=2.5)
    walk = simulated_walk(radar, None, plan, None, pace=RUNNING)
    assert walk.range_m.min() > NEAR_M
    assert walk.range_m.max() < FAR_M
    assert np.ptp(walk.times_s) == pytest.approx(6.0 / 3.4, abs=0.2)  # two frames
