"""Picture of the room of a clip with the strongest paths in 3-D, next to the heatmaps."""

from collections.abc import Mapping

import numpy as np

from builders.drawing.scene import scene_of
from pipelines.clip_simulation import scene_of_clip, simulation_settings
from pipelines.clip_surface import surface_of_clip
from pipelines.plan import Clip, radar_of_clip
from pipelines.recipe import Recipe
from pipelines.sources import Take
from radarsim.checked_room_report import room_report
from radarsim.errors import InputError
from radarsim.plots.room import room_page
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.furniture import TriangleMesh


def write_room_picture(
    path: str,
    recipe: Recipe,
    clip: Clip,
    take: Take,
    body_models: str | None,
    heatmaps: tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]],
) -> str:
    """Draw the room of a clip with all people at half time, and the heatmaps of the clip.

    Args:
        path: path of the picture, a .png, .pdf or .svg file.
        recipe: recipe of the clip.
        clip: the clip.
        take: motion take from which the clip is cut.
        body_models: folder or file of body models; None for the free body.
        heatmaps: heatmaps of the clip, and the coordinates of their axes.

    Returns:
        The report of the room as text.

    Raises:
        InputError: the clip is in free space, the take cannot be used, or the picture cannot be
            written.
    """
    if recipe.room.name == "none":
        hint = "omit --room-picture, or give --room"
        raise InputError(clip.id, "room", "is free space, which has no picture", hint)
    scene, settings = scene_of_clip(recipe, clip, take, body_models), simulation_settings(recipe)
    by_surface = recipe.simulation.reflection == "body"
    # The level of the quasi-specular model does not change the levels of the passes.
    model = surface_of_clip(recipe, clip) if by_surface else QuasiSpecular(clip.sigma_rad)
    report = room_report(radar_of_clip(recipe, clip), scene, model, settings)
    middle_s = clip.num_frames * recipe.radar.frame.period_s / 2
    main, *others = scene.subjects
    posed = scene_of(main, recipe, clip, {}, np.array([middle_s]), others)
    bodies = [TriangleMesh(each.vertices_m[0], each.faces) for each in (posed, *posed.others)]
    page = room_page(*heatmaps, scene.room, scene.radar_pose, report, bodies, middle_s)
    try:
        page.savefig(path, bbox_inches="tight")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "--room-picture", problem, "give a writable path") from None
    return str(report)
