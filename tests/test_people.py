"""Tests of scenes with several people: added echoes, mutual shadows, and interpenetration.

The references are scenes with one person; other tests compare such scenes with the exact sum.
"""

from dataclasses import replace

import jax
import numpy as np
import pytest

import radarsim as rs
from radarsim.captures.recording import Recording
from radarsim.posed_clip import pose_clip, stack_clips
from radarsim.scene.coarsening import coarsen
from radarsim.scene.scene import pose, skin_subjects
from radarsim.signal.face_selection import select_faces
from radarsim.validation.fit import fit_capture
from tests.helpers.moving_sphere import relative_db, small_radar
from tests.helpers.sample_calls import check_four_parts
from tests.helpers.still_postures import posture

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=4, num_samples=32)
SILENT = rs.SimulationSettings(method="fast", thermal_noise=False, quantise=False)
NUM_FRAMES = 2
KEY = jax.random.key(0)
# A body with 3,000 faces, which keeps the exact sum fast.
BODY = coarsen(rs.free_body(), 0.05)
LOBES = rs.QuasiSpecular()


def person(velocity_mps=(0.0, -1.0, 0.0), seconds=0.6, body=BODY, **placement):
    """Return a person who glides with arms lowered, forward by default."""
    motion = posture(velocity_mps=velocity_mps, seconds=seconds)
    return rs.Subject(motion, body, rs.Placement(**placement))


LEFT = person(distance_m=3.0, lateral_m=1.2)
RIGHT = person(velocity_mps=(0.5, 0.5, 0.0), distance_m=2.5, lateral_m=-1.0)


def cube(*subjects, settings=SILENT):
    scene = rs.Scene(subjects)
    found = rs.simulate(RADAR, scene, KEY, LOBES, settings, num_frames=NUM_FRAMES)
    return np.asarray(found)


@pytest.fixture(scope="module")
def apart():
    """Return the cubes of two people side by side: both, the left person, the right person."""
    return cube(LEFT, RIGHT), cube(LEFT), cube(RIGHT)


def test_echoes_of_two_people_side_by_side_add_up(apart):
    """Without mutual shadows, the cube of two people is the sum of the two people's cubes.

    The limit of the relative error is -130 dB; float32 rounding of the sum causes -140 dB."""
    both_v, left_v, right_v = apart
    assert min(np.abs(left_v).max(), np.abs(right_v).max()) > 1e-6
    assert relative_db(both_v, left_v + right_v) < -130


def test_the_order_of_the_subjects_does_not_matter(apart):
    """Swapping the two subjects gives identical samples, because addition is commutative."""
    np.testing.assert_array_equal(cube(RIGHT, LEFT), apart[0])


def test_a_person_exactly_behind_another_loses_the_echo():
    """A person at 6 m has no echo behind the trunk of a person at 1 m, which hides all faces."""
    front, hidden = person(distance_m=1.0), person(distance_m=6.0)
    front_v = cube(front)
    assert relative_db(front_v + cube(hidden), front_v) > -60
    np.testing.assert_array_equal(cube(front, hidden), front_v)
    np.testing.assert_array_equal(cube(hidden, front), front_v)


def selected(reflection, settings, body):
    """Return the visible faces of a person behind another person, and of the same person alone."""
    people = [person(body=body, distance_m=1.0), person(body=body, distance_m=6.0)]
    scene = rs.Scene(people)
    surfaces = skin_subjects(scene.bodies, pose(scene, rs.burst_times_s(RADAR, 1)))
    front, hidden = surfaces
    behind = select_faces(RADAR, settings, reflection, *hidden, [front])
    return behind.visible, select_faces(RADAR, settings, reflection, *hidden).visible


def test_physical_optics_loses_the_faces_of_a_hidden_person_as_well():
    behind, alone = selected(rs.PhysicalOptics(), SILENT, BODY)
    assert alone.any()
    assert not behind.any()


def test_hidden_point_removal_hides_a_person_behind_another():
    """Less than 2 % of the faces of a person behind another person remain visible.

    The mesh needs short edges, because points 5 m behind a gap of 5 cm at 1 m are visible."""
    behind, alone = selected(LOBES, replace(SILENT, visibility="hpr"), rs.free_body())
    assert behind.sum() < 0.02 * alone.sum()


