"""Read marker files of the Track Row Column format (`.trc`) of Motion Analysis and OpenSim.

Source:
    OpenSim documentation, "Marker (.trc) Files".
"""

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import PointTable

_HINT = "export the file again, as OpenSim or Motion Analysis write it"


def table_from_trc(text: str, where: str) -> PointTable:
    """Parse the text of a file.

    Args:
        text: whole file.
        where: name of the file, used in messages.

    Raises:
        InputError: the header or a row does not follow the format.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 6 or not lines[0].startswith("PathFileType"):
        raise InputError(where, "PathFileType", "missing: this is not a TRC file", _HINT)
    header = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    try:
        rate_hz, unit = float(header["DataRate"]), header.get("Units", "")
    except (KeyError, ValueError):
        problem = f"DataRate is {header.get('DataRate', 'missing')}"
        raise InputError(where, "DataRate", problem, _HINT) from None
    names = tuple(name.strip() for name in lines[3].split("\t")[2:] if name.strip())
    first = next(
        (i for i, line in enumerate(lines[4:], 4) if line.split()[0].isdigit()), len(lines)
    )
    rows = [_row(line, len(names), where) for line in lines[first:]]
    if not rows or not names:
        raise InputError(where, "rows", "no markers or no rows", _HINT)
    return PointTable(np.array(rows), None, names, rate_hz, unit)


def _row(line: str, num_markers: int, where: str) -> np.ndarray:
    """Coordinates of all markers in a row [marker, 3]; empty columns are NaN."""
    words = line.split("\t")[2:]
    try:
        values = [float(word) if word.strip() else np.nan for word in words[: 3 * num_markers]]
    except ValueError as error:
        raise InputError(where, "rows", str(error), _HINT) from None
    values += [np.nan] * (3 * num_markers - len(values))
    return np.array(values).reshape(num_markers, 3)
