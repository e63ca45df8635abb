"""Figures of a capture: those that it allows, with its targets where they are."""

import numpy as np
import pytest

from radarsim import files
from radarsim.captures.recording import of_cube
from radarsim.plots import __main__ as plots_command
from radarsim.radar.toml import dump_radar
from radarsim.signal.receiver import to_codes
from radarsim.validation.analysis import look
from radarsim.validation.figures import FIGURES, capture_figures, range_doppler_map, range_profile
from tests.helpers.point_echoes import RADAR, echo_v, moving, noise_v, room_v


@pytest.fixture(scope="module")
def cube_v():
    walker = echo_v(RADAR, 6, moving(1.2, 0.9, 15.0), 10.0)
    return room_v(RADAR, 6) + walker + noise_v(RADAR, 6)


@pytest.fixture(scope="module")
def looked(cube_v):
    return look(of_cube(RADAR, cube_v))


def test_a_walker_gives_every_figure_but_breathing(looked):
    assert set(capture_figures(looked)) == set(FIGURES) - {"breathing"}


def test_a_single_frame_gives_those_without_time(cube_v):
    names = set(capture_figures(look(of_cube(RADAR, cube_v[:1]))))
    assert names == {"range_profile", "range_doppler", "range_angle"}


def test_the_range_profile_peaks_where_reflectors_stand(looked):
    """Of the grey curve; half a bin off."""
    still = range_profile(looked).axes[0].lines[0]
    reach_m, level = still.get_data()
    beyond = reach_m > 0.3
    assert reach_m[beyond][level[beyond].argmax()] == pytest.approx(1.6, abs=0.025)


def test_the_ring_lies_on_the_bright_cell_of_the_range_doppler_map(looked):
    panel = range_doppler_map(looked).axes[0]
    (mesh,) = panel.collections
    level = mesh.get_array().reshape(64, 32)
    row, column = np.unravel_index(level.argmax(), level.shape)
    speed = (column - 16) * RADAR.speed_resolution_mps
    ring = panel.lines[0].get_data()
    assert speed == pytest.approx(ring[0][0], abs=RADAR.speed_resolution_mps)
    # The map shows one burst, the ring the median over all: the walker covers 0.45 m.
    assert row * RADAR.range_resolution_m == pytest.approx(ring[1][0], abs=0.3)


def test_the_command_writes_them(cube_v, tmp_path, capsys):
    (tmp_path / "radar.toml").write_text(dump_radar(RADAR))
    files.write_capture(tmp_path / "walk.bin", np.asarray(to_codes(RADAR, cube_v)), RADAR)
    call = [str(tmp_path / "walk.bin"), "--radar", str(tmp_path / "radar.toml")]
    assert plots_command.main([*call, "--out", str(tmp_path / "plots")]) == 0
    written = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert written == sorted(f"{name}.png" for name in set(FIGURES) - {"breathing"})
    assert plots_command.main([str(tmp_path / "nothing.bin"), *call[1:]]) == 2
    assert "nothing.bin" in capsys.readouterr().err
