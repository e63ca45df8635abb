"""A take to clips, and a clip to arrays: the way data walks, one function per step.

    take -> motion -> fitted to the body -> placed -> window -> IF cube -> heatmaps -> arrays

`survey` walks as far as the window and tells which clips a take yields; `make_clip` walks all the
way for one of them. Every clip is simulated with the recipe's full number of frames, so a worker
compiles once; a shorter one holds its last pose, and what follows it is cut off again.
"""

import functools
import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from pipelines.blueprint import heatmap_settings, num_poses
from pipelines.plan import DRAWN, Clip, Note, Survey, clip_seed, draw, draw_placement
from pipelines.recipe import Recipe
from pipelines.schema import FLOOR_DB, HEATMAPS
from pipelines.sources import Take, TakeChanged
from radarsim import files
from radarsim.body import BodyModel, fit_pose, skin, subdivide
from radarsim.config import Radar
from radarsim.errors import InputError
from radarsim.frame import Settings
from radarsim.heatmaps import make_heatmaps, num_columns
from radarsim.levels import anchored_reflectivity
from radarsim.motion import Motion, body_joints, cut_motion, sample_motion
from radarsim.noise import to_codes
from radarsim.placement import ActivityArea, Placement, place
from radarsim.retarget import Fitted, fit_to_body
from radarsim.simulate import burst_times_s, frames_in, simulate_motion

UNUSABLE = "motions could not be used"
TOO_SHORT = "clips were too short"
OUTSIDE = "clips lay outside the area"
CUT = "clips were cut where the subject left the area"

NUM_BETAS = 16
# From SMPL's rest pose to standing: left and right shoulder about the axis ahead.
_ARMS_DOWN_RAD = {16: -1.3, 17: 1.3}


def survey(recipe: Recipe, take: Take, body_models: str | None = None) -> Survey:
    """The clips that a take yields, and what it does not yield, counted by cause.

    Args:
        recipe: the dataset.
        take: any source's.
        body_models: folder or file of body models; None for the free body.

    Returns:
        Clips without row, shard and split, and notes for the closing summary.
    """
    try:
        sha256 = take.sha256()
        motion = _fitted(take, sha256, recipe, body_models)[0].motion
    except InputError as error:
        return Survey(notes=(Note(cause=UNUSABLE, line=str(error)),))
    clips, notes = [], []
    for window in range(max(1, math.ceil(motion.duration_s / recipe.clips.stride_s - 1e-9))):
        for variant in range(recipe.placements.per_clip):
            clip = _draft(recipe, take, sha256, window, variant)
            num_frames, cause = _usable_frames(recipe, clip, motion)
            notes += [Note(cause=cause)] if cause else []
            clips += [replace(clip, num_frames=num_frames)] if num_frames else []
    return Survey(clips=tuple(clips), notes=tuple(notes))


def make_clip(
    recipe: Recipe,
    clip: Clip,
    take: Take,
    *,
    body_models: str | None = None,
    keep_cubes: bool = False,
) -> dict[str, np.ndarray]:
    """One clip's arrays, named and shaped as `schema.store_arrays` says.

    Args:
        recipe: the dataset.
        clip: of its plan.
        take: the clip's.
        body_models: as for `survey`.
        keep_cubes: whether the store holds IF cubes.

    Returns:
        Values by array name.

    Raises:
        TakeChanged: the take is not what it was when the plan was made.
        InputError: the clip cannot be simulated.
    """
    fitted, body = _unchanged(recipe, clip, take, body_models)
    window = _window(recipe, clip, fitted.motion)
    cube_v = _if_cube(recipe, clip, fitted, body, window, body_models)
    arrays = _heatmaps(recipe, clip, cube_v)
    if keep_cubes:
        arrays["if_cube"] = _stored_cube(recipe, clip, cube_v)
    if recipe.keep.motion:
        arrays |= _kept_motion(recipe, fitted, window)
    return arrays


def _draft(recipe: Recipe, take: Take, sha256: str, window: int, variant: int) -> Clip:
    clip_id = f"{take.id}#{window:03d}.{variant}"
    whole_take = recipe.placements.scope == "sequence"
    return Clip(
        id=clip_id,
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        official_split=take.official_split,
        take_sha256=sha256,
        start_s=window * recipe.clips.stride_s,
        sigma_rad=draw(recipe, "sigma_rad", recipe.simulation.sigma_rad, clip_id),
        seed=clip_seed(recipe, clip_id),
        **draw_placement(recipe, f"{take.id}.{variant}" if whole_take else clip_id),
    )


