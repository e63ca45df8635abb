"""Figures of a capture: the set of figures, the position of targets, and the plots command."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from radarsim import files
from radarsim.captures.recording import of_cube
from radarsim.plots import __main__ as plots_command
from radarsim.radar.toml import dump_radar
from radarsim.signal.noise_and_adc import to_codes
from radarsim.validation.analysis import analyse
from radarsim.validation.figures import (
    FIGURES,
    capture_figures,
    range_angle_map,
    range_doppler_map,
    range_profile,
)
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


def strongest_cell(panel):
    """Return the coordinates of the strongest cell in the drawn map."""
    (mesh,) = panel.collections
    corners = mesh.get_coordinates()
    centres = (corners[1:, 1:] + corners[:-1, :-1]) / 2
    return centres.reshape(-1, 2)[mesh.get_array().argmax()]


def swaying(time_s):
    """Return the position of a point that moves by +-0.6 m, 15 degrees to the left."""
    time_s = np.asarray(time_s)
    return moving(1.5 + 0.6 * np.sin(2.1 * time_s)[..., None], 0.0, 15.0)(time_s)


def test_the_target_marker_is_on_the_strongest_cell_of_the_maps_of_one_burst():
    """The median range of the track would be up to 0.6 m away."""
    swaying_v = echo_v(RADAR, 30, swaying, 10.0) + noise_v(RADAR, 30)
    found = analyse(of_cube(RADAR, swaying_v))
    for draw, across in ((range_doppler_map, RADAR.speed_resolution_mps), (range_angle_map, 5.0)):
        panel = draw(found).axes[0]
        (marker,) = panel.lines
        cell = strongest_cell(panel)
        assert marker.get_xdata()[0] == pytest.approx(cell[0], abs=across)
        assert marker.get_ydata()[0] == pytest.approx(cell[1], abs=RADAR.range_resolution_m)


def test_a_target_that_is_not_detected_in_the_drawn_burst_has_no_marker(analysis):
    later = [replace(one, times_s=one.times_s + 10.0) for one in analysis.tracks]
    elsewhere = replace(analysis, tracks=[*analysis.tracks, *later])
    assert len(range_doppler_map(elsewhere).axes[0].lines) == len(analysis.tracks)


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
