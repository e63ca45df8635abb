"""Radar configuration: chirp, frame, antennas, receiver.

All classes are frozen, hashable and checked on construction. They determine array shapes and
timing, so each radar compiles to one program. SI units throughout; `Chirp.from_datasheet` accepts
the units of TI's datasheets.

    python -m radarsim.radar AWR1843BOOST

prints range and speed resolution, timing, noise and antennas of a radar.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float64

from radarsim.checks import check_type, checked_count, store_number, with_unit
from radarsim.constants import BOLTZMANN_J_PER_K, REFERENCE_TEMPERATURE_K
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.chirp import TIMING_SLACK_S, Chirp

__all__ = ["AntennaArray", "Chirp", "Frame", "Radar", "Receiver"]


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Frame:
    """Chirps of one frame: loops over the transmitters, then idle time until the next frame.

    Attributes:
        num_chirps: loops per frame; each loop fires every transmitter once.
        period_s: time from one frame to the next.
        tx_order: transmitter indices in firing order, (0, 2, 1) fires TX1, TX3, TX2. The tx axis
            of the data keeps the numbering of the board.
        burst_start_s: time from the start of the frame to the first chirp slot.
        extra_slot_idle_s: idle time added after every ramp.
    """

    num_chirps: int
    period_s: float
    tx_order: tuple[int, ...]
    burst_start_s: float = 0.0
    extra_slot_idle_s: float = 0.0

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


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Noise and digitisation of one receive channel.

    Attributes:
        noise_figure_db: noise figure of the whole receiver, relative to 290 K.
        gain_db: gain from the antenna port to the ADC.
        adc_bits: width of one I or Q sample, sign included.
        full_scale_v: voltage at the ADC, after the gain, of code 2^(bits - 1).
        load_ohm: impedance that relates power and voltage.
        temperature_k: temperature of the thermal noise.
    """

    noise_figure_db: float
    gain_db: float
    adc_bits: int
    full_scale_v: float
    load_ohm: float = 50.0
    temperature_k: float = REFERENCE_TEMPERATURE_K

    def __post_init__(self):
        store_number(self, "noise_figure_db", "dB", at_least=0.0, at_most=60.0)
        store_number(self, "gain_db", "dB", at_least=-60.0, at_most=120.0)
        object.__setattr__(self, "adc_bits", checked_count("Receiver", "adc_bits", self.adc_bits))
        if self.adc_bits > 32:
            raise InputError(
                "Receiver", "adc_bits", f"is {self.adc_bits}; must be at most 32", "DCA1000 has 16"
            )
        store_number(self, "full_scale_v", "V", above=0.0, hint="give volts at the ADC")
        store_number(self, "load_ohm", "ohm", above=0.0)
        store_number(self, "temperature_k", "K", above=0.0, hint="give kelvin")

    @property
    def voltage_gain(self) -> float:
        """Gain as a ratio of voltages."""
        return 10 ** (self.gain_db / 20)

    @property
    def adc_step_v(self) -> float:
        """Voltage of one code at the ADC [V]."""
        return self.full_scale_v / 2 ** (self.adc_bits - 1)

    def noise_power_w(self, bandwidth_hz: float) -> float:
        """Thermal noise at the antenna port, k T B F [W].

        Args:
            bandwidth_hz: noise bandwidth [Hz]; for complex samples, the sample rate.
        """
        noise_factor = 10 ** (self.noise_figure_db / 10)
        return BOLTZMANN_J_PER_K * self.temperature_k * bandwidth_hz * noise_factor

    def noise_rms_v(self, bandwidth_hz: float) -> float:
        """Rms of the complex noise voltage at the ADC, sqrt(P Z) times the gain [V].

        I and Q each carry 1/sqrt(2) of it.
        """
        return math.sqrt(self.noise_power_w(bandwidth_hz) * self.load_ohm) * self.voltage_gain


