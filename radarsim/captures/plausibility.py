"""Check whether a file can be a capture, from its file type and the statistics of its words."""

import numpy as np
from jaxtyping import Int16

from radarsim.errors import InputError

DISABLE_CHECK = "or, if you are sure, set check = false under [capture]"
_MAGIC_BYTES = {
    b"PK": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a document",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"MATLAB": "a MATLAB file",
    b"\xd4\xc3\xb2\xa1": "a packet capture",
    b"\xa1\xb2\xc3\xd4": "a packet capture",
    b"\x4d\x3c\xb2\xa1": "a packet capture",
    b"\xa1\xb2\x3c\x4d": "a packet capture",
    b"\x0a\x0d\x0d\x0a": "a packet capture",
}
# A file is not a capture if the fraction of its words beyond +-16384 lies between these limits.
# Uniformly distributed 16-bit numbers have an rms of 18919, and half of them exceed +-16384.
_UNIFORM_SHARE = (0.45, 0.55)


def file_type_of(start: bytes) -> str:
    """Describe the file type that the first bytes indicate; "" for an unknown type."""
    for magic, description in _MAGIC_BYTES.items():
        if start.startswith(magic):
            return description
    printable = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in start)
    return "text" if len(start) >= 64 and printable == len(start) else ""


def check_samples(where: str, words: Int16[np.ndarray, " word"]) -> tuple[str, ...]:
    """Reject words that no receiver produces, and return notes about unusual words.

    Args:
        where: name of the file, for messages.
        words: a part of the capture.

    Returns:
        Notes for the user.

    Raises:
        InputError: the words are uniform over all 16 bits, as in compressed data.
    """
    if not np.any(words):
        return (f"the first {len(words):,} words are all zero",)
    spread = float(np.mean(np.abs(words.astype(np.int32)) >= 2**14))
    if len(words) >= 2048 and _UNIFORM_SHARE[0] < spread < _UNIFORM_SHARE[1]:
        problem = f"is not a capture: {spread:.0%} of its words exceed half of the full scale"
        hint = "ADC samples do not fill 16 bits uniformly; give the raw file of a DCA1000"
        raise InputError(where, "file", problem, hint)
    return ()
