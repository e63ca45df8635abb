"""Synthetic DCA1000 packets and packet capture files."""

import struct

STEP = 1456


def udp(payload, port=4098, vlan=False):
    """Return an Ethernet frame that contains one UDP datagram."""
    datagram = struct.pack(">HHHH", 4098, port, 8 + len(payload), 0) + payload
    network = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, 1, 2)
    tag = b"\x81\x00\x00\x05" if vlan else b""
    return bytes(12) + tag + b"\x08\x00" + network + datagram


def packets_of(stream, **options):
    """Return the Ethernet frames of the DCA1000 packets that carry a byte stream, in order."""
    return [
        udp(struct.pack("<IIH", 1 + at // STEP, at, 0) + stream[at : at + STEP], **options)
        for at in range(0, len(stream), STEP)
    ]


def pcap(frames, order="<", magic=0xA1B2C3D4):
    """Return a `.pcap` file that contains the frames."""
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    records = [struct.pack(order + "IIII", 0, 0, len(each), len(each)) + each for each in frames]
    return head + b"".join(records)


def pcapng(frames, order="<"):
    """Return a `.pcapng` file that contains the frames."""

    def block(kind, body):
        body += bytes(-len(body) % 4)
        length = len(body) + 12
        return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)

    section = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack(order + "HHI", 1, 0, 65535))
    sizes = [struct.pack(order + "IIIII", 0, 0, 0, len(each), len(each)) for each in frames]
    return section + interface + b"".join(block(6, s + e) for s, e in zip(sizes, frames))
