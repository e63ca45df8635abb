"""Simulate a clip and compute its arrays for the store, with one function per stage.

    take -> fitted to the body -> placed window -> IF cube -> heatmaps, points, frame maps -> arrays

Every clip is simulated with the number of frames of a full clip, so a worker compiles only once. A
shorter clip is padded with its last pose, and the frames after the end of the clip are discarded.
"""

from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from pipelines.clip_rooms import room_of_clip
from pipelines.clip_surface import surface_of_clip
from pipelines.cube_arrays import arrays_of_cube
from pipelines.joint_arrays import arrays_of_joints
from pipelines.plan import Clip, radar_of_clip
from pipelines.recipe import Recipe
from pipelines.room_arrays import arrays_of_room
from pipelines.sources import GroupTake, Take, unchanged
from pipelines.store_spec import num_poses
from pipelines.subjects import (
    FittedTake,
    concatenated,
    fit_take,
    other_people,
    placed_window,
    poses_for,
    radar_pose_of,
    reflectivity,
    subject_of,
)
from radarsim.input_checks import SimulationInput
from radarsim.multipath.room_plan import scene_room
from radarsim.multipath.room_report import RoomReport
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scene.motion import Motion, body_joints, cut_motion, sample_motion
from radarsim.scene.retarget import FittedMotion
from radarsim.scene.scene import Scene
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import scene_cube, simulate

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
        take: take from which the clip is cut; a `GroupTake` if the clip has further people.
        body_models: folder or file of body models; None for the free body.
        keep_cubes: whether IF cubes are saved in the store.

    Returns:
        Values of the arrays, keyed by array name.

    Raises:
        TakeChanged: the take has changed since the plan was made.
        InputError: the clip cannot be simulated.
    """
    prepared = prepare_clip(recipe, clip, take, body_models)
    cube_v, report = cube_of_clip(recipe, prepared)
    arrays = arrays_of_cube(recipe, clip, cube_v, keep_cubes=keep_cubes)
    arrays |= {} if report is None else arrays_of_room(report)
    return arrays | arrays_of_motion(recipe, prepared)


class PreparedClip(NamedTuple):
    """A clip before the simulation.

    Attributes:
        clip: clip of the plan.
        take: the clip's take, fitted to its body.
        window: placed motion of the clip.
        scene: all people, with poses for the frames of a full clip, in front of the radar.
        reflection: reflection model with its level.
        others: fitted takes of the further people.
    """

    clip: Clip
    take: FittedTake
    window: Motion
    scene: Scene
    reflection: ReflectionModel
    others: tuple[FittedTake, ...] = ()


def prepare_clip(
    recipe: Recipe, clip: Clip, take: Take, body_models: str | None = None
) -> PreparedClip:
    """Read and place the motion of a clip; the arguments and errors are those of `make_clip`."""
    people = _placed(recipe, clip, take, body_models)
    fitted, window = people[0]
    others = tuple(other for other, _ in people[1:])
    scene, reflection = _scene(recipe, clip, people), _reflection(recipe, clip, fitted)
    return PreparedClip(clip, fitted, window, scene, reflection, others)


def scene_of_clip(recipe: Recipe, clip: Clip, take: Take, body_models: str | None = None) -> Scene:
    """Return the scene of a clip without the reflection model, whose level is slow to compute."""
    return _scene(recipe, clip, _placed(recipe, clip, take, body_models))


def _placed(recipe, clip, take, body_models) -> list[tuple[FittedTake, Motion]]:
    """Fitted takes and placed motions of all people of a clip, the main person first."""
    main, others = (take.main, take.others) if isinstance(take, GroupTake) else (take, ())
    # Poses may be read from the file only within this context.
    with unchanged(main, clip.take_sha256):
        fitted = fit_take(main, clip.take_sha256, recipe, body_models)
        first = fitted, placed_window(recipe, clip, fitted.fitted.motion)
    return [first, *other_people(recipe, clip, others, body_models)]


def arrays_of_motion(recipe: Recipe, prepared: PreparedClip) -> dict[str, np.ndarray]:
    """Poses and joints that the recipe keeps, keyed by array name."""
    arrays = {}
    if recipe.keep.motion:
        arrays |= _kept_motion(recipe, prepared.clip, prepared.take.fitted, prepared.window)
    if recipe.keep.joints:
        arrays |= arrays_of_joints(recipe, prepared.clip, prepared.scene)
    return arrays


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


def _simulated_pelvis_m(recipe: Recipe, num_frames: int, window: Motion) -> np.ndarray:
    """Return the positions of the pelvis at the simulated poses [m].

    If a clip ends early because a person leaves the area, its window contains further poses, which
    must not move walls or remove furniture. A full clip uses its whole window.
    """
    if num_frames == recipe.num_frames:
        return window.pelvis_m
    return window.pelvis_m[: poses_for(recipe.radar, num_frames, window.rate_hz)]


def _scene(recipe: Recipe, clip: Clip, people: list[tuple[FittedTake, Motion]]) -> Scene:
    """The clip's people, posed for the frames of a full clip, in front of their radar."""
    subjects = [subject_of(take, _extended(recipe, clip, window)) for take, window in people]
    pelvis_m = np.concatenate(
        [_simulated_pelvis_m(recipe, clip.num_frames, window) for _, window in people]
    )
    room = room_of_clip(recipe.room, clip.seed, pelvis_m)
    return Scene(subjects, radar_pose_of(clip), room)


def cube_of_clip(recipe: Recipe, prepared: PreparedClip) -> tuple[jax.Array, RoomReport | None]:
    """Simulate a prepared clip with the number of frames of a full clip.

    Returns:
        The IF cube in volts at the ADC [frame, chirp, tx, rx, sample], whose frames after the end
        of the clip are invalid, and the report of the room, which is None in free space.
    """
    clip, scene, settings = prepared.clip, prepared.scene, simulation_settings(recipe)
    radar, key, reflection = radar_of_clip(recipe, clip), clip_key(clip.seed), prepared.reflection
    if scene.room is None:
        options = {"num_frames": recipe.num_frames, "extra_noise_db": clip.extra_noise_db}
        return simulate(radar, scene, key, reflection, settings, **options), None
    room = scene_room(radar, scene, reflection, settings)
    given = SimulationInput(radar, key, reflection, settings, clip.extra_noise_db)
    return scene_cube(given, scene, room, recipe.num_frames, 0), room.report


def simulation_settings(recipe: Recipe) -> SimulationSettings:
    """Settings of the simulation of a recipe's clips."""
    options = recipe.simulation
    return SimulationSettings(
        method=options.method,
        visibility=options.visibility,
        visibility_blocks=options.visibility_blocks,
        thermal_noise=options.noise,
        quantise=options.quantise,
    )


def _reflection(recipe: Recipe, clip: Clip, take: FittedTake) -> ReflectionModel:
    """Return the reflection model, with the level of "paper" calibrated for body and lobe width."""
    if recipe.simulation.reflection == "body":
        return surface_of_clip(recipe, clip)
    level = reflectivity(recipe, take.body_key, clip.sigma_rad)
    return QuasiSpecular(clip.sigma_rad, level)


def clip_key(seed: int) -> jax.Array:
    """JAX random key from all 63 bits of the seed; JAX accepts only 32 bits at a time."""
    return _key_of_parts(np.int32(seed >> 32), np.uint32(seed & 0xFFFFFFFF))


@jax.jit
def _key_of_parts(high, low):
    return jax.random.fold_in(jax.random.key(high), low)


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
