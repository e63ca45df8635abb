"""Parser of BVH text: skeleton, channels and channel values. This module opens no files.

The rotation of a joint is the product of its rotation channels from left to right (intrinsic
rotations), R = R_first R_second R_third; a position channel replaces that component of the joint's
OFFSET.

Source:
    Meredith, Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.motion import MAX_RATE_HZ, MIN_RATE_HZ

# Text and rotations of a pose need about twenty times the memory of its numbers: 50 MB per chunk.
_POSES_PER_CHUNK = 4096
_CHANNEL = re.compile(r"([XYZ])(position|rotation)", re.IGNORECASE)


@dataclass
class BvhClip:
    """Contents of a BVH file, in its own unit and axes.

    Attributes:
        names: of each joint, in file order; an end site has an empty name.
        parents: index of each joint's parent, -1 for the root.
        offsets: from the parent in the rest pose.
        channels: of each joint, as ("X", "rotation") pairs.
        values: one row of channel values per pose; rotations in degrees.
        rate_hz: poses per second.
        in_use: whether a channel is nonzero in any pose of the file; None: derived from `values`.
    """

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, ...]] = field(default_factory=list)
    channels: list[list[tuple[str, str]]] = field(default_factory=list)
    values: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    rate_hz: float = 0.0
    in_use: np.ndarray | None = None

    @property
    def num_channels(self) -> int:
        return sum(len(channels) for channels in self.channels)

    def chunks(self, poses: int | None = None) -> Iterator["BvhClip"]:
        """The clip in chunks of consecutive poses; each keeps `in_use` of the whole clip."""
        poses = poses or _POSES_PER_CHUNK
        in_use = self.values.any(axis=0)
        for first in range(0, len(self.values), poses):
            yield replace(self, values=self.values[first : first + poses], in_use=in_use)

    def local_motion(self) -> tuple[np.ndarray, list[Rotation]]:
        """Offset [pose, joint, 3] and rotation of every joint relative to its parent."""
        num_poses = len(self.values)
        in_use = self.values.any(axis=0) if self.in_use is None else self.in_use
        offsets = np.tile(np.array(self.offsets), (num_poses, 1, 1))
        rotations, first = [], 0
        for joint, channels in enumerate(self.channels):
            columns = self.values[:, first : first + len(channels)]
            used = in_use[first : first + len(channels)]
            first += len(channels)
            axes = "".join(axis for axis, kind in channels if kind == "rotation")
            rotation_columns = [i for i, (_, kind) in enumerate(channels) if kind == "rotation"]
            angles = columns[:, rotation_columns] if axes else np.zeros((num_poses, 1))
            rotations.append(Rotation.from_euler(axes or "X", angles, degrees=True))
            for i, (axis, kind) in enumerate(channels):
                # Some programs write zeros to the position channels of all joints except the root.
                if kind == "position" and (self.parents[joint] < 0 or used[i]):
                    offsets[:, joint, "XYZ".index(axis)] = columns[:, i]
        return offsets, rotations


def read_clip(text: str, where: str) -> BvhClip:
    """Parse BVH text.

    Args:
        text: the whole file.
        where: its path, for messages.

    Returns:
        Skeleton and channel values.

    Raises:
        InputError: with the number of the line that is wrong.
    """
    lines = _Lines(text, where)
    clip = BvhClip()
    lines.expect("HIERARCHY")
    _read_joints(lines, clip)
    lines.expect("MOTION")
    num_poses = lines.value_after("Frames:", int)
    frame_time_s = lines.value_after("Frame Time:", float)
    if not 1 / MAX_RATE_HZ <= frame_time_s <= 1 / MIN_RATE_HZ:
        lines.fail(
            f"Frame Time {frame_time_s:g} s, limits {1 / MAX_RATE_HZ:g} to {1 / MIN_RATE_HZ:g} s"
        )
    clip.rate_hz = _round_rate(1 / frame_time_s)
    clip.values = _read_values(lines, num_poses, clip.num_channels)
    return clip


class _Lines:
    """Lines of the text with their numbers; braces are split off as lines of their own."""

    def __init__(self, text: str, where: str):
        self.where, self.number = where, 0
        self.raw = text.splitlines()
        self.pending: list[str] = []

    def peek(self) -> str:
        while not self.pending:
            if self.number == len(self.raw):
                self.fail("the file ends unexpectedly")
            self.pending = re.sub(r"([{}])", r"\n\1\n", self.raw[self.number]).split("\n")
            self.pending = [part.strip() for part in self.pending if part.strip()]
            self.number += 1
        return self.pending[0]

    def next(self) -> str:
        line = self.peek()
        del self.pending[0]
        return line

    def expect(self, keyword: str) -> None:
        line = self.next()
        if line.upper() != keyword:
            self.fail(f"'{keyword}' expected, found '{line[:40]}'")

    def value_after(self, label: str, kind: type):
        line = self.next()
        head, _, value = line.partition(":")
        if "".join(head.upper().split()) + ":" != "".join(label.upper().split()):
            self.fail(f"'{label}' expected, found '{line[:40]}'")
        return self.numbers(value, 1, kind)[0]

    def numbers(self, text: str, count: int, kind: type = float) -> list:
        try:
            values = [kind(value) for value in text.split()]
        except ValueError:
            values = []
        if len(values) != count:
            self.fail(f"{count} numbers expected, found '{text.strip()[:40]}'")
        return values

    def fail(self, problem: str) -> None:
        raise InputError(self.where, f"line {self.number}", problem, "export the file as BVH again")


def _read_joints(lines: _Lines, clip: BvhClip) -> None:
    open_joints = []
    while True:
        line = lines.next()
        keyword, _, rest = line.partition(" ")
        keyword = keyword.upper()
        if keyword in ("ROOT", "JOINT", "END"):
            if (keyword == "ROOT") != (not open_joints):
                lines.fail(f"'{line[:40]}' is in the wrong place")
            clip.names.append("" if keyword == "END" else rest.strip())
            clip.parents.append(open_joints[-1] if open_joints else -1)
            clip.offsets.append((0.0, 0.0, 0.0))
            clip.channels.append([])
            open_joints.append(len(clip.names) - 1)
            lines.expect("{")
        elif keyword == "OFFSET" and open_joints:
            clip.offsets[open_joints[-1]] = tuple(lines.numbers(rest, 3))
        elif keyword == "CHANNELS" and open_joints:
            clip.channels[open_joints[-1]] = _channels(lines, rest)
        elif keyword == "}" and open_joints:
            open_joints.pop()
            if not open_joints:
                break
        else:
            lines.fail(f"'{line[:40]}' is not part of a skeleton")
    if lines.peek().upper().startswith("ROOT"):
        lines.fail("a second skeleton; only one subject per file is supported")


def _channels(lines: _Lines, text: str) -> list[tuple[str, str]]:
    count, *names = text.split() or [""]
    found = [_CHANNEL.fullmatch(name) for name in names]
    if not count.isdigit() or int(count) != len(names) or not all(found):
        lines.fail(f"CHANNELS '{text[:60]}' is not a count and as many channel names")
    channels = [(match[1].upper(), match[2].lower()) for match in found]
    axes = "".join(axis for axis, kind in channels if kind == "rotation")
    if len(axes) > 3 or any(a == b for a, b in itertools.pairwise(axes)):
        lines.fail(f"CHANNELS rotate about {axes}, which is not an Euler order")
    return channels


def _read_values(lines: _Lines, num_poses: int, num_channels: int) -> np.ndarray:
    first = lines.number
    rows = [(first + 1 + i, row) for i, row in enumerate(lines.raw[first:]) if row.strip()]
    for lines.number, row in rows:
        if (width := len(row.split())) != num_channels:
            lines.fail(f"{width} values, but the skeleton has {num_channels} channels")
    if len(rows) != num_poses:
        raise InputError(
            lines.where,
            "Frames",
            f"is {num_poses}, but {len(rows)} rows follow",
            "correct the count or copy the file again",
        )
    if num_poses < 2:
        problem = f"{num_poses} poses, but a motion needs at least 2"
        raise InputError(lines.where, "Frames", problem, "give a longer recording")
    values = np.empty((num_poses, num_channels))
    for start in range(0, num_poses, _POSES_PER_CHUNK):
        some = rows[start : start + _POSES_PER_CHUNK]
        values[start : start + len(some)] = _parsed(lines, some, num_channels)
    return values


def _parsed(lines: _Lines, rows: list[tuple[int, str]], num_channels: int) -> np.ndarray:
    try:
        return np.array([row.split() for _, row in rows], dtype=np.float64)
    except ValueError:
        pass
    for lines.number, row in rows:
        lines.numbers(row, num_channels)
    raise AssertionError("a row that NumPy cannot read must fail above")


def _round_rate(rate_hz: float) -> float:
    """The rate, rounded: frame times have six digits, so 0.008333 s means 120 Hz."""
    whole = round(rate_hz)
    return float(whole) if abs(rate_hz - whole) < 1e-3 * rate_hz else rate_hz
