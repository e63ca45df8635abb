"""Processes of a pool that end when the process that started them ends, even if it is killed."""

import os
import threading
import time

# Interval at which the parent is checked.
_CHECK_S = 1.0


def end_with_parent(parent: int) -> None:
    """Start a thread that ends this process as soon as its parent has ended.

    Args:
        parent: process identifier of the parent.
    """

    def check() -> None:
        while os.getppid() == parent:
            time.sleep(_CHECK_S)
        os._exit(1)

    threading.Thread(target=check, daemon=True).start()
