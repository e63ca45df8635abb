"""Run the console command `radarsim` as `python -m radarsim`."""

import sys

from radarsim.console import main

sys.exit(main())
