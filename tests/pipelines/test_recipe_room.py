"""Rooms of clips are drawn from the clip's seed and leave space for the subject."""

from dataclasses import replace

import numpy as np
import pytest

from builders.building.recipe_loading import PRESET_FOLDER
from pipelines.bundled_rooms import FOLDER, other_text_note
from pipelines.clip_rooms import CLEARANCE_M, room_of_clip, unvaried_room
from pipelines.data_card_room import room_settings
from pipelines.recipe import Recipe
from pipelines.recipe_room import ROOM_NAMES, Room
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.scene.room import SURFACES

STANDING_M = np.array([[3.0, 0.0, 1.0]])
VARIED = Room(
    name="living-room",
    length_scale=(0.8, 1.3),
    roughness_mm=(0.0, 0.4),
    walls="glass, concrete",
    keep_furniture=0.5,
)


@pytest.mark.parametrize("name", sorted(set(ROOM_NAMES) - {"none", "own"}))
def test_a_bundled_room_has_surfaces_and_furniture_that_the_default_radar_can_simulate(name):
    """Every material is valid at the radar's frequency, and all furniture is inside the room."""
    room = unvaried_room(Room(name=name))
    freq_hz = BOARDS[DEFAULT_BOARD].chirp.centre_freq_hz
    for material in [getattr(room, each) for each in SURFACES]:
        assert material.permittivity(freq_hz).real > 1
    for item in room.furniture:
        vertices_m = item.mesh().vertices_m
        assert np.all(vertices_m <= [room.far_m, room.left_m, room.height_m])
        assert np.all(vertices_m >= [-room.near_m, -room.right_m, 0])


def test_clips_have_different_rooms_and_a_seed_always_the_same():
    """Room size, wall materials and roughness vary within the limits of the recipe."""
    rooms = [room_of_clip(VARIED, seed, STANDING_M) for seed in range(20)]
    again = room_of_clip(VARIED, 3, STANDING_M)
    assert again == rooms[3]
    lengths = [room.far_m for room in rooms]
    assert 4.0 <= min(lengths) < max(lengths) <= 6.5
    assert {room.left_wall.name for room in rooms} == {"glass", "concrete"}
    roughness_m = [room.floor.roughness_m for room in rooms]
    assert 0 <= min(roughness_m) < 1e-4 < 3e-4 < max(roughness_m) <= 4e-4
    assert len({len(room.furniture) for room in rooms}) > 1


def test_a_subject_far_to_the_side_moves_the_wall_and_removes_furniture_in_its_way():
    """The wall is moved to CLEARANCE_M from the pelvis, and the table in the way is removed."""
    walk_m = np.array([[3.2, -1.5, 1.0], [3.2, -2.5, 1.0]])
    room = room_of_clip(Room(name="living-room"), 0, walk_m)
    assert room.right_m == pytest.approx(2.5 + CLEARANCE_M)
    assert len(room.furniture) == len(unvaried_room(Room(name="living-room")).furniture) - 1


@pytest.mark.parametrize("name", ["living-room", "office", "hall"])
def test_furniture_stays_inside_the_walls_of_rooms_of_every_size(name):
    """The rooms are scaled by 0.8 to 1.3, and furniture keeps its own size."""
    settings = Room(name=name, length_scale=(0.8, 1.3))
    for seed in range(20):
        room = room_of_clip(settings, seed, STANDING_M)
        low_m, high_m = (-room.near_m, -room.right_m), (room.far_m, room.left_m)
        for item in room.furniture:
            corners_m = item.mesh().vertices_m[:, :2]
            # The tolerance is the rounding error of coordinates of a few metres.
            assert np.all(corners_m > np.array(low_m) - 1e-9)
            assert np.all(corners_m < np.array(high_m) + 1e-9)


def test_furniture_that_does_not_fit_into_a_smaller_room_is_left_out():
    """A shelf of 3.9 m fits between side walls with a distance of 4 m, but not of 3.2 m."""
    shelf = "centre_m = [4.5, 0, 0.5]\nsize_m = [0.3, 3.9, 1.0]"
    text = f'[[furniture]]\nkind = "box"\n{shelf}\n'
    small, usual = (Room(name="own", text=text, length_scale=(x, x)) for x in (0.8, 1.0))
    kept = [len(room_of_clip(each, 0, STANDING_M / 2).furniture) for each in (small, usual)]
    assert kept == [0, 1]


def test_furniture_beyond_an_open_side_keeps_its_place():
    """Only furniture that would cross a wall is moved; an open side has no wall."""
    sides = '[materials]\nfar_wall = "open"\nleft_wall = "open"\n'
    box = '[[furniture]]\nkind = "box"\ncentre_m = [8, 3, 0.5]\nsize_m = [0.4, 0.4, 1]\n'
    own = Room(name="own", text=f"far_m = 4\nleft_m = 2\n{sides}{box}")
    assert room_of_clip(own, 0, STANDING_M).furniture == unvaried_room(own).furniture
    moved = room_of_clip(replace(own, length_scale=(0.5, 0.5)), 0, STANDING_M / 3).furniture
    assert moved[0].centre_m == (4, 1.5, 0.5)


