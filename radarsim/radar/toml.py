"""Read and write radar files (TOML, datasheet units).

A radar file may start from a board and change individual settings:

    board = "AWR1843BOOST"
    name = "hall radar"

    [chirp]
    start_ghz = 77.0            # frequency at the start of the ramp
    slope_mhz_per_us = 60.012
    idle_us = 7
    adc_start_us = 6
    ramp_end_us = 65
    sample_rate_ksps = 4400     # complex
    num_samples = 256

    [frame]
    num_chirps = 128            # loops; each loop fires every transmitter in tx_order once
    period_ms = 100
    tx_order = ["TX2", "TX1"]   # firing order; transmitters not listed stay off
    burst_start_us = 0
    extra_slot_idle_us = 0
    extra_loop_idle_us = 0      # after every loop; written only if it is not 0

    [antennas]
    design_ghz = 77.0
    gain_dbi = 10.5
    tx_mm = [[0, 0, 0], [0, 3.89, 1.95]]   # ahead, left, up from the phase centre
    rx_mm = [[0, 0, 0]]
    channel_gain = [[[1, 0]], [[-1, 0]]]   # per transmitter, per receiver: real, imaginary

    [receiver]
    noise_figure_db = 15
    gain_db = 30
    adc_bits = 16
    full_scale_v = 0.45
    load_ohm = 50
    temperature_k = 290

    [transmitter]
    power_dbm = 12

An optional section `[capture]` describes the format of recordings (`capture_format`).

If a board is named, all other keys are optional and the limits of its chip are checked. Numbers are
read and written in decimal, so `parse_radar` returns exactly the radar that `dump_radar` has
written.
"""

import copy
import difflib
import re
import tomllib
from decimal import Decimal
from typing import Any

from radarsim.checks import checked_count, checked_number, to_si
from radarsim.errors import InputError
from radarsim.radar.antennas import AntennaArray
from radarsim.radar.boards import (
    BOARDS,
    CHIP_OF_BOARD,
    DEFAULT_BOARD,
    find_board,
    suggest_board,
)
from radarsim.radar.capture_format import CaptureFormat, format_from_table, format_table
from radarsim.radar.chip_limits import check_limits
from radarsim.radar.chirp import Chirp
from radarsim.radar.datasheet import datasheet_tables
from radarsim.radar.frame import Frame
from radarsim.radar.radar import Radar
from radarsim.radar.receiver import Receiver
from radarsim.radar.toml_text import toml_text

# Maps the field of a class to the key in the file, if the two differ.
_KEYS = {
    ("Chirp", "start_freq_hz"): "chirp.start_ghz",
    ("Chirp", "slope_hz_per_s"): "chirp.slope_mhz_per_us",
    ("Chirp", "sample_rate_hz"): "chirp.sample_rate_ksps",
    ("Chirp", "idle_time_s"): "chirp.idle_us",
    ("Chirp", "adc_start_time_s"): "chirp.adc_start_us",
    ("Chirp", "ramp_end_time_s"): "chirp.ramp_end_us",
    ("Frame", "period_s"): "frame.period_ms",
    ("Frame", "burst_start_s"): "frame.burst_start_us",
    ("Frame", "extra_slot_idle_s"): "frame.extra_slot_idle_us",
    ("Frame", "extra_loop_idle_s"): "frame.extra_loop_idle_us",
    ("AntennaArray", "tx_positions_m"): "antennas.tx_mm",
    ("AntennaArray", "rx_positions_m"): "antennas.rx_mm",
    ("AntennaArray", "design_freq_hz"): "antennas.design_ghz",
    ("Radar", "tx_power_dbm"): "transmitter.power_dbm",
}
_SECTIONS = {"Chirp": "chirp", "Frame": "frame", "AntennaArray": "antennas", "Receiver": "receiver"}
_IDLE = ("burst_start_us", "extra_slot_idle_us", "extra_loop_idle_us")
_SI_UNITS = re.compile(r"\b(Hz|seconds|samples per second)\b")
_OPTIONAL = {*_IDLE, "channel_gain", "load_ohm", "temperature_k"}
_TEMPLATE = datasheet_tables(BOARDS[DEFAULT_BOARD])


