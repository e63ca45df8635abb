"""Report on a room: which multipath passes are simulated, and how much energy is left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from radarsim.multipath.static_echoes import StaticSource
from radarsim.scene.room import Room

# Maximum number of static echoes in the printed report.
LISTED_ECHOES = 8
# The printed report lists at most this number of omitted passes, strongest first.
LISTED_LEFT_OUT = 3


class PassLevel(NamedTuple):
    """Level of one multipath pass, or of a pass and its reverse together.

    Attributes:
        way_out, way_back: names of the reflecting surfaces on the way to the body and back; empty
            for a direct path.
        level_db: mean power of all `num_passes` passes relative to the direct echo [dB]; NaN if
            the direct echo is hidden.
        num_passes: number of passes: 2 if the pass and its reverse differ, otherwise 1.
        kept: whether the pass is simulated.
    """

    way_out: tuple[str, ...]
    way_back: tuple[str, ...]
    level_db: float
    num_passes: int
    kept: bool

    @property
    def leg_reflections(self) -> int:
        """Larger of the numbers of surface reflections on the outbound and on the return leg."""
        return max(len(self.way_out), len(self.way_back))

    @property
    def name(self) -> str:
        """The reflectors along the path, such as "floor, body" if the return leg is direct.

        Two perpendicular surfaces of the same leg are listed in arbitrary order.
        """
        name = ", ".join([*self.way_out, "body", *reversed(self.way_back)])
        return name if self.num_passes == 1 else f"{name} and reverse"


@dataclass(frozen=True)
class RoomReport:
    """The contribution of a room to the echo of the subjects.

    Attributes:
        size: text with the length, width and height of the room.
        polarisation: direction of the antennas' electric field.
        passes: levels of all candidate passes with up to two reflections, strongest first.
        sources: descriptions of the static echoes of walls and furniture.
        max_range_m: range at which the range axis of the radar wraps around [m].
    """

    size: str
    polarisation: str
    passes: Sequence[PassLevel]
    sources: Sequence[StaticSource]
    max_range_m: float = math.inf

    def aliased_m(self, range_m: float) -> float:
        """Range at which an echo appears in the range profile [m].

        The beat frequency S tau of an echo is positive. Sampled at the complex rate fs, it is
        observed modulo fs, so the range is observed modulo `max_range_m` = c fs / 2S.
        """
        return range_m % self.max_range_m

    def range_text(self, range_m: float) -> str:
        """Return the range at which an echo appears, and its true range if that differs."""
        text = f"{self.aliased_m(range_m):.2f} m"
        beyond = range_m >= self.max_range_m
        return f"{text} (aliased from {range_m:.2f} m)" if beyond else text

    @property
    def kept_db(self) -> float:
        """Total power of the simulated passes relative to the direct echo [dB].

        NaN if the direct echo is hidden.
        """
        return _total_db([each.level_db for each in self.passes if each.kept])

    @property
    def left_out_db(self) -> float:
        """Total power of the passes that are not simulated, relative to the direct echo [dB].

        NaN if the direct echo is hidden.
        """
        return _total_db([each.level_db for each in self.passes if not each.kept])

    @property
    def direct_hidden(self) -> bool:
        """Whether furniture hides the direct echo of all subjects at all estimated instants."""
        return any(math.isnan(each.level_db) for each in self.passes)

    def __str__(self) -> str:
        """Return the report as text with several lines."""
        kept = [each for each in self.passes if each.kept]
        left = [each for each in self.passes if not each.kept][:LISTED_LEFT_OUT]
        lines = [
            f"room of {self.size}, {self.polarisation} polarisation",
            f"multipath: {sum(each.num_passes for each in kept)} passes simulated, {self._levels}",
            *(f"  {_shown(each)}{each.name}" for each in kept),
            *(f"  {_shown(each)}{each.name} (left out)" for each in left),
            f"static echoes: {len(self.sources)}",
        ]
        strongest = sorted(self.sources, key=lambda each: -each.rcs_m2)[:LISTED_ECHOES]
        lines += [
            f"  {_db(each.rcs_m2):6.1f} dBsm at {self.range_text(each.range_m)}  {each.name}"
            for each in strongest
        ]
        return "\n".join(lines)

    @property
    def _levels(self) -> str:
        """Text with the total levels of the simulated and of the omitted passes."""
        if self.direct_hidden:
            return "no levels, because the direct echo is hidden"
        return (
            f"{self.kept_db:.1f} dB relative to the direct echo; "
            f"left out: {self.left_out_db:.1f} dB (up to two reflections)"
        )


def chosen_passes(
    orders: Sequence[tuple], pairs: Sequence[tuple[int, int]], powers: np.ndarray, room: Room
) -> list[PassLevel]:
    """Choose the strongest passes that the room's settings permit.

    Args:
        orders, pairs: legs and passes as in `pass_powers.Candidates`.
        powers: power of each pass at each instant; pass 0 is the direct echo.
        room: room with the maximum number of passes (a pass and its reverse count as two) and of
            reflections on a leg.

    Returns:
        Levels of all passes except the direct echo, strongest first; levels are NaN if the direct
        echo is hidden.
    """
    mean = np.mean(powers, axis=0)
    directions = np.array([1 if a == b else 2 for a, b in pairs])
    direct = float(mean[0])
    total = mean * directions / max(direct, 1e-300)
    left = room.most_passes
    levels = []
    for index in sorted(range(1, len(pairs)), key=lambda each: -total[each]):
        ways = [tuple(plane.name for plane in orders[leg]) for leg in pairs[index]]
        level_db = _db(total[index]) if direct > 0 else math.nan
        level = PassLevel(*ways, level_db, int(directions[index]), kept=False)
        permitted = level.leg_reflections <= room.leg_reflections and total[index] > 0
        kept = bool(permitted and level.num_passes <= left)
        left -= level.num_passes * kept
        levels.append(level._replace(kept=kept))
    return levels


def _total_db(levels_db: Sequence[float]) -> float:
    return _db(float(sum(10 ** (each / 10) for each in levels_db)))


def _shown(level: PassLevel) -> str:
    """Column of the report with the level of a pass; empty if the direct echo is hidden."""
    return "" if math.isnan(level.level_db) else f"{level.level_db:6.1f} dB  "


def _db(power: float) -> float:
    """Convert a power to dB; a power of 0 becomes -300 dB."""
    return float(10 * np.log10(max(power, 1e-30)))
