"""Open a capture (`.bin` or packet capture) for reading, and write an IF cube to a `.bin` file.

The entry points are `files.open_capture` and `files.write_capture`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from radarsim.captures.bin_files import BinSource
from radarsim.captures.capture import Capture
from radarsim.captures.capture_windows import capture_windows
from radarsim.captures.chirp_length import check_chirp_length, check_repetition
from radarsim.captures.dca1000_codec import (
    BYTES_PER_WORD,
    encode_words,
    frame_arithmetic,
    from_complex,
    words_per_frame,
)
from radarsim.captures.frame_alignment import AlignedFrames, align_frames
from radarsim.captures.iq_choice import choose_iq_order
from radarsim.captures.plausibility import check_samples
from radarsim.captures.word_layout import check_layout
from radarsim.checks import check_choice, check_path, check_type
from radarsim.choices import IQ_ORDERS
from radarsim.cube_checks import checked_codes
from radarsim.errors import InputError
from radarsim.paths import existing_path, local_path
from radarsim.radar.capture_format import (
    CaptureFormat,
    check_captures_supported,
    format_of_board,
)
from radarsim.radar.radar import Radar

PACKET_SUFFIXES = (".pcap", ".pcapng")
# The checks use this number of loops from the start of a capture, but at most this number of bytes.
_CHECKED_LOOPS = 512
_CHECKED_BYTES = 64 << 20


def open_capture(
    path: str | Path, radar: Radar, capture_format: CaptureFormat | None, iq_order: str
) -> Capture:
    """Open a capture for reading; `files.open_capture` documents the arguments."""
    capture_format = capture_format or format_of_board(radar.board)
    _check_options("open_capture", capture_format, iq_order)
    path = existing_path(path, "file")
    try:
        source = _open_source(path)
    except OSError as error:
        raise InputError(path, "file", f"cannot be read ({error.strerror})", "check it") from None
    per_frame = words_per_frame(radar, capture_format)
    source.align(per_frame * BYTES_PER_WORD)
    num_frames, _ = _count_frames(path, source.num_words, radar, capture_format)
    words = source.read(0, _checked_frames(radar, per_frame, num_frames) * per_frame)
    notes = check_samples(str(path), words)
    windows = capture_windows(radar, capture_format, source.read, num_frames * per_frame)
    capture_format, more = check_layout(str(path), radar, capture_format, windows)
    check_repetition(str(path), radar, capture_format, words)
    length = check_chirp_length(str(path), radar, capture_format, windows, words)
    aligned = AlignedFrames(source.read, source.num_words, ())
    # The packets of a .pcap are numbered, so the gaps are known without a search.
    if length.confirmed and isinstance(source, BinSource):
        aligned = align_frames(path, radar, capture_format, source.read, source.num_words)
    num_frames, counted = _count_frames(path, aligned.num_words, radar, capture_format)
    words = aligned.read(0, _checked_frames(radar, per_frame, num_frames) * per_frame)
    order, asserted = choose_iq_order(radar, capture_format, words, iq_order)
    return Capture(
        name=str(path),
        radar=radar,
        capture_format=capture_format,
        num_frames=num_frames,
        iq_order=order.order,
        iq_evidence=order.evidence,
        read_words=aligned.read,
        notes=source.notes + counted + notes + more + length.notes + aligned.notes + asserted,
        recorded_losses=source.lost_packets(per_frame),
    )


def write_capture(
    path: str | Path, cube, radar: Radar, capture_format: CaptureFormat | None, iq_order: str
) -> None:
    """Write an IF cube to a `.bin` file; `files.write_capture` documents the arguments."""
    check_path("write_capture", "path", path)
    check_type("write_capture", "radar", radar, Radar, "give path, cube and a Radar in this order")
    check_captures_supported(radar.board)
    capture_format = capture_format or format_of_board(radar.board)
    _check_options("write_capture", capture_format, iq_order)
    cube = checked_codes("write_capture", radar, cube)
    if np.iscomplexobj(cube):
        cube = from_complex(capture_format, np.asarray(cube, np.complex64))
    order = capture_format.iq_order if iq_order == "auto" else iq_order
    order = "i_first" if order == "auto" else order
    words = encode_words(radar, capture_format, np.asarray(cube, np.int16), order)
    try:
        with open(local_path(path), "wb") as file:
            file.write(words.astype("<i2", copy=False).tobytes())
    except OSError as error:
        hint = "choose an existing folder on a disk with free space"
        raise InputError(path, "file", f"cannot be written ({error.strerror})", hint) from None


def _check_options(where: str, capture_format: CaptureFormat, iq_order: str) -> None:
    hint = "give load_setup(...).capture_format, or None for that of the radar's board"
    check_type(where, "capture_format", capture_format, CaptureFormat, hint)
    check_choice(where, "iq_order", iq_order, IQ_ORDERS)


def _open_source(path: Path):
    if not path.exists():
        raise InputError(path, "file", "does not exist", "check the path")
    if not path.is_file():
        raise InputError(path, "file", "is not a file", "give one .bin or .pcap")
    if path.stat().st_size == 0:
        raise InputError(path, "file", "is empty (0 bytes)", "record it again")
    if path.suffix.lower() in PACKET_SUFFIXES:
        from radarsim.captures.pcap_files import PacketSource

        return PacketSource(path)
    return BinSource(path)


def _checked_frames(radar: Radar, per_frame: int, num_frames: int) -> int:
    """Number of frames, from the start, that the checks and the I/Q detection use."""
    checked = max(1, min(num_frames, -(-_CHECKED_LOOPS // radar.frame.num_chirps)))
    return max(1, min(checked, _CHECKED_BYTES // (per_frame * BYTES_PER_WORD)))


class _FrameCount(NamedTuple):
    """Number of complete frames, and notes about incomplete or unexpected frames."""

    num_frames: int
    notes: tuple[str, ...]


def _count_frames(
    path: Path, num_words: int, radar: Radar, capture_format: CaptureFormat
) -> _FrameCount:
    per_frame = words_per_frame(radar, capture_format)
    num_frames, rest = divmod(num_words, per_frame)
    arithmetic = frame_arithmetic(radar, capture_format)
    num_bytes = num_words * BYTES_PER_WORD
    if num_frames == 0:
        problem = f"has {num_bytes:,} bytes, less than one frame: {arithmetic}"
        raise InputError(path, "file", problem, "give the radar that recorded it, or record again")
    notes: tuple[str, ...] = ()
    configured = capture_format.num_frames
    if configured and num_frames != configured:
        notes = (f"holds {num_frames:,} frames; the board was configured to send {configured:,}",)
    if rest:
        left = rest * BYTES_PER_WORD
        note = (
            f"{num_bytes:,} bytes = {num_frames:,} frames and {left:,} bytes of an incomplete one, "
            f"which is ignored; a frame is {arithmetic}"
        )
        notes = (note, *notes)
    return _FrameCount(num_frames, notes)
