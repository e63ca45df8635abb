"""Find the limbs of a skeleton with unknown joint names by hierarchy, bone lengths and posture.

The search looks for two pairs of mirrored joint chains: the legs branch off at the lower end of the
trunk, the arms at the upper end, and both pairs have human proportions. Left and right follow from
the joint names if the names state sides, otherwise from the direction in which feet and bent knees
point.
"""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from radarsim.scene.formats.bvh_joint_names import side_of
from radarsim.scene.formats.bvh_tree import ancestors, children_of, longest_chain

# Segment lengths as fractions of stature.
# Source: Winter, "Biomechanics and Motor Control of Human Movement", 4th ed., figure 4.1.
_THIGH, _SHANK, _UPPER_ARM, _FOREARM, _TRUNK = 0.245, 0.246, 0.186, 0.146, 0.288
_LEG, _ARM = _THIGH + _SHANK, _UPPER_ARM + _FOREARM
# Upper limits of |log(ratio / usual ratio)| for ratios of bone lengths; all tested skeletons with
# known joint names stay below half of these limits.
_MOST_UNEQUAL_SIDES, _MOST_UNUSUAL_BONES, _MOST_UNUSUAL_LIMBS = 0.35, 0.6, 0.7
_MAX_BRANCHES = 24  # Number of children compared per joint; only facial joints have more.
_USUALLY_SKIPPED = 0.7  # Hip or collar length, as a fraction of the limb length.
_MAX_CHAIN = 12  # Number of joints compared per chain, counted from the branch.
# Minimum ratio of the distance between two joints to the length of the chain between them at which
# the chain counts as straight.
_STRAIGHT = 0.97
# Minimum mean forward components of the foot direction, and of the knee bend as a fraction of the
# leg length, that determine left and right.
_CLEAR_FOOT, _CLEAR_KNEE = 0.3, 0.01


class Limb(NamedTuple):
    """A joint chain from a branch to its end, and the three joints at the ends of its two bones."""

    chain: tuple[int, ...]
    upper: int
    middle: int
    lower: int
    bones: tuple[float, float]
    unusual: float
    score: float

    @property
    def length(self) -> float:
        return sum(self.bones)


class Pair(NamedTuple):
    """Two limbs that mirror each other, and the joint at which they branch."""

    branch: int
    limbs: tuple[Limb, Limb]
    error: float


class Shape(NamedTuple):
    """Legs and arms; the first limb of each pair is the left limb."""

    legs: Pair
    arms: Pair
    sides_from: str


class UnknownShape(ValueError):
    """Raised if legs and arms, or left and right, cannot be identified."""


@dataclass(frozen=True)
class Tree:
    """The skeleton data from which the limbs are identified.

    Attributes:
        names: name of each joint; end sites have an empty name.
        parents: parent of each joint.
        lengths: length of the bone from each joint's parent to the joint.
        positions: positions of all joints in some poses of the clip [pose, joint, 3].
        skeleton: positions of all joints if all rotations are zero [joint, 3].
    """

    names: list[str]
    parents: list[int]
    lengths: np.ndarray
    positions: np.ndarray
    skeleton: np.ndarray


def find_shape(tree: Tree) -> Shape:
    """Find legs and arms and their sides.

    Args:
        tree: the skeleton.

    Returns:
        The limbs.

    Raises:
        UnknownShape: two pairs of limbs with human proportions, or their sides, were not found.
    """
    legs, arms = _legs_and_arms(tree)
    legs_order, arms_order = _named_order(tree, legs), _named_order(tree, arms)
    sides_from = "their names" if legs_order or arms_order else "the direction of feet and knees"
    legs_order = legs_order or (0.0 if arms_order else _forward(tree, legs, arms))
    if not legs_order and not arms_order:
        raise UnknownShape("left and right are not determined: no feet, and knees that never bend")
    parallel = (_across(tree, legs) * _across(tree, arms)).sum(axis=1).mean()
    legs = _ordered(legs, legs_order or arms_order * parallel)
    arms = _ordered(arms, arms_order or legs_order * parallel)
    return Shape(legs, arms, sides_from)


