"""Read I/Q samples from text: a header, one or more numbers per line, comments after `#`.

Numbers may be separated by spaces, commas, semicolons or tabs, and by line breaks: I and Q in two
columns and I and Q on alternating lines are the same series. Comment lines between the numbers, as
recorders write them before every frame, divide the series into blocks, which must have the same
length; an incomplete last block is dropped.
"""

from pathlib import Path

import numpy as np

from radarsim.captures.stored_arrays import StoredArray, as_complex
from radarsim.errors import InputError
from radarsim.paths import read_text

TEXT_SUFFIXES = (".txt", ".csv")
# Maximum size of a text file; a binary format suits larger recordings.
MAX_TEXT_BYTES = 1 << 28
_SEPARATORS = str.maketrans(",;\t", "   ")


def open_text(path: Path, axes: tuple[str, ...]) -> StoredArray:
    """Open a text file of numbers as an array with the named axes.

    Args:
        path: the file.
        axes: names of the axes: `frame` (one per block of the file; optional), `chirp`, and `iq`
            for I and Q in this order.

    Raises:
        InputError: a line contains anything other than numbers, the blocks differ in length, the
            number of values is odd, or `axes` contains other names than those above.
    """
    if tuple(axis for axis in axes if axis != "frame") not in (("chirp",), ("chirp", "iq")):
        problem = f"are {', '.join(axes)}; text contains one series of samples"
        raise InputError(path, "axes", problem, "give chirp,iq or frame,chirp,iq")
    blocks, notes = _whole_blocks(path, _blocks(path))
    per_sample = 2 if "iq" in axes else 1
    if blocks.shape[1] % per_sample:
        problem = f"has {blocks.shape[1]} values, an odd number, so I and Q are not in pairs"
        raise InputError(path, "file", problem, "remove the incomplete sample, or record again")
    shape = (len(blocks), -1) if "frame" in axes else (-1,)
    values = blocks.reshape(*shape, *((2,) if per_sample == 2 else ()))
    return StoredArray(
        path=str(path),
        name="",
        shape=values.shape,
        is_complex=False,
        read=lambda part: as_complex(values[part]),
        notes=notes,
    )


def _blocks(path: Path) -> list[tuple[int, list[float]]]:
    """Blocks of numbers between comment lines, each with the number of its first line."""
    blocks: list[tuple[int, list[float]]] = []
    is_new = True
    for number, line in enumerate(read_text(path, MAX_TEXT_BYTES).splitlines(), start=1):
        numbers, comment, _ = line.partition("#")
        words = numbers.translate(_SEPARATORS).split()
        is_header = not blocks and words and not _is_number(words[0])
        if not words or is_header:
            is_new = is_new or bool(comment)
            continue
        if is_new:
            blocks.append((number, []))
            is_new = False
        blocks[-1][1].extend(_numbers(path, number, words))
    if not blocks:
        hint = "give a text file of I and Q values"
        raise InputError(path, "file", "contains no numbers", hint)
    return blocks


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(path: Path, line: int, words: list[str]) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        problem = f"is {' '.join(words)[:40]!r}, not numbers"
        raise InputError(path, f"line {line}", problem, "put text after a #") from None
    if not np.all(np.isfinite(values)):
        problem = f"is {' '.join(words)[:40]!r}, not finite"
        raise InputError(path, f"line {line}", problem, "remove the damaged samples")
    return values


def _whole_blocks(path: Path, blocks) -> tuple[np.ndarray, tuple[str, ...]]:
    """Blocks of equal length [block, value], and a note if the last block is dropped."""
    length = len(blocks[0][1])
    notes: tuple[str, ...] = ()
    if len(blocks) > 1 and len(blocks[-1][1]) < length:
        notes = (f"the last block has {len(blocks[-1][1])} of {length} values and is ignored",)
        blocks = blocks[:-1]
    for line, values in blocks:
        if len(values) != length:
            problem = f"begins a block of {len(values)} values; the first block has {length}"
            hint = "values are missing: record again, or remove the damaged part"
            raise InputError(path, f"line {line}", problem, hint)
    return np.array([values for _, values in blocks], np.float32), notes
