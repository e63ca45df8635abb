"""Tests of the points, frame maps and videos drawn by builders.draw."""

import shutil

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from builders.draw import main
from builders.drawing import figures
from builders.drawing.video import series_in_real_time
from builders.sources.motion_lookup import MotionPaths
from pipelines.store_reader import Store
from radarsim.plots.frames import FrameSeries
from tests.helpers.amass_dataset import printed_lines, write_models_and_radar
from tests.helpers.kept_frames import add_kept_frames, consolidate
from tests.helpers.swaying_stores import build_swaying_store, swaying

pytestmark = pytest.mark.usefixtures("fast_compilation")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two takes, body models, a radar, and two stores: one with IF cubes and one without."""
    root = tmp_path_factory.mktemp("frames")
    for subject in ("01", "02"):
        swaying(root / "AMASS" / "CMU" / subject / f"{subject}_01_poses.npz")
    write_models_and_radar(root)
    build_swaying_store(root, "kept.zarr", {"motion": True, "if_cubes": "on"})
    shutil.copytree(root / "kept.zarr", root / "bare.zarr")
    for name in ("if_cube", "poses"):
        shutil.rmtree(root / "bare.zarr" / name)
    consolidate(root / "bare.zarr")
    return root


def test_points_and_frame_maps_are_computed_from_stored_cubes(place):
    """A figure shows points only if they are requested and the store contains IF cubes."""
    models = MotionPaths(body_models=str(place / "models"))
    kept, bare = Store(place / "kept.zarr"), Store(place / "bare.zarr")
    pages = [
        figures.stored_clip_page(kept, 0, models)[0],
        figures.stored_clip_page(kept, 0, models, points=False)[0],
        figures.stored_clip_page(bare, 0, models)[0],
    ]
    shown = ["to the left of the radar [m]" in map(Axes.get_xlabel, page.axes) for page in pages]
    assert shown == [True, False, False]


@pytest.fixture
def kept_frames(place, tmp_path):
    """A copy of the store without IF cubes, to which points, frame maps and joints are added."""
    path = tmp_path / "frames.zarr"
    shutil.copytree(place / "bare.zarr", path)
    add_kept_frames(path, Store(path).recipe.radar, ("points", "range_doppler", "range_azimuth"))
    return path


def test_stored_points_and_maps_are_drawn_as_they_are(kept_frames):
    """The points of a body 30 degrees to the left are drawn on the left, at the stored speeds."""
    page, _ = figures.stored_clip_page(Store(kept_frames), 0, MotionPaths())
    by_label = {axes.get_xlabel(): axes for axes in page.axes}
    points = by_label["to the left of the radar [m]"].collections[-1].get_offsets()
    assert (points[:, 0] > 0.4).all()
    speeds = by_label["radial speed [m/s], receding positive"].collections[-1].get_offsets()[:, 0]
    np.testing.assert_allclose(sorted(speeds), [0.0, 1.0])


def test_stored_joints_are_drawn_with_points_computed_from_cubes(place, tmp_path):
    shutil.copytree(place / "kept.zarr", tmp_path / "joints.zarr")
    radar = Store(place / "kept.zarr").recipe.radar
    add_kept_frames(tmp_path / "joints.zarr", radar, ("joints_m",))
    series, problem = figures.frames_of_clip(Store(tmp_path / "joints.zarr"), 0)
    assert problem == ""
    assert series.has_maps
    assert series.joints_m.shape == (len(series.times_s), 24, 3)


def test_a_video_shows_every_frame_for_its_period(kept_frames, capsys, tmp_path):
    """The video has one picture per frame, shown for the frame period of 100 ms."""
    video = tmp_path / "clip.gif"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("radarsim.plots.animation.DPI", 20)
        assert main([str(kept_frames), "--video", str(video)]) == 0
    assert printed_lines(capsys)[0][-1] == str(video)
    num_frames = Store(kept_frames).clips[0].num_frames
    with Image.open(video) as picture:
        assert picture.n_frames == num_frames
        assert picture.info["duration"] == 100


@pytest.mark.parametrize(
    ("period_s", "suffix", "interval_s", "num_shown"),
    [
        (0.1, ".gif", 0.1, 11),
        (0.055, ".gif", 0.06, 10),
        (0.055, ".mp4", 0.055, 11),
        (0.01, ".mp4", 0.04, 3),
    ],
)
def test_a_video_plays_in_real_time_at_most_25_pictures_per_second(
    period_s, suffix, interval_s, num_shown
):
    """Each picture shows the frame nearest in time; GIF durations are multiples of 10 ms."""
    series = FrameSeries(times_s=0.02 + period_s * np.arange(11))
    shown, found_s = series_in_real_time(series, period_s, f"x{suffix}")
    assert found_s == pytest.approx(interval_s)
    assert len(shown.times_s) == num_shown
    due_s = 0.02 + found_s * np.arange(num_shown)
    assert np.abs(shown.times_s - due_s).max() <= period_s / 2 + 1e-9


def test_a_motion_file_becomes_a_video(place, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("radarsim.plots.animation.DPI", 20)
    path = swaying(tmp_path / "sway.npz")
    video, small = str(tmp_path / "sway.gif"), ["--radar", str(place / "radar.toml")]
    small += ["--body-models", str(place / "models")]
    assert main([str(path), "--seconds", "2", "--video", video, *small]) == 0
    assert printed_lines(capsys)[0] == [video]
    with Image.open(video) as picture:
        first = np.asarray(picture.convert("RGB"), int)
        picture.seek(picture.n_frames - 1)
        assert np.abs(np.asarray(picture.convert("RGB"), int) - first).max() > 50


def test_an_mp4_without_ffmpeg_is_refused_before_the_simulation(place, capsys, monkeypatch):
    monkeypatch.setattr("matplotlib.animation.writers.is_available", lambda name: False)
    assert main(["squat", "--video", "squat.mp4"]) == 2
    out, errors = printed_lines(capsys)
    assert (out, errors) == (
        [],
        ["squat.mp4: --video: ffmpeg is not installed; install it, or give .gif"],
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["squat", "--video", "a.gif", "--out", "a.png"], "a.png: --out: names a figure, not a"),
        (["squat", "--video", "a.webm"], "a.webm: --video: '.webm' is not a video format; give"),
        (["squat", "--video", "no/a.gif"], "no/a.gif: --video: folder no does not exist; give"),
        (["bare.zarr", "--video", "a.gif"], "bare.zarr: --video: the store contains neither"),
        (
            ["kept.zarr", "--clip", "all", "--video", "a.gif"],
            "kept.zarr: --video: shows one clip, not 2",
        ),
    ],
)
def test_an_impossible_video_is_refused_in_one_line(place, capsys, monkeypatch, arguments, line):
    monkeypatch.chdir(place)
    assert main(arguments) == 2
    out, errors = printed_lines(capsys)
    assert out == []
    assert len(errors) == 1
    assert errors[0].startswith(line)
