"""Simulate a clip and compute its arrays for the store, with one function per stage.

    take -> fitted to the body -> placed window -> IF cube -> heatmaps, points, frame maps -> arrays

Every clip is simulated with the number of frames of a full clip, so a worker compiles only once. A
shorter clip is padded with its last pose, and the frames after the end of the clip are discarded.
"""

from dataclasses import replace

import jax
import numpy as np

from pipelines.frame_arrays import arrays_of_frames
from pipelines.joint_arrays import arrays_of_joints
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.schema import FLOOR_DB
from pipelines.sources import Take, unchanged
from pipelines.store_spec import heatmap_settings, heatmaps_of, num_poses
from pipelines.subjects import (
    FittedTake,
    concatenated,
    fit_take,
    placed_window,
    poses_for,
    radar_pose_of,
    reflectivity,
    subject_of,
)
from radarsim.detection.frame_products import own_clutter_v
from radarsim.heatmaps.heatmaps import HeatmapSettings, make_heatmaps, num_columns
from radarsim.scattering.reflection import PhysicalOptics, QuasiSpecular, ReflectionModel
from radarsim.scene.motion import Motion, body_joints, cut_motion, sample_motion
from radarsim.scene.retarget import FittedMotion
from radarsim.scene.scene import Scene
from radarsim.signal.noise_and_adc import to_codes
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import simulate

NUM_BETAS = 16


def make_clip(
    recipe: Recipe,
    clip: Clip,
    take: Take,
    *,
    body_models: str | None = None,
    keep_cubes: bool = False,
) -> dict[str, np.ndarray]:
    """Simulate one clip and compute its arrays, specified by `schema.store_arrays`.

    Args:
        recipe: recipe of the dataset.
        clip: a clip of the plan.
        take: take from which the clip is cut.
        body_models: folder or file of body models; None for the free body.
        keep_cubes: whether IF cubes are saved in the store.

    Returns:
        Values of the arrays, keyed by array name.

    Raises:
        TakeChanged: the take has changed since the plan was made.
        InputError: the clip cannot be simulated.
    """
    # Poses may be read from the file only within this context.
    with unchanged(take, clip.take_sha256):
        fitted_take = fit_take(take, clip.take_sha256, recipe, body_models)
        window = placed_window(recipe, clip, fitted_take.fitted.motion)
    scene = _scene(recipe, clip, fitted_take, window)
    cube_v = _if_cube(recipe, clip, scene, _reflection(recipe, clip, fitted_take))
    arrays = arrays_of_cube(recipe, clip, cube_v, keep_cubes=keep_cubes)
    if recipe.keep.motion:
        arrays |= _kept_motion(recipe, clip, fitted_take.fitted, window)
    if recipe.keep.joints:
        arrays |= arrays_of_joints(recipe, clip, scene)
    return arrays


def arrays_of_cube(
    recipe: Recipe, clip: Clip, cube_v: jax.Array, *, keep_cubes: bool
) -> dict[str, np.ndarray]:
    """Compute the arrays saved in the store from an IF cube, simulated or recorded.

    Args:
        recipe: recipe of the dataset.
        clip: the clip; frames beyond its `num_frames` are ignored.
        cube_v: IF cube in volts at the ADC [frame, chirp, tx, rx, sample], with all frames of a
            full clip.
        keep_cubes: whether IF cubes are saved in the store.

    Returns:
        Values of the arrays, keyed by array name.
    """
    arrays = _heatmaps(recipe, clip, cube_v)
    if keep_cubes:
        arrays["if_cube"] = _stored_cube(recipe, clip, cube_v)
    return arrays | arrays_of_frames(recipe, clip, cube_v)


