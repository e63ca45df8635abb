"""Command line of the comparison of recorded and simulated people (`benchmarks.real_walkers`)."""

import argparse
from collections.abc import Sequence
from pathlib import Path

RADAR = Path(__file__).parents[1] / "examples" / "radars" / "fmcw_24ghz_1tx2rx.toml"
# Simulated walkers and runners; the captured ones need --bvh.
WALKERS = (
    "natural cadence",
    "built-in",
    "surge",
    "surge, pattern",
    "captured",
    "captured, pattern",
    "run",
    "run, pattern",
)


def read_options(arguments: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """Parse and check the command line.

    Args:
        arguments: command-line arguments; None: those of the process.
        description: text of the help.

    Raises:
        SystemExit: if an argument is unknown, or if a captured walker is chosen without `--bvh`.
    """
    parser = make_parser(description)
    options = parser.parse_args(arguments)
    captured = [name for name in options.walkers or () if name.startswith("captured")]
    if captured and not options.bvh:
        parser.error(f"--walkers {captured[0]!r} needs the file of a captured walk (--bvh)")
    return options


def make_parser(description: str | None = None) -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_walkers", description=description
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--recordings", required=True, help="folder of the recordings (.mat)")
    parser.add_argument("--radar", default=str(RADAR), help="radar file of the recordings")
    parser.add_argument("--fit", default="1pS3", help="run whose speed and cadence are used")
    parser.add_argument(
        "--score", nargs="*", default=["1pS1", "1pS2", "1pS4", "1pS5"], help="other runs"
    )
    parser.add_argument("--run", default="1prun", help="run of one person; '' for none")
    parser.add_argument(
        "--pair-fit", default="2pS3", help="walk of two people whose speeds are used; '' for none"
    )
    parser.add_argument(
        "--pair-score",
        nargs="*",
        default=["2pS1", "2pS2", "2pS4", "2pS5"],
        help="other walks of two people",
    )
    parser.add_argument(
        "--pair-run",
        default="2prun",
        help="run of two people, at the speeds of --run; omitted without --run; '' for none",
    )
    parser.add_argument("--bvh", default="", help="captured walk for a second walker")
    parser.add_argument(
        "--walkers",
        nargs="*",
        choices=WALKERS,
        metavar="NAME",
        help=f"simulated walkers and runners: {', '.join(map(repr, WALKERS))} (default: all; "
        "without a name: none, only recordings are compared)",
    )
    parser.add_argument("--json", default="", help="output file of all measures")
    return parser
