"""Command `python -m radarsim.radar`: print the parameters derived from a radar configuration."""

import argparse
import sys

HELP = """\
Print what a radar measures: chirp timing, range and speed bins, antennas, noise.

RADAR is a board, a TOML file in datasheet units, or what TI's tools write: an SDK .cfg, a
.mmwave.json, or a Studio log. A TOML file may start from a board and change only what differs:

    board = "AWR1843BOOST"
    [chirp]
    slope_mhz_per_us = 30      # half the slope: twice the range, bins twice as wide

--toml prints the whole radar as such a file, ready to edit.
"""
EXAMPLES = """\
examples:
    python -m radarsim.radar AWR1843BOOST
    python -m radarsim.radar AWR1843BOOST --toml > hall.toml
    python -m radarsim.radar hall.toml
    python -m radarsim.radar profile.cfg --toml > profile.toml

exit status: 0; 2 with one line on standard error when the radar cannot exist.
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments; those of the process by default.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m radarsim.radar",
        description=HELP,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "radar",
        metavar="RADAR",
        help="AWR1843BOOST (the paper's), AWR1642BOOST, IWR1443BOOST, IWR6843ISK, IWR6843ISK-ODS, "
        "IWR6843AOPEVM, or a file",
    )
    parser.add_argument("--toml", action="store_true", help="print the radar as a TOML file")
    options = parser.parse_args(argv)

    from radarsim.errors import InputError
    from radarsim.files import load_setup
    from radarsim.radar.capture_format import format_of_board
    from radarsim.radar.parameter_table import radar_table
    from radarsim.radar.toml import dump_radar, dump_setup

    try:
        setup = load_setup(options.radar)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    radar, layout = setup.radar, setup.capture_format
    usual = layout == format_of_board(radar.board)
    if options.toml:
        print(dump_radar(radar) if usual else dump_setup(radar, layout), end="")
        return 0
    print(radar_table(radar), end="")
    for note in setup.notes:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
