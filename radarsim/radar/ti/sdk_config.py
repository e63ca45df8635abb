"""Parse TI mmWave SDK configurations (`.cfg`), which are lists of commands, to chip settings.

    profileCfg 0 77 429 7 57.14 0 0 70 1 256 5209 0 0 30
    chirpCfg 0 0 0 0 0 0 0 1
    frameCfg 0 1 16 0 100 1 0

Source:
    TI, "mmWave SDK User Guide" 3.x, section "Configuration (.cfg) File Format".
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from radarsim.errors import InputError
from radarsim.radar.ti import low_power_config
from radarsim.radar.ti.chip_settings import (
    ChipSettings,
    ChirpRange,
    FramePlan,
    Geometry,
    Profile,
)
from radarsim.radar.ti.command_arguments import Command

# Commands for the processing and the data link of the chip, which do not change the samples.
_PROCESSING_COMMANDS = """
sensorStart sensorStop flushCfg configDataPort queryDemoStatus guiMonitor cfarCfg
multiObjBeamForming clutterRemoval calibDcRangeSig extendedMaxVelocity aoaFovCfg cfarFovCfg
measureRangeBiasAndRxChanPhase CQRxSatMonitor CQSigImgMonitor analogMonitor calibData
dynamicRACfarCfg staticRACfarCfg dynamicRangeAngleCfg dynamic2DAngleCfg staticRangeAngleCfg
fovCfg staticBoundaryBox boundaryBox presenceBoundaryBox
sensorPosition gatingParam stateParam allocationParam maxAcceleration trackingCfg lowPower
vitalSignsCfg motionDetection profileId nearFieldCfg peakGrouping
"""
PROCESSING = frozenset(_PROCESSING_COMMANDS.split())
_MODES = {2: "continuous wave", 3: "advanced frames"}
# Maximum number of lines that are read.
MAX_LINES = 10_000
# Terminal prompt that precedes a command if the text was copied from a terminal.
_PROMPT = re.compile(r"^\s*\w+:/>\s*")
_PLATFORM = re.compile(r"^\s*([%#].*?)Platform:\s*([^%]{1,40})", re.IGNORECASE)


def is_cfg(text: str) -> bool:
    """Whether any line starts with a command that SDK configurations contain."""
    starts = ("profilecfg", "framecfg", "channelcfg", "chirpcfg", "sensorstop", "flushcfg")
    starts += low_power_config.COMMANDS_OF_FAMILY
    return any(words[:1] and words[0].lower() in starts for words in _lines(text))


def parse_cfg(text: str, where: str) -> ChipSettings:
    """Parse a list of commands to chip settings.

    Args:
        text: lines that each hold a command and its arguments; `%` and `#` start comments.
        where: name of the file, for messages.

    Returns:
        The settings; commands that are not used are listed in the notes.

    Raises:
        InputError: a command cannot be parsed, contradicts an earlier command, or requires a mode
            that is not supported.
    """
    settings, lines = ChipSettings(where=where), _lines(text)
    first_words = {words[0].lower() for words in lines if words}
    low_power = not first_words.isdisjoint(low_power_config.COMMANDS_OF_FAMILY)
    _read_platform(settings, text)
    readers = low_power_config.READERS if low_power else READERS
    seen, unknown = _read_commands(settings, lines, readers)
    if low_power:
        low_power_config.finish(settings, seen, unknown)
    else:
        _check_kinds(seen, where)
        _read_positions(settings, seen)
    settings.notes += [f"unknown and not used: {name} (line {at})" for name, at in unknown.items()]
    return settings


def _read_commands(
    settings: ChipSettings, lines: list[list[str]], readers: Mapping[str, Callable]
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Read each line; return the arguments by command, and the lines of unknown commands."""
    names = {name.lower(): name for name in (*readers, *PROCESSING)}
    seen, ignored, unknown = {}, set(), {}
    for number, words in enumerate(lines, start=1):
        if not words:
            continue
        name = names.get(words[0].lower(), words[0])
        if name == "flushCfg":
            seen.clear()
            settings.profiles.clear()
            settings.chirps.clear()
        if name in readers:
            command = Command(f"{settings.where}, line {number}", name, words[1:])
            _check_repeated(command, seen)
            readers[name](settings, command)
        elif name in PROCESSING:
            ignored.add(name)
        else:
            unknown.setdefault(name, number)
    if ignored:
        listed = ", ".join(sorted(ignored))
        settings.notes.append(f"not used, because they do not change the samples: {listed}")
    return seen, unknown


