"""Command `python -m radarsim.plots`: write the figures of a radar capture to image files."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from radarsim.command_options import add_doppler_window, add_iq_order
from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
example:
  python -m radarsim.plots capture.bin --radar examples/radars/iwr6843_breathing.toml --out plots/

figures: range_profile, range_doppler, range_angle, range_time, micro_doppler, time_angle,
breathing. A figure is left out if the capture has no data for it: there is no range-angle map from
one antenna and no map over time from a single frame. From Python, use
radarsim.validation.figures.capture_figures.
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 on success, 2 if the capture cannot be used."""
    options = make_parser().parse_args(arguments)

    for path in _save_figures(options):
        print(path)
    return 0


def _save_figures(options: argparse.Namespace) -> list[Path]:
    from radarsim import files
    from radarsim.captures.recording import of_whole_chirps
    from radarsim.errors import InputError
    from radarsim.validation.analysis import analyse
    from radarsim.validation.figures import capture_figures

    capture = files.open_capture(options.capture, options.radar, iq_order=options.iq_order)
    for note in capture.notes:
        print(note, file=sys.stderr)
    out, paths = Path(options.out), []
    try:
        out.mkdir(parents=True, exist_ok=True)
        analysis = analyse(of_whole_chirps(capture), options.window)
        for name, figure in capture_figures(analysis).items():
            paths.append(out / f"{name}.{options.format}")
            figure.savefig(paths[-1])
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "--out", problem, "name a folder that can be written") from None
    return paths


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m radarsim.plots",
        description="Draw range profile, range-Doppler, range-angle and micro-Doppler figures of a "
        "radar capture.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "capture", type=path_argument, metavar="CAPTURE", help="DCA1000 .bin or .pcap file"
    )
    parser.add_argument(
        "--radar",
        type=path_argument,
        required=True,
        metavar="FILE_OR_BOARD",
        help="radar configuration file or board name",
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default=".",
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        choices=("png", "pdf", "svg"),
        default="png",
        help="image format (default: %(default)s)",
    )
    add_iq_order(parser)
    add_doppler_window(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
