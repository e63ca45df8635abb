"""Static echoes of cylinders whose prism has wide sides, compared with theory for smooth shapes."""

import numpy as np
import pytest
import trimesh

from radarsim.multipath.furniture_echoes import furniture_echoes, visible_facets
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.furniture import CYLINDER_SIDES, PRISM_RADIUS_M, Cylinder
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_samples=32)


@pytest.mark.parametrize(("part_of_side", "tilt_rad"), [(0.0, 0.1), (0.5, 0.0)])
def test_a_wide_cylinder_has_the_level_of_geometrical_optics_for_every_heading(
    part_of_side, tilt_rad
):
    """The weight of a metal cylinder of radius a is lambda / (2 (R - a)) sqrt(a / R), to 0.5 dB.

    The cylinder ends 0.35 m from its middle, whose first Fresnel zone has a radius of 0.07 m. A
    prism of 64 sides has -7.0 dB with a side towards the radar, and 1.9 dB with an edge.
    """
    radius_m, axis_m = 0.3, 3.0
    heading_rad = part_of_side * 2 * np.pi / CYLINDER_SIDES
    pillar = Cylinder((axis_m, 0.0, 1.0), radius_m, 0.7, MATERIALS["metal"], heading_rad)
    room = Room(**dict.fromkeys(SURFACES), furniture=[pillar])
    meshes = room.furniture_meshes(RadarPose(height_m=1.0, tilt_rad=tilt_rad))
    fixed_m = np.concatenate([each.vertices_m[each.faces] for each in meshes])
    _, echoes = furniture_echoes(RADAR, room, meshes, fixed_m, QuasiSpecular())
    weight = np.sqrt(np.mean(np.abs(echoes.samples.sum(0)) ** 2))
    path_m = axis_m - radius_m
    expected = RADAR.chirp.wavelength_m / (2 * path_m) * np.sqrt(radius_m / axis_m)
    assert 20 * np.log10(weight / expected) == pytest.approx(0.0, abs=0.5)


def test_the_fine_mesh_of_a_wide_cylinder_has_the_area_and_volume_of_the_cylinder():
    """Area and volume are those of the cylinder to 0.2 %, the deviation of its flat sides."""
    pillar = Cylinder((2.0, 0.5, 1.0), 0.3, 0.8, heading_rad=0.3)
    mesh = trimesh.Trimesh(*pillar.fine_mesh(), process=False)
    assert mesh.area == pytest.approx(2 * np.pi * 0.3 * (0.8 + 0.3), rel=2e-3)
    assert mesh.volume == pytest.approx(np.pi * 0.09 * 0.8, rel=2e-3)
    assert mesh.bounds.mean(0) == pytest.approx([2.0, 0.5, 1.0], abs=1e-3)


def test_the_visible_facets_of_a_fine_mesh_cover_the_arc_that_faces_the_radar():
    """The prism, which is the occluder, hides no facet of the round side in front of it."""
    radius_m, height_m, axis_m = 0.3, 0.3, 2.0
    pillar = Cylinder((axis_m, 0, 0), radius_m, height_m)
    prism = pillar.mesh()
    facets = visible_facets(pillar.fine_mesh(), 0.02, prism.vertices_m[prism.faces])
    arc_rad = 2 * np.arccos(radius_m / axis_m)
    # One column of cells of 8 mm at each edge of the arc.
    expected = pytest.approx(radius_m * height_m * arc_rad, abs=2 * 0.008 * height_m)
    assert facets.area_m2.sum() == expected


def test_a_huge_cylinder_has_a_limited_number_of_facets():
    """A tank of 10 m has cells of 2 cm instead of the 9 million facets of cells of 8 mm."""
    assert len(Cylinder((9, 0, 5), 5.0, 10.0).fine_mesh().faces) < 1.02e6


def test_narrow_cylinders_keep_the_echo_of_existing_datasets():
    """The widest cylinder of the bundled rooms has a radius of 0.2 m."""
    assert PRISM_RADIUS_M == 0.2
