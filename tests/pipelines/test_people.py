"""Tests of the further people in a clip: subject, split, placement, and entries in the store."""

import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.clip_selection import select_clips
from pipelines.clip_simulation import scene_of_clip
from pipelines.data_card_people import limitations, people_per_clip, people_section
from pipelines.layout import Layout
from pipelines.people import FEWER, add_people
from pipelines.plan import Person, Plan, make_plan, split_subjects
from pipelines.recipe import Area, Clips, Keep, Recipe, Splits
from pipelines.recipe_people import People
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest
from pipelines.run import build
from pipelines.schema import PEOPLE_TABLES, TABLES, store_arrays
from pipelines.sources import GroupTake, Text, take_of_clip
from pipelines.store_reader import Store
from pipelines.store_spec import kept_sizes
from pipelines.store_tables import parquet_bytes, shard_tables
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.pipeline_fakes import FakeTake, fake_clip, fake_plan, fake_store_spec, fake_takes
from tests.helpers.sample_calls import check_four_parts
from tests.helpers.still_postures import posture

RADAR = BOARDS[DEFAULT_BOARD]


class Standing(FakeTake):
    """A take of a person who stands and glides slowly."""

    def load(self):
        return posture(velocity_mps=(0.0, -0.05, 0.0), seconds=3.5)


def takes_of(num: int) -> dict[str, Standing]:
    """Return one take for each of `num` subjects, each take with a different label."""
    takes = [
        Standing(
            id=f"t{i}",
            subject=f"s{i}",
            texts=(Text(caption=f"act {i}", source="test", kind="label"),),
        )
        for i in range(num)
    ]
    return {take.id: take for take in takes}


def recipe_of(number=2, **changes) -> Recipe:
    people = People(number=number, distance_m=(2.0, 5.0), lateral_m=(-2.5, 2.5))
    clips = Clips(length_s=3.2, stride_s=3.2)
    values = {"people": people, "clips": clips, "splits": Splits(validation=0.0, test=0.5)}
    return Recipe(radar=RADAR, **{**values, **changes})


def planned(recipe, takes):
    clips = [clip for take in takes.values() for clip in select_clips(recipe, take).clips]
    return clips, *add_people(recipe, clips, takes)


@pytest.fixture(scope="module")
def three():
    """Return the recipe, the takes and the clips of a dataset with three people in each clip."""
    recipe, takes = recipe_of(number=3), takes_of(6)
    _, clips, notes = planned(recipe, takes)
    assert not notes
    return recipe, takes, clips


def test_further_people_are_other_subjects_of_the_same_split(three):
    recipe, _, clips = three
    splits = split_subjects(recipe, [clip.subject for clip in clips])
    assert len(set(splits.values())) == 2
    for clip in clips:
        subjects = [clip.subject, *(person.subject for person in clip.others)]
        assert len(set(subjects)) == 3
        assert len({splits[subject] for subject in subjects}) == 1


def test_people_recorded_together_may_be_in_the_same_clips():
    """With two groups of two subjects, the further person of every clip is of the same group."""
    groups = {"t0": "a", "t1": "b", "t2": "a", "t3": "b"}
    takes = {name: replace(take, split_group=groups[name]) for name, take in takes_of(4).items()}
    _, clips, _ = planned(recipe_of(), takes)
    assert all(groups[other.take] == groups[clip.take] for clip in clips for other in clip.others)
    assert any(clip.others for clip in clips)


def test_people_keep_the_minimum_distance_and_stay_inside_the_area(three):
    """The pelvises of two people are never closer than the minimum distance between joints."""
    recipe, takes, clips = three
    for clip in clips[:2]:
        scene = scene_of_clip(recipe, clip, take_of_clip(clip, takes))
        assert len(scene.subjects) == 3
        pelvis_m = [subject.motion.pelvis_m[:96] for subject in scene.subjects]
        for index, one_m in enumerate(pelvis_m):
            assert ((one_m[:, 0] > 1) & (one_m[:, 0] < 6)).all()
            for other_m in pelvis_m[:index]:
                assert np.linalg.norm(one_m - other_m, axis=1).min() >= recipe.people.min_distance_m


def test_people_depend_on_the_clip_and_not_on_the_order_of_the_clips(three):
    recipe, takes, clips = three
    alone = [replace(clip, others=()) for clip in reversed(clips)]
    again, _ = add_people(recipe, alone, takes)
    assert again[::-1] == clips


def test_a_clip_without_free_place_keeps_its_main_person_and_is_counted():
    """A clip keeps only its main person if further people at 4 m are outside the 3.5 m area."""
    people = People(number=2, distance_m=4.0, lateral_m=0.0)
    recipe = recipe_of(people=people, area=Area(far_m=3.5), splits=Splits(validation=0, test=0))
    clips, found, notes = planned(recipe, takes_of(2))
    assert found == clips
    assert [(note.cause, note.count) for note in notes] == [(FEWER, 2)]


