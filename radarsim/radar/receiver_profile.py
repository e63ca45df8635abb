"""Receiver profile: parameters of the deviations of a real radar from the ideal radar.

A part that is None is ideal. Every number in a part may also be a range (low, high), from which a
dataset build draws one value per clip (`ReceiverProfile.drawn`). The module `receiver_toml` reads
and writes profiles as TOML; `receiver_profiles` contains the profile "datasheet" of each board.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from radarsim.checks import check_type, checked_number
from radarsim.errors import InputError
from radarsim.radar.profile_part import (
    ProfilePart,
    Setting,
    check_first_values,
    floats,
    setting,
    store_pairs,
)

Draw = Callable[[str, tuple[float, float]], float]


@dataclass(frozen=True, kw_only=True)
class AntennaPattern(ProfilePart):
    """Radiation pattern of the transmit or receive antennas, relative to boresight.

    The gain in a direction is the sum in decibels of an azimuth cut and an elevation cut, but not
    less than the back-lobe level. Each cut is cos^n of the angle, or a table.

    Attributes:
        azimuth_exponent: exponent n of the power in the azimuth cut (H plane of TI's boards).
        elevation_exponent: exponent n of the power in the elevation cut (E plane of TI's boards).
        back_lobe_db: power behind the antenna relative to boresight, one way.
        azimuth_cut: pairs (angle [rad], power relative to boresight [dB]) in the order of angles,
            from which the azimuth cut is interpolated; empty to use the exponent.
        elevation_cut: table of the elevation cut, in the same form as `azimuth_cut`.

    Source:
        3GPP TR 37.840, table 5.4.4.2-1: sum of the cuts, limited by the front-to-back ratio.
    """

    azimuth_exponent: Setting = setting("", 0.5, 200, 1.0)
    elevation_exponent: Setting = setting("", 0.5, 200, 1.0)
    back_lobe_db: Setting = setting("dB", -120, -10, -30.0)
    azimuth_cut: Sequence = ()
    elevation_cut: Sequence = ()

    def _check_tables(self) -> None:
        for name in ("azimuth_cut", "elevation_cut"):
            store_pairs(self, name, "rad", "dB")
            hint = f"give angles from -pi to pi, or {name}_deg from -180 to 180 in a TOML file"
            check_first_values(self, name, -math.pi, math.pi, hint)


@dataclass(frozen=True, kw_only=True)
class IfFilter(ProfilePart):
    """High-pass and anti-alias low-pass filters of the intermediate frequency (IF).

    Attributes:
        high_pass_1_hz, high_pass_2_hz: -3 dB corners of two first-order high-pass filters; 0 for
            none.
        pass_fraction: end of the pass band of the low-pass filter (-0.5 dB), as a fraction of the
            complex sample rate; 0 for no low-pass filter.
        stop_band_db: attenuation of the low-pass filter at the sample rate and beyond.
    """

    high_pass_1_hz: Setting = setting("Hz", 0, 20e6, 0.0)
    high_pass_2_hz: Setting = setting("Hz", 0, 20e6, 0.0)
    pass_fraction: Setting = setting("", 0, 0.99, 0.9)
    stop_band_db: Setting = setting("dB", 3, 120, 60.0)


@dataclass(frozen=True, kw_only=True)
class NoiseShape(ProfilePart):
    """Spectrum of the noise over the IF, relative to white noise at the nominal noise figure.

    Attributes:
        level_db: offset added to every value of the table.
        spectrum: pairs (IF as a fraction of the sample rate from 0 to 1, power spectral density
            relative to the nominal noise [dB]) in the order of frequencies; empty for white noise.
            Beyond the ends of the table, the spectrum continues periodically. A table from 0 to 1
            needs no continuation, and its ends may differ.
    """

    level_db: Setting = setting("dB", -60, 60, 0.0)
    spectrum: Sequence = ()

    def _check_tables(self) -> None:
        store_pairs(self, "spectrum", "", "dB")
        hint = "divide an IF in Hz by the sample rate, and add 1 to negative fractions"
        check_first_values(self, "spectrum", 0.0, 1.0, hint)


@dataclass(frozen=True, kw_only=True)
class Leakage(ProfilePart):
    """Coupling from transmitters to receivers on the board, as tones at fixed ranges.

    Attributes:
        level_db: offset added to the level of all tones.
        range_m: range at which each tone appears; negative for tones below zero IF.
        channels: for each transmitter and receiver, the amplitude of each tone as (real, imaginary)
            [V]. If a radar has more channels than the table, the table is repeated.
    """

    level_db: Setting = setting("dB", -100, 60, 0.0)
    range_m: Sequence = ()
    channels: Sequence = ()

    def _check_tables(self) -> None:
        where = type(self).__name__
        check_type(where, "range_m", self.range_m, (tuple, list), "give a list of metres")
        _check_channels(where, self.channels)
        ranges_m = tuple(checked_number(where, "range_m", each, "m") for each in self.range_m)
        object.__setattr__(self, "range_m", ranges_m)
        for row in self.channels:
            for tones in row:
                if len(tones) != len(ranges_m) or any(len(tone) != 2 for tone in tones):
                    problem = f"has {len(tones)} tones in a channel; range_m has {len(ranges_m)}"
                    hint = "give one (real, imaginary) pair per range"
                    raise InputError(where, "channels", problem, hint)
        if bool(self.channels) != bool(ranges_m):
            raise InputError(where, "channels", "or range_m is empty", "give both, or neither")
        object.__setattr__(self, "channels", floats(where, "channels", self.channels))


def _check_channels(where: str, channels: Sequence) -> None:
    """Check that the channels are lists of transmitters, receivers, tones and pairs."""
    hint = "give [real, imaginary] pairs for every transmitter, receiver and tone"
    level = [channels]
    for _ in range(4):
        for each in level:
            check_type(where, "channels", each, (tuple, list), hint)
        level = [part for each in level for part in each]


@dataclass(frozen=True, kw_only=True)
class PhaseNoise(ProfilePart):
    """Phase noise of the common oscillator, which largely cancels in echoes of short delay.

        L(f) = L_1MHz (1 MHz^2 + f_loop^2) / (f^2 + f_loop^2)

    The phase noise of an echo with the delay tau has the spectral density
    L(f) 4 sin^2(pi f tau).

    Attributes:
        level_dbc_per_hz: single-sideband phase noise at 1 MHz offset.
        loop_bandwidth_hz: offset frequency below which the phase-locked loop keeps the phase
            noise flat.
    """

    level_dbc_per_hz: Setting = setting("dBc/Hz", -200, -40)
    loop_bandwidth_hz: Setting = setting("Hz", 1e3, 10e6, 300e3)


@dataclass(frozen=True, kw_only=True)
class ChirpJitter(ProfilePart):
    """Random error of the start time of each ramp relative to the ADC window.

    Attributes:
        start_s: standard deviation of the timing error, which is independent for every chirp.
    """

    start_s: Setting = setting("s", 0, 1e-7)


@dataclass(frozen=True, kw_only=True)
class ChannelMismatch(ProfilePart):
    """Random gain and phase errors of every transmitter and every receiver, fixed within a clip.

    Attributes:
        gain_db: standard deviation of the gain error.
        phase_rad: standard deviation of the phase error.
    """

    gain_db: Setting = setting("dB", 0, 10, 0.0)
    phase_rad: Setting = setting("rad", 0, 3.1416, 0.0)


@dataclass(frozen=True, kw_only=True)
class DcOffset(ProfilePart):
    """Constant voltage that each receiver adds to its signal.

    Attributes:
        level_v: root mean square of the offset's magnitude; the phase of the offset is random.
    """

    level_v: Setting = setting("V", 0, 10)


@dataclass(frozen=True, kw_only=True)
class Saturation(ProfilePart):
    """Clipping of I and Q before the ADC.

    Attributes:
        level_v: voltage at which I and Q are limited.
    """

    level_v: Setting = setting("V", 1e-6, 10)


@dataclass(frozen=True, kw_only=True)
class PacketLoss(ProfilePart):
    """Loss of packets between radar and recorder; the recorder replaces lost packets by zeros.

    Attributes:
        loss_rate: probability that a packet of 364 complex samples (1456 bytes) is lost.
    """

    loss_rate: Setting = setting("", 0, 1)


@dataclass(frozen=True, kw_only=True)
class ReceiverProfile:
    """Deviations of a radar from the ideal radar; the default is the ideal radar.

    Attributes:
        name: name of the profile, which data cards show.
        source: document or capture from which the values were taken.
        tx_pattern, rx_pattern: antenna patterns; None for isotropic antennas.
        if_filter, noise, leakage, phase_noise, jitter, mismatch, dc, saturation, packets: parts
            of the profile, documented in their classes; None for an ideal part.
    """

    name: str = "custom"
    source: str = ""
    tx_pattern: AntennaPattern | None = None
    rx_pattern: AntennaPattern | None = None
    if_filter: IfFilter | None = None
    noise: NoiseShape | None = None
    leakage: Leakage | None = None
    phase_noise: PhaseNoise | None = None
    jitter: ChirpJitter | None = None
    mismatch: ChannelMismatch | None = None
    dc: DcOffset | None = None
    saturation: Saturation | None = None
    packets: PacketLoss | None = None

    def __post_init__(self):
        for name in ("name", "source"):
            check_type("ReceiverProfile", name, getattr(self, name), str, "give a text")
        for name, kind in PARTS.items():
            hint = f"give {kind.__name__}(...), or None"
            check_type("ReceiverProfile", name, getattr(self, name), (kind, type(None)), hint)

    @property
    def parts(self) -> dict[str, ProfilePart]:
        """Return the parts that are not ideal, keyed by name."""
        found = {name: getattr(self, name) for name in PARTS}
        return {name: part for name, part in found.items() if part is not None}

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the limits of all settings that are ranges, keyed by names like "dc.level_v"."""
        return {
            f"{name}.{key}": ends
            for name, part in self.parts.items()
            for key, ends in part.ranges()
        }

    def drawn(self, draw: Draw) -> "ReceiverProfile":
        """Replace every range by a number.

        Args:
            draw: function that takes the name and the limits of a setting and returns a number.
        """
        parts = {
            name: replace(part, **{key: draw(f"{name}.{key}", ends) for key, ends in part.ranges()})
            for name, part in self.parts.items()
        }
        return replace(self, **parts)

    def at_middles(self) -> "ReceiverProfile":
        """Replace every range by its midpoint."""
        return self.drawn(lambda name, ends: sum(ends) / 2)


PARTS: dict[str, type[ProfilePart]] = {
    "tx_pattern": AntennaPattern,
    "rx_pattern": AntennaPattern,
    "if_filter": IfFilter,
    "noise": NoiseShape,
    "leakage": Leakage,
    "phase_noise": PhaseNoise,
    "jitter": ChirpJitter,
    "mismatch": ChannelMismatch,
    "dc": DcOffset,
    "saturation": Saturation,
    "packets": PacketLoss,
}
