"""Parser of BVH text: skeleton, channels and channel values. This module opens no files.

The rotation of a joint is the product of its rotation channels from left to right (intrinsic
rotations), R = R_first R_second R_third; a position channel replaces the corresponding component of
the joint's OFFSET.

Source:
    Meredith, Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.formats import bvh_rows
from radarsim.scene.formats.bvh_words import BvhWords
from radarsim.scene.motion import MAX_RATE_HZ, MIN_RATE_HZ

_CHANNEL = re.compile(r"([XYZ])(position|rotation)", re.IGNORECASE)
_ONE_SUBJECT = "keep one ROOT and its columns, or export every subject as a file of its own"
_FRAME_TIME = "Frame Time is in seconds per pose"


@dataclass
class BvhClip:
    """Contents of a BVH file, in the unit and axes of the file.

    Attributes:
        names: name of each joint, in file order; end sites have an empty name.
        parents: index of each joint's parent, -1 for the root.
        offsets: offset of each joint from its parent in the rest pose.
        channels: channels of each joint; a channel is a pair such as ("X", "rotation").
        values: one row of channel values per pose; rotations in degrees.
        rate_hz: poses per second.
        in_use: whether a channel is nonzero in any pose of the file; if None, this is computed from
            `values`.
        notes: one line for each part of the file that the parser left out.
    """

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, ...]] = field(default_factory=list)
    channels: list[list[tuple[str, str]]] = field(default_factory=list)
    values: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    rate_hz: float = 0.0
    in_use: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def num_channels(self) -> int:
        return sum(len(channels) for channels in self.channels)

    def chunks(self, poses: int | None = None) -> Iterator["BvhClip"]:
        """Split the clip into chunks of consecutive poses, each with `in_use` of the whole clip."""
        poses = poses or bvh_rows.POSES_PER_CHUNK
        in_use = self.values.any(axis=0)
        for first in range(0, len(self.values), poses):
            yield replace(self, values=self.values[first : first + poses], in_use=in_use)

    def poses(self, chosen: np.ndarray | list[int]) -> "BvhClip":
        """Return a clip of selected poses, with `in_use` of the whole clip."""
        in_use = self.values.any(axis=0) if self.in_use is None else self.in_use
        return replace(self, values=self.values[chosen], in_use=in_use)

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
    """Parse BVH text; words may be separated by any white space.

    Args:
        text: text of the whole file.
        where: path of the file, used in messages.

    Returns:
        Skeleton and channel values; `notes` states which rows were not used.

    Raises:
        InputError: the text is invalid; the message contains the line number.
    """
    words = BvhWords(text, where)
    clip = BvhClip()
    words.expect("HIERARCHY")
    _read_joints(words, clip)
    words.expect("MOTION")
    num_poses = _pose_count(words)
    clip.rate_hz = _rate_hz(words)
    rows = bvh_rows.read_rows(words, num_poses, clip.num_channels)
    clip.values, clip.notes = rows.values, rows.notes
    return clip


def _read_joints(words: BvhWords, clip: BvhClip) -> None:
    open_joints = []
    while True:
        keyword = words.next().upper()
        if keyword in ("ROOT", "JOINT", "END"):
            if (keyword == "ROOT") != (not open_joints):
                words.fail_at_word("is in the wrong place")
            _add_joint(words, clip, keyword, open_joints)
        elif keyword == "OFFSET" and open_joints:
            clip.offsets[open_joints[-1]] = tuple(words.numbers(3))
        elif keyword == "CHANNELS" and open_joints:
            clip.channels[open_joints[-1]] = _channels(words)
        elif keyword == "}" and open_joints:
            open_joints.pop()
            if not open_joints:
                break
        else:
            words.fail_at_word("is not part of a skeleton")
    if words.peek().upper() == "ROOT":
        problem = "a second skeleton; only one subject per file is supported"
        words.fail(problem, _ONE_SUBJECT)


def _add_joint(words: BvhWords, clip: BvhClip, keyword: str, open_joints: list[int]) -> None:
    joint = len(clip.names)
    name = words.name() or f"joint{joint}"
    clip.names.append("" if keyword == "END" else name)
    clip.parents.append(open_joints[-1] if open_joints else -1)
    clip.offsets.append((0.0, 0.0, 0.0))
    clip.channels.append([])
    open_joints.append(joint)


def _channels(words: BvhWords) -> list[tuple[str, str]]:
    line, (count, *names) = words.number, words.arguments() or [""]
    found = [_CHANNEL.fullmatch(name) for name in names]
    if not count.isdigit() or int(count) != len(names) or not all(found):
        text = " ".join([count, *names])[:60]
        words.fail(f"CHANNELS '{text}' is not a count and as many channel names", line=line)
    channels = [(match[1].upper(), match[2].lower()) for match in found]
    axes = "".join(axis for axis, kind in channels if kind == "rotation")
    if len(axes) > 3 or any(a == b for a, b in itertools.pairwise(axes)):
        words.fail(f"CHANNELS rotate about {axes}, which is not an Euler order", line=line)
    return channels


def _pose_count(words: BvhWords) -> int:
    words.label("Frames:")
    count = words.number_of(words.next())
    if count < 0 or count % 1 != 0:  # NaN and infinity also satisfy this condition
        words.fail(f"Frames {count:g} is not a number of poses", "count the rows of numbers below")
    return int(count)


def _rate_hz(words: BvhWords) -> float:
    words.label("Frame Time:")
    word = words.next()
    frame_time_s = words.number_of(word, _FRAME_TIME)
    if not 1 / MAX_RATE_HZ <= frame_time_s <= 1 / MIN_RATE_HZ:
        limits = f"limits {1 / MAX_RATE_HZ:g} to {1 / MIN_RATE_HZ:g} s"
        words.fail(f"Frame Time {frame_time_s:g} s, {limits}", _frame_time_hint(frame_time_s))
    return _round_rate(1 / frame_time_s)


def _frame_time_hint(frame_time_s: float) -> str:
    """Hint for a frame time outside the limits: its probable unit, and the correct value."""
    if MIN_RATE_HZ <= frame_time_s <= MAX_RATE_HZ:
        # A non-integer such as 33.3 or 8.33 is a period in ms; an integer such as 30 is a rate.
        in_ms = frame_time_s != int(frame_time_s)
        instead_s = frame_time_s / 1000 if in_ms else 1 / frame_time_s
        if 1 / MAX_RATE_HZ <= instead_s <= 1 / MIN_RATE_HZ:
            unit = "milliseconds" if in_ms else "poses per second"
            return f"{_FRAME_TIME}; {frame_time_s:g} looks like {unit}: write {instead_s:.6g}"
    return f"{_FRAME_TIME}; if the recording has 30 poses per second, write 0.0333333"


def _round_rate(rate_hz: float) -> float:
    """Round the pose rate: frame times have six digits, so 0.008333 s means 120 Hz."""
    whole = round(rate_hz)
    return float(whole) if abs(rate_hz - whole) < 1e-3 * rate_hz else rate_hz
