"""Heatmap pages and body pictures: positions, signs, units, colour limits and depth order."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from radarsim.plots.heatmaps import (
    PANELS,
    axis_limits,
    clip_page,
    draw_heatmap,
    highest_level_db,
    sheet_page,
)
from radarsim.plots.mesh import Camera, Triangles, box, paint, shaded
from radarsim.plots.notebook_figure import NotebookFigure
from radarsim.plots.scene import ScenePicture, radial_trajectory, separated_moments, strip_moments_s
from radarsim.scene.placement import ActivityArea, RadarPose

AXES = {
    "time_s": np.linspace(0.1, 2.9, 57),
    "range_m": np.arange(64) * 0.1,
    "speed_mps": (np.arange(64) - 32) / 8,
    "angle_rad": np.arcsin((np.arange(64) - 32) / 32),
}
WHITE = np.ones(3)


def noise_maps(num_bins=64):
    rng = np.random.default_rng(1)
    shape = (len(AXES["time_s"]), num_bins)
    return {name: rng.normal(0, 0.3, shape).astype(np.float16) for name in PANELS}


def moving_box(velocity_mps, start_m=(3.0, 0.0, 0.95), seconds=3.0, **changes):
    """A box of the size of a person that moves over the floor."""
    corners_m, faces = box((-0.15, 0.15), (-0.25, 0.25), (-0.95, 0.75))
    times_s = np.arange(0, seconds + 1e-9, 1 / 60)
    pelvis_m = np.array(start_m) + times_s[:, None] * np.array(velocity_mps)
    moments_s = strip_moments_s(0.1, seconds - 0.1)
    at_m = np.array(start_m) + moments_s[:, None] * np.array(velocity_mps)
    scene = dict(
        vertices_m=corners_m + at_m[:, None],
        moments_s=moments_s,
        faces=faces,
        pelvis_m=pelvis_m,
        pelvis_times_s=times_s,
        area=ActivityArea(),
    )
    return ScenePicture(**(scene | changes))


def pixels(page):
    """Return the rendered figure [row, column, rgb], with row 0 at the top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(page)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(float)


@pytest.mark.parametrize(
    ("name", "bin_idx", "printed"),
    [
        ("time_doppler", 32 + 12, 1.5),
        ("time_doppler", 32 - 12, -1.5),
        ("time_range", 30, 3.0),
        ("time_angle", 32 + 16, 30.0),
        ("time_angle", 32 - 16, -30.0),
    ],
)
def test_a_bright_cell_is_drawn_at_its_coordinates_in_printed_units(name, bin_idx, printed):
    """Receding speeds and azimuths to the left are drawn upwards, in the units on the axes."""
    map_db = np.zeros((57, 64))
    map_db[20:23, bin_idx] = 40
    page = Figure(figsize=(6, 4), dpi=100)
    panel = page.add_axes((0.1, 0.1, 0.8, 0.8))
    draw_heatmap(panel, name, map_db, AXES)
    picture = pixels(page)
    across, up = panel.transData.transform((AXES["time_s"][21], printed))
    brightness = picture[len(picture) - round(up), round(across)].sum()
    assert brightness > 600  # the maximum is 765; noise is black
    assert brightness == picture[45:355, 65:535].sum(-1).max()


def test_colours_start_at_the_noise_and_end_above_the_strongest_cells():
    maps = noise_maps()
    maps["time_range"][:, 30] = 38
    panel = Figure().add_axes((0, 0, 1, 1))
    image = draw_heatmap(panel, "time_range", maps["time_range"], AXES)
    assert image.get_clim() == (0, 40)
    assert highest_level_db(maps["time_doppler"]) == 10  # cells that contain only noise are dark


def test_side_lobes_far_below_the_beam_are_left_dark():
    panel = Figure().add_axes((0, 0, 1, 1))
    image = draw_heatmap(panel, "time_angle", np.full((57, 64), 44.0), AXES)
    assert image.get_clim() == (15, 45)


