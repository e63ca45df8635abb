"""Tests of the command builders.amass: stores of small bodies, resuming, rebuilding, dry runs."""

import pickle
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from builders import check
from builders.activities import ACTIVITIES
from builders.amass import main
from builders.sources.takes import amass_takes, built_in_takes, file_takes, unique_takes
from pipelines.store_writer import verify
from radarsim.files import find_motions
from tests.helpers.amass_dataset import (
    RADAR,
    build_arguments,
    printed_lines,
    write_amass_dataset,
)
from tests.helpers.pipeline_fakes import store_bytes
from tests.helpers.ti_configurations import CFG
from tests.helpers.tracker_files import wham

# All optional arrays, so that every test of a build covers them.
KEPT = ["--motion", "--keep", "points", "range_doppler", "range_azimuth", "joints"]
pytestmark = pytest.mark.usefixtures("fast_compilation")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A folder with a small AMASS dataset, body models and a radar."""
    return write_amass_dataset(tmp_path_factory.mktemp("amass"))


@pytest.fixture
def arguments_of_build(dataset):
    return build_arguments(dataset)


@pytest.fixture(scope="module")
def built(dataset, one_worker):
    """A store that a worker process built from the AMASS folder, with all optional arrays."""
    out = dataset / "synth.zarr"
    arguments = ["--out", str(out), "--amass", str(dataset / "AMASS"), *KEPT]
    assert main([*arguments, *build_arguments(dataset)]) == 0
    return out


def test_an_amass_folder_becomes_a_store(built):
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


def test_the_strongest_range_bins_are_at_the_placed_distance(built):
    """The strongest range bin of a sphere-like 1 m body at 3 m is between 1.8 and 3.2 m."""
    store = zarr.open_group(built, mode="r")
    power = store["time_range"][0].astype(float).mean(0)
    peak_m = store["range"][:][power.argmax()]
    assert 1.8 < peak_m < 3.2


def test_the_stored_heatmap_is_that_of_the_stored_cube(built):
    """Heatmaps that are recomputed from the stored ADC codes equal the stored heatmaps."""
    from pipelines.recipe_toml import parse_recipe
    from pipelines.store_spec import heatmap_settings
    from radarsim.heatmaps.heatmaps import make_heatmaps
    from radarsim.signal.noise_and_adc import from_codes

    store = zarr.open_group(built, mode="r")
    recipe = parse_recipe(store.attrs["recipe"], "store")
    cube_v = from_codes(recipe.radar, store["if_cube"][2])
    again = make_heatmaps(recipe.radar, cube_v, heatmap_settings(recipe))
    kept = store["time_doppler"][2]
    # The spacing of float16 is 1/32 below 64 and 1/16 above.
    np.testing.assert_allclose(kept, np.maximum(again.time_doppler, -10), atol=1 / 16)


def test_stored_poses_are_placed_in_front_of_the_radar(built):
    store = zarr.open_group(built, mode="r")
    assert store["poses"].shape == (5, 193, 24, 3)
    assert store["transl"][0, 0, 0] == pytest.approx(3.0, abs=0.5)
    assert (store["pose_rate_hz"][:] == 60).all()


def test_stored_joints_are_those_of_the_stored_poses(built):
    """The stored pelvis is 3 m in front of the radar, and the left foot is below the pelvis."""
    store = zarr.open_group(built, mode="r")
    assert store["joints_m"].shape == (5, 32, 24, 3)
    pelvis_m = store["joints_m"][0, :, 0]
    feet_m = store["joints_m"][0, :, store["joints_m"].attrs["joint_names"].index("left_foot")]
    assert np.isfinite(store["joint_speed_mps"][:]).all()
    np.testing.assert_allclose(pelvis_m[:, 0], 3.0, atol=0.5)
    assert (feet_m[:, 2] < pelvis_m[:, 2]).all()
    assert store["joint_visible"][0].any()


def test_stored_points_lie_at_the_body(built):
    """The strong points of a sphere-like 1 m body at 3 m lie between 1.8 and 3.6 m."""
    store = zarr.open_group(built, mode="r")
    counts, points = store["num_points"][0], store["points"][0]
    assert counts.max() > 0
    names = store["points"].attrs["value_names"]
    strong = points[..., names.index("snr_db")] > 20
    ranges_m = points[..., names.index("range_m")][strong]
    assert len(ranges_m) > 10
    assert ranges_m.min() > 1.8
    assert ranges_m.max() < 3.6
    strongest = np.unravel_index(store["range_doppler"][0, 8].argmax(), (64, 24))
    assert 1.8 < store["range"][strongest[0]] < 3.6


def test_repeating_the_command_leaves_a_complete_store_unchanged(
    dataset, built, arguments_of_build, capsys
):
    before = store_bytes(built)
    again = ["--out", str(built), "--amass", str(dataset / "AMASS"), *KEPT]
    assert main([*again, *arguments_of_build]) == 0
    assert "already complete, 5 clips" in printed_lines(capsys)[0][-1]
    assert store_bytes(built) == before


@pytest.mark.slow
def test_another_location_and_more_workers_give_the_same_bytes(
    dataset, built, tmp_path, arguments_of_build
):
    """A copy of the AMASS folder gives the same store: take ids do not contain the location."""
    import shutil

    shutil.copytree(dataset / "AMASS", tmp_path / "copy" / "AMASS")
    out = tmp_path / "deep" / "other.zarr"
    arguments = ["--out", str(out), "--amass", str(tmp_path / "copy" / "AMASS"), *KEPT]
    assert main([*arguments, *arguments_of_build, "--workers", "2"]) == 0
    assert store_bytes(out) == store_bytes(built)


def test_a_finished_store_refuses_another_recipe(dataset, built, arguments_of_build, capsys):
    arguments = ["--out", str(built), "--amass", str(dataset / "AMASS"), *KEPT]
    assert main([*arguments, *arguments_of_build, "--sigma", "0.3"]) == 2
    (line,) = printed_lines(capsys)[1]
    assert "sigma_rad = [0.5, 0.5]; now sigma_rad = [0.3, 0.3]" in line


def test_a_clip_is_reproduced_from_its_store_and_its_motion_files(dataset, built, capsys):
    """When a clip is simulated again, every value of every array is reproduced exactly."""
    paths = ["--amass", str(dataset / "AMASS"), "--body-models", str(dataset / "models"), "--quiet"]
    assert check.main([str(built), "--rebuild", "3", *paths]) == 0
    assert "reproduced, all values are identical" in "\n".join(printed_lines(capsys)[0])
    assert check.main([str(built), "--rebuild", "3", "--quiet"]) == 2
    assert "give the --body-models used then" in printed_lines(capsys)[1][0]


@pytest.mark.usefixtures("one_worker")
def test_a_dry_run_prints_clips_hours_bytes_and_splits_and_writes_nothing(
    dataset, arguments_of_build, capsys
):
    before = sorted(dataset.iterdir())
    kept = ["--keep", "range_doppler", "range_azimuth"]
    assert main(["--dry-run", "--amass", str(dataset / "AMASS"), *kept, *arguments_of_build]) == 0
    text = "\n".join(printed_lines(capsys)[0])
    assert "5 clips, 0.00 h (16 s), 4 subjects (train 2, val 1, test 2)" in text
    assert "MB before compression" in text
    assert "IF cubes: stored (--if-cubes auto" in text
    # Per clip: 32 frames x 64 bins x (24 speeds + 128 angles) x 2 bytes.
    maps_mb = 5 * 32 * 64 * (24 + 128) * 2 / 1e6
    assert f"range_doppler, range_azimuth stored (--keep; size {maps_mb:.1f} MB" in text
    assert re.search(r"measured on one clip: [\d.]+ s \([\d.]+ frames/s per worker\)", text)
    assert re.search(r"estimate for 5 clips: .* with \d workers?, [\d.]+ [kM]B on disk", text)
    assert sorted(dataset.iterdir()) == before


@pytest.mark.usefixtures("without_trial_clip")
def test_without_a_motion_source_the_built_in_activities_are_used(capsys):
    assert main(["--dry-run", "--limit", "13"]) == 0
    out = printed_lines(capsys)[0]
    assert out[0] == "no motion source given; using the built-in activities"
    assert "13 clips" in out[1]


@pytest.mark.usefixtures("without_trial_clip")
def test_the_plan_states_that_the_board_of_a_radar_file_is_a_guess(tmp_path, capsys):
    path = tmp_path / "hall.cfg"
    path.write_text(CFG)
    assert main(["--dry-run", "--limit", "3", "--radar", str(path)]) == 0
    (line,) = [line for line in printed_lines(capsys)[0] if line.startswith("radar: ")]
    assert line.startswith(f"radar: {path}: board: AWR1843BOOST is assumed")
    path.write_text(CFG.replace("xWR18xx", "AWR1843BOOST"))
    assert main(["--dry-run", "--limit", "3", "--radar", str(path)]) == 0
    assert not any(line.startswith("radar: ") for line in printed_lines(capsys)[0])


def test_the_default_is_24_clips_of_at_least_12_activities_by_several_subjects():
    takes = built_in_takes(24, 4, 0, 5.0)
    assert len({take.id for take in takes}) == 24
    assert len({take.activity for take in takes}) >= 12
    assert len({take.subject for take in takes}) == 4
    assert {len(take.texts[0].sentences) for take in takes} == {5}


def test_every_subject_performs_every_activity_after_as_many_cycles_as_subjects():
    takes = built_in_takes(3 * len(ACTIVITIES), 3, 0, 5.0)
    assert len({(take.activity, take.subject) for take in takes}) == 3 * len(ACTIVITIES)


def test_a_missing_out_is_an_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "--out synth.zarr" in capsys.readouterr().err


def test_take_names_do_not_depend_on_the_given_amass_folder(dataset):
    whole = amass_takes(str(dataset / "AMASS"))
    part = amass_takes(str(dataset / "AMASS" / "CMU"))
    assert [take.id for take in part] == [take.id for take in whole][:2]
    assert part[0].subject == "CMU/01"
    assert part[0].source == "AMASS/CMU"


def test_a_repeated_name_excludes_the_second_motion(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "walk.npz").write_bytes(b"")
    takes, notes = file_takes([str(tmp_path / "a"), str(tmp_path / "b")])
    named, duplicates = unique_takes(takes)
    assert notes == []
    assert list(named) == ["walk.npz"]
    assert str(tmp_path / "b" / "walk.npz") in duplicates[0].line


def test_help_names_every_option_in_its_group(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    words = ("sources:", "--amass DIR", "--if-cubes", "--dry-run", "examples:")
    assert not [word for word in words if word not in text]


@pytest.mark.usefixtures("without_trial_clip")
def test_each_person_of_a_tracker_file_is_a_take_and_what_was_inferred_is_printed(
    tmp_path, capsys, monkeypatch
):
    # The log handler would write to the standard error stream of the first call.
    monkeypatch.setattr("radarsim.scene.retarget._warn_once", lambda *_: None)
    (tmp_path / "radar.toml").write_text(RADAR)
    (tmp_path / "wham_output.pkl").write_bytes(pickle.dumps(wham(0, 1)))
    paths = ["--motions", str(tmp_path / "wham_output.pkl")]
    paths += ["--radar", str(tmp_path / "radar.toml"), "--workers", "1", "--quiet"]
    options = ["--clip-seconds", "2", "--min-frames", "10", "--dry-run"]
    assert main([*paths, *options]) == 2
    assert "--source-rate-hz" in capsys.readouterr().err
    assert main([*paths, *options, "--source-rate-hz", "30"]) == 0
    out, err = printed_lines(capsys)
    assert err == []
    assert "2 subjects" in next(line for line in out if line.startswith("plan: "))
    for person in (0, 1):
        start = f"note: wham_output.pkl/{person}: "
        notes = [line for line in out if line.startswith(start)]
        assert any("up axis inferred as y" in note for note in notes)
        assert any("betas: mean over 90 poses" in note for note in notes)
    forced = [*paths, *options, "--source-rate-hz", "30", "--source-up", "y"]
    assert main(forced) == 0
    assert "up axis" not in capsys.readouterr().out


def test_a_folder_of_tracker_files_is_read_where_it_holds_no_other_motion(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(wham(0)))
    (tmp_path / "notes.txt").write_text("mine")
    found = find_motions(tmp_path)
    assert [path.name for path in found] == ["a.pkl"]
    assert found.skipped == {"other file": 1}
    (tmp_path / "b.npz").write_bytes(b"")
    found = find_motions(tmp_path)
    assert [path.name for path in found] == ["b.npz"]
    assert found.skipped == {"other file": 2}
