"""Choose the further people of each clip such that no two people collide.

    splits of the subjects -> take of another subject -> window -> placement -> distances

All random draws depend on the recipe's seed, the clip's id and the number of the person, but not
on the order of processing. Further people are taken from the split of the main person, so that no
person occurs in two splits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from pipelines.plan import Clip, Note, Person, draw, group_of, split_subjects
from pipelines.recipe import Recipe
from pipelines.sources import Take
from pipelines.subjects import (
    FittedTake,
    fit_other_take,
    fit_take,
    placed_person,
    placed_window,
    poses_for,
)
from radarsim.errors import InputError
from radarsim.scene.body import fit_pose, joint_positions
from radarsim.scene.motion import Motion, sample_motion
from radarsim.scene.placement import ActivityArea

FEWER = "clips with fewer people than requested"
FEWER_REMEDY = (
    "further people are other subjects of the same split, whose number --subjects and --limit "
    "change; --people-distance-m, --people-lateral-m and --people-min-distance-m change the places"
)
# Number of takes that are tried for a person, and number of placements tried for each take.
TAKE_TRIES, PLACEMENT_TRIES = 4, 8
# Rate at which distances between people are tested: people move by less than 0.3 m between tests.
TEST_RATE_HZ = 10.0


class _Candidate(NamedTuple):
    """A possible further person: the entry for the plan, and the joints at the test times."""

    person: Person
    joints_m: Float[np.ndarray, "time joint 3"]


def add_people(
    recipe: Recipe,
    clips: Iterable[Clip],
    takes: Mapping[str, Take],
    body_models: str | None = None,
) -> tuple[list[Clip], list[Note]]:
    """Add the further people of the recipe to the clips.

    If no take and placement satisfy the recipe, the clip contains fewer people. The returned notes
    give the number of such clips.

    Args:
        recipe: recipe of the dataset.
        clips: clips without row, shard and split, in the order of the plan.
        takes: all takes of the dataset, keyed by id.
        body_models: folder or file of body models; None for the free body.

    Returns:
        The clips of the plan with their people, and notes on clips with fewer people.
    """
    kept = list(clips)[: recipe.limit or None]
    if recipe.people.number == 1:
        return kept, []
    splits = split_subjects(recipe, [group_of(clip) for clip in kept])
    by_split: dict[str, list[Take]] = {}
    for take in sorted(takes.values(), key=lambda take: take.id):
        if group_of(take) in splits:
            by_split.setdefault(splits[group_of(take)], []).append(take)
    add = partial(_with_people, recipe, body_models)
    found = [add(clip, takes[clip.take], by_split[splits[group_of(clip)]]) for clip in kept]
    fewer = sum(len(clip.others) < recipe.people.number - 1 for clip in found)
    return found, [Note(cause=FEWER, count=fewer, remedy=FEWER_REMEDY)] if fewer else []


def _with_people(
    recipe: Recipe, body_models: str | None, clip: Clip, take: Take, pool: list[Take]
) -> Clip:
    """Return the clip with as many further people as can be placed."""
    fitted = fit_take(take, clip.take_sha256, recipe, body_models)
    window = placed_window(recipe, clip, fitted.fitted.motion)
    present = [_joints_m(recipe, clip, fitted, window)]
    people: list[Person] = []
    for number in range(1, recipe.people.number):
        used = {clip.subject, *(person.subject for person in people)}
        others = [each for each in pool if each.subject not in used]
        found = _find_person(recipe, body_models, clip, number, others, present)
        if found is None:
            break
        people.append(found.person)
        present.append(found.joints_m)
    return replace(clip, others=tuple(people))


def _find_person(
    recipe: Recipe,
    body_models: str | None,
    clip: Clip,
    number: int,
    pool: list[Take],
    present: Sequence[np.ndarray],
) -> _Candidate | None:
    """Return the first candidate that keeps the minimum distance to all people present, or None."""
    for take_try in range(TAKE_TRIES if pool else 0):
        name = f"{clip.id}+{number}.{take_try}"
        take = pool[int(draw(recipe, "person", (0, len(pool)), name))]
        try:
            sha256 = take.sha256()
            fitted = fit_other_take(take, sha256, recipe, body_models)
        except InputError:  # already reported when the clips of this take were selected
            continue
        start_s = _start_s(recipe, clip, fitted.fitted.motion, name)
        if start_s is None:
            continue
        person = _person(take, sha256, fitted, start_s)
        for place_try in range(PLACEMENT_TRIES):
            placed = replace(person, **_placement(recipe, f"{name}.{place_try}"))
            joints_m = _joints_inside(recipe, clip, fitted, placed)
            if joints_m is not None and _are_apart(recipe, joints_m, present):
                return _Candidate(placed, joints_m)
    return None


def _person(take: Take, sha256: str, fitted: FittedTake, start_s: float) -> Person:
    return Person(
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        take_sha256=sha256,
        gender=fitted.fitted.motion.gender,
        start_s=start_s,
    )


def _start_s(recipe: Recipe, clip: Clip, motion: Motion, name: str) -> float | None:
    """Return the start of a window as long as the clip, or None if the take is too short."""
    spare = motion.num_poses - poses_for(recipe.radar, clip.num_frames, motion.rate_hz)
    if spare < 0:
        return None
    return int(draw(recipe, "person start", (0, spare + 1), name)) / motion.rate_hz


def _placement(recipe: Recipe, name: str) -> dict[str, float]:
    fields = ("distance_m", "lateral_m", "heading_rad")
    return {
        field: draw(recipe, f"person {field}", getattr(recipe.people, field), name)
        for field in fields
    }


def _joints_inside(
    recipe: Recipe, clip: Clip, fitted: FittedTake, person: Person
) -> np.ndarray | None:
    """Return a person's joints, or None if the person leaves the activity area during the clip."""
    window = placed_person(recipe, person, fitted.fitted.motion)
    needed = poses_for(recipe.radar, clip.num_frames, window.rate_hz)
    inside = ActivityArea(**asdict(recipe.area)).inside(window)
    if inside < min(needed, window.num_poses):
        return None
    return _joints_m(recipe, clip, fitted, window)


def _joints_m(
    recipe: Recipe, clip: Clip, fitted: FittedTake, window: Motion
) -> Float[np.ndarray, "time joint 3"]:
    """Return the joints of a placed person at the test times of a clip, in world coordinates [m].

    The number of test times is the same for shorter clips as for full clips, so that all clips
    share one compiled program.
    """
    end_s = min(clip.num_frames * recipe.radar.frame.period_s, window.duration_s)
    count = int(np.ceil(recipe.clips.length_s * TEST_RATE_HZ)) + 1
    poses_rad, transl_m = sample_motion(window, np.minimum(np.arange(count) / TEST_RATE_HZ, end_s))
    body, betas = fitted.body, jnp.asarray(fitted.fitted.betas, jnp.float32)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), window.layout, body)
    transl_m = jnp.asarray(transl_m, jnp.float32)
    scale = jnp.float32(fitted.fitted.body_scale)
    return np.asarray(_joint_positions(body, betas, poses_rad, transl_m, scale))


_joint_positions = jax.jit(joint_positions)


def _are_apart(recipe: Recipe, joints_m: np.ndarray, present: Sequence[np.ndarray]) -> bool:
    """Test whether a person keeps the minimum distance to all people present at all test times."""
    for other_m in present:
        difference_m = joints_m[:, :, None] - other_m[:, None]
        if np.linalg.norm(difference_m, axis=-1).min() < recipe.people.min_distance_m:
            return False
    return True