def test_the_number_of_passes_is_that_of_the_room_unless_the_recipe_states_another():
    own = Room(name="own", text="most_passes = 9")
    assert unvaried_room(own).most_passes == 9
    assert unvaried_room(Room(name="own", text="most_passes = 9", most_passes=2)).most_passes == 2


def test_free_space_leaves_the_text_and_the_digest_of_a_recipe_unchanged():
    """A recipe without a room has no section [room], like the recipes of existing stores."""
    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD])
    assert "[room]" not in dump_recipe(recipe)
    assert room_of_clip(recipe.room, 0, STANDING_M) is None


def test_a_recipe_with_a_room_is_read_back_unchanged():
    """A recipe contains the user's own room as text, not as a path."""
    own = Room(name="own", text='far_m = 4.0\n[materials]\nfloor = "wood"\n')
    for room in (VARIED, own):
        recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], room=room)
        again = parse_recipe(dump_recipe(recipe), "recipe.toml")
        assert again == recipe
        assert recipe_digest(again) != recipe_digest(Recipe(radar=BOARDS[DEFAULT_BOARD]))
    assert unvaried_room(own).far_m == 4.0


def test_a_recipe_keeps_the_bundled_room_with_which_it_was_written(tmp_path, monkeypatch):
    """A written recipe contains the bundled room, and is used if a later version has another one.

    The digest is the one that the preset had before recipes contained the room.
    """
    where = PRESET_FOLDER / "living-room.toml"
    recipe = parse_recipe(where.read_text(), str(where))
    text, digest = dump_recipe(recipe), recipe_digest(recipe)
    assert "leg_reflections = 2" in text
    assert digest.startswith("b45540233bcb49e8")
    assert parse_recipe(text, "store") == recipe
    assert other_text_note(recipe.room) == ""
    changed = (FOLDER / "living-room.toml").read_text().replace("leg_reflections = 2\n", "")
    (tmp_path / "living-room.toml").write_text(changed)
    monkeypatch.setattr("pipelines.bundled_rooms.FOLDER", tmp_path)
    again = parse_recipe(text, "store")
    assert unvaried_room(recipe.room).leg_reflections == 1
    assert unvaried_room(again.room).leg_reflections == 2
    assert "'living-room' differs" in other_text_note(again.room)
    assert room_settings(again)["room"].startswith("living-room (text in the recipe), ")
    assert recipe_digest(again) != digest == recipe_digest(recipe)
    assert dump_recipe(again) == text
    unnamed = text.replace("# bundled room: living-room\\n", "")
    assert parse_recipe(unnamed, "store") == again


@pytest.mark.parametrize(
    ("name", "hint"),
    [("office", "delete room.text to use 'office'"), ("none", "delete the section")],
)
def test_the_text_of_a_bundled_room_is_refused_under_the_name_of_another(name, hint):
    """Otherwise a stored recipe with a changed name would keep its former room."""
    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], room=Room(name="living-room"))
    text = dump_recipe(recipe)
    assert 'text = "# bundled room: living-room\\n# A living room' in text
    with pytest.raises(InputError) as caught:
        parse_recipe(text.replace('name = "living-room"', f'name = "{name}"'), "r.toml")
    assert (caught.value.where, caught.value.field) == ("r.toml", "room.text")
    assert "is the text of the room 'living-room'" in caught.value.problem
    assert hint in caught.value.hint
    own = parse_recipe(text.replace('name = "living-room"', 'name = "own"'), "r.toml").room
    assert unvaried_room(own) == unvaried_room(recipe.room)


def test_the_message_on_a_room_in_free_space_does_not_print_the_whole_room():
    with pytest.raises(
        InputError, match=r"room\.text: is 'far_m = 4' \.\.\. \(1010 characters\), "
    ):
        Room(text="far_m = 4\n" + "#" * 1000)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": "cave"}, "room.name"),
        ({"name": "own"}, "room.text"),
        ({"walls": "cork"}, "room.walls"),
        ({"name": "own", "text": "far_m = -1"}, "far_m"),
        ({"length_scale": (1.3, 0.8)}, "room.length_scale"),
        ({"most_passes": 8}, "room.most_passes"),  # in free space
        ({"name": "office", "walls": "plasterboard, brick"}, "room.walls"),  # up to 40 GHz
        ({"name": "office", "walls": ["glass"]}, "room.walls"),
        ({"name": "own", "text": "height_m = 1.0"}, "placements.radar_height_m"),
    ],
)
def test_a_wrong_setting_is_named(options, field):
    """The error message names the recipe setting, or the key in the room's text."""
    with pytest.raises(InputError) as caught:
        Recipe(radar=BOARDS[DEFAULT_BOARD], room=Room(**options))
    assert caught.value.field == field
