"""Read packet captures: `.pcap` with either byte order and clock resolution, and `.pcapng`."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from radarsim.captures.dca1000_codec import BYTES_PER_WORD
from radarsim.captures.lost_packets import LostPackets
from radarsim.captures.udp_packets import DATA_PORT, PAYLOAD_BYTES, PacketIndex, index_packets
from radarsim.errors import InputError

# First bytes of a pcap file in each byte order, with time stamps of 1 us and 1 ns.
_PCAP = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
# Block types of pcapng.
_INTERFACE, _SIMPLE, _ENHANCED = 1, 3, 6
# Maximum size of a captured frame. No Ethernet link sends longer frames, so a longer record means
# that the file is damaged.
MAX_FRAME_BYTES = 1 << 18

Frames = Iterator[tuple[int, int, bytes, int]]


class PacketSource:
    """16-bit words of the stream in a packet capture; lost packets read as zeros."""

    def __init__(self, path: Path):
        self.path = path
        self._damage: list[str] = []
        with open(path, "rb", buffering=1 << 20) as file:
            self.index = index_packets(self._frames(file))
        if not len(self.index.positions):
            damage = f" ({self._damage[0]})" if self._damage else ""
            problem = f"holds no DCA1000 data (UDP to port {DATA_PORT}){damage}"
            raise InputError(path, "packets", problem, "capture while the sensor is running")
        self.first_byte = 0
        self.notes = self.index.notes + tuple(self._damage)

    def align(self, frame_bytes: int) -> None:
        """Skip the bytes before the first complete radar frame in the capture."""
        seen = int(self.index.positions[0])
        self.first_byte = -(-seen // frame_bytes) * frame_bytes
        if seen:
            frames = self.first_byte // frame_bytes
            self.notes += (f"the capture starts late: the first {frames:,} frames are missing",)

    @property
    def num_words(self) -> int:
        """Number of 16-bit words in the stream, including lost words."""
        return max(0, self.index.end - self.first_byte) // BYTES_PER_WORD

    def lost_packets(self, per_frame: int) -> LostPackets:
        """Packets that were sent but not captured, and the radar frames affected.

        Args:
            per_frame: number of words per frame.
        """
        frame_bytes = per_frame * BYTES_PER_WORD
        whole = self.num_words // per_frame
        gaps = self.index.gaps(self.first_byte, max(self.index.end, self.first_byte))
        packets = int(np.sum(-(-(gaps[:, 1] - gaps[:, 0]) // PAYLOAD_BYTES)))
        frames: set[int] = set()
        gaps -= self.first_byte
        for start, stop in gaps.tolist():
            frames.update(range(start // frame_bytes, min((stop - 1) // frame_bytes + 1, whole)))
        runs = np.stack([gaps[:, 0] // BYTES_PER_WORD, -(-gaps[:, 1] // BYTES_PER_WORD)], axis=1)
        return LostPackets(packets, frozenset(frames), runs)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the words from index `start` up to `stop`."""
        first = self.first_byte + start * BYTES_PER_WORD
        return _read_stream(self.path, self.index, first, (stop - start) * BYTES_PER_WORD)

    def _frames(self, file: BinaryIO) -> Frames:
        magic = file.read(4)
        if magic in _PCAP:
            return self._pcap(file, _PCAP[magic])
        if magic == _PCAPNG:
            return self._pcapng(file)
        hint = "give a .pcap or .pcapng; raw .bin files have their own suffix"
        raise InputError(self.path, "file", "is not a packet capture", hint)

    def _pcap(self, file: BinaryIO, order: str) -> Frames:
        header = file.read(20)
        if len(header) < 20:
            self._damage.append("the file ends within its header")
            return
        link_type = struct.unpack(order + "HHiIII", header)[5] & 0xFFFF
        while len(head := file.read(16)) == 16:
            _, _, captured, wire = struct.unpack(order + "IIII", head)
            file_offset = file.tell()
            frame = file.read(captured) if captured <= MAX_FRAME_BYTES else b""
            if len(frame) < captured:
                self._damage.append(
                    f"damaged or truncated at byte {file_offset:,}; the rest is ignored"
                )
                return
            yield file_offset, link_type, frame, wire
        if head:
            self._damage.append("the file ends within a packet")

    def _pcapng(self, file: BinaryIO) -> Frames:
        file.seek(0)
        order, links = "<", []
        while len(head := file.read(8)) == 8:
            file_offset = file.tell()
            if head[:4] == _PCAPNG:  # a new section may have another byte order
                order, links = ("<" if file.read(4) == b"\x4d\x3c\x2b\x1a" else ">"), []
                file.seek(file_offset)
            kind, length = struct.unpack(order + "II", head)
            body = file.read(length - 8) if 12 <= length <= 2 * MAX_FRAME_BYTES else b""
            if len(body) < max(length - 8, 4):
                self._damage.append(
                    f"damaged or truncated at byte {file_offset:,}; the rest is ignored"
                )
                return
            if kind == _INTERFACE and len(body) >= 8:
                links.append(struct.unpack_from(order + "H", body)[0])
            elif kind == _ENHANCED and len(body) >= 20:
                number, _, _, captured, wire = struct.unpack_from(order + "IIIII", body)
                link = links[number] if number < len(links) else 1
                yield file_offset + 20, link, body[20 : 20 + captured], wire
            elif kind == _SIMPLE and len(body) >= 4:
                wire = struct.unpack_from(order + "I", body)[0]
                yield file_offset + 4, links[0] if links else 1, body[4:-4][:wire], wire


def _read_stream(path: Path, index: PacketIndex, first: int, num_bytes: int) -> np.ndarray:
    """Read the stream from byte position `first` on, as 16-bit words."""
    filled = np.zeros(num_bytes, np.uint8)
    stop = first + num_bytes
    low = max(0, int(np.searchsorted(index.positions, first, "right")) - 1)
    high = int(np.searchsorted(index.positions, stop, "left"))
    try:
        mapped = np.memmap(path, np.uint8, "r") if high > low else filled
    except (OSError, ValueError) as error:
        problem = f"can no longer be read ({error})"
        raise InputError(path, "file", problem, "open it again") from None
    for packet in range(low, high):
        begin = int(index.positions[packet])
        cut = max(0, first - begin)
        length = min(int(index.lengths[packet]), stop - begin) - cut
        if length > 0:
            offset = int(index.offsets[packet]) + cut
            at = begin + cut - first
            filled[at : at + length] = mapped[offset : offset + length]
    return filled.view("<i2").astype(np.int16, copy=False)
