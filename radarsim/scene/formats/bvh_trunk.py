"""Rotations of SMPL's pelvis and spine: the line from hips to shoulders is treated as a bone.

The rotations of the file's spine joints are distributed over SMPL's three spine joints. The spine
joints in files lie at different heights from SMPL's, so the distribution alone would lose up to 20
degrees of lean. The line from hips to shoulders must turn relative to the pelvis as in the file.
Therefore the bend is moved towards the lowest joint as far as this reduces the error, and a common
rotation of the spine removes the remaining error. The common rotation is limited, because SMPL's
spine begins a third of the way up the trunk: if a body folds at the hips, SMPL's waist would
otherwise bend by more than the chest turns.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.formats.bvh_posture import Posture, unit
from radarsim.scene.skeleton import JOINT, REST_JOINTS_M

SPINE = ("spine1", "spine2", "spine3")
# Maximum common rotation of the spine.
_MAX_TURN_RAD = np.radians(15)


class RestTrunk(NamedTuple):
    """The trunk in the rest pose.

    Attributes:
        posture: rest posture of the file.
        smpl: rotation of SMPL's pelvis, spine, neck and head, in the file's world coordinates.
    """

    posture: Posture
    smpl: Rotation

    def since(self, posture: Posture, joint: int) -> Rotation:
        """Rotation of a BVH joint relative to the rest pose, in the file's world coordinates."""
        return posture.world[joint] * self.posture.world[joint].inv()


def trunk_rotations(
    posture: Posture, rest: RestTrunk, collars: dict[str, Rotation]
) -> dict[str, Rotation]:
    """Rotations of pelvis and spine, in the file's world coordinates.

    Args:
        posture: poses of the clip.
        rest: the trunk in the rest pose.
        collars: rotations of SMPL's collars, by name; a missing collar moves with the spine.

    Returns:
        Rotations of "pelvis", "spine1", "spine2" and "spine3" at all poses.
    """
    joints = posture.joints
    pelvis = rest.since(posture, joints.pelvis)
    # If the hips turn relative to the pelvis joint, the line between the hips gives the rotation.
    pelvis = _between(pelvis.apply(rest.posture.across[0]), posture.across) * pelvis
    chain = [pelvis, *(rest.since(posture, joint) for joint in joints.spine)]
    chain = [rotation * rest.smpl for rotation in chain]
    turned = _between(pelvis.apply(rest.posture.trunk[0]), posture.trunk) * pelvis
    target = unit(turned.apply(rest.smpl.apply(_HIPS_TO_SHOULDERS_M)))
    spine = _spine(_Line(chain[0], collars, target), list(spread(chain, SPINE).values()), chain[-1])
    return {"pelvis": chain[0]} | dict(zip(SPINE, spine, strict=True))


def spread(chain: list[Rotation], names: tuple[str, ...]) -> dict[str, Rotation]:
    """Rotations for `names` at equal steps along a joint chain; the last name is at its end."""
    last = len(chain) - 1
    places = [last * (i + 1) / len(names) for i in range(len(names))]
    return {name: _along(chain, place) for name, place in zip(names, places, strict=True)}


class _Line(NamedTuple):
    """SMPL's line from hips to shoulders: pelvis and collar rotations, and the target direction."""

    pelvis: Rotation
    collars: dict[str, Rotation]
    target: np.ndarray

    @property
    def fixed_m(self) -> np.ndarray:
        """The part of the line that turns with pelvis and collars [m]."""
        return self.pelvis.apply(_SEGMENTS_M[0]) + sum(
            rotation.apply(_COLLARS_M[name]) / 2 for name, rotation in self.collars.items()
        )

    def moved_m(self, spine: list[Rotation]) -> np.ndarray:
        """The part of the line that turns with the spine [m]."""
        free = sum(bone / 2 for name, bone in _COLLARS_M.items() if name not in self.collars)
        *lower, last = _SEGMENTS_M[1:]
        return sum(r.apply(v) for r, v in zip(spine, [*lower, last + free], strict=True))

    def off_m(self, spine: list[Rotation]) -> np.ndarray:
        """Vector from the target line to the shoulders, perpendicular to the line [m]."""
        vectors = self.fixed_m + self.moved_m(spine)
        return vectors - (vectors * self.target).sum(axis=1, keepdims=True) * self.target


def _spine(line: _Line, shared: list[Rotation], last: Rotation) -> list[Rotation]:
    """Spine rotations: distributed, moved downward, and corrected so that the line is on target."""
    start_m = line.off_m(shared)
    step_m = line.off_m([last] * len(SPINE)) - start_m
    size = np.maximum((step_m * step_m).sum(axis=1), 1e-12)
    share = np.clip(-(start_m * step_m).sum(axis=1) / size, 0, 1)[:, None]
    lowered = [r * Rotation.from_rotvec(share * (r.inv() * last).as_rotvec()) for r in shared]
    turn = _limited(_turn_onto_line(line.fixed_m, line.moved_m(lowered), line.target))
    return [turn * rotation for rotation in lowered]


def _limited(turn: Rotation) -> Rotation:
    size = turn.magnitude()[:, None]
    return Rotation.from_rotvec(turn.as_rotvec() * np.minimum(1, _MAX_TURN_RAD / (size + 1e-12)))


def _turn_onto_line(fixed: np.ndarray, moved: np.ndarray, line: np.ndarray) -> Rotation:
    """Rotation of `moved` after which fixed + moved is parallel to the line."""
    along = (fixed * line).sum(axis=1)
    reach = (moved * moved).sum(axis=1) - (fixed * fixed).sum(axis=1) + along**2
    length = along + np.sqrt(np.maximum(reach, 0))
    return _between(moved, length[:, None] * line - fixed)


def _between(starts: np.ndarray, ends: np.ndarray) -> Rotation:
    """Smallest rotation from each start to its end vector; the identity if either is zero."""
    starts, ends = unit(starts), unit(ends)
    axis, cos = np.cross(starts, ends), (starts * ends).sum(axis=-1, keepdims=True)
    sin = np.linalg.norm(axis, axis=-1, keepdims=True)
    # Opposite vectors occur only in damaged poses; they are not rotated.
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


# Segments from the middle of the hips along the spine joints to the middle of the collars, and from
# the collars to the shoulders [m].
_SEGMENTS_M = np.diff(
    [_middle_m("hip"), *(REST_JOINTS_M[JOINT[name]] for name in SPINE), _middle_m("collar")],
    axis=0,
)
_COLLARS_M = {
    f"{side}_collar": REST_JOINTS_M[JOINT[f"{side}_shoulder"]]
    - REST_JOINTS_M[JOINT[f"{side}_collar"]]
    for side in ("left", "right")
}
_HIPS_TO_SHOULDERS_M = _middle_m("shoulder") - _middle_m("hip")
