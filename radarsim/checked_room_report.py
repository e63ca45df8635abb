"""Report on the room of a scene: which multipath is simulated, and which is left out."""

from radarsim.errors import InputError
from radarsim.input_checks import (
    check_radar,
    check_scene,
    check_settings,
    check_untraced_scene,
    checked_frames,
)
from radarsim.multipath.room_plan import scene_room
from radarsim.multipath.room_report import RoomReport
from radarsim.radar.radar import Radar
from radarsim.reflection_checks import check_reflection
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scene.scene import Scene
from radarsim.signal.settings import SimulationSettings


def room_report(
    radar: Radar,
    scene: Scene,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
) -> RoomReport:
    """Report what a scene's room adds to the echo and which multipath is left out.

    Args:
        radar, scene, reflection, settings: same arguments as for `simulate`.

    Returns:
        The report; `print` gives a readable text.

    Raises:
        InputError: the scene has no room, or `simulate` would reject the arguments. Bodies that
            interpenetrate, which `simulate` rejects in the simulated frames, are accepted.
    """
    where = "room_report"
    check_radar(where, radar)
    check_reflection(where, reflection)
    check_settings(where, settings)
    check_scene(where, scene)
    check_untraced_scene(where, scene, reflection)
    checked_frames(where, radar, scene, settings, None, 0)
    room = scene_room(radar, scene, reflection, settings)
    if room is None:
        raise InputError("Scene", "room", "is None", "give Scene(subjects, room=Room(...))")
    return room.report