def _lines(text: str) -> list[list[str]]:
    """Split each line into words, without comments and terminal prompts."""
    return [
        _PROMPT.sub("", line.split("%")[0].split("#")[0]).split()
        for line in text.splitlines()[:MAX_LINES]
    ]


def _read_platform(settings: ChipSettings, text: str) -> None:
    for line in text.splitlines()[:MAX_LINES]:
        if found := _PLATFORM.match(line):
            settings.platform = found[2].strip()
            settings.platform_from = f"`% Platform:{settings.platform}`"


def _check_repeated(command: Command, seen: dict[str, list[str]]) -> None:
    """Check that repeated commands (or chirps and profiles of one number) have equal arguments."""
    key = command.name
    if key in ("profileCfg", "chirpCfg"):
        key += " " + " ".join(command.arguments[: 1 if key == "profileCfg" else 2])
    if seen.setdefault(key, command.arguments) != command.arguments:
        problem = f"is {' '.join(command.arguments)}, in an earlier line {' '.join(seen[key])}"
        raise command.error(problem, "keep one of them")


def _check_kinds(seen: dict[str, list[str]], where: str) -> None:
    """Raise an error unless ADC and ADC buffer are both real or both complex."""
    if "adcCfg" not in seen or "adcbufCfg" not in seen:
        return
    adc_is_real = Decimal(seen["adcCfg"][1]) == 0
    buffer_is_real = Decimal(seen["adcbufCfg"][-4]) != 0
    if adc_is_real != buffer_is_real:
        kinds = [" ".join(seen[name]) for name in ("adcCfg", "adcbufCfg")]
        names = ["complex", "real"]
        problem = (
            f"is {kinds[0]} ({names[adc_is_real]}), but adcbufCfg is {kinds[1]} "
            f"({names[buffer_is_real]})"
        )
        raise InputError(where, "adcCfg", problem, "make both real or both complex")


def _channels(settings: ChipSettings, command: Command) -> None:
    settings.rx_mask, settings.tx_mask = command.count(0), command.count(1)
    if len(command) > 2 and command.count(2):
        raise command.error("is one of several cascaded chips", "only single chips are supported")


def _adc(settings: ChipSettings, command: Command) -> None:
    settings.adc_bits, settings.adc_format = command.count(0), command.count(1)


def _adc_buffer(settings: ChipSettings, command: Command) -> None:
    """Read the last four arguments: format, swap, interleave and threshold.

    The subframe number that precedes them is missing in SDK 1.x.
    """
    first = len(command) - 4
    if first not in (0, 1):
        hint = "give subframe, format, SampleSwap, ChanInterleave, ChirpThreshold"
        raise command.error(f"has {len(command)} arguments", hint)
    real, swap, not_interleaved = (command.count(first + idx) for idx in range(3))
    settings.q_first = bool(swap) if not real else None
    settings.lanes = 2 if not_interleaved else 4


def _profile(settings: ChipSettings, command: Command) -> None:
    number = command.count(0)
    settings.profiles[number] = Profile(
        start_ghz=command.number(1),
        idle_us=command.number(2),
        adc_start_us=command.number(3),
        ramp_end_us=command.number(4),
        tx_backoff_db=_tx_backoff_db(settings, command),
        tx_phase=command.count(6),
        slope_mhz_per_us=command.number(7),
        num_samples=command.count(9),
        sample_rate_ksps=command.number(10),
        high_pass=(command.count(11), command.count(12)),
        rx_gain=command.count(13),
    )


def _tx_backoff_db(settings: ChipSettings, command: Command) -> int:
    """Power back-off of TX1, from one byte per transmitter; adds a note if the bytes differ."""
    code = command.count(5)
    per_tx = {code >> shift & 0xFF for shift in (0, 8, 16)}
    if code > 0xFF and len(per_tx) > 1:
        settings.notes.append(
            f"power back-off differs between transmitters (code {code}); that of TX1 is used"
        )
    return code & 0xFF


