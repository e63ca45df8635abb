"""Capture format: order of the samples in a recording, and radar settings that were guessed.

The capture format is read from the optional section `[capture]` of a radar file:

    [capture]
    lanes = 2                    # 4: xWR12xx, xWR14xx; 2: xWR16xx, xWR18xx, xWR68xx
    samples = "complex1x"        # or complex2x, real
    iq_order = "q_first"         # or i_first; auto: detected from the samples
    interleaving = "samples"     # 2 lanes: I Q I Q; pairs: I I Q Q; auto: detected
    # rx_lanes = ["RX1", "RX3"]  # only with 4 lanes: the lanes of this radar's receivers
    assumed = ["chirp.adc_start_us", "frame.period_ms"]   # guessed: not checked against the data
    num_frames = 400             # number configured on the board; 0: until stopped
    range_bias_mm = 62           # measured ranges are too large by this much (calibration)
    check = false                # disables the checks of chirp length, word order and alignment

A real ADC with 2 N samples at 2 fs is described by the equivalent N complex samples at fs:
`num_samples` and `sample_rate_ksps` of `[chirp]` always count complex samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from radarsim.checks import checked_count, checked_number, to_si
from radarsim.choices import IQ_ORDERS
from radarsim.errors import InputError

SAMPLE_KINDS = ("complex1x", "complex2x", "real")
INTERLEAVINGS = ("auto", "pairs", "samples")
LANES = (2, 4)
KEYS = (
    "lanes",
    "samples",
    "iq_order",
    "interleaving",
    "rx_lanes",
    "num_frames",
    "range_bias_mm",
    "check",
    "assumed",
)
# Chips that send raw samples over another interface (RDIF), which is not decoded here.
_OTHER_INTERFACE = "WRL"
_CHOICES = {
    "lanes": LANES,
    "samples": SAMPLE_KINDS,
    "iq_order": IQ_ORDERS,
    "interleaving": INTERLEAVINGS,
}
# Chips that send the samples of four receivers in parallel, one receiver per LVDS lane.
_FOUR_LANE_CHIPS = ("WR12", "WR14")


@dataclass(frozen=True, kw_only=True)
class CaptureFormat:
    """Order of the 16-bit words in a capture.

    Attributes:
        lanes: number of LVDS lanes; on 4 lanes, the receivers are interleaved word by word; on 2
            lanes, they are sent one after another.
        samples: "complex1x", "complex2x" or "real".
        iq_order: "i_first", "q_first", or "auto".
        interleaving: order of complex samples on 2 lanes: "pairs" (I I Q Q, as sent by the chip),
            "samples" (I Q I Q, as some recorders rearrange them), or "auto".
        rx_lanes: lane of each receiver on 4 lanes; if empty, the receivers use the first lanes.
        assumed: radar settings that were guessed ("chirp.adc_start_us", "antennas", ...).
        num_frames: number of frames configured on the board; 0 if the board records until stopped.
        range_bias_m: amount by which measured ranges are too large, from the board's calibration.
        check: whether samples that clearly contradict the configuration are rejected, and frames
            shifted by missing packets are aligned again.
        board_guess: if the board or its antennas are guessed, one line that states the evidence and
            how to resolve the guess. This line is not part of the format, so it is neither compared
            nor written.
    """

    lanes: int = 2
    samples: str = "complex1x"
    iq_order: str = "auto"
    interleaving: str = "auto"
    rx_lanes: tuple[int, ...] = ()
    assumed: tuple[str, ...] = ()
    num_frames: int = 0
    range_bias_m: float = 0.0
    check: bool = True
    board_guess: str = field(default="", compare=False, repr=False)

    def __post_init__(self):
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or value not in known:
                choices = " or ".join(str(each) for each in known)
                raise InputError("capture", name, f"is {value!r}", f"give {choices}")
        if self.interleaving == "samples" and (self.lanes == 4 or self.is_real):
            problem = f"is 'samples' for {self.lanes} lanes of {self.samples} samples"
            hint = "only complex samples on 2 lanes have it: remove it"
            raise InputError("capture", "interleaving", problem, hint)
        if not isinstance(self.check, bool):
            raise InputError("capture", "check", f"is {self.check!r}", "give true or false")
        lanes = tuple(checked_count("capture", "rx_lanes", lane, 0) for lane in self.rx_lanes)
        if lanes and self.lanes == 2:
            hint = "two lanes carry only the enabled receivers: remove it"
            raise InputError("capture", "rx_lanes", "is given for 2 lanes", hint)
        if len(set(lanes)) != len(lanes) or max(lanes, default=0) >= self.lanes:
            hint = f"name lanes 0 to {self.lanes - 1} once each"
            raise InputError("capture", "rx_lanes", f"is {lanes}", hint)
        checked_count("capture", "num_frames", self.num_frames, 0)
        checked_number(
            "capture", "range_bias_m", self.range_bias_m, "m", at_least=-10.0, at_most=10.0
        )

    @property
    def is_real(self) -> bool:
        """Whether the ADC samples are real instead of complex (I and Q)."""
        return self.samples == "real"

    def guess_line(self, board: str) -> str:
        """Line to print next to numbers that depend on a guessed board; "" if the board is known.

        Args:
            board: the board in use.
        """
        if self.board_guess or not {"board", "antennas"} & set(self.assumed):
            return self.board_guess
        return (
            f"board: {board or 'the antenna layout'} is assumed ([capture] assumed = "
            f"{list(self.assumed)}); remove it from that list once its value is confirmed"
        )

    def lanes_of(self, num_rx: int) -> tuple[int, ...]:
        """Lane of each receiver in a four-lane capture.

        Raises:
            InputError: there are more receivers than lanes, or the lane of a receiver is not given.
        """
        lanes = self.rx_lanes or tuple(range(num_rx))
        if len(lanes) != num_rx or num_rx > self.lanes:
            problem = f"names {len(lanes)} of {self.lanes} lanes; the radar has {num_rx} receivers"
            raise InputError("capture", "rx_lanes", problem, "name one lane per receiver")
        return lanes


def format_of_board(board: str) -> CaptureFormat:
    """Default capture format of a board; the number of lanes depends on its chip."""
    four = any(chip in board.upper() for chip in _FOUR_LANE_CHIPS)
    return CaptureFormat(lanes=4 if four else 2)


def check_captures_supported(board: str) -> None:
    """Reject boards whose recordings have an unknown word order.

    Raises:
        InputError: the board has an xWRL chip.
    """
    if _OTHER_INTERFACE in board.upper():
        problem = "sends raw samples by RDIF instead of LVDS; such recordings are not supported"
        hint = "use this radar for simulation, or record with an xWR16xx, xWR18xx or xWR68xx board"
        raise InputError(board, "capture", problem, hint)


def format_from_table(table: Any, board: str, where: str) -> CaptureFormat:
    """Read the capture format from the `[capture]` section; defaults depend on the board.

    Args:
        table: `[capture]` section of the radar file; None if the file has no such section.
        board: board named in the file; "" if no board is named.
        where: name of the file, for messages.

    Returns:
        The capture format.

    Raises:
        InputError: a key or value is unknown.
    """
    default = format_of_board(board)
    if table is None:
        return default
    if not isinstance(table, Mapping):
        raise InputError(where, "capture", f"is {table!r}, not a section", "write [capture]")
    for key in table:
        if key not in KEYS:
            raise InputError(where, f"capture.{key}", "is not known", f"use {', '.join(KEYS)}")
    values = {"lanes": default.lanes, **table}
    values["rx_lanes"] = tuple(_lane(label, where) for label in _list(values, "rx_lanes", where))
    values["assumed"] = tuple(str(name) for name in _list(values, "assumed", where))
    bias_mm = values.pop("range_bias_mm", 0)
    checked_number(where, "capture.range_bias_mm", bias_mm, hint="give millimetres")
    values["range_bias_m"] = to_si(bias_mm, "1e-3")
    try:
        return CaptureFormat(**values)
    except InputError as error:
        field = "range_bias_mm" if error.field == "range_bias_m" else error.field
        raise InputError(where, f"capture.{field}", error.problem, error.hint) from None


def format_table(capture_format: CaptureFormat) -> dict[str, Any]:
    """Build the `[capture]` section, which `format_from_table` reads back unchanged."""
    table = {key: getattr(capture_format, key) for key in KEYS if key != "range_bias_mm"}
    table["range_bias_mm"] = Decimal(repr(capture_format.range_bias_m)) * 1000
    table["rx_lanes"] = [f"RX{lane + 1}" for lane in capture_format.rx_lanes]
    table["assumed"] = list(capture_format.assumed)
    default = {"lanes": 0, "samples": "", "iq_order": "", "rx_lanes": [], "assumed": []}
    default |= {"interleaving": "auto", "num_frames": 0, "range_bias_mm": 0, "check": True}
    return {key: value for key, value in table.items() if value != default[key]}


def _list(values: Mapping, key: str, where: str) -> list:
    value = values.get(key, [])
    if not isinstance(value, list):
        raise InputError(where, f"capture.{key}", f"is {value!r}, not a list", 'write ["...", ...]')
    return value


def _lane(label: Any, where: str) -> int:
    known = {f"RX{lane + 1}": lane for lane in range(4)}
    if not isinstance(label, str) or label not in known:
        problem = f"holds {label!r}"
        raise InputError(where, "capture.rx_lanes", problem, f"use {', '.join(known)}")
    return known[label]
