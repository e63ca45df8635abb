"""Parser of TI mmWave SDK configurations (`.cfg`): text of commands to chip settings.

    profileCfg 0 77 429 7 57.14 0 0 70 1 256 5209 0 0 30
    chirpCfg 0 0 0 0 0 0 0 1
    frameCfg 0 1 16 0 100 1 0

Source:
    TI, "mmWave SDK User Guide" 3.x, section "Configuration (.cfg) File Format".
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from radarsim.errors import InputError
from radarsim.radar.ti.chip_settings import ChipSettings, ChirpRange, FramePlan, Profile
from radarsim.radar.ti.command_arguments import CommandArguments

# Commands for the processing and the data link of the chip, which do not change the samples.
_PROCESSING_COMMANDS = """
sensorStart sensorStop flushCfg configDataPort queryDemoStatus guiMonitor cfarCfg
multiObjBeamForming clutterRemoval calibDcRangeSig extendedMaxVelocity aoaFovCfg cfarFovCfg
measureRangeBiasAndRxChanPhase CQRxSatMonitor CQSigImgMonitor analogMonitor calibData
dynamicRACfarCfg staticRACfarCfg dynamicRangeAngleCfg dynamic2DAngleCfg staticRangeAngleCfg
antGeometry0 antGeometry1 fovCfg staticBoundaryBox boundaryBox presenceBoundaryBox
sensorPosition gatingParam stateParam allocationParam maxAcceleration trackingCfg lowPower
vitalSignsCfg motionDetection profileId nearFieldCfg peakGrouping
"""
PROCESSING = frozenset(_PROCESSING_COMMANDS.split())
# Inverted receivers of the 60 GHz boards, as in antPhaseRot of TI's people tracking.
_BOARD_OF_SIGNS = {(1, -1, 1, -1): "xWR68xx_AOP", (1, -1, -1, 1): "xWR68xx_ODS"}
_MODES = {2: "continuous wave", 3: "advanced frames"}
MAX_LINES = 10_000


def is_cfg(text: str) -> bool:
    """Whether any line starts with a command that SDK configurations contain."""
    starts = ("profileCfg", "frameCfg", "channelCfg", "chirpCfg", "sensorStop", "flushCfg")
    return any(line.split()[:1] and line.split()[0] in starts for line in text.splitlines())


def parse_cfg(text: str, where: str) -> ChipSettings:
    """Chip settings from a list of commands.

    Args:
        text: lines of a command and its arguments; `%` and `#` start comments.
        where: name of the file, for messages.

    Returns:
        The settings; commands that do not change the samples are listed in the notes.

    Raises:
        InputError: a command cannot be parsed, contradicts an earlier one, or requires a mode that
            is not supported.
    """
    settings = ChipSettings(where=where)
    seen: dict[str, list[str]] = {}
    ignored, unknown = Counter(), {}
    for number, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        _read_platform(settings, line)
        parts = line.split("%")[0].split("#")[0].split()
        if not parts:
            continue
        name, arguments = parts[0], parts[1:]
        if name == "flushCfg":
            seen.clear()
            settings.profiles.clear()
            settings.chirps.clear()
        if name in READERS:
            command = Command(f"{where}, line {number}", name, arguments)
            _check_repeated(command, seen)
            READERS[name](settings, command)
        elif name in PROCESSING:
            ignored[name] += 1
        else:
            unknown.setdefault(name, number)
    _check_kinds(seen, where)
    settings.notes += _notes_on_unused(ignored, unknown)
    return settings


class Command(CommandArguments):
    """One command line of a configuration."""

    def __init__(self, where: str, name: str, arguments: list[str]):
        super().__init__(where, name, arguments, reference=": see the SDK's user guide")

    def __len__(self):
        return len(self.arguments)


def _read_platform(settings: ChipSettings, line: str) -> None:
    if line.lstrip().startswith("%") and "Platform:" in line:
        settings.platform = line.split("Platform:", 1)[1].strip()[:40]


def _check_repeated(command: Command, seen: dict[str, list[str]]) -> None:
    """A repeated command must have the same arguments; chirps and profiles differ by number."""
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


def _notes_on_unused(ignored: Counter, unknown: dict[str, int]) -> list[str]:
    notes = []
    if ignored:
        names = ", ".join(sorted(ignored))
        notes.append(f"not used, because they do not change the samples: {names}")
    notes += [f"unknown and not used: {name} (line {line})" for name, line in unknown.items()]
    return notes


def _channels(settings: ChipSettings, command: Command) -> None:
    settings.rx_mask, settings.tx_mask = command.count(0), command.count(1)
    if len(command) > 2 and command.count(2):
        raise command.error("is one of several cascaded chips", "only single chips are supported")


def _adc(settings: ChipSettings, command: Command) -> None:
    settings.adc_bits, settings.adc_format = command.count(0), command.count(1)


def _adc_buffer(settings: ChipSettings, command: Command) -> None:
    """SDK 1.x has no subframe number: count format, swap, interleave, threshold from the end."""
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
    """Power back-off, one byte per transmitter; the first is used, with a note if they differ."""
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
    # xWR294x puts the number of ADC samples before the period.
    period = 5 if len(command) >= 8 else 4
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
    signs = tuple(int(command.number(idx)) for idx in range(4))
    if settings.platform in ("", "xWR68xx"):
        settings.platform = _BOARD_OF_SIGNS.get(signs, settings.platform)


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
}
