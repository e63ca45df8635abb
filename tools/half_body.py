"""Process the left half of the body: close openings, smooth folds, remesh and mirror."""

import numpy as np
import trimesh
from remesh import Remesher
from scipy import sparse
from smpl_rig import JOINTS

# Target edge length, except near the joints in EDGE_OF_PART_M.
EDGE_M = 0.016
# Target edge length near joints, keyed by the end of the joint's name.
EDGE_OF_PART_M = {"hand": 0.010, "wrist": 0.012, "foot": 0.011, "ankle": 0.013, "head": 0.012}

SMOOTHED = ["head", "left_foot"]
SMOOTHING_ROUNDS = 20
HIDDEN = 0.2  # minimum visible fraction of the sky of faces outside the mouth and eye sockets


def closed_left_half(source, vertices_m):
    """Faces of the half x >= 0, without mouth and eye socket, and the rims of closed openings.

    For each rim, one vertex (the mean of the rim) is appended to the source vertices.
    """
    faces = np.delete(source.faces, pockets(vertices_m, source.faces), axis=0)
    faces = faces[vertices_m[faces][..., 0].mean(axis=1) > 0]
    while True:
        open_sides = rim_sides(vertices_m, faces)
        corners, visits = np.unique(open_sides[:, 0], return_counts=True)
        if visits.max() == 1:
            break
        faces = faces[~np.isin(faces, corners[visits > 1]).any(axis=1)]  # corner of two rims
    groups = trimesh.graph.connected_components(open_sides, min_len=3)
    rims = []
    for members in groups:
        middle = np.abs(vertices_m[members, 0]) < 1e-6
        rims.append(np.array(members)[middle] if middle.any() else np.array(members))
        around = open_sides[np.isin(open_sides[:, 0], members)]
        apex = np.full(len(around), len(vertices_m) + len(rims) - 1)
        faces = np.concatenate([faces, np.stack([around[:, 1], around[:, 0], apex], axis=1)])
    return faces, rims


def rim_sides(vertices_m, faces):
    """Directed edges [edge, 2] that belong to only one face, except edges in the plane x = 0."""
    sides = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, first, count = np.unique(
        np.sort(sides, axis=1), axis=0, return_index=True, return_counts=True
    )
    sides = sides[first[count == 1]]
    return sides[np.abs(vertices_m[sides][..., 0]).max(axis=1) > 1e-6]


def pockets(vertices_m, faces):
    """Faces inside the mouth and the eye sockets, from which little of the sky is visible."""
    mesh = trimesh.Trimesh(vertices_m, faces, process=False)
    rng = np.random.default_rng(0)
    sky, seen = np.zeros(len(faces)), np.zeros(len(faces))
    for direction in rng.normal(size=(300, 3)):
        front = mesh.face_normals @ direction > 0
        starts = mesh.triangles_center[front] + 1e-5 * mesh.face_normals[front]
        rays = np.broadcast_to(direction, starts.shape)
        seen[front] += ~mesh.ray.intersects_any(starts, rays)
        sky[front] += 1
    hidden = seen / sky < HIDDEN
    neighbours = mesh.face_adjacency
    for _ in range(10):  # smooth the rim by majority vote of adjacent faces
        votes = np.zeros(len(faces))
        np.add.at(votes, neighbours[:, 0], hidden[neighbours[:, 1]])
        np.add.at(votes, neighbours[:, 1], hidden[neighbours[:, 0]])
        hidden = np.where(votes >= 2, True, np.where(votes <= 1, False, hidden))
    inside = neighbours[hidden[neighbours].all(axis=1)]
    big = trimesh.graph.connected_components(inside, min_len=200)
    for members in big:
        where = np.round(mesh.triangles_center[members].mean(axis=0), 3)
        print(f"  pocket of {len(members)} faces at {where}")
    return np.concatenate(big)


def with_rims(values, rims):
    """Append the mean over each closed rim, as one row, to an array of values per vertex."""
    return np.concatenate([values, *(values[rim].mean(axis=0)[None] for rim in rims)])


def smoother(faces, strength):
    """Smooth folds that are finer than the triangles, without shrinkage (Taubin 1995).

    Without smoothing, ears, lips, nostrils and toes would crumple. `strength` (0..1) is per vertex.
    """
    sides = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, count = np.unique(sides, axis=0, return_counts=True)
    border = np.unique(edges[count == 1])
    # Border vertices are smoothed only along the border, so that they stay in the plane x = 0.
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[~np.isin(both[:, 0], border) | np.tile(count == 1, 2)]
    size = len(strength)
    mean = sparse.csr_matrix((np.ones(len(both)), tuple(both.T)), shape=(size, size))
    mean = sparse.diags(strength / np.asarray(mean.sum(axis=1)).ravel()) @ mean
    step = mean - sparse.diags(strength)

    def smooth(values):
        flat = values.reshape(size, -1)
        for _ in range(SMOOTHING_ROUNDS):
            flat = flat + 0.50 * (step @ flat)
            flat = flat - 0.53 * (step @ flat)
        return flat.reshape(values.shape)

    return smooth


def even_half(vertices_m, faces, weights):
    """Remesh the half isotropically, with smaller triangles at hands, feet and head."""
    edge_m = np.full(len(JOINTS), EDGE_M)
    for j, joint in enumerate(JOINTS):
        edge_m[j] = EDGE_OF_PART_M.get(joint.split("_")[-1], EDGE_M)
    remesher = Remesher(vertices_m, faces, weights @ edge_m)
    remesher.run(rounds=8)
    return remesher


def mirrored(left, on_border):
    return np.concatenate([left, left[~on_border] * (-1, 1, 1)])


def both_halves(left_faces, on_border):
    """Left faces and their mirror images, which are also oriented outward."""
    image = np.arange(len(on_border))
    image[~on_border] = len(on_border) + np.arange((~on_border).sum())
    return np.concatenate([left_faces, image[left_faces][:, ::-1]])