def test_an_axis_ends_where_the_signal_does():
    """Limits are rounded up to 0.5 m/s and symmetric about zero; a single noisy cell is ignored."""
    map_db = np.zeros((57, 64))
    map_db[3, 60] = 30
    assert axis_limits("time_doppler", map_db, AXES) == (-1.0, 1.0)
    map_db[10:20, 32 - 12] = 30
    assert axis_limits("time_doppler", map_db, AXES) == (-2.0, 2.0)
    map_db[10:20, 0] = 30
    assert axis_limits("time_doppler", map_db, AXES) == (-4.0, 31 / 8)
    assert axis_limits("time_range", np.zeros((57, 64)), AXES) == (0.0, 4.0)


def test_a_single_column_is_as_wide_as_its_window():
    """The window of a column with a mean time of 60 ms lasts from the start to 120 ms."""
    axes = AXES | {"time_s": np.array([0.06])}
    map_db = np.zeros((1, 64))
    map_db[0, 60] = 30.0
    panel = Figure().add_axes((0, 0, 1, 1))
    image = draw_heatmap(panel, "time_range", map_db, axes)
    edges_s = image.get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges_s[[0, -1]], [0.0, 0.12], atol=1e-12)
    assert panel.get_xlim() == (0.0, 0.12)
    assert panel.get_ylim()[1] > axes["range_m"][60]


@pytest.mark.parametrize(("time_s", "end_s"), [([0.0], 1.0), ([0.0, 0.2, 0.4], 0.2)])
@pytest.mark.filterwarnings("error")
def test_a_single_recorded_column_at_time_0_has_a_width(time_s, end_s):
    """The column lasts until the next time of the axis, or for 1 s if there is no other time."""
    panel = Figure().add_axes((0, 0, 1, 1))
    axes = AXES | {"time_s": np.array(time_s)}
    image = draw_heatmap(panel, "time_range", np.zeros((1, 64)), axes)
    edges_s = image.get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges_s[[0, -1]], [0.0, end_s], atol=1e-12)
    assert panel.get_xlim() == (0.0, max(time_s[-1], end_s))


def test_a_clip_shorter_than_the_axis_leaves_the_rest_empty():
    panel = Figure().add_axes((0, 0, 1, 1))
    draw_heatmap(panel, "time_range", np.zeros((10, 64)), AXES)
    assert panel.get_xlim() == (AXES["time_s"][0], AXES["time_s"][-1])


def test_a_walker_has_the_speed_range_and_azimuth_that_a_radar_measures():
    """One box moves straight away from the radar; another box stands 45 degrees to the left."""
    away = radial_trajectory(moving_box((1.0, 0, 0), start_m=(2.0, 0, 1.0)))
    np.testing.assert_allclose(away["speed_mps"], 1.0, atol=1e-9)
    np.testing.assert_allclose(away["range_m"][[0, -1]], [2.0, 5.0], atol=1e-9)
    np.testing.assert_allclose(away["angle_rad"], 0.0, atol=1e-9)
    left = radial_trajectory(moving_box((0, 0, 0), start_m=(3.0, 3.0, 1.0)))
    np.testing.assert_allclose(left["angle_rad"], np.pi / 4, atol=1e-9)


def test_range_is_measured_from_the_radar_not_from_the_floor_below_it():
    scene = moving_box((0, 0, 0), start_m=(4.0, 0, 1.0), radar_pose=RadarPose(height_m=4.0))
    np.testing.assert_allclose(radial_trajectory(scene)["range_m"], 5.0, atol=1e-9)


def test_projection_keeps_right_and_up_for_a_camera_on_the_radars_right():
    camera = Camera(eye_m=(3.0, -10.0, 2.0), target_m=(3.0, 0.0, 1.0))
    middle, ahead, above, left = camera.project(
        np.array([[3.0, 0, 1], [4, 0, 1], [3, 0, 2], [3, 3, 1]])
    )[0]
    np.testing.assert_allclose(middle, 0, atol=1e-12)
    assert ahead[0] > 0
    assert above[1] > 0
    assert left[1] > 0  # a larger distance along the floor is higher in the picture


def test_an_orthographic_projection_keeps_metres():
    camera = Camera(eye_m=(0, -1, 0), target_m=(0, 0, 0), parallel=True)
    places, _ = camera.project(np.array([[0.0, 5, 0], [1, 5, 0], [1, 5, 2]]))
    np.testing.assert_allclose(places, [[0, 0], [1, 0], [1, 2]], atol=1e-12)


