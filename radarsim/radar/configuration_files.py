"""Convert a radar configuration of any file format to a radar, its capture format, and notes.

The supported formats are radar TOML, TI SDK `.cfg`, mmWave Studio JSON, Studio log and Lua script.
`parse_setup` selects the parser; the parsers of TI's formats are in `ti/`. This module opens no
files.
"""

from dataclasses import dataclass, replace

from radarsim.checks import to_si, with_unit
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.board_choice import BoardChoice, choose_board, same_positions
from radarsim.radar.boards import BOARDS, CHIP_OF_BOARD
from radarsim.radar.capture_format import CaptureFormat, format_of_board
from radarsim.radar.chip_limits import check_limits
from radarsim.radar.chirp import Chirp
from radarsim.radar.frame import Frame
from radarsim.radar.placed_antennas import placed_array
from radarsim.radar.radar import Radar
from radarsim.radar.ti.chip_settings import ChipSettings, Firing, Profile
from radarsim.radar.toml import parse_capture_format, parse_radar

# High-pass corner frequencies by register code, for the two filters of most chips and for the
# single filter of xWRL chips.
_HIGH_PASS_KHZ = ((175, 235, 350, 700), (350, 700, 1400, 2800))
_SINGLE_HIGH_PASS_KHZ = (175, 350, 700, 1400)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A radar and the format of its captures, as described by one configuration file.

    Attributes:
        radar: waveform, timing, antennas and receiver.
        capture_format: format of its captures, and radar settings that were guessed.
        notes: remarks about other settings in the file, for the user.
    """

    radar: Radar
    capture_format: CaptureFormat
    notes: tuple[str, ...] = ()

    @property
    def board_guess(self) -> str:
        """One line that states a guess of the board or its antennas; "" if nothing is guessed."""
        return self.capture_format.guess_line(self.radar.board)


def board_setup(board: str) -> Setup:
    """Setup of a board with its default settings."""
    return Setup(radar=BOARDS[board], capture_format=format_of_board(board))


def parse_setup(text: str, where: str, board: str = "") -> Setup:
    """Parse a configuration text of any supported format.

    Args:
        text: radar TOML, TI SDK commands, mmWave Studio JSON, or a Studio log or Lua script.
        where: name of the file, for messages.
        board: key in `boards.BOARDS` of the board that a TI file belongs to; "" to infer it from
            the file.

    Returns:
        The setup.

    Raises:
        InputError: a setting is invalid; the message names the file, the setting, its value and the
            limit.
    """
    from radarsim.radar.ti import sdk_config, studio_json, studio_log

    if text.lstrip().startswith("{"):
        settings = studio_json.parse_studio_json(text, where)
    elif studio_log.is_studio_log(text):
        settings = studio_log.parse_studio_log(text, where, board)
    elif sdk_config.is_cfg(text):
        settings = sdk_config.parse_cfg(text, where)
    elif board:
        hint = 'write board = "..." into the file instead'
        raise InputError(where, "--board", "is given for a radar file (TOML)", hint)
    else:
        layout = parse_capture_format(text, where)
        return Setup(radar=parse_radar(text, where), capture_format=layout)
    if board:
        settings.platform, settings.platform_from = board, f"--board {board}"
    return setup_of_chip(settings)


def setup_of_chip(settings: ChipSettings) -> Setup:
    """Convert chip settings to a setup with the antennas, noise and power of the board.

    Raises:
        InputError: settings contradict each other or exceed the limits of the chip.
    """
    firing = settings.firing()
    choice = choose_board(settings, firing)
    board = choice.board
    try:
        radar = _radar(settings, firing, board)
        check_limits(radar, CHIP_OF_BOARD[board])
        capture_format = _capture_format(settings, choice)
    except InputError as error:
        if error.where == settings.where:
            raise
        raise InputError(
            settings.where, f"{error.where}.{error.field}", error.problem, error.hint
        ) from None
    if settings.geometry is not None and not same_positions(settings, board):
        note = f"the antennas are at the positions in {settings.geometry.command}, not {board}'s"
        settings.notes.append(note)
    notes = (*settings.notes, *_notes_on_limits(radar, firing.profile, CHIP_OF_BOARD[board]))
    return Setup(radar=radar, capture_format=capture_format, notes=notes)


def _radar(settings: ChipSettings, firing: Firing, board: str) -> Radar:
    base, fired = BOARDS[board], tuple(sorted(firing.tx_order))
    array = _array(settings, board)
    placed = settings.geometry is not None and not same_positions(settings, board)
    last_rx = max(settings.receivers())
    if last_rx >= array.num_rx:
        problem = f"RX{last_rx + 1} is on; {board} has {array.num_rx} receivers"
        raise settings.error("receivers", problem, "correct the mask, or name the board by --board")
    return replace(
        base,
        name=settings.where if placed else board,
        chirp=_chirp(settings, firing.profile),
        frame=Frame(
            num_chirps=firing.loops,
            period_s=to_si(settings.frame.period_ms, "1e-3"),
            tx_order=tuple(fired.index(idx) for idx in firing.tx_order),
            extra_slot_idle_s=to_si(settings.frame.slot_gap_us, "1e-6"),
            extra_loop_idle_s=to_si(settings.frame.loop_gap_us, "1e-6"),
        ),
        array=array.with_tx(fired).with_rx(settings.receivers()),
        receiver=replace(
            base.receiver,
            gain_db=float(settings.gain_db(firing.profile)),
            adc_bits=settings.word_bits,
        ),
        tx_power_dbm=base.tx_power_dbm - firing.profile.tx_backoff_db,
    )


def _chirp(settings: ChipSettings, profile: Profile) -> Chirp:
    """Create the chirp of a profile; a real ADC is converted to the equivalent complex ADC."""
    halves = 2 if settings.sample_kind == "real" else 1
    if profile.num_samples % halves:
        problem = f"is {profile.num_samples}; a real ADC needs an even number"
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


def _capture_format(settings: ChipSettings, choice: BoardChoice) -> CaptureFormat:
    lanes, receivers = settings.lanes or format_of_board(choice.board).lanes, settings.receivers()
    order = {None: "auto", True: "q_first", False: "i_first"}[settings.q_first]
    return CaptureFormat(
        lanes=lanes,
        samples=settings.sample_kind,
        iq_order=order,
        rx_lanes=receivers if lanes == 4 and receivers != tuple(range(len(receivers))) else (),
        num_frames=settings.frame.frames,
        range_bias_m=float(settings.calibration[0]) if settings.calibration else 0.0,
        assumed=choice.assumed,
        board_guess=choice.line,
    )


def _array(settings: ChipSettings, board: str) -> AntennaArray:
    """Antennas of the board, or antennas at the positions in the file, with channel gains."""
    base, geometry = BOARDS[board].array, settings.geometry
    if geometry is not None and not same_positions(settings, board):
        base = placed_array(base, geometry, settings)
    return _calibrated(settings, base)


def _calibrated(settings: ChipSettings, array: AntennaArray) -> AntennaArray:
    """Antennas of the board with the channel gains from `compRangeBiasAndRxChanPhase`.

    The chip multiplies each transmitter-receiver pair, in transmitter order, by a factor of at
    most 1 that equalises the channels; the gain is the inverse factor, scaled to a mean magnitude
    of 1.
    """
    if not settings.calibration:
        return array
    values = [complex(float(re), float(im)) for re, im in _pairs(settings.calibration[1:])]
    expected = array.num_tx * array.num_rx
    if len(settings.calibration) % 2 == 0 or len(values) != expected:
        problem = f"has {len(settings.calibration)} numbers"
        hint = (
            f"give the range bias and {expected} pairs (re, im), one per TX and RX of the board "
            f"({array.num_tx} and {array.num_rx} here), name another board by --board, or remove it"
        )
        raise settings.error("compRangeBiasAndRxChanPhase", problem, hint)
    if any(abs(value) < 1e-3 or abs(value) > 2 for value in values):
        problem = "holds a factor of nearly 0 or above 2"
        raise settings.error("compRangeBiasAndRxChanPhase", problem, "repeat the calibration")
    if all(value == 1 for value in values):
        return array  # factors of 1 are the SDK's default, also for inverted channels
    gains = [1 / value for value in values]
    mean = sum(abs(gain) for gain in gains) / len(gains)
    scaled = [gain / mean for gain in gains]
    rows = [scaled[tx * array.num_rx : (tx + 1) * array.num_rx] for tx in range(array.num_tx)]
    return replace(array, channel_gain=tuple(tuple(row) for row in rows))


def _pairs(values: tuple) -> list[tuple]:
    return list(zip(values[0::2], values[1::2]))


def _notes_on_limits(radar: Radar, profile: Profile, limits) -> list[str]:
    """Notes on hardware effects that matter to users of the data but are not simulated."""
    notes = []
    slope = radar.chirp.slope_hz_per_s
    if radar.chirp.sample_rate_hz > limits.if_bandwidth_hz:
        far_m = SPEED_OF_LIGHT_MPS / 2 * limits.if_bandwidth_hz / slope
        notes.append(
            f"{limits.chip} passes beats up to {with_unit(limits.if_bandwidth_hz, 'Hz')}: targets "
            f"beyond {far_m:.1f} m of {radar.max_range_m:.1f} m are filtered out"
        )
    tables = _HIGH_PASS_KHZ if len(profile.high_pass) == 2 else (_SINGLE_HIGH_PASS_KHZ,)
    corners = [khz[code] for khz, code in zip(tables, profile.high_pass) if 0 <= code < 4]
    if len(corners) == len(tables):
        near_m = SPEED_OF_LIGHT_MPS / 2 * max(corners) * 1e3 / slope
        names = " and ".join(str(khz) for khz in corners)
        notes.append(
            f"high-pass corners of {names} kHz attenuate targets nearer than {near_m:.2f} m; only "
            "a receiver profile with [if_filter] simulates this (datasheet: 175 and 350 kHz)"
        )
    if profile.tx_phase:
        notes.append("transmitter phase shifters are set; the simulator does not model them")
    return notes
