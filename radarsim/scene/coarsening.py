"""Coarse version of a body, with a subset of its vertices and faces."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from radarsim.checks import checked_number
from radarsim.scene.body import BodyModel

# A joint with little surface, such as a foot, gets smaller cells, so that it has about this number
# of cells.
CELLS_PER_JOINT = 40


def coarsen(body: BodyModel, cell_m: float) -> BodyModel:
    """Merge the vertices of a body that lie in the same cell of a grid in the rest pose.

    Only vertices with the same dominant joint are merged, so that limbs that touch in the rest pose
    stay separate. Each cell keeps the vertex nearest to the cell's mean, with its weights and
    displacements; hence the kept vertices move exactly like those of the original.

    Args:
        body: any model.
        cell_m: edge length of the largest cells [m], positive; faces get about the size of a cell.

    Returns:
        A model with fewer vertices and faces and the same joints.

    Raises:
        InputError: the edge length is not positive.
    """
    hint = "give a positive length, such as 0.04"
    checked_number("coarsen", "cell_m", cell_m, "m", above=0.0, hint=hint)
    kept, coarse_faces = coarse_surface(body, cell_m)
    per_vertex = np.asarray(body.pose_dirs).reshape(-1, body.num_vertices, 3)
    return replace(
        body,
        template_m=jnp.asarray(np.asarray(body.template_m)[kept]),
        shape_dirs=jnp.asarray(np.asarray(body.shape_dirs)[kept]),
        pose_dirs=jnp.asarray(per_vertex[:, kept].reshape(len(per_vertex), len(kept) * 3)),
        skin_weights=jnp.asarray(np.asarray(body.skin_weights)[kept]),
        faces=jnp.asarray(coarse_faces, jnp.int32),
    )


def coarse_surface(
    body: BodyModel, cell_m: float
) -> tuple[Int[np.ndarray, " coarse_vertex"], Int[np.ndarray, "coarse_face 3"]]:
    """The vertices of a body that `coarsen` keeps, and the faces between the kept vertices.

    Args:
        body: any model.
        cell_m: edge length of the largest cells [m].

    Returns:
        Indices of the kept vertices in the body, and faces as indices into the kept vertices.
    """
    template_m, faces = np.asarray(body.template_m), np.asarray(body.faces)
    joint = np.asarray(body.skin_weights).argmax(axis=1)
    cells = _cells(template_m, joint, _cell_sizes_m(template_m, faces, joint, cell_m))
    return _nearest_to_mean(template_m, cells), _merged_faces(cells[faces])


def _cell_sizes_m(template_m, faces, joint, cell_m: float) -> Float[np.ndarray, " vertex"]:
    """Edge length of the cell of each vertex [m], from the surface area of its joint."""
    a, b, c = (template_m[faces[:, corner]] for corner in range(3))
    area_m2 = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    joint_area_m2 = np.bincount(joint[faces[:, 0]], area_m2, joint.max() + 1)
    return np.minimum(cell_m, np.sqrt(joint_area_m2 / CELLS_PER_JOINT))[joint]


def _cells(template_m, joint, cell_m) -> Int[np.ndarray, " vertex"]:
    """Consecutive cell number of each vertex; a cell is a grid cell of one dominant joint."""
    size_m = np.where(cell_m > 0, cell_m, 1.0)  # a joint may have vertices but no area
    grid = np.floor((template_m - template_m.min(axis=0)) / size_m[:, None]).astype(np.int64)
    cell = np.ravel_multi_index((joint, *grid.T), (joint.max() + 1, *(grid.max(axis=0) + 1)))
    return np.unique(cell, return_inverse=True)[1].ravel()


def _nearest_to_mean(template_m: np.ndarray, cells: np.ndarray) -> Int[np.ndarray, " cell"]:
    """Index of the vertex that is nearest to the mean of its cell, for each cell."""
    count = np.bincount(cells)
    mean_m = np.stack([np.bincount(cells, axis) / count for axis in template_m.T], axis=1)
    away_m = np.linalg.norm(template_m - mean_m[cells], axis=1)
    order = np.lexsort((away_m, cells))
    return order[np.searchsorted(cells[order], np.arange(len(count)))]


def _merged_faces(faces: np.ndarray) -> Int[np.ndarray, "coarse_face 3"]:
    """Faces with corners in three different cells, each face once, with unchanged orientation."""
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    first = np.argmin(faces, axis=1)
    turned = np.stack([faces[np.arange(len(faces)), (first + k) % 3] for k in range(3)], axis=1)
    size = (int(faces.max(initial=0)) + 1,) * 3
    keys = np.unique(np.ravel_multi_index(tuple(turned.T), size))
    return np.stack(np.unravel_index(keys, size), axis=1)
