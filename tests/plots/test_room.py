"""The drawing of a room shows the paths of the room's report."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import trimesh

from radarsim.multipath.room_report import PassLevel, RoomReport
from radarsim.multipath.static_echoes import StaticSource
from radarsim.plots.room import draw_room, room_page
from radarsim.scene.furniture import Box
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import Room

BODY = trimesh.creation.icosphere(1, 0.3)
BODY.apply_translation([3.0, 0.0, 1.0])
ROOM = Room(far_m=5.0, furniture=[Box((4.0, 1.0, 0.5), (0.5, 0.5, 1.0))])
REPORT = RoomReport(
    size=ROOM.size_text,
    polarisation="vertical",
    passes=[PassLevel(("floor",), (), -20.0, 2, True)],
    sources=[StaticSource("far_wall", 5.0, np.array([1.0, 0.0, 0.0]), 10.0)],
)
DRAWN = (ROOM, RadarPose(height_m=1.0), REPORT, BODY.vertices, BODY.faces)
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
    """The range axis is extended to a wall that is beyond the range of the map."""
    axes = {"time_s": np.arange(4.0), "range_m": np.linspace(0, 4, 9)}
    page = room_page({"time_range": np.zeros((4, 9))}, axes, *DRAWN, 1.5)
    panel = next(each for each in page.axes if each.get_ylabel() == "range [m]")
    marks = [(each.get_xdata()[0], each.get_ydata()[0]) for each in panel.lines]
    np.testing.assert_allclose(marks, [(0, 5.0), (1.5, PASS_RANGE_M)])
    assert panel.get_ylim()[1] > 5.0