def _chirp(settings: ChipSettings, command: Command) -> None:
    settings.chirps.append(
        ChirpRange(
            first=command.count(0),
            last=command.count(1),
            profile=command.count(2),
            changes=tuple(command.number(idx) for idx in range(3, 7)),
            tx_mask=command.count(7),
        )
    )


def _frame(settings: ChipSettings, command: Command) -> None:
    # On xWR294x the number of ADC samples precedes the period.
    period = 5 if len(command) >= 8 else 4
    settings.family = "xWR294x" if len(command) >= 8 else settings.family
    settings.frame = FramePlan(
        first=command.count(0),
        last=command.count(1),
        loops=command.count(2),
        frames=command.count(3),
        period_ms=command.number(period),
    )


def _mode(settings: ChipSettings, command: Command) -> None:
    if command.count(0) in _MODES:
        problem = f"selects {_MODES[command.count(0)]}"
        raise command.error(problem, "only normal frames (1) are supported")


def _stream(settings: ChipSettings, command: Command) -> None:
    if len(command) > 2 and command.count(1):
        note = (
            "lvdsStreamCfg adds a header to the samples of each chirp: remove it from the capture"
        )
        settings.notes.append(note)
    if len(command) > 2 and command.count(2) == 0:
        settings.notes.append("lvdsStreamCfg streams no samples: a capture cannot contain any")


def _phase_coded(settings: ChipSettings, command: Command) -> None:
    if len(command) > 1 and command.count(1):
        raise command.error("enables phase-coded transmitters", "only TDM is supported")


def _calibration(settings: ChipSettings, command: Command) -> None:
    settings.calibration = tuple(command.number(idx) for idx in range(len(command)))


def _phase_signs(settings: ChipSettings, command: Command) -> None:
    numbers = [command.number(idx) for idx in range(len(command))]
    settings.phase_signs = tuple(1 if number > 0 else -1 for number in numbers)


def _positions_of_pairs(settings: ChipSettings, command: Command) -> None:
    """Read row and column of every pair, then the spacings in azimuth and elevation [wavelengths].

    Columns are counted to the left and rows downwards, as in every SDK for these chips.
    """
    pairs, rest = divmod(len(command) - 2, 2)
    if rest or pairs < 1:
        hint = "give the row and column of every TX-RX pair, then two distances in wavelengths"
        raise command.error(f"has {len(command)} arguments", hint)
    steps = tuple((command.integer(2 * i + 1), -command.integer(2 * i)) for i in range(pairs))
    distances = tuple(2 * float(command.number(2 * pairs + idx)) for idx in range(2))
    settings.geometry = Geometry("antGeometryCfg", steps, step_half_waves=distances)


def _read_positions(settings: ChipSettings, seen: dict[str, list[str]]) -> None:
    """Read the pairs' positions to the right (antGeometry0) and up (antGeometry1) [lambda / 2]."""
    if not {"antGeometry0", "antGeometry1"} <= set(seen):
        return
    right, up = (
        [command.integer(idx) for idx in range(len(command))]
        for command in (
            Command(settings.where, name, seen[name]) for name in ("antGeometry0", "antGeometry1")
        )
    )
    if len(right) != len(up):
        problem = f"has {len(right)} positions, antGeometry1 has {len(up)}"
        raise settings.error("antGeometry0", problem, "give one per TX-RX pair in both")
    steps = tuple((-x, y) for x, y in zip(right, up))
    settings.geometry = Geometry("antGeometry0 and antGeometry1", steps)


def _keep(_settings: ChipSettings, _command: Command) -> None:
    """Store the arguments without parsing them."""


READERS: dict[str, Callable[[ChipSettings, Command], None]] = {
    "channelCfg": _channels,
    "adcCfg": _adc,
    "adcbufCfg": _adc_buffer,
    "profileCfg": _profile,
    "chirpCfg": _chirp,
    "frameCfg": _frame,
    "dfeDataOutputMode": _mode,
    "lvdsStreamCfg": _stream,
    "bpmCfg": _phase_coded,
    "compRangeBiasAndRxChanPhase": _calibration,
    "antPhaseRot": _phase_signs,
    "antGeometry0": _keep,
    "antGeometry1": _keep,
    "antGeometryCfg": _positions_of_pairs,
}
