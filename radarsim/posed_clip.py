"""Clips: scenes posed for simulation on the device, and stacks of clips."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array

from radarsim.checks import check_type
from radarsim.errors import InputError
from radarsim.input_checks import SimulationInput, check_scene, check_simulation, checked_frames
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scene.scene import PosedScene, Scene, check_known_poses, pose, skin_subjects
from radarsim.scene.separation import check_separation
from radarsim.signal.front_end import FrontEnd, parts_of
from radarsim.signal.noise_and_adc import Key
from radarsim.signal.settings import SimulationSettings


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PosedClip:
    """A clip ready for simulation, or several clips along a leading axis (see `stack_clips`).

    Attributes:
        posed: the scene, posed at the Chebyshev nodes of every burst.
        key: JAX random key for the receiver noise.
        reflection: the reflection model.
        level_v: level constant from `levels.volts_per_weight` [V].
        extra_noise_db: value added to the receiver's noise figure [dB].
        own_frames: number of frames before the padding, for outputs that depend on this number;
            None if no frame is padding.
        front_end: arrays of the radar's profile; None for the ideal radar.
    """

    posed: PosedScene
    key: Array | np.ndarray
    reflection: ReflectionModel
    level_v: ArrayLike
    extra_noise_db: ArrayLike = 0.0
    own_frames: ArrayLike | None = None
    front_end: FrontEnd | None = None


def pose_clip(
    radar: Radar,
    scene: Scene,
    key: Key,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
    *,
    num_frames: int,
    extra_noise_db: float = 0.0,
) -> PosedClip:
    """Pose a scene as a clip that starts at frame 0, for `BatchSimulator`.

    Args:
        radar, scene, key, reflection, settings, extra_noise_db: same arguments as for `simulate`.
        num_frames: number of radar frames, which must fit into the motion.

    Returns:
        The clip, to be stacked with other clips by `stack_clips`.

    Raises:
        InputError: an argument is invalid, the scene has a room or is traced by JAX, the frames
            extend past the end of the motion, or two bodies interpenetrate.
    """
    check_simulation("pose_clip", SimulationInput(radar, key, reflection, settings, extra_noise_db))
    check_scene("pose_clip", scene)
    check_known_poses("pose_clip", scene)
    if scene.room is not None:
        problem = "is a room, which BatchSimulator cannot simulate"
        hint = "use rs.simulate, which accepts rooms, or a scene without a room"
        raise InputError("pose_clip", "scene.room", problem, hint)
    num_frames, _ = checked_frames("pose_clip", radar, scene, settings, num_frames, 0)
    _check_separation(scene, burst_times_s(radar, num_frames, settings.nodes))
    level_v = volts_per_weight(radar, reflection.reflectivity_at(radar))
    radar, reflection, front_end = parts_of(radar, reflection)
    return PosedClip(
        posed=pose(scene, burst_times_s(radar, num_frames, settings.nodes)),
        key=key,
        reflection=reflection,
        level_v=level_v,
        extra_noise_db=extra_noise_db,
        front_end=front_end,
    )


def _check_separation(scene: Scene, times_s: np.ndarray) -> None:
    """Check, in the middle of each burst, that no two bodies of a scene interpenetrate."""
    if len(scene.subjects) > 1:
        node = times_s.shape[1] // 2
        middle_s = times_s[:, node : node + 1]
        surfaces = jax.jit(skin_subjects)(scene.bodies, pose(scene, middle_s))
        check_separation("pose_clip", scene, middle_s, surfaces)


def stack_clips(clips: list[PosedClip]) -> PosedClip:
    """Stack clips with the same number of frames along a leading axis, for `BatchSimulator`.

    Args:
        clips: clips from `pose_clip`, made with the same settings.

    Returns:
        The stacked clips, which `BatchSimulator` simulates in one program.

    Raises:
        InputError: the list is empty, an item is not a `PosedClip`, or the clips differ in number
            of frames, body or reflection model.
    """
    hint = "give a list of clips made by pose_clip with the same settings"
    for clip in clips:
        check_type("stack_clips", "clips", clip, PosedClip, hint)
    if not clips:
        raise InputError("stack_clips", "clips", "holds no clip", hint)
    first = _structure(clips[0])
    for index, clip in enumerate(clips):
        if _structure(clip) != first:
            problem = f"clip {index} has other shapes or another reflection model than clip 0"
            raise InputError("stack_clips", "clips", problem, hint)
    return jax.tree.map(lambda *parts: jnp.stack([jnp.asarray(part) for part in parts]), *clips)


def _structure(clip: PosedClip) -> tuple:
    """Return the types and shapes of a clip's arrays, which all clips of a stack must share."""
    leaves, tree = jax.tree.flatten(clip)
    return tree, [jnp.shape(leaf) for leaf in leaves]
