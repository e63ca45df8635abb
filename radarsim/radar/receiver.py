"""Receiver: noise figure, gain, load and ADC (bits and full scale)."""

import math
from dataclasses import dataclass

import jax

from radarsim.checks import checked_count, store_number
from radarsim.constants import BOLTZMANN_J_PER_K, REFERENCE_TEMPERATURE_K
from radarsim.errors import InputError


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Noise and digitisation of one receive channel.

    Attributes:
        noise_figure_db: noise figure of the whole receiver, relative to 290 K.
        gain_db: gain from the antenna port to the ADC.
        adc_bits: width of one I or Q sample, including the sign.
        full_scale_v: voltage at the ADC, after the gain, that corresponds to code 2^(bits - 1).
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
        """Gain as a voltage ratio."""
        return 10 ** (self.gain_db / 20)

    @property
    def adc_step_v(self) -> float:
        """Voltage of the least significant bit at the ADC [V]."""
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

        The rms of I alone, or of Q alone, is this value divided by sqrt(2).
        """
        return math.sqrt(self.noise_power_w(bandwidth_hz) * self.load_ohm) * self.voltage_gain
