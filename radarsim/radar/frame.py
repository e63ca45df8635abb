"""Frame timing: loops over the transmitters in firing order (TDM-MIMO), and the frame period."""

from collections.abc import Iterable
from dataclasses import dataclass

import jax

from radarsim.checks import check_type, checked_count, store_number
from radarsim.errors import InputError


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame: loops over the transmitters, and idle time until the next frame.

    Attributes:
        num_chirps: loops per frame; each loop fires every transmitter once.
        period_s: time from one frame to the next.
        tx_order: transmitter indices in firing order; (0, 2, 1) fires TX1, TX3, TX2. The tx axis
            of the data follows the numbering of the board.
        burst_start_s: time from the start of the frame to the first chirp slot.
        extra_slot_idle_s: idle time added after every ramp.
        extra_loop_idle_s: idle time added after every loop.
    """

    num_chirps: int
    period_s: float
    tx_order: tuple[int, ...]
    burst_start_s: float = 0.0
    extra_slot_idle_s: float = 0.0
    extra_loop_idle_s: float = 0.0

    def __post_init__(self):
        object.__setattr__(
            self, "num_chirps", checked_count("Frame", "num_chirps", self.num_chirps)
        )
        store_number(self, "period_s", "s", above=0.0, hint="give seconds (100 ms is 0.1)")
        check_type("Frame", "tx_order", self.tx_order, Iterable, "give indices such as (0, 1, 2)")
        order = tuple(checked_count("Frame", "tx_order", idx, 0) for idx in self.tx_order)
        if not order or len(set(order)) != len(order):
            raise InputError(
                "Frame",
                "tx_order",
                f"is {order}; every transmitter fires exactly once per loop",
                "name each transmitter index once, such as (0, 1, 2)",
            )
        object.__setattr__(self, "tx_order", order)
        store_number(self, "burst_start_s", "s", at_least=0.0, hint="give seconds")
        store_number(self, "extra_slot_idle_s", "s", at_least=0.0, hint="give seconds")
        store_number(self, "extra_loop_idle_s", "s", at_least=0.0, hint="give seconds")