_PARTS = {
    "name": str,
    "chirp": Chirp,
    "frame": Frame,
    "array": AntennaArray,
    "receiver": Receiver,
    "board": str,
}


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Radar:
    """A complete radar: waveform, frame timing, antennas, receiver and transmit power.

    Attributes:
        name: the board, or any other name.
        chirp: the waveform.
        frame: loops, firing order, frame period.
        array: antenna positions and gains.
        receiver: noise and ADC.
        tx_power_dbm: power of one transmitter at its antenna port.
        board: the board in `boards.BOARDS` whose chip limits apply; empty for a custom design.
    """

    name: str
    chirp: Chirp
    frame: Frame
    array: AntennaArray
    receiver: Receiver
    tx_power_dbm: float
    board: str = ""

    def __post_init__(self):
        for name, kind in _PARTS.items():
            check_type("Radar", name, getattr(self, name), kind, f"give a {kind.__name__}")
        store_number(self, "tx_power_dbm", "dBm", at_least=-100.0, at_most=60.0)
        if sorted(self.frame.tx_order) != list(range(self.array.num_tx)):
            raise InputError(
                "Frame",
                "tx_order",
                f"is {self.frame.tx_order}; the array has transmitters 0 to "
                f"{self.array.num_tx - 1}",
                "name each of them once, or keep only those that fire with AntennaArray.with_tx",
            )
        end_s = self.frame.burst_start_s + self.burst_duration_s
        if end_s > self.frame.period_s + TIMING_SLACK_S:
            fit = int((self.frame.period_s - self.frame.burst_start_s) / self.loop_period_s)
            raise InputError(
                "Frame",
                "period_s",
                f"is {with_unit(self.frame.period_s, 's')}; {self.frame.num_chirps} loops of "
                f"{with_unit(self.loop_period_s, 's')} end at {with_unit(end_s, 's')}",
                f"lengthen the frame or send at most {max(fit, 0)} loops",
            )

    @property
    def slot_period_s(self) -> float:
        """Time from one chirp to the next, of any transmitter [s]."""
        return self.chirp.duration_s + self.frame.extra_slot_idle_s

    @property
    def loop_period_s(self) -> float:
        """Time from one chirp of a transmitter to its next [s]."""
        return self.slot_period_s * self.array.num_tx

    @property
    def burst_duration_s(self) -> float:
        """Time from the first chirp slot to the end of the last [s]."""
        return self.loop_period_s * self.frame.num_chirps

    @property
    def tx_delays_s(self) -> Float64[np.ndarray, " tx"]:
        """Firing time of each transmitter within a loop [s], by transmitter, not by slot."""
        return np.argsort(self.frame.tx_order) * self.slot_period_s

    @property
    def chirp_times_s(self) -> Float64[np.ndarray, "chirp tx"]:
        """Time of the first ADC sample of every chirp since the start of the frame [s].

        t[k, i] = burst start + k T_loop + slot(i) T_slot + idle + ADC start
        """
        first_s = self.frame.burst_start_s + self.chirp.idle_time_s + self.chirp.adc_start_time_s
        loop_s = np.arange(self.frame.num_chirps) * self.loop_period_s
        return first_s + loop_s[:, None] + self.tx_delays_s[None, :]

    @property
    def range_resolution_m(self) -> float:
        """Width of a range bin [m]."""
        return self.chirp.range_resolution_m

    @property
    def max_range_m(self) -> float:
        """Range at which the range axis wraps [m]."""
        return self.chirp.max_range_m

    @property
    def max_speed_mps(self) -> float:
        """Largest unambiguous radial speed in either direction, lambda / 4 T_loop [m/s]."""
        return self.chirp.wavelength_m / (4 * self.loop_period_s)

    @property
    def speed_resolution_mps(self) -> float:
        """Width of a speed bin, lambda / 2 T_burst [m/s]."""
        return self.chirp.wavelength_m / (2 * self.burst_duration_s)

    @property
    def num_virtual(self) -> int:
        """Number of transmitter-receiver pairs."""
        return self.array.num_tx * self.array.num_rx

    @property
    def noise_power_w(self) -> float:
        """Thermal noise of one complex sample at the antenna port [W]."""
        return self.receiver.noise_power_w(self.chirp.sample_rate_hz)
