"""Figures of a capture: the set of figures, the position of targets, and the plots command."""

import subprocess
import sys

import numpy as np
import pytest

from radarsim import files
from radarsim.captures.recording import of_cube
from radarsim.plots import __main__ as plots_command
from radarsim.radar.toml import dump_radar
from radarsim.signal.noise_and_adc import to_codes
from radarsim.validation.analysis import analyse
from radarsim.validation.figures import FIGURES, capture_figures, range_doppler_map, range_profile
from tests.helpers.point_echoes import RADAR, clutter_v, echo_v, moving, noise_v


@pytest.fixture(scope="module")
def cube_v():
    walker = echo_v(RADAR, 6, moving(1.2, 0.9, 15.0), 10.0)
    return clutter_v(RADAR, 6) + walker + noise_v(RADAR, 6)


@pytest.fixture(scope="module")
def analysis(cube_v):
    return analyse(of_cube(RADAR, cube_v))


def test_a_walker_gives_every_figure_but_breathing(analysis):
    assert set(capture_figures(analysis)) == set(FIGURES) - {"breathing"}


def test_a_single_frame_gives_the_figures_without_a_time_axis(cube_v):
    names = set(capture_figures(analyse(of_cube(RADAR, cube_v[:1]))))
    assert names == {"range_profile", "range_doppler", "range_angle"}


def test_the_range_profile_peaks_at_the_strongest_reflector(analysis):
    """The peak of the static curve is within half a range bin of the reflector."""
    static = range_profile(analysis).axes[0].lines[0]
    reach_m, level = static.get_data()
    beyond = reach_m > 0.3
    assert reach_m[beyond][level[beyond].argmax()] == pytest.approx(1.6, abs=0.025)


def test_the_target_marker_is_on_the_strongest_cell_of_the_range_doppler_map(analysis):
    panel = range_doppler_map(analysis).axes[0]
    (mesh,) = panel.collections
    level = mesh.get_array().reshape(64, 32)
    row, column = np.unravel_index(level.argmax(), level.shape)
    speed = (column - 16) * RADAR.speed_resolution_mps
    marker = panel.lines[0].get_data()
    assert speed == pytest.approx(marker[0][0], abs=RADAR.speed_resolution_mps)
    # The map shows one burst, but the marker shows the median of all bursts, in which the walker
    # moves by 0.45 m.
    assert row * RADAR.range_resolution_m == pytest.approx(marker[1][0], abs=0.3)


def test_the_command_writes_the_figures(cube_v, tmp_path, capsys):
    (tmp_path / "radar.toml").write_text(dump_radar(RADAR))
    files.write_capture(tmp_path / "walk.bin", np.asarray(to_codes(RADAR, cube_v)), RADAR)
    call = [str(tmp_path / "walk.bin"), "--radar", str(tmp_path / "radar.toml")]
    assert plots_command.main([*call, "--out", str(tmp_path / "plots")]) == 0
    written = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert written == sorted(f"{name}.png" for name in set(FIGURES) - {"breathing"})
    assert plots_command.main([str(tmp_path / "nothing.bin"), *call[1:]]) == 2
    assert "nothing.bin" in capsys.readouterr().err


def test_python_dash_m_runs_the_command():
    """`python -m radarsim.plots` runs, so the package is executable."""
    call = [sys.executable, "-m", "radarsim.plots", "--help"]
    shown = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert "--radar" in shown
