"""Takes as subjects: a motion fitted to its body, and windows of it placed before the radar."""

import functools
import itertools
import math
from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from pipelines.plan import DRAWN, Clip
from pipelines.recipe import Recipe
from pipelines.sources import Take
from radarsim import files
from radarsim.calibrate import anchored_reflectivity
from radarsim.errors import InputError
from radarsim.radar.config import Radar
from radarsim.scene.body import BodyModel, fit_pose, skin, subdivide
from radarsim.scene.motion import Motion, cut_motion
from radarsim.scene.placement import Placement, place
from radarsim.scene.retarget import Fitted, fit_to_body
from radarsim.simulate import burst_times_s

# From SMPL's rest pose to standing: left and right shoulder about the axis ahead.
_ARMS_DOWN_RAD = {16: -1.3, 17: 1.3}


class Model(NamedTuple):
    """Which body model a subject has: what the caches know it by."""

    path: str | None
    layout: str
    gender: str
    max_edge_m: float


class Subject(NamedTuple):
    """A take's motion, fitted to its body."""

    fitted: Fitted
    body: BodyModel
    model: Model


# One take at a time: its clips follow each other, and a long one is large.
@functools.lru_cache(maxsize=1)
def fitted_subject(take: Take, sha256: str, recipe: Recipe, body_models: str | None) -> Subject:
    """The take's motion on its subject's body.

    Args:
        take: any source's.
        sha256: the take's; keeps its old versions apart.
        recipe: how finely the body is divided.
        body_models: folder or file of body models; None for the free body.

    Raises:
        InputError: the motion or the body model cannot be used.
    """
    del sha256
    motion = take.load()
    model = Model(body_models, motion.layout, motion.gender, recipe.simulation.max_edge_m)
    if body_models is None:
        model = model._replace(layout="smpl", gender="neutral")
    body = _body(model)
    return Subject(fit_to_body(motion, body), body, model)


@functools.lru_cache(maxsize=4)
def _body(model: Model) -> BodyModel:
    body = files.free_body() if model.path is None else _nearest_model(model)
    return subdivide(body, model.max_edge_m) if model.max_edge_m else body


def _nearest_model(model: Model) -> BodyModel:
    """The user's model of this layout and gender, or the nearest that is there."""
    refused = None
    layouts = dict.fromkeys((model.layout, "smplh", "smpl", "smplx"))
    for layout, gender in itertools.product(layouts, dict.fromkeys((model.gender, "neutral"))):
        try:
            return files.load_body(model.path, gender, layout)
        except InputError as error:
            if error.field != "body models":  # there, but not usable
                raise
            refused = refused or error
    raise refused


def placed_window(recipe: Recipe, clip: Clip, motion: Motion) -> Motion:
    """The clip's stretch of its take, placed before the radar: the poses of a full clip at most."""
    placement = placement_of(clip)
    first = round(clip.start_s * motion.rate_hz)
    # To the clip's end, or to that of its last burst.
    poses = poses_for(recipe.radar, recipe.num_frames, motion.rate_hz)
    window = cut_motion(
        motion, first, max(poses, math.ceil(recipe.clips.length_s * motion.rate_hz) + 1)
    )
    if recipe.placements.scope == "clip" or first == 0:
        return place(window, placement)
    # The first pose of the take decides where all of it goes.
    both = joined(cut_motion(motion, 0, 1), window)
    return cut_motion(place(both, placement), 1, both.num_poses)


def placement_of(clip: Clip) -> Placement:
    """Where the clip's subject starts and its radar stands."""
    return Placement(**{name: getattr(clip, name) for name in DRAWN})


def poses_for(radar: Radar, num_frames: int, rate_hz: float) -> int:
    """Poses that reach the end of the last frame's burst."""
    last_s = float(burst_times_s(radar, 1).max()) + (num_frames - 1) * radar.frame.period_s
    return math.ceil(last_s * rate_hz) + 2


def joined(first: Motion, then: Motion) -> Motion:
    """One motion after the other, as they are."""
    return replace(
        then,
        poses_rad=np.concatenate([first.poses_rad, then.poses_rad]),
        transl_m=np.concatenate([first.transl_m, then.transl_m]),
    )


@functools.lru_cache(maxsize=64)
def reflectivity(radar: Radar, model: Model, sigma_rad: float) -> float:
    """The level constant of a model's mean body, standing with its arms down."""
    body = _body(model)
    pose_rad = np.zeros((24, 3), np.float32)
    for joint, angle_rad in _ARMS_DOWN_RAD.items():
        pose_rad[joint, 2] = angle_rad
    pose_rad[0, 0] = np.pi / 2  # from y up to z up
    pose_rad = fit_pose(jnp.asarray(pose_rad), "smpl", body)
    standing_m = skin(body, jnp.zeros(body.num_betas), pose_rad, jnp.zeros(3))
    return anchored_reflectivity(radar, np.asarray(standing_m), np.asarray(body.faces), sigma_rad)