def _legs_and_arms(tree: Tree) -> tuple[Pair, Pair]:
    legs = _pairs(tree, _THIGH / _SHANK)
    arms = _pairs(tree, _UPPER_ARM / _FOREARM)
    found = [
        (_error(tree, leg, arm), leg, arm)
        for leg, arm in itertools.product(legs, arms)
        if leg.branch != arm.branch and not _overlap(tree, leg, arm)
    ]
    found = [each for each in found if np.isfinite(each[0])]
    if not found:
        raise UnknownShape("no pair of legs and pair of arms of human proportions")
    _, legs, arms = min(found, key=lambda each: each[0])
    return legs, arms


def _pairs(tree: Tree, ratio: float) -> list[Pair]:
    """All pairs of similar limbs that branch off at the same joint."""
    children, pairs = children_of(tree.parents), []
    for branch, below in enumerate(children):
        limbs = [
            _limbs(tree, longest_chain(children, tree.lengths, child), ratio)
            for child in below[:_MAX_BRANCHES]
        ]
        for one, other in itertools.combinations(limbs, 2):
            if best := _best_pair(branch, one, other):
                pairs.append(best)
    return pairs


def _best_pair(branch: int, one: dict[tuple, Limb], other: dict[tuple, Limb]) -> Pair | None:
    """Best pair of similar limbs with their three joints at the same positions along two chains."""
    best = None
    for places in sorted(one.keys() & other.keys()):
        limbs = (one[places], other[places])
        unequal = np.abs(np.log(np.divide(limbs[0].bones, limbs[1].bones))).max()
        score = sum(limb.score for limb in limbs) - 2 * unequal
        if unequal < _MOST_UNEQUAL_SIDES and (best is None or score > best[0]):
            error = sum(2 * limb.unusual for limb in limbs) + 2 * unequal
            best = score, Pair(branch, limbs, error)
    return best[1] if best else None


def _limbs(tree: Tree, chain: list[int], ratio: float) -> dict[tuple, Limb]:
    """All triples of joints of a chain that may form a limb, by their positions in the chain."""
    chain, limbs = chain[:_MAX_CHAIN], {}
    rigid, before = _rigid_lengths(tree, chain), np.cumsum(tree.lengths[chain])
    for places in itertools.combinations(range(len(chain)), 3):
        upper, middle, lower = places
        bones = (rigid[upper, middle], rigid[middle, lower])
        if min(bones) <= 0 or not tree.names[chain[middle]]:
            continue
        unusual = abs(np.log(bones[0] / bones[1] / ratio))
        skipped = max(0.0, before[upper] / sum(bones) - _USUALLY_SKIPPED)
        score = np.log(sum(bones)) - 3 * unusual - 2 * skipped
        if unusual < _MOST_UNUSUAL_BONES:
            joints = (chain[place] for place in places)
            limbs[places] = Limb(tuple(chain), *joints, bones, unusual, score)
    return limbs


def _rigid_lengths(tree: Tree, chain: list[int]) -> np.ndarray:
    """Distance between every two joints of a chain; zero if the chain bends between them.

    Joints at which the chain never bends, such as twist joints, are not anatomical joints. Knees
    and shoulders are recognised because the chain bends at these joints.
    """
    places = np.concatenate([tree.skeleton[None], tree.positions])[:, chain]
    along = np.cumsum(tree.lengths[chain])
    distances = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1)
    path = np.abs(along[:, None] - along)
    straight = distances.min(axis=0) > _STRAIGHT * path
    return np.where(straight, distances.mean(axis=0), 0.0)


def _error(tree: Tree, legs: Pair, arms: Pair) -> float:
    """Deviation of two pairs of limbs from human proportions; infinite above the limits."""
    leg, arm = (np.mean([limb.length for limb in pair.limbs]) for pair in (legs, arms))
    limbs = abs(np.log(arm / leg / (_ARM / _LEG)))
    trunk = _trunk_length(tree, legs, arms)
    trunk = abs(np.log(trunk / leg / (_TRUNK / _LEG))) if trunk > 0 else np.inf
    if limbs > _MOST_UNUSUAL_LIMBS or trunk > 2 * _MOST_UNUSUAL_LIMBS:
        return np.inf
    size = np.log(leg / tree.lengths.sum())  # prefers large limbs to fingers and faces
    return legs.error + arms.error + 2 * limbs + trunk - size + _upside_down(tree, legs, arms)


