"""Rows of channel values of a BVH file, one row per pose."""

from typing import NamedTuple, NoReturn

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_words import BvhWords

# Number of poses processed at a time. The text and rotations of a pose need about 20 times the
# memory of its numbers, so a chunk of poses needs 50 MB.
POSES_PER_CHUNK = 4096


class BvhRows(NamedTuple):
    """Channel values, one row per pose, and notes on rows that are not used."""

    values: np.ndarray
    notes: tuple[str, ...]


class _Rows(NamedTuple):
    """Text and line number of every pose, and the number of poses in the file."""

    rows: list[tuple[int, str]]
    in_file: int


def read_rows(words: BvhWords, num_poses: int, num_channels: int) -> BvhRows:
    """Read the rows of channel values after the header.

    A pose may be wrapped over lines, and a line may hold several poses. A line that holds parts of
    two poses is an error, because the rows then do not match the skeleton, unless the total number
    of values in the file is exactly as expected.

    Args:
        words: reader of the words of the file, positioned after the frame time.
        num_poses: number of poses that the file states.
        num_channels: number of channels of the skeleton.

    Returns:
        Values of the stated number of poses; surplus rows are reported in a note.

    Raises:
        InputError: a row has the wrong width, rows are missing, a word is not a number, or the file
            has no channels or fewer than two poses.
    """
    if not num_channels:
        words.fail("the skeleton has no channels, so it cannot move")
    rows, in_file = _rows_of_poses(words, num_poses, num_channels)
    if in_file < num_poses or num_poses < 2:
        _fail_at_count(words, num_poses, in_file)
    values = np.empty((num_poses, num_channels))
    for start in range(0, num_poses, POSES_PER_CHUNK):
        some = rows[start : start + POSES_PER_CHUNK]
        values[start : start + len(some)] = _parsed(words, some)
    surplus = in_file - num_poses
    note = f"Frames is {num_poses}, but {in_file} rows follow: the last {surplus} not used"
    return BvhRows(values, (note,) if surplus else ())


def _rows_of_poses(words: BvhWords, num_poses: int, num_channels: int) -> _Rows:
    """Collect one text per pose; lines after the stated number of poses are only counted."""
    rows, in_file, parts, width = [], 0, [], 0
    for number, row in words.rows():
        here = len(row.split()) if in_file < num_poses else num_channels
        if not parts and here % num_channels == 0:
            in_file += here // num_channels
            if len(rows) < num_poses:
                rows += _split(number, row, num_channels)
            continue
        parts, width = [*parts, (number, row)], width + here
        if width > num_channels:
            return _stream(words, num_poses, num_channels, parts)
        if width == num_channels:
            rows.append((parts[0][0], " ".join(text for _, text in parts)))
            in_file, parts, width = in_file + 1, [], 0
    if parts:
        _fail_at_width(words, parts[:1], num_channels)
    return _Rows(rows[:num_poses], in_file)


def _stream(words: BvhWords, num_poses: int, num_channels: int, parts: list) -> _Rows:
    """Read poses regardless of line breaks, if the total number of values is exactly right."""
    values = [(number, value) for number, row in words.rows() for value in row.split()]
    if len(values) != num_poses * num_channels:
        _fail_at_width(words, parts[:1], num_channels)
    rows = [values[first : first + num_channels] for first in range(0, len(values), num_channels)]
    texts = [(row[0][0], " ".join(value for _, value in row)) for row in rows]
    return _Rows(texts, num_poses)


def _split(number: int, row: str, num_channels: int) -> list[tuple[int, str]]:
    """Split a line into its poses."""
    values = row.split()
    if len(values) == num_channels:
        return [(number, row)]
    starts = range(0, len(values), num_channels)
    return [(number, " ".join(values[start : start + num_channels])) for start in starts]


def _fail_at_width(words: BvhWords, parts: list[tuple[int, str]], num_channels: int) -> NoReturn:
    (line, row), *_ = parts
    width = len(row.split())
    words.fail(f"{width} values, but the skeleton has {num_channels} channels", line=line)


def _fail_at_count(words: BvhWords, num_poses: int, in_file: int) -> NoReturn:
    if in_file != num_poses:
        problem = f"is {num_poses}, but {in_file} rows follow"
        hint = "correct the count or copy the file again"
    else:
        problem = f"{num_poses} poses, but a motion needs at least 2"
        hint = "give a longer recording"
    raise InputError(words.where, "Frames", problem, hint)


def _parsed(words: BvhWords, rows: list[tuple[int, str]]) -> np.ndarray:
    try:
        return np.array([row.split() for _, row in rows], dtype=np.float64)
    except ValueError:
        pass
    for words.number, row in rows:
        for word in row.split():
            words.number_of(word)
    raise AssertionError("a row that NumPy cannot read was accepted word by word")
