"""Captures on disk: `.bin` files and packet captures opened, `.bin` files written.

`files.open_capture` and `files.write_capture` are the doors to this room.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from radarsim.captures.capture import Capture
from radarsim.captures.dca1000_codec import (
    BYTES_PER_WORD,
    decode_words,
    encode_words,
    frame_arithmetic,
    from_complex,
    to_complex,
    words_per_frame,
)
from radarsim.captures.iq_order import IqOrder, find_iq_order
from radarsim.captures.plausibility import check_layout, check_samples, kind_of_bytes
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat, format_of_board
from radarsim.radar.config import Radar

PACKET_SUFFIXES = (".pcap", ".pcapng")
# Loops looked at to tell I from Q, and to see whether this is a capture at all.
_LOOK_LOOPS = 512
_LOOK_BYTES = 64 << 20
_LOOK_SAMPLES = 1 << 21
_TRUSTED = "noise"


def open_capture(
    path: str | Path, radar: Radar, capture_format: CaptureFormat | None, iq_order: str
) -> Capture:
    """See `files.open_capture`."""
    path = Path(path)
    layout = capture_format or format_of_board(radar.board)
    try:
        source = _open_source(path)
    except OSError as error:
        raise InputError(path, "file", f"cannot be read ({error.strerror})", "check it") from None
    per_frame = words_per_frame(radar, layout)
    source.align(per_frame * BYTES_PER_WORD)
    num_frames, notes = _whole_frames(path, source.num_words, radar, layout)
    look = max(1, min(num_frames, -(-_LOOK_LOOPS // radar.frame.num_chirps)))
    look = max(1, min(look, _LOOK_BYTES // (per_frame * BYTES_PER_WORD)))
    words = source.read(0, look * per_frame)
    notes += check_samples(str(path), words)
    check_layout(str(path), radar, layout, words)
    order, more = _choose_order(radar, layout, words, iq_order)
    return Capture(
        name=str(path),
        radar=radar,
        capture_format=layout,
        num_frames=num_frames,
        iq_order=order.order,
        iq_evidence=order.evidence,
        read_words=source.read,
        notes=source.notes + notes + more,
        recorded_losses=source.lost_packets(per_frame),
    )


def write_capture(
    path: str | Path, cube: np.ndarray, radar: Radar, capture_format: CaptureFormat, iq_order: str
) -> None:
    """See `files.write_capture`."""
    if np.iscomplexobj(cube):
        cube = from_complex(capture_format, np.asarray(cube, np.complex64))
    words = encode_words(radar, capture_format, np.asarray(cube, np.int16), iq_order)
    try:
        with open(path, "wb") as file:
            file.write(words.astype("<i2", copy=False).tobytes())
    except OSError as error:
        hint = "choose a folder that exists and has room"
        raise InputError(path, "file", f"cannot be written ({error.strerror})", hint) from None


class BinSource:
    """Words of a `.bin` file and those that go on where it ends.

    TI's tools begin a new file each GB: adc_data_Raw_0.bin, adc_data_Raw_1.bin and so on. Each
    read maps just what it needs, so memory stays flat.
    """

    def __init__(self, path: Path):
        self.path = path
        with open(path, "rb") as file:
            kind = kind_of_bytes(file.read(4096))
        if kind:
            hint = "give the .bin or .pcap that the DCA1000 recorded"
            raise InputError(path, "file", f"is no capture but {kind}", hint)
        self.files = parts_of(path)
        sizes = [file.stat().st_size for file in self.files]
        self.starts = [sum(sizes[:idx]) for idx in range(len(sizes))]
        self.num_bytes = sum(sizes)
        self.num_words = self.num_bytes // BYTES_PER_WORD
        self.notes: tuple[str, ...] = ()
        if len(self.files) > 1:
            self.notes += (f"goes on in {len(self.files) - 1} more files, read as one",)
        if self.num_bytes % BYTES_PER_WORD:
            odd = f"{self.num_bytes:,} bytes is an odd number; the last byte is left out"
            self.notes += (odd,)

    def align(self, frame_bytes: int) -> None:
        """A `.bin` starts with its first frame."""

    def read(self, start: int, stop: int) -> np.ndarray:
        """Words from one index to another."""
        first, last = start * BYTES_PER_WORD, stop * BYTES_PER_WORD
        pieces = [np.zeros(0, np.uint8)]
        for path, begin, end in zip(self.files, self.starts, [*self.starts[1:], self.num_bytes]):
            low, high = max(first, begin), min(last, end)
            if low < high:
                pieces.append(_mapped(path, low - begin, high - low))
        return np.concatenate(pieces).view("<i2").astype(np.int16, copy=False)

    def lost_packets(self, per_frame: int) -> None:
        """None: a `.bin` does not record losses; `Capture.lost_packets` searches for zeros."""


def parts_of(path: Path) -> list[Path]:
    """A capture's files: one, or ..._0.bin and those after it as long as their numbers follow."""
    stem = path.stem.removesuffix("_0")
    found = [path]
    while stem != path.stem:
        following = path.with_name(f"{stem}_{len(found)}{path.suffix}")
        if not following.is_file():
            break
        found.append(following)
    return found


