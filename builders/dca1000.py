"""Clips of a store as files of the board: `python -m builders.dca1000 synth.zarr --out DIR`.

Writes each clip's IF samples as the .bin file that a DCA1000 would have recorded, the radar beside
them as radar.toml and radar.mmwave.json for tools that read mmWave Studio's files, and labels.csv,
which builders.recordings reads.
"""

import argparse
import sys
from collections.abc import Sequence

EXAMPLES = """
examples:
  python -m builders.dca1000 synth.zarr --out board
      every clip; the store must hold IF samples (builders.amass --if-cubes on)
  python -m builders.dca1000 synth.zarr --out board --clip 0:10 --iq-order q_first
  python -m builders.recordings --captures board --labels board/labels.csv --out again.zarr \\
      --radar board/radar.toml
      the way back

exit status: 0 written, 2 it cannot be done
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 written, 2 it cannot be done."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from builders.building.dca1000_export import write_clips
    from radarsim.errors import InputError

    try:
        count = write_clips(options.store, options.out, options.clip, options.iq_order)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out}: {count} captures with radar.toml, radar.mmwave.json and labels.csv")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.dca1000",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", metavar="STORE", help="what builders.amass wrote")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--clip",
        nargs="+",
        default=["all"],
        metavar="CLIP",
        help="rows, ids, or ranges such as 0:10 (default: all)",
    )
    parser.add_argument(
        "--iq-order",
        choices=("i_first", "q_first"),
        default="i_first",
        help="as mmWave Studio (i_first, default) or the SDK (q_first) sends them",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