def test_a_recipe_without_further_people_keeps_text_digest_and_plan():
    """A recipe for one person has no section `people`; the digest of its plan is unchanged."""
    alone = recipe_of(number=1, people=People())
    assert "people" not in dump_recipe(alone)
    assert parse_recipe(dump_recipe(recipe_of()), "test") == recipe_of()
    assert recipe_digest(alone) != recipe_digest(recipe_of())
    clips, found, notes = planned(alone, takes_of(2))
    assert (found, notes) == (clips, [])
    plan = make_plan(alone, clips)
    stored = [{**asdict(clip)} for clip in plan.clips]
    for values in stored:
        del values["others"], values["split_group"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.plan._values", lambda clip: stored[clip.row])
        expected = Plan(recipe=alone, clips=plan.clips, clips_per_shard=4).digest
    assert plan.digest == expected
    assert json.loads(json.dumps(stored)) == stored


def test_too_many_people_are_refused():
    with pytest.raises(InputError, match="at most 8") as caught:
        People(number=9)
    check_four_parts(caught.value)


def test_tables_name_the_further_people_and_their_texts_apart_from_the_main_person(three):
    """Further people are in separate tables, which stores with one person per clip do not have."""
    recipe, takes, clips = three
    plan = make_plan(recipe, clips)
    texts = {name: take.texts for name, take in takes.items()}
    rows = shard_tables(plan.clips, texts, "radar", "free", 0.1)
    assert rows.keys() == TABLES.keys() | PEOPLE_TABLES.keys()
    assert len(rows["people"]) == 2 * len(clips)
    assert [row["person"] for row in rows["people"][:2]] == [1, 2]
    assert rows["people"][0]["split"] == plan.clips[0].split
    first = plan.clips[0]
    captions = {row["id"]: row["text"] for row in rows["captions"]}
    own = [captions[row["caption"]] for row in rows["segments"] if row["row"] == 0]
    assert own == [takes[first.take].texts[0].caption]
    others = [row["text"] for row in rows["people_segments"] if row["row"] == 0]
    assert others == [takes[person.take].texts[0].caption for person in first.others]
    for table in PEOPLE_TABLES:
        assert parquet_bytes(table, rows[table])
    alone = [replace(clip, others=()) for clip in plan.clips]
    assert shard_tables(alone, texts, "radar", "free", 0.1).keys() == TABLES.keys()


def test_a_store_returns_the_clips_of_the_plan_with_their_people(tmp_path):
    takes = fake_takes(4)
    plan = fake_plan(takes)
    other = Person(take="take-003", source="fake", licence="CC0-1.0", subject="s3", start_s=0.1)
    plan = replace(plan, clips=(replace(plan.clips[0], others=(other,)), *plan.clips[1:]))
    spec = fake_store_spec(plan, num_others=1)
    summary = build(plan, takes, str(tmp_path / "s"), spec, fake_clip, workers=0, quiet=True)
    assert summary.num_clips == 4
    store = Store(tmp_path / "s")
    assert store.clips[0].others == (other,)
    assert store.clips[1].others == ()
    assert [row["text"] for row in store.table("people_segments")] == ["act 0"]
    assert "of 1 to 2 people each" in (tmp_path / "s" / "README.md").read_text()


def test_joints_of_further_people_have_their_own_arrays():
    def arrays(number):
        recipe = recipe_of(number=number, keep=Keep(joints=True))
        sizes = {"num_clips": 1, "clips_per_shard": 1, "num_frames": 5, "num_columns": 0}
        layout = Layout(**sizes, heatmaps=(), **kept_sizes(recipe))
        return {spec.name: spec for spec in store_arrays(layout)}

    three, one = arrays(3), arrays(1)
    assert three["other_joints_m"].shape == (1, 5, 2, 24, 3)
    assert three["joints_m"].shape == one["joints_m"].shape == (1, 5, 24, 3)
    assert not any(name.startswith("other_") for name in one)


def test_a_group_of_takes_acts_like_the_take_of_the_main_person():
    main, other = takes_of(2).values()
    group = GroupTake(main, (other,))
    assert (group.id, group.sha256(), group.texts) == (main.id, main.sha256(), main.texts)


def test_the_data_card_states_the_numbers_of_people():
    text = "single reflections from one\nbody and antennas"
    alone, several = (SimpleNamespace(people=people) for people in ({1: 4}, {1: 1, 3: 9}))
    assert people_per_clip(alone) == "one person each"
    assert people_per_clip(several) == "1 to 3 people each"
    assert people_section(alone) == []
    assert "| 3 | 9 |" in people_section(several)[0]
    assert limitations(text, alone) == text
    assert "shadow each other" in limitations(text, several)
