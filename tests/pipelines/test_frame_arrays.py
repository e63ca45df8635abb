"""Points, frame maps and joints in a store are computed from the clip without padding."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import radarsim as rs
from builders import recordings
from pipelines.cube_arrays import arrays_of_cube
from pipelines.frame_arrays import wanted_products
from pipelines.frame_checks import joint_problems, map_problems, point_problems
from pipelines.frame_schema import FRAME_MAPS
from pipelines.plan import Clip
from pipelines.recipe import Clips, Detection, Keep, Maps, Recipe
from radarsim.detection.frame_products import frame_products
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.errors import InputError
from tests.helpers.synthetic_captures import echo, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=16, tx_order=(0, 2), num_samples=32)
FRAMES, OWN = 20, 17  # an odd number of frames, so that the median is a single value
CLIP = Clip(id="a", take="t", source="test", licence="", subject="s", num_frames=FRAMES)
KEEP = Keep(if_cubes="off", points=True, range_doppler=True, range_azimuth=True)


def recipe_of(clutter="median", keep=KEEP, **detection):
    return Recipe(
        radar=RADAR,
        clips=Clips(length_s=FRAMES * RADAR.frame.period_s, min_frames=4),
        keep=keep,
        detection=Detection(clutter=clutter, max_points=8, azimuth_bins=16, **detection),
    )


@pytest.fixture(scope="module")
def cube_v():
    """A static and a moving target in noise; the padding frames after the end of the clip are ten
    times stronger, so that any use of padding frames would change the results."""
    codes = echo(RADAR, FRAMES) * np.float32(RADAR.receiver.adc_step_v)
    codes[OWN:] *= 10
    return jnp.asarray(codes)


@pytest.mark.parametrize(
    ("clutter", "num_frames"), [("median", FRAMES), ("median", OWN), ("clip", OWN), ("none", OWN)]
)
def test_stored_values_are_those_of_the_public_functions(cube_v, clutter, num_frames):
    """A short clip has the points and maps that its cube without padding frames gives."""
    recipe = recipe_of(clutter, cfar="os", false_alarm_rate=1e-3, beamformer="capon")
    clip = replace(CLIP, num_frames=num_frames)
    arrays = arrays_of_cube(recipe, clip, cube_v, keep_cubes=False)
    detection = recipe.detection
    points = rs.detect(RADAR, cube_v[:num_frames], detection.point_settings)
    assert points.count.max() > 0
    np.testing.assert_array_equal(arrays["num_points"][:num_frames], points.count)
    # The sums are in float32 but in a different order, which may turn an azimuth near -90 degrees
    # into its alias near +90 degrees.
    stored, azimuth = arrays["points"][:num_frames], list(POINT_VALUES).index("azimuth_rad")
    clear = np.abs(stored[..., azimuth]) < 1.2
    assert clear.any()
    np.testing.assert_allclose(stored[clear], points.values[clear], rtol=1e-3, atol=1e-3)
    without_angle = [list(POINT_VALUES).index(name) for name in ("range_m", "speed_mps", "snr_db")]
    np.testing.assert_allclose(
        stored[..., without_angle], points.values[..., without_angle], rtol=1e-3, atol=1e-3
    )
    settings = detection.map_settings(recipe.maps.angle_window)
    for name in FRAME_MAPS:
        maps = getattr(rs, name)(RADAR, cube_v[:num_frames], settings)
        # float16 steps are 1/16 dB up to 128 dB; cells below the floor are clipped.
        expected_db = np.maximum(maps.power_db, -10)
        np.testing.assert_allclose(arrays[name][:num_frames], expected_db, atol=1 / 8)


def test_frames_after_the_end_of_a_short_clip_are_padding(cube_v):
    clip = replace(CLIP, num_frames=OWN)
    arrays = arrays_of_cube(recipe_of(), clip, cube_v, keep_cubes=False)
    assert not arrays["num_points"][OWN:].any()
    assert np.isnan(arrays["points"][OWN:]).all()
    for name in FRAME_MAPS:
        assert (arrays[name][OWN:] == -10).all()
        assert (arrays[name][:OWN].max((1, 2)) > 20).all()


def test_empty_slots_are_nan_and_follow_the_points(cube_v):
    arrays = arrays_of_cube(recipe_of(), CLIP, cube_v, keep_cubes=False)
    used = np.arange(8) < arrays["num_points"][:, None]
    assert 0 < np.count_nonzero(used) < used.size
    np.testing.assert_array_equal(np.isfinite(arrays["points"][..., 0]), used)


def test_clips_of_all_lengths_share_one_compiled_program(cube_v):
    wanted = wanted_products(recipe_of(false_alarm_rate=1e-4))
    before = frame_products._cache_size()
    for num_frames in (FRAMES, OWN, 5):
        frame_products(RADAR, wanted, cube_v, num_frames)
    assert frame_products._cache_size() == before + 1


@pytest.mark.parametrize(
    ("kept", "arrays"),
    [
        ({}, set()),
        ({"points": True}, {"points", "num_points"}),
        ({"range_doppler": True}, {"range_doppler"}),
        ({"range_azimuth": True}, {"range_azimuth"}),
    ],
)
def test_only_kept_arrays_are_computed(cube_v, kept, arrays):
    recipe = recipe_of(keep=Keep(if_cubes="off", **kept))
    found = arrays_of_cube(recipe, CLIP, cube_v, keep_cubes=False)
    heatmaps = {"time_doppler", "time_range", "time_angle", "num_frames", "num_columns"}
    assert found.keys() - heatmaps == arrays


@pytest.mark.parametrize("name", ["points", "range_doppler"])
def test_frames_of_one_loop_have_no_points_and_no_speed(name):
    single = replace(RADAR, frame=replace(RADAR.frame, num_chirps=1, period_s=1e-3))
    maps = Maps(window="paper")
    with pytest.raises(InputError, match=f"keep.{name}: needs a speed axis.*holds one loop"):
        Recipe(radar=single, maps=maps, keep=Keep(**{name: True}))
    assert Recipe(radar=single, maps=maps, keep=Keep(range_azimuth=True)).keep.range_azimuth


def test_joints_of_recordings_are_refused(tmp_path, capsys):
    """Recordings have no joints, so --keep joints is rejected with one line before any work."""
    given = ["--captures", str(tmp_path), "--labels", str(tmp_path / "labels.csv")]
    out = ["--out", str(tmp_path / "refused.zarr"), "--keep", "points", "joints"]
    assert recordings.main([*given, *out]) == 2
    line = "options: --keep: names joints, but a recording contains no motion of the body; "
    assert capsys.readouterr().err == f"{line}keep points and frame maps only\n"
    assert not (tmp_path / "refused.zarr").exists()


def test_impossible_points_are_found():
    points = np.zeros((3, 4, 8), np.float32)
    counts = np.array([2, 4, 0], np.int32)
    points[np.arange(4) >= counts[:, None]] = np.nan
    assert list(point_problems(points, counts, 2)) == []
    assert "padding from frame 1 on contains points" in list(point_problems(points, counts, 1))
    more = counts + np.array([0, 1, 0], np.int32)
    assert list(point_problems(points, more, 2)) == ["counts are 0 to 5; 0 to 4 are possible"]
    filled = points.copy()
    filled[0, 3] = 1
    assert list(point_problems(filled, counts, 2)) == ["slots after the last point are not NaN"]
    unmeasured = points.copy()
    unmeasured[0, 0, 1:3] = np.nan  # azimuth and elevation, which not every antenna array resolves
    assert list(point_problems(unmeasured, counts, 2)) == []
    unmeasured[0, 0, 0] = np.nan
    assert list(point_problems(unmeasured, counts, 2)) == ["1 points lack a value"]


def test_impossible_joints_are_found():
    joints_m, speed_mps = np.zeros((3, 24, 3), np.float32), np.zeros((3, 24), np.float32)
    visible = np.ones((3, 24), bool)
    assert list(joint_problems(joints_m, speed_mps, visible, 3)) == []
    assert dict(joint_problems(joints_m, speed_mps, visible, 2)) == {
        name: f"padding from frame 2 on is {what}"
        for name, what in (
            ("joints_m", "not NaN"),
            ("joint_speed_mps", "not NaN"),
            ("joint_visible", "visible"),
        )
    }
    speed_mps[0, 5] = -70
    joints_m[1, 2, 0] = np.nan
    assert dict(joint_problems(joints_m, speed_mps, visible, 3)) == {
        "joints_m": "values are not finite",
        "joint_speed_mps": "up to 70 m/s; 50 are possible",
    }


def test_impossible_maps_are_found():
    map_db = np.full((3, 4, 5), 2.0, np.float32)
    assert list(map_problems(map_db, 3, "frame")) == []
    assert list(map_problems(map_db, 2, "frame")) == ["padding from frame 2 on is not -10 dB"]
    assert "are possible" in next(map_problems(map_db + 200, 3, "frame"))
