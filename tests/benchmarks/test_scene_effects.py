"""The page of effects: measures of heatmaps, choice of rows, and a page of two small rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import scene_effects
from benchmarks.scene_effects import (
    EFFECTS,
    Effect,
    correlation,
    power_db,
    scene_of,
    with_references,
)
from benchmarks.scenes import decimate_faces
from radarsim.files import free_body
from tests.helpers.moving_sphere import small_radar


def test_the_power_is_that_above_the_noise():
    """Two bins of 20 dB have the power 2 (100 - 1), and bins of noise (0 dB) have none."""
    map_db = np.array([[20.0, 0.0], [0.0, 20.0]])
    assert power_db(map_db) == pytest.approx(10 * np.log10(198))


def test_the_correlation_ignores_the_level_and_values_below_the_noise():
    map_db = np.array([[30.0, -5.0], [-20.0, 10.0]])
    assert correlation(np.maximum(map_db, 0) + 3, map_db) == pytest.approx(1)
    assert correlation(map_db[::-1], map_db) < 0


def test_every_chosen_row_comes_after_the_row_that_it_is_compared_with():
    """The row is compared with a simulation that has only the other effects of the row."""
    assert with_references(["multipath", "rough"]) == [
        *("plain", "static", "multipath"),
        *("skin", "rough"),
    ]
    names = list(EFFECTS)
    assert all(names.index(each.against) <= names.index(name) for name, each in EFFECTS.items())


def test_the_furniture_of_all_rows_is_inside_the_room():
    """`Room` refuses furniture that extends beyond a wall."""
    rooms = [scene_of(each, free_body()).room for each in EFFECTS.values()]
    assert sum(room is not None for room in rooms) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_antenna_patterns_weaken_the_echo_of_a_person_on_the_page(tmp_path, monkeypatch):
    """Patterns are 0 dB at boresight and less elsewhere, so only the level falls."""
    effects = {
        name: Effect(name, visibility="facing", receiver=receiver)
        for name, receiver in (("plain", "ideal"), ("antennas", "antennas"))
    }
    monkeypatch.setattr(scene_effects, "EFFECTS", effects)
    monkeypatch.setattr(scene_effects, "free_body", lambda: decimate_faces(free_body(), 16))
    radar = replace(small_radar(num_chirps=128, num_samples=64), board="AWR1843BOOST")
    monkeypatch.setattr(scene_effects, "load_radar", lambda name: radar)
    command = ["--frames", "3", "--only", "antennas", "--out", str(tmp_path)]
    assert scene_effects.main(command) == 0
    found = json.loads((tmp_path / "effects.json").read_text())
    assert found["plain"]["time_doppler_db"] == 0
    assert -20 < found["antennas"]["time_doppler_db"] < 0
    assert found["antennas"]["time_range_correlation"] > 0.8
    assert (tmp_path / "effects.png").stat().st_size > 10_000
    assert (tmp_path / "effects.md").read_text().count("\n") == 4
