"""One FMCW chirp, or one sample of a continuous wave: timing, bandwidth, range resolution."""

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext

import jax
import numpy as np
from jaxtyping import Float64

from radarsim.checks import checked_count, checked_number, store_number, to_si, with_unit
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError

# Tolerance for comparisons of times. Datasheet times are rounded to 10 ns, so smaller differences
# are rounding errors.
TIMING_SLACK_S = 1e-9


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Chirp:
    """One FMCW up-chirp: idle time followed by a linear ramp, part of which the ADC samples.

    A continuous-wave (CW) Doppler radar has no sweep: its slope is 0, and every "chirp" is a single
    complex sample, taken at the start of the chirp. Such a radar measures speed, but not range.

    Attributes:
        start_freq_hz: carrier frequency at the first ADC sample (not at the start of the ramp).
        slope_hz_per_s: positive sweep rate of the ramp; 0 for a continuous wave.
        sample_rate_hz: complex sample rate of the ADC, which is also the noise bandwidth.
        num_samples: number of complex ADC samples per chirp; 1 for a continuous wave.
        idle_time_s: time between the previous ramp and this ramp.
        adc_start_time_s: time from the start of the ramp to the first sample.
        ramp_end_time_s: duration of the ramp.

    Source:
        TI SWRA553A, "Programming Chirp Parameters in TI Radar Devices", 2020, section 5.
    """

    start_freq_hz: float
    slope_hz_per_s: float
    sample_rate_hz: float
    num_samples: int
    idle_time_s: float
    adc_start_time_s: float
    ramp_end_time_s: float

    def __post_init__(self):
        up = "only up-chirps are modelled (60 MHz/us is 6e13 Hz/s)"
        hertz = "mind the unit: 77 GHz is 77e9 Hz"
        store_number(self, "start_freq_hz", "Hz", at_least=1e9, at_most=1e12, hint=hertz)
        store_number(self, "slope_hz_per_s", "Hz/s", at_least=0.0, hint=up)
        store_number(self, "sample_rate_hz", "Hz", above=0.0, hint="give samples per second")
        least = 2 if self.has_sweep else 1
        num_samples = checked_count("Chirp", "num_samples", self.num_samples, least)
        object.__setattr__(self, "num_samples", num_samples)
        self._check_sweep()
        store_number(self, "idle_time_s", "s", at_least=0.0, hint="give seconds")
        store_number(self, "adc_start_time_s", "s", at_least=0.0, hint="give seconds")
        store_number(self, "ramp_end_time_s", "s", above=0.0, hint="give seconds")
        self._check_window()

    def _check_sweep(self):
        if not self.has_sweep and self.num_samples > 1:
            problem = f"is 0 MHz/us with {self.num_samples} samples"
            hint = "only up-chirps are modelled; a continuous wave has one sample (num_samples = 1)"
            raise InputError("Chirp", "slope_hz_per_s", problem, hint)

    def _check_window(self):
        last_s = self.adc_start_time_s + self.sampled_time_s
        if last_s <= self.ramp_end_time_s + TIMING_SLACK_S:
            return
        fit = math.floor((self.ramp_end_time_s - self.adc_start_time_s) * self.sample_rate_hz)
        raise InputError(
            "Chirp",
            "num_samples",
            f"is {self.num_samples}; sampling {with_unit(self.adc_start_time_s, 's')} into the "
            f"ramp at {with_unit(self.sample_rate_hz, 'sps')} ends at {with_unit(last_s, 's')}, "
            f"after the ramp ends at {with_unit(self.ramp_end_time_s, 's')}",
            f"take at most {max(fit, 0)} samples, sample faster, or lengthen the ramp to "
            f"{with_unit(last_s, 's')}",
        )

    @classmethod
    def from_datasheet(
        cls,
        *,
        start_ghz,
        slope_mhz_per_us,
        idle_us,
        adc_start_us,
        ramp_end_us,
        sample_rate_ksps,
        num_samples,
    ) -> "Chirp":
        """Create a chirp from datasheet units; `start_ghz` is the frequency at the ramp start.

        The conversion uses decimal arithmetic, so 60.012 MHz/us is converted exactly.
        """
        given = {
            "start_ghz": start_ghz,
            "slope_mhz_per_us": slope_mhz_per_us,
            "idle_us": idle_us,
            "adc_start_us": adc_start_us,
            "ramp_end_us": ramp_end_us,
            "sample_rate_ksps": sample_rate_ksps,
        }
        for name, value in given.items():
            checked_number("Chirp", name, value, hint="give a number in the unit of its name")
        start, slope, adc_start = (
            Decimal(str(value)) for value in (start_ghz, slope_mhz_per_us, adc_start_us)
        )
        with localcontext(prec=60):
            first_mhz = start * 1000 + slope * adc_start
        return cls(
            start_freq_hz=to_si(first_mhz, "1e6"),
            slope_hz_per_s=to_si(slope, "1e12"),
            sample_rate_hz=to_si(sample_rate_ksps, "1e3"),
            num_samples=checked_count("Chirp", "num_samples", num_samples, 1 if slope == 0 else 2),
            idle_time_s=to_si(idle_us, "1e-6"),
            adc_start_time_s=to_si(adc_start, "1e-6"),
            ramp_end_time_s=to_si(ramp_end_us, "1e-6"),
        )

    @property
    def has_sweep(self) -> bool:
        """Whether the frequency is swept; without a sweep, the radar measures no range."""
        return self.slope_hz_per_s > 0

    @property
    def ramp_start_freq_hz(self) -> float:
        """Carrier frequency at the start of the ramp (start frequency in datasheets) [Hz]."""
        return self.start_freq_hz - self.slope_hz_per_s * self.adc_start_time_s

    @property
    def duration_s(self) -> float:
        """Chirp cycle time: idle time plus ramp duration [s]."""
        return self.idle_time_s + self.ramp_end_time_s

    @property
    def sampled_time_s(self) -> float:
        """Length of the ADC window, N / fs [s]; 0 for the single sample of a continuous wave."""
        return self.num_samples / self.sample_rate_hz if self.has_sweep else 0.0

    @property
    def bandwidth_hz(self) -> float:
        """Bandwidth swept in the ADC window, S N / fs [Hz], which sets the range resolution."""
        return self.slope_hz_per_s * self.sampled_time_s

    @property
    def sweep_hz(self) -> float:
        """Bandwidth swept by the whole ramp [Hz], which is the occupied RF bandwidth."""
        return self.slope_hz_per_s * self.ramp_end_time_s

    @property
    def centre_freq_hz(self) -> float:
        """Centre frequency of the sampled sweep [Hz], used for the Doppler and angle axes."""
        return self.start_freq_hz + self.bandwidth_hz / 2

    @property
    def wavelength_m(self) -> float:
        """Wavelength at the middle of the sampled sweep [m]."""
        return SPEED_OF_LIGHT_MPS / self.centre_freq_hz

    @property
    def range_resolution_m(self) -> float:
        """Width of a range bin, c / 2B, over the sampled bandwidth [m]; infinite without sweep."""
        return SPEED_OF_LIGHT_MPS / (2 * self.bandwidth_hz) if self.has_sweep else math.inf

    @property
    def max_range_m(self) -> float:
        """Range whose beat frequency equals the complex sample rate, c fs / 2S [m]."""
        if not self.has_sweep:
            return math.inf
        return SPEED_OF_LIGHT_MPS * self.sample_rate_hz / (2 * self.slope_hz_per_s)

    @property
    def sample_times_s(self) -> Float64[np.ndarray, " sample"]:
        """Time of each ADC sample since the first sample [s]."""
        return np.arange(self.num_samples) / self.sample_rate_hz
