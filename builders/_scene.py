"""The body that a clip shows, posed for a picture."""

import re
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from builders._stored import Store
from builders._takes import RATE_HZ, BuiltInTake, amass_takes, file_takes
from pipelines.recipe import Recipe
from pipelines.sources import Take
from radarsim.body import BodyModel, fit_pose, joint_positions, skin
from radarsim.errors import InputError
from radarsim.files import free_body, load_body
from radarsim.motion import Motion, cut_motion, sample_motion
from radarsim.placement import ActivityArea, Placement, place
from radarsim.plots_scene import Scene, strip_moments_s
from radarsim.retarget import fit_to_body

_BUILT_IN = re.compile(r"built-in/subject(\d+)/(.+)_(\d+)")
_PATH_RATE_HZ = 60.0


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the motions and bodies of a store lie, as its build was told.

    Attributes:
        amass, motions, body_models: as the options of `builders.amass`.
    """

    amass: str | None = None
    motions: tuple[str, ...] = ()
    body_models: str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Posed:
    """A placed motion and the body it moves."""

    motion: Motion
    body: BodyModel
    betas: np.ndarray
    scale: float


def stored_scene(store: Store, row: int, sources: Sources, axes: dict) -> Scene:
    """The body of a stored clip: from its kept poses, or from its source once more.

    Args:
        store: where the clip is.
        row: which.
        sources: where files lie.
        axes: of its heatmaps.

    Returns:
        The scene.

    Raises:
        InputError: why there is no body to be shown.
    """
    clip, recipe = store.clips[row], store.recipe
    if recipe.body != "free" and not sources.body_models:
        problem = "the store was made with body models"
        raise InputError(clip["id"], "body", problem, "give --body-models to see it")
    kept = store.has("poses")
    posed = _kept(store, row, sources) if kept else _again(recipe, clip, sources)
    return scene_of(posed, recipe, placement_of(clip), clip["num_frames"], axes)


def placement_of(clip: dict) -> Placement:
    """The placement in a row of the clips table."""
    names = ("distance_m", "lateral_m", "heading_rad", "radar_height_m", "radar_tilt_rad")
    return Placement(**{name: clip[name] for name in names})


def scene_of(
    posed: Posed, recipe: Recipe, placement: Placement, num_frames: int, axes: dict
) -> Scene:
    """The body at the moments of the strip, and the pelvis all along.

    Args:
        posed: what moves.
        recipe: its radar gives the clip's length, its area the floor.
        placement: of the radar.
        num_frames: of the clip.
        axes: of the heatmaps, whose times the strip spans.

    Returns:
        The scene.
    """
    last_s = min(num_frames * recipe.radar.frame.period_s, posed.motion.duration_s)
    times_s = np.arange(0.0, last_s + 1e-9, 1 / _PATH_RATE_HZ)
    times_s = np.minimum(times_s, posed.motion.duration_s)
    moments_s = strip_moments_s(axes["time_s"][0], min(axes["time_s"][-1], last_s))
    area = recipe.area
    return Scene(
        vertices_m=np.asarray(skin(*_at(posed, moments_s))),
        moments_s=moments_s,
        faces=np.asarray(posed.body.faces),
        pelvis_m=np.asarray(joint_positions(*_at(posed, times_s)), np.float64)[:, 0],
        pelvis_times_s=times_s,
        placement=placement,
        area=ActivityArea(near_m=area.near_m, far_m=area.far_m, half_width_m=area.half_width_m),
    )


def kept_motion(arrays: dict[str, np.ndarray], body: BodyModel) -> Posed:
    """Poses as a store keeps them, on the body they were placed with."""
    motion = Motion(
        poses_rad=np.asarray(arrays["poses"], np.float64),
        transl_m=np.asarray(arrays["transl"], np.float64),
        rate_hz=float(arrays["pose_rate_hz"]),
        shape_space=body.shape_space,
    )
    betas = np.zeros(body.num_betas)
    count = min(len(betas), len(arrays["betas"]))
    betas[:count] = arrays["betas"][:count]
    return Posed(motion=motion, body=body, betas=betas, scale=float(arrays["body_scale"]))


def _at(posed: Posed, times_s: np.ndarray):
    poses_rad, transl_m = sample_motion(posed.motion, times_s)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), posed.motion.layout, posed.body)
    betas = jnp.asarray(posed.betas, jnp.float32)
    return posed.body, betas, poses_rad, jnp.asarray(transl_m, jnp.float32), posed.scale


def _kept(store: Store, row: int, sources: Sources) -> Posed:
    names = ("poses", "transl", "betas", "body_scale", "pose_rate_hz")
    arrays = {name: store.array(name, row) for name in names}
    # Which gender's model it was, the store does not tell.
    return kept_motion(arrays, _body(sources, "neutral"))


def _again(recipe: Recipe, clip: dict, sources: Sources) -> Posed:
    """The clip's stretch of its take, read or performed once more and placed as it was."""
    take = _take(recipe, clip, sources)
    if take.sha256() != clip["take_sha256"]:
        problem = f"{take.id} is not what it was when the store was built"
        raise InputError(clip["id"], "body", problem, "build the store again to see it")
    motion = take.load()
    body = _body(sources, motion.gender)
    fitted = fit_to_body(motion, body)
    motion, placement = fitted.motion, placement_of(clip)
    if recipe.placements.scope == "sequence":
        motion = place(motion, placement)
    first = round(clip["start_s"] * motion.rate_hz)
    length_s = clip["num_frames"] * recipe.radar.frame.period_s
    motion = cut_motion(motion, first, int(np.ceil(length_s * motion.rate_hz)) + 2)
    if recipe.placements.scope == "clip":
        motion = place(motion, placement)
    return Posed(motion=motion, body=body, betas=fitted.betas, scale=fitted.body_scale)


def _take(recipe: Recipe, clip: dict, sources: Sources) -> Take:
    built_in = _BUILT_IN.fullmatch(clip["take"])
    if built_in and clip["source"] == "built-in":
        return BuiltInTake(
            activity=built_in[2],
            subject_number=int(built_in[1]),
            repeat=int(built_in[3]),
            seed=recipe.seed,
            duration_s=recipe.clips.length_s + 1 / RATE_HZ,
        )
    takes = amass_takes(sources.amass) if sources.amass else []
    takes += file_takes(sources.motions)[0]
    for take in takes:
        if take.id == clip["take"]:
            return take
    option = "--amass" if clip["source"].startswith("AMASS") else "--motions"
    problem = f"the store keeps no poses, and {clip['take']} was not found"
    raise InputError(clip["id"], "body", problem, f"give {option} as for its build to see it")


def _body(sources: Sources, gender: str) -> BodyModel:
    return load_body(sources.body_models, gender) if sources.body_models else free_body()
