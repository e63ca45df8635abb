"""Points, frame maps and joints are read from a store and shown in the report."""

import shutil

import numpy as np
import pytest

from pipelines.frame_series import FRAME_ARRAYS, frames_of_cube, has_frames, stored_frames
from pipelines.report_frames import counts_figure, frame_figures, path_figure
from pipelines.report_page import report_page
from pipelines.store_reader import Store
from radarsim.detection.detect import detect
from radarsim.radar.radar import Radar
from tests.helpers.kept_frames import NUM_SLOTS, add_kept_frames, consolidate
from tests.helpers.small_stores import SHORT_ROW, build_store, small_recipe

ALL = ("points", "range_doppler", "range_azimuth", "joints_m")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = build_store(tmp_path_factory.mktemp("frames") / "s.zarr")
    add_kept_frames(path, radar(), ALL)
    return Store(path)


def radar() -> Radar:
    return small_recipe().radar


def test_the_frames_of_a_short_clip_end_with_the_clip(store):
    """Padding frames and padding slots are not shown as points."""
    series = stored_frames(store, SHORT_ROW)
    num_frames = store.clips[SHORT_ROW].num_frames
    assert num_frames < store.recipe.num_frames
    assert len(series.times_s) == len(series.points) == len(series.range_doppler) == num_frames
    assert series.points.shape[1] == NUM_SLOTS
    assert len(series.all_points) == 2 * num_frames
    np.testing.assert_allclose(series.axes["speed_mps"][[0, -1]], [-4.0, 3.5])


def test_a_store_without_frames_has_no_section(tmp_path):
    path = tmp_path / "bare.zarr"
    build_store(path, num_clips=2)
    for name in FRAME_ARRAYS:
        shutil.rmtree(path / name)
    consolidate(path)
    bare = Store(path)
    assert not has_frames(bare)
    assert list(frame_figures(bare, [0])) == []


def test_the_report_shows_points_maps_and_joints(store):
    """The report shows a histogram, a plan view and frame maps, each with a caption."""
    captions, figures = zip(*frame_figures(store, list(store.clips)[:3]))
    assert captions[0] == "Points per frame, 60 frames of 3 clips: 2.0 on average."
    assert "points of all frames; path of the pelvis, and joints of 4 frames" in captions[1]
    assert captions[2].endswith("points as rings.")
    labels = [axes.get_xlabel() for figure in figures for axes in figure.axes]
    assert "points per frame" in labels
    assert labels.count("to the left of the radar [m]") == 2
    assert "radial speed [m/s], receding positive" in labels


def test_the_report_has_the_section_only_with_frames(store):
    page = report_page(store, num_drawn=0)
    assert "<h2>Points and maps of single frames</h2>" in page
    assert "<td>points, frame maps, joints</td><td>kept, kept, kept</td>" in page


def test_the_points_of_the_report_are_on_the_left_where_the_body_is(store):
    """A body that recedes 30 degrees to the left is drawn on the left, at y = range / 2."""
    plan = path_figure(stored_frames(store, 0)).axes[0]
    offsets = plan.collections[0].get_offsets()
    np.testing.assert_allclose(offsets[::2, 0], 0.5 * (1.0 + 0.1 * np.arange(20)), atol=1e-6)
    assert plan.get_xlim()[0] > plan.get_xlim()[1]  # the axis increases to the left


def test_the_histogram_counts_every_frame_once():
    panel = counts_figure(np.array([0, 0, 3, 7])).axes[0]
    assert sum(bar.get_height() for bar in panel.patches) == 4
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in panel.patches}
    assert (heights[0], heights[3], heights[7], heights[5]) == (2, 1, 1, 0)


def test_frames_without_stored_arrays_are_computed_from_the_cube(store):
    """The points computed from a cube are those of the public function, for the same frames."""
    cube_v = store.cube_v(0)[:2]
    series = frames_of_cube(radar(), cube_v)
    np.testing.assert_allclose(series.points, detect(radar(), cube_v).values)
    assert series.range_doppler.shape == (2, 32, 16)
    assert series.range_azimuth.shape[:2] == (2, 32)
    assert len(series.times_s) == 2
