"""Build a radar dataset from labelled recordings of any radar: `python -m builders.recordings`.

Reads DCA1000 recordings (.bin, .pcap, .pcapng) and arrays (.npy, .npz, .mat, .h5, I/Q text,
pictures of heatmaps), cuts their labelled segments into clips and writes a store in the format of
builders.amass, with heatmaps computed by the same code. A model trained on simulated data can
therefore be fine-tuned on this store.
"""

import argparse
import sys
from collections.abc import Sequence

from builders.building.cli_options import add_frame_options, add_heatmap_options
from builders.building.setting_flags import add_flags, count
from pipelines.recipe_sections import Clips, General
from radarsim.command_options import add_iq_order
from radarsim.exit_status import RESUME, exit_status
from radarsim.paths import path_argument

EXAMPLES = """
labels: a CSV table with a label, a caption, or both; empty times mean the whole capture
  file,label,caption,start_s,end_s,subject
  day1/walk.bin,walking,a person walks to the door,0,5,anna

examples:
  python -m builders.recordings --captures data --labels labels.csv --out real.zarr --radar my.toml
      one radar for all captures: .toml, TI .cfg, .mmwave.json, mmWave Studio log, or a board name
  python -m builders.recordings --captures data --labels labels.csv --out real.zarr
      a configuration next to each capture: walk.bin with walk.toml, walk.cfg or walk.mmwave.json
  python -m builders.recordings --captures data --labels labels.csv --out real.zarr --radar my.toml
    --array mergedData --axes frame,chirp,rx,range
      arrays; or described in recording.toml next to them, see docs/recordings.md

exit status: 0 clips were written, 1 some shards are unfinished, 2 no clip could be made
"""


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status (see `EXAMPLES`)."""
    options = make_parser().parse_args(arguments)
    # Imported late: these modules take seconds to load, and --help should not wait for them.
    from builders.building.recorded_dataset import build_recorded_dataset

    return build_recorded_dataset(options)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.recordings",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_path_options(parser)
    _add_capture_options(parser)
    add_flags(parser, Clips)
    add_flags(parser, General)
    _add_execution_options(parser)
    add_heatmap_options(parser)
    add_frame_options(parser)
    return parser


def _add_path_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the recordings, their labels and the store."""
    add = parser.add_argument
    add(
        "--captures",
        type=path_argument,
        required=True,
        metavar="DIR",
        help="folder of the recordings",
    )
    add(
        "--labels",
        type=path_argument,
        required=True,
        metavar="FILE",
        help="CSV table of labels, see below",
    )
    add(
        "--out",
        type=path_argument,
        required=True,
        metavar="STORE",
        help="output folder or URL of the store",
    )


def _add_capture_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the radar and for the format of the recordings."""
    add = parser.add_argument
    add(
        "--radar",
        type=path_argument,
        metavar="FILE_OR_BOARD",
        help="radar for all captures whose row in the label table does not name one",
    )
    add_iq_order(parser)
    add(
        "--description",
        type=path_argument,
        metavar="FILE",
        help="TOML file that describes the arrays: axes, units, transforms, what is unknown",
    )
    add("--array", metavar="NAME", help="name of the array in the files, if there are several")
    add(
        "--axes",
        type=_names,
        metavar="A,B",
        help="axes of the array in order, such as frame,chirp,rx,sample or time,speed",
    )
    add("--units", choices=("V", "codes", "unknown"), help="units of the arrays (default: unknown)")


def _add_execution_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the execution of the build."""
    add = parser.add_argument
    add(
        "--workers",
        type=count,
        metavar="N",
        help="worker processes (default: one per physical core)",
    )
    add("--dry-run", action="store_true", help="print the plan and size, but write nothing")
    add("--quiet", action="store_true", help="hide the progress bar")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
