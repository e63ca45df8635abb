"""Read every input file in a folder and print the result for each.

    python -m tools.check_inputs FOLDER [--json]

Each line states the path of a file in the folder, the kind of file, "read" or "refused", and what
was inferred from the file or why it was rejected. "failed" marks an error that is not an
`InputError` and therefore indicates a bug in the program. Files of other types are only counted.
The exit status is 1 if any file failed, else 0.

To support another kind of file, add a `Reader` to `READERS`.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple


class Reader(NamedTuple):
    """Reader of the files of one kind.

    Attributes:
        kind: name of the kind, shown in the table.
        suffixes: suffixes of the file names, in lower case.
        read: function that reads and checks a file and returns remarks, one line each.
    """

    kind: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Sequence[str]]


@dataclass(frozen=True)
class Outcome:
    """Result of reading one file.

    Attributes:
        file: path relative to the folder.
        kind: kind of file, as stated by the reader.
        result: "read", "refused" or "failed".
        remarks: notes on a file that was read, or the reason why it was not read.
    """

    file: str
    kind: str
    result: str
    remarks: tuple[str, ...]


def read_motion(path: Path) -> Sequence[str]:
    """Read a motion in the same way as the builders.

    Args:
        path: a `.bvh` file, or an `.npz`, `.pkl`, `.npy` or `.pt` file of arrays.

    Returns:
        Remarks: number and rate of poses, then the notes of the reader.
    """
    from radarsim import files

    motion = files.read_motion(path)
    return (f"{motion.num_poses} poses at {motion.rate_hz:g} Hz", *motion.notes)


def read_radar(path: Path) -> Sequence[str]:
    """Read a radar configuration and verify it by separate formulas (see `check_radars`).

    Args:
        path: a TI, mmWave Studio or TOML configuration.

    Returns:
        Remarks: board, range resolution and maximum speed, then a note if the board is a guess.

    Raises:
        ArithmeticError: range resolution or maximum speed differs from the separate formulas.
    """
    from radarsim import files
    from tools.check_radars import read_row

    setup = files.load_setup(path)
    row = read_row(path)
    if row.outcome == "differs":
        raise ArithmeticError(row.text)
    return (row.text, *filter(None, (setup.board_guess,)))


READERS = (
    Reader("motion", (".bvh", ".npz", ".pkl", ".npy", ".pt"), read_motion),
    Reader("radar", (".cfg", ".lua", ".mmwave.json"), read_radar),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the folder named on the command line and print the table.

    Args:
        arguments: command line arguments; `sys.argv` by default.

    Returns:
        The exit status.
    """
    options = make_parser().parse_args(arguments)
    if not options.folder.exists():
        print(f"{options.folder}: path: does not exist; check the path", file=sys.stderr)
        return 2
    outcomes = []
    for outcome in check_folder(options.folder):
        outcomes.append(outcome)
        if not options.json:
            print(line_of(outcome), flush=True)
    print(_as_json(outcomes) if options.json else _summary(outcomes, _others(options.folder)))
    return int(any(outcome.result == "failed" for outcome in outcomes))


def check_folder(folder: Path) -> Iterator[Outcome]:
    """Read all files of known kinds, in the order of their paths.

    Args:
        folder: a folder with any subfolders, or one file.

    Yields:
        The outcome of each file.
    """
    for path, reader in _inputs(folder):
        if reader is not None:
            name = path.relative_to(folder) if path != folder else path.name
            yield check_file(path, str(name), reader)


def check_file(path: Path, name: str, reader: Reader) -> Outcome:
    """Read one file.

    Args:
        path: the file.
        name: name of the file in the table.
        reader: reader for files of its kind.

    Returns:
        The outcome, which may be an exception of the reader.
    """
    from radarsim.errors import InputError

    try:
        return Outcome(name, reader.kind, "read", tuple(reader.read(path)))
    except InputError as error:
        reason = f"{error.field}: {error.problem}; {error.hint}"
        return Outcome(name, reader.kind, "refused", (reason,))
    except Exception as error:  # a file that crashes its reader must also be listed
        return Outcome(name, reader.kind, "failed", (f"{type(error).__name__}: {error}",))


def line_of(outcome: Outcome) -> str:
    """Format one line of the table."""
    remarks = " ".join("; ".join(outcome.remarks).split())
    return f"{outcome.file}  {outcome.kind}  {outcome.result}  {remarks}"


def _inputs(folder: Path) -> Iterator[tuple[Path, Reader | None]]:
    """All files with their readers; the reader is None for files of other types."""
    if folder.is_file():
        yield folder, _reader_of(folder)
        return
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(parent, name), _reader_of(Path(name))


def _reader_of(path: Path) -> Reader | None:
    if path.name.startswith("."):
        return None
    return next((each for each in READERS if path.name.lower().endswith(each.suffixes)), None)


def _others(folder: Path) -> int:
    return sum(reader is None for _, reader in _inputs(folder))


def _summary(outcomes: list[Outcome], others: int) -> str:
    counts = Counter((outcome.kind, outcome.result) for outcome in outcomes)
    lines = []
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        results = (f"{counts[kind, result]} {result}" for result in ("read", "refused", "failed"))
        lines.append(f"{kind}: {', '.join(results)}")
    return "\n".join([*lines, f"{others} files of other types"])


def _as_json(outcomes: list[Outcome]) -> str:
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=1, ensure_ascii=False)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="tools.check_inputs", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with input files, or one file")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    return parser


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # before installed packages
    sys.exit(main())
