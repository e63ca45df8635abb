"""Facets of furniture: visibility, number and limiting cases."""

import numpy as np
import pytest
import trimesh

from radarsim.multipath.furniture_facets import MOST_FACETS, divided, visible_facets
from radarsim.scene.furniture import Box, Cylinder, MeshItem, Plate, TriangleMesh
from radarsim.scene.placement import ActivityArea

pytestmark = pytest.mark.usefixtures("fast_compilation")

WAVELENGTH_M = 3.8e-3


def bowl(radius_m: float) -> TriangleMesh:
    """Return a cap of a coarse sphere whose inner side faces the radar."""
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=radius_m)
    cap = sphere.faces[sphere.triangles_center[:, 0] > 0.5 * radius_m]
    sphere.apply_translation([2.0, 0.0, 0.0])
    return TriangleMesh(np.array(sphere.vertices), cap[:, ::-1])


def test_the_inner_side_of_a_bowl_is_visible():
    """The facets of a concave surface lie behind the triangles of the mesh by up to 5 mm.

    At the rim, the normals of the mesh are wrong by a few degrees, and the facets by 2 mm.
    """
    mesh = bowl(0.3)
    facets = visible_facets(mesh, mesh.vertices_m[mesh.faces], WAVELENGTH_M)
    whole = divided(mesh, WAVELENGTH_M)
    assert facets.area_m2.sum() == pytest.approx(whole.area_m2.sum(), rel=1e-3)
    distance_m = np.linalg.norm(facets.corners_m - [2.0, 0.0, 0.0], axis=-1)
    assert np.median(distance_m) == pytest.approx(0.3, abs=2e-4)
    assert distance_m == pytest.approx(0.3, abs=2.5e-3)
    assert np.linalg.norm(mesh.vertices_m[mesh.faces].mean(1) - [2.0, 0, 0], axis=1).min() < 0.295


@pytest.mark.parametrize(
    "piece", [Plate((3.0, 0.0, 1.0), 6.0, 1.0), Plate((9.0, 0.0, 0.0), 60.0, 0.3)]
)
def test_the_number_of_facets_is_limited(piece):
    facets = divided(piece.surface(), WAVELENGTH_M)
    assert 20_000 < len(facets.area_m2) <= MOST_FACETS
    assert facets.area_m2.sum() == pytest.approx(2 * piece.width_m * piece.height_m)


def test_surfaces_of_boxes_and_plates_have_outward_normals_and_the_area_of_the_piece():
    box = Box((3.0, 1.0, 1.0), (0.4, 1.2, 1.8), heading_rad=0.5)
    mesh = trimesh.Trimesh(*box.surface(), process=False)
    outward = mesh.triangles_center - [3.0, 1.0, 1.0]
    assert np.all(np.sum(mesh.face_normals * outward, axis=1) > 0)
    assert mesh.area == pytest.approx(2 * (0.4 * 1.2 + 0.4 * 1.8 + 1.2 * 1.8))
    assert mesh.bounds == pytest.approx(trimesh.Trimesh(*box.mesh()).bounds)
    plate = Plate((3.0, 0.0, 1.0), 0.6, 0.4, heading_rad=3.0, elevation_rad=0.3)
    fine, coarse = (
        trimesh.Trimesh(*each, process=False) for each in (plate.surface(), plate.mesh())
    )
    assert fine.bounds == pytest.approx(coarse.bounds)
    normal = coarse.face_normals[0]
    assert np.abs(fine.face_normals @ normal) == pytest.approx(1.0)
    assert fine.area_faces @ (fine.face_normals @ normal) == pytest.approx(0.0, abs=1e-12)


def test_pieces_without_area_or_of_tiny_radius_have_few_or_no_facets():
    line = MeshItem(np.array([[3.0, 0, 0], [3.0, 1, 0], [3.0, 2, 0]]), np.array([[0, 1, 2]]))
    assert not len(divided(line.surface(), WAVELENGTH_M).area_m2)
    wire = Cylinder((3.0, 0.0, 1.0), 1e-5, 1.0)
    assert divided(wire.surface(), WAVELENGTH_M).area_m2.sum() == pytest.approx(
        2 * np.pi * 1e-5, rel=0.01
    )


def test_an_activity_area_may_be_infinite():
    area = ActivityArea(far_m=np.inf, half_width_m=np.inf)
    assert (area.far_m, area.half_width_m) == (np.inf, np.inf)
