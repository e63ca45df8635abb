"""Pages for `builders.draw`: what plots.py needs, from a store or from a motion."""

import math

import numpy as np
from matplotlib.figure import Figure

from builders.drawing import single_clip
from builders.drawing.scene import performed, scene_of, stored_scene
from builders.sources.motion_lookup import Sources
from pipelines.blueprint import heatmap_settings
from pipelines.plan import Clip
from pipelines.schema import HEATMAPS
from pipelines.store_reader import Store
from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import HeatmapSettings, heatmap_axes, make_heatmaps
from radarsim.plots.heatmaps import clip_page, sheet_page
from radarsim.radar.config import Radar

MOST_ON_A_SHEET = 60
_LONGEST_TITLE = 90


def stored_page(
    store: Store, row: int, sources: Sources, window: str | None = None, trace: bool = False
) -> tuple[Figure, str]:
    """A clip of a store.

    Args:
        store: an open store.
        row: which clip.
        sources: where its motion may lie.
        window: "paper" or "burst"; None as stored.
        trace: draw the pelvis' course over the maps.

    Returns:
        The page, and why the body is missing, "" where it is there.

    Raises:
        InputError: the clip has no maps of this kind.
    """
    clip, settings = store.clips[row], _settings(store, window)
    maps, axes = stored_maps(store, row, settings)
    scene, note = None, ""
    try:
        scene = stored_scene(store, row, sources, axes)
    except InputError as error:
        note = f"body not drawn: {error.problem}; {error.hint}"
    first = [clip.id, store.caption(row)]
    about = f"clip {row} of {store.name}, {clip.subject}, {clip.split}"
    details = _details(store.recipe.radar, clip, settings, about)
    page = clip_page(
        maps, axes, title=_joined(first), subtitle=details, scene=scene, note=note, trace=trace
    )
    return page, note


def sheet(
    store: Store, rows: list[int], columns: int, window: str | None = None
) -> tuple[Figure, str]:
    """Time-Doppler maps of many clips of a store.

    Args:
        store: an open store.
        rows: which clips; those that failed are left out.
        columns: side by side.
        window: "paper" or "burst"; None as stored.

    Returns:
        The page, and what was left out, "" where nothing was.

    Raises:
        InputError: none of the clips has maps.
    """
    made = [row for row in rows if store.clips[row].num_frames]
    if not made:
        hint = "build it again to see why, or choose others"
        raise InputError(store.path, "--clip", "all of these clips failed", hint)
    shown = made[:MOST_ON_A_SHEET]
    note = ""
    if len(shown) < len(rows):
        note = f"{len(shown)} of {len(rows)} clips are drawn"
        if len(shown) < len(made):
            note += f"; --clip {shown[-1] + 1}: goes on from there"
    captions = [f"{row}  {store.caption(row) or store.clips[row].id}" for row in shown]
    settings = _settings(store, window)
    maps = [stored_maps(store, row, settings)[0]["time_doppler"] for row in shown]
    axes = heatmap_axes(store.recipe.radar, store.recipe.num_frames, settings)
    title = f"{store.name}: radial speed over time, clips {shown[0]} to {shown[-1]}"
    return sheet_page(maps, axes, captions, title=title, columns=columns), note


def motion_page(
    source: str,
    start_s: float,
    length_s: float,
    table: dict,
    body_models: str | None = None,
    trace: bool = False,
) -> tuple[Figure, str]:
    """A motion file or a built-in activity, simulated on the spot.

    Args:
        source: file or name.
        start_s, length_s: the stretch.
        table: recipe settings.
        body_models: as for a build.
        trace: draw the pelvis' course over the maps.

    Returns:
        The page, and why it is shorter than asked for, "" where it is not.

    Raises:
        InputError: the motion cannot be used.
    """
    made = single_clip.make(source, start_s, length_s, table, body_models)
    recipe, clip = made.recipe, made.clip
    settings = heatmap_settings(recipe)
    axes = heatmap_axes(recipe.radar, recipe.num_frames, settings)
    posed = performed(recipe, clip, made.take, body_models)
    about = f"{start_s:g} to {start_s + recipe.clips.length_s:g} s, body: {posed.body.name}"
    page = clip_page(
        {name: made.arrays[name] for name in HEATMAPS},
        axes,
        title=_joined([clip.take, made.caption]),
        subtitle=_details(recipe.radar, clip, settings, about),
        scene=scene_of(posed, recipe, clip, axes),
        trace=trace,
    )
    return page, made.note


def _settings(store: Store, window: str | None) -> HeatmapSettings:
    stored = store.attributes
    return HeatmapSettings(window=window or stored["window"], clutter=stored["clutter"])


def stored_maps(
    store: Store, row: int, settings: HeatmapSettings
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A clip's heatmaps and their axes: as stored, or cut again from its IF cube.

    Raises:
        InputError: the clip failed, or another window is wanted and no cube is kept.
    """
    maps = store.maps(row)
    if settings.window == store.attributes["window"]:
        return maps, store.axes()
    cube_v = store.cube_v(row)
    if cube_v is None:
        problem = f"the maps are cut as {store.attributes['window']}, and no IF cubes are kept"
        hint = "leave --window out, or build with --if-cubes on"
        raise InputError(store.path, "--window", problem, hint)
    radar = store.recipe.radar
    made = make_heatmaps(radar, cube_v, settings)
    maps = {name: np.asarray(getattr(made, name)) for name in HEATMAPS}
    return maps, heatmap_axes(radar, len(cube_v), settings)


def _details(radar: Radar, clip: Clip, settings: HeatmapSettings, about: str) -> str:
    """Two lines under the title: where it comes from, and before what it was."""
    start_ghz = radar.chirp.start_freq_hz / 1e9
    end_ghz = start_ghz + radar.chirp.bandwidth_hz / 1e9
    heading_deg, tilt_deg = math.degrees(clip.heading_rad), math.degrees(clip.radar_tilt_rad)
    upper = [
        about,
        f"starts {clip.distance_m:.3g} m ahead{_side(clip.lateral_m)}, heading {heading_deg:.3g}°",
        f"radar {clip.radar_height_m:.3g} m high" + (f", tilt {tilt_deg:.3g}°" if tilt_deg else ""),
    ]
    lower = [
        f"{radar.name} {start_ghz:.1f}-{end_ghz:.1f} GHz",
        f"{clip.num_frames} frames of {radar.frame.period_s * 1e3:.3g} ms",
        f"window: {settings.window}, clutter removed: {settings.clutter}",
    ]
    return "\n".join("   |   ".join(words) for words in (upper, lower))


def _side(lateral_m: float) -> str:
    side = "left" if lateral_m > 0 else "right"
    return f", {abs(lateral_m):.3g} m {side}" if lateral_m else ""


def _joined(parts: list[str]) -> str:
    words = ":  ".join(part for part in parts if part)
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"
