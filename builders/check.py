"""Whether a store is whole: `python -m builders.check synth.zarr`.

Compares every file with its checksum, arrays and tables with the schema, values with what is
physically possible, and looks for people or motions that are in two splits. With --rebuild it makes
clips once more, from the store's own recipe, and compares every value.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial

EXAMPLES = """
examples:
  python -m builders.check synth.zarr
  python -m builders.check synth.zarr --rebuild 3
      row 3, made again and compared; also a clip's id, a range such as 0:10, or all
  python -m builders.check amass.zarr --rebuild 0 --amass AMASS --body-models models
      a store keeps neither motion nor body: say where they lie

exit status: 0 all is well, 1 something is wrong, 2 it could not be checked
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 well, 1 wrong, 2 could not be checked."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    try:
        found = _check(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
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
    if options.rebuild and not found:
        found = _rebuilt(store, options)
    if not found:
        what = f"{store.num_clips} clips, {len(store.checksums)} files"
        print(f"{options.store}: all is well ({what})")
    return found


def _rebuilt(store, options: argparse.Namespace) -> list[str]:
    """Clips made again, as a worker would, and compared."""
    from builders.building.rebuild import rebuild
    from builders.sources.motion_lookup import Sources

    sources = Sources(
        amass=options.amass, motions=tuple(options.motions), body_models=options.body_models
    )
    found = []
    for row in store.rows(options.rebuild):
        lines = rebuild(store, row, sources)
        if not lines:
            print(f"{store.clips[row].id}: made again, every value is the same")
        found += [f"{options.store}: {store.clips[row].id}: {line}" for line in lines]
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.check",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", help="folder or URL that builders.amass wrote")
    parser.add_argument("--rebuild", metavar="CLIP", help="row, id, FIRST:END or all")
    parser.add_argument("--amass", metavar="DIR", help="as for the build")
    parser.add_argument("--motions", nargs="+", default=(), metavar="FILE_OR_DIR", help="likewise")
    parser.add_argument("--body-models", metavar="DIR", help="likewise")
    parser.add_argument("--max-lines", type=int, default=50, metavar="N", help="at most (50)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