def parse_radar(text: str, where: str) -> Radar:
    """Parse the TOML text of a radar file.

    Args:
        text: TOML text in datasheet units.
        where: name of the file, for messages.

    Returns:
        The checked radar; if the file names a board, the limits of its chip are also checked.

    Raises:
        InputError: a setting is invalid; the message names the file, the key, its value with unit
            and the limit.
    """
    tables = _read(text, where)
    tables.pop("capture", None)
    board = _board(tables.pop("board", None), where)
    base = datasheet_tables(BOARDS[board]) if board else {}
    _check_keys(tables, where)
    merged = _merge(base, tables)
    _check_complete(merged, where)
    try:
        radar = _build(merged, board, where)
        if board:
            check_limits(radar, CHIP_OF_BOARD[board])
    except InputError as error:
        if error.where == where:
            raise
        section = _SECTIONS.get(error.where, error.where.lower())
        field = _KEYS.get((error.where, error.field), f"{section}.{error.field}")
        raise InputError(where, field, error.problem, _hint_of_file(error.hint)) from None
    return radar


def _hint_of_file(hint: str) -> str:
    """Return the hint of a class for the file, whose units differ from the units of the class."""
    if not _SI_UNITS.search(hint):
        return hint
    without_example = re.sub(r" \(.*\)$", "", hint)
    other = "the name of the key states the unit"
    return other if _SI_UNITS.search(without_example) else without_example


def parse_capture_format(text: str, where: str) -> CaptureFormat:
    """Parse the capture format in the `[capture]` section, as described in `capture_format`.

    Raises:
        InputError: a key or value is unknown.
    """
    tables = _read(text, where)
    return format_from_table(tables.get("capture"), _board(tables.get("board"), where), where)


def _board(value: Any, where: str) -> str:
    """Key in `BOARDS` of the board named in the file; "" if no board is named."""
    if value is None:
        return ""
    if not isinstance(value, str) or not find_board(value):
        raise InputError(where, "board", f"is {value!r}", suggest_board(str(value)))
    return find_board(value)


def dump_setup(radar: Radar, capture_format: CaptureFormat) -> str:
    """Write a radar and its capture format as one TOML text."""
    return dump_radar(radar) + "\n" + toml_text(format_table(capture_format), ("capture",))


def dump_radar(radar: Radar) -> str:
    """Write a radar as TOML text; `parse_radar` reads it back unchanged.

    Args:
        radar: the radar; the limits of its chip are checked when the text is read.

    Returns:
        TOML text with all keys; `extra_loop_idle_us` is written only if it is not 0, because the
        recipes in existing stores lack it. The receiver profile has its own file (`receiver_toml`).
    """
    board = {"board": radar.board} if radar.board else {}
    tables = datasheet_tables(radar)
    if not tables["frame"]["extra_loop_idle_us"]:
        del tables["frame"]["extra_loop_idle_us"]
    return toml_text(board | tables)


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        hint = 'write keys as name = value under [chirp], [frame], ...; text in "quotes"'
        raise InputError(where, "TOML", f"cannot be read ({error})", hint) from None


def _check_keys(tables: dict[str, Any], where: str) -> None:
    """Reject unknown keys, so that a misspelt setting is not silently replaced by its default."""
    for key, value in tables.items():
        known = _TEMPLATE.get(key)
        if known is None:
            raise InputError(where, key, "is not known", _suggest(key, ["board", *_TEMPLATE]))
        if isinstance(known, str) and not isinstance(value, str):
            raise InputError(where, key, f"is {value}, not text", "put it in quotes")
        if isinstance(known, dict) and not isinstance(value, dict):
            raise InputError(where, key, "is a section, not a value", f"write [{key}]")
        for name in value if isinstance(known, dict) else ():
            if name not in known:
                raise InputError(where, f"{key}.{name}", "is not known", _suggest(name, known))


def _suggest(name: str, known) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"use {', '.join(known)}"


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(base)
    antennas = changes.get("antennas", {})
    if "channel_gain" not in antennas and {"tx_mm", "rx_mm"} & set(antennas):
        merged.get("antennas", {}).pop("channel_gain", None)
    for key, value in changes.items():
        if isinstance(value, dict):
            merged.setdefault(key, {}).update(value)
        else:
            merged[key] = value
    return merged


