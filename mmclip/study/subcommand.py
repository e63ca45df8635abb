"""Run a module like `python -m`, until the process that started it ends.

    python -m mmclip.study.subcommand PARENT builders.amass --out s.zarr

The build of a corpus takes hours. If the study ends before the build, for example because the study
was killed, a build that continued would lock its store, and the same study could not be resumed.
"""

import os
import runpy
import sys
import threading
import time

# Interval at which the parent is checked.
_CHECK_S = 1.0


def run() -> None:
    """Run a module until the parent ends.

    The arguments are the process identifier of the parent, the name of the module, and the
    arguments of the module.
    """
    parent = int(sys.argv[1])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_CHECK_S)
    os._exit(1)


if __name__ == "__main__":
    run()
