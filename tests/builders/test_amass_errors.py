"""Invalid input of builders.amass gives one line per motion or request, and no partial output."""

import io

import numpy as np
import pytest

from builders.amass import main
from tests.helpers.amass_dataset import (
    amass_arrays,
    build_arguments,
    printed_lines,
    write_amass_dataset,
)
from tests.helpers.pipeline_fakes import store_bytes


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A folder with a small AMASS dataset, body models and a radar."""
    return write_amass_dataset(tmp_path_factory.mktemp("amass"))


@pytest.fixture
def arguments_of_build(dataset):
    return build_arguments(dataset)


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


@pytest.mark.usefixtures("without_trial_clip")
@pytest.mark.parametrize("kind", BAD_MOTIONS)
def test_an_invalid_motion_excludes_only_its_own_clips_and_prints_one_line(
    tmp_path, arguments_of_build, capsys, kind
):
    data, message = BAD_MOTIONS[kind]
    (tmp_path / "bad.npz").write_bytes(data)
    (tmp_path / "good.npz").write_bytes(_npz())
    assert main(["--dry-run", "--motions", str(tmp_path), *arguments_of_build]) == 0
    out, err = printed_lines(capsys)
    assert "plan: 1 clip, " in out[0]
    assert out[-1].startswith("motions that could not be used: 1 (each has a line above")
    assert len(err) == 1
    assert err[0].startswith(f"{tmp_path / 'bad.npz'}: ")
    assert message in err[0]
    assert "; " in err[0], "the hint is missing"


def test_without_any_clip_the_status_is_2_and_no_store_is_written(
    tmp_path, arguments_of_build, capsys
):
    (tmp_path / "bad.npz").write_bytes(b"")
    out = tmp_path / "s.zarr"
    arguments = ["--out", str(out), "--motions", str(tmp_path / "bad.npz")]
    assert main([*arguments, *arguments_of_build]) == 2
    assert not out.exists()
    assert len(printed_lines(capsys)[1]) == 2


@pytest.mark.usefixtures("without_trial_clip")
def test_short_motions_and_motions_that_leave_the_area_are_counted(
    tmp_path, arguments_of_build, capsys
):
    (tmp_path / "short.npz").write_bytes(_npz(**amass_arrays(seconds=2.0)))
    (tmp_path / "away.npz").write_bytes(_npz(**amass_arrays(step_m=3.0)))
    (tmp_path / "edge.npz").write_bytes(_npz(**amass_arrays(step_m=0.66)))
    assert main(["--dry-run", "--motions", str(tmp_path), *arguments_of_build]) == 0
    out, err = printed_lines(capsys)
    assert "plan: 1 clip, 0.00 h (3 s)" in out[0]
    area = "(--area, --distance-m, --lateral-m and --heading-deg change this)"
    assert f"clips cut where the subject left the area: 1 {area}" in out
    needed = "a clip needs 30 frames, 3 s, in the area 1 to 6 m ahead and 3 m to either side; "
    assert f"parts of motions outside the area: 1 ({needed}{area[1:]}" in out
    short = "(--min-frames sets the limit, now 30 frames)"
    assert f"ends of motions too short for a clip: 1 {short}" in out
    assert "1 shard of up to 4 clips" in out[0]
    assert err == []


@pytest.mark.parametrize(
    ("options", "message"),
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
def test_an_invalid_setting_gives_one_line_and_status_2(tmp_path, capsys, options, message):
    assert main(["--out", str(tmp_path / "s.zarr"), *options]) == 2
    (line,) = printed_lines(capsys)[1]
    assert message in line


def test_the_radar_that_is_given_twice_is_named(tmp_path, capsys):
    """Radar files are compared by the name in the file."""
    for name in "ab":
        (tmp_path / f"{name}.toml").write_text('board = "AWR1843BOOST"\nname = "small"\n')
    files = [str(tmp_path / f"{name}.toml") for name in "ab"]
    assert main(["--dry-run", "--radar", "IWR1443BOOST", *files]) == 2
    (line,) = printed_lines(capsys)[1]
    assert "--radar: names small twice" in line
    assert "key `name`" in line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("[chirp]\nslope_mhz_per_us = -60", "slope_mhz_per_us"),
        ("[chirp]\nnum_samples = 9999", "num_samples"),
        ("[frame]\nperiod_ms = 1", "period_ms"),
        ("[chirp", "TOML"),
    ],
)
def test_an_invalid_radar_file_gives_one_line(tmp_path, capsys, change, message):
    radar = tmp_path / "radar.toml"
    radar.write_text(f'board = "AWR1843BOOST"\n{change}\n')
    assert main(["--dry-run", "--radar", str(radar)]) == 2
    (line,) = printed_lines(capsys)[1]
    assert line.startswith(str(radar))
    assert message in line


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_output_path_with_other_content_is_not_modified(tmp_path, capsys, kind):
    out = tmp_path / "mine"
    if kind == "folder":
        out.mkdir()
        (out / "thesis.tex").write_text("mine")
    else:
        out.write_text("mine")
    before = store_bytes(tmp_path)
    assert main(["--out", str(out)]) == 2
    (line,) = printed_lines(capsys)[1]
    assert line.startswith(f"{out}: --out: ")
    assert store_bytes(tmp_path) == before


def test_an_invalid_body_model_gives_one_line_per_motion(tmp_path, dataset, capsys):
    models = tmp_path / "models"
    models.mkdir()
    np.savez(models / "SMPLH_FEMALE.npz", hands_mean=np.zeros(45))
    arguments = ["--dry-run", "--body-models", str(models)]
    motion = dataset / "AMASS" / "CMU" / "01" / "01_01_poses.npz"
    assert main([*arguments, "--motions", str(motion)]) == 2
    assert any("SMPLH_FEMALE.npz" in line for line in printed_lines(capsys)[1])


@pytest.mark.parametrize("command", ["build", "dry run"])
@pytest.mark.parametrize("window", ["paper", "burst"])
@pytest.mark.parametrize(("num_chirps", "least_s"), [(2, 6.4), (3, 4.3), (50, 0.3)])
def test_a_clip_shorter_than_a_heatmap_column_gives_one_line(
    tmp_path, capsys, command, window, num_chirps, least_s
):
    """A column needs 256 loops, which are many frames of a vital-sign profile (2 loops each)."""
    radar = tmp_path / "few.toml"
    frame = f"num_chirps = {num_chirps}\nperiod_ms = 50"
    radar.write_text(f'board = "AWR1843BOOST"\n[frame]\n{frame}\n')
    out = ["--out", str(tmp_path / "s.zarr")] if command == "build" else ["--dry-run"]
    options = ["--radar", str(radar), "--window", window, "--min-frames", "1", "--limit", "1"]
    assert main([*out, *options, "--clip-seconds", f"{least_s - 0.05:g}"]) == 2
    (line,) = printed_lines(capsys)[1]
    assert line.startswith("options: clips.length_s: is ")
    assert line.endswith(f"give clips of at least {least_s:g} s (--clip-seconds {least_s:g})")
    assert list(tmp_path.iterdir()) == [radar]
