"""Find the board that a TI configuration belongs to, from all evidence in the file.

A configuration sets the chip, not the board, but angles depend on the board's antennas. The
candidate boards are narrowed down step by step by the named chip or board, the form of the
commands, the carrier, the enabled transmitters, the number and signs of the calibration factors,
the antenna positions, and the name of the file. If several boards remain, the first board is
assumed, and every command states this guess next to its results.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePath
from typing import NamedTuple

from radarsim.radar.boards import BOARDS, CHIP_OF_BOARD, find_board, plain_name, suggest_board
from radarsim.radar.ti.chip_settings import ChipSettings, Firing

# Part of a chip or board name in `plain_name` form, and the boards that it may refer to.
_FAMILIES = (
    ("6843ISKODS", ("IWR6843ISK-ODS",)),
    ("6843ISK", ("IWR6843ISK",)),
    ("6843ODS", ("IWR6843ISK-ODS",)),
    ("68XXODS", ("IWR6843ISK-ODS",)),
    ("6843AOP", ("IWR6843AOPEVM",)),
    ("68XXAOP", ("IWR6843AOPEVM",)),
    ("6843", ("IWR6843ISK", "IWR6843AOPEVM", "IWR6843ISK-ODS")),
    ("68XX", ("IWR6843ISK", "IWR6843AOPEVM", "IWR6843ISK-ODS")),
    ("1642", ("AWR1642BOOST",)),
    ("16XX", ("AWR1642BOOST",)),
    ("L1432", ("AWRL1432BOOST",)),
    ("L14XX", ("AWRL1432BOOST",)),
    ("L6432AOP", ()),
    ("L64XXAOP", ()),
    ("L6432", ("IWRL6432BOOST",)),
    ("L64XX", ("IWRL6432BOOST",)),
    ("1443", ("IWR1443BOOST",)),
    ("14XX", ("IWR1443BOOST",)),
    ("1843AOP", ()),
    ("18XXAOP", ()),
    ("1843", ("AWR1843BOOST",)),
    ("18XX", ("AWR1843BOOST",)),
    ("2944", ("AWR2944EVM",)),
    ("294X", ("AWR2944EVM",)),
)
_FACTORS = "compRangeBiasAndRxChanPhase"
_LOW_POWER = ("IWRL6432BOOST", "AWRL1432BOOST")
_REAL_ADC = (*_LOW_POWER, "AWR2944EVM")
# Signs of the channel factors of the four receivers, up to a common factor.
_BOARD_OF_SIGNS = {(1, -1, 1, -1): "IWR6843AOPEVM", (1, -1, -1, 1): "IWR6843ISK-ODS"}
# Tolerance of 0.1 GHz for band limits, because some files round the carrier.
_BAND_SLACK_HZ = 0.1e9


class BoardChoice(NamedTuple):
    """The board chosen for a configuration.

    Attributes:
        board: key of `boards.BOARDS`.
        assumed: names of the guessed parts ("board", "antennas"); empty if nothing is guessed.
        line: one line that states the guess and how to resolve it; "" if nothing is guessed.
    """

    board: str
    assumed: tuple[str, ...]
    line: str


class _Evidence(NamedTuple):
    """Boards that agree with one property of the file, and a description of the property."""

    text: str
    boards: tuple[str, ...]
    # A weak clue is ignored if it contradicts the other clues.
    weak: bool = False
    # A stated clue appears in the message even if it does not rule out any boards.
    stated: bool = False


def choose_board(settings: ChipSettings, firing: Firing) -> BoardChoice:
    """Choose the board that is consistent with all settings of a configuration.

    Args:
        settings: chip settings from the file.
        firing: profile and transmitters in use.

    Returns:
        The board, the guessed parts, and a line that states the guess.

    Raises:
        InputError: the named chip is unknown, or contradicts the settings.
    """
    left, used = tuple(BOARDS), []
    for find in _CLUES:
        clue = find(settings, firing)
        if clue is None:
            continue
        both = tuple(board for board in left if board in clue.boards)
        if both:
            used += [clue] if clue.text and (len(both) < len(left) or clue.stated) else []
            left = both
        elif not clue.weak:
            raise _contradiction(settings, clue, used)
    return _choice(settings, left, [clue.text for clue in used])


def _choice(settings: ChipSettings, left: tuple[str, ...], reasons: list[str]) -> BoardChoice:
    board, others = left[0], left[1:]
    if find_board(settings.platform) == board:
        return BoardChoice(board, (), "")
    assumed = ("board",) if settings.geometry else ("board", "antennas")
    if others:
        found = f"{board} is a guess ({'; '.join([*reasons, f'{_listed(others)} fit as well'])})"
    else:
        found = f"{board} is assumed, the only known board that fits ({'; '.join(reasons)})"
    line = f"board: {found}. To settle it: {_settling_line(settings.where, board)}"
    return BoardChoice(board, assumed, line)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _settling_line(where: str, board: str) -> str:
    suffix = PurePath(where).suffix.lower()
    command = f"`radarsim radar FILE --board {board} --toml`"
    if suffix in (".json", ".txt"):
        return f"use the radar file that {command} writes"
    mark = "--" if suffix == ".lua" else "%"
    return f"add `{mark} Platform:{board}` to the file, or use the radar file that {command} writes"


def _contradiction(settings: ChipSettings, clue: _Evidence, used: list[_Evidence]):
    """Return the error for contradicting clues; a chip named in the file is reported first."""
    against = [each for each in used if set(each.boards).isdisjoint(clue.boards)] or used
    others = " and ".join(each.text for each in against) or "the other settings do not"
    named = settings.platform_from or "platform"
    if clue.text.startswith(named):
        limits = CHIP_OF_BOARD[clue.boards[0]]
        low_ghz, high_ghz = (edge / 1e9 for edge in limits.band_hz)
        problem = (
            f"means {_listed(clue.boards)} ({low_ghz:g} to {high_ghz:g} GHz, {limits.max_tx} TX), "
            f"but {others}"
        )
        other = "" if named.startswith("--board") else "; --board overrides the named board"
        hint = f"correct or remove {named}, or correct the settings{other}"
        return settings.error(named, problem, hint)
    hint = "correct one of them, or name the board by --board"
    if clue.text.startswith(_FACTORS):
        hint = "give one factor (re, im) per TX and RX of the board, or remove the line"
    return settings.error("board", f"does not fit the file: {clue.text}, but {others}", hint)


def _named(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    if not settings.platform:
        return None
    name = plain_name(settings.platform)
    exact = find_board(settings.platform)
    boards = (exact,) if exact else next((b for part, b in _FAMILIES if part in name), None)
    if not boards:
        known = "its antenna positions are" if boards == () else "which is"
        problem = f"is {settings.platform}, {known} unknown"
        hint = f"write a .toml for it, or name another board. {suggest_board(settings.platform)}"
        raise settings.error("platform", problem, hint)
    return _Evidence(settings.platform_from or f"{settings.platform} is named", boards)


def _command_form(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    if settings.family == "xWRL":
        return _Evidence("chirpComnCfg belongs to xWRL chips", _LOW_POWER)
    if settings.family == "xWR294x":
        return _Evidence("frameCfg has the form of xWR294x", ("AWR2944EVM",))
    return _Evidence("", _boards(lambda board: board not in _LOW_POWER))


def _band(_settings: ChipSettings, firing: Firing) -> _Evidence:
    start_hz = float(firing.profile.start_ghz * Decimal(10) ** 9)

    def inside(board: str) -> bool:
        low_hz, high_hz = CHIP_OF_BOARD[board].band_hz
        return low_hz - _BAND_SLACK_HZ <= start_hz <= high_hz

    boards = _boards(inside)
    # `check_limits` reports a carrier outside every band, with the limit of the nearest band.
    near = _boards(lambda board: (CHIP_OF_BOARD[board].band_hz[0] < 70e9) == (start_hz < 70e9))
    return _Evidence(f"the carrier starts at {firing.profile.start_ghz} GHz", boards or near)


def _transmitters(_settings: ChipSettings, firing: Firing) -> _Evidence | None:
    on = max(firing.tx_order) + 1
    boards = _boards(lambda board: BOARDS[board].array.num_tx >= on)
    return _Evidence(f"TX{on} fires", boards) if boards else None


def _mask(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    on = (settings.tx_mask or 0).bit_length()
    boards = _boards(lambda board: BOARDS[board].array.num_tx >= on)
    return _Evidence(f"TX{on} is on", boards, weak=True) if on and boards else None


def _factor_count(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    pairs, odd = divmod(len(settings.calibration), 2)
    boards = _boards(lambda board: BOARDS[board].num_virtual == pairs)
    if not odd or not boards:
        return None
    return _Evidence(f"{_FACTORS} has {pairs} factors", boards)


def _positions(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    if settings.geometry is None:
        return None
    boards = _boards(lambda board: same_positions(settings, board))
    text = f"the positions in {settings.geometry.command}"
    return _Evidence(text, boards, weak=True, stated=True) if boards else None


def _signs(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    factors = settings.calibration[1:]
    from_factors = _real_signs(list(zip(factors[0::2], factors[1::2])))
    for name, signs in (
        ("antPhaseRot", settings.phase_signs),
        (_FACTORS, from_factors),
    ):
        board = _board_of_signs(signs)
        if board:
            text = f"{name} inverts the channels that {board} inverts"
            return _Evidence(text, (board,), weak=True)
    return None


def _real_adc(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    if settings.adc_format == 0:
        return None
    return _Evidence("", _boards(lambda board: board not in _REAL_ADC), weak=True)


def _file_name(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    stem = PurePath(settings.where).name
    words = {word for word in re.split(r"[^A-Z0-9]+|(?<=\d)(?=[A-Z])", stem.upper()) if word}
    chip = next((b for part, b in _FAMILIES if _has_number(stem.upper(), part)), None)
    boards = set(BOARDS if chip is None else chip)
    for word in ("AOP", "ODS", "ISK"):
        if word in words and not ("ODS" in words and word == "ISK"):
            boards &= {
                b for part, group in _FAMILIES if part.endswith(f"6843{word}") for b in group
            }
    if boards == set(BOARDS) or not boards:
        return None
    return _Evidence(f"the name of the file ({stem})", _boards(boards.__contains__), weak=True)


def _lanes(settings: ChipSettings, _firing: Firing) -> _Evidence | None:
    if settings.lanes != 4:
        return None
    return _Evidence("four interleaved receivers", ("IWR1443BOOST",), weak=True)


_CLUES: tuple[Callable[[ChipSettings, Firing], _Evidence | None], ...] = (
    _command_form,
    _band,
    _real_adc,
    _transmitters,
    _mask,
    _named,
    _factor_count,
    _positions,
    _signs,
    _file_name,
    _lanes,
)


def _has_number(text: str, part: str) -> bool:
    """Whether a text contains a chip number that is not part of a longer number."""
    return bool(re.search(rf"(?<!\d){part}(?!\d)", text))


def same_positions(settings: ChipSettings, board: str) -> bool:
    """Whether the positions in a file match those of a board, up to a shift of the whole array."""
    array, geometry = BOARDS[board].array, settings.geometry
    if geometry is None or len(geometry.steps) != array.num_tx * array.num_rx:
        return False
    steps_m = array.virtual_m.reshape(-1, 3)[:, 1:] - array.virtual_m[0, 0, 1:]
    left, up = geometry.steps[0]
    scale = array.half_wavelength_m
    return all(
        abs((x - left) * geometry.step_half_waves[0] * scale - at[0]) < 0.1 * scale
        and abs((y - up) * geometry.step_half_waves[1] * scale - at[1]) < 0.1 * scale
        for (x, y), at in zip(geometry.steps, steps_m)
    )


def _boards(holds: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(board for board in BOARDS if holds(board))


def _board_of_signs(signs: tuple[int, ...]) -> str:
    """Find the board with these receiver signs for every transmitter, up to a common sign."""
    groups = {tuple(signs[idx : idx + 4]) for idx in range(0, len(signs), 4)}
    if len(groups) != 1 or len(signs) % 4:
        return ""
    (group,) = groups
    return _BOARD_OF_SIGNS.get(tuple(sign * group[0] for sign in group), "")


def _real_signs(factors: list[tuple[Decimal, Decimal]]) -> tuple[int, ...]:
    """Signs of the channel factors if all are nearly real; empty for measured complex factors."""
    near = all(abs(im) < Decimal("0.1") and abs(re) > Decimal("0.3") for re, im in factors)
    return tuple(1 if re > 0 else -1 for re, _ in factors) if near else ()
