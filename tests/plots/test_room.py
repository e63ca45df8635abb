"""The picture of a room shows its furniture and the paths of the report."""

import matplotlib.pyplot as plt
import numpy as np
import trimesh

from radarsim.multipath.room_report import PassLevel, RoomReport
from radarsim.multipath.static_echoes import StaticSource
from radarsim.plots.room import draw_room
from radarsim.scene.furniture import Box
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import Room


def test_every_path_starts_at_the_radar_and_reflections_lie_on_their_surface():
    """A pass by way of the floor touches z = 0; a static echo ends at the far wall."""
    body = trimesh.creation.icosphere(1, 0.3)
    body.apply_translation([3.0, 0.0, 1.0])
    room = Room(far_m=5.0, furniture=[Box((4.0, 1.0, 0.5), (0.5, 0.5, 1.0))])
    report = RoomReport(
        size=room.size_text,
        polarisation="vertical",
        passes=[PassLevel(("floor",), (), -20.0, 2, True)],
        sources=[StaticSource("far_wall", 5.0, np.array([1.0, 0.0, 0.0]), 10.0)],
    )
    axes = plt.figure().add_subplot(projection="3d")
    draw_room(axes, room, RadarPose(height_m=1.0), report, body.vertices, body.faces)
    static, multipath = (np.transpose(line.get_data_3d()) for line in axes.lines)
    np.testing.assert_allclose(static, [[0, 0, 1], [5, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(multipath[0], [0, 0, 1])
    np.testing.assert_allclose(multipath[1], [1.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(multipath[2], [3, 0, 1], atol=1e-6)
    plt.close("all")
