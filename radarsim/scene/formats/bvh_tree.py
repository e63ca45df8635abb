"""A BVH skeleton as a tree: ancestors, paths, chains, and forward kinematics."""

import numpy as np
from scipy.spatial.transform import Rotation


def ancestors(parents: list[int], joint: int) -> list[int]:
    """List a joint and all its ancestors up to the root."""
    chain = []
    while joint >= 0:
        chain.append(joint)
        joint = parents[joint]
    return chain


def common_ancestor(parents: list[int], one: int, other: int) -> int:
    """The lowest joint that is an ancestor of two joints, or the root if no other joint is."""
    above = set(ancestors(parents, one)[1:])
    return next((joint for joint in ancestors(parents, other)[1:] if joint in above), 0)


def path(parents: list[int], start: int, end: int) -> tuple[int, ...]:
    """Joints on the path from the child of `start` (or of the common ancestor) to `end`."""
    above = set(ancestors(parents, start))
    return tuple(reversed([joint for joint in ancestors(parents, end) if joint not in above]))


def children_of(parents: list[int]) -> list[list[int]]:
    """Children of every joint, in file order."""
    children = [[] for _ in parents]
    for joint, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(joint)
    return children


def longest_chain(children: list[list[int]], lengths: np.ndarray, joint: int) -> list[int]:
    """Joints of the longest chain of bones that starts at a joint.

    Args:
        children: children of every joint.
        lengths: length of the bone from each joint's parent to the joint.
        joint: first joint of the chain.

    Returns:
        Joint indices, starting with `joint`.
    """
    reach, order = np.zeros(len(children)), [joint]
    for each in order:
        order.extend(children[each])
    for each in reversed(order):
        reach[each] = max((lengths[c] + reach[c] for c in children[each]), default=0)
    chain = [joint]
    while below := children[chain[-1]]:
        chain.append(max(below, key=lambda c: lengths[c] + reach[c]))
    return chain


def forward_kinematics(
    parents: list[int], offsets: np.ndarray, local: list[Rotation]
) -> tuple[np.ndarray, list[Rotation]]:
    """Positions [pose, joint, 3] and world rotations of all joints.

    Args:
        parents: parent of each joint; a parent precedes its children.
        offsets: offsets from the parent [pose, joint, 3].
        local: rotations of each joint relative to its parent at all poses.

    Returns:
        Positions, and for each joint its rotations at all poses.
    """
    positions, world = np.zeros(offsets.shape), []
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[:, joint], rotation = offsets[:, joint], local[joint]
        else:
            moved = world[parent].apply(offsets[:, joint])
            positions[:, joint] = positions[:, parent] + moved
            rotation = world[parent] * local[joint]
        world.append(rotation)
    return positions, world
