"""The drawing of a room shows the paths of the room's report."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import trimesh
from scipy.spatial.distance import pdist

from radarsim.multipath.room_report import PassLevel, RoomReport
from radarsim.multipath.static_echoes import StaticSource
from radarsim.plots.room import _in_drawing, draw_room, room_page
from radarsim.scene.furniture import Box, TriangleMesh
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import Room

BODY = trimesh.creation.icosphere(1, 0.3)
BODY.apply_translation([3.0, 0.0, 1.0])
BODIES = [TriangleMesh(BODY.vertices, BODY.faces)]
ROOM = Room(far_m=5.0, furniture=[Box((4.0, 1.0, 0.5), (0.5, 0.5, 1.0))])
REPORT = RoomReport(
    size=ROOM.size_text,
    polarisation="vertical",
    passes=[PassLevel(("floor",), (), -20.0, 2, True)],
    sources=[StaticSource("far_wall", 5.0, np.array([1.0, 0.0, 0.0]), 10.0)],
)
DRAWN = (ROOM, RadarPose(height_m=1.0), REPORT, BODIES)
AXES = {"time_s": np.arange(4.0), "range_m": np.linspace(0, 8, 9)}
# Half of the length of a path that goes out via the floor, where the image is 2 m below the radar,
# and returns directly over 3 m.
PASS_RANGE_M = (np.hypot(3, 2) + 3) / 2


def test_every_path_starts_at_the_radar_and_reflections_lie_on_their_surface():
    """A pass via the floor is reflected at z = 0; a static echo's path ends at the far wall."""
    axes = plt.figure().add_subplot(projection="3d")
    paths = draw_room(axes, *DRAWN)
    static, multipath = (np.transpose(line.get_data_3d()) for line in axes.lines)
    np.testing.assert_allclose(static, [[0, 0, 1], [5, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(multipath[0], [0, 0, 1])
    np.testing.assert_allclose(multipath[1], [1.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(multipath[2], [3, 0, 1], atol=1e-6)
    assert [each.range_m for each in paths] == pytest.approx([5.0, PASS_RANGE_M])
    plt.close("all")


def test_a_path_via_two_walls_is_drawn_in_the_order_in_which_the_wave_meets_the_walls():
    """The path returns via the left wall at 2 m and the far wall at 5 m, listed in reverse order.

    The image of the radar is at (10, 4), so the line from the image to the body at (3, 0) has the
    slope 4/7; in the room, the line is reflected at (5, 8/7) and (3.5, 2).
    """
    axes = plt.figure().add_subplot(projection="3d")
    report = replace(
        REPORT, passes=[PassLevel((), ("far_wall", "left_wall"), -20.0, 2, True)], sources=[]
    )
    (path,) = draw_room(axes, *DRAWN[:2], report, *DRAWN[3:])
    corners_m = [[0, 0, 1], [3, 0, 1], [5, 8 / 7, 1], [3.5, 2, 1], [0, 0, 1]]
    np.testing.assert_allclose(path.points_m, corners_m, atol=1e-6)
    assert path.range_m == pytest.approx((3 + np.hypot(7, 4)) / 2)
    plt.close("all")


def test_the_ranges_of_the_paths_are_marked_in_the_time_range_map():
    """The range axis, which ends at 4 m for an empty map, is extended to a wall at 5 m."""
    page = room_page({"time_range": np.zeros((4, 9))}, AXES, *DRAWN, 1.5)
    panel = next(each for each in page.axes if each.get_ylabel() == "range [m]")
    marks = [(each.get_xdata()[0], each.get_ydata()[0]) for each in panel.lines]
    np.testing.assert_allclose(marks, [(0, 5.0), (1.5, PASS_RANGE_M)])
    assert [each.get_text() for each in panel.texts] == ["1", "A"]
    assert panel.get_ylim()[1] > 5.0


def test_echoes_beyond_the_range_axis_are_marked_at_their_aliased_ranges():
    """With a range axis of 3 m, the wall at 5 m appears at 2 m, and the map is not extended.

    The path of the pass, with half of its length at 3.3 m, appears at 0.3 m.
    """
    report = replace(REPORT, max_range_m=3.0)
    axes = {**AXES, "range_m": np.arange(6) / 2}
    page = room_page({"time_range": np.zeros((4, 6))}, axes, *DRAWN[:2], report, BODIES, 1.5)
    panel = next(each for each in page.axes if each.get_ylabel() == "range [m]")
    ranges_m = [each.get_ydata()[0] for each in panel.lines]
    np.testing.assert_allclose(ranges_m, [2.0, PASS_RANGE_M - 3.0])
    assert panel.get_ylim()[1] <= 2.5
    texts = page.axes[0].get_legend().get_texts()
    wall, floor = (" ".join(each.get_text().split()) for each in texts)
    assert wall.endswith("dBsm at 2.00 m (aliased from 5.00 m)")
    assert floor.endswith("dB at 0.30 m (aliased from 3.30 m)")
    assert "dBsm at 2.00 m (aliased from 5.00 m)  far_wall" in str(report)


def test_lines_legend_and_range_map_have_the_same_marks_which_do_not_overlap():
    """Two passes via the floor have the same lines, and two walls are at almost the same range."""
    passes = [PassLevel(("floor",), back, -20.0, 2, True) for back in ((), ("floor",))]
    walls = [StaticSource("far_wall", at_m, np.array([1.0, 0.0, 0.0]), 9.0) for at_m in (5.0, 5.01)]
    report = replace(REPORT, passes=passes, sources=walls)
    page = room_page({"time_range": np.zeros((4, 9))}, AXES, *DRAWN[:2], report, BODIES, 1.5)
    scene, panel = page.axes[0], page.axes[1]
    legend = [each.get_text()[0] for each in scene.get_legend().get_texts()]
    assert legend == [each.get_text() for each in scene.texts] == ["1", "2", "A", "B"]
    assert sorted(each.get_text() for each in panel.texts) == legend
    drawn = _in_drawing(scene, [each.get_position_3d() for each in scene.texts])
    times_s = [each.get_position()[0] for each in panel.texts]
    # A mark is 0.18 inches wide, 0.03 of the width of the 3-D axes and 0.02 of the time axis.
    assert pdist(drawn).min() > 0.03
    assert pdist(np.reshape(times_s[:2], (2, 1))).min() > 0.02 * 3


@pytest.mark.parametrize("size_m", [(5, 2, 2.5), (5, 2, 12), (3, 9, 2)])
def test_the_whole_room_is_visible_and_the_height_axis_is_labelled_upwards(size_m):
    """No corner is outside the axes, which would hide it."""
    far_m, side_m, height_m = size_m
    room = Room(far_m=far_m, left_m=side_m, right_m=side_m, height_m=height_m)
    axes = plt.figure().add_subplot(projection="3d")
    draw_room(axes, room, *DRAWN[1:])
    ends = zip([-room.near_m, -side_m, 0.0], [far_m, side_m, height_m], strict=True)
    corners = _in_drawing(axes, np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    assert np.all((corners > 0) & (corners < 1))
    assert axes.zaxis.label.get_rotation() == 90
    plt.close("all")


def test_all_people_are_drawn_and_paths_lead_to_the_first():
    """The page states to which person the paths and ranges belong."""
    other = TriangleMesh(BODY.vertices - [1.0, 1.0, 0.0], BODY.faces)
    maps = {"time_range": np.zeros((4, 9))}
    alone, both = (
        room_page(maps, AXES, *DRAWN[:3], bodies, 1.5) for bodies in (BODIES, [*BODIES, other])
    )
    count = [len(each.axes[0].collections) for each in (alone, both)]
    assert count[1] == count[0] + 1
    np.testing.assert_allclose(*(each.axes[0].lines[1].get_data_3d() for each in (alone, both)))
    notes = [[each.get_text() for each in page.texts[2:]] for page in (alone, both)]
    assert not notes[0]
    assert "the person in dark grey" in notes[1][0]
