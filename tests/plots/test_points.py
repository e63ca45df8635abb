"""Figures of points and frame maps: axes, signs and colours of the drawn values."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.plots import points as plots
from radarsim.plots.animation import moving_page
from radarsim.plots.frame_maps import (
    draw_range_azimuth,
    draw_range_doppler,
    farthest_echo_m,
    frame_map_page,
    highest_level_db,
)
from radarsim.plots.frames import (
    FrameSeries,
    add_frame_column,
    draw_azimuth_frame,
    draw_joints,
    with_points,
)
from radarsim.plots.heatmaps import PANELS, clip_page
from radarsim.plots.points import Extent, draw_plan_view, draw_side_view, points_page
from radarsim.plots.scene import draw_scene, draw_top_view
from radarsim.scene.placement import RadarPose, to_radar_frame, to_world
from tests.plots.test_plots import AXES, moving_box, noise_maps

RANGES_M = np.arange(40) * 0.2
SPEEDS_MPS = (np.arange(16) - 8) / 2
ANGLES_RAD = np.arcsin((np.arange(32) - 16) / 16)
MAP_AXES = {"range_m": RANGES_M, "speed_mps": SPEEDS_MPS, "angle_rad": ANGLES_RAD}


def point(range_m=3.0, azimuth_deg=0.0, height_m=0.0, speed_mps=0.0, snr_db=20.0):
    """One point in the order of `POINT_VALUES`."""
    azimuth_rad, elevation_rad = np.radians(azimuth_deg), np.arcsin(height_m / range_m)
    floor_m = range_m * np.cos(elevation_rad)
    at_m = [floor_m * np.cos(azimuth_rad), floor_m * np.sin(azimuth_rad), height_m]
    return [range_m, azimuth_rad, elevation_rad, speed_mps, snr_db, *at_m]


def cloud(*frames, slots=4):
    """Points of several frames in a fixed number of slots; empty slots contain NaN."""
    values = np.full((len(frames), slots, len(POINT_VALUES)), np.nan)
    for frame, points in enumerate(frames):
        for slot, each in enumerate(points):
            values[frame, slot] = each
    return values


def panel():
    return Figure(figsize=(5, 5), dpi=100).add_axes((0.1, 0.1, 0.8, 0.8))


def pixel(axes, across, up):
    """Pixel coordinates (right, up) of a position in data coordinates."""
    return axes.transData.transform((across, up))


def series(num_frames=3, **changes):
    """A target 30 degrees to the left at 2, 3 and 4 m, receding at 1 m/s, with its maps."""
    doppler = np.zeros((num_frames, len(RANGES_M), len(SPEEDS_MPS)))
    azimuth = np.zeros((num_frames, len(RANGES_M), len(ANGLES_RAD)))
    for frame in range(num_frames):
        doppler[frame, 10 + 5 * frame, 10] = 40
        azimuth[frame, 10 + 5 * frame, 24] = 35
    points = [[point(2.0 + frame, 30, speed_mps=1.0)] for frame in range(num_frames)]
    known = dict(
        times_s=1.0 + np.arange(num_frames) / 10,
        axes=MAP_AXES,
        points=cloud(*points),
        range_doppler=doppler,
        range_azimuth=azimuth,
    )
    return FrameSeries(**(known | changes))


def test_the_order_of_the_values_is_that_of_point_clouds():
    names = ("RANGE", "AZIMUTH", "ELEVATION", "SPEED", "SNR", "X", "Y", "Z")
    stored = [name.split("_")[0].upper() for name in POINT_VALUES]
    assert stored == list(names)
    assert [getattr(plots, name) for name in names] == list(range(len(names)))


def test_a_target_to_the_left_is_drawn_left_and_a_farther_one_higher():
    axes = panel()
    points = np.array([point(2.0, 40), point(2.0, -40), point(4.0, 0)])
    spots = draw_plan_view(axes, points, Extent(5.0, 3.0))
    left, right, far = (pixel(axes, *place) for place in spots.get_offsets())
    assert left[0] < far[0] < right[0]
    assert far[1] > left[1]
    assert axes.get_xlabel() == "to the left of the radar [m]"
    assert axes.get_ylabel() == "ahead of the radar [m]"


def test_receding_is_red_approaching_blue_and_zero_differs_from_the_background():
    axes = panel()
    points = np.array([point(speed_mps=speed) for speed in (-2.0, 0.0, 2.0)])
    spots = draw_plan_view(axes, points, Extent(5.0, 3.0))
    spots.update_scalarmappable()
    approaching, still, receding = spots.get_facecolor()[:, :3]
    assert approaching[2] > approaching[0]
    assert receding[0] > receding[2]
    assert np.ptp(still) < 0.02
    assert np.abs(still - np.array(axes.get_facecolor()[:3])).max() > 0.05
    assert spots.get_clim() == (-2.0, 2.0)


def test_the_side_view_shows_height_over_the_distance_along_the_floor():
    """The azimuth of a point, here 30 degrees, does not change its distance in the side view."""
    axes = panel()
    spots = draw_side_view(axes, np.array([point(3.0, 30, height_m=0.9)]), 5.0)
    np.testing.assert_allclose(spots.get_offsets(), [[np.sqrt(9 - 0.81), 0.9]])


@pytest.mark.parametrize(("elevation", "num_views"), [(True, 4), (False, 3)])
def test_a_page_has_a_side_view_only_if_elevation_is_measured(elevation, num_views):
    values = cloud([point(height_m=0.5), point(2.0)], [point(4.0)])
    if not elevation:
        values[..., plots.ELEVATION] = np.nan
    page = points_page(values, np.array([0.0, 0.1]), "walk")
    labels = [axes.get_xlabel() for axes in page.axes if axes.get_xlabel()]
    colour_bars = 2
    assert len(page.axes) == num_views + colour_bars
    assert ("distance over the floor [m]" in labels) == elevation
    assert page.get_suptitle() == "walk:  3 points in 2 frames, 1.5 per frame"


def test_range_and_speed_are_drawn_at_the_time_of_their_frame():
    values = cloud([], [point(2.0, speed_mps=-1.0)], [point(4.0, snr_db=30), point(3.0)])
    page = points_page(values, np.array([0.5, 0.6, 0.7]), "walk")
    drawn = {axes.get_ylabel().split("\n")[0]: axes for axes in page.axes}
    ranges = drawn["range [m]"].collections[0]
    assert sorted(map(tuple, ranges.get_offsets().round(9).tolist())) == [
        (0.6, 2.0),
        (0.7, 3.0),
        (0.7, 4.0),
    ]
    assert ranges.get_array().max() == 30  # SNR is the colour, and the strongest is on top
    speeds = drawn["radial speed [m/s]"].collections[0]
    assert [0.6, -1.0] in speeds.get_offsets().round(9).tolist()


def test_a_clip_without_points_still_gives_a_page():
    page = points_page(cloud([], []), np.array([0.0, 0.1]), "no points")
    assert "0 points in 2 frames" in page.get_suptitle()


def test_one_distant_false_alarm_does_not_shrink_the_view():
    many = [point(2.0, 5) for _ in range(200)]
    assert plots.extent_of(np.array([*many, point(20.0, 60)])) == (3.0, 1.0)
    assert plots.extent_of(np.array([*many[:25], point(20.0, 60)])) == (3.0, 1.0)
    assert plots.extent_of(np.array([point(2.0, 5), point(9.0)])) == (10.0, 1.0)


def test_a_view_of_maps_ends_at_the_farthest_echo_not_at_a_false_alarm():
    false_alarm = series(points=cloud([point(2.0, 30)], [point(7.5)], [point(4.0, 30)]))
    assert false_alarm.view().far_m == 5.0
    assert series(range_azimuth=None).view().far_m == 4.0


def test_a_range_doppler_map_has_speed_along_x_and_range_along_y():
    map_db = np.zeros((len(RANGES_M), len(SPEEDS_MPS)))
    map_db[15, 12] = 42  # cell at 3 m, receding at 2 m/s
    axes = panel()
    image = draw_range_doppler(axes, map_db, MAP_AXES)
    corners = np.asarray(image.get_coordinates())
    cells = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    strongest = np.unravel_index(np.argmax(image.get_array()), map_db.shape)
    np.testing.assert_allclose(cells[strongest], [2.0, 3.0])
    assert image.get_clim() == (0, 45)
    assert axes.get_ylim() == (0, 4)
    assert axes.get_xlabel() == "radial speed [m/s], receding positive"
    assert axes.get_ylabel() == "range [m]"


@pytest.mark.parametrize(("bin_idx", "azimuth_deg"), [(24, 30.0), (8, -30.0), (16, 0.0)])
def test_a_range_azimuth_map_is_a_plan_view_with_left_on_the_left(bin_idx, azimuth_deg):
    map_db = np.zeros((len(RANGES_M), len(ANGLES_RAD)))
    map_db[15, bin_idx] = 40
    axes = panel()
    image = draw_range_azimuth(axes, map_db, MAP_AXES)
    corners = np.asarray(image.get_coordinates())
    strongest = np.unravel_index(np.argmax(image.get_array()), image.get_array().shape)
    row, column = strongest
    left_m, ahead_m = corners[row : row + 2, column : column + 2].mean((0, 1))
    # The centre of a cell of 0.2 m and 4 degrees is 3 mm from the mean of its corners.
    azimuth_rad = np.radians(azimuth_deg)
    expected_m = [3 * np.sin(azimuth_rad), 3 * np.cos(azimuth_rad)]
    np.testing.assert_allclose([left_m, ahead_m], expected_m, atol=0.01)
    across = pixel(axes, left_m, ahead_m)[0] - pixel(axes, 0, 0)[0]
    assert np.sign(round(across)) == -np.sign(azimuth_deg)
    assert {text.get_text() for text in axes.texts} == {"+60°", "+30°", "−30°", "−60°"}
    assert image.get_clim() == (10, 40)


def test_limits_of_maps_include_all_echoes_and_the_strongest_cell():
    maps_db = np.zeros((2, len(RANGES_M), 4))
    assert farthest_echo_m(maps_db, RANGES_M) == 4
    assert highest_level_db(maps_db) == 10
    maps_db[1, 30, 2] = 41  # cell at 6 m
    assert farthest_echo_m(maps_db, RANGES_M) == 7
    assert highest_level_db(maps_db) == 45


@pytest.mark.parametrize("second", ["speed_mps", "angle_rad"])
def test_a_page_of_one_map_has_a_colour_bar_in_db_above_noise(second):
    map_db = np.zeros((len(RANGES_M), len(MAP_AXES[second])))
    axes = {"range_m": RANGES_M, second: MAP_AXES[second]}
    page = frame_map_page(map_db, axes, "$frame$")
    assert page.get_suptitle() == "$frame$"
    assert page.axes[1].get_ylabel() == "dB above noise"


def test_world_points_return_from_the_frame_of_a_tilted_radar():
    pose = RadarPose(height_m=2.2, tilt_rad=-0.3)
    points_m = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(to_world(to_radar_frame(points_m, pose), pose), points_m, atol=1e-12)


def test_points_are_drawn_over_the_body_at_their_moment_and_in_the_top_view():
    """A point on the body at the last moment is drawn; a point far from the body is not."""
    scene = moving_box((1.0, 0, 0), start_m=(2.0, 0, 0.95))
    last_m = 2.0 + scene.moments_s[-1]
    values = cloud([], [point(last_m), point(1.0, 30)])
    frames = series(2, times_s=np.array([0.0, scene.moments_s[-1]]), points=values)
    scene = with_points(scene, frames)
    np.testing.assert_allclose(scene.points_m[0], [last_m, 0, 1.0])  # height of the radar: 1 m
    axes = panel()
    draw_scene(axes, scene)
    dots = [each for each in axes.collections if isinstance(each, PathCollection)]
    assert sum(len(each.get_offsets()) for each in dots) == 1
    top = panel()
    draw_top_view(top, scene)
    drawn = np.concatenate(
        [each.get_offsets() for each in top.collections if isinstance(each, PathCollection)]
    )
    assert [last_m, 0.0] in drawn.round(9).tolist()


def test_a_page_marks_the_frame_with_most_points_and_draws_its_maps():
    values = cloud([point(2.0)], [point(3.0, 30, speed_mps=1.0), point(3.0)], [])
    frames = series(points=values)
    assert frames.fullest_frame() == 1
    page = clip_page(noise_maps(), AXES, title="walk", scene=moving_box((1, 0, 0)), frames=frames)
    plain = clip_page(noise_maps(), AXES, title="walk", scene=moving_box((1, 0, 0)))
    assert len(page.axes) == len(plain.axes) + 4  # two maps with a colour bar each
    labels = [axes.get_xlabel() for axes in page.axes]
    doppler = page.axes[labels.index("radial speed [m/s], receding positive")]
    assert [1.0, 3.0] in doppler.collections[-1].get_offsets().round(9).tolist()
    assert "to the left of the radar [m]" in labels
    marked = [line.get_xdata()[0] for axes in page.axes for line in axes.lines]
    assert marked.count(frames.times_s[1]) == len(PANELS)


def test_a_series_with_one_kind_of_map_draws_only_this_map():
    page = Figure(figsize=(5, 8))
    add_frame_column(page, series(range_azimuth=None, points=None), 0, (0.1, 0.1, 0.9, 0.9))
    assert [axes.get_ylabel() for axes in page.axes] == ["range [m]", "dB above noise"]


def test_joints_lie_in_the_plan_view_where_their_coordinates_are():
    """Joints of a frame at x = 2 m, y = 1 m are drawn 1 m to the left and 2 m ahead."""
    axes = panel()
    joints_m = np.broadcast_to([2.0, 1.0, 0.3], (3, 24, 3))
    draw_azimuth_frame(axes, series(joints_m=joints_m), 1)
    bones = [line.get_xydata() for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(bones, np.broadcast_to([1.0, 2.0], (23, 2, 2)))


def test_joints_are_connected_by_the_bones_of_smpl():
    axes = panel()
    draw_joints(axes, np.random.default_rng(0).normal(size=(24, 3)))
    assert len(axes.lines) == 23
    unknown = panel()
    draw_joints(unknown, np.zeros((5, 3)))
    assert [line.get_linestyle() for line in unknown.lines] == ["None"]


@pytest.mark.parametrize("with_body", [True, False])
def test_body_points_and_maps_move_together(with_body):
    """After drawing frame 2, every panel shows the values of frame 2."""
    frames, scene = series(), None
    if with_body:
        box = moving_box((1.0, 0, 0))
        scene = moving_box(
            (1.0, 0, 0), moments_s=frames.times_s, vertices_m=box.vertices_m[: len(frames.times_s)]
        )
    page, draw_frame = moving_page(
        frames, noise_maps()["time_doppler"], AXES, title="walk", scene=scene
    )
    draw_frame(2)
    assert "1.20 s" in [text.get_text() for text in page.texts]
    by_label = {axes.get_xlabel(): axes for axes in page.axes}
    doppler = by_label["radial speed [m/s], receding positive"]
    assert doppler.collections[-1].get_offsets().round(9).tolist() == [[1.0, 4.0]]
    assert doppler.collections[0].get_array()[20].max() == 40
    heatmap = by_label["time [s]"]
    assert heatmap.lines[-1].get_xdata()[0] == pytest.approx(1.2)
    if with_body:
        assert "1.2 s" in [text.get_text() for axes in page.axes for text in axes.texts]
