"""Motion as cameras observe it: noisy 3-D joints of a take, and the body fitted to these joints.

The errors are assumptions, chosen like those of docs/skeletons.md: white noise at the rate of the
cameras, a constant offset of each joint, because every pose estimator defines the joints somewhat
differently, and joints that are hidden for a fraction of a second.
"""

from dataclasses import replace

import numpy as np
from scipy.ndimage import binary_dilation

from builders.activities.variation import generator
from radarsim.files import free_body
from radarsim.scene.motion import Motion
from radarsim.scene.skeletons.coordinates import rig_of
from radarsim.scene.skeletons.fit import fit_skeleton
from radarsim.scene.skeletons.kinematics import Pose, Shape, forward
from radarsim.scene.skeletons.landmarks import LANDMARKS, offsets_m
from radarsim.scene.skeletons.layouts import LAYOUTS
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.sequence import JointSequence

RATE_HZ = 30.0
"""Poses per second that cameras deliver."""

# Offset of a joint, as a fraction of its standard deviation between pose estimators.
_OFFSET = 0.5
# Duration for which a joint is hidden [s], and fraction of the time at which it is hidden.
_HIDDEN_S, _HIDDEN = 0.2, 0.02
_NUM_JOINTS = 22  # joints without hands


def observe_and_fit(motion: Motion, layout: str, noise_m: float, seed: int) -> Motion:
    """Observe the joints of a motion with camera errors, and fit a body to them.

    Args:
        motion: motion of the free body in a z-up world.
        layout: name of the layout of the joints (`LAYOUTS`).
        noise_m: standard deviation of the noise per axis [m].
        seed: seed of the whole corpus; seed and motion name determine the errors.

    Returns:
        The fitted motion at `RATE_HZ`, with the name of the motion.

    Raises:
        InputError: the motion is too short for a fit.
    """
    sequence = observed_joints(motion, layout, noise_m, seed)
    return replace(fit_skeleton(sequence, free_body()).motion, name=motion.name)


def observed_joints(motion: Motion, layout: str, noise_m: float, seed: int) -> JointSequence:
    """Joints of a motion with camera errors; see `observe_and_fit` for the arguments."""
    names = tuple(dict.fromkeys(filter(None, LAYOUTS[layout].landmarks)))
    rng = generator("cameras", seed, layout, motion.name)
    points_m = _true_points_m(motion, names, rng)
    points_m += noise_m * rng.normal(size=points_m.shape)
    points_m[_hidden(rng, points_m.shape[:2])] = np.nan
    return JointSequence(
        points_m=points_m, landmarks=names, rate_hz=RATE_HZ, name=motion.name, layout=layout
    )


def _true_points_m(motion: Motion, names: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """Positions of the landmarks, with an offset that is constant over the take."""
    body = free_body()
    rig = rig_of(body, names)
    stds_m = np.array([LANDMARKS[name].std_m for name in names])[:, None]
    moved_m = offsets_m(names) + _OFFSET * stds_m * rng.normal(size=(len(names), 3))
    at = np.arange(0, motion.num_poses - 1e-6, motion.rate_hz / RATE_HZ).round().astype(int)
    at = np.minimum(at, motion.num_poses - 1)
    pose = Pose(to_matrices(np.asarray(motion.poses_rad)[at, :_NUM_JOINTS]), motion.pelvis_m[at])
    return forward(rig, Shape(1.0, np.asarray(motion.betas), moved_m), pose).points_m.copy()


def _hidden(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Whether each joint is hidden in each pose."""
    width = round(_HIDDEN_S * RATE_HZ)
    starts = rng.uniform(size=shape) < _HIDDEN / width
    return binary_dilation(starts, np.ones((width, 1), bool))
