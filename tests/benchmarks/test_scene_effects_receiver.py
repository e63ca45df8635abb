"""The page of receiver effects: one row for every part, and measures that a part must have."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import scene_effects_receiver
from benchmarks.scene_effects_page import difference_db
from benchmarks.scene_effects_receiver import PARTS
from benchmarks.scenes import decimate_faces
from radarsim.files import free_body
from radarsim.radar import receiver_profile
from radarsim.radar.boards import BOARDS
from tests.helpers.moving_sphere import small_radar


def test_every_part_of_a_receiver_has_a_row():
    """Antenna patterns are a row of `benchmarks.scene_effects`."""
    shown = [name for row in PARTS.values() for name in row.parts]
    assert sorted(shown) == sorted(set(receiver_profile.PARTS) - {"tx_pattern", "rx_pattern"})


def test_the_titles_state_the_numbers_of_the_simulated_radar_and_echo():
    ours, other = (
        scene_effects_receiver.titles(BOARDS[board], 6.9e-3)
        for board in ("AWR1843BOOST", "IWR6843ISK")
    )
    assert ours["phase_noise"].endswith("(datasheet: -93)")
    assert other["phase_noise"].endswith("(datasheet: -92)")
    assert ours["noise"].endswith("-6 dB at 10.9 m")
    assert ours["saturation"].endswith("(peak of the echo: 7 mV)")


def test_differences_ignore_values_below_the_noise():
    change_db = difference_db(np.array([20.0, -5.0, 10.0]), np.array([10.0, -20.0, -3.0]))
    np.testing.assert_array_equal(change_db, [10.0, 0.0, 10.0])


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_a_dc_offset_is_removed_with_the_median_and_jitter_is_not(tmp_path, monkeypatch):
    """The offset is static at zero range; jitter spreads the echo over speed, not over range."""
    monkeypatch.setattr(
        scene_effects_receiver, "free_body", lambda: decimate_faces(free_body(), 16)
    )
    radar = replace(small_radar(num_chirps=128, num_samples=64), board="AWR1843BOOST")
    monkeypatch.setattr(scene_effects_receiver, "load_radar", lambda name: radar)
    command = ["--frames", "3", "--only", "dc", "jitter", "--out", str(tmp_path)]
    assert scene_effects_receiver.main(command) == 0
    found = json.loads((tmp_path / "receiver_effects.json").read_text())
    assert found["ideal"]["time_range_db"] == 0
    assert found["dc"]["time_range_db"] > 3
    assert abs(found["dc"]["time_doppler_db"]) < 0.1
    assert found["dc"]["time_doppler_correlation"] > 0.99
    assert found["jitter"]["time_range_correlation"] > 0.9999
    assert found["jitter"]["time_doppler_correlation"] < 0.999
    assert (tmp_path / "receiver_effects.png").stat().st_size > 10_000
    assert (tmp_path / "receiver_effects.md").read_text().count("\n") == 5
