"""Recipes come from files, stores or presets; options override them, and paths are not saved."""

import re
from dataclasses import replace
from importlib import resources

import pytest

from builders.amass import make_parser
from builders.building.cli_options import FLAG_SETTINGS, PRESETS, recipe_table
from builders.building.recipe_loading import PATHS, load_recipe_table, merge_tables
from builders.building.simulated_dataset import build_dataset
from builders.sources.takes import built_in_takes
from pipelines.clip_selection import select_all_clips, select_clips
from pipelines.recipe import SECTIONS
from pipelines.recipe_keep import KEPT_PER_FRAME
from pipelines.recipe_people import People
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest, recipe_from_table
from pipelines.storage import LocalFolder
from pipelines.store_spec import make_store_spec
from pipelines.store_writer import prepare
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import fake_plan, fake_takes


def options(*arguments):
    return make_parser().parse_args(["--out", "x.zarr", *arguments])


def recipe_of(*arguments):
    given = options(*arguments)
    table, where = load_recipe_table(given)
    table = merge_tables(table, recipe_table(vars(given) | {"radar": (given.radar or [None])[0]}))
    return recipe_from_table(table, where)


def test_options_override_the_recipe_file_and_the_file_overrides_the_defaults(tmp_path):
    (tmp_path / "hall.toml").write_text(
        "seed = 5\n[clips]\nlength_s = 4\n[placements]\ndistance_m = [2.0, 4.0]\nlateral_m = 1.0\n"
    )
    recipe = recipe_of("--recipe", str(tmp_path / "hall.toml"), "--lateral-m", "0.5")
    assert recipe.seed == 5
    assert recipe.placements.distance_m == (2.0, 4.0)
    assert recipe.placements.lateral_m == (0.5, 0.5)
    assert (recipe.clips.length_s, recipe.clips.stride_s) == (4.0, 5.0)


def test_a_store_can_be_used_as_a_recipe(tmp_path):
    """The recipe in a store preserves every digit of the radar's parameters."""
    takes = fake_takes(3)
    plan = fake_plan(takes, recipe_of("--seed", "9", "--radar", "IWR6843ISK", "--sigma", "0.3:0.7"))
    prepare(LocalFolder(tmp_path / "s.zarr"), make_store_spec(plan, takes))
    again = recipe_of("--recipe", str(tmp_path / "s.zarr"))
    assert again == plan.recipe
    assert recipe_digest(again) == recipe_digest(plan.recipe)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_valid_recipe(preset):
    assert recipe_digest(recipe_of("--preset", preset)) != recipe_digest(recipe_of())


def test_every_bundled_preset_is_offered():
    found = {each.name for each in resources.files("builders").joinpath("presets").iterdir()}
    assert {f"{name}.toml" for name in PRESETS} == found


def test_the_paper_preset_agrees_with_its_section_4_2():
    recipe = recipe_of("--preset", "paper")
    assert recipe.placements.scope == "sequence"
    assert recipe.placements.distance_m == (3.0, 3.0)
    assert recipe.placements.radar_height_m == (1.0, 1.0)
    area = recipe.area
    assert {2 * area.half_width_m, area.far_m - area.near_m} == {6.0, 5.0}
    assert (recipe.simulation.visibility, recipe.maps.window) == ("hpr", "paper")


def test_clips_of_the_zero_shot_preset_are_long_enough_for_the_trainer():
    """Clips have at least 3,824 chirps (224 columns); 8 people perform 60 activities twice."""
    recipe = recipe_of("--preset", "zeroshot")
    assert recipe.num_frames * recipe.radar.frame.num_chirps >= 3824
    assert (recipe.built_in.takes, recipe.built_in.subjects) == (60 * 8 * 2, 8)


def test_every_option_that_changes_bytes_is_a_recipe_setting():
    """Every recipe setting has an option, except `body`, which follows from the body models."""
    settings = {
        f"{name}.{field}" for name, section in SECTIONS.items() for field in vars(section())
    }
    reached = {".".join(path) for path in FLAG_SETTINGS.values() if len(path) == 2}
    reached |= {f"keep.{name}" for name in KEPT_PER_FRAME}  # names accepted by the option --keep
    reached |= {"room.name", "room.text"}  # both are set by the option --room
    assert settings - reached == {"area.near_m", "area.far_m", "area.half_width_m"}
    assert reached <= settings
    flags = vars(options())
    assert set(FLAG_SETTINGS) <= set(flags)


def test_paths_are_relative_to_the_recipe_file_and_not_stored(tmp_path):
    (tmp_path / "r.toml").write_text('[paths]\nmotions = ["walks"]\namass = "AMASS"\n')
    given = options("--recipe", str(tmp_path / "r.toml"), "--amass", "elsewhere")
    table, _ = load_recipe_table(given)
    assert given.motions == [str(tmp_path / "walks")]
    assert given.amass == "elsewhere"
    assert table == {}


def test_the_file_of_a_flag_is_in_the_working_folder(tmp_path, monkeypatch):
    """A file of the same name next to the recipe is the radar of the recipe, not of the flag."""
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec/r.toml").write_text('radar = "radar.toml"\n')
    (tmp_path / "rec/radar.toml").write_text('board = "IWR6843ISK"\n')
    monkeypatch.chdir(tmp_path)
    assert recipe_of("--recipe", "rec/r.toml").radar.board == "IWR6843ISK"
    flags = ["--recipe", "rec/r.toml", "--radar", "radar.toml"]
    with pytest.raises(InputError, match=r"radar\.toml: radar: no such board or file"):
        recipe_of(*flags)
    (tmp_path / "radar.toml").write_text('board = "AWR1843BOOST"\n')
    assert recipe_of(*flags).radar.board == "AWR1843BOOST"


