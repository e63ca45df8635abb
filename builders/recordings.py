"""Labelled captures to a radar dataset: `python -m builders.recordings`.

Reads DCA1000 recordings (.bin, .pcap, .pcapng), cuts their labelled stretches into clips and writes
the same store as `builders.amass` does, heatmaps made by the same code: what was learned from
simulation can be fine-tuned on it.
"""

import argparse
import sys
from collections.abc import Sequence

from builders.building.cli_options import count

EXAMPLES = """
labels: a CSV table; label or caption may be left out, empty times mean the whole capture
  file,label,caption,start_s,end_s,subject
  day1/walk.bin,walking,a person walks to the door,0,5,anna

examples:
  python -m builders.recordings --captures data --labels labels.csv --out real.zarr --radar my.toml
      one radar for all; .toml, TI .cfg, .mmwave.json, Studio log, or a board's name
  python -m builders.recordings --captures data --labels labels.csv --out real.zarr
      each capture's radar lies beside it: walk.bin and walk.toml, walk.cfg or walk.mmwave.json

exit status: 0 clips were made, 1 some shards are unfinished, 2 none could be made
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status, see `EXAMPLES`."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from builders.building.recorded_dataset import run
    from radarsim.errors import InputError

    try:
        return run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the shards that are done", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.recordings",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--captures", required=True, metavar="DIR", help="folder of the recordings")
    add("--labels", required=True, metavar="FILE", help="CSV table, see below")
    add("--out", required=True, metavar="STORE", help="folder or URL to write")
    add("--radar", metavar="FILE_OR_BOARD", help="of captures whose row names none")
    add("--iq-order", choices=("auto", "i_first", "q_first"), default="auto", help="told by data")
    add("--clip-seconds", type=float, metavar="S", help="length (default 5)")
    add("--stride-seconds", type=float, metavar="S", help="start to start (5)")
    add("--min-frames", type=count, metavar="N", help="shorter stretches are left out (30)")
    add("--window", choices=("paper", "burst"), help="of the heatmaps (paper)")
    add("--clutter", choices=("clip", "window", "none"), help="mean that is removed (clip)")
    add("--if-cubes", choices=("auto", "on", "off"), help="IF samples; auto: while under 2 GB")
    add("--validation-share", type=float, metavar="F", help="of the subjects (0.1)")
    add("--test-share", type=float, metavar="F", help="of the subjects (0.1)")
    add("--limit", type=count, metavar="N", help="keep the first N clips")
    add("--seed", type=int, metavar="S", help="of the splits (default 0)")
    add("--workers", type=count, metavar="N", help="processes (default: one per physical core)")
    add("--dry-run", action="store_true", help="print clips, splits and bytes; write nothing")
    add("--quiet", action="store_true", help="no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
