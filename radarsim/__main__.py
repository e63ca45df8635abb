"""Run `python -m radarsim`, which is the console command `radarsim`."""

import sys

from radarsim.console import main

sys.exit(main())
