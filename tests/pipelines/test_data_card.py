"""The data card agrees with the tables of its store, and identical stores have identical cards."""

import shutil

import pyarrow.parquet as pq
import pytest

from pipelines.data_card import duration, make_data_card, table
from pipelines.data_card_optional import optional_settings
from pipelines.recipe import Area, Maps, Simulation
from pipelines.recipe_toml import dump_recipe
from pipelines.run import build
from pipelines.schema import RECORDED_BODY
from pipelines.sources import Text
from pipelines.storage import open_folder
from pipelines.store_statistics import compute_statistics
from pipelines.store_tables import parquet_bytes
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    small_recipe,
)

TAKES = fake_takes(14)
PLAN = fake_plan(TAKES)


def described(name, take):
    """The fake take, with a label for the first 0.2 s that has a different source and licence."""
    label = Text(caption=f"do|{name[-1]}", source="BABEL", licence="X", kind="label", end_s=0.2)
    texts = () if name == "take-013" else (label, *take.texts)
    object.__setattr__(take, "texts", texts)
    return take


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 14 clips of 0.3 s, of which one failed and one has no text."""
    path = tmp_path_factory.mktemp("card") / "s.zarr"
    takes = {name: described(name, take) for name, take in TAKES.items()}
    store_spec = fake_store_spec(PLAN)
    store_spec.identity["recipe"] = dump_recipe(PLAN.recipe)
    store_spec.attributes["frame_period_s"] = 0.1

    def make_clip(recipe, clip, take):
        return fake_clip(recipe, clip, take, bad=(PLAN.clips[2].id,))

    build(PLAN, takes, str(path), store_spec, make_clip, workers=0, quiet=True)
    return path


def card(path):
    return make_data_card(open_folder(path)).decode()


def test_statistics_are_sums_over_the_tables(store):
    statistics = compute_statistics(open_folder(store))
    clips = [clip for clip in PLAN.clips if clip.row != 2]
    assert (statistics.made.clips, statistics.failed, statistics.without_text) == (13, 1, 1)
    assert statistics.made.seconds == pytest.approx(13 * 0.3)
    assert {name: total.clips for name, total in statistics.splits.items()} == {
        split: sum(clip.split == split for clip in clips)
        for split in {clip.split for clip in clips}
    }
    assert statistics.motions[("fake", "CC0-1.0")].clips == 13
    assert statistics.frames == {3: 13}
    assert statistics.segments == {"BABEL": 12, "fake": 12}
    assert len(statistics.subjects) == 5
    assert statistics.leaking_subjects == []
    label = statistics.totals_by_label["do|1"]
    assert (label.clips, label.seconds) == (2, pytest.approx(2 * 0.2))
    assert statistics.ranges["distance_m"] == (3.0, 3.0)


def test_the_card_lists_contents_and_licences(store):
    text = card(store)
    assert text.startswith("# Simulated radar dataset\n")
    assert "13 clips, 3.9 s" in text
    assert "1 clips could not be made" in text
    assert "| fake | CC0-1.0 | 13 | 3.9 s |" in text
    assert "| BABEL | X | 10 | 12 |" in text
    assert "| do\\|1 | 2 | 0.4 s |" in text
    assert "No person is in two splits." in text
    assert "AWR1843BOOST, 77." in text
    assert "Clips without text: 1." in text
    assert "| `time_doppler` | clip 14, time 7, speed 6 | float16 | 1.18 kB | dB |" in text
    assert "no radar recorded them" in text
    assert str(store.parent) not in text


def test_equal_stores_have_equal_cards_at_any_path(store, tmp_path):
    shutil.copytree(store, tmp_path / "deep" / "other.zarr")
    assert card(tmp_path / "deep" / "other.zarr") == card(store)


def test_attached_sentences_do_not_change_the_card(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    (copy / "tables/attributes/attached.parquet").write_bytes(parquet_bytes("attributes", []))
    assert card(copy) == card(store)


def test_a_store_of_captures_is_not_called_simulated(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    for part in (copy / "tables/clips").iterdir():
        rows = [{**row, "body": RECORDED_BODY} for row in pq.read_table(part).to_pylist()]
        part.write_bytes(parquet_bytes("clips", rows))
    text = card(copy)
    assert text.startswith("# Recorded radar dataset\n")
    assert "imulated" not in text.replace("Simulated radar", "")


def test_people_in_two_splits_are_reported(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    part = copy / "tables/clips/part-000000.parquet"
    rows = pq.read_table(part).to_pylist()
    rows[0]["split"] = next(name for name in ("train", "test") if name != rows[0]["split"])
    part.write_bytes(parquet_bytes("clips", rows))
    assert "**1 people are in more than one split.**" in card(copy)


def test_settings_other_than_the_defaults_have_rows():
    recipe = small_recipe(
        area=Area(near_m=0.5, far_m=8.0, half_width_m=2.0),
        simulation=Simulation(extra_noise_db=(-2.0, 2.0), max_edge_m=0.02, visibility_blocks=2),
        maps=Maps(angle_window="uniform"),
    )
    assert optional_settings(small_recipe()) == {}
    assert optional_settings(recipe) == {
        "area [m]": "0.5 to 8 ahead, 2 to either side",
        "noise added to the noise figure [dB]": "-2 to 2",
        "visibility tests per burst": "2",
        "maximum length of mesh edges [m]": "0.02",
        "taper of the antenna array": "uniform",
    }


def test_a_damaged_table_is_named(store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    (copy / "tables/segments/part-000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"tables/segments/part-000001.parquet: cannot be read"):
        card(copy)
    data = parquet_bytes("captions", [])
    (copy / "tables/segments/part-000001.parquet").write_bytes(data)
    with pytest.raises(InputError, match=r"part-000001.parquet: lacks the column caption"):
        card(copy)


def test_durations_are_printed_in_a_fitting_unit():
    assert [duration(s) for s in (4.2, 150, 7200)] == ["4.2 s", "2.5 min", "2 h"]
    assert table(["a", "b"], [[1, "x|y"], ["", 2]]) == (
        "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n| - | 2 |\n"
    )
