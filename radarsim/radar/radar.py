"""A complete radar: chirp, frame, antennas, receiver and transmit power, with derived quantities.

All parts are frozen, hashable and checked on construction. The parts determine array shapes and
timing, so one program is compiled per radar. All values are in SI units; `Chirp.from_datasheet`
accepts the units of TI's datasheets.

This command prints the range and speed resolution, timing, noise and antennas of a radar:

    python -m radarsim.radar AWR1843BOOST
"""

from dataclasses import dataclass, replace

import jax
import numpy as np
from jaxtyping import Float64

from radarsim.checks import check_type, store_number, with_unit
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.chirp import TIMING_SLACK_S, Chirp
from radarsim.radar.frame import Frame
from radarsim.radar.receiver import Receiver
from radarsim.radar.receiver_profile import ReceiverProfile

_PARTS = {
    "name": str,
    "chirp": Chirp,
    "frame": Frame,
    "array": AntennaArray,
    "receiver": Receiver,
    "board": str,
    "profile": (ReceiverProfile, type(None)),
}


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Radar:
    """A complete radar: waveform, frame timing, antennas, receiver and transmit power.

    Attributes:
        name: name of the board, or a name chosen by the user.
        chirp: the waveform.
        frame: number of loops, firing order and frame period.
        array: antenna positions and gains.
        receiver: noise and ADC.
        tx_power_dbm: power of one transmitter at its antenna port.
        board: key in `boards.BOARDS` whose chip limits apply; empty for a custom design.
        profile: deviations from the ideal radar; None for the ideal radar.
    """

    name: str
    chirp: Chirp
    frame: Frame
    array: AntennaArray
    receiver: Receiver
    tx_power_dbm: float
    board: str = ""
    profile: ReceiverProfile | None = None

    def __post_init__(self):
        for name, kind in _PARTS.items():
            hint = f"give a {kind.__name__ if isinstance(kind, type) else kind[0].__name__}"
            check_type("Radar", name, getattr(self, name), kind, hint)
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
    def without_profile(self) -> "Radar":
        """The ideal radar with the same settings, for which programs are compiled."""
        return self if self.profile is None else replace(self, profile=None)

    @property
    def slot_period_s(self) -> float:
        """Time from one chirp to the next chirp of any transmitter [s]."""
        return self.chirp.duration_s + self.frame.extra_slot_idle_s

    @property
    def loop_period_s(self) -> float:
        """Time from one chirp to the next chirp of the same transmitter [s]."""
        return self.slot_period_s * self.array.num_tx + self.frame.extra_loop_idle_s

    @property
    def burst_duration_s(self) -> float:
        """Time from the start of the first loop to the end of the last loop [s]."""
        return self.loop_period_s * self.frame.num_chirps

    @property
    def slow_time_period_s(self) -> float | None:
        """Spacing of a transmitter's chirps over successive frames [s]; None if it is not uniform.

        The spacing is the frame period if each frame has one loop, and the loop period if the
        bursts fill the frames. In all other cases, a gap follows each burst, so the chirps are
        evenly spaced (by `loop_period_s`) only within a burst.
        """
        if self.frame.num_chirps == 1:
            return self.frame.period_s
        gap_s = self.frame.period_s - self.burst_duration_s
        return self.loop_period_s if abs(gap_s) <= TIMING_SLACK_S else None

    @property
    def doppler_period_s(self) -> float:
        """Spacing of the chirps from which a Doppler spectrum is computed [s].

        This period is `slow_time_period_s` or, if the spacing is not uniform, the spacing within a
        burst.
        """
        return self.slow_time_period_s or self.loop_period_s

    @property
    def tx_delays_s(self) -> Float64[np.ndarray, " tx"]:
        """Firing time of each transmitter within a loop [s], in order of transmitter index."""
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
        """Range at which the range axis wraps around [m]."""
        return self.chirp.max_range_m

    @property
    def max_speed_mps(self) -> float:
        """Largest unambiguous radial speed in either direction, lambda / 4 T [m/s].

        T is `doppler_period_s`: the frame period for frames of one loop, else the loop period.
        """
        return self.chirp.wavelength_m / (4 * self.doppler_period_s)

    @property
    def speed_resolution_mps(self) -> float:
        """Width of a speed bin over the loops of one frame, lambda / 2 N T [m/s].

        A single loop cannot resolve speed: its speed bin is the whole unambiguous interval.
        """
        return self.chirp.wavelength_m / (2 * self.frame.num_chirps * self.doppler_period_s)

    @property
    def num_virtual(self) -> int:
        """Number of transmitter-receiver pairs."""
        return self.array.num_tx * self.array.num_rx

    @property
    def noise_power_w(self) -> float:
        """Thermal noise of one complex sample at the antenna port [W]."""
        return self.receiver.noise_power_w(self.chirp.sample_rate_hz)
