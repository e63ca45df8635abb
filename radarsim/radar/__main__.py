"""Command `python -m radarsim.radar`: print the parameters derived from a radar configuration."""

import argparse
import sys
from collections.abc import Sequence

from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

HELP = """\
Print the parameters of a radar: chirp timing, range and speed resolution, antennas, noise.

RADAR is the name of a board, a TOML file in datasheet units, or a file of TI's tools: an SDK .cfg,
a .mmwave.json, or a mmWave Studio log. A TOML file may start from a board and change settings:

    board = "AWR1843BOOST"
    [chirp]
    slope_mhz_per_us = 30      # half the slope: twice the range, bins twice as wide

A TI file sets the chip, not the board: if the board is a guess, a line below the title says so.

--toml prints the whole radar as a TOML file that can be edited.
"""
EXAMPLES = """\
examples:
    python -m radarsim.radar AWR1843BOOST
    python -m radarsim.radar AWR1843BOOST --toml > hall.toml
    python -m radarsim.radar hall.toml
    python -m radarsim.radar profile.cfg --toml > profile.toml
    python -m radarsim.radar profile.cfg --board IWR6843ISK-ODS

exit status: 0; 2 with a one-line message on standard error if the radar is not valid.
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status (see `EXAMPLES`)."""
    options = _make_parser().parse_args(arguments)

    from radarsim.files import load_setup
    from radarsim.radar.parameter_table import radar_table

    setup = load_setup(options.radar, options.board)
    if options.toml:
        if setup.board_guess:
            print(setup.board_guess, file=sys.stderr)
        print(_toml(setup), end="")
        return 0
    print(radar_table(setup.radar, setup.board_guess), end="")
    for note in setup.notes:
        print(f"note: {note}")
    return 0


def _toml(setup) -> str:
    """Return the radar as TOML text, with the capture format if it is not that of the board."""
    from radarsim.radar.capture_format import format_of_board
    from radarsim.radar.toml import dump_radar, dump_setup

    radar, layout = setup.radar, setup.capture_format
    is_default = layout == format_of_board(radar.board)
    return dump_radar(radar) if is_default else dump_setup(radar, layout)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m radarsim.radar",
        description=HELP,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "radar",
        type=path_argument,
        metavar="RADAR",
        help="AWR1843BOOST (used by mmCLIP), AWR1642BOOST, IWR1443BOOST, IWR6843ISK, "
        "IWR6843ISK-ODS, IWR6843AOPEVM, AWR2944EVM, IWRL6432BOOST, AWRL1432BOOST, or a file",
    )
    parser.add_argument(
        "--board", metavar="NAME", default="", help="the board that a TI file belongs to"
    )
    parser.add_argument("--toml", action="store_true", help="print the radar as a TOML file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
