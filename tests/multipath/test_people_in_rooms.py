"""Several bodies in a room: multipath passes, and shadows on passes and static echoes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import make_leg
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import prepare_room
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.materials import MATERIALS
from radarsim.scene.mesh import Surface, faces_of
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room
from tests.helpers.moving_sphere import CLEAN, moving_sphere, relative_db, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=4, num_samples=64)
MODEL = QuasiSpecular()
METAL = MATERIALS["metal"]
# The only surface is the left wall, which causes all multipath passes but no static echo.
ROOM = Room(**dict.fromkeys(SURFACES) | {"left_wall": METAL}, left_m=1.5)


def sphere(at_m, radius_m=0.2):
    """Return a nearly static sphere at a given position in the radar frame."""
    mesh, faces = moving_sphere(RADAR, speed_mps=(0.1, 0.0, 0.0), radius_m=radius_m)
    offset_m = jnp.asarray(at_m, jnp.float32) - mesh.origin_high_m[0, 0]
    return Surface(replace(mesh, vertices_m=mesh.vertices_m + offset_m), faces)


def in_room(*surfaces, room=ROOM):
    prepared = prepare_room(RADAR, CLEAN, MODEL, room, RadarPose(height_m=1.0), surfaces)
    return RoomFrames(RADAR, CLEAN, MODEL, prepared, [surfaces])


def test_echoes_of_two_bodies_beside_each_other_add_up_and_one_shadows_the_others_passes():
    """The passes of two spheres add up, and a sphere in the reflected path hides all passes.

    The error of each sum is -80 dB. The image of the radar is at y = 3 m. The blocking sphere is
    midway between the wall and the first sphere and does not block the direct line of sight.
    """
    first, second = sphere((3.0, 0.0, 0.0)), sphere((2.0, -1.0, 0.0))
    both, alone, other = in_room(first, second), in_room(first), in_room(second)
    for body, single in enumerate((alone, other)):
        found = both.multipath(0, body, MODEL)
        assert np.abs(found).max() > 0
        assert relative_db(found, np.asarray(single.multipath(0, 0, MODEL))) < -60
    blocked = in_room(first, sphere((2.25, 0.75, 0.0), radius_m=0.4))
    assert np.any(alone.selections[0][0].visible)
    assert not np.any(blocked.selections[0][0].visible)


def static_echo(*surfaces):
    """Return the static echo of a metal wall 3 m ahead of the radar in the first frame."""
    room = Room(**dict.fromkeys(SURFACES) | {"far_wall": METAL}, far_m=3.0, most_passes=0)
    return in_room(*surfaces, room=room).static_echo(0)[0]


def test_a_body_in_the_path_to_a_wall_removes_the_echo_and_bodies_beside_the_path_do_not():
    """A sphere of 0.4 m midway to the wall covers the Fresnel zone, whose radius is 8 cm at most.

    The amplitude of the unshadowed echo is lambda / (2 R), to 0.5 % for a metal wall.
    """
    beside = [sphere((1.5, left_m, 0.0), radius_m=0.4) for left_m in (-1.0, 1.0)]
    middle = sphere((1.5, 0.0, 0.0), radius_m=0.4)
    weight = RADAR.chirp.wavelength_m / (2 * 3.0)
    unshadowed = np.abs(static_echo(*beside)) * MODEL.reflectivity
    np.testing.assert_allclose(unshadowed, weight, rtol=5e-3)
    assert not np.any(static_echo(beside[0], middle))


def crossed(from_m, to_m, corners_m):
    """Return whether a triangle lies between two points, from the intersection with its plane."""
    a, b, c = (corners_m[:, corner].astype(float) for corner in range(3))
    ray = to_m - from_m
    normal = np.cross(b - a, c - a)
    along = np.sum(normal * (a - from_m), -1) / (normal @ ray)
    point = from_m + along[:, None] * ray
    inside = [
        np.sum(np.cross(end - start, point - start) * normal, -1) > 0
        for start, end in ((a, b), (b, c), (c, a))
    ]
    return np.any(np.all(inside, axis=0) & (along > 0) & (along < 1 - 1e-3))


def test_visibility_from_an_image_equals_an_intersection_of_every_ray_with_every_triangle():
    """Spheres and mirrored spheres hide faces; spheres off the ray or behind the image do not.

    For rays that meet an edge, the results may differ by rounding, for at most 1 % of the faces.
    """
    (wall,) = ROOM.planes(RadarPose(height_m=1.0))
    leg = make_leg([wall], RADAR.chirp.centre_freq_hz, (0.0, 0.0, 1.0), 1)
    target = sphere((3.0, 0.0, 0.0))
    # A sphere in front of the target, one whose mirror image is in front of the target, one beside
    # the ray, and one whose mirror image is behind the target.
    places_m = [(2.4, 0.45, 0.0), (0.9, 0.8, 0.1), (1.0, -1.5, 0.0), (-1.0, 0.5, 0.0)]
    occluders = [target, *(sphere(place_m, radius_m=0.15) for place_m in places_m)]
    points_m = [each.mesh.vertices_m[0, 0] + each.mesh.origin_high_m[0, 0] for each in occluders]
    corners_m = np.concatenate([each[one.faces] for each, one in zip(points_m, occluders)])
    surface = faces_of(points_m[0], target.faces)
    every = jnp.ones(len(target.faces), bool)
    seen_from = jax.jit(visible_from)
    found = np.asarray(
        seen_from(leg, surface.centre_m, surface.normal, jnp.asarray(corners_m), every)
    )
    image_m = 2 * wall.offset_m * wall.normal
    mirrored_m = (corners_m @ leg.matrix.T + image_m)[:, ::-1]
    scene_m = np.concatenate([corners_m, mirrored_m])
    centre_m, normal = np.asarray(surface.centre_m, float), np.asarray(surface.normal)
    facing = np.sum((centre_m - image_m) * normal, -1) < 0
    expected = facing & [not crossed(image_m, point_m, scene_m) for point_m in centre_m]
    assert 0.1 * facing.sum() < expected.sum() < 0.9 * facing.sum()
    assert np.mean(found != expected) < 0.01
