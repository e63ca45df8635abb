"""Mesh subdivision in NumPy: halve edges until none is longer than a limit, without cracks.

The new vertices lie on the flat faces (`halve_long_edges`), or on a curved surface given by the
vertex normals (`halve_long_edges_curved`).
"""

from functools import partial

import numpy as np
from scipy import sparse

# Largest distance of a new vertex from its edge, divided by the edge length. The surface then turns
# by 80 degrees along the edge, which happens only in folds between body parts.
MOST_BULGE = 0.18


def halve_long_edges(faces, vertices_m, max_edge_m: float):
    """Halve edges of a triangle mesh until none is longer than a limit; the surface is unchanged.

    Args:
        faces: vertex indices, int [face, 3].
        vertices_m: vertex positions [vertex, 3] [m].
        max_edge_m: maximum edge length [m].

    Returns:
        mix: sparse matrix [new vertex, old vertex] whose rows sum to one; `mix @ values`
            interpolates values per vertex to the new mesh. The first rows belong to the old
            vertices.
        faces: vertex indices, int [new face, 3]; new faces are oriented like the old faces.
    """
    mix = sparse.identity(len(vertices_m), format="csr")
    while True:
        halves, faces = _one_round(faces, mix @ vertices_m, max_edge_m)
        if halves is None:
            return mix, faces
        mix = halves @ mix


def halve_long_edges_curved(faces, vertices_m, max_edge_m, max_sagitta_m: float = np.inf):
    """Halve edges until none is too long or too strongly curved, with vertices on a curved surface.

    The vertex in the middle of the edge from a to b is moved along its normal by

        (n_b - n_a).(b - a) / 8,

    the sagitta of an arc with the normals n_a and n_b at its ends. The normals of the original
    vertices are those of the original mesh, and normals of new vertices are interpolated.

    Args:
        faces: vertex indices, int [face, 3], counter-clockwise seen from outside.
        vertices_m: vertex positions [vertex, 3] [m].
        max_edge_m: maximum edge length [m] around each vertex [vertex].
        max_sagitta_m: maximum distance of the curved surface from the middle of an edge [m].

    Returns:
        mix: as for `halve_long_edges`.
        faces: vertex indices, int [new face, 3].
        vertices_m: vertex positions on the curved surface [new vertex, 3] [m].
    """
    import trimesh  # imported here because every simulation imports this module, and few refine

    mix = sparse.identity(len(vertices_m), format="csr")
    normals = np.array(trimesh.Trimesh(vertices_m, faces, process=False).vertex_normals)
    while True:
        sagittas_of = partial(_sagittas_m, vertices_m, normals)
        limits_m = mix @ max_edge_m, max_sagitta_m
        halves, faces = _one_round(faces, vertices_m, *limits_m, sagittas_of)
        if halves is None:
            return mix, faces, vertices_m
        bulges_m = _bulges(halves, vertices_m, normals)
        normals = halves @ normals
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        vertices_m = halves @ vertices_m + bulges_m[:, None] * normals
        mix = halves @ mix


def _bulges(halves, vertices_m, normals):
    """Distance by which each vertex is moved along its normal; 0 for vertices that are not new."""
    first, last = halves[len(vertices_m) :].indices.reshape(-1, 2).T
    bulges_m = _sagittas_m(vertices_m, normals, first, last)
    return np.concatenate([np.zeros(len(vertices_m)), bulges_m])


def _sagittas_m(vertices_m, normals, first, last):
    """Distance of the curved surface from the middle of each edge, positive where it is convex."""
    edge_m = vertices_m[last] - vertices_m[first]
    sagitta_m = np.sum((normals[last] - normals[first]) * edge_m, axis=1) / 8
    most_m = MOST_BULGE * np.linalg.norm(edge_m, axis=1)
    return np.clip(sagitta_m, -most_m, most_m)


def _one_round(faces, vertices_m, max_edge_m, max_sagitta_m=np.inf, sagittas_of=None):
    """Halve edges once: matrix [new vertex, old vertex] (None if no edge is too long) and faces.

    The limit is one length or one per vertex, whose mean over both ends applies to an edge. With
    `sagittas_of`, edges whose sagitta is too large are halved, too.
    """
    sides = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1), axis=-1)
    edges, edge_of_side = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    length_m = np.linalg.norm(vertices_m[edges[:, 0]] - vertices_m[edges[:, 1]], axis=1)
    limit_m = np.broadcast_to(max_edge_m, len(vertices_m))
    long = length_m > (limit_m[edges[:, 0]] + limit_m[edges[:, 1]]) / 2
    if sagittas_of is not None:
        long |= np.abs(sagittas_of(*edges.T)) > max_sagitta_m
    if not long.any():
        return None, faces
    middle_of_edge = np.full(len(edges), -1)
    middle_of_edge[long] = len(vertices_m) + np.arange(long.sum())
    ends = edges[long]
    rows = np.repeat(np.arange(len(ends)), 2)
    means = sparse.csr_matrix(
        (np.full(2 * len(ends), 0.5), (rows, ends.ravel())), shape=(len(ends), len(vertices_m))
    )
    halves = sparse.vstack([sparse.identity(len(vertices_m)), means], format="csr")
    middles = middle_of_edge[edge_of_side.reshape(-1, 3)]
    return halves, _split_faces(faces, middles, halves @ vertices_m)


def _split_faces(faces, middles, vertices_m):
    """Split faces; `middles` holds the new vertex on each side (ab, bc, ca), or -1 for none."""
    num_cuts = (middles >= 0).sum(axis=1)
    whole = faces[num_cuts == 0]

    def rotated(count, first):
        """Faces with `count` halved sides, rotated so that the side selected by `first` is ab."""
        chosen = num_cuts == count
        start = first(middles[chosen] >= 0)
        order = (start[:, None] + np.arange(3)) % 3
        return (np.take_along_axis(values[chosen], order, 1).T for values in (faces, middles))

    (a, b, c), (ab, _, _) = rotated(1, lambda cut: np.argmax(cut, axis=1))
    ones = [(a, ab, c), (ab, b, c)]
    (a, b, c), (ab, bc, _) = rotated(2, lambda cut: (np.argmin(cut, axis=1) + 1) % 3)
    # The remaining quadrilateral is split along its shorter diagonal.
    spans = [np.linalg.norm(vertices_m[p] - vertices_m[q], axis=1) for p, q in ((a, bc), (ab, c))]
    by_a = spans[0] < spans[1]
    twos = [
        (ab, b, bc),
        (a, ab, np.where(by_a, bc, c)),
        (np.where(by_a, a, ab), bc, c),
    ]
    (a, b, c), (ab, bc, ca) = rotated(3, lambda cut: np.zeros(len(cut), int))
    threes = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([whole] + [np.stack(f, axis=1) for f in ones + twos + threes])