def test_three_sides_of_a_box_are_visible_and_the_top_is_brightest():
    corners_m, faces = box((-1, 1), (-1, 1), (-1, 1))
    seen = shaded(Camera(eye_m=(-9.0, -20, 12), target_m=(0, 0, 0)), corners_m, faces, WHITE * 0.5)
    assert len(seen.corners) == 6
    brightest = seen.corners[seen.rgb.sum(1) == seen.rgb.sum(1).max()]
    assert brightest[..., 1].mean() > seen.corners[..., 1].mean()


def test_the_nearer_of_two_faces_is_painted_over_the_farther():
    corner = np.array([[[-1.0, -1], [1, -1], [0, 1]]])
    near = Triangles(corner, np.array([[0.0, 0, 1]]), np.array([1.0]))
    far = Triangles(corner, np.array([[1.0, 0, 0]]), np.array([2.0]))
    for parts in ([near, far], [far, near]):
        page = Figure(figsize=(1, 1), dpi=50)
        axes = page.add_axes((0, 0, 1, 1), xlim=(-1, 1), ylim=(-1, 1))
        axes.set_axis_off()
        paint(axes, parts)
        assert pixels(page)[30, 25].tolist() == [0, 0, 255]


def test_drawn_bodies_do_not_overlap_and_a_body_that_stays_is_drawn_once():
    walker = moving_box((1.2, 0.3, 0), start_m=(1.5, 0, 0.95))
    shown = separated_moments(walker)
    assert shown[0] == 0
    assert shown == sorted(shown)
    assert 3 <= len(shown) <= 5
    assert np.diff(walker.moments_s[shown]).min() * 1.2 > 0.8
    assert separated_moments(moving_box((0.02, 0, 0))) == [5]


def test_a_page_shows_body_and_maps_on_one_time_axis():
    page = clip_page(noise_maps(), AXES, title="walk", scene=moving_box((1, 0, 0)), trace=True)
    labels = [axes.get_ylabel().split("\n")[0] for axes in page.axes]
    for label in ("radial speed [m/s]", "range [m]", "azimuth [deg]", "dB above noise"):
        assert label in labels
    on_time = [axes for axes in page.axes if axes.get_xlim() == (0.1, 2.9)]
    assert len(on_time) == 4  # three maps and the strip of body pictures
    assert pixels(page).min() < 255


def test_a_page_without_a_body_prints_the_reason():
    page = clip_page(noise_maps(), AXES, title="x", note="body not drawn: it is gone")
    assert "body not drawn: it is gone" in [text.get_text() for text in page.texts]
    assert len(page.axes) == 6


def test_captions_are_plain_text_not_formulas():
    """Without escaping, a dollar sign would start a formula, and a single one would fail."""
    page = clip_page(noise_maps(), AXES, title="pays $5 and $x^", subtitle="$", note="_$_")
    page.savefig(io.BytesIO(), format="png")
    shown = {text.get_text() for text in page.findobj(lambda part: hasattr(part, "get_text"))}
    assert {"pays $5 and $x^", "$", "_$_"} <= shown
    page = sheet_page([noise_maps()["time_doppler"]], AXES, ["$x^"], title="$y_")
    page.savefig(io.BytesIO(), format="png")


def test_a_sheet_draws_all_clips_on_the_same_axes_and_colours():
    maps = [noise_maps()["time_doppler"] for _ in range(5)]
    maps[3][10:40, 32 + 20] = 33
    page = sheet_page(maps, AXES, [f"clip {i}" for i in range(5)], title="five", columns=3)
    panels = page.axes[:5]
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert {axes.collections[0].get_clim() for axes in panels} == {(0, 35)}
    assert [axes.get_title(loc="left") for axes in panels] == [f"clip {i}" for i in range(5)]


def test_a_notebook_shows_a_figure_as_a_picture_without_pyplot():
    """IPython calls `_repr_png_` of the value of a cell; a plain Figure is shown as text only."""
    page = NotebookFigure(figsize=(1, 1))
    page.add_subplot().plot([0, 1])
    assert page._repr_png_().startswith(b"\x89PNG")
