"""Report of a room: which multipath passes are simulated, and how much energy is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from radarsim.multipath.static_echoes import StaticSource

# Number of static echoes that the printed report lists.
LISTED_ECHOES = 8
# Number of passes that are not simulated but listed, strongest first.
LISTED_LEFT_OUT = 3


class PassLevel(NamedTuple):
    """Level of one multipath pass, or of a pass and its reverse.

    Attributes:
        way_out, way_back: names of the surfaces on the way to the body and back; empty for a
            straight way.
        level_db: mean power relative to the direct echo; both directions together [dB].
        num_passes: 2 if the pass and its reverse differ, otherwise 1.
        kept: whether the pass is simulated.
    """

    way_out: tuple[str, ...]
    way_back: tuple[str, ...]
    level_db: float
    num_passes: int
    kept: bool

    @property
    def is_simple(self) -> bool:
        """Whether there is at most one reflection on either way; only such passes are simulated."""
        return max(len(self.way_out), len(self.way_back)) <= 1

    @property
    def name(self) -> str:
        """The way of the wave, such as "floor, body, radar"."""
        name = ", ".join([*self.way_out, "body", *reversed(self.way_back)])
        return name if self.num_passes == 1 else f"{name} and reverse"


@dataclass(frozen=True)
class RoomReport:
    """What a room adds to the echo of its subjects.

    Attributes:
        size: length, width and height of the room as text.
        polarisation: direction of the antennas' electric field.
        passes: candidate passes with up to two reflections, strongest first.
        sources: static echoes of walls and furniture.
    """

    size: str
    polarisation: str
    passes: Sequence[PassLevel]
    sources: Sequence[StaticSource]

    @property
    def kept_db(self) -> float:
        """Power of the simulated passes relative to the direct echo [dB]."""
        return _total_db([each.level_db for each in self.passes if each.kept])

    @property
    def left_out_db(self) -> float:
        """Power of the passes that are not simulated, relative to the direct echo [dB]."""
        return _total_db([each.level_db for each in self.passes if not each.kept])

    def __str__(self) -> str:
        """The report as a text of several lines."""
        kept = [each for each in self.passes if each.kept]
        left = [each for each in self.passes if not each.kept][:LISTED_LEFT_OUT]
        lines = [
            f"room of {self.size}, {self.polarisation} polarisation",
            f"multipath: {sum(each.num_passes for each in kept)} passes simulated, "
            f"{self.kept_db:.1f} dB relative to the direct echo; "
            f"left out: {self.left_out_db:.1f} dB (up to two reflections)",
            *(f"  {each.level_db:6.1f} dB  {each.name}" for each in kept),
            *(f"  {each.level_db:6.1f} dB  {each.name} (left out)" for each in left),
            f"static echoes: {len(self.sources)}",
        ]
        strongest = sorted(self.sources, key=lambda each: -each.rcs_m2)[:LISTED_ECHOES]
        lines += [
            f"  {_db(each.rcs_m2):6.1f} dBsm at {each.range_m:.2f} m  {each.name}"
            for each in strongest
        ]
        return "\n".join(lines)


def chosen_passes(
    orders: Sequence[tuple], pairs: Sequence[tuple[int, int]], powers: np.ndarray, most_passes: int
) -> list[PassLevel]:
    """Choose the strongest passes with at most one reflection on either way.

    Args:
        orders, pairs: legs and passes of `pass_powers.Candidates`.
        powers: power of each pass at each moment; pass 0 is the direct echo.
        most_passes: most passes to choose; a pass and its reverse count as two.

    Returns:
        Levels of all passes except the direct echo, strongest first.
    """
    mean = np.mean(powers, axis=0)
    directions = np.array([1 if a == b else 2 for a, b in pairs])
    total = mean * directions / max(float(mean[0]), 1e-300)
    left = most_passes
    levels = []
    for index in sorted(range(1, len(pairs)), key=lambda each: -total[each]):
        ways = [tuple(plane.name for plane in orders[leg]) for leg in pairs[index]]
        simple = max(map(len, ways)) <= 1
        kept = bool(simple and total[index] > 0 and directions[index] <= left)
        left -= int(directions[index]) * kept
        level_db = _db(total[index])
        levels.append(PassLevel(*ways, level_db, int(directions[index]), kept))
    return levels


def _total_db(levels_db: Sequence[float]) -> float:
    return _db(float(sum(10 ** (each / 10) for each in levels_db)))


def _db(power: float) -> float:
    """Power in dB; -300 dB for a power of 0."""
    return float(10 * np.log10(max(power, 1e-30)))
