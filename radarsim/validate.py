"""Validate the simulator against a radar capture: `python -m radarsim.validate --real capture.bin`

The command analyses the capture (lost data, clipping, noise, TX-RX leakage, static clutter, moving
targets, azimuth, breathing), simulates the same scene with the same radar, and checks the
differences against acceptance thresholds. The command prints one screen of text and writes
report.json and report.html.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from radarsim.choices import UP_AXES
from radarsim.command_options import add_body_models, add_doppler_window, add_iq_order
from radarsim.exit_status import exit_status
from radarsim.paths import path_argument
from radarsim.validation.limits_text import LIMITS

EXAMPLES = f"""
examples:
  python -m radarsim.validate --real capture.bin --radar examples/radars/iwr6843_breathing.toml
  python -m radarsim.validate --real walk.bin --radar AWR1843BOOST --motion walk.bvh
  python -m radarsim.validate --real walk.bin --radar mine.toml --motion walk.bvh --fit

what is checked: with --motion, everything. Without it, the motion in the capture is not known, so
only noise, TX-RX leakage, antenna layout and the level of a moving target are checked; the verdict
states what it covers. Static echoes that flicker (because somebody walks through their path) or
vibrate are listed, but they do not count as targets and are not simulated.

limits: {LIMITS}

exit status: 0 if all checked metrics are within their limits; 1 if one is outside; 2 if nothing
that depends on the simulator could be checked, or if the input cannot be used (reason in one line
on standard error).
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    return _validate(options)


def _validate(options: argparse.Namespace) -> int:
    from radarsim.validation.report_text import as_text
    from radarsim.validation.run import run, write

    out = _out_folder(options.out)
    report = run(options, out)
    write(report, out)
    print(as_text(report), end="")
    print(f"{out / 'report.html'}, report.json")
    return {"pass": 0, "fail": 1}.get(report.verdict, 2)


def _out_folder(name: str) -> Path:
    """Create the output folder before the computation starts."""
    from radarsim.errors import InputError

    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be created ({error.strerror})"
        raise InputError(name, "--out", problem, "name a folder that can be written") from None
    return Path(name)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m radarsim.validate",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--real",
        type=path_argument,
        required=True,
        metavar="CAPTURE",
        help="DCA1000 .bin or .pcap file",
    )
    parser.add_argument(
        "--radar",
        type=path_argument,
        metavar="FILE_OR_BOARD",
        help="radar .toml, TI .cfg, .mmwave.json or log, or a board name (default: a configuration "
        "file with the name of the capture in its folder, else AWR1843BOOST)",
    )
    add_iq_order(parser)
    parser.add_argument(
        "--out",
        type=path_argument,
        default="report",
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    add_doppler_window(parser)
    group = parser.add_argument_group("simulation")
    _add_motion_options(group)
    _add_placement_options(group)
    _add_model_options(group)
    return parser


def _add_motion_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for the motion file and the body of the recorded person."""
    group.add_argument(
        "--motion", type=path_argument, metavar="FILE",
        help="AMASS .npz or .bvh of the recorded movement (default: a walking or standing body on "
        "each track, and no check of the motion)",
    )  # fmt: skip
    group.add_argument(
        "--person",
        default="",
        metavar="NAME",
        help="name of the recorded person, if the motion file contains several people",
    )
    group.add_argument(
        "--source-up",
        choices=("auto", *UP_AXES),
        default="auto",
        help="axis that points up in the motion file (default: auto, inferred)",
    )
    group.add_argument(
        "--source-rate-hz",
        type=float,
        metavar="HZ",
        help="pose rate, for a motion file that does not state one",
    )
    group.add_argument(
        "--motion-start-s", type=float, default=0.0, metavar="S",
        help="time in the motion at which the capture starts (default: %(default)g)",
    )  # fmt: skip
    add_body_models(group)


def _add_placement_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for the placement of the person and of the radar."""
    group.add_argument(
        "--distance-m", type=float, metavar="M",
        help="distance of the first pose from the radar (default: fitted to the track)",
    )  # fmt: skip
    group.add_argument(
        "--lateral-m", type=float, metavar="M",
        help="lateral offset of the first pose, to the left of the radar (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--heading-deg", type=float, metavar="DEG",
        help="heading of the first pose; 0 faces the radar (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--radar-height-m", type=float, default=1.0, metavar="M",
        help="height of the radar above the floor (default: %(default)g)",
    )  # fmt: skip
    group.add_argument(
        "--radar-tilt-deg", type=float, default=0.0, metavar="DEG",
        help="upward tilt of the radar (default: %(default)g)",
    )  # fmt: skip


def _add_model_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for the scattering model and for the fit of its parameters."""
    group.add_argument(
        "--sigma", type=float, default=0.5, metavar="RAD",
        help="width of the scattering lobe (default: %(default)g)",
    )  # fmt: skip
    group.add_argument(
        "--fit", action="store_true",
        help="fit sigma, level, noise figure, distance and radar height; writes fitted_radar.toml, "
        "and the noise and leakage of the capture as receiver_profile.toml; the first file needs a "
        "capture of one person",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