def _check_complete(merged: dict[str, Any], where: str) -> None:
    for section, known in _TEMPLATE.items():
        names = known if isinstance(known, dict) else ()
        for name in names:
            if name not in merged.get(section, {}) and name not in _OPTIONAL:
                hint = f'add it under [{section}], or start from a board: board = "{DEFAULT_BOARD}"'
                raise InputError(where, f"{section}.{name}", "is missing", hint)


def _build(tables: dict[str, Any], board: str, where: str) -> Radar:
    receiver = {
        key: _si(value, "1", f"receiver.{key}", where)
        for key, value in tables["receiver"].items()
        if key != "adc_bits"
    }
    adc_bits = checked_count(where, "receiver.adc_bits", tables["receiver"]["adc_bits"])
    array, tx_order = _fired(_array(tables["antennas"], where), tables["frame"]["tx_order"], where)
    frame = tables["frame"]
    return Radar(
        name=tables.get("name", where),
        board=board,
        chirp=Chirp.from_datasheet(**tables["chirp"]),
        frame=Frame(
            num_chirps=checked_count(where, "frame.num_chirps", frame["num_chirps"]),
            period_s=_si(frame["period_ms"], "1e-3", "frame.period_ms", where),
            tx_order=tx_order,
            **{
                key.replace("_us", "_s"): _si(frame.get(key, 0), "1e-6", f"frame.{key}", where)
                for key in _IDLE
            },
        ),
        array=array,
        receiver=Receiver(adc_bits=adc_bits, **receiver),
        tx_power_dbm=_si(tables["transmitter"]["power_dbm"], "1", "transmitter.power_dbm", where),
    )


def _array(antennas: dict[str, Any], where: str) -> AntennaArray:
    gains = antennas.get("channel_gain", [])
    _check_nested(gains, 3, "antennas.channel_gain", where)
    if any(len(gain) != 2 for row in gains for gain in row):
        hint = "write each as [real, imaginary], such as [-1, 0]"
        raise InputError(where, "antennas.channel_gain", "holds a gain that is not a pair", hint)
    return AntennaArray(
        tx_positions_m=_points(antennas["tx_mm"], "antennas.tx_mm", where),
        rx_positions_m=_points(antennas["rx_mm"], "antennas.rx_mm", where),
        design_freq_hz=_si(antennas["design_ghz"], "1e9", "antennas.design_ghz", where),
        gain_dbi=_si(antennas["gain_dbi"], "1", "antennas.gain_dbi", where),
        channel_gain=tuple(
            tuple(complex(float(real), float(imag)) for real, imag in row) for row in gains
        ),
    )


def _fired(array: AntennaArray, labels: Any, where: str) -> tuple[AntennaArray, tuple[int, ...]]:
    """Return the transmitters that fire, and their firing order."""
    known = {f"TX{idx + 1}": idx for idx in range(array.num_tx)}
    usable = isinstance(labels, list) and labels and all(label in list(known) for label in labels)
    if not usable or len(set(labels)) != len(labels):
        problem = f"is {labels!r}; the transmitters are {', '.join(known)}"
        hint = 'list each that fires once, in firing order, such as ["TX1", "TX2"]'
        raise InputError(where, "frame.tx_order", problem, hint)
    fired = sorted(known[label] for label in labels)
    if len(fired) < array.num_tx:
        array = array.with_tx(tuple(fired))
    return array, tuple(fired.index(known[label]) for label in labels)


def _points(value: Any, field: str, where: str) -> tuple[tuple[float, ...], ...]:
    _check_nested(value, 2, field, where)
    return tuple(tuple(to_si(entry, "1e-3") for entry in point) for point in value)


def _check_nested(value: Any, depth: int, field: str, where: str) -> None:
    """Reject values that are not lists of numbers nested `depth` levels deep."""
    if depth == 0:
        checked_number(where, field, value, hint="write numbers without quotes")
    elif isinstance(value, list):
        for entry in value:
            _check_nested(entry, depth - 1, field, where)
    else:
        gains = field.endswith("gain")
        form = "[[[real, imaginary], ...], ...]" if gains else "[[ahead, left, up], ...]"
        raise InputError(where, field, f"holds {value} where a list is required", f"write {form}")


def _si(value: Any, scale: str, field: str, where: str) -> float:
    checked_number(where, field, value, hint="write a number without quotes")
    return to_si(value, scale)
