"""Log messages during long waits, such as compilation for a new radar or new settings."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_S, EVERY_S = 4.0, 15.0

logger = logging.getLogger(__name__)


@contextmanager
def notice_if_slow(task: str) -> Iterator[None]:
    """Log how long a task has taken, after `FIRST_S` and then every `EVERY_S`.

    By default, Python writes these warnings to standard error;
    `logging.getLogger("radarsim.progress").setLevel("ERROR")` turns them off.

    Args:
        task: description of the task, and why it may be slow.
    """
    if not logger.isEnabledFor(logging.WARNING):
        yield
        return
    done, start_s = threading.Event(), time.monotonic()

    def report() -> None:
        wait_s = FIRST_S
        while not done.wait(wait_s):
            logger.warning("%s: %.0f s so far", task, time.monotonic() - start_s)
            wait_s = EVERY_S

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