def _extended(recipe: Recipe, clip: Clip, window: Motion) -> Motion:
    """Return the poses of a clip, padded with the last pose to the length of a full clip."""
    own = cut_motion(window, 0, poses_for(recipe.radar, clip.num_frames, window.rate_hz))
    missing = poses_for(recipe.radar, recipe.num_frames, window.rate_hz) - own.num_poses
    last = cut_motion(own, own.num_poses - 1, 1)
    still = replace(
        last,
        poses_rad=np.repeat(last.poses_rad, missing, axis=0),
        transl_m=np.repeat(last.transl_m, missing, axis=0),
    )
    return concatenated(own, still)


def _scene(recipe: Recipe, clip: Clip, take: FittedTake, window: Motion) -> Scene:
    """The clip's subject, posed for the frames of a full clip, in front of its radar."""
    subject = subject_of(take, _extended(recipe, clip, window))
    return Scene([subject], radar_pose_of(clip))


def _if_cube(recipe: Recipe, clip: Clip, scene: Scene, reflection: ReflectionModel) -> jax.Array:
    """IF cube in volts at the ADC [frame, chirp, tx, rx, sample]; invalid after the clip's end."""
    options = recipe.simulation
    settings = SimulationSettings(
        method=options.method,
        visibility=options.visibility,
        visibility_blocks=options.visibility_blocks,
        thermal_noise=options.noise,
        quantise=options.quantise,
    )
    return simulate(
        recipe.radar,
        scene,
        _key(clip.seed),
        reflection,
        settings,
        num_frames=recipe.num_frames,
        extra_noise_db=clip.extra_noise_db,
    )


def _reflection(recipe: Recipe, clip: Clip, take: FittedTake) -> ReflectionModel:
    """Return the reflection model; the level of "paper" is anchored for the body and lobe width."""
    if recipe.simulation.reflection == "body":
        return PhysicalOptics()
    level = reflectivity(recipe.radar, take.body_key, clip.sigma_rad)
    return QuasiSpecular(clip.sigma_rad, level)


def _key(seed: int) -> jax.Array:
    """JAX random key from all 63 bits of the seed; JAX accepts only 32 bits at a time."""
    return jax.random.fold_in(jax.random.key(seed >> 32), seed & 0xFFFFFFFF)


def _heatmaps(recipe: Recipe, clip: Clip, cube_v: jax.Array) -> dict[str, np.ndarray]:
    settings = heatmap_settings(recipe)
    cube_v, settings = _own_clutter_removed(cube_v, clip.num_frames, settings)
    maps = make_heatmaps(recipe.radar, cube_v, settings)
    columns = num_columns(recipe.radar, clip.num_frames, settings)
    names = heatmaps_of(recipe)
    arrays = {name: _stored_map(getattr(maps, name), columns) for name in names}
    counts = {"num_frames": clip.num_frames, "num_columns": columns}
    return arrays | {name: np.int32(count) for name, count in counts.items()}


def _own_clutter_removed(
    cube_v: jax.Array, num_frames: int, settings: HeatmapSettings
) -> tuple[jax.Array, HeatmapSettings]:
    """Remove the static echoes of a short clip, estimated from its own frames only.

    Returns:
        The cube, and the settings for the remaining steps.
    """
    if num_frames == len(cube_v) or settings.clutter not in ("median", "clip"):
        return cube_v, settings
    cube_v = cube_v - own_clutter_v(cube_v, num_frames, settings.clutter)
    return cube_v, replace(settings, clutter="none")


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


def _kept_motion(
    recipe: Recipe, clip: Clip, fitted: FittedMotion, window: Motion
) -> dict[str, np.ndarray]:
    """Return the placed motion at the saved pose rate; the last pose of a short clip is held."""
    joints = replace(window, poses_rad=body_joints(window), layout="smpl")
    times_s = np.arange(num_poses(recipe)) / recipe.keep.motion_rate_hz
    end_s = min(window.duration_s, clip.num_frames * recipe.radar.frame.period_s)
    poses_rad, transl_m = sample_motion(joints, np.minimum(times_s, end_s))
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