def test_the_fast_sum_of_a_half_hidden_person_is_the_exact_sum():
    """The relative error of the fast sum of a partly hidden person is below -60 dB.

    The fast and the exact sum include the same visible faces of both bodies."""
    people = person(distance_m=2.0), person(distance_m=3.5, lateral_m=0.35)
    fast_v = cube(*people)
    exact_v = cube(*people, settings=replace(SILENT, method="exact"))
    assert relative_db(fast_v, exact_v) < -60
    assert relative_db(cube(people[0]) + cube(people[1]), exact_v) > -40


def test_a_batch_of_scenes_has_the_cubes_of_simulate(apart):
    """Relative to `simulate`, the error of a batch of scenes is below -60 dB.

    The error is not zero, because a batch uses the same array sizes for both bodies."""
    clips = [
        pose_clip(RADAR, rs.Scene(pair), KEY, LOBES, SILENT, num_frames=NUM_FRAMES)
        for pair in ((LEFT, RIGHT), (RIGHT, LEFT))
    ]
    cubes_v = rs.BatchSimulator(RADAR, (BODY, BODY), SILENT, None)(stack_clips(clips))
    for cube_v in np.asarray(cubes_v):
        assert relative_db(cube_v, apart[0]) < -60


def test_a_stream_of_a_scene_ends_with_the_shortest_motion():
    """No frames are simulated after the end of the shortest motion."""
    scene = rs.Scene([LEFT, person(seconds=0.3, distance_m=2.5, lateral_m=-1.0)])
    chunks = list(rs.stream(RADAR, scene, KEY, settings=SILENT, frames_per_chunk=NUM_FRAMES))
    assert sum(map(len, chunks)) == 3
    with pytest.raises(rs.InputError, match=r"lasts 0\.300 s") as caught:
        rs.simulate(RADAR, scene, KEY, settings=SILENT, num_frames=5)
    check_four_parts(caught.value)


def test_bodies_inside_each_other_are_refused_and_bodies_side_by_side_are_not(apart):
    """Two people 0.2 m apart, whose shoulders overlap, are rejected, also if posed for a batch."""
    scene = rs.Scene([person(distance_m=3.0), person(distance_m=3.0, lateral_m=0.2)])
    with pytest.raises(rs.InputError, match=r"inside each other at 0\.0") as caught:
        rs.simulate(RADAR, scene, KEY, settings=SILENT)
    check_four_parts(caught.value)
    with pytest.raises(rs.InputError, match="inside each other"):
        pose_clip(RADAR, scene, KEY, LOBES, SILENT, num_frames=NUM_FRAMES)


def test_a_scene_without_people_is_refused():
    with pytest.raises(rs.InputError, match="holds no subject") as caught:
        rs.Scene([])
    check_four_parts(caught.value)


def test_joints_of_a_person_behind_another_are_hidden():
    """Every joint of the rear person is hidden, and the order of the subjects does not matter."""
    front, hidden = person(distance_m=1.0), person(distance_m=6.0)
    tracks = rs.joint_tracks(RADAR, rs.Scene([front, hidden]), NUM_FRAMES, subject=1)
    assert not tracks.visible.any()
    assert np.abs(tracks.position_m[..., 0] - 6.0).max() < 0.5
    alone = rs.joint_tracks(RADAR, rs.Scene([front]), NUM_FRAMES)
    both = rs.joint_tracks(RADAR, rs.Scene([hidden, front]), NUM_FRAMES, subject=1)
    np.testing.assert_allclose(both.visible_share, alone.visible_share, atol=1e-6)
    with pytest.raises(rs.InputError, match="subjects 0 to 1") as caught:
        rs.joint_tracks(RADAR, rs.Scene([front, hidden]), NUM_FRAMES, subject=2)
    check_four_parts(caught.value)


def test_a_fit_to_a_capture_refuses_several_people():
    recording = Recording(radar=RADAR, num_frames=1, read=lambda start, stop: np.zeros(1))
    with pytest.raises(rs.InputError, match="holds 2 subjects") as caught:
        fit_capture(recording, rs.Scene([LEFT, RIGHT]), 0.5)
    check_four_parts(caught.value)
