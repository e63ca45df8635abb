"""Parts of a model card that follow from the stores of the training: table, licence and limits.

A limit is stated only if model.json shows that it is true.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence

from mmclip.training_stores import (
    all_stores,
    has_recordings,
    known_range,
    known_texts,
    lists_all_trainings,
)

# Licence of motions and texts that this project generates.
PROJECT_LICENCE = "Apache-2.0"
EARLIER = "unknown"
EARLIER_NOTE = "`unknown`: not recorded by the version that trained the model."
COLUMNS = ("store", "clips", "motions", "surroundings", "people per clip")
COLUMNS += ("ahead of the radar [m]", "beside its axis", "placed at the start of a")
COLUMNS += ("receiver", "heatmaps", "licences")
# Maximum number of sources of motions that a limit lists.
MOST_SOURCES = 3


def kind_of_clips(description: Mapping, people: str) -> str:
    """Start of a sentence on the clips: whether they are simulated, and by whom they are.

    Args:
        description: content of model.json.
        people: numbers of people and takes.
    """
    recorded = has_recordings(description)
    if not description["simulated"]:
        return f"Recorded clips of {people}"
    if recorded is None:
        return f"Clips of {people}, at least in part simulated"
    return f"Simulated {'and recorded ' if recorded else ''}clips of {people}"


def licence(description: Mapping) -> str:
    """Line on the licence of the weights or, if others hold rights, of the training data."""
    found = known_texts(all_stores(description), "licences")
    if found is None:
        return "Licences of the training data: not recorded by the version that trained the model"
    if found == [PROJECT_LICENCE] and not has_recordings(description):
        return (
            f"Licence: {PROJECT_LICENCE}, like the project, which also generated the training data"
        )
    return f"Licences of the training data, which may restrict the weights: {'; '.join(found)}"


def stores_table(description: Mapping) -> str:
    """Table with a row for each recorded store of all trainings, below an introductory line."""
    last = "those of the last training at the end"
    title = f"The stores of all trainings, {last}:"
    if not lists_all_trainings(description):
        title = f"The recorded stores, {last}; earlier trainings may have used others:"
    rows = [COLUMNS, ["---"] * len(COLUMNS), *map(_row, all_stores(description))]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    note = f"\n\n{EARLIER_NOTE}" if any(EARLIER in line for line in lines) else ""
    return f"{title}\n\n" + "\n".join(lines) + note


def limits_of_stores(description: Mapping) -> list[str]:
    """Limits that follow from the training data, as items of a list in Markdown."""
    return [
        textwrap.fill(f"* {text}", 100, subsequent_indent="  ", break_long_words=False)
        for text in (_simulation(description), _placement(all_stores(description)))
        if text
    ]


def _row(store: Mapping) -> list[str]:
    """Cells of a store in the table; `-` means that the store does not state the value."""
    recorded = store.get("recorded", None if store["simulated"] else True)
    kinds = {None: "at least in part simulated", True: "recorded", False: "simulated"}
    kind = "simulated and recorded" if store["simulated"] and recorded else kinds[recorded]
    room = {None: "-", True: "simulated rooms", False: "free space"}[store.get("room")]
    return [
        store["name"],
        kind,
        _texts(store, "sources"),
        EARLIER if store["simulated"] and "room" not in store else room,
        _span(store, "people", "d"),
        _span(store, "distance_m", ".1f"),
        _sides(store["lateral_m"] or ()) or "-" if "lateral_m" in store else EARLIER,
        _texts(store, "placed_at", " or "),
        str(store.get("receiver", EARLIER) or "-"),
        _texts(store, "heatmaps"),
        _texts(store, "licences"),
    ]


def _texts(store: Mapping, name: str, separator: str = ", ") -> str:
    return separator.join(store[name] or ()) or "-" if name in store else EARLIER


def _span(store: Mapping, name: str, format_spec: str) -> str:
    if name not in store:
        return EARLIER
    ends = [format(end, format_spec) for end in store[name] or ()]
    return " to ".join(dict.fromkeys(ends)) or "-"


def _sides(lateral_m: Sequence[float]) -> str:
    """Range of positions to the right or left of the axis, as seen from the radar."""
    ends = [f"{abs(end):.1f} m {'left' if end > 0 else 'right'}" for end in lateral_m]
    return " to ".join(dict.fromkeys("0.0 m" if "0.0 m " in end else end for end in ends))


def _simulation(description: Mapping) -> str:
    """Limit of simulated training data, or of its simulated part; "" if there is none."""
    recorded, stores = has_recordings(description), all_stores(description)
    if not description["simulated"]:
        return ""
    unknown = "Accuracy on simulated clips does not show the accuracy on recordings of real people."
    if recorded is not False:
        part = "In part" if recorded else "At least in part"
        return f"{part}, the training data is simulated. {unknown}"
    people = known_range(stores, "people")
    bodies = "one body" if people == (1, 1) else "each body"
    origin = f"All training data is simulated: one simulator{_motions(stores)}, one bounce off"
    return f"{origin} {bodies}{_surroundings(stores)}. {unknown}"


def _motions(stores: Sequence[Mapping]) -> str:
    sources = known_texts(stores, "sources")
    if not sources:
        return ""
    if len(sources) > MOST_SOURCES:
        return f", motions of {len(sources)} sources"
    plural = "s" if len(sources) > 1 else ""
    return f", motions of the source{plural} {' and '.join(sources)}"


def _surroundings(stores: Sequence[Mapping]) -> str:
    """Whether the people were in free space, in rooms, or in both; "" if this is unknown."""
    in_room = {store.get("room") for store in stores}
    if None in in_room:
        return ""
    kinds = ("simulated rooms" if each else "free space" for each in sorted(in_room))
    return " in " + " or in ".join(kinds)


def _placement(stores: Sequence[Mapping]) -> str:
    """Number, position and heading of the people; "" unless all stores state them."""
    names = ("people", "distance_m", "lateral_m", "heading_rad")
    ranges = [known_range(stores, name) for name in names]
    placed_at = known_texts(stores, "placed_at")
    if None in ranges or placed_at is None:
        return ""
    people, distance_m, lateral_m, heading_rad = ranges
    number = " to ".join(dict.fromkeys(str(count) for count in people))
    who = "One person" if people == (1, 1) else f"{number} people"
    ahead = " to ".join(dict.fromkeys(f"{end:.1f}" for end in distance_m))
    sides = _sides(lateral_m)
    beside = "" if sides == "0.0 m" else f", {sides} of its axis,"
    angle = f"{math.degrees(heading_rad[1]):.0f}"
    facing = "facing it" if angle == "0" else f"turned by up to {angle} degrees from facing it"
    start = f"at the start of a {' or of a '.join(placed_at)}"
    where = f"{ahead} m ahead of the radar{beside} {start}, {facing}"
    return f"{who} per window, {where}, as in the training data."
