"""Figures of `builders.draw`: a stored clip, a contact sheet, or a newly simulated motion."""

import math
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from builders.drawing.scene import scene_of, source_subject, stored_scene
from builders.drawing.single_clip import SimulatedClip
from builders.sources.motion_lookup import MotionPaths
from pipelines.frame_series import frames_of_cube, has_frames, stored_frames
from pipelines.plan import Clip
from pipelines.schema import HEATMAPS
from pipelines.store_reader import Store
from pipelines.store_spec import heatmap_settings
from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import HeatmapSettings, heatmap_axes, make_heatmaps
from radarsim.plots.frames import FrameSeries
from radarsim.plots.heatmaps import clip_page, sheet_page
from radarsim.radar.radar import Radar

# Maximum number of clips on a contact sheet, and maximum length of a title.
MAX_SHEET_CLIPS = 60
_MAX_TITLE_CHARACTERS = 90


def stored_clip_page(
    store: Store,
    row: int,
    paths: MotionPaths,
    window: str | None = None,
    trace: bool = False,
    points: bool = True,
) -> tuple[Figure, str]:
    """Draw a clip of a store.

    Args:
        store: open store.
        row: row of the clip.
        paths: paths of the source motions and body models.
        window: "paper" or "burst"; None for the store's window.
        trace: whether to overlay the trajectory of the pelvis on the heatmaps.
        points: whether to draw the detected points and the maps of one frame, if the store contains
            points and maps, or IF cubes.

    Returns:
        The figure, and the reason why the body could not be drawn, or "" if it was drawn.

    Raises:
        InputError: the clip has no heatmaps with this window.
    """
    clip, settings = store.clips[row], stored_settings(store, window)
    maps, axes = stored_maps(store, row, settings)
    scene, note = None, ""
    try:
        scene = stored_scene(store, row, paths, axes)
    except InputError as error:
        note = f"body not drawn: {error.problem}; {error.hint}"
    frames = frames_of_clip(store, row)[0] if points else None
    title = clip_title(clip.id, store.caption(row))
    source = f"clip {row} of {store.name}, {clip.subject}, {clip.split}"
    details = _details(store.recipe.radar, clip, settings, source)
    texts = {"title": title, "subtitle": details, "note": note}
    return clip_page(maps, axes, **texts, scene=scene, trace=trace, frames=frames), note


def frames_of_clip(store: Store, row: int) -> tuple[FrameSeries | None, str]:
    """Points and frame maps of a clip, read from the store or computed from the clip's IF cube.

    Returns:
        The frames and "", or None and the reason why there are no frames.
    """
    stored = stored_frames(store, row) if has_frames(store) else None
    if stored is not None and (stored.has_maps or stored.points is not None):
        return stored, ""
    cube_v = store.cube_v(row)
    if cube_v is None:
        problem = "the store contains neither points, frame maps nor IF cubes"
        return stored, problem if stored is None else ""
    try:
        made = frames_of_cube(store.recipe.radar, cube_v)
    except InputError as error:
        return stored, str(error.problem)
    return replace(made, joints_m=stored.joints_m if stored else None), ""


def contact_sheet(
    store: Store, rows: list[int], columns: int, window: str | None = None
) -> tuple[Figure, str]:
    """Draw the time-Doppler maps of many clips of a store.

    Args:
        store: open store.
        rows: rows of the clips; failed clips are skipped.
        columns: number of maps per row.
        window: "paper" or "burst"; None for the store's window.

    Returns:
        The figure, and a note about clips that are missing from the figure, or "".

    Raises:
        InputError: none of the clips has heatmaps.
    """
    valid = [row for row in rows if store.clips[row].num_frames]
    if not valid:
        hint = "build the store again to see the reason, or choose other clips"
        raise InputError(store.path, "--clip", "all of these clips failed", hint)
    shown = valid[:MAX_SHEET_CLIPS]
    note = ""
    if len(shown) < len(rows):
        note = f"{len(shown)} of {len(rows)} clips are drawn"
        if len(shown) < len(valid):
            note += f"; draw the next clips with --clip {shown[-1] + 1}:"
    captions = [f"{row}  {store.caption(row) or store.clips[row].id}" for row in shown]
    settings = stored_settings(store, window)
    maps = [stored_maps(store, row, settings)[0]["time_doppler"] for row in shown]
    axes = heatmap_axes(store.recipe.radar, store.recipe.num_frames, settings)
    title = f"{store.name}: radial speed over time, clips {shown[0]} to {shown[-1]}"
    return sheet_page(maps, axes, captions, title=title, columns=columns), note


