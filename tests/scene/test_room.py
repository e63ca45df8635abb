"""Rooms: surfaces in the radar frame, materials, furniture, and TOML files."""

import re

import numpy as np
import pytest
import trimesh

from radarsim.errors import InputError
from radarsim.room_files import read_room
from radarsim.scene.furniture import Box, Cylinder, MeshItem, Plate
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room

EXAMPLE = """
far_m = 5.0
height_m = 2.4
polarisation = "horizontal"

[materials]
floor = "floorboard"
ceiling = "open"
left_wall = { name = "concrete", roughness_mm = 0.3 }

[[furniture]]
kind = "box"
centre_m = [3.0, 1.2, 0.4]
size_m = [0.6, 1.0, 0.8]
heading_deg = 90

[[furniture]]
kind = "mesh"
path = "lamp.ply"
centre_m = [2.0, -1.0, 0.5]
material = "metal"
"""


def written(folder, text):
    trimesh.creation.icosphere(1, 0.2).export(folder / "lamp.ply")
    path = folder / "room.toml"
    path.write_text(text)
    return path


def test_the_planes_of_a_tilted_radar_have_the_distances_of_the_room():
    """Tilting the radar rotates the planes' normals but does not change the planes' distances."""
    room = Room(far_m=4.0, left_m=1.5, height_m=2.5)
    planes = {each.name: each for each in room.planes(RadarPose(height_m=1.0, tilt_rad=0.3))}
    distances = {name: -each.offset_m for name, each in planes.items()}
    assert distances["floor"] == pytest.approx(1.0)
    assert distances["ceiling"] == pytest.approx(1.5)
    assert distances["far_wall"] == pytest.approx(4.0)
    assert distances["left_wall"] == pytest.approx(1.5)
    # For a radar that is tilted up by 0.3 rad, the normal of the floor points up and backwards.
    np.testing.assert_allclose(planes["floor"].normal, [np.sin(0.3), 0, np.cos(0.3)], atol=1e-12)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            Plate((7.0, 0.0, 1.0), 1.0, 1.0),
            r"furniture\[0\]: is a Plate .* 2 m beyond the far",
        ),
        (Box((3.0, 1.9, 0.5), (1.0, 1.0, 1.0)), "0.4 m beyond the left wall"),
        (Cylinder((3.0, 0.0, 0.4), 0.2, 1.0), "0.1 m beyond the floor"),
        (
            MeshItem(np.eye(3) + 2.0, np.array([[0, 1, 2]])),
            r"(?s) m beyond the (ceiling|left wall)",
        ),
    ],
)
def test_furniture_beyond_a_surface_is_refused_unless_the_side_is_open(item, message):
    """Furniture behind a wall would return an echo through the wall."""
    with pytest.raises(InputError, match=message):
        Room(far_m=5.0, left_m=2.0, height_m=2.5, furniture=[item])
    Room(**dict.fromkeys(SURFACES), far_m=5.0, left_m=2.0, height_m=2.5, furniture=[item])


def test_furniture_may_touch_the_surfaces():
    """A rotated box in a corner exceeds the wall by rounding errors only."""
    turned = Box((4.8, 1.9, 0.35), (0.2, 0.4, 0.7), heading_rad=np.pi / 2)
    assert Room(far_m=5.0, left_m=2.0, furniture=[turned]).furniture == (turned,)


def test_concrete_at_79_ghz_has_the_permittivity_of_the_recommendation():
    """The permittivity equals 5.24 - j 17.98 x 0.0462 x 79^0.7822 / 79, computed by hand."""
    found = MATERIALS["concrete"].permittivity(79e9)
    assert found == pytest.approx(5.24 - 0.3206j, abs=1e-3)


def test_a_material_outside_its_range_of_frequencies_is_refused():
    """Brick is rejected above 40 GHz; the message names the valid range and other materials."""
    with pytest.raises(InputError, match=re.escape("brick: holds from 1 to 40 GHz")) as caught:
        MATERIALS["brick"].permittivity(77e9)
    assert "concrete" in caught.value.hint


