"""Convert UDP data packets of a DCA1000 in Ethernet frames to a byte stream with its gaps.

The board sends UDP packets to port 4098. Each packet holds a sequence number from 1 (32 bits) and
the number of bytes sent before this packet (48 bits), both little-endian, followed by at most 1456
bytes of samples. Packets may be lost or arrive out of order; their byte numbers give their
positions in the stream. This module opens no files.

Source:
    TI SPRUIJ4, "DCA1000EVM Data Capture Card User's Guide", section on the data packet format.
"""

import struct
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

DATA_PORT = 4098
PAYLOAD_BYTES = 1456
# The largest payload that fits an Ethernet frame.
_MOST_BYTES = 1472
HEADER_BYTES = 10
# Link layers of pcap: offset of the network layer, and offset of its type field.
_LINKS = {1: (14, 12), 113: (16, 14), 276: (20, 0), 101: (0, None), 12: (0, None)}
_VLAN, _IPV4, _UDP = (0x8100, 0x88A8), 0x0800, 17


class DataPacket(NamedTuple):
    """A packet: sequence number, position in the stream, offset and length of its samples."""

    sequence: int
    position: int
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PacketIndex:
    """File offsets of the packets of a stream, ordered by their position in the stream.

    Attributes:
        positions: position of each packet's first byte in the stream, increasing.
        lengths: number of sample bytes in each packet.
        offsets: file offset of each packet's first sample byte.
        notes: remarks for the user about reordered, duplicate and damaged packets.
    """

    positions: Int64[np.ndarray, " packet"]
    lengths: Int64[np.ndarray, " packet"]
    offsets: Int64[np.ndarray, " packet"]
    notes: tuple[str, ...]

    @property
    def end(self) -> int:
        """Length of the stream in bytes, lost bytes included."""
        return int((self.positions + self.lengths).max(initial=0))

    def gaps(self, first: int, stop: int) -> Int64[np.ndarray, "gap 2"]:
        """Intervals of lost bytes between two positions of the stream, as (start, stop)."""
        ends = np.concatenate([[first], np.maximum.accumulate(self.positions + self.lengths)])
        starts = np.concatenate([self.positions, [stop]])
        found = np.stack([np.maximum(ends, first), np.minimum(starts, stop)], axis=1)
        return found[found[:, 1] > found[:, 0]].astype(np.int64)


@dataclass(kw_only=True)
class _Stream:
    """State after the packets read so far: the index, and counts of irregular packets."""

    positions: array = field(default_factory=lambda: array("q"))
    lengths: array = field(default_factory=lambda: array("q"))
    offsets: array = field(default_factory=lambda: array("q"))
    last_sequence: int = 0
    last_end: int = 0
    late: int = 0
    damaged: int = 0
    truncated: int = 0


def read_packet(frame: bytes, link_type: int) -> DataPacket | None:
    """Read the data packet in a captured frame; None if the frame is anything else.

    Args:
        frame: captured bytes, possibly truncated.
        link_type: link layer (1 Ethernet, 113 and 276 Linux cooked, 101 and 12 plain IP).
    """
    if link_type not in _LINKS:
        return None
    network, type_at = _LINKS[link_type]
    if type_at is not None:
        kind = _big_endian(frame, type_at)
        while kind in _VLAN and link_type == 1:
            type_at, network = type_at + 4, network + 4
            kind = _big_endian(frame, type_at)
        if kind != _IPV4:
            return None
    if len(frame) < network + 20 or frame[network] >> 4 != 4 or frame[network + 9] != _UDP:
        return None
    if _big_endian(frame, network + 6) & 0x1FFF:  # a later fragment of a fragmented IP packet
        return None
    udp = network + (frame[network] & 15) * 4
    start = udp + 8 + HEADER_BYTES
    if len(frame) < start or _big_endian(frame, udp + 2) != DATA_PORT:
        return None
    sequence, low, high = struct.unpack_from("<IIH", frame, udp + 8)
    length = min(_big_endian(frame, udp + 4) - 8 - HEADER_BYTES, len(frame) - start)
    return DataPacket(sequence, low | high << 32, start, length) if length > 0 else None


def index_packets(frames: Iterable[tuple[int, int, bytes, int]]) -> PacketIndex:
    """Index the packets of the stream.

    Args:
        frames: (file offset, link type, captured bytes, length on the wire) in file order.

    Returns:
        The index of the first recording in the frames; empty if the frames contain no recording.
    """
    stream, notes = _Stream(), []
    for file_offset, link_type, frame, wire_length in frames:
        packet = read_packet(frame, link_type)
        if packet is None:
            continue
        if packet.sequence == 1 and stream.last_sequence > 1 and packet.position == 0:
            notes.append("another recording follows in the same file; it is ignored")
            break
        _add(stream, packet, file_offset, truncated=len(frame) < wire_length)
    order = np.argsort(np.array(stream.positions, np.int64), kind="stable")
    positions = np.array(stream.positions, np.int64)[order]
    kept = np.concatenate([[True], np.diff(positions) > 0]) if len(positions) else order > 0
    counts = (
        ("arrived out of order and was sorted", stream.late),
        ("arrived twice", len(positions) - int(kept.sum())),
        ("has an impossible byte number and was ignored", stream.damaged),
        ("was truncated by the capture", stream.truncated),
    )
    notes += [f"{count:,} of {len(order):,} packets {event}" for event, count in counts if count]
    return PacketIndex(
        positions=positions[kept],
        lengths=np.array(stream.lengths, np.int64)[order][kept],
        offsets=np.array(stream.offsets, np.int64)[order][kept],
        notes=tuple(notes),
    )


def _add(stream: _Stream, packet: DataPacket, file_offset: int, truncated: bool) -> None:
    """Add a packet to the index, unless its byte number contradicts its sequence number."""
    ahead = packet.sequence - stream.last_sequence
    if not _is_possible(ahead, packet.position - stream.last_end):
        stream.damaged += 1
        return
    stream.truncated += truncated
    stream.late += ahead < 0
    stream.positions.append(packet.position)
    stream.lengths.append(packet.length)
    stream.offsets.append(file_offset + packet.offset)
    if ahead > 0:
        stream.last_sequence = packet.sequence
        stream.last_end = packet.position + packet.length


def _is_possible(ahead: int, step: int) -> bool:
    """Whether a packet `ahead` sequence numbers later may start `step` bytes after the last."""
    if ahead <= 0:
        return -(1 - ahead) * _MOST_BYTES <= step < 0
    # Few of the intermediate packets carry less than the full payload.
    return (ahead - 1) * PAYLOAD_BYTES // 2 <= step <= (ahead - 1) * _MOST_BYTES


def _big_endian(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 2], "big")
