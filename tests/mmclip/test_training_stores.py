"""What a model card states about training data follows from the stores of the training."""

import math
from pathlib import Path

import pytest

from mmclip.store import RadarStore
from mmclip.training_card import kind_of_clips, licence, limits_of_stores, stores_table
from mmclip.training_stores import describe_store, earlier_stores

NAN = float("nan")
CLIP = {
    "row": 0,
    "source": "built-in",
    "licence": "Apache-2.0",
    "body": "free",
    "distance_m": 2.5,
    "lateral_m": 0.0,
    "heading_rad": 0.0,
}
AMASS = {**CLIP, "source": "AMASS/CMU", "licence": "AMASS, non-commercial research"}
RECORDED = {
    **CLIP,
    "source": "recordings",
    "licence": "",
    "body": "recorded",
    "distance_m": NAN,
    "lateral_m": NAN,
    "heading_rad": NAN,
}
OFFICE = '[room]\nname = "office"\n[receiver]\nname = "datasheet"\n'
SIMULATED = "All training data is simulated"


class Store(RadarStore):
    """A store whose tables are given in its attributes."""

    def read_table(self, name):
        return self.attributes["tables"].get(name, [])


def entry(*clips, people=(), recipe=""):
    clips = [{**clip, "row": row} for row, clip in enumerate(clips)]
    tables = {"clips": clips, "people": list(people)}
    attributes = {"tables": tables, "recipe": recipe}
    return describe_store(Store(Path("a.zarr"), attributes, {"time_doppler": {}}))


def model(*stores, base=None):
    simulated = any(store["simulated"] for store in (*stores, *(base or {}).get("stores", ())))
    return {"simulated": simulated, "stores": list(stores), **earlier_stores(base or {})}


def limits(*stores, base=None):
    return " ".join(" ".join(limits_of_stores(model(*stores, base=base))).split())


def test_a_model_of_recordings_is_not_called_simulated_and_has_no_licence_of_the_project():
    recorded = model(entry(RECORDED))
    assert kind_of_clips(recorded, "2 people") == "Recorded clips of 2 people"
    assert limits_of_stores(recorded) == []
    assert licence(recorded).endswith("may restrict the weights: not stated")
    row = stores_table(recorded).splitlines()[-1]
    unknown = " | ".join("-" * 6)
    assert row == f"| a.zarr | recorded | recordings | {unknown} | time_doppler | not stated |"


def test_simulated_people_in_free_space_have_the_limits_of_their_clips():
    far = {**CLIP, "distance_m": 3.5, "heading_rad": -0.25}
    text = limits(entry(CLIP, far))
    assert f"{SIMULATED}: one simulator, motions of the source built-in, one bounce off one" in text
    assert "one body in free space." in text
    assert "One person per window, 2.5 to 3.5 m ahead of the radar at the start of a clip" in text
    assert "turned by up to 14 degrees from facing it" in text
    assert licence(model(entry(CLIP))).startswith("Licence: Apache-2.0, like the project")


def test_several_people_in_a_room_and_their_distances_are_stated():
    other = {**CLIP, "distance_m": 5.0, "heading_rad": 1.5 * math.pi}
    described = entry(CLIP, CLIP, people=[other], recipe=OFFICE)
    text = limits(described)
    assert "one bounce off each body in simulated rooms." in text
    assert "1 to 2 people per window, 2.5 to 5.0 m ahead of the radar" in text
    assert "turned by up to 90 degrees" in text
    row = "| simulated | built-in | simulated rooms | 1 to 2 | 2.5 to 5.0 | 0.0 m | clip |"
    assert f"{row} datasheet |" in stores_table(model(described))


def test_places_beside_the_axis_of_the_radar_are_stated():
    """The distance ahead of the radar alone would not contain the distance from the radar."""
    left, right = {**CLIP, "lateral_m": 3.0}, {**CLIP, "lateral_m": -0.3}
    described = entry(left, right)
    ahead = "2.5 m ahead of the radar, 0.3 m right to 3.0 m left of its axis, at the start of"
    assert ahead in limits(described)
    assert "| 2.5 | 0.3 m right to 3.0 m left | clip |" in stores_table(model(described))


@pytest.mark.parametrize(
    ("people", "start", "cell"),
    [([], "a take", "take"), ([CLIP], "a clip or of a take", "clip or take")],
)
def test_people_placed_once_per_take_are_not_said_to_be_there_in_each_clip(people, start, cell):
    """Further people are placed at the start of each clip, whatever the scope of the recipe is."""
    described = entry(CLIP, people=people, recipe='[placements]\nscope = "sequence"\n')
    assert f"2.5 m ahead of the radar at the start of {start}, facing it" in limits(described)
    assert f"| 2.5 | 0.0 m | {cell} |" in stores_table(model(described))


@pytest.mark.parametrize("pre_trained", [False, True])
def test_simulated_and_recorded_clips_together_are_neither_all_simulated_nor_recorded(pre_trained):
    """The clips are in stores of one training, or a simulated model is fine-tuned on recordings."""
    own, simulated = entry(RECORDED), entry(CLIP)
    both = model(own, base=model(simulated)) if pre_trained else model(own, simulated)
    assert kind_of_clips(both, "2 people") == "Simulated and recorded clips of 2 people"
    (text,) = limits_of_stores(both)
    assert text.startswith("* In part, the training data is simulated.")
    title, _, *rows = stores_table(both).splitlines()
    assert title == "The stores of all trainings, those of the last training at the end:"
    assert len(rows) == 4


def test_licences_of_others_are_listed_instead_of_that_of_the_project():
    text = licence(model(entry(CLIP, AMASS)))
    assert text.endswith("may restrict the weights: AMASS, non-commercial research; Apache-2.0")
    described = entry(CLIP, people=[AMASS])
    assert "AMASS" in licence(model(described))
    assert described["sources"] == ["AMASS/CMU", "built-in"]
    assert "motions of the sources AMASS/CMU and built-in," in limits(entry(CLIP, AMASS))


def test_nothing_is_concluded_from_stores_of_earlier_versions():
    """Earlier versions recorded only whether any clip of a store is simulated, and the room."""
    earlier = {"name": "old.zarr", "simulated": True, "room": False}
    for found in (model(earlier), model(entry(CLIP), base=model(earlier))):
        assert "2 people, at least in part simulated" in kind_of_clips(found, "2 people")
        (text,) = limits_of_stores(found)
        assert SIMULATED not in text
        assert licence(found).endswith("not recorded by the version that trained the model")
        table = stores_table(found)
        assert "`unknown`: not recorded by the version that" in table
        assert table.startswith("The recorded stores, those of the last training at the end; ear")
