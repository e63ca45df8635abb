"""Parse commands of xWRL chips (xWRL6432, xWRL1432), in the text form of SDK configurations.

    channelCfg 7 3 0                    receivers, transmitters (masks)
    chirpComnCfg 20 0 0 128 1 30 0      100 MHz / rate, -, -, samples, MIMO pattern, ramp end, HPF
    chirpTimingCfg 6 28 0 90 59.75      idle, samples skipped, -, slope, start
    frameCfg 8 0 400 1 250 0            chirps per burst, accumulated, burst period, bursts, frame
                                        period, frames

Times are in us (the frame period in ms), the slope in MHz/us, the start frequency in GHz. The ADC
is real. `channelCfg` and `frameCfg` are also commands of the other chips, with other arguments.

Source:
    TI, MMWAVE-L-SDK 5 for xWRL6432 and xWRL1432, demo "Motion and Presence Detection": its table of
    commands, mmw_cli.c (units) and dpc.c (Doppler step in one burst and over several bursts).
"""

from collections.abc import Callable
from decimal import Decimal

from radarsim.radar.ti.chip_settings import (
    ChipSettings,
    ChirpRange,
    FramePlan,
    Geometry,
    Profile,
)
from radarsim.radar.ti.command_arguments import Command

# Commands that only xWRL chips have, in lower case.
COMMANDS_OF_FAMILY = ("chirpcomncfg", "chirptimingcfg")
_RATE_MHZ = 100
_NO_MIMO, _TDM, _BPM = 0, 1, 4
_NEEDED = ("channelCfg", "chirpComnCfg", "chirpTimingCfg", "frameCfg")
# Commands that do not change the samples of the radar.
_SILENT = """
guiMonitor sigProcChainCfg cfarCfg cfarScndPassCfg aoaFovCfg rangeSelCfg clutterRemoval
adcDataSource adcLogging lowPowerCfg baudRate mpdBoundaryBox sensorPosition minorStateCfg
majorStateCfg clusterCfg sensorStart sensorStop microDopplerCfg classifierCfg steeringVecCorrCfg
boundaryBox staticBoundaryBox presenceBoundaryBox gatingParam stateParam allocationParam
maxAcceleration trackingCfg measureRangeBiasAndRxChanPhase gestureFeatExtractCfg cliCfg
"""


def finish(settings: ChipSettings, seen: dict[str, list[str]], unknown: dict[str, int]) -> None:
    """Combine the commands, whose arguments depend on each other, into chip settings.

    Args:
        settings: chip settings to be filled.
        seen: arguments of each command, keyed by its name.
        unknown: line number of each command that was not read; harmless commands are removed.

    Raises:
        InputError: a command is missing, contradicts another, or is not supported.
    """
    if "profileCfg" in unknown:
        problem = f"is in line {unknown['profileCfg']}, next to chirpComnCfg of xWRL chips"
        raise settings.error("profileCfg", problem, "keep the commands of one chip family")
    for name in _NEEDED:
        if name not in seen:
            hint = "xWRL chips need it with chirpComnCfg and chirpTimingCfg: add it"
            raise settings.error(name, "is missing", hint)
    channel, common, timing, frame = (_command(settings, seen, name) for name in _NEEDED)
    settings.family, settings.adc_format, settings.adc_bits = "xWRL", 0, 0
    settings.rx_mask, settings.tx_mask = channel.count(0), channel.count(1)
    _check_family(settings, seen)
    fired = _fired(settings, common)
    settings.profiles[0] = _profile(settings, seen, common, timing)
    settings.chirps = [
        ChirpRange(first=slot, last=slot, profile=0, tx_mask=1 << idx)
        for slot, idx in enumerate(fired)
    ]
    settings.frame = _frame(settings, frame, len(fired))
    harmless = {name.lower() for name in _SILENT.split()}
    for name in [name for name in unknown if name.lower() in harmless]:
        del unknown[name]


def _command(settings: ChipSettings, seen: dict[str, list[str]], name: str) -> Command:
    return Command(settings.where, name, seen[name])


def _check_family(settings: ChipSettings, seen: dict[str, list[str]]) -> None:
    """Reject xWRL6844 chips, which have more antennas, other units, and no entry in `boards`."""
    board = " ".join(seen.get("antGeometryBoard", []))
    if "6844" in board + settings.platform or settings.rx_mask > 7 or settings.tx_mask > 3:
        problem = f"is {settings.rx_mask} {settings.tx_mask}: more antennas than xWRL6432 has"
        hint = "boards with xWRL6844 chips are not supported: write a .toml for the board"
        raise settings.error("channelCfg", problem, hint)


def _fired(settings: ChipSettings, common: Command) -> list[int]:
    """Return the enabled transmitters in firing order."""
    on = [idx for idx in range(2) if settings.tx_mask >> idx & 1]
    pattern = common.count(4)
    if pattern not in (_NO_MIMO, _TDM, _BPM) or not on:
        problem = f"selects MIMO pattern {pattern} with transmitter mask {settings.tx_mask}"
        raise common.error(
            problem, "give 0 (none), 1 (TDM) or 4 (BPM) and at least one transmitter"
        )
    if pattern == _NO_MIMO and len(on) > 1:
        problem = "selects MIMO pattern 0 (none), but channelCfg turns both transmitters on"
        hint = "only one transmitter at a time is supported: give pattern 1 (TDM), or one TX"
        raise common.error(problem, hint)
    if pattern == _BPM and len(on) > 1:
        settings.notes.append(
            "MIMO pattern 4 (BPM): both transmitters fire in every chirp, with codes; they are "
            "simulated one after the other (TDM), with the same ranges, speeds and angles, and 3 "
            "dB more noise than after decoding"
        )
    return on


