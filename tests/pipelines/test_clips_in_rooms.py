"""Clips in rooms: what the section [room] of a recipe adds to the cube of a clip."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.clip_selection import select_clips
from pipelines.clip_simulation import (
    clip_key,
    cube_of_clip,
    make_clip,
    prepare_clip,
    simulation_settings,
)
from pipelines.plan import Person
from pipelines.recipe import Clips, Placements, Recipe, Simulation
from pipelines.recipe_room import Room
from pipelines.sources import GroupTake
from radarsim.scene.room import SURFACES
from radarsim.scene.scene import Scene
from radarsim.simulate import simulate
from tests.helpers.moving_sphere import relative_db, small_radar
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.room_paths import wall_tone_v
from tests.helpers.still_postures import posture
from tests.helpers.synthetic_bodies import synthetic_model

pytestmark = pytest.mark.usefixtures("fast_compilation")

# A column of the time-Doppler map needs the 256 chirps of both frames.
RADAR = small_radar(num_chirps=128, num_samples=64)
# The person stands beside the path to the wall ahead.
RECIPE = Recipe(
    radar=RADAR,
    clips=Clips(length_s=0.2, min_frames=2),
    placements=Placements(distance_m=3.0, lateral_m=1.6),
    simulation=Simulation(method="fast", noise=False, quantise=False),
)


class Standing(FakeTake):
    """A take of a person who stands still."""

    def load(self):
        return replace(posture(seconds=0.3), shape_space="smpl")


TAKE = Standing(id="first", subject="a")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return the file of a body with 80 faces, a ball with a radius of about 1 m."""
    path = tmp_path_factory.mktemp("models") / "SMPL_NEUTRAL.npz"
    np.savez(path, **synthetic_model("smpl", 10))
    return str(path)


def in_room(wall, lines):
    """Return the recipe with a room whose only surface is one metal wall."""
    materials = [f'{name} = "{"metal" if name == wall else "open"}"' for name in SURFACES]
    return replace(
        RECIPE, room=Room(name="own", text="\n".join([lines, "[materials]", *materials]))
    )


def clip_of(recipe, models):
    (clip,) = select_clips(recipe, TAKE, models).clips
    return replace(clip, row=0, shard=0, split="train")


def test_the_cube_of_a_clip_contains_a_wall_with_the_voltage_of_the_radar_equation(
    models,
):
    """The tolerance is 0.5 % of the tone, of which 0.2 % is the conductivity of the metal."""
    recipe = in_room("far_wall", "far_m = 5.0\nmost_passes = 0")
    cubes = [
        make_clip(each, clip_of(each, models), TAKE, body_models=models, keep_cubes=True)["if_cube"]
        for each in (recipe, RECIPE)
    ]
    added_v = (cubes[0] - cubes[1]) @ np.array([1, 1j])
    expected_v = np.broadcast_to(wall_tone_v(RADAR, 5.0), added_v.shape)
    np.testing.assert_allclose(added_v, expected_v, rtol=0, atol=5e-3 * np.abs(expected_v).max())


def test_a_clip_of_two_people_contains_the_multipath_of_both(models):
    """A wall at the side has no static echo, so the room adds the passes of each person alone.

    The error of each sum is below -60 dB, the error of the method "fast".
    """
    second = Standing(id="second", subject="b")
    other = Person(
        take="second",
        source="fake",
        licence="",
        subject="b",
        take_sha256=second.sha256(),
        distance_m=2.8,
        lateral_m=-1.6,
    )
    people = GroupTake(TAKE, (second,))

    def prepared(recipe):
        clip = replace(clip_of(recipe, models), others=(other,))
        return prepare_clip(recipe, clip, people, models)

    recipe = in_room("left_wall", "left_m = 3.0")
    clip, free = prepared(recipe), prepared(RECIPE)
    added_v = cube_of_clip(recipe, clip)[0] - cube_of_clip(RECIPE, free)[0]

    def alone_v(person, room):
        scene = Scene([person], clip.scene.radar_pose, room)
        settings = simulation_settings(recipe)
        return simulate(RADAR, scene, clip_key(0), clip.reflection, settings, num_frames=2)

    passes_v = [
        alone_v(each, clip.scene.room) - alone_v(each, None) for each in clip.scene.subjects
    ]
    assert min(np.abs(each).max() for each in passes_v) > 1e-6
    assert relative_db(added_v, np.asarray(sum(passes_v))) < -60
