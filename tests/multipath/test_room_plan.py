"""Choice of the multipath passes of a scene, and the report on the omitted passes."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import free_body
from radarsim.multipath.room_frames import RoomFrames, pass_settings
from radarsim.multipath.room_plan import prepare_room, scene_room
from radarsim.multipath.room_report import PassLevel, RoomReport, chosen_passes
from radarsim.scattering.fresnel import fresnel
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.furniture import Box
from radarsim.scene.materials import MATERIALS
from radarsim.scene.mesh import Surface
from radarsim.scene.motion import Motion
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.face_selection import select_faces
from tests.helpers.moving_sphere import CLEAN, moving_sphere, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=4, num_samples=64)
MODEL = QuasiSpecular()
# A room with a metal wall and a concrete floor, which cause few but strong passes.
ROOM = Room(
    **dict.fromkeys(SURFACES) | {"left_wall": MATERIALS["metal"], "floor": MATERIALS["concrete"]},
    left_m=1.2,
)


def prepared(room, mesh, faces, settings=CLEAN):
    return prepare_room(RADAR, settings, MODEL, room, RadarPose(), [Surface(mesh, faces)])


def multipath_power(room, mesh, faces):
    """Return the mean power of the simulated passes, without static echoes."""
    frames = RoomFrames(RADAR, CLEAN, MODEL, room, [[Surface(mesh, faces)]])
    return float(jnp.mean(jnp.abs(frames.multipath(0, 0, MODEL)) ** 2))


def test_the_power_of_the_kept_passes_is_the_reported_one_and_the_strongest_are_kept():
    """The report predicts the power ratio of 6 and 2 simulated passes to within 2 dB.

    The prediction uses one antenna pair and four frequencies, so fading causes a difference.
    """
    mesh, faces = moving_sphere(RADAR, num_frames=2)
    rooms = [prepared(replace(ROOM, most_passes=count), mesh, faces) for count in (2, 6)]
    few, many = (room.report for room in rooms)
    assert few.passes[0].kept
    assert sum(each.num_passes for each in few.passes if each.kept) <= 2
    assert many.left_out_db < few.left_out_db
    found = [multipath_power(room, mesh, faces) for room in rooms]
    ratio_db = 10 * np.log10(found[1] / found[0])
    assert ratio_db == pytest.approx(many.kept_db - few.kept_db, abs=2.0)
    text = str(few)
    assert "left out" in text
    assert "left_wall, body" in text


def test_weak_passes_need_less_accuracy_and_never_more_than_requested():
    """If all passes together are 10 dB below the direct echo, their error may be 10 dB larger.

    The error limit is never above the -60 dB of the fast mode.
    """
    mesh, faces = moving_sphere(RADAR, num_frames=2)
    room = prepared(replace(ROOM, left_wall=None), mesh, faces)

    def with_two_passes_of(level_db):
        passes = [PassLevel((), (name,), level_db, 2, True) for name in ("left_wall", "floor")]
        return replace(room, report=replace(room.report, passes=passes))

    weak, strong = with_two_passes_of(-13.1), with_two_passes_of(-12.9)
    assert pass_settings(CLEAN, weak).error_budget.error_db == -70.0
    assert pass_settings(CLEAN, strong).error_budget.error_db == -80.0
    fast = replace(CLEAN, method="fast")
    assert pass_settings(fast, weak).error_budget.error_db == -60.0


def test_a_subject_beyond_a_wall_and_the_exact_sum_are_refused():
    """One error message names the wall and the distance, and the other names the method."""
    mesh, faces = moving_sphere(RADAR, range_m=3.0)
    room = Room(far_m=2.0)
    with pytest.raises(InputError, match="beyond the far wall"):
        prepared(room, mesh, faces)
    with pytest.raises(InputError, match="exact"):
        prepared(ROOM, mesh, faces, replace(CLEAN, method="exact"))


def test_bodies_without_echo_are_refused():
    """The samples of static echoes are stored relative to the level constant of the bodies."""
    surfaces = [Surface(*moving_sphere(RADAR))]
    with pytest.raises(InputError, match=r"QuasiSpecular: reflectivity: is 0.*give 1e-6"):
        prepare_room(RADAR, CLEAN, QuasiSpecular(reflectivity=0.0), ROOM, RadarPose(), surfaces)


def test_a_radar_below_the_ceiling_reaches_a_body_via_the_near_wall():
    """The numbers of surfaces and frames are those of other tests, whose programs are reused."""
    metal = dict.fromkeys(("near_wall", "left_wall"), MATERIALS["metal"])
    room = Room(**dict.fromkeys(SURFACES) | metal, near_m=1.2, left_m=1.2)
    surface = Surface(*moving_sphere(RADAR, range_m=1.5, num_frames=2))
    ceiling = RadarPose(height_m=2.4, tilt_rad=-np.pi / 2)
    report = prepare_room(RADAR, CLEAN, MODEL, room, ceiling, [surface]).report
    levels_db = {each.way_back: each.level_db for each in report.passes if not each.way_out}
    assert levels_db["near_wall",] > -40
    assert levels_db["left_wall",] > -40


def test_a_subject_that_crosses_a_wall_between_the_tested_instants_is_refused():
    """The pelvis is beyond the wall at a single pose."""
    transl_m = np.zeros((41, 3))
    transl_m[20, 1] = 1.45
    motion = Motion(poses_rad=np.zeros((41, 24, 3)), transl_m=transl_m, rate_hz=10.0)
    scene = Scene([Subject(motion, free_body(), placement=None)], room=ROOM)
    with pytest.raises(InputError, match="beyond the left wall"):
        scene_room(RADAR, scene, MODEL, CLEAN)


def test_passes_have_no_level_if_the_direct_echo_is_hidden():
    """The passes are still ranked by their power; a pass without power is not simulated."""
    planes = ROOM.planes(RadarPose())
    orders, pairs = [(), (planes[0],), (planes[1],)], [(0, 0), (0, 1), (0, 2), (1, 1)]
    powers = np.array([[0.0, 1e-9, 1e-8, 0.0]])
    levels = chosen_passes(orders, pairs, powers, ROOM)
    assert [each.kept for each in levels] == [True, True, False]
    assert levels[0].way_back == (planes[1].name,)
    report = RoomReport("1 m x 1 m x 1 m", "vertical", levels, [])
    assert report.direct_hidden
    assert np.isnan([report.kept_db, report.left_out_db]).all()
    assert "the direct echo is hidden" in str(report)
    assert "nan" not in str(report)


def test_furniture_hides_a_body_behind_it_from_the_direct_echo():
    """A wide box in front of a sphere hides all faces of the sphere from the radar."""
    mesh, faces = moving_sphere(RADAR, range_m=3.0)
    box = Box((1.5, 0.0, 1.0), (0.2, 2.0, 2.0))
    room = Room(**dict.fromkeys(SURFACES), furniture=[box])
    selection = select_faces(RADAR, CLEAN, MODEL, mesh, faces)
    frames = RoomFrames(RADAR, CLEAN, MODEL, prepared(room, mesh, faces), [[Surface(mesh, faces)]])
    assert np.any(selection.visible)
    (unhidden,) = frames.unhidden(0, [selection])
    assert not np.any(unhidden.visible)


def test_a_wall_behind_a_cupboard_is_neither_reported_nor_simulated():
    """A cupboard of 1 m x 1.6 m covers the Fresnel zone of the wall, whose radius is 8 cm.

    The radar, at a height of 1 m, sees the cupboard from 1.8 m on and the wall at 3 m. A cupboard
    1.5 m to the left hides nothing.
    """
    mesh, faces = moving_sphere(RADAR, range_m=1.2)

    def around(wall, left_m):
        cupboard = Box((2.0, left_m, 0.8), (0.4, 1.0, 1.6))
        walls = dict.fromkeys(SURFACES) | {"far_wall": wall}
        room = Room(**walls, far_m=3.0, furniture=[cupboard], most_passes=0)
        found = prepared(room, mesh, faces)
        names = {each.name for each in found.report.sources}
        return names, np.sum(found.static.samples, axis=0)

    names, echo = around(MATERIALS["metal"], 0.0)
    assert names == {"box"}
    np.testing.assert_array_equal(echo, around(None, 0.0)[1])
    assert around(MATERIALS["metal"], 1.5)[0] == {"box", "far_wall"}


@pytest.mark.parametrize("polarisation", ["horizontal", "vertical"])
def test_the_floor_reflects_horizontal_fields_as_te_and_vertical_fields_as_tm(polarisation):
    """A floor of concrete weakens the pass by |TE| or |TM|, compared with a floor of metal.

    The radar is 1 m above the floor and the centre of the sphere 3 m ahead at the height of the
    radar, so the angle of incidence is atan(3 / 2), for which TE is -4.7 dB and TM -16 dB. The
    reflecting part of the sphere, with a radius of 5 cm, is nearer by 4 cm, which changes TM by
    0.3 dB.
    """
    mesh, faces = moving_sphere(RADAR, speed_mps=(0.1, 0.0, 0.0), radius_m=0.05)
    still = replace(mesh, origin_high_m=jnp.zeros_like(mesh.origin_high_m) + np.array([3.0, 0, 0]))
    powers = []
    for name in ("concrete", "metal"):
        floor = dict.fromkeys(SURFACES) | {"floor": MATERIALS[name]}
        room = prepared(Room(**floor, polarisation=polarisation, most_passes=2), still, faces)
        assert [each.name for each in room.report.passes if each.kept] == [
            "body, floor and reverse"
        ]
        powers.append(multipath_power(room, still, faces))
    permittivity = MATERIALS["concrete"].permittivity(RADAR.chirp.centre_freq_hz)
    of_te, of_tm = fresnel(permittivity, np.cos(np.arctan2(3, 2)))
    expected = abs(of_te if polarisation == "horizontal" else of_tm) ** 2
    found_db, expected_db = 10 * np.log10([powers[0] / powers[1], expected])
    assert found_db == pytest.approx(expected_db, abs=0.5)
