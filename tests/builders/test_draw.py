"""Tests of builders.draw: figures of stored clips and of motions, and error messages."""

import numpy as np
import pytest

from builders.draw import main
from builders.drawing import figures, single_clip
from builders.drawing.scene import scene_of, source_subject, stored_scene
from builders.sources.motion_lookup import MotionPaths, find_source_take
from builders.sources.takes import BuiltInTake, built_in_takes
from pipelines.clip_selection import select_clips
from pipelines.recipe_toml import recipe_from_table
from pipelines.store_reader import Store
from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import HeatmapSettings, heatmap_axes
from radarsim.plots.scene import radial_trajectory
from tests.helpers.amass_dataset import printed_lines, write_models_and_radar
from tests.helpers.swaying_stores import build_swaying_store, swaying
from tests.helpers.ti_configurations import CFG

pytestmark = pytest.mark.usefixtures("fast_compilation")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Create two takes, body models, a radar, and stores with and without poses and IF cubes."""
    root = tmp_path_factory.mktemp("draw")
    swaying(root / "AMASS" / "CMU" / "01" / "01_01_poses.npz")
    swaying(root / "AMASS" / "CMU" / "02" / "02_01_poses.npz", step_mps=0.4)
    write_models_and_radar(root)
    build_swaying_store(root, "kept.zarr", {"motion": True, "if_cubes": "on"})
    build_swaying_store(root, "bare.zarr", {"if_cubes": "off"})
    return root


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 20_000


def test_a_stored_clip_is_drawn_with_its_body(place, capsys):
    arguments = [str(place / "kept.zarr"), "--clip", "1", "--body-models", str(place / "models")]
    assert main(arguments) == 0
    assert printed_lines(capsys) == ([str(place / "kept.clip1.png")], [])
    assert is_png(place / "kept.clip1.png")


def test_stored_poses_and_the_source_motion_give_the_same_body(place):
    """Bodies from stored float32 poses and from the source motion differ only by rounding."""
    store, models = Store(place / "kept.zarr"), str(place / "models")
    kept = stored_scene(store, 1, MotionPaths(body_models=models), store.axes())
    sources = MotionPaths(amass=str(place / "AMASS"), body_models=models)
    bare = Store(place / "bare.zarr")
    again = stored_scene(bare, 1, sources, bare.axes())
    np.testing.assert_allclose(again.moments_s, kept.moments_s)
    np.testing.assert_allclose(again.vertices_m, kept.vertices_m, atol=1e-4)
    # The take is read to the end of the last burst; poses are stored to the end of the last frame.
    num_poses = len(again.pelvis_m)
    assert num_poses > 110
    np.testing.assert_allclose(again.pelvis_m, kept.pelvis_m[:num_poses], atol=1e-4)
    np.testing.assert_allclose(kept.pelvis_m[0, :2], [3.0, 0.0], atol=1e-4)


def test_the_drawn_pelvis_has_the_speed_of_the_motion(place):
    """The drawn pelvis has the radial speed of the body: 0.4 m/s towards the radar."""
    store = Store(place / "kept.zarr")
    scene = stored_scene(store, 1, MotionPaths(body_models=str(place / "models")), store.axes())
    speed_mps = radial_trajectory(scene)["speed_mps"]
    assert np.mean(speed_mps) == pytest.approx(-0.4, abs=0.05)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "give --body-models to draw it"),
        (["--body-models", "models"], "give the --amass used for its build"),
    ],
)
def test_without_its_source_motion_a_clip_is_drawn_without_its_body(
    place, capsys, monkeypatch, options, line
):
    monkeypatch.chdir(place)
    assert main(["bare.zarr", *options]) == 0
    (note, path), errors = printed_lines(capsys)
    assert note.startswith("body not drawn: ")
    assert note.endswith(line)
    assert path == "bare.clip0.png"
    assert is_png(place / path)
    assert errors == []


def test_a_changed_source_motion_is_not_drawn(place, tmp_path):
    changed = swaying(tmp_path / "AMASS" / "CMU" / "01" / "01_01_poses.npz", step_mps=0.1)
    sources = MotionPaths(amass=str(changed.parents[2]), body_models=str(place / "models"))
    _, note = figures.stored_clip_page(Store(place / "bare.zarr"), 0, sources)
    assert "has changed since the store was built" in note


def test_heatmaps_of_another_window_are_computed_from_stored_cubes(place):
    """The maps without a Doppler axis equal the stored maps within float16 rounding."""
    store = Store(place / "kept.zarr")
    settings = HeatmapSettings(window="paper", clutter="median")
    maps, axes = figures.stored_maps(store, 1, settings)
    stored = store.maps(1)
    assert maps.keys() == stored.keys()
    np.testing.assert_allclose(axes["time_s"], store.axes()["time_s"], atol=1e-12)
    for name in ("time_range", "time_angle"):
        np.testing.assert_allclose(np.maximum(maps[name], -10), stored[name], atol=1 / 16)
    assert np.abs(maps["time_doppler"] - stored["time_doppler"]).max() > 3


def test_several_clips_give_a_contact_sheet(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    assert main(["kept.zarr", "--clip", "all", "--columns", "2"]) == 0
    assert printed_lines(capsys) == (["kept.sheet.png"], [])
    assert is_png(place / "kept.sheet.png")


def test_clips_are_selected_by_row_id_or_range(place):
    store = Store(place / "kept.zarr")
    assert store.rows("1") == [1]
    assert store.rows(store.clips[1].id) == [1]
    assert store.rows("all") == store.rows("0:") == store.rows(":2") == [0, 1]


def test_the_title_is_the_first_caption_of_each_segment(place):
    """Further captions of a segment are paraphrases, so the title omits them."""
    store = Store(place / "kept.zarr")
    times = [(0.0, 1.0, "a"), (0.0, 1.0, "b"), (1.0, 2.0, "c")]
    segments = [dict(start_s=s, end_s=e, caption=c) for s, e, c in times]
    store.__dict__["_segments"] = {0: segments}
    store.__dict__["_captions"] = {"a": "walk", "b": "a person walks", "c": "sit down"}
    assert store.caption(0) == "walk, then sit down"
    assert store.caption(1) == ""


def test_a_motion_file_is_simulated_and_its_figure_saved_beside_it(place, capsys):
    path = swaying(place / "own" / "glide.npz", step_mps=0.3, seconds=2.4)
    small = ["--radar", str(place / "radar.toml"), "--body-models", str(place / "models")]
    assert main([str(path), "--start-seconds", "0.2", "--seconds", "2", *small]) == 0
    out, err = printed_lines(capsys)
    assert out == [str(path.with_name("glide.radar.png"))]
    assert err[0] == f"simulating 2.0 s of {path}; compiling comes first ..."
    assert is_png(path.with_name("glide.radar.png"))


def test_the_guess_of_the_board_is_printed_before_a_clip_is_simulated(
    place, tmp_path, capsys, monkeypatch
):
    """The guess is printed even if the simulation of the clip fails, as it does in this test."""

    def stop(*arguments, **options):
        raise InputError("test", "simulation", "stops here", "nothing")

    monkeypatch.setattr(single_clip, "make_clip", stop)
    setup = tmp_path / "hall.cfg"
    for text, guessed in ((CFG, True), (CFG.replace("xWR18xx", "AWR1843BOOST"), False)):
        setup.write_text(text)
        assert main(["squat", "--radar", str(setup), "--out", str(tmp_path / "x.png")]) == 2
        lines = [line for line in printed_lines(capsys)[0] if line.startswith("radar: ")]
        assert len(lines) == guessed
        assert all("board: AWR1843BOOST is assumed" in line for line in lines)


def test_a_clip_ends_where_the_subject_leaves_the_area(place, capsys):
    """A subject who walks from 3 m towards the radar at 1 m/s reaches the 1 m line after 2 s."""
    path = swaying(place / "own" / "out.npz", step_mps=1.0, seconds=3.4)
    made = single_clip.simulate_segment(
        str(path), 0.0, 3.0, {"radar": str(place / "radar.toml")}, str(place / "models")
    )
    assert made.clip.num_frames == pytest.approx(20, abs=1)
    assert made.arrays["time_doppler"].shape[0] == made.arrays["num_columns"]
    assert "the subject is then no longer inside the activity area" in made.note


def test_a_clip_ends_with_a_shorter_motion(place):
    path = swaying(place / "own" / "short.npz", seconds=2.0)
    made = single_clip.simulate_segment(
        str(path), 0.0, 5.0, {"radar": str(place / "radar.toml")}, str(place / "models")
    )
    assert made.clip.num_frames == 20
    assert made.note.endswith("the motion ends there")


def test_a_built_in_activity_is_reproduced_from_its_name():
    """The take of a clip is found by the name of the activity and has the clip's placement."""
    recipe = recipe_from_table({"clips": {"length_s": 3.0}, "seed": 5}, "test")
    take = built_in_takes(3, 2, 5, 3.0)[2]
    clip = select_clips(recipe, take).clips[0]
    again = find_source_take(recipe, clip, MotionPaths())
    assert isinstance(again, BuiltInTake)
    subject = source_subject(recipe, clip, again, None)
    axes = heatmap_axes(recipe.radar, clip.num_frames)
    scene = scene_of(subject, recipe, clip, axes)
    np.testing.assert_allclose(scene.pelvis_m[0, :2], [3.0, 0.0], atol=1e-4)
    assert abs(scene.vertices_m[..., 2].min()) < 0.1  # the body stands on the floor


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nothing"], "nothing: source: no such store, file or activity; give"),
        (["gone.bvh"], "gone.bvh: path: does not exist; check the path"),
        (["own"], "own: store: is not a store; give a folder written by radarsim dataset"),
        (["kept.zarr", "--clip", "9"], "kept.zarr: --clip: has no clip 9; choose from rows 0 to 1"),
        (
            ["kept.zarr", "--clip", "5:"],
            "kept.zarr: --clip: has no clip 5:; choose from rows 0",
        ),
        (["kept.zarr", "--clip", "1:2:3"], "kept.zarr: --clip: has no clip 1:2:3; choose from"),
        (["kept.zarr", "--seconds", "2"], "kept.zarr: --seconds: applies only to motion files"),
        (["squat", "--clip", "2"], "squat: --clip: applies only to stores; omit it"),
        (
            ["squat", "--out", "squat.bmp"],
            "squat.bmp: --out: '.bmp' is not a supported format; use",
        ),
        (["squat", "--out", "no/squat.png"], "no/squat.png: --out: folder no does not exist; give"),
        (["squat", "--seconds", "0.1"], "options: --seconds: 0.1 s are only 1 radar frames; give"),
        (["squat", "--seconds", "9999"], "options: clips.length_s: is"),
        (["squat", "--radar", "AWR9"], "AWR9: radar: no such board or file; "),
        (["squat", "--distance-m", "-1"], "options: placements.distance_m: "),
        (["squat", "--room-picture", "room.png"], "squat: --room-picture: needs a room, and"),
        (
            ["squat", "--room", "office", "--room-picture", "room.jpg"],
            "room.jpg: --room-picture: '.jpg' is not a supported format; use",
        ),
        (
            ["kept.zarr", "--clip", "all", "--room-picture", "room.png"],
            "kept.zarr: --room-picture: shows one clip, not",
        ),
        (["kept.zarr", "--room", "office"], "kept.zarr: --room: applies only to motion files"),
        (["bare.zarr", "--window", "paper"], "bare.zarr: --window: the heatmaps are stored with"),
        (["broken.bvh"], "broken.bvh: line 1: 'HIERARCHY' expected"),
        (["late.npz", "--start-seconds", "99"], "late.npz: --start-seconds: 99 s, but the motion"),
        (["late.npz", "--distance-m", "0.5"], "late.npz: placement: less than 0."),
        (["late.npz", "--start-seconds", "2.1"], "late.npz: motion: less than"),
    ],
)
def test_invalid_requests_print_one_line(place, capsys, monkeypatch, arguments, line):
    monkeypatch.chdir(place)
    (place / "own").mkdir(exist_ok=True)
    (place / "broken.bvh").write_text("nonsense")
    swaying(place / "late.npz")
    assert main(arguments) == 2
    out, errors = printed_lines(capsys)
    assert out == []
    assert len(errors) == 1
    assert errors[0].startswith(line)


