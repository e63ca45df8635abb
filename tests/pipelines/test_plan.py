"""The plan is complete before any simulation, and does not depend on the processing order."""

from dataclasses import replace

import pytest

from pipelines.plan import clip_seed, clips_per_shard, draw, make_plan, split_subjects
from pipelines.recipe import Splits
from tests.helpers.pipeline_fakes import fake_plan, fake_takes, small_recipe

RECIPE = small_recipe()


def test_rows_count_up_and_shards_follow_them():
    plan = fake_plan(fake_takes(10))
    assert [clip.row for clip in plan.clips] == list(range(10))
    assert [clip.shard for clip in plan.clips] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert [len(plan.shard(shard)) for shard in range(plan.num_shards)] == [4, 4, 2]


@pytest.mark.parametrize(
    ("num_clips", "size"), [(24, 4), (999, 4), (1_000, 16), (21_600, 128), (1_000_000, 512)]
)
def test_shard_size_depends_on_the_number_of_clips(num_clips, size):
    assert clips_per_shard(num_clips) == size


def test_a_clips_seed_depends_only_on_its_id():
    seeds = {clip.id: clip.seed for clip in fake_plan(fake_takes(10)).clips}
    fewer = {clip.id: clip.seed for clip in fake_plan(fake_takes(4)).clips}
    assert fewer == {name: seeds[name] for name in fewer}
    assert len(set(seeds.values())) == 10
    assert all(0 <= seed < 2**63 for seed in seeds.values())


def test_another_recipe_seed_gives_other_clip_seeds():
    assert clip_seed(RECIPE, "a") != clip_seed(small_recipe(seed=1), "a")


def test_draws_are_uniform_and_independent():
    """Mean and covariance of 4,000 draws have their expected values within 4 standard errors."""
    near = [draw(RECIPE, "distance_m", (2.0, 4.0), f"clip {i}") for i in range(4000)]
    other = [draw(RECIPE, "lateral_m", (2.0, 4.0), f"clip {i}") for i in range(4000)]
    assert min(near) >= 2.0
    assert max(near) < 4.0
    spread = 2 / 12**0.5
    assert abs(sum(near) / 4000 - 3.0) < 4 * spread / 4000**0.5
    products = sum((a - 3) * (b - 3) for a, b in zip(near, other)) / 4000
    assert abs(products) < 4 * spread**2 / 4000**0.5


def test_a_range_of_zero_width_gives_its_exact_value():
    assert draw(RECIPE, "distance_m", (3.0, 3.0), "clip") == 3.0


def test_a_subject_is_in_one_split_only():
    plan = fake_plan(fake_takes(20))
    splits = {}
    for clip in plan.clips:
        assert splits.setdefault(clip.subject, clip.split) == clip.split
    assert set(splits.values()) == {"train", "val", "test"}


def test_subjects_of_a_group_are_in_one_split_and_other_digests_are_kept():
    plan = fake_plan(fake_takes(20))
    groups = {f"s{i}": "" if i == 0 else f"file {i // 3}" for i in range(5)}
    clips = [replace(clip, split_group=groups[clip.subject]) for clip in plan.clips]
    splits = {}
    for clip in make_plan(RECIPE, clips).clips:
        splits.setdefault(clip.split, set()).add(clip.subject)
    assert sorted(map(sorted, splits.values())) == [["s0"], ["s1", "s2"], ["s3", "s4"]]
    alone = [replace(clip, split_group=clip.subject) for clip in plan.clips]
    assert make_plan(RECIPE, alone).digest == plan.digest


@pytest.mark.parametrize(
    ("num", "counts"),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (10, (8, 1, 1)), (40, (32, 4, 4))],
)
def test_splits_get_their_shares_and_train_keeps_a_subject(num, counts):
    splits = list(split_subjects(RECIPE, [f"s{i}" for i in range(num)]).values())
    assert tuple(splits.count(split) for split in ("train", "val", "test")) == counts


def test_splits_with_zero_share_are_empty():
    recipe = small_recipe(splits=Splits(validation=0, test=0))
    assert set(split_subjects(recipe, "abcdef").values()) == {"train"}


def test_the_limit_keeps_the_first_clips():
    every = fake_plan(fake_takes(10))
    first = make_plan(small_recipe(limit=3), every.clips)
    assert [clip.id for clip in first.clips] == [clip.id for clip in every.clips[:3]]


def test_equal_plans_have_equal_digests():
    assert fake_plan(fake_takes(5)).digest == fake_plan(fake_takes(5)).digest
    assert fake_plan(fake_takes(5)).digest != fake_plan(fake_takes(6)).digest
