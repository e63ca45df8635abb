"""Parse mmWave Studio logs and Lua scripts into chip settings.

The log of a recording (`*_LogFile.txt`) contains the commands sent to the chip, in register units:

    API:ProfileConfig,0,1435388860,10000,600,6000,0,0,621,0,256,10000,0,0,30,0,

Scripts and Studio's log window contain function calls in physical units:

    ar1.ProfileConfig(0, 77, 100, 6, 60, 0, 0, 0, 0, 0, 0, 29.982, 0, 256, 10000, 0, 0, 30)

The last setting of each kind is used, because Studio appends to the log in every session. In a
script, calls may span several lines and contain variables; if branches set different values, the
named chip decides (`SelectChipVersion`, or a comment `-- Platform:xWR1843`).

Source:
    Register units: TI mmWaveLink, rlProfileCfg_t (frequency LSB 3.6 GHz / 2^26, or 2.7 GHz / 2^26
    in the 60 GHz band; time LSB 10 ns; slope LSB 900 frequency LSBs per us) and rlFrameCfg_t (time
    LSB 5 ns). Order of arguments: Lua functions of mmWave Studio 2.1 and public scripts that read
    such logs.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from radarsim.radar.ti.chip_settings import (
    ChipSettings,
    ChirpRange,
    FramePlan,
    Profile,
)
from radarsim.radar.ti.script_calls import Call, script_calls

_RAW = re.compile(r"API:(\w+),([^\r\n]*)")
_TWO_26 = Decimal(2**26)
# Lowest start, highest end, and span of 2^26 frequency steps [GHz] of each of the two bands.
_BANDS = ((Decimal(76), Decimal(81), Decimal("3.6")), (Decimal(60), Decimal(64), Decimal("2.7")))
# Maximum number of lines that are searched for API commands.
MAX_LINES = 1_000_000


def is_studio_log(text: str) -> bool:
    """Whether a text is an mmWave Studio log or script, with or without settings."""
    return bool(re.search(r"API:\w+,|\bar1\.\w+\s*\(", text))


def parse_studio_log(text: str, where: str, board: str = "") -> ChipSettings:
    """Parse a Studio log or Lua script into chip settings.

    Args:
        text: the log or script.
        where: name of the file, for messages.
        board: board of the file, which decides between branches of a script; "" if unknown.

    Returns:
        The settings; calls that are not used are listed in the notes.

    Raises:
        InputError: a setting cannot be parsed, differs between branches, or requires a mode that is
            not supported; or the text configures nothing.
    """
    settings = ChipSettings(where=where)
    raw = _raw_calls(text, where)
    calls = script_calls(text, settings, board, READERS) if "ar1." in text else []
    unread: dict[str, int] = {}
    for number, call in sorted([*raw, *calls], key=lambda each: each[0]):
        if call.key in READERS:
            READERS[call.key](settings, call)
        elif call.name.endswith("Config"):
            unread.setdefault(call.name, number)
    _check_configures(settings, unread)
    if unread:
        names = ", ".join(f"{name} (line {number})" for name, number in unread.items())
        settings.notes.append(f"not used: {names}")
    return settings


def _raw_calls(text: str, where: str) -> list[tuple[int, Call]]:
    """Find the API commands of a log, with their line numbers."""
    found = []
    for number, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        if match := _RAW.search(line):
            values = [value.strip().strip("\"'") for value in match[2].split(",")]
            found.append((number, Call(f"{where}, line {number}", "raw ", match[1], values)))
    return found


def _check_configures(settings: ChipSettings, unread: dict[str, int]) -> None:
    """Reject logs and scripts without a configuration; the message states the reason."""
    if settings.profiles or settings.frame:
        return
    if "ContStrConfig" in unread:
        problem = f"in line {unread['ContStrConfig']} sets a continuous wave, not chirps"
        raise settings.error("ContStrConfig", problem, "only frames of chirps are supported")
    problem = "is missing: this log or script of mmWave Studio does not configure the radar"
    hint = (
        "give the file of the same session that contains ProfileConfig, ChirpConfig and "
        "FrameConfig (later parts of a log lack them)"
    )
    raise settings.error("ProfileConfig", problem, hint)


def _raw_profile(settings: ChipSettings, call: Call) -> None:
    steps = call.number(1), call.number(7)
    ramp_end_us = call.number(4) / 100
    start_ghz, slope = _physical(settings, *steps, ramp_end_us)
    settings.profiles[call.count(0)] = Profile(
        start_ghz=start_ghz,
        idle_us=call.number(2) / 100,
        adc_start_us=call.number(3) / 100,
        ramp_end_us=ramp_end_us,
        tx_backoff_db=call.count(5) & 0xFF,
        tx_phase=call.count(6),
        slope_mhz_per_us=slope,
        num_samples=call.count(9),
        sample_rate_ksps=call.number(10),
        high_pass=(call.count(11), call.count(12)),
        rx_gain=call.count(13),
    )


def _physical(settings, start_steps: Decimal, slope_steps: Decimal, ramp_end_us: Decimal):
    """Start frequency [GHz] and slope [MHz/us], decoded for the chip's band or a band that fits."""
    is_60 = "68" in settings.platform
    scaled = []
    for low, high, ghz in _BANDS:
        start, slope = start_steps * ghz / _TWO_26, slope_steps * ghz * 900 * 1000 / _TWO_26
        end = start + slope * ramp_end_us / 1000
        fits = low - Decimal("0.01") <= start and end <= high + Decimal("0.01")
        named = bool(settings.platform) and is_60 == (low == 60)
        scaled.append((named, fits, start, slope))
    if not settings.platform and all(each[1] for each in scaled):
        settings.notes.append("the ramp fits both bands and no chip is named; 77 GHz is assumed")
    best = max(scaled, key=lambda each: each[:2])
    return best[2], best[3]


