"""Mesh sequences: a moving surface from a folder of files, or from arrays."""

import numpy as np
import pytest
import trimesh

from radarsim.errors import InputError
from radarsim.files import read_mesh_sequence

BOX = trimesh.creation.box()


def write_folder(folder, suffix, num_poses=11):
    """Write a box that rises by 1 cm per pose; plain-text sorting would misorder the files."""
    folder.mkdir()
    for pose in range(num_poses):
        box = trimesh.Trimesh(
            BOX.vertices + np.array([0, 0, 0.01 * pose]), BOX.faces, process=False
        )
        box.export(folder / f"box_{pose}{suffix}")
    return folder


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".stl"])
def test_a_folder_of_meshes_moves_in_the_order_of_its_numbers(tmp_path, suffix):
    mesh = read_mesh_sequence(write_folder(tmp_path / "rise", suffix), rate_hz=10.0)
    assert mesh.name == "rise"
    assert mesh.duration_s == pytest.approx(1.0)
    rise_m = mesh.vertices_m[:, :, 2] - mesh.vertices_m[:1, :, 2]
    # Text formats have eight digits, and STL has single precision.
    np.testing.assert_allclose(rise_m, 0.01 * np.arange(11)[:, None] + 0 * rise_m, atol=1e-6)
    halfway = mesh.vertices_at(np.array([[0.55]]))
    assert halfway.shape == (1, 1, *mesh.vertices_m.shape[1:])
    np.testing.assert_allclose(
        halfway[0, 0] - mesh.vertices_m[0], [[0, 0, 0.055]] * len(mesh.vertices_m[0]), atol=1e-6
    )


def test_faces_keep_pointing_outwards(tmp_path):
    mesh = read_mesh_sequence(write_folder(tmp_path / "rise", ".obj"), rate_hz=10.0)
    assert trimesh.Trimesh(mesh.vertices_m[0], mesh.faces).volume == pytest.approx(1.0)


def test_arrays_may_contain_the_rate(tmp_path):
    path = tmp_path / "box.npz"
    vertices_m = np.stack([BOX.vertices, BOX.vertices + 0.1]).astype(np.float32)
    np.savez(path, vertices=vertices_m, faces=BOX.faces, rate_hz=25.0)
    assert read_mesh_sequence(path).rate_hz == 25.0
    assert read_mesh_sequence(path, rate_hz=50.0).rate_hz == 50.0


def test_sampling_past_the_end_is_refused(tmp_path):
    mesh = read_mesh_sequence(write_folder(tmp_path / "rise", ".ply"), rate_hz=10.0)
    with pytest.raises(ValueError, match=r"lasts from 0 to 1\.000 s"):
        mesh.vertices_at(np.array([1.2]))


def test_a_folder_needs_a_rate_and_meshes(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \.obj, \.ply or .stl file"):
        read_mesh_sequence(tmp_path / "empty", rate_hz=10.0)
    with pytest.raises(InputError, match="rate_hz: not given; give the meshes per second"):
        read_mesh_sequence(write_folder(tmp_path / "rise", ".obj"))


def test_a_mesh_with_different_faces_is_named(tmp_path):
    folder = write_folder(tmp_path / "rise", ".obj")
    trimesh.creation.icosphere(1).export(folder / "box_4.obj")
    with pytest.raises(InputError, match=r"box_4\.obj: mesh: different faces .* than box_0\.obj"):
        read_mesh_sequence(folder, rate_hz=10.0)


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".stl"])
def test_a_damaged_mesh_is_named(tmp_path, suffix):
    folder = write_folder(tmp_path / "rise", suffix)
    (folder / f"box_4{suffix}").write_bytes(b"\x00garbage\xff" * 3)
    with pytest.raises(InputError, match=rf"box_4\{suffix}: mesh: "):
        read_mesh_sequence(folder, rate_hz=10.0)


GOOD = dict(vertices=np.stack([BOX.vertices] * 3), faces=np.array(BOX.faces), rate_hz=10.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(vertices=None), "vertices: missing"),
        (dict(faces=None), "faces: missing"),
        (dict(rate_hz=None), "rate_hz: not given"),
        (dict(rate_hz=-1.0), "rate_hz: -1 Hz"),
        (dict(vertices=BOX.vertices), r"vertices: float64 of shape \(8, 3\)"),
        (dict(vertices=GOOD["vertices"][:1]), "vertices: 1 poses"),
        (dict(vertices=GOOD["vertices"] * [[[1]], [[np.nan]], [[1]]]), "NaN or infinite at pose 1"),
        (dict(faces=BOX.faces * 1.0), "faces: float64"),
        (dict(faces=BOX.faces + 1), "indices must be 0 to 7"),
        (dict(faces=np.zeros((0, 3), int)), "faces: 0 faces"),
    ],
)
def test_errors_name_the_wrong_array(tmp_path, changes, message):
    path = tmp_path / "box.npz"
    np.savez(path, **{k: v for k, v in (GOOD | changes).items() if v is not None})
    with pytest.raises(InputError, match=message):
        read_mesh_sequence(path)