def motion_page(
    made: SimulatedClip, start_s: float, body_models: str | None = None, trace: bool = False
) -> Figure:
    """Draw a simulated segment of a motion file or of a built-in activity.

    Args:
        made: simulated segment; if the segment contains the IF cube, its points and the maps of one
            frame are drawn.
        start_s: start of the segment in the motion [s].
        body_models: path of the body models; None for the bundled model.
        trace: whether to overlay the trajectory of the pelvis on the heatmaps.

    Returns:
        The figure.
    """
    recipe, clip = made.recipe, made.clip
    settings = heatmap_settings(recipe)
    maps, axes = motion_maps(made)
    subject = source_subject(recipe, clip, made.take, body_models)
    segment = f"{start_s:g} to {start_s + recipe.clips.length_s:g} s, body: {subject.body.name}"
    return clip_page(
        maps,
        axes,
        title=clip_title(clip.take, made.caption),
        subtitle=_details(recipe.radar, clip, settings, segment),
        scene=scene_of(subject, recipe, clip, axes),
        trace=trace,
        frames=_frames_of_segment(made),
    )


def motion_maps(made: SimulatedClip) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the heatmaps of a simulated segment and the coordinates of their axes."""
    settings = heatmap_settings(made.recipe)
    maps = {name: made.arrays[name] for name in HEATMAPS if name in made.arrays}
    return maps, heatmap_axes(made.recipe.radar, made.recipe.num_frames, settings)


def _frames_of_segment(made: SimulatedClip) -> FrameSeries | None:
    """Points and frame maps; None without an IF cube, or if a frame has only one loop."""
    if "if_cube" not in made.arrays or made.recipe.radar.frame.num_chirps < 2:
        return None
    return frames_of_cube(made.recipe.radar, made.cube_v)


def stored_settings(store: Store, window: str | None) -> HeatmapSettings:
    """Settings of a store's heatmaps, with another Doppler window if one is given."""
    stored = store.attributes
    return HeatmapSettings(
        window=window or stored["window"],
        clutter=stored["clutter"],
        angle_window=stored.get("angle_window", "uniform"),
    )


def stored_maps(
    store: Store, row: int, settings: HeatmapSettings
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the heatmaps and axes of a clip, either stored or recomputed from the IF cube.

    Raises:
        InputError: the clip failed, or a different window is requested and the store has no IF
            cube.
    """
    maps = store.maps(row)
    if settings.window == store.attributes["window"]:
        return maps, store.axes()
    cube_v = store.cube_v(row)
    if cube_v is None:
        stored = store.attributes["window"]
        problem = f"the heatmaps are stored with window {stored}, and there are no IF cubes"
        hint = "omit --window, or build the store with --if-cubes on"
        raise InputError(store.path, "--window", problem, hint)
    radar = store.recipe.radar
    made = make_heatmaps(radar, cube_v, settings)
    maps = {name: np.asarray(getattr(made, name)) for name in store.heatmaps}
    return maps, heatmap_axes(radar, len(cube_v), settings)


def _details(radar: Radar, clip: Clip, settings: HeatmapSettings, source: str) -> str:
    """Subtitle of two lines: source and placement, then radar and heatmap settings."""
    start_ghz = radar.chirp.start_freq_hz / 1e9
    end_ghz = start_ghz + radar.chirp.bandwidth_hz / 1e9
    heading_deg, tilt_deg = math.degrees(clip.heading_rad), math.degrees(clip.radar_tilt_rad)
    upper = [
        source,
        f"starts {clip.distance_m:.3g} m ahead{_side(clip.lateral_m)}, heading {heading_deg:.3g}°",
        f"radar {clip.radar_height_m:.3g} m high" + (f", tilt {tilt_deg:.3g}°" if tilt_deg else ""),
    ]
    lower = [
        f"{radar.name} {start_ghz:.1f}-{end_ghz:.1f} GHz",
        f"{clip.num_frames} frames of {radar.frame.period_s * 1e3:.3g} ms",
        f"window: {settings.window}, clutter removed: {settings.clutter}",
    ]
    return "\n".join("   |   ".join(parts) for parts in (upper, lower))


def _side(lateral_m: float) -> str:
    side = "left" if lateral_m > 0 else "right"
    return f", {abs(lateral_m):.3g} m {side}" if lateral_m else ""


def clip_title(name: str, caption: str) -> str:
    """Name and caption of a clip on one line, cut to the width of a page."""
    title = ":  ".join(part for part in (name, caption) if part)
    if len(title) <= _MAX_TITLE_CHARACTERS:
        return title
    return title[: _MAX_TITLE_CHARACTERS - 1].rstrip() + "…"
