"""Find the first frame and the gaps of a `.bin` file, and describe them in notes for the user."""

import re
from pathlib import Path
from typing import NamedTuple

from radarsim.captures.aligned_words import AlignedWords
from radarsim.captures.alignment import Gap, Grid, find_gaps, missing_words
from radarsim.captures.bin_files import SPLIT_BYTES, preceding_parts
from radarsim.captures.capture_windows import ReadWords
from radarsim.captures.dca1000_codec import BYTES_PER_WORD, words_per_frame
from radarsim.captures.lost_packets import PACKET_WORDS
from radarsim.captures.plausibility import DISABLE_CHECK
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

# Maximum number of gaps that are described individually.
_MAX_LINES = 5


class AlignedFrames(NamedTuple):
    """Words from the first complete frame on, the number of words, and notes for the user."""

    read: ReadWords
    num_words: int
    notes: tuple[str, ...]


class _Start(NamedTuple):
    """Position of a file's first word within a frame (`offset`), and notes for the user."""

    offset: int
    notes: tuple[str, ...]


def align_frames(
    path: Path, radar: Radar, capture_format: CaptureFormat, read: ReadWords, num_words: int
) -> AlignedFrames:
    """Find where the frames of a file begin, and fill gaps with zeros.

    Args:
        path: the `.bin` file.
        radar: radar of the file, whose number of samples per chirp was confirmed by the data.
        capture_format: resolved word layout.
        read: function that returns the words of the file from one index up to, but excluding,
            another.
        num_words: number of words in the file.

    Raises:
        InputError: the file starts in the middle of a frame, at a position that cannot be
            determined.
    """
    frame_words = words_per_frame(radar, capture_format)
    grid = Grid(read, num_words, radar, capture_format)
    if not grid.calibrate(0):
        return AlignedFrames(read, num_words, _unclear_part(path, frame_words))
    start = _find_start(path, grid, frame_words)
    gaps = find_gaps(grid, start.offset)
    if not gaps and not start.offset:
        return AlignedFrames(read, num_words, start.notes)
    aligned = AlignedWords(read, num_words, start.offset, gaps, frame_words)
    lines = [_gap_note(aligned, gap, frame_words) for gap in gaps]
    if len(lines) > _MAX_LINES:
        more = f"warning: {len(lines) - _MAX_LINES:,} more gaps like these"
        lines = [*lines[:_MAX_LINES], more, *(lines[-1:] if not gaps[-1].missing else [])]
    return AlignedFrames(aligned.read, aligned.num_words, start.notes + tuple(lines))


def _gap_note(aligned: AlignedWords, gap: Gap, frame_words: int) -> str:
    frame = aligned.frame_before(gap.at, frame_words)
    place = f"warning: frame {frame:,}, byte {gap.at * BYTES_PER_WORD:,} of the file: "
    if not gap.missing:
        return place + "the frames from here on are not aligned and are ignored"
    packets, rest = divmod(gap.missing, PACKET_WORDS)
    size = f"{gap.missing * BYTES_PER_WORD:,} bytes"
    what = f"{size} are" if rest else f"{packets:,} packets ({size}) are"
    return (
        f"{place}{what} missing, without zeros in their place; the frames after it were shifted "
        "and are aligned again"
    )


def _find_start(path: Path, grid: Grid, frame_words: int) -> _Start:
    parts = preceding_parts(path)
    shift = grid.shift(0, 0)
    for offset in _expected_offsets(path, parts, frame_words):
        if offset and shift != 0 and grid.shift(0, offset) in (0, None):
            return _Start(offset, (_part_note(path, parts),))
    if shift in (0, None):
        whole = parts and not _words_in(parts) % frame_words
        return _Start(0, (_part_note(path, parts).removeprefix("warning: "),) if whole else ())
    return _start_by_packets(path, grid, shift)


def _unclear_part(path: Path, frame_words: int) -> tuple[str, ...]:
    """Note on a part of a recording in which the start of the frames cannot be found."""
    parts = preceding_parts(path)
    if not parts:
        return ()
    note = _part_note(path, parts)
    if not _words_in(parts) % frame_words:
        return (note.removeprefix("warning: "),)
    return (f"{note}; its frames were not aligned, because its echoes are too weak",)


def _expected_offsets(path: Path, parts: list[Path], frame_words: int) -> list[int]:
    """Possible positions within a frame at which a later part of a recording starts."""
    if parts:
        return [_words_in(parts) % frame_words]
    number = re.search(r"_(\d+)$", path.stem)
    count = int(number[1]) if number else 0
    return [count * SPLIT_BYTES // BYTES_PER_WORD % frame_words] if count else []


def _words_in(parts: list[Path]) -> int:
    return sum(part.stat().st_size for part in parts) // BYTES_PER_WORD


def _part_note(path: Path, parts: list[Path]) -> str:
    first = parts[0].name if parts else "a file that is not here"
    return (
        f"warning: {path.name} continues the recording that begins with {first}; it is read from "
        "its first complete frame on, where its time is 0"
        + (f"; open {first} to read the recording as one" if parts else "")
    )


def _start_by_packets(path: Path, grid: Grid, shift: int) -> _Start:
    """Find the start of a file whose first packets are missing because recording began late."""
    choices = missing_words(grid, shift)
    byte = shift * grid.shape.words_per_sample * BYTES_PER_WORD
    named_part = re.search(r"_[1-9]\d*$", path.stem)
    if choices[0] % PACKET_WORDS or (named_part and grid.shape.blocks_per_loop > 1):
        problem = f"starts within a frame: the first chirp of a receiver starts at byte {byte:,}"
        hint = "open the first file of the recording, with the others in its folder, "
        raise InputError(path, "file", problem, hint + DISABLE_CHECK)
    note = (
        f"warning: the file starts within a frame: byte {byte:,} starts the first chirp of a "
        f"receiver. Its first {choices[0] // PACKET_WORDS} packets are taken as missing, and it is "
        "read from its next frame on"
    )
    if len(choices) > 1:
        other = choices[1] // PACKET_WORDS
        note += f"; if {other} or more are missing, receivers or transmitters are exchanged"
    return _Start(choices[0], (note,))
