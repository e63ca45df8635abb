"""Captures give the same bytes and cubes as the library xwr, which records from TI boards."""

import struct

import numpy as np
import pytest

from tests.helpers.synthetic_captures import echo, random_codes, small_radar

pytest.importorskip("xwr", reason="the oracle xwr: pip install .[oracle]")
from xwr.capture.types import DataPacket as TheirPacket
from xwr.config import XWRConfig
from xwr.rsp.generic import iq_from_iiqq, iqiq_from_iiqq

from radarsim.captures.udp_packets import PAYLOAD_BYTES, read_packet
from radarsim.files import open_capture, write_capture
from tests.helpers.synthetic_packets import udp

# The library xwr supports only configurations in which all transmitters fire in order.
RADAR = small_radar(num_chirps=16, tx_order=(0, 1, 2), num_samples=64)


def their_shape():
    chirp = RADAR.chirp
    config = XWRConfig(
        device="AWR1843",
        frequency=77.0,
        idle_time=chirp.idle_time_s * 1e6,
        adc_start_time=chirp.adc_start_time_s * 1e6,
        ramp_end_time=chirp.ramp_end_time_s * 1e6,
        tx_start_time=1.0,
        freq_slope=chirp.slope_hz_per_s / 1e12,
        adc_samples=chirp.num_samples,
        sample_rate=4400,
        frame_length=RADAR.frame.num_chirps,
        frame_period=100.0,
    )
    return config.raw_shape


@pytest.mark.parametrize(("order", "swap"), [("q_first", False), ("i_first", True)])
def test_xwr_reads_the_cube_written_here(tmp_path, order, swap):
    path = tmp_path / "capture.bin"
    write_capture(path, echo(RADAR, 3), RADAR, iq_order=order)
    raw = np.fromfile(path, "<i2").reshape(-1, *their_shape())
    capture = open_capture(path, RADAR)
    assert capture.iq_order == order  # radarsim detects the I/Q order from the samples
    np.testing.assert_array_equal(capture.read(0, 3), iq_from_iiqq(raw, sample_swap=swap))


def test_codes_that_use_every_bit_are_the_same(tmp_path):
    path = tmp_path / "capture.bin"
    codes = random_codes(RADAR, 2)
    write_capture(path, codes, RADAR, iq_order="q_first")
    raw = np.fromfile(path, "<i2").reshape(-1, *their_shape())
    np.testing.assert_array_equal(iqiq_from_iiqq(raw), codes)


def test_packets_are_parsed_identically():
    payload = struct.pack("<IIH", 7, 6 * PAYLOAD_BYTES, 0) + bytes(range(200))
    theirs = TheirPacket.from_bytes(payload)
    frame = udp(payload)
    ours = read_packet(frame, 1)
    assert (ours.sequence, ours.position) == (theirs.sequence_number, theirs.byte_count)
    assert frame[ours.offset : ours.offset + ours.length] == bytes(theirs.data)