def _profile(settings: ChipSettings, seen, common: Command, timing: Command) -> Profile:
    divider = common.number(0)
    if not 8 <= divider <= 100:
        hint = "give 8 to 100: the sample rate is 100 MHz divided by it"
        raise common.error(f"divides the sample rate by {divider}", hint)
    rate_msps = _RATE_MHZ / divider
    gain_db, backoff_db = _calibration(settings, seen)
    idle_us, ramp_us, adc_start_us = timing.number(0), common.number(5), timing.count(1) / rate_msps
    late_us = _late_us(settings, ramp_us, idle_us, adc_start_us + common.count(3) / rate_msps)
    return Profile(
        start_ghz=timing.number(4),
        idle_us=idle_us - late_us,
        adc_start_us=adc_start_us,
        ramp_end_us=ramp_us + late_us,
        slope_mhz_per_us=timing.number(3),
        num_samples=common.count(3),
        sample_rate_ksps=rate_msps * 1000,
        rx_gain=gain_db,
        tx_backoff_db=backoff_db,
        high_pass=(common.count(6),),
    )


def _late_us(
    settings: ChipSettings, ramp_us: Decimal, idle_us: Decimal, end_us: Decimal
) -> Decimal:
    """Time from ramp end to the end of sampling, if the idle time allows a longer ramp [us].

    The result is 1.2 us for TI's own presence demo: 128 samples of 0.2 us after 5.6 us, in a ramp
    of 30 us.
    """
    late_us = end_us - ramp_us
    if not 0 < late_us <= min(ramp_us / 10, idle_us - 2):
        return Decimal(0)
    settings.notes.append(
        f"the samples end {late_us.normalize():f} us after the ramp, which is simulated that much "
        "longer, with a shorter idle time"
    )
    return late_us


def _calibration(settings: ChipSettings, seen: dict[str, list[str]]) -> tuple[int, int]:
    """Read the receiver gain and the transmitter power back-off [dB]."""
    if len(seen.get("factoryCalibCfg", ())) < 4:
        settings.notes.append("factoryCalibCfg is missing: a receiver gain of 30 dB is assumed")
        return 30, 0
    command = _command(settings, seen, "factoryCalibCfg")
    return command.count(2), command.count(3)


def _frame(settings: ChipSettings, frame: Command, num_tx: int) -> FramePlan:
    """Convert chirps in bursts to loops of equal spacing."""
    per_burst, accumulated, bursts = frame.count(0), max(1, frame.count(1)), frame.count(3)
    burst_us, profile = frame.number(2), settings.profiles[0]
    chirp_us = profile.idle_us + profile.ramp_end_us
    slot_us = accumulated * chirp_us
    loops, odd = divmod(per_burst, num_tx)
    if odd or not loops or not bursts:
        problem = f"has {bursts} bursts of {per_burst} chirps for {num_tx} transmitters"
        raise frame.error(problem, "give bursts of a whole number of loops over the transmitters")
    if bursts > 1 and burst_us < per_burst * slot_us:
        needed_us = per_burst * slot_us
        problem = f"has bursts every {burst_us} us, but {per_burst} chirps take {needed_us} us"
        raise frame.error(problem, "lengthen the burst period, or send fewer or shorter chirps")
    gap_us = burst_us - per_burst * slot_us if bursts > 1 else Decimal(0)
    if gap_us and loops > 1:
        problem = f"has bursts of {loops} loops with pauses of {gap_us} us between them"
        hint = "unevenly spaced chirps are not supported: give bursts of one loop, or one burst"
        raise frame.error(problem, hint)
    if accumulated > 1:
        settings.notes.append(
            f"{accumulated} chirps are accumulated into one on the chip, so the noise is lower "
            "than simulated, by the same factor in power"
        )
    return FramePlan(
        first=0,
        last=num_tx - 1,
        loops=loops * bursts,
        frames=frame.count(5),
        period_ms=frame.number(4),
        slot_gap_us=slot_us - chirp_us,
        loop_gap_us=gap_us,
    )


def _positions(settings: ChipSettings, command: Command) -> None:
    """Read row and column of every pair, then the spacings in mm; left and up are positive."""
    pairs = 6 if len(command) >= 12 else len(command) // 2
    steps = tuple((command.integer(2 * i + 1), command.integer(2 * i)) for i in range(pairs))
    # SDKs before 5.4 counted the rows of the same board in the opposite direction.
    if steps == ((0, 1), (1, 0), (2, 1), (1, 1), (2, 0), (3, 1)):
        steps = tuple((left, 1 - up) for left, up in steps)
    distances = [float(command.number(idx)) for idx in range(2 * pairs, len(command))][:2]
    step_mm = (distances[0], distances[1]) if len(distances) == 2 else None
    settings.geometry = Geometry("antGeometryCfg", steps, step_mm=step_mm)


def _factors(settings: ChipSettings, command: Command) -> None:
    settings.calibration = tuple(command.number(idx) for idx in range(len(command)))


def _keep(_settings: ChipSettings, _command: Command) -> None:
    """Store the arguments without reading them; `finish` combines them later."""


READERS: dict[str, Callable[[ChipSettings, Command], None]] = {
    "channelCfg": _keep,
    "chirpComnCfg": _keep,
    "chirpTimingCfg": _keep,
    "frameCfg": _keep,
    "factoryCalibCfg": _keep,
    "antGeometryBoard": _keep,
    "antGeometryCfg": _positions,
    "compRangeBiasAndRxChanPhase": _factors,
}