def _mapped(path: Path, offset: int, num_bytes: int) -> np.ndarray:
    try:
        return np.memmap(path, np.uint8, "r", offset=offset, shape=(num_bytes,))
    except (OSError, ValueError) as error:
        problem = f"cannot be read any more ({error})"
        raise InputError(path, "file", problem, "open it again") from None


def _open_source(path: Path):
    if not path.exists():
        raise InputError(path, "file", "does not exist", "check the path")
    if not path.is_file():
        raise InputError(path, "file", "is no file", "give one .bin or .pcap")
    if path.stat().st_size == 0:
        raise InputError(path, "file", "is empty (0 bytes)", "record it again")
    if path.suffix.lower() in PACKET_SUFFIXES:
        from radarsim.captures.pcap_files import PacketSource

        return PacketSource(path)
    return BinSource(path)


def _whole_frames(path: Path, num_words: int, radar: Radar, layout: CaptureFormat):
    """How many whole frames there are, and a note where bytes are left over."""
    per_frame = words_per_frame(radar, layout)
    num_frames, rest = divmod(num_words, per_frame)
    sums = frame_arithmetic(radar, layout)
    num_bytes = num_words * BYTES_PER_WORD
    if num_frames == 0:
        problem = f"has {num_bytes:,} bytes, less than one frame: {sums}"
        raise InputError(path, "file", problem, "give the radar that recorded it, or record again")
    notes = ()
    if layout.num_frames and num_frames != layout.num_frames:
        notes = (f"holds {num_frames:,} frames; the board was told to send {layout.num_frames:,}",)
    if not rest:
        return num_frames, notes
    left = rest * BYTES_PER_WORD
    note = (
        f"{num_bytes:,} bytes = {num_frames:,} frames and {left:,} bytes of an incomplete one, "
        f"which is left out; a frame is {sums}"
    )
    return num_frames, (note, *notes)


def _choose_order(
    radar: Radar, layout: CaptureFormat, words: np.ndarray, wanted: str
) -> tuple[IqOrder, tuple[str, ...]]:
    """What was asked for, else the noise, else the configuration, else the energy of beats."""
    if layout.is_real:
        return IqOrder("i_first", "", "real samples: no Q, nothing to order"), ()
    if wanted != "auto":
        replace(layout, iq_order=wanted)  # refuses an unknown word
        return IqOrder(wanted, "", "as asked for"), ()
    codes = decode_words(radar, layout, words)
    cube = to_complex(layout, codes).reshape(-1, radar.num_virtual, radar.chirp.num_samples)
    loops = min(_LOOK_LOOPS, max(16, _LOOK_SAMPLES // cube[0].size))
    found = find_iq_order(cube[:loops])
    stated = layout.iq_order
    if stated == "auto" or found.order == stated:
        return found, ()
    if found.by != _TRUSTED:
        return IqOrder(stated, "", f"as the configuration says ({found.evidence})"), ()
    note = f"the configuration says {stated}, the samples say {found.order}: {found.evidence}"
    return found, (note,)
