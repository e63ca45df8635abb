"""The body that a clip shows, posed for a picture."""

from dataclasses import asdict, dataclass

import jax.numpy as jnp
import numpy as np

from builders.sources.motion_lookup import Sources, take_of
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.sources import Take
from pipelines.store_reader import Store
from pipelines.subjects import fitted_subject, placed_window, placement_of
from radarsim.errors import InputError
from radarsim.files import free_body, load_body
from radarsim.plots.scene import ScenePicture, strip_moments_s
from radarsim.scene.body import BodyModel, fit_pose, joint_positions, skin
from radarsim.scene.motion import Motion, sample_motion
from radarsim.scene.placement import ActivityArea

_PATH_RATE_HZ = 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Posed:
    """A placed motion and the body it moves."""

    motion: Motion
    body: BodyModel
    betas: np.ndarray
    scale: float


def stored_scene(store: Store, row: int, sources: Sources, axes: dict) -> ScenePicture:
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
    if store.recorded:
        problem = "a radar recorded this, and no body was seen"
        raise InputError(clip.id, "body", problem, "its maps are all there is")
    if recipe.body != "free" and not sources.body_models:
        problem = "the store was made with body models"
        raise InputError(clip.id, "body", problem, "give --body-models to see it")
    if store.has("poses"):
        posed = _kept(store, row, sources)
    else:
        posed = performed(recipe, clip, take_of(recipe, clip, sources), sources.body_models)
    return scene_of(posed, recipe, clip, axes)


def performed(recipe: Recipe, clip: Clip, take: Take, body_models: str | None) -> Posed:
    """A clip's stretch of its take, read or performed once more and placed as it was.

    Raises:
        InputError: the take cannot be used, or is another one by now.
    """
    sha256 = take.sha256()
    if sha256 != clip.take_sha256:
        problem = f"{take.id} is not what it was when the store was built"
        raise InputError(clip.id, "body", problem, "build the store again to see it")
    subject = fitted_subject(take, sha256, recipe, body_models)
    return Posed(
        motion=placed_window(recipe, clip, subject.fitted.motion),
        body=subject.body,
        betas=subject.fitted.betas,
        scale=subject.fitted.body_scale,
    )


def scene_of(posed: Posed, recipe: Recipe, clip: Clip, axes: dict) -> ScenePicture:
    """The body at the moments of the strip, and the pelvis all along.

    Args:
        posed: what moves.
        recipe: its radar gives the clip's length, its area the floor.
        clip: how long it is, and where its radar stands.
        axes: of the heatmaps, whose times the strip spans.

    Returns:
        The scene.
    """
    last_s = min(clip.num_frames * recipe.radar.frame.period_s, posed.motion.duration_s)
    times_s = np.arange(0.0, last_s + 1e-9, 1 / _PATH_RATE_HZ)
    times_s = np.minimum(times_s, posed.motion.duration_s)
    moments_s = strip_moments_s(axes["time_s"][0], min(axes["time_s"][-1], last_s))
    return ScenePicture(
        vertices_m=np.asarray(skin(*_at(posed, moments_s))),
        moments_s=moments_s,
        faces=np.asarray(posed.body.faces),
        pelvis_m=np.asarray(joint_positions(*_at(posed, times_s)), np.float64)[:, 0],
        pelvis_times_s=times_s,
        placement=placement_of(clip),
        area=ActivityArea(**asdict(recipe.area)),
    )


def _at(posed: Posed, times_s: np.ndarray):
    poses_rad, transl_m = sample_motion(posed.motion, times_s)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), posed.motion.layout, posed.body)
    betas = jnp.asarray(posed.betas, jnp.float32)
    return posed.body, betas, poses_rad, jnp.asarray(transl_m, jnp.float32), posed.scale


def _kept(store: Store, row: int, sources: Sources) -> Posed:
    """Poses as the store keeps them, on the body they were placed with."""
    body = _body(store.clips[row], sources)
    motion = Motion(
        poses_rad=store.array("poses", row).astype(np.float64),
        transl_m=store.array("transl", row).astype(np.float64),
        rate_hz=float(store.array("pose_rate_hz", row)),
        shape_space=body.shape_space,
    )
    betas, kept = np.zeros(body.num_betas), store.array("betas", row)
    count = min(len(betas), len(kept))
    betas[:count] = kept[:count]
    scale = float(store.array("body_scale", row))
    return Posed(motion=motion, body=body, betas=betas, scale=scale)


def _body(clip: Clip, sources: Sources) -> BodyModel:
    if not sources.body_models:
        return free_body()
    # As AMASS names its SMPL-X files; SMPL and SMPL-H have their pelvis in the same place.
    layout = "smplx" if clip.take.endswith("_stageii") else "smplh"
    return load_body(sources.body_models, clip.gender or "neutral", layout)
