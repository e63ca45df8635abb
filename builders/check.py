"""Integrity check of a store: `python -m builders.check synth.zarr`.

Verifies the checksum of every file, the schema of arrays and tables, and the physical range of the
values, detects subjects or motions that occur in two splits, and lists clips that failed in the
build with their causes. --rebuild simulates clips again from the store's recipe and compares all
values.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from builders.building.source_options import add_motion_paths
from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.check synth.zarr
  python -m builders.check synth.zarr --rebuild 3
      simulate row 3 again and compare it; a clip id, a range such as 0:10, or all also work
  python -m builders.check amass.zarr --rebuild 0 --amass AMASS --body-models models
      a store contains no motion files or body models, so give the paths used for its build

exit status: 0 no problem found, 1 problems found, 2 the store could not be checked
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 for a valid store, 1 for problems, 2 if the check cannot run."""
    options = make_parser().parse_args(arguments)
    found = _check(options)
    for line in found[: options.max_lines]:
        print(line)
    if len(found) > options.max_lines:
        print(f"... and {len(found) - options.max_lines} more")
    return 1 if found else 0


def _check(options: argparse.Namespace) -> list[str]:
    from tqdm import tqdm

    from pipelines.store_checks import find_problems
    from pipelines.store_reader import Store

    store = Store(options.store)
    bar = partial(tqdm, desc="reading clips", unit="clip", disable=options.quiet, leave=False)
    found = find_problems(store, bar)
    if not found:
        _print_failures(store, options.max_lines)
    if options.rebuild and not found:
        found = _rebuilt(store, options)
    if not found:
        clips = f"{store.num_clips} clip{'s' * (store.num_clips != 1)}"
        size = f"{clips}, {len(store.checksums)} files"
        print(f"{options.store}: no problems found ({size})")
    return found


def _print_failures(store, max_lines: int) -> None:
    """Print the causes of the clips that failed when the store was built."""
    from pipelines.failed_clips import failed_clips

    notes = failed_clips(store)
    for note in notes[:max_lines]:
        print(f"failed: {note.line}")
    if notes:
        print(f"{notes[0].cause}: {len(notes)} of {store.num_clips}")


def _rebuilt(store, options: argparse.Namespace) -> list[str]:
    """Simulate the clips given by --rebuild again; return one line per difference."""
    from builders.building.rebuild import rebuild
    from builders.sources.motion_lookup import MotionPaths
    from pipelines.bundled_rooms import other_text_note

    paths = MotionPaths(
        amass=options.amass, motions=tuple(options.motions), body_models=options.body_models
    )
    if note := other_text_note(store.recipe.room):
        print(f"note: {note} for the clips that are simulated again")
    found = []
    for row in store.rows(options.rebuild):
        lines = rebuild(store, row, paths)
        if not lines:
            print(f"{store.clips[row].id}: reproduced, all values are identical")
        found += [f"{options.store}: {store.clips[row].id}: {line}" for line in lines]
    return found


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.check",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", type=path_argument, help="store to check (folder or URL)")
    parser.add_argument(
        "--rebuild",
        metavar="CLIP",
        help="clips to simulate again and compare: row, id, FIRST:END or all",
    )
    add_motion_paths(parser, "AMASS folder used for the build", "motion files used for the build")
    parser.add_argument(
        "--body-models", type=path_argument, metavar="DIR", help="body models used for the build"
    )
    parser.add_argument(
        "--max-lines",
        type=int,
        default=50,
        metavar="N",
        help="print at most N problems (default: %(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="hide the progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
