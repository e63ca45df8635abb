"""TI mmWave SDK configurations (`.cfg`): command lines to chip settings; no files.

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
from radarsim.radar.ti.command_arguments import Arguments

# Read by the chip's processing or its link, after the samples are taken.
_AFTER_SAMPLES = """
sensorStart sensorStop flushCfg configDataPort queryDemoStatus guiMonitor cfarCfg
multiObjBeamForming clutterRemoval calibDcRangeSig extendedMaxVelocity aoaFovCfg cfarFovCfg
measureRangeBiasAndRxChanPhase CQRxSatMonitor CQSigImgMonitor analogMonitor calibData
dynamicRACfarCfg staticRACfarCfg dynamicRangeAngleCfg dynamic2DAngleCfg staticRangeAngleCfg
antGeometry0 antGeometry1 fovCfg staticBoundaryBox boundaryBox presenceBoundaryBox
sensorPosition gatingParam stateParam allocationParam maxAcceleration trackingCfg lowPower
vitalSignsCfg motionDetection profileId nearFieldCfg peakGrouping
"""
PROCESSING = frozenset(_AFTER_SAMPLES.split())
# Inverted receivers of the 60 GHz boards, as people tracking's antPhaseRot lists them.
_BOARD_OF_SIGNS = {(1, -1, 1, -1): "xWR68xx_AOP", (1, -1, -1, 1): "xWR68xx_ODS"}
_MODES = {2: "continuous wave", 3: "advanced frames"}
MAX_LINES = 10_000


def looks_like_cfg(text: str) -> bool:
    """Whether any line starts with a command that every configuration has."""
    starts = ("profileCfg", "frameCfg", "channelCfg", "chirpCfg", "sensorStop", "flushCfg")
    return any(line.split()[:1] and line.split()[0] in starts for line in text.splitlines())


def parse_cfg(text: str, where: str) -> ChipSettings:
    """Chip settings from a list of commands.

    Args:
        text: lines of a command and its arguments; `%` and `#` start comments.
        where: name of the file, for messages.

    Returns:
        The settings; commands that do not touch the samples are listed in its notes.

    Raises:
        InputError: a command that cannot be read, contradicts an earlier one, or asks for what is
            not modelled.
    """
    settings = ChipSettings(where=where)
    seen: dict[str, list[str]] = {}
    ignored, unknown = Counter(), {}
    for number, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        _read_platform(settings, line)
        words = line.split("%")[0].split("#")[0].split()
        if not words:
            continue
        name, arguments = words[0], words[1:]
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
    settings.notes += _told(ignored, unknown)
    return settings


class Command(Arguments):
    """One line."""

    def __init__(self, where: str, name: str, arguments: list[str]):
        super().__init__(where, name, arguments, where_told=": see the SDK's user guide")

    def __len__(self):
        return len(self.arguments)


def _read_platform(settings: ChipSettings, line: str) -> None:
    if line.lstrip().startswith("%") and "Platform:" in line:
        settings.platform = line.split("Platform:", 1)[1].strip()[:40]


def _check_repeated(command: Command, seen: dict[str, list[str]]) -> None:
    """The same setting twice must say the same; chirps and profiles have their own numbers."""
    key = command.name
    if key in ("profileCfg", "chirpCfg"):
        key += " " + " ".join(command.arguments[: 1 if key == "profileCfg" else 2])
    if seen.setdefault(key, command.arguments) != command.arguments:
        problem = f"says {' '.join(command.arguments)}, an earlier line {' '.join(seen[key])}"
        raise command.error(problem, "keep one of them")


def _check_kinds(seen: dict[str, list[str]], where: str) -> None:
    """The ADC and its buffer must both be real, or both complex."""
    if "adcCfg" not in seen or "adcbufCfg" not in seen:
        return
    adc_is_real = Decimal(seen["adcCfg"][1]) == 0
    buffer_is_real = Decimal(seen["adcbufCfg"][-4]) != 0
    if adc_is_real != buffer_is_real:
        kinds = [" ".join(seen[name]) for name in ("adcCfg", "adcbufCfg")]
        words = ["complex", "real"]
        problem = (
            f"says {kinds[0]} ({words[adc_is_real]}), adcbufCfg {kinds[1]} "
            f"({words[buffer_is_real]})"
        )
        raise InputError(where, "adcCfg", problem, "make both real or both complex")


def _told(ignored: Counter, unknown: dict[str, int]) -> list[str]:
    notes = []
    if ignored:
        names = ", ".join(sorted(ignored))
        notes.append(f"not used, they come after the samples: {names}")
    notes += [f"not known and not used: {name} (line {line})" for name, line in unknown.items()]
    return notes


def _channels(settings: ChipSettings, command: Command) -> None:
    settings.rx_mask, settings.tx_mask = command.count(0), command.count(1)
    if len(command) > 2 and command.count(2):
        raise command.error("is one of several chips in cascade", "only single chips are modelled")


def _adc(settings: ChipSettings, command: Command) -> None:
    settings.adc_bits, settings.adc_format = command.count(0), command.count(1)


def _adc_buffer(settings: ChipSettings, command: Command) -> None:
    """Without a subframe number in SDK 1.x: format, swap, interleave, threshold are the last."""
    first = len(command) - 4
    if first not in (0, 1):
        hint = "give subframe, format, SampleSwap, ChanInterleave, ChirpThreshold"
        raise command.error(f"has {len(command)} arguments", hint)
    real, swap, apart = (command.count(first + idx) for idx in range(3))
    settings.q_first = bool(swap) if not real else None
    settings.lanes = 2 if apart else 4


def _profile(settings: ChipSettings, command: Command) -> None:
    number = command.count(0)
    settings.profiles[number] = Profile(
        start_ghz=command.number(1),
        idle_us=command.number(2),
        adc_start_us=command.number(3),
        ramp_end_us=command.number(4),
        tx_backoff_db=_alike(settings, command),
        tx_phase=command.count(6),
        slope_mhz_per_us=command.number(7),
        num_samples=command.count(9),
        sample_rate_ksps=command.number(10),
        high_pass=(command.count(11), command.count(12)),
        rx_gain=command.count(13),
    )


def _alike(settings: ChipSettings, command: Command) -> int:
    """Back-off of the transmitters, one byte each; unequal ones are told and the first taken."""
    code = command.count(5)
    per_tx = {code >> shift & 0xFF for shift in (0, 8, 16)}
    if code > 0xFF and len(per_tx) > 1:
        settings.notes.append(f"transmitters back off unequally (code {code}); TX1's is taken")
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
        problem = f"asks for {_MODES[command.count(0)]}"
        raise command.error(problem, "only plain frames (1) are modelled")


def _stream(settings: ChipSettings, command: Command) -> None:
    if len(command) > 2 and command.count(1):
        note = (
            "lvdsStreamCfg puts a header before each chirp's samples: a capture of it must be cut"
        )
        settings.notes.append(note)
    if len(command) > 2 and command.count(2) == 0:
        settings.notes.append("lvdsStreamCfg streams no samples: nothing could be captured with it")


def _phase_coded(settings: ChipSettings, command: Command) -> None:
    if len(command) > 1 and command.count(1):
        raise command.error("asks for phase-coded transmitters", "only one at a time is modelled")


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
