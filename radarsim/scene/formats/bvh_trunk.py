"""Rotations of SMPL's pelvis and spine: the line from hips to shoulders is a bone too.

The rotations of the file's spine joints are shared among SMPL's three. Files bend at other heights,
so sharing alone would lose up to 20 degrees of lean. The line from the hips to the shoulders must
turn, relative to the pelvis, as the file's does: the sharing moves towards the lowest joint as far
as that helps, and a common rotation of the spine removes what is left.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.formats.bvh_posture import Posture, unit
from radarsim.scene.skeleton import JOINT, REST_JOINTS_M

SPINE = ("spine1", "spine2", "spine3")


class RestTrunk(NamedTuple):
    """The trunk in the rest pose.

    Attributes:
        posture: of the file.
        smpl: rotation of SMPL's pelvis, spine, neck and head, in the file's world.
    """

    posture: Posture
    smpl: Rotation

    def since(self, posture: Posture, joint: int) -> Rotation:
        """Rotation of a joint of the file since the rest pose, in the file's world."""
        return posture.world[joint] * self.posture.world[joint].inv()


def trunk_rotations(posture: Posture, rest: RestTrunk) -> dict[str, Rotation]:
    """World rotations of pelvis and spine, in the file's world.

    Args:
        posture: poses of the clip.
        rest: the trunk in the rest pose.

    Returns:
        Rotations of "pelvis", "spine1", "spine2" and "spine3" at all poses.
    """
    joints = posture.joints
    pelvis = rest.since(posture, joints.pelvis)
    # Hips that move relative to the pelvis joint: then their line is the pelvis.
    pelvis = _between(pelvis.apply(rest.posture.across[0]), posture.across) * pelvis
    chain = [pelvis, *(rest.since(posture, joint) for joint in joints.spine)]
    chain = [rotation * rest.smpl for rotation in chain]
    turned = _between(pelvis.apply(rest.posture.trunk[0]), posture.trunk) * pelvis
    target = unit(turned.apply(rest.smpl.apply(_SEGMENTS_M.sum(axis=0))))
    return {"pelvis": chain[0]} | _spine(chain, target)


def spread(chain: list[Rotation], names: tuple[str, ...]) -> dict[str, Rotation]:
    """Rotations for `names` at equal steps along a chain of joints; the last is its end."""
    last = len(chain) - 1
    places = [last * (i + 1) / len(names) for i in range(len(names))]
    return {name: _along(chain, place) for name, place in zip(names, places, strict=True)}


def _spine(chain: list[Rotation], target: np.ndarray) -> dict[str, Rotation]:
    """The spine with its joints shared, lowered and turned so that the line is the target."""
    shared, lowest = list(spread(chain, SPINE).values()), [chain[-1]] * len(SPINE)
    pelvis_m, *above_m = _segments_m(chain[0], shared)
    start_m = _across_line(pelvis_m + sum(above_m), target)
    step_m = _across_line(pelvis_m + sum(_segments_m(chain[0], lowest)[1:]), target) - start_m
    size = np.maximum((step_m * step_m).sum(axis=1), 1e-12)
    share = np.clip(-(start_m * step_m).sum(axis=1) / size, 0, 1)[:, None]
    lowered = [
        a * Rotation.from_rotvec(share * (a.inv() * b).as_rotvec())
        for a, b in zip(shared, lowest, strict=True)
    ]
    _, *above_m = _segments_m(chain[0], lowered)
    turn = _turn_onto_line(pelvis_m, sum(above_m), target)
    return {name: turn * rotation for name, rotation in zip(SPINE, lowered, strict=True)}


def _segments_m(pelvis: Rotation, spine: list[Rotation]) -> list[np.ndarray]:
    """Vectors from the hips over the spine joints to the shoulders [m]."""
    return [r.apply(v) for r, v in zip([pelvis, *spine], _SEGMENTS_M, strict=True)]


def _turn_onto_line(fixed: np.ndarray, moved: np.ndarray, line: np.ndarray) -> Rotation:
    """Rotation of `moved` for which fixed + moved is parallel to the line."""
    along = (fixed * line).sum(axis=1)
    reach = (moved * moved).sum(axis=1) - (fixed * fixed).sum(axis=1) + along**2
    length = along + np.sqrt(np.maximum(reach, 0))
    return _between(moved, length[:, None] * line - fixed)


def _across_line(vectors: np.ndarray, line: np.ndarray) -> np.ndarray:
    return vectors - (vectors * line).sum(axis=1, keepdims=True) * line


def _between(starts: np.ndarray, ends: np.ndarray) -> Rotation:
    """The smallest rotation from each vector to the other; identity where one has no length."""
    starts, ends = unit(starts), unit(ends)
    axis, cos = np.cross(starts, ends), (starts * ends).sum(axis=-1, keepdims=True)
    sin = np.linalg.norm(axis, axis=-1, keepdims=True)
    # Opposite vectors occur in damaged poses only; they stay as they are.
    return Rotation.from_rotvec(axis / np.maximum(sin, 1e-12) * np.arctan2(sin, cos))


def _along(chain: list[Rotation], place: float) -> Rotation:
    below = min(int(place + 1e-9), max(len(chain) - 2, 0))
    part = place - below
    if len(chain) == 1 or part < 1e-9:
        return chain[below]
    step = (chain[below].inv() * chain[below + 1]).as_rotvec()
    return chain[below] * Rotation.from_rotvec(part * step)


def _middle_m(part: str) -> np.ndarray:
    return REST_JOINTS_M[[JOINT[f"left_{part}"], JOINT[f"right_{part}"]]].mean(axis=0)


_SEGMENTS_M = np.diff(
    [_middle_m("hip"), *(REST_JOINTS_M[JOINT[name]] for name in SPINE), _middle_m("shoulder")],
    axis=0,
)
