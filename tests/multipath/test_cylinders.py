"""Static echoes and surfaces of cylinders, compared with theory."""

import numpy as np
import pytest
import trimesh

from radarsim.multipath.furniture_echoes import furniture_echoes
from radarsim.multipath.furniture_facets import visible_facets
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.furniture import CYLINDER_SIDES, Cylinder
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_samples=32)


@pytest.mark.parametrize("radius_m", [0.01, 0.1, 0.3])
@pytest.mark.parametrize(("part_of_side", "tilt_rad"), [(0.0, 0.1), (0.5, 0.0)])
def test_a_cylinder_has_the_level_of_geometrical_optics_for_every_heading(
    radius_m, part_of_side, tilt_rad
):
    """The weight of a metal cylinder of radius a is lambda / (2 (R - a)) sqrt(a / R), to 0.5 dB.

    The cylinder ends z = 0.35 m from its middle, whose first Fresnel zone has a radius of 0.07 m;
    the ends cause a ripple of up to 0.07 / (pi z), 6 % or 0.5 dB.
    """
    axis_m = 3.0
    heading_rad = part_of_side * 2 * np.pi / CYLINDER_SIDES
    pillar = Cylinder((axis_m, 0.0, 1.0), radius_m, 0.7, MATERIALS["metal"], heading_rad)
    room = Room(**dict.fromkeys(SURFACES), furniture=[pillar])
    pose = RadarPose(height_m=1.0, tilt_rad=tilt_rad)
    fixed_m = np.concatenate([m.vertices_m[m.faces] for m in room.furniture_meshes(pose)])
    _, echoes = furniture_echoes(
        RADAR, room, room.furniture_surfaces(pose), fixed_m, QuasiSpecular()
    )
    weight = np.sqrt(np.mean(np.abs(echoes.samples.sum(0)) ** 2))
    path_m = axis_m - radius_m
    expected = RADAR.chirp.wavelength_m / (2 * path_m) * np.sqrt(radius_m / axis_m)
    assert 20 * np.log10(weight / expected) == pytest.approx(0.0, abs=0.5)


def test_the_surface_of_a_cylinder_has_the_area_and_volume_of_the_cylinder():
    """Area and volume are those of the cylinder to 0.02 %, the deviation of 285 sides."""
    pillar = Cylinder((2.0, 0.5, 1.0), 0.3, 0.8, heading_rad=0.3)
    mesh = trimesh.Trimesh(*pillar.surface(), process=False)
    assert mesh.area == pytest.approx(2 * np.pi * 0.3 * (0.8 + 0.3), rel=2e-4)
    assert mesh.volume == pytest.approx(np.pi * 0.09 * 0.8, rel=2e-4)
    assert mesh.bounds.mean(0) == pytest.approx([2.0, 0.5, 1.0], abs=1e-3)


def test_the_visible_facets_of_a_pillar_cover_the_arc_that_faces_the_radar():
    """The prism, which is the occluder, hides no facet of the round side in front of it."""
    radius_m, height_m, axis_m = 0.3, 0.3, 2.0
    pillar = Cylinder((axis_m, 0, 0), radius_m, height_m)
    prism = pillar.mesh()
    facets = visible_facets(pillar.surface(), prism.vertices_m[prism.faces], 3.8e-3)
    arc_rad = 2 * np.arccos(radius_m / axis_m)
    # One column of 7 mm at each edge of the arc.
    expected = pytest.approx(radius_m * height_m * arc_rad, abs=2 * 0.007 * height_m)
    assert facets.area_m2.sum() == expected


def test_a_huge_cylinder_has_a_limited_number_of_triangles():
    """A tank of 10 m would have 2.3 million triangles of 2 cm."""
    assert len(Cylinder((9, 0, 5), 5.0, 10.0).surface().faces) < 210_000
