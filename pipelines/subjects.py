"""Subjects of clips: fit a take's motion to a body, and place windows of the take in a scene."""

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from pipelines.free_body_levels import known_levels
from pipelines.plan import Clip, Person
from pipelines.recipe import Recipe
from pipelines.sources import Take, unchanged
from radarsim import files
from radarsim.calibrate import StandingViews, reflectivity_of_views, standing_views
from radarsim.errors import InputError
from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scene.body import BodyModel, fit_pose, skin, subdivide
from radarsim.scene.motion import Motion, cut_motion
from radarsim.scene.placement import Placement, RadarPose, place
from radarsim.scene.retarget import FittedMotion, fit_to_body
from radarsim.scene.smooth_body import smooth_body
from radarsim.scene.subject import Subject

# Lobe widths whose levels are computed, for a range of widths with a ratio of at most MOST_RATIO.
NUM_LEVELS, MOST_RATIO = 8, 3.0
# Rotation of each shoulder about the forward axis, from SMPL's rest pose to lowered arms.
_ARMS_DOWN_RAD = {16: -1.3, 17: 1.3}


class BodyKey(NamedTuple):
    """Identifies a body model in the caches."""

    path: str | None
    layout: str
    gender: str
    max_edge_m: float
    smooth: bool = False


# The unmodified bundled body, whose echo levels are known.
FREE_BODY = BodyKey(path=None, layout="smpl", gender="neutral", max_edge_m=0.0)


class FittedTake(NamedTuple):
    """A take's motion, fitted to its body.

    Attributes:
        fitted: the whole motion with scale and betas.
        body: the body model.
        body_key: key of the body model.
    """

    fitted: FittedMotion
    body: BodyModel
    body_key: BodyKey


# Only one take is cached, because the clips of a take are made in sequence and takes can be large.
@functools.lru_cache(maxsize=1)
def fit_take(take: Take, sha256: str, recipe: Recipe, body_models: str | None) -> FittedTake:
    """Fit the motion of a take to its subject's body.

    Args:
        take: a take from any source.
        sha256: checksum of the take, which distinguishes versions of the take in the cache.
        recipe: recipe that states the maximum edge length of the body mesh.
        body_models: folder or file of body models; None for the free body.

    Raises:
        InputError: the motion or the body model is not usable.
    """
    del sha256
    return _fitted(take, recipe, body_models)


def _fitted(take: Take, recipe: Recipe, body_models: str | None) -> FittedTake:
    motion = take.load()
    mesh = recipe.simulation.max_edge_m, recipe.surface.smooth
    key = BodyKey(body_models, motion.layout, motion.gender, *mesh)
    if body_models is None:
        key = key._replace(layout="smpl", gender="neutral")
    body = body_of(key)
    return FittedTake(fit_to_body(motion, body), body, key)


@functools.lru_cache(maxsize=2)
def fit_other_take(take: Take, sha256: str, recipe: Recipe, body_models: str | None) -> FittedTake:
    """Fit the take of a further person of a clip; the arguments are those of `fit_take`.

    The cache is separate, so that the take of the main person, which consecutive clips share, is
    not read again for every clip.
    """
    del sha256
    return _fitted(take, recipe, body_models)


@functools.lru_cache(maxsize=4)
def body_of(key: BodyKey) -> BodyModel:
    """Load the body model of a key, with the refinement of the mesh that the key states.

    Raises:
        InputError: no model file of the folder can be used.
    """
    body = files.free_body() if key.path is None else _nearest_model(key)
    if key.smooth:
        return smooth_body(body)
    return subdivide(body, key.max_edge_m) if key.max_edge_m else body


def _nearest_model(key: BodyKey) -> BodyModel:
    """Return the user's body model for this layout and gender, or the closest available model."""
    refused = None
    layouts = dict.fromkeys((key.layout, "smplh", "smpl", "smplx"))
    for layout, gender in itertools.product(layouts, dict.fromkeys((key.gender, "neutral"))):
        try:
            return files.load_body(key.path, gender, layout)
        except InputError as error:
            if error.field != "body models":  # the model exists but cannot be used
                raise
            refused = refused or error
    raise refused


def placed_window(recipe: Recipe, clip: Clip, motion: Motion) -> Motion:
    """Cut a window of at most a full clip from a take, and place it in front of the radar."""
    placement = placement_of(clip)
    first = round(clip.start_s * motion.rate_hz)
    window = _window(recipe, first, motion)
    if recipe.placements.scope == "clip" or first == 0:
        return place(window, placement)
    # The first pose of the take determines the placement of the whole take.
    both = concatenated(cut_motion(motion, 0, 1), window)
    return cut_motion(place(both, placement), 1, both.num_poses)


def _window(recipe: Recipe, first: int, motion: Motion) -> Motion:
    """Cut the poses of a full clip from a take, or those up to the end of the last burst."""
    poses = poses_for(recipe.radar, recipe.num_frames, motion.rate_hz)
    return cut_motion(
        motion, first, max(poses, math.ceil(recipe.clips.length_s * motion.rate_hz) + 1)
    )


def placed_person(recipe: Recipe, person: Person, motion: Motion) -> Motion:
    """Cut the window of a further person from a take, and place the window in the scene."""
    window = _window(recipe, round(person.start_s * motion.rate_hz), motion)
    return place(window, placement_of(person))


