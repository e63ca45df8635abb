"""The command as a user meets it: real builds of small bodies, and one line for each bad input."""

import io
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from builders import check
from builders.activities import ACTIVITIES
from builders.amass import main
from builders.sources.takes import amass_takes, built_in_takes, file_takes, without_doubles
from pipelines.cost_estimate import CostEstimate
from pipelines.store_writer import verify
from tests.helpers.pipeline_fakes import store_bytes
from tests.helpers.synthetic_bodies import synthetic_model

# Small enough that a clip takes less than a second: 24 loops of 2 x 4 x 64 samples.
RADAR = """
board = "AWR1843BOOST"
name = "small"
[chirp]
num_samples = 64
[frame]
num_chirps = 24
tx_order = ["TX1", "TX3"]
"""
QUICK = ["--clip-seconds", "3.2", "--stride-seconds", "3.2", "--workers", "1", "--quiet"]


def amass_arrays(seconds=3.2, rate_hz=60.0, width=156, step_m=0.0):
    """A body swaying where it stands, in an AMASS file's arrays."""
    num = round(seconds * rate_hz) + 1
    time_s = np.arange(num) / rate_hz
    poses = np.zeros((num, width))
    poses[:, 0] = np.pi / 2
    poses[:, 3] = 0.3 * np.sin(2 * np.pi * time_s)
    trans = np.zeros((num, 3))
    trans[:, 2] = 0.9
    trans[:, 1] = -step_m * time_s
    return {
        "poses": poses,
        "trans": trans,
        "betas": np.zeros(16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(rate_hz),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """AMASS as published, body models and a radar, all small."""
    root = tmp_path_factory.mktemp("amass")
    for name, arrays in {
        "CMU/01/01_01_poses.npz": amass_arrays(),
        "CMU/02/02_01_poses.npz": amass_arrays(rate_hz=100.0),
        "KIT/3/walk_poses.npz": amass_arrays(seconds=6.4, rate_hz=120.0),
        "SFU/0005/turn_stageii.npz": amass_arrays(width=165),
    }.items():
        path = root / "AMASS" / name
        path.parent.mkdir(parents=True)
        np.savez(path, **arrays)
    (root / "models" / "smplh" / "female").mkdir(parents=True)
    np.savez(root / "models/smplh/female/model.npz", **synthetic_model("smplh", 16))
    (root / "radar.toml").write_text(RADAR)
    return root


@pytest.fixture
def quick(place):
    """Arguments of a build that takes seconds."""
    paths = ("--radar", str(place / "radar.toml"), "--body-models", str(place / "models"))
    return [*QUICK, *paths]


@pytest.fixture
def no_trial(monkeypatch):
    """Dry runs measure a clip, which takes seconds; what they say of the plan is tested here."""
    rate = CostEstimate(first_s=9.0, clip_s=2.0, clip_bytes=500_000, workers=2)
    monkeypatch.setattr("builders.building.simulated_dataset.estimate_cost", lambda *_: rate)


def lines(capsys):
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.out.splitlines(), captured.err.splitlines()


@pytest.fixture(scope="module")
def built(place):
    """A store of the AMASS tree, IF cubes and motion kept."""
    out = place / "synth.zarr"
    arguments = ["--out", str(out), "--amass", str(place / "AMASS"), "--motion", *QUICK]
    arguments += ["--radar", str(place / "radar.toml"), "--body-models", str(place / "models")]
    assert main(arguments) == 0
    return out


def test_an_amass_tree_becomes_a_store(built):
    store = zarr.open_group(built, mode="r")
    clips = pq.read_table(built / "tables" / "clips").to_pylist()
    assert [clip["take"] for clip in clips] == [
        "CMU/01/01_01_poses",
        "CMU/02/02_01_poses",
        "KIT/3/walk_poses",
        "KIT/3/walk_poses",
        "SFU/0005/turn_stageii",
    ]
    assert {clip["subject"] for clip in clips} == {"CMU/01", "CMU/02", "KIT/3", "SFU/0005"}
    assert clips[3]["start_s"] == 3.2
    assert all("AMASS" in clip["licence"] for clip in clips)
    assert store["num_frames"][:].tolist() == [32] * 5
    assert store["if_cube"].shape == (5, 32, 24, 2, 4, 64, 2)
    assert store["time_range"].shape == (5, 33, 64)
    assert verify(built) == []


def test_the_subject_shows_at_the_placed_distance(built):
    """A sphere-like body of 1 m at 3 m: the strongest bins lie between 1.8 and 3.2 m."""
    store = zarr.open_group(built, mode="r")
    power = store["time_range"][0].astype(float).mean(0)
    peak_m = store["range"][:][power.argmax()]
    assert 1.8 < peak_m < 3.2


def test_cube_and_heatmap_agree(built):
    """The cube that is kept is the cube that the heatmap was made of."""
    from pipelines.blueprint import heatmap_settings
    from pipelines.recipe_toml import parse_recipe
    from radarsim.heatmaps.heatmaps import make_heatmaps
    from radarsim.signal.receiver import from_codes

    store = zarr.open_group(built, mode="r")
    recipe = parse_recipe(store.attrs["recipe"], "store")
    cube_v = from_codes(recipe.radar, store["if_cube"][2])
    again = make_heatmaps(recipe.radar, cube_v, heatmap_settings(recipe))
    kept = store["time_doppler"][2]
    # float16 holds values under 64 to 1/32, over that to 1/16.
    np.testing.assert_allclose(kept, np.maximum(again.time_doppler, -10), atol=1 / 16)


def test_kept_poses_are_placed_before_the_radar(built):
    store = zarr.open_group(built, mode="r")
    assert store["poses"].shape == (5, 193, 24, 3)
    assert store["transl"][0, 0, 0] == pytest.approx(3.0, abs=0.5)
    assert (store["pose_rate_hz"][:] == 60).all()


def test_the_same_command_again_finds_it_finished(place, built, quick, capsys):
    before = store_bytes(built)
    again = ["--out", str(built), "--amass", str(place / "AMASS"), "--motion", *quick]
    assert main(again) == 0
    assert "finished already, 5 clips" in lines(capsys)[0][-1]
    assert store_bytes(built) == before


def test_another_place_and_more_workers_give_the_same_bytes(place, built, tmp_path, quick):
    """AMASS copied elsewhere and given from another folder up: names stay, bytes stay."""
    import shutil

    shutil.copytree(place / "AMASS", tmp_path / "copy" / "AMASS")
    out = tmp_path / "deep" / "other.zarr"
    arguments = ["--out", str(out), "--amass", str(tmp_path / "copy" / "AMASS"), "--motion"]
    assert main([*arguments, *quick, "--workers", "2"]) == 0
    assert store_bytes(out) == store_bytes(built)


def test_another_recipe_is_kept_out_of_a_finished_store(place, built, quick, capsys):
    arguments = ["--out", str(built), "--amass", str(place / "AMASS"), "--motion", *quick]
    assert main([*arguments, "--sigma", "0.3"]) == 2
    (line,) = lines(capsys)[1]
    assert "sigma_rad = [0.5, 0.5]; now sigma_rad = [0.3, 0.3]" in line


def test_any_clip_is_made_again_from_the_store_alone(place, built, capsys):
    """Given its sources; every value of every array is the same."""
    there = ["--amass", str(place / "AMASS"), "--body-models", str(place / "models"), "--quiet"]
    assert check.main([str(built), "--rebuild", "3", *there]) == 0
    assert "made again, every value is the same" in "\n".join(lines(capsys)[0])
    assert check.main([str(built), "--rebuild", "3", "--quiet"]) == 2
    assert "give its --body-models" in lines(capsys)[1][0]


def test_a_dry_run_tells_clips_hours_bytes_and_splits_and_writes_nothing(place, quick, capsys):
    before = sorted(place.iterdir())
    assert main(["--dry-run", "--amass", str(place / "AMASS"), *quick]) == 0
    text = "\n".join(lines(capsys)[0])
    assert "5 clips, 0.00 h (16 s), 4 subjects (train 2, val 1, test 2)" in text
    assert "MB before compression" in text
    assert "IF cubes: kept (--if-cubes auto" in text
    assert re.search(r"measured on one clip: [\d.]+ s \([\d.]+ frames/s per worker\)", text)
    assert re.search(r"so 5 clips take about .* by \d workers and [\d.]+ [kM]B", text)
    assert sorted(place.iterdir()) == before


@pytest.mark.usefixtures("no_trial")
def test_without_a_source_it_says_so_and_performs(capsys):
    assert main(["--dry-run", "--limit", "13"]) == 0
    out = lines(capsys)[0]
    assert out[0] == "no source given: performing the built-in activities"
    assert "13 clips" in out[1]


def test_the_default_is_24_clips_of_at_least_12_activities_by_several_subjects():
    takes = built_in_takes(24, 4, 0, 5.0)
    assert len({take.id for take in takes}) == 24
    assert len({take.activity for take in takes}) >= 12
    assert len({take.subject for take in takes}) == 4
    assert {len(take.texts[0].sentences) for take in takes} == {5}


def test_every_subject_performs_every_activity_in_its_turn():
    takes = built_in_takes(3 * len(ACTIVITIES), 3, 0, 5.0)
    assert len({(take.activity, take.subject) for take in takes}) == 3 * len(ACTIVITIES)


def _npz(**changes):
    arrays = {**amass_arrays(), **changes}
    file = io.BytesIO()
    np.savez(file, **{key: value for key, value in arrays.items() if value is not None})
    return file.getvalue()


BAD_MOTIONS = {
    "truncated": (_npz()[:-300], "truncated"),
    "text": (b"not a motion", "npz"),
    "empty": (b"", "npz"),
    "no poses": (_npz(poses=None), "poses: missing"),
    "no rate": (_npz(mocap_framerate=None), "mocap_framerate: missing"),
    "NaN": (_npz(trans=np.full((193, 3), np.nan)), "NaN or infinite at pose 0"),
    "infinite": (_npz(poses=np.full((193, 156), np.inf)), "NaN or infinite at pose 0"),
    "width": (_npz(poses=np.zeros((193, 99))), "99 values per pose"),
    "length": (_npz(trans=np.zeros((7, 3))), "(7, 3)"),
    "one pose": (_npz(poses=np.zeros((1, 156)), trans=np.zeros((1, 3))), "at least 2"),
    "rate": (_npz(mocap_framerate=np.array(0.0)), "0 Hz"),
    "objects": (_npz(poses=np.array([{}, None])), "poses"),
}


@pytest.mark.usefixtures("no_trial")
@pytest.mark.parametrize("kind", BAD_MOTIONS)
def test_a_bad_motion_costs_its_own_clips_and_one_line(tmp_path, quick, capsys, kind):
    data, words = BAD_MOTIONS[kind]
    (tmp_path / "bad.npz").write_bytes(data)
    (tmp_path / "good.npz").write_bytes(_npz())
    assert main(["--dry-run", "--motions", str(tmp_path), *quick]) == 0
    out, err = lines(capsys)
    assert "plan: 1 clips" in out[0]
    assert out[-1] == "motions that could not be used: 1"
    assert len(err) == 1
    assert err[0].startswith(f"{tmp_path / 'bad.npz'}: ")
    assert words in err[0]
    assert "; " in err[0], "what to do is missing"


def test_where_nothing_can_be_made_the_status_is_2_and_no_store_appears(tmp_path, quick, capsys):
    (tmp_path / "bad.npz").write_bytes(b"")
    out = tmp_path / "s.zarr"
    assert main(["--out", str(out), "--motions", str(tmp_path / "bad.npz"), *quick]) == 2
    assert not out.exists()
    assert len(lines(capsys)[1]) == 2


@pytest.mark.usefixtures("no_trial")
def test_short_and_wandering_motions_are_counted(tmp_path, quick, capsys):
    (tmp_path / "short.npz").write_bytes(_npz(**amass_arrays(seconds=2.0)))
    (tmp_path / "away.npz").write_bytes(_npz(**amass_arrays(step_m=3.0)))
    (tmp_path / "edge.npz").write_bytes(_npz(**amass_arrays(step_m=0.66)))
    assert main(["--dry-run", "--motions", str(tmp_path), *quick]) == 0
    out, err = lines(capsys)
    assert "plan: 1 clips, 0.00 h (3 s)" in out[0]
    assert "clips cut where the subject left the area: 1" in out
    assert "ends of motions too short for a clip: 1" in out
    assert "stretches of motion outside the area: 1" in out
    assert err == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sigma", "-1"], "simulation.sigma_rad: is -1 rad; must be at least"),
        (["--distance-m", "4:2"], "placements.distance_m"),
        (["--clip-seconds", "0"], "clips.length_s"),
        (["--area", "5", "2", "1"], "area.far_m"),
        (["--radar", "AWR9"], "AWR9: radar: no such board or file"),
        (["--seed", "-3"], "seed: is -3"),
        (["--amass", "nowhere"], "nowhere: path: does not exist"),
        (["--body-models", "nowhere"], "--body-models"),
    ],
)
def test_an_impossible_request_is_one_line_and_status_2(tmp_path, capsys, options, words):
    assert main(["--out", str(tmp_path / "s.zarr"), *options]) == 2
    (line,) = lines(capsys)[1]
    assert words in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("[chirp]\nslope_mhz_per_us = -60", "slope_mhz_per_us"),
        ("[chirp]\nnum_samples = 9999", "num_samples"),
        ("[frame]\nperiod_ms = 1", "period_ms"),
        ("[chirp", "TOML"),
    ],
)
def test_an_absurd_radar_is_one_line(tmp_path, capsys, change, words):
    radar = tmp_path / "radar.toml"
    radar.write_text(f'board = "AWR1843BOOST"\n{change}\n')
    assert main(["--dry-run", "--radar", str(radar)]) == 2
    (line,) = lines(capsys)[1]
    assert line.startswith(str(radar))
    assert words in line


