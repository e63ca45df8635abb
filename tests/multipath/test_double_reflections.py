"""Legs with two reflections: images, delays, visibility, and the choice of their passes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.multipath.bounced_reflection import (
    BouncedReflection,
    _along,
    for_images,
    leg_weight,
)
from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import make_leg, reverses_slots
from radarsim.multipath.pass_powers import candidate_passes
from radarsim.multipath.room_report import chosen_passes
from radarsim.scattering.reflection import PhysicalOptics, QuasiSpecular
from radarsim.scene.materials import MATERIALS
from radarsim.scene.mesh import faces_of
from radarsim.scene.placement import RadarPose, to_radar_frame
from radarsim.scene.room import SURFACES, Room
from tests.helpers.moving_sphere import BOARD, moving_sphere, small_radar
from tests.helpers.room_paths import bounces, leg

FREQ_HZ = BOARD.chirp.centre_freq_hz
VERTICAL = (0.0, 0.0, 1.0)
ROOM = Room(far_m=6.0, left_m=1.5, right_m=2.0)
AHEAD_M = np.array([[3.0, 0.0, 0.0]])
log_weight = jax.jit(lambda model, faces, *ends_m: model.log_weight(BOARD, faces, *ends_m))
gain_of_leg = jax.jit(lambda *inputs: leg_weight(BOARD, *inputs))
PLANES = {plane.name: plane for plane in ROOM.planes(RadarPose(height_m=1.0))}


def leg_via(*names, planes=PLANES):
    return make_leg([planes[name] for name in names], FREQ_HZ, VERTICAL, 2)


def test_the_path_via_a_corner_has_the_length_of_the_line_from_the_image():
    """With walls 5 m ahead and 1.5 m to the left, the image of the radar is at (10, 3).

    The point at (2, -3) is 8 m and 6 m from the image along x and y, so the path via both walls is
    10 m long, a delay of 33.356 ns, in either order of the walls. Opposite walls have one image for
    each order.
    """
    planes = {each.name: each for each in replace(ROOM, far_m=5.0).planes(RadarPose(height_m=1.0))}
    for order in (("left_wall", "far_wall"), ("far_wall", "left_wall")):
        (image_m,) = leg_via(*order, planes=planes).images_m(np.zeros((1, 3)))
        np.testing.assert_allclose(image_m, [10, 3, 0], atol=1e-6)
        length_m = np.linalg.norm(np.array([2.0, -3.0, 0.0]) - image_m)
        assert length_m / 299_792_458.0 == pytest.approx(33.356e-9, abs=1e-12)
    for order, image_y_m in ((("right_wall", "left_wall"), 7), (("left_wall", "right_wall"), -7)):
        np.testing.assert_allclose(leg_via(*order).origin_m, [0, image_y_m, 0], atol=1e-6)


def coefficient_in_the_order_met(points_m, names, planes):
    """Return the coefficients of explicit reflection points, and a mask of the points whose order
    is that of the names. In the wrong order, one reflection point is beyond the other plane."""
    found = []
    for order in (names, names[::-1]):
        met = [(planes[name].normal, planes[name].offset_m) for name in order]
        first_m, second_m = bounces(np.zeros(3), points_m, met)
        (first_normal, first_offset_m), (second_normal, second_offset_m) = met
        inside = first_m @ second_normal > second_offset_m
        inside &= second_m @ first_normal > first_offset_m
        permittivities = [planes[name].material.permittivity(FREQ_HZ) for name in order]
        found.append((inside, leg(np.zeros(3), points_m, met, permittivities, VERTICAL)[1]))
    (in_order, forward), (in_reverse, backward) = found
    assert np.all(in_order ^ in_reverse)
    return np.where(in_order, forward, backward), in_order


@pytest.mark.usefixtures("fast_compilation")
@pytest.mark.parametrize("names", [("floor", "left_wall"), ("right_wall", "ceiling")])
def test_the_coefficient_belongs_to_the_order_in_which_each_ray_meets_perpendicular_surfaces(names):
    """For a radar tilted down by 20 degrees, the two orders differ by up to several dB.

    The result must not depend on the order of the slots. The tolerance is absolute, because the
    coefficient has zeros; it is about a hundred times the rounding of float32.
    """
    pose = RadarPose(height_m=1.5, tilt_rad=-0.35)
    planes = {each.name: each for each in ROOM.planes(pose)}
    world_m = np.random.default_rng(0).uniform([2, -1.0, 0.1], [5, 1.0, 1.8], (100, 3))
    points_m = np.asarray(to_radar_frame(world_m, pose))
    truth, in_order = coefficient_in_the_order_met(points_m, names, planes)
    assert 10 < in_order.sum() < 90
    for order in (names, names[::-1]):
        via = leg_via(*order, planes=planes)
        reverse = reverses_slots(via, points_m)
        rays_m = np.asarray(points_m - via.origin_m, np.float32)
        log_gain, cycles = gain_of_leg(via, rays_m, reverse)
        found = np.exp(log_gain - 2j * np.pi * np.asarray(cycles))
        np.testing.assert_allclose(found, truth, atol=1e-5)
        by_slots = np.exp(gain_of_leg(via, rays_m, np.zeros_like(reverse))[0]) / abs(truth)
        assert abs(20 * np.log10(by_slots)).max() > 1.5


@pytest.mark.usefixtures("fast_compilation")
def test_the_order_of_a_face_is_that_in_the_middle_of_the_burst():
    """The faces move by 0.4 m to either side, so that the order of some of them changes."""
    pose = RadarPose(height_m=1.5, tilt_rad=-0.35)
    planes = {each.name: each for each in ROOM.planes(pose)}
    via = leg_via("floor", "left_wall", planes=planes)
    points_m = np.random.default_rng(0).uniform([2, 0.0, -0.8], [5, 1.0, 0.3], (400, 3))
    centre_m = np.float32(points_m + np.array([-0.4, 0.0, 0.4])[:, None, None] * [0, 1, 0])
    image_m = np.float32(via.images_m(np.zeros((1, 3))))
    along = jax.jit(lambda leg, *where_m: _along(BOARD, leg, *where_m))
    found = np.exp(along(via, centre_m, image_m)[0][:, 0])
    first, middle, _ = (reverses_slots(via, each) for each in centre_m)
    assert np.sum(first != middle) > 5
    for node in range(3):
        expected = np.exp(gain_of_leg(via, centre_m[node] - image_m, middle)[0])
        np.testing.assert_allclose(found[node], expected, atol=1e-5)


def test_every_order_that_leaves_the_radar_forwards_is_listed_once():
    """Perpendicular surfaces have one leg and opposite surfaces two.

    The near wall is behind the radar and reflects only waves that come from the far wall.
    """
    found = candidate_passes(list(PLANES.values()), FREQ_HZ, VERTICAL, AHEAD_M).orders
    names = [tuple(plane.name for plane in order) for order in found]
    assert len(set(names)) == len(names)
    opposite = {("floor", "ceiling"), ("left_wall", "right_wall"), ("far_wall", "near_wall")}
    pairs = {name for name in names if len(name) == 2}
    assert opposite | {("ceiling", "floor"), ("right_wall", "left_wall")} <= pairs
    assert ("near_wall",) not in names
    assert not any("near_wall" in pair for pair in pairs - opposite)
    perpendicular = [{"floor", "left_wall"}, {"far_wall", "left_wall"}, {"ceiling", "far_wall"}]
    for both in perpendicular:
        assert sum(set(pair) == both for pair in pairs) == 1


def test_only_a_radar_that_looks_down_reaches_the_near_wall_directly():
    """A radar below the ceiling radiates to all walls; the body is 0.5 m ahead of it."""
    body_m = np.array([[0.5, 0.0, 0.2], [0.5, 0.0, 1.8]])
    for tilt_rad, reached in ((0.0, False), (-np.pi / 2, True)):
        radar_pose = RadarPose(height_m=2.4, tilt_rad=tilt_rad)
        points_m = np.asarray(to_radar_frame(body_m, radar_pose))
        found = candidate_passes(ROOM.planes(radar_pose), FREQ_HZ, VERTICAL, points_m)
        names = {tuple(plane.name for plane in order) for order in found.orders}
        assert (("near_wall",) in names) == reached
        assert (("near_wall", "left_wall") in names) == reached
        assert ("far_wall", "near_wall") in names


def sphere_points_m(at_m, radius_m):
    """Return the vertices of a sphere at a position in the radar frame, and its triangles."""
    mesh, faces = moving_sphere(small_radar(), speed_mps=(0.0, 0.0, 0.0), radius_m=radius_m)
    points_m = mesh.vertices_m[0, 0]
    return points_m - points_m.mean(0) + jnp.asarray(at_m, jnp.float32), faces


@pytest.mark.usefixtures("fast_compilation")
def test_an_object_between_the_two_reflecting_walls_hides_the_body():
    """A sphere hides all faces only where the path runs from the first to the second wall.

    The path to (3, 0) via the left and the far wall is reflected at (4.5, 1.5) and (6, 1), and the
    path via the right and the left wall at (0.86, -2) and (2.36, 1.5). For each path, a sphere lies
    midway between the two reflection points, at least 0.2 m from the rays before the first and
    after the second reflection. The body is therefore hidden neither by the scene itself nor by its
    image in both walls.
    """
    points_m, faces = sphere_points_m((3.0, 0.0, 0.0), 0.2)
    surface = faces_of(points_m, faces)

    @jax.jit
    def num_seen(leg, blocker_m):
        corners_m = jnp.concatenate([points_m[faces], blocker_m[faces]])
        every = jnp.ones(len(faces), bool)
        return jnp.sum(visible_from(leg, surface.centre_m, surface.normal, corners_m, every))

    corner, opposite = (5.25, 1.25, 0.0), (1.607, -0.25, 0.0)
    for order, blocking_m, harmless_m in (
        (("left_wall", "far_wall"), corner, opposite),
        (("far_wall", "left_wall"), corner, opposite),
        (("right_wall", "left_wall"), opposite, corner),
    ):
        leg = leg_via(*order)
        assert num_seen(leg, sphere_points_m(harmless_m, 0.2)[0]) > 50
        assert num_seen(leg, sphere_points_m(blocking_m, 0.2)[0]) == 0


@pytest.mark.parametrize("model", [PhysicalOptics("metal", blur_m=0.0), QuasiSpecular()])
def test_a_plate_in_the_corner_of_two_metal_walls_is_a_trihedral(model):
    """Four passes return to the radar, each from an aperture of a^2 / sqrt(3).

    Seen along the diagonal of the corner, the RCS is 4 pi (4 a^2 / sqrt(3))^2 / lambda^2. Half of
    the amplitude is due to the two passes with two reflections in one direction. The plate is
    1.7 km away, so deviations from the far field are below 0.01 dB.
    """
    edge_m, corner_m = 0.1, 1000.0
    room = Room(
        **dict.fromkeys(SURFACES) | dict.fromkeys(("far_wall", "left_wall"), MATERIALS["metal"]),
        far_m=corner_m,
        left_m=corner_m,
    )
    far, left = room.planes(RadarPose())
    along = corner_m - edge_m * np.array([[1, 1], [0, 1], [0, 0], [1, 0]])
    with jax.enable_x64(True):
        legs = [
            make_leg(planes, FREQ_HZ, VERTICAL, 2, np.float64)
            for planes in ([], [far, left], [far], [left])
        ]
        plate_m = jnp.asarray(np.c_[along, np.full(4, -corner_m)])
        scatterers = model.scatterers(plate_m, jnp.array([[0, 1, 2], [0, 2, 3]]))
        echo = 0.0
        for out, back in ((0, 1), (1, 0), (2, 3), (3, 2)):
            bounced = BouncedReflection(for_images(model), legs[out], legs[back])
            ends = bounced.out, bounced.back
            images_m = [jnp.asarray(leg.shift_high_m) + leg.shift_low_m for leg in ends]
            log_amplitude, cycles = log_weight(bounced, scatterers, *images_m)
            path_m = sum(jnp.linalg.norm(scatterers.centre_m - each, axis=-1) for each in images_m)
            cycles = cycles + path_m / BOARD.chirp.wavelength_m
            echo += np.sum(np.exp(log_amplitude + 2j * np.pi * np.asarray(cycles)))
    found_m2 = 4 * np.pi * (3 * corner_m**2 / BOARD.chirp.wavelength_m) ** 2 * abs(echo) ** 2
    theory_m2 = 4 * np.pi * (4 * edge_m**2 / np.sqrt(3) / BOARD.chirp.wavelength_m) ** 2
    assert 10 * np.log10(found_m2 / theory_m2) == pytest.approx(0.0, abs=0.02)


def test_passes_with_two_reflections_in_one_direction_are_chosen_only_if_the_room_permits_them():
    """The strongest pass returns via the left and far wall, the next strongest via the floor."""
    metal = dict.fromkeys(("left_wall", "far_wall", "floor"), MATERIALS["metal"])
    room = Room(**dict.fromkeys(SURFACES) | metal, most_passes=2)
    found = candidate_passes(room.planes(RadarPose()), FREQ_HZ, VERTICAL, AHEAD_M)
    names = [[{plane.name for plane in found.orders[leg]} for leg in pair] for pair in found.pairs]
    powers = np.full((1, len(names)), 1e-9)
    powers[0, 0] = 1.0
    powers[0, names.index([set(), {"left_wall", "far_wall"}])] = 1e-2
    powers[0, names.index([set(), {"floor"}])] = 1e-3

    def kept(leg_reflections):
        limited = replace(room, leg_reflections=leg_reflections)
        levels = chosen_passes(found.orders, found.pairs, powers, limited)
        return [each.leg_reflections for each in levels if each.kept]

    assert kept(1) == [1]
    assert kept(2) == [2]
