"""Legs of two people who move at the same time, recorded or simulated.

In a leg, each person moves in one direction between `PAIR_NEAR_M` and `PAIR_FAR_M`. Two people who
walk side by side have legs in the same direction; people who pass each other have opposite ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

import radarsim as rs
from benchmarks.walker_comparison import legs_by_direction, measures
from benchmarks.walker_measures import Walk
from benchmarks.walker_pairs import SIDES, PathLine, PersonWalk, separated_walks
from benchmarks.walker_simulation import (
    WalkPlan,
    more_s,
    placement_on_path,
    simulated_cube,
)

# Below 3.5 m, people 3 m to the left and to the right can hardly be separated.
PAIR_NEAR_M, PAIR_FAR_M = 3.5, 8.0


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonLeg:
    """Leg of one of two people.

    Attributes:
        direction: "out" or "back".
        walk: measured walk.
        path: path of the person.
    """

    direction: str
    walk: Walk
    path: PathLine

    def forward_mps(self) -> float:
        """Mean speed along the path, positive away from the radar."""
        return float(np.polyfit(self.walk.times_s, self._distance_m(), 1)[0])

    def position_at(self, time_s: float, speed_mps: float) -> np.ndarray:
        """Position (ahead, left) on the path at a time, for a constant speed along the path [m]."""
        start_m = self._distance_m().mean() + speed_mps * (time_s - self.walk.times_s.mean())
        first_m, along = self._first_and_direction()
        return first_m + start_m * along

    def _distance_m(self):
        """Distance along the path from the position at `PAIR_NEAR_M`, positive outwards [m]."""
        first_m, along = self._first_and_direction()
        return (self.path.position_m(self.walk.range_m) - first_m) @ along

    def _first_and_direction(self):
        ends_m = self.path.position_m(np.array([PAIR_NEAR_M, PAIR_FAR_M]))
        way_m = ends_m[1] - ends_m[0]
        return ends_m[0], way_m / np.linalg.norm(way_m)


PairLeg = dict[str, PersonLeg]


def pair_legs(people: dict[str, PersonWalk]) -> list[PairLeg]:
    """Find the legs that two people have at the same time.

    Args:
        people: path and walk of each person, keyed by `SIDES`.

    Returns:
        Pairs of legs, in the order of time, each keyed by `SIDES`. Of all pairs, those that overlap
        longest in time are chosen; each leg is in one pair at most. Empty if no legs overlap.
    """
    left, right = (_legs(people[side]) for side in SIDES)
    pairs = [dict(zip(SIDES, (one, other))) for one in left for other in right]
    pairs.sort(key=_overlap_s, reverse=True)
    chosen: list[PairLeg] = []
    for pair in pairs:
        taken = {(side, leg.direction) for each in chosen for side, leg in each.items()}
        free = all((side, leg.direction) not in taken for side, leg in pair.items())
        if free and _overlap_s(pair) > 0:
            chosen.append(pair)
    return sorted(chosen, key=lambda pair: pair["left"].walk.times_s[0])


def simulated_pair(
    radar: rs.Radar,
    pair: PairLeg,
    plans: dict[str, WalkPlan],
    built: Callable[[WalkPlan, int], rs.Motion],
    reflection,
    height_m: float,
) -> PairLeg:
    """Simulate two people on the paths of a recorded leg, and measure them as in a recording.

    Args:
        radar: radar to simulate.
        pair: recorded legs, which state the paths and the positions at the start.
        plans: speed and cadence of each person, keyed by side; start and duration are ignored.
        built: function from a plan and the number of a performer to a motion along +x.
        reflection: reflection model of the bodies.
        height_m: height of the radar above the floor.

    Returns:
        Simulated legs in the directions of the recorded ones, keyed by side. A side is missing if
        its simulated leg in this direction is too short.
    """
    start_s = min(leg.walk.times_s[0] for leg in pair.values())
    end_s = max(leg.walk.times_s[-1] for leg in pair.values())
    people = []
    for number, side in enumerate(SIDES):
        duration_s = end_s - start_s + more_s(plans[side].speed_mps)
        plan = replace(plans[side], duration_s=duration_s)
        motion = built(plan, number)
        ends_m = [
            pair[side].position_at(each_s, plan.speed_mps) for each_s in (start_s, start_s + 1)
        ]
        people.append((motion, placement_on_path(motion, *ends_m)))
    cube_v = simulated_cube(radar, people, reflection, height_m)
    found = separated_walks(radar, cube_v, pair["left"].walk.pace)
    return {
        side: leg
        for side in SIDES
        for leg in _legs(found[side])
        if leg.direction == pair[side].direction
    }


def pair_measures(leg: PersonLeg) -> dict[str, float]:
    """Measures of one person's leg, keyed by name and unit; no phase remains between receivers."""
    found = measures(leg.walk) | {"lateral offset at 6 m [m]": leg.path.lateral_m}
    del found["receiver phase [rad]"]
    return found


def _legs(person: PersonWalk) -> list[PersonLeg]:
    legs = legs_by_direction(person.walk, PAIR_NEAR_M, PAIR_FAR_M)
    return [PersonLeg(direction=name, walk=walk, path=person.path) for name, walk in legs.items()]


def _overlap_s(pair: PairLeg) -> float:
    first, second = (leg.walk.times_s for leg in pair.values())
    return float(min(first[-1], second[-1]) - max(first[0], second[0]))