def _call_profile(settings: ChipSettings, call: Call) -> None:
    settings.profiles[call.count(0)] = Profile(
        start_ghz=call.number(1),
        idle_us=call.number(2),
        adc_start_us=call.number(3),
        ramp_end_us=call.number(4),
        tx_backoff_db=call.count(5),
        tx_phase=sum(call.count(idx) for idx in (8, 9, 10)),
        slope_mhz_per_us=call.number(11),
        num_samples=call.count(13),
        sample_rate_ksps=call.number(14),
        high_pass=(call.count(15), call.count(16)),
        rx_gain=call.count(17),
    )


def _chirp(settings: ChipSettings, call: Call, tx_mask: int) -> None:
    settings.chirps.append(
        ChirpRange(
            first=call.count(0),
            last=call.count(1),
            profile=call.count(2),
            changes=tuple(call.number(idx) for idx in range(3, 7)),
            tx_mask=tx_mask,
        )
    )


def _frame(settings: ChipSettings, call: Call, period_ms: Decimal) -> None:
    settings.frame = FramePlan(
        first=call.count(0),
        last=call.count(1),
        frames=call.count(2),
        loops=call.count(3),
        period_ms=period_ms,
    )


def _raw_channels(settings: ChipSettings, call: Call) -> None:
    settings.tx_mask, settings.rx_mask = call.count(0), call.count(1)


def _raw_adc(settings: ChipSettings, call: Call) -> None:
    settings.adc_bits, settings.adc_format = call.count(0), call.count(1)


def _raw_data_format(settings: ChipSettings, call: Call) -> None:
    settings.rx_mask, settings.q_first = call.count(0), bool(call.count(3))


def _call_channels(settings: ChipSettings, call: Call) -> None:
    settings.tx_mask, settings.rx_mask = call.mask(0, 3), call.mask(3, 4)
    settings.adc_bits, settings.adc_format = call.count(7), call.count(8)
    settings.q_first = bool(call.count(9)) if len(call.arguments) > 9 else None


def _lanes(settings: ChipSettings, call: Call, mask: int) -> None:
    settings.lanes = 4 if mask.bit_count() == 4 else 2


def _chip(settings: ChipSettings, call: Call) -> None:
    settings.platform = call.arguments[0][:40]
    settings.platform_from = f"{call.name}({settings.platform})"


def _subframes(settings: ChipSettings, call: Call) -> None:
    """Accept one subframe, which Studio sends with every normal frame, and reject several."""
    if call.count(0) > 1:
        problem = f"configures {call.count(0)} subframes"
        raise call.error(problem, "only normal frames are supported")


def _reject_advanced(settings: ChipSettings, call: Call) -> None:
    raise call.error("configures advanced frames", "only normal frames are supported")


def _test_source(settings: ChipSettings, call: Call) -> None:
    note = "the test source is on: the samples are generated by the chip, not received"
    settings.notes = [each for each in settings.notes if each != note]
    settings.notes += [note] if call.count(0) else []


READERS: dict[str, Callable[[ChipSettings, Call], None]] = {
    "raw select_chip_version": _chip,
    "raw ChannelConfig": _raw_channels,
    "raw AdcOutConfig": _raw_adc,
    "raw DataFmtConfig": _raw_data_format,
    "raw LaneConfig": lambda settings, call: _lanes(settings, call, call.count(0)),
    "raw ProfileConfig": _raw_profile,
    "raw ChirpConfig": lambda settings, call: _chirp(settings, call, call.count(7)),
    # 5 ns per step: 200,000 steps per millisecond.
    "raw FrameConfig": lambda settings, call: _frame(settings, call, call.number(4) / 200_000),
    "raw AdvancedFrameConfig": _subframes,
    "raw EnableTestSource": _test_source,
    "SelectChipVersion": _chip,
    "deviceVariantSelection": _chip,
    "select_chip_version": _chip,
    "ChanNAdcConfig": _call_channels,
    "LVDSLaneConfig": lambda settings, call: _lanes(settings, call, call.mask(1, 4)),
    "ProfileConfig": _call_profile,
    "ChirpConfig": lambda settings, call: _chirp(settings, call, call.mask(7, 3)),
    "FrameConfig": lambda settings, call: _frame(settings, call, call.number(4)),
    "EnableTestSource": _test_source,
    "AdvanceFrameConfig": _reject_advanced,
    "AdvancedFrameConfig": _reject_advanced,
}