def _upside_down(tree: Tree, legs: Pair, arms: Pair) -> float:
    """Score for swapped legs and arms; normally the root is near the legs.

    The head normally branches off between the arms.
    """
    depth = len(ancestors(tree.parents, legs.branch)) - len(ancestors(tree.parents, arms.branch))
    evidence = 0.5 if depth > 0 else 0.0
    evidence += 0.5 if _has_head(tree, legs, arms) else 0.0
    return evidence + (0.0 if _has_head(tree, arms, legs) else 0.5)


def _has_head(tree: Tree, pair: Pair, other: Pair) -> bool:
    """Whether a third chain starts at the branch of a pair and does not lead to the other pair."""
    used = {limb.chain[0] for limb in pair.limbs} | set(ancestors(tree.parents, other.branch))
    below = [joint for joint, parent in enumerate(tree.parents) if parent == pair.branch]
    return any(joint not in used for joint in below)


def _trunk_length(tree: Tree, legs: Pair, arms: Pair) -> float:
    """Distance from the middle of the hips to that of the shoulders, averaged over the poses."""
    ends = [tree.positions[:, [l.upper for l in pair.limbs]].mean(axis=1) for pair in (legs, arms)]
    return float(np.linalg.norm(ends[1] - ends[0], axis=1).mean())


def _overlap(tree: Tree, one: Pair, other: Pair) -> bool:
    """Whether a limb of one pair branches off within a limb of the other."""
    for pair, others in ((one, other), (other, one)):
        above = set(ancestors(tree.parents, others.branch))
        if any(limb.chain[0] in above for limb in pair.limbs):
            return True
    return bool({l.chain[0] for l in one.limbs} & {l.chain[0] for l in other.limbs})


def _named_order(tree: Tree, pair: Pair) -> float:
    """Return 1 if joint names mark the first limb as left, -1 if the second, 0 if unknown."""
    one, other = (_named_side(tree, limb) for limb in pair.limbs)
    if one and one == other:
        raise UnknownShape(f"two limbs are called {one}")
    return {"left": 1.0, "right": -1.0}.get(one, {"left": -1.0, "right": 1.0}.get(other, 0.0))


def _named_side(tree: Tree, limb: Limb) -> str:
    sides = {side for joint in limb.chain if (side := side_of(tree.names[joint]))}
    if len(sides) > 1:
        found = ", ".join(tree.names[joint] for joint in limb.chain if tree.names[joint])
        raise UnknownShape(f"names of both sides in one limb ({found})")
    return sides.pop() if sides else ""


def _ordered(pair: Pair, order: float) -> Pair:
    return pair if order > 0 else pair._replace(limbs=pair.limbs[::-1])


def _across(tree: Tree, pair: Pair) -> np.ndarray:
    """Vector from the first joint of the second limb to that of the first limb, at all poses."""
    first, second = (tree.positions[:, limb.upper] for limb in pair.limbs)
    return first - second


def _forward(tree: Tree, legs: Pair, arms: Pair) -> float:
    """Direction of feet or knees if the first leg is left: 1 forward, -1 backward, 0 unclear."""
    ends = [tree.positions[:, [l.upper for l in pair.limbs]].mean(axis=1) for pair in (legs, arms)]
    ahead = _unit(np.cross(_across(tree, legs), ends[1] - ends[0]))
    feet, knees = [], []
    for limb in legs.limbs:
        hip, knee, ankle = (tree.positions[:, j] for j in (limb.upper, limb.middle, limb.lower))
        bend = (knee - (hip + ankle) / 2) / limb.length
        knees.append((bend * ahead).sum(axis=1).mean())
        rest = limb.chain[limb.chain.index(limb.lower) + 1 :]
        if rest:
            shank = _unit(ankle - knee)
            foot = tree.positions[:, rest[-1]] - ankle
            foot = foot - (foot * shank).sum(axis=1, keepdims=True) * shank
            feet.append((_unit(foot) * ahead).sum(axis=1).mean())
    foot, knee = (float(np.mean(values)) if values else 0.0 for values in (feet, knees))
    if abs(foot) > _CLEAR_FOOT:
        return float(np.sign(foot))
    return float(np.sign(knee)) if abs(knee) > _CLEAR_KNEE else 0.0


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