def _usable_frames(recipe: Recipe, clip: Clip, motion: Motion) -> tuple[int, str]:
    """Radar frames the clip can have, 0 if too few, and what was lost, if anything."""
    window = _window(recipe, clip, motion)
    there = min(recipe.num_frames, frames_in(recipe.radar, window.duration_s))
    if there < recipe.clips.min_frames:
        return 0, TOO_SHORT
    area = recipe.area
    area = ActivityArea(near_m=area.near_m, far_m=area.far_m, half_width_m=area.half_width_m)
    inside_s = (area.inside(window) - 1) / window.rate_hz
    inside = min(there, frames_in(recipe.radar, inside_s))
    if inside < recipe.clips.min_frames:
        return 0, OUTSIDE
    return inside, CUT if inside < there else ""


def _unchanged(
    recipe: Recipe, clip: Clip, take: Take, body_models: str | None
) -> tuple[Fitted, BodyModel]:
    """The take as the plan saw it."""
    try:
        if take.sha256() != clip.take_sha256:
            hint = "put the old file back, or build a new store"
            raise InputError(take.id, "file", "changed since the plan was made", hint)
        return _fitted(take, clip.take_sha256, recipe, body_models)
    except InputError as error:
        raise TakeChanged(error.where, error.field, error.problem, error.hint) from None


# One take at a time: its clips follow each other, and a long one is large.
@functools.lru_cache(maxsize=1)
def _fitted(
    take: Take, sha256: str, recipe: Recipe, body_models: str | None
) -> tuple[Fitted, BodyModel]:
    """The take's motion on its subject's body; `sha256` keeps old versions apart."""
    del sha256
    motion = take.load()
    body = _body(body_models, motion.gender, recipe.simulation.max_edge_m)
    return fit_to_body(motion, body), body


@functools.lru_cache(maxsize=4)
def _body(body_models: str | None, gender: str, max_edge_m: float) -> BodyModel:
    body = files.load_body(body_models, gender) if body_models else files.free_body()
    return subdivide(body, max_edge_m) if max_edge_m else body


def _window(recipe: Recipe, clip: Clip, motion: Motion) -> Motion:
    """The clip's stretch of its take, placed before the radar."""
    placement = _placement(clip)
    first = round(clip.start_s * motion.rate_hz)
    window = cut_motion(motion, first, _poses_for(recipe.radar, recipe.num_frames, motion.rate_hz))
    if recipe.placements.scope == "clip" or first == 0:
        return place(window, placement)
    # The first pose of the take decides where all of it goes.
    both = _joined(cut_motion(motion, 0, 1), window)
    return cut_motion(place(both, placement), 1, both.num_poses)


def _placement(clip: Clip) -> Placement:
    return Placement(**{name: getattr(clip, name) for name in DRAWN})


def _poses_for(radar: Radar, num_frames: int, rate_hz: float) -> int:
    """Poses that reach the end of the last frame's burst."""
    last_s = float(burst_times_s(radar, 1).max()) + (num_frames - 1) * radar.frame.period_s
    return math.ceil(last_s * rate_hz) + 2


def _joined(first: Motion, then: Motion) -> Motion:
    return replace(
        then,
        poses_rad=np.concatenate([first.poses_rad, then.poses_rad]),
        transl_m=np.concatenate([first.transl_m, then.transl_m]),
    )


def _held(recipe: Recipe, clip: Clip, window: Motion) -> Motion:
    """The clip's own poses; then the last one, for as long as a full clip lasts."""
    own = cut_motion(window, 0, _poses_for(recipe.radar, clip.num_frames, window.rate_hz))
    missing = _poses_for(recipe.radar, recipe.num_frames, window.rate_hz) - own.num_poses
    last = cut_motion(own, own.num_poses - 1, 1)
    still = replace(
        last,
        poses_rad=np.repeat(last.poses_rad, missing, axis=0),
        transl_m=np.repeat(last.transl_m, missing, axis=0),
    )
    return _joined(own, still)


