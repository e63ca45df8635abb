"""Any radar configuration as radar, layout of its captures, and notes; no files."""

from dataclasses import dataclass, replace
from decimal import Decimal

from radarsim.checks import to_si, with_unit
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.boards import BOARDS, CHIP_OF_BOARD, check_limits
from radarsim.radar.capture_format import CaptureFormat, format_of_board
from radarsim.radar.config import Chirp, Frame, Radar
from radarsim.radar.ti.chip_settings import ChipSettings, Profile
from radarsim.radar.toml import parse_capture_format, parse_radar

# Parts of a chip's or board's name, upper case without "-" and "_", and the board they stand for.
_PLATFORMS = (
    ("6843ISKODS", "IWR6843ISK-ODS"),
    ("6843ODS", "IWR6843ISK-ODS"),
    ("68XXODS", "IWR6843ISK-ODS"),
    ("6843AOP", "IWR6843AOPEVM"),
    ("68XXAOP", "IWR6843AOPEVM"),
    ("6843", "IWR6843ISK"),
    ("68XX", "IWR6843ISK"),
    ("1642", "AWR1642BOOST"),
    ("16XX", "AWR1642BOOST"),
    ("1443", "IWR1443BOOST"),
    ("14XX", "IWR1443BOOST"),
    ("1843AOP", ""),
    ("18XXAOP", ""),
    ("1843", "AWR1843BOOST"),
    ("18XX", "AWR1843BOOST"),
)
_HIGH_PASS_KHZ = ((175, 235, 350, 700), (350, 700, 1400, 2800))
_SPEED_HALF = 149896229.0


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A radar as it was set up for a recording.

    Attributes:
        radar: what it sends and how it listens.
        capture_format: how its captures are laid out, and what of the radar was guessed.
        notes: what the configuration says that has no place in either, in words.
    """

    radar: Radar
    capture_format: CaptureFormat
    notes: tuple[str, ...] = ()


def board_setup(board: str) -> Setup:
    """A board as it comes."""
    return Setup(radar=BOARDS[board], capture_format=format_of_board(board))


def parse_setup(text: str, where: str) -> Setup:
    """The radar that a configuration describes, whichever kind of file it is.

    Args:
        text: radar TOML, TI SDK commands, mmWave Studio JSON, or a Studio log or Lua script.
        where: name of its file, for messages.

    Returns:
        The setup.

    Raises:
        InputError: naming the file, the setting, its value, the limit, and what to do.
    """
    from radarsim.radar.ti import sdk_config as ti_config
    from radarsim.radar.ti import studio_json, studio_log

    if text.lstrip().startswith("{"):
        return setup_of_chip(studio_json.parse_studio_json(text, where))
    if studio_log.looks_like_log(text):
        return setup_of_chip(studio_log.parse_studio_log(text, where))
    if ti_config.looks_like_cfg(text):
        return setup_of_chip(ti_config.parse_cfg(text, where))
    return Setup(radar=parse_radar(text, where), capture_format=parse_capture_format(text, where))


def setup_of_chip(settings: ChipSettings) -> Setup:
    """A radar from what its chip was told; the rest comes from the board.

    Raises:
        InputError: settings that contradict each other, or that the chip cannot do.
    """
    profile, order, loops = settings.firing()
    board, assumed = _board_of(settings, profile)
    base = BOARDS[board]
    fired, receivers = tuple(sorted(order)), settings.receivers()
    if fired[-1] >= base.array.num_tx:
        problem = f"TX{fired[-1] + 1} fires; {board} has {base.array.num_tx} transmitters"
        raise settings.error("chirps", problem, "correct them, or name the board of this file")
    try:
        radar = replace(
            base,
            name=board,
            chirp=_chirp(settings, profile),
            frame=Frame(
                num_chirps=loops,
                period_s=to_si(settings.frame.period_ms, "1e-3"),
                tx_order=tuple(fired.index(idx) for idx in order),
            ),
            array=_calibrated(settings, base.array).with_tx(fired).with_rx(receivers),
            receiver=replace(
                base.receiver,
                gain_db=float(settings.gain_db(profile)),
                adc_bits=settings.word_bits,
            ),
            tx_power_dbm=base.tx_power_dbm - profile.tx_backoff_db,
        )
        check_limits(radar, CHIP_OF_BOARD[board])
        layout = _layout(settings, board, receivers, assumed)
    except InputError as error:
        if error.where == settings.where:
            raise
        raise InputError(
            settings.where, f"{error.where}.{error.field}", error.problem, error.hint
        ) from None
    notes = (*settings.notes, *_limits_in_words(radar, profile, CHIP_OF_BOARD[board]))
    return Setup(radar=radar, capture_format=layout, notes=notes)


def _chirp(settings: ChipSettings, profile: Profile) -> Chirp:
    """The profile's chirp; a real ADC counts as the complex one it is worth."""
    halves = 2 if settings.sample_kind == "real" else 1
    if profile.num_samples % halves:
        problem = f"is {profile.num_samples}; a real ADC takes an even number"
        raise settings.error("samples", problem, "correct the profile")
    return Chirp.from_datasheet(
        start_ghz=profile.start_ghz,
        slope_mhz_per_us=profile.slope_mhz_per_us,
        idle_us=profile.idle_us,
        adc_start_us=profile.adc_start_us,
        ramp_end_us=profile.ramp_end_us,
        sample_rate_ksps=profile.sample_rate_ksps / halves,
        num_samples=profile.num_samples // halves,
    )


