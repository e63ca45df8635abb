"""Antenna positions of a board, its virtual array, and the row of elements used for azimuth."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import jax
import numpy as np
from jaxtyping import Complex128, Float64

from radarsim.array_checks import NUMBERS, as_array
from radarsim.checks import check_type, checked_number, store_number
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError

# Each position has three numbers; otherwise `_checked_point` raises an InputError.
Positions = tuple[tuple[float, ...], ...]
# Rows of numbers, which `_checked_gain` converts to tuples; a single number is a wrong shape.
Gains = Sequence | np.ndarray | float


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class AntennaArray:
    """Transmitters and receivers of one board, in the radar frame (+x ahead, +y left, +z up).

    The tx and rx axes of every array in this project follow the order of these positions, which is
    the antenna numbering on the board; `Frame.tx_order` gives the firing order.

    Attributes:
        tx_positions_m: position (x, y, z) of each transmitter [m].
        rx_positions_m: position (x, y, z) of each receiver [m].
        design_freq_hz: frequency at which the spacing of the board's antennas is half a wavelength.
        gain_dbi: gain of one antenna at boresight.
        channel_gain: one complex factor other than 0 per transmitter-receiver pair (a row per
            transmitter; an array is stored as tuples), for channel mismatch; -1 stands for antennas
            fed with inverted phase. By default, all factors are 1.
    """

    tx_positions_m: Positions
    rx_positions_m: Positions
    design_freq_hz: float
    gain_dbi: float = 0.0
    channel_gain: Gains = ()

    def __post_init__(self):
        for field in ("tx_positions_m", "rx_positions_m"):
            object.__setattr__(self, field, _checked_positions(field, getattr(self, field)))
        store_number(self, "design_freq_hz", "Hz", at_least=1e9, at_most=1e12)
        store_number(self, "gain_dbi", "dBi", at_least=-20.0, at_most=60.0)
        object.__setattr__(self, "channel_gain", self._checked_gain())

    def _checked_gain(self) -> tuple[tuple[complex, ...], ...]:
        where = "AntennaArray", "channel_gain"
        hint = "give one row per transmitter with one value per receiver, or leave it out"
        if isinstance(self.channel_gain, list | tuple | type(None)) and not self.channel_gain:
            return ((1 + 0j,) * self.num_rx,) * self.num_tx
        gains = np.asarray(as_array(*where, self.channel_gain, NUMBERS, hint), np.complex128)
        if gains.shape != (self.num_tx, self.num_rx):
            problem = f"has shape {gains.shape}; the array has {self.num_tx} transmitters and "
            raise InputError(*where, f"{problem}{self.num_rx} receivers", hint)
        if not np.all(np.isfinite(gains)):
            raise InputError(*where, "holds a value that is not finite", "correct it")
        if (gains == 0).any():
            tx, rx = np.argwhere(gains == 0)[0]
            problem = f"is 0 for transmitter {tx} and receiver {rx}: nothing can be measured there"
            raise InputError(*where, problem, "omit the antenna: use with_tx or with_rx")
        return tuple(map(tuple, gains.tolist()))

    @property
    def num_tx(self) -> int:
        """Number of transmitters."""
        return len(self.tx_positions_m)

    @property
    def num_rx(self) -> int:
        """Number of receivers."""
        return len(self.rx_positions_m)

    @property
    def tx_m(self) -> Float64[np.ndarray, "tx 3"]:
        """Transmitter positions [m]."""
        return np.array(self.tx_positions_m, dtype=np.float64)

    @property
    def rx_m(self) -> Float64[np.ndarray, "rx 3"]:
        """Receiver positions [m]."""
        return np.array(self.rx_positions_m, dtype=np.float64)

    @property
    def gains(self) -> Complex128[np.ndarray, "tx rx"]:
        """Complex gains of the transmitter-receiver pairs (`channel_gain`) as an array."""
        return np.array(self.channel_gain, dtype=np.complex128)

    @property
    def half_wavelength_m(self) -> float:
        """Half a wavelength at the design frequency [m]."""
        return SPEED_OF_LIGHT_MPS / (2 * self.design_freq_hz)

    @property
    def virtual_m(self) -> Float64[np.ndarray, "tx rx 3"]:
        """Positions of the virtual elements: transmitter plus receiver position [m].

        For a distant target, a pair is equivalent to a transmitter at the origin and a receiver at
        this position.
        """
        return self.tx_m[:, None, :] + self.rx_m[None, :, :]

    def azimuth_row(self) -> tuple[tuple[int, int], ...]:
        """The longest horizontal row of virtual elements half a wavelength apart, right to left.

        Elements of one row share height and depth and are spaced by half a design wavelength along
        +y. If several elements share a position, the pair with the lowest (tx, rx) indices is used;
        if several rows are equally long, the row that contains the lowest pair is used.

        Returns:
            (transmitter index, receiver index) of each element, in the order of increasing y.
        """
        steps = np.round(self.virtual_m / self.half_wavelength_m, 2)
        rows: dict[tuple[float, float], dict[float, tuple[int, int]]] = {}
        for pair in np.ndindex(self.num_tx, self.num_rx):
            x, y, z = (float(value) + 0.0 for value in steps[pair])
            rows.setdefault((x, z), {}).setdefault(y, pair)
        runs = [run for row in rows.values() for run in _uniform_runs(row)]
        return min(runs, key=lambda run: (-len(run), min(run)))

    def with_tx(self, tx_idx: tuple[int, ...]) -> "AntennaArray":
        """Return the array with only the given transmitters, in the given order.

        Raises:
            InputError: the board has no such transmitter.
        """
        _check_indices("with_tx", tx_idx, self.num_tx)
        return AntennaArray(
            tx_positions_m=tuple(self.tx_positions_m[idx] for idx in tx_idx),
            rx_positions_m=self.rx_positions_m,
            design_freq_hz=self.design_freq_hz,
            gain_dbi=self.gain_dbi,
            channel_gain=tuple(self.channel_gain[idx] for idx in tx_idx),
        )

    def with_rx(self, rx_idx: tuple[int, ...]) -> "AntennaArray":
        """Return the array with only the given receivers, in the given order.

        Raises:
            InputError: the board has no such receiver.
        """
        _check_indices("with_rx", rx_idx, self.num_rx)
        return AntennaArray(
            tx_positions_m=self.tx_positions_m,
            rx_positions_m=tuple(self.rx_positions_m[idx] for idx in rx_idx),
            design_freq_hz=self.design_freq_hz,
            gain_dbi=self.gain_dbi,
            channel_gain=tuple(tuple(row[idx] for idx in rx_idx) for row in self.channel_gain),
        )


def _uniform_runs(row: dict[float, tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    """All maximal runs of elements with unit spacing in one row."""
    # Positions are in hundredths of half a wavelength; rounding may change a step by one hundredth.
    next_of = {y: [v for v in row if abs(v - y - 1) < 0.015] for y in row}
    previous = {v for found in next_of.values() for v in found}
    runs = []
    for start in sorted(set(row) - previous):
        run, y = [row[start]], start
        while next_of[y]:
            y = next_of[y][0]
            run.append(row[y])
        runs.append(tuple(run))
    return runs


def _check_indices(method: str, indices, count: int) -> None:
    where, hint = f"AntennaArray.{method}", f"give indices from 0 to {count - 1}, such as (0,)"
    check_type(where, "indices", indices, (Sequence, np.ndarray), hint)
    for index in indices:
        if not isinstance(index, Integral) or not -count <= index < count:
            raise InputError(where, "indices", f"hold {index!r}; there are {count}", hint)


def _checked_positions(field: str, positions) -> Positions:
    hint = "give a tuple with one (x, y, z) per antenna"
    check_type("AntennaArray", field, positions, (Sequence, np.ndarray), hint)
    if len(positions) == 0:
        raise InputError("AntennaArray", field, "is empty", "give at least one (x, y, z)")
    return tuple(_checked_point(field, point) for point in positions)


def _checked_point(field: str, point) -> tuple[float, ...]:
    hint = "a position is three numbers from the phase centre: ahead, left, up"
    if np.ndim(point) != 1 or len(point) != 3:
        raise InputError("AntennaArray", field, f"holds {point!r}, not three numbers", hint)
    return tuple(
        checked_number("AntennaArray", field, value, "m", at_least=-1.0, at_most=1.0, hint=hint)
        for value in point
    )