def _if_cube(
    recipe: Recipe,
    clip: Clip,
    fitted: Fitted,
    body: BodyModel,
    window: Motion,
    body_models: str | None,
) -> jax.Array:
    """Volts at the ADC [frame, chirp, tx, rx, sample]; frames past the clip's end mean nothing."""
    how = recipe.simulation
    settings = Settings(
        visibility=how.visibility,
        visibility_blocks=how.visibility_blocks,
        thermal_noise=how.noise,
        quantise=how.quantise,
    )
    return simulate_motion(
        recipe.radar,
        body,
        _held(recipe, clip, window),
        _placement(clip),
        _key(clip.seed),
        settings,
        num_frames=recipe.num_frames,
        betas=fitted.betas,
        scale=fitted.body_scale,
        sigma_rad=clip.sigma_rad,
        reflectivity=_reflectivity(
            recipe.radar, body_models, window.gender, how.max_edge_m, clip.sigma_rad
        ),
    )


def _key(seed: int) -> jax.Array:
    """All 63 bits of the seed count, though JAX takes 32 at a time."""
    return jax.random.fold_in(jax.random.key(seed >> 32), seed & 0xFFFFFFFF)


@functools.lru_cache(maxsize=64)
def _reflectivity(
    radar: Radar, body_models: str | None, gender: str, max_edge_m: float, sigma_rad: float
) -> float:
    """The level constant of a model's mean body, standing with its arms down."""
    body = _body(body_models, gender, max_edge_m)
    pose_rad = np.zeros((24, 3), np.float32)
    for joint, angle_rad in _ARMS_DOWN_RAD.items():
        pose_rad[joint, 2] = angle_rad
    pose_rad[0, 0] = np.pi / 2  # from y up to z up
    pose_rad = fit_pose(jnp.asarray(pose_rad), "smpl", body)
    standing_m = skin(body, jnp.zeros(body.num_betas), pose_rad, jnp.zeros(3))
    return anchored_reflectivity(radar, np.asarray(standing_m), np.asarray(body.faces), sigma_rad)


def _heatmaps(recipe: Recipe, clip: Clip, cube_v: jax.Array) -> dict[str, np.ndarray]:
    settings = heatmap_settings(recipe)
    if clip.num_frames < recipe.num_frames:
        # The clip's own mean in place of frames past its end leaves that mean, the clutter, as is.
        own = (np.arange(recipe.num_frames) < clip.num_frames)[:, None, None, None, None]
        mean_v = jnp.sum(jnp.where(own, cube_v, 0), axis=0) / clip.num_frames
        cube_v = jnp.where(own, cube_v, mean_v)
    maps = make_heatmaps(recipe.radar, cube_v, settings)
    columns = num_columns(recipe.radar, clip.num_frames, settings)
    arrays = {name: _stored_map(getattr(maps, name), columns) for name in HEATMAPS}
    counts = {"num_frames": clip.num_frames, "num_columns": columns}
    return arrays | {name: np.int32(count) for name, count in counts.items()}


def _stored_map(map_db: jax.Array, columns: int) -> np.ndarray:
    stored = np.maximum(np.asarray(map_db), FLOOR_DB).astype(np.float16)
    stored[columns:] = FLOOR_DB
    return stored


def _stored_cube(recipe: Recipe, clip: Clip, cube_v: jax.Array) -> np.ndarray:
    if recipe.simulation.quantise:
        stored = np.array(to_codes(recipe.radar, cube_v))
    else:
        cube_v = np.asarray(cube_v)
        stored = np.stack([cube_v.real, cube_v.imag], axis=-1)
    stored[clip.num_frames :] = 0
    return stored


def _kept_motion(recipe: Recipe, fitted: Fitted, window: Motion) -> dict[str, np.ndarray]:
    """The placed motion at the kept rate; a short clip holds its last pose."""
    joints = replace(window, poses_rad=body_joints(window), layout="smpl")
    times_s = np.arange(num_poses(recipe)) / recipe.keep.motion_rate_hz
    poses_rad, transl_m = sample_motion(joints, np.minimum(times_s, window.duration_s))
    betas = np.zeros(NUM_BETAS)
    betas[: len(fitted.betas)] = fitted.betas[:NUM_BETAS]
    values = {
        "poses": poses_rad,
        "transl": transl_m,
        "betas": betas,
        "body_scale": fitted.body_scale,
        "pose_rate_hz": recipe.keep.motion_rate_hz,
    }
    return {name: np.asarray(value, np.float32) for name, value in values.items()}
