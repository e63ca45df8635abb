"""Is the simulator like my radar? `python -m radarsim.validate --real capture.bin --radar FILE`

Looks at a capture alone (dropped data, clipping, noise, leakage, clutter, moving targets, angle,
breathing), simulates it through the same radar, and compares the two: one screen of text,
report.json and report.html.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """
examples:
  python -m radarsim.validate --real capture.bin --radar examples/radars/iwr6843_breathing.toml
  python -m radarsim.validate --real walk.bin --radar AWR1843BOOST --motion walk.bvh
  python -m radarsim.validate --real walk.bin --radar mine.toml --motion walk.bvh --fit

exit status: 0 all figures within their pass lines; 1 one is outside; 2 it cannot be told, or the
input cannot be used (one line on standard error says why).
"""
STATUS = {"pass": 0, "fail": 1, "cannot tell": 2}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    try:
        return _validate(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _validate(options: argparse.Namespace) -> int:
    from radarsim.validation.report_text import as_text
    from radarsim.validation.run import run, write

    out = _out_folder(options.out)
    report = run(options, out)
    write(report, out)
    print(as_text(report), end="")
    print(f"{out / 'report.html'}, report.json")
    return STATUS[report.verdict]


def _out_folder(name: str) -> Path:
    """The folder, made before anything is computed."""
    from radarsim.errors import InputError

    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be made ({error.strerror})"
        raise InputError(name, "--out", problem, "name a folder that can be written") from None
    return Path(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m radarsim.validate",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--real", required=True, metavar="CAPTURE", help="DCA1000 .bin, or .pcap of its packets"
    )
    parser.add_argument(
        "--radar",
        metavar="FILE_OR_BOARD",
        help="radar .toml, TI .cfg, .mmwave.json or log, or a board (default: a configuration of "
        "the capture's name beside it, else AWR1843BOOST)",
    )
    parser.add_argument(
        "--iq-order", choices=("auto", "i_first", "q_first"), default="auto",
        help="which part comes first (default: the data decide)",
    )  # fmt: skip
    parser.add_argument("--out", default="report", metavar="DIR", help="folder to write (report)")
    parser.add_argument(
        "--window", choices=("burst", "paper"), default="burst",
        help="of the heatmaps: each burst by itself, or 256 chirps across bursts as in the paper",
    )  # fmt: skip
    group = parser.add_argument_group("simulation")
    group.add_argument(
        "--motion", metavar="FILE", help="AMASS .npz or .bvh of what the capture shows"
    )
    group.add_argument(
        "--motion-start-s", type=float, default=0.0, metavar="S",
        help="time in the motion at the capture's first frame (0)",
    )  # fmt: skip
    group.add_argument("--body-models", metavar="DIR", help="SMPL models (default: the free body)")
    group.add_argument(
        "--distance-m", type=float, metavar="M", help="of the first pose (default: the track)"
    )
    group.add_argument("--lateral-m", type=float, metavar="M", help="to the radar's left (0)")
    group.add_argument("--heading-deg", type=float, metavar="DEG", help="0 faces the radar (0)")
    group.add_argument("--radar-height-m", type=float, default=1.0, metavar="M", help="(1)")
    group.add_argument("--radar-tilt-deg", type=float, default=0.0, metavar="DEG", help="up (0)")
    group.add_argument("--sigma", type=float, default=0.5, metavar="RAD", help="lobe width (0.5)")
    group.add_argument(
        "--fit", action="store_true",
        help="fit sigma, level, noise figure, distance and height; saves fitted_radar.toml",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
