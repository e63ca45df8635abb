"""Freed memory, given back to the system."""

import ctypes


def give_back() -> bool:
    """Hand back what the C library keeps of freed memory; whether it can.

    glibc keeps freed memory that smaller pieces were cut from: after 40 s of motion 160 MB more
    than after five, without an array more in use. Other C libraries give back by
    themselves.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return False
    return True
