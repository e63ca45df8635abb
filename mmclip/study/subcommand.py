"""Run a module like `python -m`, until the process that started it ends.

    python -m mmclip.study.subcommand builders.amass --out s.zarr

The build of a corpus takes hours. If the study ends before the build, for example because another
node failed or because the study was killed, a build that continued would lock its store, and the
same study could not be resumed.
"""

import os
import runpy
import sys
import threading
import time

# Time in which a command can end by itself, for example after an interrupt from the keyboard, which
# both processes receive [s]. A study that is started again needs longer until its first command.
_GRACE_S = 3.0
# Exit status of a command whose starter has ended, as if the command had received SIGTERM.
STARTER_ENDED = 128 + 15


def run() -> None:
    """Run the module named by the first argument; the other arguments are those of the module.

    The standard input must be a pipe whose writing end only the starter holds, so that the pipe is
    closed when the starter ends, however it ends.
    """
    threading.Thread(target=_exit_with_starter, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _exit_with_starter() -> None:
    # A thread that waits in sys.stdin.read at the end of the process would make Python abort.
    while os.read(0, 1):
        pass
    time.sleep(_GRACE_S)
    os._exit(STARTER_ENDED)


if __name__ == "__main__":
    run()