def test_every_path_of_a_recipe_is_an_option():
    assert set(PATHS) <= set(vars(options()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[paths]\nmotion = 'x'", r"paths.motion: is not a known path entry; use amass"),
        ("[paths]\namass = 3", r"paths.amass: is 3; give a path as a quoted string"),
        ("[paths]\namass = ['a', 'b']", r"paths.amass: is \['a', 'b'\]; give a path"),
        ("paths = 3", r"paths: is 3, not a table"),
        ("clips = 3", r"clips: is 3, not a table"),
        ("[built_in]\ntakes = 0", r"built_in.takes"),
        ("[built_in]\ntakes = 2.5", r"built_in.takes"),
        ("[simulation]\nextra_noise_db = [-30.0, 0.0]", r"simulation.extra_noise_db"),
        ("a = [" * 3000, r"TOML"),
    ],
)
def test_an_error_in_a_recipe_names_its_file(tmp_path, text, message):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match=rf"{re.escape(str(tmp_path))}/r.toml: .*{message}"):
        recipe_of("--recipe", str(tmp_path / "r.toml"))


def test_a_recipe_may_start_with_a_byte_order_mark(tmp_path):
    (tmp_path / "r.toml").write_text("seed = 5\n", "utf-8-sig")
    assert recipe_of("--recipe", str(tmp_path / "r.toml")).seed == 5


def test_a_file_that_is_not_a_recipe_is_refused(tmp_path):
    (tmp_path / "walk.npz").write_bytes(bytes(range(256)))
    for name, message in [
        ("walk.npz", "is not a text file"),
        ("", "not a store"),
        ("none", "cannot be read"),
    ]:
        with pytest.raises(InputError, match=message):
            recipe_of("--recipe", str(tmp_path / name))
    with pytest.raises(InputError, match="give one of them"):
        recipe_of("--recipe", "a.toml", "--preset", "paper")


def test_a_recipe_for_body_models_is_not_built_with_the_free_body():
    with pytest.raises(InputError, match=r"body: is 'models 12', but 'free' is given"):
        build_dataset(options("--dry-run"), {"body": "models 12"}, "r.toml")


def test_several_radars_give_one_store_each(monkeypatch, tmp_path):
    """Each radar has a store of its own, because the axes differ between radars."""
    made, named = [], []
    monkeypatch.setattr(
        "builders.building.simulated_dataset._build_store",
        lambda options, recipe, out, board_guess, several: (
            named.append(several) or made.append((recipe.radar.name, out)) or 0
        ),
    )
    given = options("--radar", "AWR1843BOOST", "IWR6843ISK", "--out", f"{tmp_path}/s.zarr")
    assert build_dataset(given, recipe_table(vars(given)), "options") == 0
    assert made == [(name, f"{tmp_path}/s-{name}.zarr") for name in ("AWR1843BOOST", "IWR6843ISK")]
    assert named == [True, True]  # the plan of each store names the radar
    with pytest.raises(InputError, match="twice"):
        build_dataset(given, {"radar": ["IWR6843ISK", "IWR6843ISK"]}, "options")


def test_clips_of_many_motions_are_selected_in_parallel_and_in_order(monkeypatch):
    monkeypatch.setattr("pipelines.clip_selection.FEW_TAKES", 2)
    recipe = recipe_of("--clip-seconds", "3", "--min-frames", "20")
    takes = built_in_takes(3, 2, 0, 3.0)
    alone = [select_clips(recipe, take) for take in takes]
    assert list(select_all_clips(recipe, takes, workers=2)) == alone


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--people-distance-m 2:5", r"people.distance_m: is \(2.0, 5.0\), and .*; give --people 2"),
        ("--people 1 --people-lateral-m 1", "people.lateral_m: .* or omit --people-lateral-m"),
        ("--people-min-distance-m 1", "people.min_distance_m: .* no further people"),
        ("--room none --room-scale 0.8:1.2", "room.length_scale: .* or omit --room-scale"),
        ("--preset office --room none --keep-furniture 0.5", "room.keep_furniture: is 0.5, and"),
    ],
)
def test_a_flag_of_further_people_or_of_a_room_that_are_switched_off_is_refused(flags, message):
    """Such a flag would have no effect."""
    given = options("--dry-run", *flags.split())
    table, where = load_recipe_table(given)
    with pytest.raises(InputError, match=message):
        build_dataset(given, merge_tables(table, recipe_table(vars(given))), where)


def test_a_recipe_in_a_store_may_contain_settings_without_effect():
    """Stores of earlier versions contain such recipes."""
    alone = replace(recipe_of(), people=People(number=1, distance_m=(2.0, 5.0)))
    stored = dump_recipe(alone)
    assert parse_recipe(stored, "store").people.distance_m == (2.0, 5.0)


def test_flags_switch_off_the_room_and_the_further_people_of_a_preset_or_recipe(tmp_path):
    """The settings of the preset or recipe that have no effect then are not refused."""
    (tmp_path / "two.toml").write_text("[people]\nnumber = 2\ndistance_m = [2, 3]\n")
    alone = recipe_of("--recipe", str(tmp_path / "two.toml"), "--people", "1")
    office = recipe_of("--preset", "office", "--people", "1", "--room", "none")
    default = recipe_of()
    assert alone == default
    assert (office.people, office.room) == (default.people, default.room)


def test_a_heading_of_four_decimals_is_the_default_of_further_people(tmp_path):
    """Presets state pi as 3.1416, also in recipes in which a user changed the number to 1."""
    (tmp_path / "one.toml").write_text("[people]\nnumber = 1\nheading_rad = [-3.1416, 3.1416]\n")
    assert recipe_of("--recipe", str(tmp_path / "one.toml")).people.number == 1