def test_a_store_of_another_version_is_refused(place, tmp_path, capsys):
    text = (place / "bare.zarr" / "zarr.json").read_text()
    (tmp_path / "zarr.json").write_text(text.replace('"schema_version": 2', '"schema_version": 9'))
    assert main([str(tmp_path)]) == 2
    assert "schema_version: is 9, but this code reads 1 and 2" in printed_lines(capsys)[1][0]


def test_help_explains_the_figure_and_gives_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for word in (
        "how to read the heatmaps",
        "examples:",
        "--clip all",
        "walk.bvh",
        "--window paper",
    ):
        assert word in text


@pytest.mark.slow
def test_the_heatmaps_of_a_recorded_walk_follow_its_pelvis_and_limbs(test_data, tmp_path):
    """The torso line follows the pelvis, and the limbs reach higher speeds.

    The test compares the median speed of the power in a column with the speed of the pelvis over
    the 0.23 s of the column. Limbs contribute to the power, so some columns may differ by more than
    0.25 m/s.
    """
    (walk,) = (test_data / "mocap_walk_bvh").glob("*.bvh")
    radar = tmp_path / "radar.toml"
    radar.write_text('board = "AWR1843BOOST"\n[chirp]\nnum_samples = 128\n')
    table = {"radar": str(radar), "maps": {"window": "burst"}}
    made = single_clip.simulate_segment(str(walk), 3.0, 2.5, table)
    assert made.note == ""
    axes = heatmap_axes(made.recipe.radar, made.recipe.num_frames)
    subject = source_subject(made.recipe, made.clip, made.take, None)
    scene = scene_of(subject, made.recipe, made.clip, axes)
    covered_s = axes["time_s"][:, None] + np.linspace(-0.115, 0.115, 9)
    course = {
        name: np.interp(covered_s, scene.pelvis_times_s, values).mean(1)
        for name, values in radial_trajectory(scene).items()
    }
    maps = {name: made.arrays[name].astype(float) for name in ("time_doppler", "time_range")}
    power = 10 ** (maps["time_doppler"] / 10)
    median = (np.cumsum(power, 1) > 0.5 * power.sum(1, keepdims=True)).argmax(1)
    error_mps = np.abs(axes["speed_mps"][median] - course["speed_mps"])
    assert np.median(error_mps) < 0.15
    assert np.percentile(error_mps, 85) < 0.25
    # The radar measures the front of the body, whereas the pelvis is at its centre.
    offset_m = course["range_m"] - axes["range_m"][maps["time_range"].argmax(1)]
    assert 0.0 < np.median(offset_m) < 0.25
    # Feet swing at 2.5 to 3 times the speed of the torso, and toes a little faster.
    walking = np.abs(course["speed_mps"]) > 1.0
    assert walking.sum() > 50
    forward = np.sign(course["speed_mps"][walking])[:, None] * axes["speed_mps"]
    fastest = np.where(maps["time_doppler"][walking] > 10, forward, 0).max(1)
    ratio = fastest / np.abs(course["speed_mps"][walking])
    assert 2.2 < np.percentile(ratio, 80) < 3.8
