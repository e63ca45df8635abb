"""Write the videos of `builders.draw`: animated body, points and maps of a clip in real time."""

import math
from pathlib import Path

import numpy as np

from builders.activities.animation import checked_writer
from builders.drawing.figures import clip_title, frames_of_clip, stored_maps, stored_settings
from builders.drawing.scene import scene_of, source_subject, stored_scene
from builders.drawing.single_clip import SimulatedClip
from builders.sources.motion_lookup import MotionPaths
from pipelines.frame_series import frames_of_cube
from pipelines.store_reader import Store
from pipelines.store_spec import heatmap_settings
from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import heatmap_axes
from radarsim.plots.animation import moving_page
from radarsim.plots.frames import FrameSeries

_LEAST_INTERVAL_S = 0.04  # at most 25 pictures per second
_GIF_STEP_S = 0.01  # GIF files store the duration of a picture in hundredths of a second


def write_stored_video(
    store: Store, row: int, paths: MotionPaths, path: str | Path, window: str | None = None
) -> str:
    """Write the video of a clip of a store.

    Args:
        store: open store, with frame maps, points or IF cubes.
        row: row of the clip.
        paths: paths of the source motions and body models.
        path: .gif or .mp4 file.
        window: Doppler window of the heatmap; None for the store's window.

    Returns:
        The reason why the body could not be drawn, or "" if it was drawn.

    Raises:
        InputError: the file cannot be written, or the clip has no frames to show.
    """
    checked_writer(path)
    maps, axes = stored_maps(store, row, stored_settings(store, window))
    series, problem = frames_of_clip(store, row)
    if series is None:
        hint = "build the store with --keep points range_doppler range_azimuth, or --if-cubes on"
        raise InputError(store.path, "--video", problem, hint)
    series, interval_s = series_in_real_time(series, store.period_s, path)
    scene, note = None, ""
    try:
        scene = stored_scene(store, row, paths, axes, series.times_s)
    except InputError as error:
        note = f"body not drawn: {error.problem}; {error.hint}"
    title = clip_title(store.clips[row].id, store.caption(row))
    drawn = moving_page(series, maps["time_doppler"], axes, title=title, scene=scene)
    save_video(drawn, len(series.times_s), interval_s, path)
    return note


def write_motion_video(made: SimulatedClip, path: str | Path, body_models: str | None) -> None:
    """Write the video of a simulated clip.

    Args:
        made: clip with its IF cube.
        path: .gif or .mp4 file.
        body_models: path of the body models; None for the bundled model.

    Raises:
        InputError: the file cannot be written, or the radar's frames have no Doppler axis.
    """
    checked_writer(path)
    recipe = made.recipe
    axes = heatmap_axes(recipe.radar, recipe.num_frames, heatmap_settings(recipe))
    series = frames_of_cube(recipe.radar, made.cube_v)
    series, interval_s = series_in_real_time(series, recipe.radar.frame.period_s, path)
    subject = source_subject(recipe, made.clip, made.take, body_models)
    scene = scene_of(subject, recipe, made.clip, axes, series.times_s)
    title = clip_title(made.clip.take, made.caption)
    drawn = moving_page(series, made.arrays["time_doppler"], axes, title=title, scene=scene)
    save_video(drawn, len(series.times_s), interval_s, path)


def series_in_real_time(
    series: FrameSeries, period_s: float, path: str | Path
) -> tuple[FrameSeries, float]:
    """Choose the frames of a video that plays in real time, at most 25 pictures per second.

    Args:
        series: all radar frames.
        period_s: frame period of the radar [s].
        path: video file, whose type limits the durations of the pictures.

    Returns:
        The chosen frames, and the duration of each picture [s].
    """
    interval_s = max(period_s, _LEAST_INTERVAL_S)
    if Path(path).suffix.lower() == ".gif":
        interval_s = _GIF_STEP_S * math.ceil(interval_s / _GIF_STEP_S - 1e-6)
    shown_s = np.arange(series.times_s[0], series.times_s[-1] + 1e-6, interval_s)
    return series.select([series.frame_at(time_s) for time_s in shown_s]), interval_s


def save_video(drawn, num_frames: int, interval_s: float, path: str | Path) -> None:
    """Draw and write every picture of a video.

    Args:
        drawn: result of `moving_page`.
        num_frames: number of pictures.
        interval_s: duration of each picture [s].
        path: .gif or .mp4 file.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.animation import FuncAnimation

    page, draw_frame = drawn
    clip = FuncAnimation(page, draw_frame, num_frames, init_func=lambda: None)
    # Matplotlib truncates 1000 / fps to whole milliseconds for GIF files.
    rate_hz = 1 / (interval_s + 1e-7)
    try:
        clip.save(path, writer=checked_writer(path), fps=rate_hz)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "--video", problem, "give a writable path") from None
