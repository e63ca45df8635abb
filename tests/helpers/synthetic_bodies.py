"""Small synthetic SMPL, SMPL-H and SMPL-X models with a valid format but a meaningless shape."""

import numpy as np
import trimesh
from scipy import sparse

BODY = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def _fingers(wrist, first):
    return [p for k in range(5) for p in (wrist, first + 3 * k, first + 3 * k + 1)]


PARENTS = {
    "smpl": [*BODY, 20, 21],
    "smplh": [*BODY, *_fingers(20, 22), *_fingers(21, 37)],
    "smplx": [*BODY, 15, 15, 15, *_fingers(20, 25), *_fingers(21, 40)],
}


def synthetic_model(layout="smpl", num_betas=10, seed=0):
    """Return the arrays of a model file, under SMPL's keys, in float64."""
    rng = np.random.default_rng(seed)
    parents = np.array(PARENTS[layout])
    sphere = trimesh.creation.icosphere(subdivisions=1)
    num_vertices, num_joints = len(sphere.vertices), len(parents)
    weights = rng.dirichlet(np.full(num_joints, 0.1), size=num_vertices)
    regressor = rng.dirichlet(np.ones(num_vertices), size=num_joints)
    table = np.array([parents, np.arange(num_joints)])
    return {
        "v_template": np.array(sphere.vertices) + 0.05 * rng.normal(size=(num_vertices, 3)),
        "f": np.array(sphere.faces, np.uint32),
        "weights": weights,
        "shapedirs": 0.02 * rng.normal(size=(num_vertices, 3, num_betas)),
        "posedirs": 0.01 * rng.normal(size=(num_vertices, 3, 9 * (num_joints - 1))),
        "J_regressor": regressor,
        "kintree_table": table.astype(np.uint32),  # SMPL's files state parent 2^32 - 1 for the root
    }


def as_published_pickle(model):
    """Return the model with a sparse joint regressor, as in the published pickles."""
    return {**model, "J_regressor": sparse.csc_matrix(model["J_regressor"])}
