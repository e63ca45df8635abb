"""Motion to a radar dataset: `python -m builders.amass --out synth.zarr`.

Without a source it performs the built-in activities with the free body. With `--amass` and
`--body-models` it reads AMASS, and with `--motions` any motion files.
"""

import argparse
import sys
from collections.abc import Sequence

from builders.building.cli_options import (
    add_clip_options,
    add_simulation_options,
    add_store_options,
    add_text_options,
    count,
    recipe_table,
)

EXAMPLES = """
examples:
  python -m builders.amass --out synth.zarr
      built-in activities, free body: needs nothing but this package
  python -m builders.amass --out walk.zarr --motions walk.bvh
      your own motion file
  python -m builders.amass --out amass.zarr --amass AMASS --body-models models --dry-run
      what AMASS would yield; leave out --dry-run to build it
  python -m builders.amass --out hall.zarr --recipe hall.toml
      settings from a file; so does --recipe synth.zarr, from a store
  python -m builders.amass --out synth.zarr --dca1000 board
      its clips as DCA1000 files beside it, too
  python -m builders.amass --out wide.zarr --distance-m 2:5 --heading-deg=-180:180 --placements 4
      four placements of each clip, drawn from ranges

The same command goes on where a stopped one left off.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status.

    0: clips were made. 1: some shards are unfinished. 2: none could be made, or the request cannot
    be carried out. 130: stopped from the keyboard.
    """
    options = _parser().parse_args(arguments)
    if not (options.out or options.dry_run):
        _parser().error("--out is needed: the folder to write, such as --out synth.zarr")
    # Late: they take seconds to import, and --help need not wait.
    from builders.building.recipe_loading import merged, starting_table
    from builders.building.simulated_dataset import run
    from radarsim.errors import InputError

    try:
        table, where = starting_table(options)
        table = merged(table, recipe_table(vars(options)))
        if options.dca1000 and not options.dry_run:
            from builders.building.dca1000_export import keep_codes, write_clips

            keep_codes(table)
            return run(options, table, where) or 2 * (not write_clips(options.out, options.dca1000))
        return run(options, table, where)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the shards that are done", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.amass",
        usage="python -m builders.amass --out STORE [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_source_options(parser)
    add_text_options(parser)
    add_store_options(parser)
    parser.add_argument(
        "--dca1000", metavar="DIR", help="clips as the board's .bin files, too: builders.dca1000"
    )
    add_clip_options(parser)
    add_simulation_options(parser)
    return parser


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sources", "none given: the built-in activities")
    group.add_argument("--amass", metavar="DIR", help="AMASS as published, any part of its tree")
    group.add_argument(
        "--motions",
        nargs="+",
        default=(),
        metavar="FILE_OR_DIR",
        help="AMASS-like .npz and .bvh files; a folder within is one person",
    )
    group.add_argument(
        "--body-models",
        metavar="DIR",
        help="SMPL, SMPL-H or SMPL-X models (default: the free body that comes along)",
    )
    group.add_argument(
        "--takes",
        type=count,
        metavar="N",
        help="built-in performances: activities in turn, each by the next subject (24)",
    )
    group.add_argument("--subjects", type=count, metavar="N", help="built-in people (4)")


if __name__ == "__main__":
    sys.exit(main())
