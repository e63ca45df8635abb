"""Posed body of a clip in front of the radar, for a figure."""

from dataclasses import asdict, dataclass

import jax.numpy as jnp
import numpy as np

from builders.sources.motion_lookup import MotionPaths, find_source_take
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


def stored_scene(store: Store, row: int, paths: MotionPaths, axes: dict) -> ScenePicture:
    """Pose the body of a stored clip from its stored poses, or else from its source motion.

    Args:
        store: store of the clip.
        row: row of the clip.
        paths: paths of the motions and body models.
        axes: axes of its heatmaps.

    Returns:
        The scene.

    Raises:
        InputError: the body cannot be shown; states the reason.
    """
    clip, recipe = store.clips[row], store.recipe
    if store.recorded:
        problem = "the clip is a recording without motion capture"
        raise InputError(clip.id, "body", problem, "only its heatmaps can be drawn")
    if recipe.body != "free" and not paths.body_models:
        problem = "the store was built with body models"
        raise InputError(clip.id, "body", problem, "give --body-models to draw it")
    if store.has("poses"):
        posed = _kept(store, row, paths)
    else:
        posed = performed(recipe, clip, find_source_take(recipe, clip, paths), paths.body_models)
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
    """Pose the body at the times of the strip, and the pelvis over the whole clip.

    Args:
        posed: placed motion and body.
        recipe: gives the frame period and the activity area.
        clip: gives the number of frames and the placement of the radar.
        axes: axes of the heatmaps; the strip spans their times.

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


def _kept(store: Store, row: int, paths: MotionPaths) -> Posed:
    """Poses as the store keeps them, on the body they were placed with."""
    body = _body(store.clips[row], paths)
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


def _body(clip: Clip, paths: MotionPaths) -> BodyModel:
    if not paths.body_models:
        return free_body()
    # AMASS names its SMPL-X files so; SMPL and SMPL-H have the pelvis at the same point.
    layout = "smplx" if clip.take.endswith("_stageii") else "smplh"
    return load_body(paths.body_models, clip.gender or "neutral", layout)
