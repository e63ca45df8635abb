"""Export clips as DCA1000 captures: `python -m builders.dca1000 synth.zarr --out DIR`.

Writes the IF samples of each clip as a .bin file in the format of the DCA1000 capture card, the
radar configuration as radar.toml and radar.mmwave.json (mmWave Studio format), and the labels as
labels.csv, which builders.recordings reads.
"""

import argparse
import sys
from collections.abc import Sequence

from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.dca1000 synth.zarr --out board
      export every clip; the store must contain IF samples (builders.amass --if-cubes on)
  python -m builders.dca1000 synth.zarr --out board --clip 0:10 --iq-order q_first
  python -m builders.recordings --captures board --labels board/labels.csv --out again.zarr \\
      --radar board/radar.toml
      convert the captures back to a store

exit status: 0 captures written, 2 invalid request
"""


@exit_status("run the same command again; incomplete captures are replaced")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return exit status 0 if captures were written, 2 for an invalid request."""
    options = make_parser().parse_args(arguments)
    # Imported late: these modules take seconds to load, and --help should not wait for them.
    from builders.building.dca1000_export import export_clips

    count = export_clips(options.store, options.out, options.clip, options.iq_order)
    print(f"{options.out}: {count} captures, radar.toml, radar.mmwave.json and labels.csv written")
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.dca1000",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "store", type=path_argument, metavar="STORE", help="store written by radarsim dataset"
    )
    parser.add_argument(
        "--out", type=path_argument, required=True, metavar="DIR", help="output folder"
    )
    parser.add_argument(
        "--clip",
        nargs="+",
        default=["all"],
        metavar="CLIP",
        help="clips to export: rows, ids or ranges such as 0:10 (default: all)",
    )
    parser.add_argument(
        "--iq-order",
        choices=("i_first", "q_first"),
        default="i_first",
        help="order of I and Q: i_first as set by mmWave Studio (default), q_first as by the "
        "mmWave SDK",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