def _board_of(settings: ChipSettings, profile: Profile) -> tuple[str, tuple[str, ...]]:
    """The board that the file names, else one of its band; and what of it is a guess."""
    named = settings.platform.upper().replace("_", "").replace("-", "")
    if named:
        board = next((board for part, board in _PLATFORMS if part in named), "")
        if not board:
            known = ", ".join(BOARDS)
            hint = f"write a .toml for it, or start from one of {known}"
            raise settings.error("platform", f"is {settings.platform}, not known here", hint)
        # A chip's name says nothing about the board around it.
        return board, () if board.upper().replace("-", "") in named else ("board", "antennas")
    if profile.start_ghz < Decimal(70):
        board = "IWR6843ISK"
    else:
        board = "IWR1443BOOST" if settings.lanes == 4 else "AWR1843BOOST"
    return board, ("board", "antennas")


def _layout(
    settings: ChipSettings, board: str, receivers: tuple[int, ...], assumed: tuple[str, ...]
) -> CaptureFormat:
    default = format_of_board(board)
    lanes = settings.lanes or default.lanes
    order = {None: "auto", True: "q_first", False: "i_first"}[settings.q_first]
    return CaptureFormat(
        lanes=lanes,
        samples=settings.sample_kind,
        iq_order=order,
        rx_lanes=receivers if lanes == 4 and receivers != tuple(range(len(receivers))) else (),
        num_frames=settings.frame.frames,
        range_bias_m=float(settings.calibration[0]) if settings.calibration else 0.0,
        assumed=assumed,
    )


def _calibrated(settings: ChipSettings, array: AntennaArray) -> AntennaArray:
    """The board's antennas with the gains that `compRangeBiasAndRxChanPhase` undoes.

    The chip multiplies each transmitter-receiver pair, transmitter by transmitter, by a factor
    of at most 1 that makes all alike; the gain is its inverse, here with a mean magnitude of 1.
    """
    if not settings.calibration:
        return array
    values = [complex(float(re), float(im)) for re, im in _pairs(settings.calibration[1:])]
    expected = array.num_tx * array.num_rx
    if len(settings.calibration) % 2 == 0 or len(values) != expected:
        problem = f"has {len(settings.calibration)} numbers"
        hint = f"give the range bias and {expected} pairs (re, im), one per TX and RX of the board"
        raise settings.error("compRangeBiasAndRxChanPhase", problem, hint)
    if any(abs(value) < 1e-3 or abs(value) > 2 for value in values):
        problem = "holds a factor of nearly 0 or above 2"
        raise settings.error("compRangeBiasAndRxChanPhase", problem, "measure it again")
    if all(value == 1 for value in values):
        return array  # the SDK's default, also on boards with inverted channels
    gains = [1 / value for value in values]
    mean = sum(abs(gain) for gain in gains) / len(gains)
    scaled = [gain / mean for gain in gains]
    rows = [scaled[tx * array.num_rx : (tx + 1) * array.num_rx] for tx in range(array.num_tx)]
    return replace(array, channel_gain=tuple(tuple(row) for row in rows))


def _pairs(values: tuple) -> list[tuple]:
    return list(zip(values[0::2], values[1::2]))


def _limits_in_words(radar: Radar, profile: Profile, limits) -> list[str]:
    """Limits that no setting breaks but that a reader of the data should know."""
    notes = []
    slope = radar.chirp.slope_hz_per_s
    if radar.chirp.sample_rate_hz > limits.if_bandwidth_hz:
        far_m = _SPEED_HALF * limits.if_bandwidth_hz / slope
        notes.append(
            f"{limits.chip} passes beats up to {with_unit(limits.if_bandwidth_hz, 'Hz')}: nothing "
            f"beyond {far_m:.1f} m is seen of {radar.max_range_m:.1f} m"
        )
    corners = [khz[code] for khz, code in zip(_HIGH_PASS_KHZ, profile.high_pass) if 0 <= code < 4]
    if len(corners) == 2:
        near_m = _SPEED_HALF * max(corners) * 1e3 / slope
        notes.append(
            f"high-pass corners of {corners[0]} and {corners[1]} kHz weaken what is nearer than "
            f"{near_m:.2f} m; the simulator has no such filter"
        )
    if profile.tx_phase:
        notes.append("transmitter phase shifters are set; the simulator has none")
    return notes
