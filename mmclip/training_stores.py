"""What model.json states about the stores of a training, and what follows for a model card.

Models of earlier versions lack most of these entries, so that nothing follows from them.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from mmclip.store import RadarStore, is_simulated_clip, store_digests

# Entry of model.json with the stores of the trainings from which the last training started.
BASE_STORES = "base_stores"
NOT_STATED = "not stated"


def describe_store(store: RadarStore) -> dict:
    """Entry of model.json about a store.

    Returns:
        Name, digests and code version, whether there are simulated and recorded clips, and:
        "room": whether rooms are simulated, only if there are simulated clips.
        "sources", "licences": those of the motions of all people; the licences also of texts.
        "heatmaps": names of the heatmaps that training uses.
        "distance_m", "lateral_m", "heading_rad": smallest and largest of all people at the start:
        ahead of the radar, to the left of its axis as seen from the radar, and the angle between 0
        and pi from facing the radar; None if not stated.
        "placed_at": whether this start is that of a clip or, for the scope "sequence" of a recipe,
        of a take, from which clips are cut: "clip", "take" or both; None if not stated.
        "people": smallest and largest number of people in a clip; None for recordings.
        "receiver": name of the receiver profile; "ideal" without one; None if not stated.
    """
    clips, others = store.read_table("clips"), store.read_table("people")
    texts = [row for row in store.read_table("captions") if "licence" in row]
    recorded = [not is_simulated_clip(row) for row in clips]
    return {
        "name": store.name,
        "simulated": store.is_simulated,
        **store_digests(store),
        "code_version": store.attributes.get("code_version"),
        **({"room": store.has_room} if store.is_simulated else {}),
        "recorded": any(recorded),
        "sources": sorted({str(row["source"]) for row in (*clips, *others)}),
        "licences": sorted({row.get("licence") or NOT_STATED for row in (*clips, *others, *texts)}),
        "heatmaps": list(store.heatmaps),
        "distance_m": _range(row.get("distance_m") for row in (*clips, *others)),
        "lateral_m": _range(row.get("lateral_m") for row in (*clips, *others)),
        "heading_rad": _range(map(_from_facing_rad, (*clips, *others))),
        "placed_at": _placed_at(store, others) if store.is_simulated else None,
        "people": None if any(recorded) else _people(clips, others),
        "receiver": _receiver(store) if store.is_simulated else None,
    }


def earlier_stores(base: Mapping) -> dict[str, list[dict]]:
    """Entry of model.json with the stores of the model from which training starts.

    Args:
        base: description of this model; empty for a training from the start, without an entry.
    """
    stores = unique_stores([*base.get(BASE_STORES, ()), *base.get("stores", ())])
    return {BASE_STORES: stores} if stores else {}


def all_stores(description: Mapping) -> list[dict]:
    """Entries about all stores of the last training and of the trainings before it."""
    return unique_stores([*description.get(BASE_STORES, ()), *description["stores"]])


def unique_stores(stores: Sequence[dict]) -> list[dict]:
    """Entries about stores in their order, without repetitions."""
    return [store for index, store in enumerate(stores) if store not in stores[:index]]


def lists_all_trainings(description: Mapping) -> bool:
    """Whether the stores of all trainings are known: earlier versions recorded only the last."""
    return all("sources" in store for store in all_stores(description))


def has_recordings(description: Mapping) -> bool | None:
    """Whether a model was trained on recorded clips; None if its version did not state it."""
    # A store without simulated clips has only recorded clips.
    found = {
        each.get("recorded", None if each["simulated"] else True)
        for each in all_stores(description)
    }
    return True if True in found else None if None in found else False


def known_range(stores: Sequence[Mapping], name: str) -> tuple[float, float] | None:
    """Smallest and largest value in all stores; None if any store does not state it."""
    ranges = [store.get(name) for store in stores]
    if not ranges or None in ranges:
        return None
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def known_texts(stores: Sequence[Mapping], name: str) -> list[str] | None:
    """Texts of an entry with a list, in all stores; None if any store does not state it."""
    lists = [store.get(name) for store in stores]
    return None if not lists or None in lists else sorted({text for each in lists for text in each})


def _range(values: Iterable[float | None]) -> list[float] | None:
    """Smallest and largest finite value; None if there is none."""
    finite = [float(value) for value in values if value is not None and math.isfinite(value)]
    return [min(finite), max(finite)] if finite else None


def _from_facing_rad(row: Mapping) -> float | None:
    """Angle between the heading of a person and the direction that faces the radar [rad]."""
    heading_rad = row.get("heading_rad")
    if heading_rad is None:
        return None
    return abs(math.remainder(heading_rad, 2 * math.pi)) if math.isfinite(heading_rad) else None


def _people(clips: Sequence[Mapping], others: Sequence[Mapping]) -> list[int] | None:
    counts = {row["row"]: 1 for row in clips}
    for row in others:
        counts[row["row"]] = counts.get(row["row"], 1) + 1
    return [min(counts.values()), max(counts.values())] if counts else None


def _receiver(store: RadarStore) -> str | None:
    """Name of the receiver profile in the recipe of a simulated store; None without a recipe."""
    recipe = _recipe(store)
    return None if recipe is None else recipe.get("receiver", {}).get("name", "ideal")


def _placed_at(store: RadarStore, others: Sequence[Mapping]) -> list[str] | None:
    """Whether people are placed at the start of a clip or take; None without a recipe."""
    recipe = _recipe(store)
    if recipe is None:
        return None
    scope = recipe.get("placements", {}).get("scope", "clip")
    main = "take" if scope == "sequence" else scope
    # Further people are placed at the start of every clip, whatever the scope is.
    return sorted({main, "clip"} if others else {main})


def _recipe(store: RadarStore) -> dict | None:
    try:
        return tomllib.loads(store.attributes["recipe"])
    except (KeyError, tomllib.TOMLDecodeError):
        return None
