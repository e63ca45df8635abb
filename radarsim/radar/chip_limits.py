"""Limits of TI radar chips (band, slope, sample rate, IF bandwidth, gain) and the limit check.

The sources of the limits are listed in `boards`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from radarsim.checks import with_unit
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.radar import Radar


@dataclass(frozen=True, kw_only=True)
class ChipLimits:
    """Limits of a radar chip; settings beyond the limits cannot be configured.

    Attributes:
        chip: name of the chip family.
        band_hz: lowest and highest carrier frequency.
        max_sweep_hz: largest bandwidth of a ramp.
        max_slope_hz_per_s: largest slope of a ramp.
        max_sample_rate_hz: largest sample rate (complex 1x).
        if_bandwidth_hz: beat frequency above which the receiver filters out echoes.
        gain_db: lowest and highest receiver gain.
        min_idle_s: shortest idle time before a ramp.
        max_tx: number of transmitters.
        max_rx: number of receivers.
    """

    chip: str
    band_hz: tuple[float, float]
    max_sweep_hz: float
    max_slope_hz_per_s: float
    max_sample_rate_hz: float
    if_bandwidth_hz: float
    gain_db: tuple[float, float] = (24.0, 48.0)
    min_idle_s: float = 2e-6
    max_tx: int = 3
    max_rx: int = 4


XWR1843 = ChipLimits(
    chip="xWR1843",
    band_hz=(76e9, 81e9),
    max_sweep_hz=4e9,
    max_slope_hz_per_s=100e12,
    max_sample_rate_hz=12.5e6,
    if_bandwidth_hz=10e6,
)
XWR1443 = ChipLimits(
    chip="xWR1443",
    band_hz=(76e9, 81e9),
    max_sweep_hz=4e9,
    max_slope_hz_per_s=100e12,
    max_sample_rate_hz=18.75e6,
    if_bandwidth_hz=15e6,
)
XWR1642 = ChipLimits(
    chip="xWR1642",
    band_hz=(76e9, 81e9),
    max_sweep_hz=4e9,
    max_slope_hz_per_s=100e12,
    max_sample_rate_hz=12.5e6,
    if_bandwidth_hz=5e6,
    max_tx=2,
)
XWR6843 = ChipLimits(
    chip="xWR6843",
    band_hz=(60e9, 64e9),
    max_sweep_hz=4e9,
    max_slope_hz_per_s=250e12,
    max_sample_rate_hz=12.5e6,
    if_bandwidth_hz=10e6,
)
XWR2944 = ChipLimits(
    chip="xWR2944",
    band_hz=(76e9, 81e9),
    max_sweep_hz=5e9,
    max_slope_hz_per_s=250e12,
    max_sample_rate_hz=18.75e6,  # equivalent to 37.5 Msps real
    if_bandwidth_hz=15e6,
    gain_db=(24.0, 44.0),
    max_tx=4,
)
XWRL6432 = ChipLimits(
    chip="xWRL6432",
    band_hz=(57e9, 64e9),
    max_sweep_hz=7e9,
    max_slope_hz_per_s=400e12,
    max_sample_rate_hz=6.25e6,  # equivalent to 12.5 Msps real
    if_bandwidth_hz=5e6,
    max_tx=2,
    max_rx=3,
)
XWRL1432 = ChipLimits(
    chip="xWRL1432",
    band_hz=(76e9, 81e9),
    max_sweep_hz=5e9,
    max_slope_hz_per_s=400e12,
    max_sample_rate_hz=6.25e6,
    if_bandwidth_hz=5e6,
    max_tx=2,
    max_rx=3,
)


class _Setting(NamedTuple):
    """A setting, its limits (None: no limit on that side), and how to correct it."""

    where: str
    field: str
    value: float
    unit: str
    lowest: float | None
    highest: float | None
    hint: str


def check_limits(radar: Radar, limits: ChipLimits) -> None:
    """Reject settings that exceed the limits of the chip.

    Args:
        radar: radar with the settings to be checked.
        limits: limits of its chip.

    Raises:
        InputError: a limit is exceeded; the message names the setting, its value and the limit.
    """
    for setting in (*_chirp_settings(radar, limits), *_ramp_settings(radar, limits)):
        _check_setting(limits.chip, setting)
    _check_channels(radar.array, limits)


def _chirp_settings(radar: Radar, limits: ChipLimits) -> list[_Setting]:
    chirp = radar.chirp
    slope_hint = "lower the slope; it determines range resolution and maximum range"
    rate_hint = (
        "sample more slowly; the receiver passes beat frequencies up to "
        f"{with_unit(limits.if_bandwidth_hz, 'Hz')} only"
    )
    idle_hint = "the synthesizer needs this time to return to the start frequency"
    slope, steepest = chirp.slope_hz_per_s, limits.max_slope_hz_per_s
    rate, fastest = chirp.sample_rate_hz, limits.max_sample_rate_hz
    idle, shortest = chirp.idle_time_s, limits.min_idle_s
    return [
        _Setting("Chirp", "slope_hz_per_s", slope, "Hz/s", None, steepest, slope_hint),
        _Setting("Chirp", "sample_rate_hz", rate, "sps", None, fastest, rate_hint),
        _Setting("Chirp", "idle_time_s", idle, "s", shortest, None, idle_hint),
    ]


def _ramp_settings(radar: Radar, limits: ChipLimits) -> list[_Setting]:
    chirp, gain_db = radar.chirp, radar.receiver.gain_db
    lowest_hz, highest_hz = limits.band_hz
    start_hz, sweep_hz, end = chirp.ramp_start_freq_hz, chirp.sweep_hz, "ramp_end_time_s"
    start_hint = "start the ramp at a higher frequency"
    end_hint = "this is the frequency at the end of the ramp: start it lower, or shorten or slow it"
    sweep_hint = "this is the bandwidth of the ramp: shorten it, or lower the slope"
    gain_hint = "choose a gain that the chip supports"
    return [
        _Setting("Chirp", "start_freq_hz", start_hz, "Hz", lowest_hz, None, start_hint),
        _Setting("Chirp", end, start_hz + sweep_hz, "Hz", None, highest_hz, end_hint),
        _Setting("Chirp", end, sweep_hz, "Hz", None, limits.max_sweep_hz, sweep_hint),
        _Setting("Receiver", "gain_db", gain_db, "dB", *limits.gain_db, gain_hint),
    ]


def _check_setting(chip: str, setting: _Setting) -> None:
    value, unit = setting.value, setting.unit
    # In TI's own demo files, ramps end up to 0.2 MHz above the band, because register values are
    # rounded.
    slack = 5e-5 * abs(value)
    for limit, violated, relation in (
        (setting.lowest, setting.lowest is not None and value < setting.lowest - slack, "at least"),
        (
            setting.highest,
            setting.highest is not None and value > setting.highest + slack,
            "at most",
        ),
    ):
        if violated:
            allowed = f"{chip} allows {relation} {with_unit(limit, unit)}"
            problem = f"is {with_unit(value, unit)}; {allowed}"
            raise InputError(setting.where, setting.field, problem, setting.hint)


def _check_channels(array: AntennaArray, limits: ChipLimits) -> None:
    for field, count, most in (
        ("tx_positions_m", array.num_tx, limits.max_tx),
        ("rx_positions_m", array.num_rx, limits.max_rx),
    ):
        if count > most:
            problem = f"lists {count} antennas; {limits.chip} has {most}"
            raise InputError("AntennaArray", field, problem, "remove some")
