"""A thousand random and damaged files: each file is read or raises a one-line error."""

import random

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import encode_words, from_complex, words_per_frame
from radarsim.errors import InputError
from radarsim.files import load_setup, open_capture
from radarsim.radar.boards import BOARDS
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.toml import dump_setup
from tests.helpers.synthetic_captures import echo, small_radar
from tests.helpers.synthetic_packets import packets_of, pcap, pcapng
from tests.helpers.ti_configurations import CFG, LOG, LUA, studio_json

RADAR = small_radar(num_chirps=4, num_samples=16)
FORMAT = CaptureFormat()
WORDS = encode_words(RADAR, FORMAT, from_complex(FORMAT, echo(RADAR, 20))).tobytes()
WHOLE = {
    ".bin": WORDS,
    ".pcap": pcap(packets_of(WORDS)),
    ".pcapng": pcapng(packets_of(WORDS)),
    ".cfg": CFG.encode(),
    ".mmwave.json": studio_json().encode(),
    ".txt": LOG.encode(),
    ".lua": LUA.encode(),
    ".toml": dump_setup(BOARDS["IWR1443BOOST"], CaptureFormat(lanes=4)).encode(),
}
CAPTURES = (".bin", ".pcap", ".pcapng")
TRIES = 130
UNUSUAL_BYTES = [
    b"nan",
    b"-1",
    b"1e999",
    b"0x",
    b"\x00",
    b'"',
    b"[",
    b"{}",
    b"=",
    b"\xff\xfe",
    b"9" * 40,
]


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """Return random bytes, or the file with parts deleted, duplicated or overwritten."""
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(3000))
    content = bytearray(whole)
    for _ in range(rng.randrange(1, 6)):
        at, size = rng.randrange(len(content) + 1), rng.randrange(1, 40)
        kind = rng.randrange(5)
        if kind == 0:
            content[at : at + size] = rng.randbytes(size)
        elif kind == 1:
            del content[at : at + size * 5]
        elif kind == 2:
            content[at:at] = content[at : at + size]
        elif kind == 3:
            content[at : at + rng.randrange(4)] = rng.choice(UNUSUAL_BYTES)
        else:
            del content[at:]
    return bytes(content)


@pytest.mark.parametrize("suffix", WHOLE)
def test_damaged_files_are_read_or_refused_in_one_line(tmp_path, suffix):
    rng = random.Random(suffix)
    path = tmp_path / f"a{suffix}"
    read, refusals = 0, []
    for _ in range(TRIES):
        path.write_bytes(damaged(WHOLE[suffix], rng))
        try:
            if suffix in CAPTURES:
                capture = open_capture(path, RADAR)
                cube = capture.read(0, min(2, capture.num_frames))
                assert np.all(np.isfinite(cube))
                assert capture.dropped_frames <= capture.num_frames
            else:
                setup = load_setup(path)
                assert words_per_frame(setup.radar, setup.capture_format) > 0
            read += 1
        except InputError as error:
            refusals.append(str(error))
    assert all(len(line.splitlines()) == 1 for line in refusals)
    # Some files are read and some are rejected, so the damage is neither too slight nor too severe.
    assert read
    assert refusals
