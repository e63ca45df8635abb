"""Any radar configuration as radar, layout of its captures, and notes; no files."""

from dataclasses import dataclass

from radarsim.boards import BOARDS
from radarsim.capture_format import CaptureFormat, format_of_board
from radarsim.config import Radar
from radarsim.radar_toml import parse_capture_format, parse_radar


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
    """The radar that a configuration describes.

    Args:
        text: radar TOML.
        where: name of its file, for messages.

    Returns:
        The setup.

    Raises:
        InputError: naming the file, the key, its value, the limit, and what to do.
    """
    return Setup(radar=parse_radar(text, where), capture_format=parse_capture_format(text, where))
