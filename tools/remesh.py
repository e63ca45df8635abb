"""Isotropic remeshing of a surface: split, collapse, flip, relax (Botsch and Kobbelt, 2004).

The left half of a symmetric body is remeshed. The open border of the half stays in the plane x = 0,
so that the half and its mirror image form one watertight mesh.
"""

from collections import defaultdict

import numpy as np
import trimesh

TOO_LONG, TOO_SHORT = 4 / 3, 4 / 5  # multiples of the target edge length, as in the paper


class Remesher:
    """A triangle mesh that is remeshed while its vertices stay on a given surface.

    Args:
        vertices_m: vertices of the surface, which is also the initial mesh [m].
        faces: triangles of the surface.
        target_m: target edge length at each vertex of the surface [m].
    """

    def __init__(self, vertices_m, faces, target_m):
        self.surface = trimesh.Trimesh(vertices_m, faces, process=False)
        self.surface_target_m = target_m
        self.vertices_m, self.faces = np.array(vertices_m, float), np.array(faces)
        self.project()

    def run(self, rounds: int):
        """Repeat the four remeshing steps; the result is in `vertices_m`, `faces` and `mix()`."""
        for _ in range(rounds):
            self.split()
            self.collapse()
            self.flip()
            for _ in range(3):
                self.relax()
            print(f"  {len(self.faces)} faces", flush=True)
        self.unpinch()

    def project(self):
        """Move vertices to the nearest point of the surface, and border vertices to x = 0."""
        points, _, self.on_face = trimesh.proximity.closest_point(self.surface, self.vertices_m)
        corners = self.surface.triangles[self.on_face]
        self.shares = np.clip(trimesh.triangles.points_to_barycentric(corners, points), 0, 1)
        self.shares /= self.shares.sum(axis=1, keepdims=True)
        corner_targets_m = self.surface_target_m[self.surface.faces[self.on_face]]
        self.target_m = np.sum(self.shares * corner_targets_m, axis=1)
        self.vertices_m = points
        self.vertices_m[self.border(), 0] = 0.0

    def mix(self):
        """Barycentric coordinates: surface vertices [vertex, 3] and their weights [vertex, 3]."""
        return self.surface.faces[self.on_face], self.shares

    def edges(self):
        """Return each edge once [edge, 2], and the number of its adjacent faces."""
        sides = np.sort(self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        return np.unique(sides, axis=0, return_counts=True)

    def border(self):
        edges, count = self.edges()
        return np.unique(edges[count == 1])

    def relative_length(self, edges):
        a, b = edges.T
        length_m = np.linalg.norm(self.vertices_m[a] - self.vertices_m[b], axis=1)
        return length_m / (0.5 * (self.target_m[a] + self.target_m[b]))

    def split(self):
        """Halve edges, longest first, until no edge is too long."""
        while True:
            edges, _ = self.edges()
            ratio = self.relative_length(edges)
            order = np.argsort(-ratio, kind="stable")
            order = order[ratio[order] > TOO_LONG]
            if not len(order):
                break
            self._halve(edges[order])
        self.project()

    def unpinch(self):
        """Halve inner edges between two border vertices, which the mirror image would share."""
        edges, count = self.edges()
        pinched = (count == 2) & np.isin(edges, self.border()).all(axis=1)
        while pinched.any():
            self._halve(edges[pinched])
            edges, count = self.edges()
            pinched = (count == 2) & np.isin(edges, self.border()).all(axis=1)
        self.project()

    def _halve(self, edges):
        """Halve every edge that shares no face with an edge earlier in the list."""
        faces_of, faces = self.faces_of_edges(), self.faces.tolist()
        taken, new_faces, ends = set(), [], []
        for a, b in edges.tolist():
            around = faces_of[a, b]
            if taken & set(around):
                continue
            taken.update(around)
            middle = len(self.vertices_m) + len(ends)
            ends.append((a, b))
            for f in around:
                new_faces.append([middle if v == a else v for v in faces[f]])
                faces[f] = [middle if v == b else v for v in faces[f]]
        self.vertices_m = np.concatenate([self.vertices_m, self.vertices_m[ends].mean(axis=1)])
        self.target_m = np.concatenate([self.target_m, self.target_m[ends].mean(axis=1)])
        self.faces = np.array(faces + new_faces)

    def faces_of_edges(self):
        faces_of = defaultdict(list)
        for f, (a, b, c) in enumerate(self.faces.tolist()):
            for p, q in ((a, b), (b, c), (c, a)):
                faces_of[min(p, q), max(p, q)].append(f)
        return faces_of

    def collapse(self):
        """Merge the ends of short edges if the mesh stays manifold and no face flips over."""
        edges, _ = self.edges()
        ratio = self.relative_length(edges)
        order = np.argsort(ratio, kind="stable")
        order = order[ratio[order] < TOO_SHORT]
        faces = dict(enumerate(self.faces.tolist()))
        around = defaultdict(set)
        for f, corners in faces.items():
            for v in corners:
                around[v].add(f)
        border = set(self.border().tolist())
        for a, b in edges[order].tolist():
            if a in around and b in around and around[a] & around[b]:
                if b in border and a not in border:
                    a, b = b, a
                self._collapse_into(a, b, faces, around, border)
        self.faces = np.array([faces[f] for f in sorted(faces)])
        kept, renamed = np.unique(self.faces, return_inverse=True)
        self.faces = renamed.reshape(-1, 3)
        self.vertices_m, self.target_m = self.vertices_m[kept], self.target_m[kept]
        self.project()

    def _collapse_into(self, a, b, faces, around, border):
        """Merge vertex b into vertex a, halfway between them (at a if only a is on the border)."""
        shared = around[a] & around[b]
        ring_a = {v for f in around[a] for v in faces[f]} - {a, b}
        ring_b = {v for f in around[b] for v in faces[f]} - {a, b}
        # If the link condition is violated, the result is not manifold.
        if len(ring_a & ring_b) != len(shared):
            return
        if a in border and b in border and len(shared) != 1:
            return
        if min(len(ring_a), len(ring_b)) < (2 if b in border else 3):
            return
        middle = self.vertices_m[a]
        if (a in border) == (b in border):
            middle = 0.5 * (middle + self.vertices_m[b])
        rest = [f for f in around[a] ^ around[b]]
        if self._spoils(a, b, middle, [faces[f] for f in rest], ring_a | ring_b):
            return
        self.vertices_m[a] = middle
        for f in shared:
            for v in faces.pop(f):
                around[v].discard(f)
        for f in around.pop(b):
            faces[f] = [a if v == b else v for v in faces[f]]
            around[a].add(f)

    def _spoils(self, a, b, middle, rest, ring):
        """Whether a face would flip over or an edge would become too long."""
        ring = list(ring)
        length_m = np.linalg.norm(self.vertices_m[ring] - middle, axis=1)
        if np.any(length_m > TOO_LONG * self.target_m[ring]):
            return True
        old = np.array(rest)
        before = self.vertices_m[old]
        after = np.where(((old == a) | (old == b))[..., None], middle, before)
        n0, n1 = (np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]) for t in (before, after))
        cosine = np.sum(n0 * n1, axis=1)
        return bool(np.any(cosine < 0.5 * np.linalg.norm(n0, axis=1) * np.linalg.norm(n1, axis=1)))

    def flip(self):
        """Flip inner edges if this brings the valences closer to 6 (4 on the border)."""
        faces_of, faces = self.faces_of_edges(), self.faces.tolist()
        valence, target = np.zeros(len(self.vertices_m), int), np.full(len(self.vertices_m), 6)
        edges, _ = self.edges()
        np.add.at(valence, edges.ravel(), 1)
        target[self.border()] = 4
        excess = valence - target
        present = set(faces_of)
        touched = set()
        for (p, q), pair in list(faces_of.items()):
            if len(pair) != 2 or touched & set(pair):
                continue
            a, b, c = next(r for r in _cyclic_orders(faces[pair[0]]) if {r[0], r[1]} == {p, q})
            d = next(v for v in faces[pair[1]] if v not in (p, q))
            ends = [a, b, c, d]
            after = excess[ends] + [-1, -1, 1, 1]
            gain = np.sum(excess[ends] ** 2) - np.sum(after**2)
            if gain <= 0 or (min(c, d), max(c, d)) in present:
                continue
            new = [[a, d, c], [d, b, c]]
            if not self._same_side([faces[f] for f in pair], new):
                continue
            faces[pair[0]], faces[pair[1]] = new
            present.add((min(c, d), max(c, d)))
            touched.update(pair)
            excess[ends] = after
        self.faces = np.array(faces)

    def _same_side(self, old, new):
        """Whether the normals hardly change and neither of the new faces is a sliver."""
        t = self.vertices_m[np.array(old + new)]
        normals = np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0])
        double_area = np.linalg.norm(normals, axis=1)
        if double_area[2:].min() < 0.2 * double_area[:2].min():
            return False
        normals /= double_area[:, None]
        return bool(np.min(normals[:2] @ normals[2:].T) > 0.7)

    def relax(self):
        """Move vertices to the mean of their neighbours, along the surface or the border."""
        edges, count = self.edges()
        border = self.border()
        free = np.ones(len(self.vertices_m), bool)
        free[border] = False
        both = np.concatenate([edges, edges[:, ::-1]])
        both = both[free[both[:, 0]] | np.tile(count == 1, 2)]
        total, number = np.zeros_like(self.vertices_m), np.zeros(len(self.vertices_m))
        np.add.at(total, both[:, 0], self.vertices_m[both[:, 1]])
        np.add.at(number, both[:, 0], 1)
        step = total / number[:, None] - self.vertices_m
        mesh = trimesh.Trimesh(self.vertices_m, self.faces, process=False)
        normals = mesh.vertex_normals
        step -= np.sum(step * normals, axis=1, keepdims=True) * normals
        self.vertices_m = self.vertices_m + 0.7 * step
        self.project()


def _cyclic_orders(face):
    a, b, c = face
    return (a, b, c), (b, c, a), (c, a, b)