def other_people(
    recipe: Recipe, clip: Clip, takes: Sequence[Take], body_models: str | None
) -> list[tuple[FittedTake, Motion]]:
    """Fitted takes and placed motions of the further people of a clip.

    Args:
        recipe: recipe of the dataset.
        clip: clip of the plan.
        takes: takes of the further people, in the order of `Clip.others`.
        body_models: folder or file of body models; None for the free body.

    Raises:
        TakeChanged: a take has changed since the plan was made.
    """
    found = []
    for person, take in zip(clip.others, takes, strict=True):
        with unchanged(take, person.take_sha256):
            fitted = fit_other_take(take, person.take_sha256, recipe, body_models)
            found.append((fitted, placed_person(recipe, person, fitted.fitted.motion)))
    return found


def subject_of(take: FittedTake, window: Motion) -> Subject:
    """Return the subject of a clip, for a window that is already placed."""
    return Subject(take.fitted._replace(motion=window), take.body, placement=None)


def placement_of(clip: Clip | Person) -> Placement:
    """Initial position and heading of the clip's subject, or of a further person."""
    return Placement(
        distance_m=clip.distance_m, lateral_m=clip.lateral_m, heading_rad=clip.heading_rad
    )


def radar_pose_of(clip: Clip) -> RadarPose:
    """Height and tilt of the clip's radar."""
    return RadarPose(height_m=clip.radar_height_m, tilt_rad=clip.radar_tilt_rad)


def poses_for(radar: Radar, num_frames: int, rate_hz: float) -> int:
    """Number of poses needed to cover all frames, including the burst of the last frame."""
    last_s = float(burst_times_s(radar, 1).max()) + (num_frames - 1) * radar.frame.period_s
    return math.ceil(last_s * rate_hz) + 2


def concatenated(first: Motion, then: Motion) -> Motion:
    """Concatenate two motions without changing any pose."""
    return replace(
        then,
        poses_rad=np.concatenate([first.poses_rad, then.poses_rad]),
        transl_m=np.concatenate([first.transl_m, then.transl_m]),
    )


def reflectivity(recipe: Recipe, key: BodyKey, sigma_rad: float) -> float:
    """Constant of the echo level, calibrated for a standing body of mean shape with lowered arms.

    If lobe widths are drawn from a range, the logarithm of the level is interpolated between
    `NUM_LEVELS` Chebyshev nodes of the logarithm of the width, because computing a level takes 0.1
    s of a core. For the free body, the relative error is at most 4e-6 between 0.35 and
    0.65 rad, and 4e-5 between 0.15 and 0.45 rad.
    """
    low, high = recipe.simulation.sigma_rad
    if low == high or high > MOST_RATIO * low:
        return anchored_levels(recipe.radar, key, (sigma_rad, sigma_rad))[0]
    levels = anchored_levels(recipe.radar, key, (low, high))
    middle, half = np.log(low * high) / 2, np.log(high / low) / 2
    position = np.array([(np.log(sigma_rad) - middle) / half])
    weights = lagrange_weights(chebyshev_nodes(NUM_LEVELS), position)
    return float(np.exp(weights @ np.log(levels)).item())


def anchored_levels(radar: Radar, key: BodyKey, sigma_rad: tuple[float, float]) -> Sequence[float]:
    """Return a body's echo levels at the widths of `level_widths_rad`, stored for the presets.

    Args:
        radar: radar of the recipe.
        key: key of the body model.
        sigma_rad: smallest and largest width of the reflection lobe [rad].
    """
    known = known_levels(radar, sigma_rad) if key == FREE_BODY else None
    return known or [_anchored(radar, key, each) for each in level_widths_rad(*sigma_rad)]


def has_known_level(recipe: Recipe, body_models: str | None) -> bool:
    """Return whether the echo levels of a recipe's clips are known and need not be computed."""
    if body_models is not None or recipe.simulation.max_edge_m:
        return False
    return known_levels(recipe.radar, recipe.simulation.sigma_rad) is not None


def level_widths_rad(low_rad: float, high_rad: float) -> list[float]:
    """Return the lobe widths [rad] at which levels are computed if widths are drawn at random."""
    if low_rad == high_rad:
        return [low_rad]
    middle, half = np.log(low_rad * high_rad) / 2, np.log(high_rad / low_rad) / 2
    return [float(np.exp(middle + half * u)) for u in chebyshev_nodes(NUM_LEVELS)]


@functools.lru_cache(maxsize=64)
def _anchored(radar: Radar, key: BodyKey, sigma_rad: float) -> float:
    return reflectivity_of_views(radar, _standing_views(key), sigma_rad)


@functools.lru_cache(maxsize=4)
def _standing_views(key: BodyKey) -> StandingViews:
    body = body_of(key)
    pose_rad = np.zeros((24, 3), np.float32)
    for joint, angle_rad in _ARMS_DOWN_RAD.items():
        pose_rad[joint, 2] = angle_rad
    pose_rad[0, 0] = np.pi / 2  # rotation that turns a y-up body to z-up
    pose_rad = fit_pose(jnp.asarray(pose_rad), "smpl", body)
    standing_m = skin(body, jnp.zeros(body.num_betas), pose_rad, jnp.zeros(3))
    return standing_views(np.asarray(standing_m), np.asarray(body.faces))