@pytest.mark.parametrize("what", ["file", "folder"])
def test_an_output_path_that_holds_something_else_is_left_alone(tmp_path, capsys, what):
    out = tmp_path / "mine"
    if what == "folder":
        out.mkdir()
        (out / "thesis.tex").write_text("mine")
    else:
        out.write_text("mine")
    before = store_bytes(tmp_path)
    assert main(["--out", str(out)]) == 2
    (line,) = lines(capsys)[1]
    assert line.startswith(f"{out}: --out: ")
    assert store_bytes(tmp_path) == before


def test_a_body_model_of_another_kind_is_one_line_per_motion(tmp_path, place, capsys):
    models = tmp_path / "models"
    models.mkdir()
    np.savez(models / "SMPLH_FEMALE.npz", hands_mean=np.zeros(45))
    arguments = ["--dry-run", "--body-models", str(models)]
    motion = place / "AMASS" / "CMU" / "01" / "01_01_poses.npz"
    assert main([*arguments, "--motions", str(motion)]) == 2
    assert any("SMPLH_FEMALE.npz" in line for line in lines(capsys)[1])


def test_a_missing_out_is_told(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "--out synth.zarr" in capsys.readouterr().err


def test_names_do_not_depend_on_where_amass_lies(place):
    whole = amass_takes(str(place / "AMASS"))
    part = amass_takes(str(place / "AMASS" / "CMU"))
    assert [take.id for take in part] == [take.id for take in whole][:2]
    assert part[0].subject == "CMU/01"
    assert part[0].source == "AMASS/CMU"


def test_a_name_met_twice_costs_the_second_motion(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "walk.npz").write_bytes(b"")
    takes, notes = file_takes([str(tmp_path / "a"), str(tmp_path / "b")])
    named, doubles = without_doubles(takes)
    assert notes == []
    assert list(named) == ["walk.npz"]
    assert str(tmp_path / "b" / "walk.npz") in doubles[0].line


def test_help_names_every_option_in_its_group(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    words = ("sources:", "--amass DIR", "--if-cubes", "--dry-run", "examples:")
    assert not [word for word in words if word not in text]
