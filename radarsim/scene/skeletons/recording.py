"""Sequences of all people of a recording, from the tables of points in a file.

Unit, up axis, handedness, floor and pose rate are properties of the file, and are therefore the
same for all people. A person who cannot be used does not affect the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import PointTable, with_unit_confidence
from radarsim.scene.skeletons import coordinates
from radarsim.scene.skeletons.columns import matched_columns
from radarsim.scene.skeletons.layouts import Layout
from radarsim.scene.skeletons.sequence import MIN_POSES, JointSequence

# Units that files can state; others, such as V in C3D files, are ignored.
_STATED_UNITS = ("m", "cm", "mm")
# Relative difference of pose rates that is rounding, such as 29.97 and 30 Hz.
_SAME_RATE = 0.02


@dataclass(frozen=True, eq=False)
class _Person:
    """Landmarks of a person, and the table from which they were read."""

    table: PointTable
    seen: coordinates.Landmarks
    confidence: np.ndarray | None
    unit_note: str = ""


class _Skipped:
    """People who cannot be used, with the errors that say why."""

    def __init__(self):
        self.errors: list[tuple[str, InputError]] = []

    def usable(self, function: Callable, people: Sequence) -> list:
        """Apply a function to each person and leave out those for whom it raises an error.

        Raises:
            InputError: no person remains; the error is that of the first person.
        """
        results = []
        for person in people:
            try:
                results.append(function(person))
            except InputError as error:
                label = getattr(person, "table", person).person
                self.errors.append((label, error))
        if not results:
            raise self.errors[0][1]
        return results

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(
            f"person {label or 'without name'} skipped: {error.field}: {error.problem}"
            for label, error in self.errors
        )


def sequences_of(
    tables: Sequence[PointTable],
    layout: Layout,
    body,
    *,
    where: str,
    name: str,
    rate_hz: float | int | None,
    up: str,
    unit: str,
) -> list[JointSequence]:
    """Match the columns of each table, and convert all people to the same world in metres.

    Args:
        tables: points of each person.
        layout: names of the columns.
        body: body model of usual size.
        where: name of the file, used in messages.
        name: id of the motion.
        rate_hz, up, unit: options of `read_skeletons`.

    Returns:
        A sequence for each person who was observed well enough.

    Raises:
        InputError: no person can be used, or a property of the file is unknown.
    """
    skipped = _Skipped()
    tables = with_unit_confidence(tables, where)
    people = skipped.usable(partial(_person, layout=layout, where=where), tables)
    people = _in_metres(people, body, unit, where, skipped)
    world = coordinates.world_of([person.seen for person in people], up, where)
    rate_hz, rate_notes = _rate(tables[0], rate_hz, where)
    common = {"rate_hz": rate_hz, "name": name, "layout": layout.name}
    notes = (*world.notes, *rate_notes)
    sequences = skipped.usable(partial(_sequence, world=world, notes=notes, common=common), people)
    return [replace(each, notes=(*each.notes, *skipped.notes)) for each in sequences]


def _sequence(person: _Person, world, notes: tuple[str, ...], common: dict) -> JointSequence:
    notes = (*person.table.notes, person.unit_note, *notes)
    return JointSequence(
        points_m=world.converted_m(person.seen.points),
        landmarks=person.seen.names,
        confidence=person.confidence,
        person=person.table.person,
        origin_height_m=0.0 - world.lowest_m,
        notes=tuple(filter(None, notes)),
        **common,
    )


def _person(table: PointTable, layout: Layout, where: str) -> _Person:
    """Match the columns of a table, with NaN for points that were not observed."""
    places, names = matched_columns(table, layout, where)
    points = np.where(np.isfinite(table.points), table.points, np.nan)[:, places]
    # Trackers write zeros for a point that they did not find.
    points[(points == 0).all(axis=-1)] = np.nan
    confidence = None if table.confidence is None else table.confidence[:, places]
    if confidence is not None:
        points[confidence == 0] = np.nan
    seen = coordinates.Landmarks(points, names)
    if not seen.num_observed:
        raise InputError(where, "points", "none was observed: all are 0 or NaN", "check the file")
    if seen.num_observed < MIN_POSES:
        problem = f"observed in {seen.num_observed} poses, but a fit needs at least {MIN_POSES}"
        raise InputError(where, "points", problem, "give a longer recording")
    return _Person(table, seen, confidence)


def _in_metres(people, body, unit: str, where: str, skipped: _Skipped) -> list[_Person]:
    """Convert the points of all people with the same unit."""
    sizes = {id(each): coordinates.size_of(each.seen, body) for each in people}
    origin, stated = "given", people[0].table.unit
    if unit == "auto":
        origin, unit = "stated", stated
        if stated not in _STATED_UNITS:
            weights = [each.seen.num_observed for each in people]
            origin = "inferred"
            unit = coordinates.inferred_unit(list(sizes.values()), weights, where)

    def converted(person: _Person) -> _Person:
        size = sizes[id(person)]
        coordinates.check_size(size, unit, origin=origin, where=where)
        factor_m = coordinates.UNITS_M[unit]
        note = f"unit inferred as {unit}: size of {1.7 * size * factor_m:.2f} m"
        seen = person.seen._replace(points=person.seen.points * factor_m)
        return replace(person, seen=seen, unit_note=note if origin == "inferred" else "")

    return skipped.usable(converted, people)


def _rate(table: PointTable, given_hz, where: str) -> tuple[float | int, tuple[str, ...]]:
    """Pose rate of the file, else the given rate; and a note if both are known and differ."""
    if not table.rate_hz:
        if given_hz:
            return given_hz, ()
        hint = "give it: rate_hz= of read_skeletons, or --source-rate-hz"
        raise InputError(where, "rate", "the file states no pose rate", hint)
    number = isinstance(given_hz, int | float) and given_hz
    if not number or abs(given_hz - table.rate_hz) <= _SAME_RATE * table.rate_hz:
        return table.rate_hz, ()
    if table.rate_source:
        problem = f"{table.rate_source}, gives {table.rate_hz:.4g} Hz, not {given_hz:g} Hz"
        hint = "omit the rate, name the unit as in time_ms, or name frame numbers frame"
        raise InputError(where, "rate", problem, hint)
    return table.rate_hz, (f"the file states {table.rate_hz:g} Hz, so {given_hz:g} Hz is not used",)
