"""Coarse bodies: fewer vertices, which move like those of the original, and the same joints."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial import cKDTree

from radarsim.errors import InputError
from radarsim.files import free_body
from radarsim.scene.body import joint_positions, skin
from radarsim.scene.coarsening import coarsen

CELL_M = 0.03
BODY = free_body()
COARSE = coarsen(BODY, CELL_M)
POSES_RAD = np.random.default_rng(0).normal(0, 0.3, (2, 24, 3)).astype(np.float32)
NOWHERE_M = np.zeros((2, 3), np.float32)


def faces_m(body):
    return np.asarray(body.template_m, np.float64)[np.asarray(body.faces)]


def doubled_normals(corners_m):
    return np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])


@pytest.mark.parametrize("correctives_m", [0.0, 1e-3])
def test_the_kept_vertices_are_vertices_of_the_body(correctives_m):
    """In any pose and shape, every vertex of the coarse body lies on a vertex of the original.

    With random pose correctives, the test fails if a kept vertex gets those of another vertex.
    """
    rng = np.random.default_rng(1)
    features = 9 * 23 if correctives_m else 0
    pose_dirs = correctives_m * rng.normal(size=(features, 3 * BODY.num_vertices))
    body = replace(BODY, pose_dirs=jnp.asarray(pose_dirs, jnp.float32))
    betas = np.linspace(-1, 1, BODY.num_betas, dtype=np.float32)
    fine_m, coarse_m = (
        np.asarray(skin(each, betas, POSES_RAD, NOWHERE_M))[1]
        for each in (body, coarsen(body, CELL_M))
    )
    away_m, _ = cKDTree(fine_m).query(coarse_m)
    assert away_m.max() < 1e-5  # float32
    assert 1000 < len(coarse_m) < 0.4 * len(fine_m)


def test_the_joints_stay_where_they_are():
    betas = np.ones(BODY.num_betas, np.float32)
    positions_m = [joint_positions(body, betas, POSES_RAD, NOWHERE_M) for body in (BODY, COARSE)]
    np.testing.assert_array_equal(*positions_m)


def test_area_and_orientation_of_the_surface_are_kept():
    """The volume and the area change by less than 15 %: a polygon with sides of 3 cm in a limb of
    4 cm radius has 10 % less area than the circle."""
    for measure in (
        lambda corners_m: np.linalg.norm(doubled_normals(corners_m), axis=1).sum(),
        lambda corners_m: (doubled_normals(corners_m) * corners_m[:, 0]).sum(),
    ):
        assert measure(faces_m(COARSE)) == pytest.approx(measure(faces_m(BODY)), rel=0.15)


def test_faces_are_distinct_triangles():
    faces = np.sort(np.asarray(COARSE.faces), axis=1)
    assert (np.diff(faces, axis=1) > 0).all()
    used = np.unique(faces)
    assert used[0] == 0
    assert used[-1] < COARSE.num_vertices


@pytest.mark.parametrize("cell_m", [0.0, -1.0, float("nan")])
def test_cells_without_a_size_are_refused(cell_m):
    with pytest.raises(InputError, match="positive length"):
        coarsen(BODY, cell_m)
