"""Prints what a radar measures: `python -m radarsim.radar BOARD_OR_FILE`."""

import sys

from radarsim.radar.table import main

if __name__ == "__main__":
    sys.exit(main())
