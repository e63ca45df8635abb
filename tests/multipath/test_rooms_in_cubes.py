"""Cubes of scenes in rooms: what a room adds to the cube of the same people in free space."""

import jax
import numpy as np
import pytest

import radarsim as rs
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import scene_room
from radarsim.scattering.levels import volts_per_weight
from radarsim.scene.coarsening import coarsen
from radarsim.scene.room import SURFACES
from radarsim.scene.scene import pose, skin_subjects
from tests.helpers.moving_sphere import relative_db, small_radar
from tests.helpers.room_paths import wall_tone_v
from tests.helpers.still_postures import posture

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=4, num_samples=64)
KEY = jax.random.key(0)
MODEL = rs.QuasiSpecular()
SILENT = rs.SimulationSettings(
    method="fast", visibility="facing", thermal_noise=False, quantise=False
)
BODY = coarsen(rs.free_body(), 0.1)
# The motions last two frames. The two people are side by side and shadow neither each other nor the
# wall ahead.
LEFT, RIGHT = (
    rs.Subject(posture(seconds=0.2), BODY, rs.Placement(distance_m=distance_m, lateral_m=left_m))
    for distance_m, left_m in ((2.2, 0.9), (2.0, -1.0))
)


def metal_room(wall, **options):
    """Return a room whose only surface is one metal wall."""
    return rs.Room(**dict.fromkeys(SURFACES) | {wall: rs.MATERIALS["metal"]}, **options)


def cube(*subjects, room=None):
    return np.asarray(rs.simulate(RADAR, rs.Scene(subjects, room=room), KEY, MODEL, SILENT))


def streamed(*subjects, room=None):
    scene = rs.Scene(subjects, room=room)
    chunks = rs.stream(RADAR, scene, KEY, MODEL, SILENT, frames_per_chunk=1)
    return np.concatenate(list(chunks))


@pytest.mark.parametrize("simulated", [cube, streamed])
def test_a_wall_ahead_adds_one_tone_with_the_voltage_of_the_radar_equation(simulated):
    """The room adds the same tone to every chirp of both frames, and nothing else.

    The tolerance is 0.5 % of the tone, of which 0.2 % is the finite conductivity of the metal.
    """
    room = metal_room("far_wall", far_m=3.0, most_passes=0)
    added_v = simulated(RIGHT, room=room) - simulated(RIGHT)
    expected_v = wall_tone_v(RADAR, 3.0)
    assert added_v.shape == (2, RADAR.frame.num_chirps, *expected_v.shape)
    np.testing.assert_allclose(
        added_v,
        np.broadcast_to(expected_v, added_v.shape),
        rtol=0,
        atol=5e-3 * np.abs(expected_v).max(),
    )


def passes_v(subject, room):
    """Return the multipath of one person, in volts, from the stage that sums the passes."""
    scene = rs.Scene([subject], room=room)
    prepared = scene_room(RADAR, scene, MODEL, SILENT)
    posed = pose(scene, rs.burst_times_s(RADAR, 2, SILENT.nodes))
    frames = RoomFrames(RADAR, SILENT, MODEL, prepared, [skin_subjects(scene.bodies, posed)])
    level_v = volts_per_weight(RADAR, MODEL.reflectivity)
    return level_v * np.asarray(frames.multipath(0, 0, MODEL))


def test_a_side_wall_adds_the_multipath_of_every_person():
    """A wall at the side has no static echo, so the room adds the passes of both people.

    The sum for two people may use other array sizes than the sums for one person, so the error is
    that of the method "fast", -60 dB.
    """
    room = metal_room("left_wall", left_m=1.6)
    expected_v = [passes_v(person, room) for person in (LEFT, RIGHT)]
    assert min(np.abs(each).max() for each in expected_v) > 1e-6
    added_v = cube(LEFT, RIGHT, room=room) - cube(LEFT, RIGHT)
    assert relative_db(added_v, sum(expected_v)) < -60
