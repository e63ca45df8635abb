"""Place the posed body of a clip in front of the radar, for a figure."""

from collections.abc import Sequence
from dataclasses import asdict

import jax.numpy as jnp
import numpy as np

from builders.sources.motion_lookup import MotionPaths, find_source_take
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.sources import GroupTake, Take
from pipelines.store_reader import Store
from pipelines.subjects import (
    fit_take,
    other_people,
    placed_window,
    radar_pose_of,
    subject_of,
)
from radarsim.errors import InputError
from radarsim.files import free_body, load_body
from radarsim.plots.mesh import OtherBody
from radarsim.plots.scene import ScenePicture, strip_moments_s
from radarsim.scene.body import BodyModel, fit_pose, joint_positions, skin
from radarsim.scene.motion import Motion, sample_motion
from radarsim.scene.placement import ActivityArea
from radarsim.scene.retarget import FittedMotion
from radarsim.scene.subject import Subject

# Rate at which the path of the pelvis is sampled.
_PATH_RATE_HZ = 60.0


def stored_scene(
    store: Store,
    row: int,
    paths: MotionPaths,
    axes: dict,
    moments_s: np.ndarray | None = None,
) -> ScenePicture:
    """Pose the body of a stored clip with the stored poses or else with the source motion.

    Args:
        store: store that contains the clip.
        row: row of the clip.
        paths: paths of the motions and body models.
        axes: axes of the clip's heatmaps.
        moments_s: times of the drawn bodies [s]; None for those in the strip above the heatmaps.

    Returns:
        The scene.

    Raises:
        InputError: the body cannot be shown; the message states the reason.
    """
    clip, recipe = store.clips[row], store.recipe
    if store.recorded:
        problem = "the clip is a recording without motion capture"
        raise InputError(clip.id, "body", problem, "only its heatmaps can be drawn")
    if recipe.body != "free" and not paths.body_models:
        problem = "the store was built with body models"
        raise InputError(clip.id, "body", problem, "give --body-models to draw it")
    others: list[Subject] = []
    if clip.others or not store.has("poses"):
        take = find_source_take(recipe, clip, paths)
        others = _other_subjects(recipe, clip, take, paths.body_models)
    if store.has("poses"):
        subject = _stored_subject(store, row, paths)
    else:
        subject = source_subject(recipe, clip, take, paths.body_models)
    return scene_of(subject, recipe, clip, axes, moments_s, others)


def _other_subjects(recipe: Recipe, clip: Clip, take: Take, body_models: str | None):
    """The further people of a clip, recreated from their source motions."""
    takes = take.others if isinstance(take, GroupTake) else ()
    return [subject_of(*each) for each in other_people(recipe, clip, takes, body_models)]


def source_subject(recipe: Recipe, clip: Clip, take: Take, body_models: str | None) -> Subject:
    """Recreate the subject of a clip from the source motion, with the placement in the store.

    Raises:
        InputError: the take cannot be used, or has changed since the store was built.
    """
    sha256 = take.sha256()
    if sha256 != clip.take_sha256:
        problem = f"{take.id} has changed since the store was built"
        raise InputError(clip.id, "body", problem, "build the store again to draw it")
    fitted_take = fit_take(take, sha256, recipe, body_models)
    return subject_of(fitted_take, placed_window(recipe, clip, fitted_take.fitted.motion))


def scene_of(
    subject: Subject,
    recipe: Recipe,
    clip: Clip,
    axes: dict,
    moments_s: np.ndarray | None = None,
    others: Sequence[Subject] = (),
) -> ScenePicture:
    """Compute body poses at a few times, and the pelvis path over the whole clip.

    Args:
        subject: placed motion and body.
        recipe: recipe, which gives the frame period and the activity area.
        clip: clip, which gives the number of frames and the radar placement.
        axes: axes of the heatmaps; the strip covers the time span of the heatmaps.
        moments_s: times of the drawn bodies [s]; None for those in the strip above the heatmaps.
        others: further people in the clip.

    Returns:
        The scene.
    """
    last_s = min(clip.num_frames * recipe.radar.frame.period_s, subject.motion.duration_s)
    times_s = np.arange(0.0, last_s + 1e-9, 1 / _PATH_RATE_HZ)
    times_s = np.minimum(times_s, subject.motion.duration_s)
    if moments_s is None:
        moments_s = strip_moments_s(axes["time_s"][0], min(axes["time_s"][-1], last_s))
    posed_s = np.minimum(moments_s, subject.motion.duration_s)
    return ScenePicture(
        vertices_m=np.asarray(skin(*_at(subject, posed_s))),
        moments_s=moments_s,
        faces=np.asarray(subject.body.faces),
        pelvis_m=np.asarray(joint_positions(*_at(subject, times_s)), np.float64)[:, 0],
        pelvis_times_s=times_s,
        radar_pose=radar_pose_of(clip),
        area=ActivityArea(**asdict(recipe.area)),
        others=tuple(_other_body(other, posed_s, times_s) for other in others),
    )


def _other_body(subject: Subject, posed_s: np.ndarray, times_s: np.ndarray) -> OtherBody:
    posed_s, times_s = (np.minimum(each, subject.motion.duration_s) for each in (posed_s, times_s))
    return OtherBody(
        vertices_m=np.asarray(skin(*_at(subject, posed_s))),
        faces=np.asarray(subject.body.faces),
        pelvis_m=np.asarray(joint_positions(*_at(subject, times_s)), np.float64)[:, 0],
    )


def _at(subject: Subject, times_s: np.ndarray):
    fitted = subject.fitted
    poses_rad, transl_m = sample_motion(subject.motion, times_s)
    poses_rad = fit_pose(jnp.asarray(poses_rad, jnp.float32), fitted.motion.layout, subject.body)
    betas = jnp.asarray(fitted.betas, jnp.float32)
    return subject.body, betas, poses_rad, jnp.asarray(transl_m, jnp.float32), fitted.body_scale


def _stored_subject(store: Store, row: int, paths: MotionPaths) -> Subject:
    """The subject of a clip, made from its stored poses and the body used in the build."""
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
    return Subject(FittedMotion(motion, scale, betas), body, placement=None)


def _body(clip: Clip, paths: MotionPaths) -> BodyModel:
    if not paths.body_models:
        return free_body()
    # SMPL-X files in AMASS end in _stageii; SMPL and SMPL-H have the same pelvis position.
    layout = "smplx" if clip.take.endswith("_stageii") else "smplh"
    return load_body(paths.body_models, clip.gender or "neutral", layout)