@pytest.mark.parametrize(
    ("item", "area_m2", "volume_m3"),
    [
        (Box((2, 0, 0.5), (1, 2, 1)), 10.0, 2.0),
        (Plate((2, 0, 1), 1.0, 2.0), 4.0, 0.0),
        (Cylinder((2, 0, 1), 0.5, 2.0), 2.5 * np.pi, 0.5 * np.pi),
    ],
    ids=["box", "plate", "cylinder"],
)
def test_furniture_has_the_area_and_volume_of_its_shape(item, area_m2, volume_m3):
    """Area and volume of each shape are exact to 0.2 %, also for the 64-sided prism."""
    mesh = trimesh.Trimesh(*item.mesh(), process=False)
    assert mesh.area == pytest.approx(area_m2, rel=2e-3)
    assert mesh.volume == pytest.approx(volume_m3, rel=2e-3, abs=1e-12)
    assert mesh.bounds.mean(0) == pytest.approx(np.array(item.centre_m), abs=1e-3)


def test_a_plate_faces_the_direction_of_its_heading_and_elevation():
    """The normal of a plate has the azimuth and elevation of the plate, here 90 and 30 degrees."""
    plate = Plate((0, 0, 1), 1.0, 1.0, heading_rad=np.pi / 2, elevation_rad=np.pi / 6)
    normal = trimesh.Trimesh(*plate.mesh(), process=False).face_normals[0]
    np.testing.assert_allclose(normal, [0, np.cos(np.pi / 6), 0.5], atol=1e-12)


def test_a_toml_file_describes_surfaces_and_furniture(tmp_path):
    """Every key sets the right field in SI units; all other fields have default values."""
    room = read_room(written(tmp_path, EXAMPLE))
    assert (room.far_m, room.height_m, room.polarisation) == (5.0, 2.4, "horizontal")
    assert room.floor == MATERIALS["floorboard"]
    assert room.ceiling is None
    assert room.left_wall.roughness_m == pytest.approx(3e-4)
    assert room.right_wall == Room().right_wall
    box, lamp = room.furniture
    assert box.heading_rad == pytest.approx(np.pi / 2)
    assert lamp.material == MATERIALS["metal"]
    assert lamp.mesh().vertices_m.mean(0) == pytest.approx([2.0, -1.0, 0.5], abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "field", "hint"),
    [
        ("far_m = 5.0", "far_m = -5.0", "far_m: is -5 m; must be at least 50 mm", "metres"),
        ("far_m = 5.0", "farm = 5.0", "farm: is an unknown key", "did you mean far_m?"),
        ('"floorboard"', '"cork"', "materials.floor: is 'cork'", "concrete"),
        (
            "= 0.3 }",
            "= -1 }",
            "materials.left_wall.roughness_mm: is -1 mm",
            "in millimetres, such as 0.2",
        ),
        ('"box"', '"cube"', "furniture[0].kind: is 'cube'", "box, plate"),
        ("size_m = [0.6, 1.0, 0.8]", "", "furniture[0].size_m: is missing", "add size_m"),
        ("[0.6, 1.0, 0.8]", "[0.6, 1.0]", "furniture[0].size_m: is [0.6, 1.0]", "three edges"),
        ("lamp.ply", "sofa.ply", "path: does not exist", "check the path"),
        ("far_m = 5.0", "leg_reflections = 3", "leg_reflections: is 3; must be at most 2", "more"),
        ('"horizontal"', '"circular"', "polarisation: is 'circular'", "vertical, horizontal"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_a_hint(tmp_path, old, new, field, hint):
    """The error message states the key, the value with its unit, the limit and a remedy."""
    with pytest.raises(InputError) as caught:
        read_room(written(tmp_path, EXAMPLE.replace(old, new)))
    assert field in str(caught.value)
    assert hint in str(caught.value)


def test_a_mesh_file_becomes_furniture_in_a_room_without_walls(tmp_path):
    """The room has the distances of the mesh's bounding box and no surfaces for multipath."""
    path = tmp_path / "hall.stl"
    trimesh.creation.box((8, 4, 3), trimesh.transformations.translation_matrix((3, 0, 1.5))).export(
        path
    )
    room = read_room(path)
    assert room.planes(RadarPose()) == []
    assert (room.far_m, room.near_m, room.left_m) == (7.0, 1.0, 2.0)
    assert len(room.furniture[0].faces) == 12


def test_a_radar_above_the_ceiling_is_refused():
    """The error message states the height of the radar and the limit."""
    with pytest.raises(InputError, match="is 3 m; must be between the floor"):
        Room(height_m=2.5).planes(RadarPose(height_m=3.0))
