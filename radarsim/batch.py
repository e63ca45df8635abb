"""Many clips in one compiled program, from poses to IF cubes or heatmaps, without the host.

    poses -> mesh -> visible faces -> IF cube -> receiver -> heatmaps

A program's arrays have fixed sizes, which depend on the visible faces. Here they are guessed: clips
are simulated at the sizes that were sufficient before, and the program returns the sizes it would
have required. Where these are larger, the clips are simulated again; a result never comes from
arrays too small for it. `simulate.simulate` determines the sizes first, on the host.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Complex

from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import Heatmaps, maps_of_clip
from radarsim.heatmaps.settings import HeatmapSettings
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.body import BodyModel
from radarsim.scene.scene import PosedScene, Scene, pose, skin_scene
from radarsim.signal.array_sizes import RequiredSizes
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.signal.receiver import Key, receive
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PosedClip:
    """A clip ready for the device, or many along a leading axis (see `stack_clips`).

    Attributes:
        posed: the scene at the nodes of every burst.
        key: of the receiver's noise.
        reflection: the reflection model.
        level_v: of `levels.volts_per_weight` [V].
        extra_noise_db: added to the receiver's noise figure [dB].
    """

    posed: PosedScene
    key: Array
    reflection: ReflectionModel
    level_v: ArrayLike
    extra_noise_db: ArrayLike = 0.0


def pose_clip(
    radar: Radar,
    scene: Scene,
    key: Key,
    reflection: ReflectionModel,
    settings: SimulationSettings,
    *,
    num_frames: int,
    extra_noise_db: float = 0.0,
) -> PosedClip:
    """A clip of a scene; arguments of `simulate.simulate`."""
    return PosedClip(
        posed=pose(scene, burst_times_s(radar, num_frames, settings.nodes)),
        key=key,
        reflection=reflection,
        level_v=volts_per_weight(radar, reflection.reflectivity_at(radar)),
        extra_noise_db=extra_noise_db,
    )


def stack_clips(clips: list[PosedClip]) -> PosedClip:
    """Clips of the same number of frames along a leading axis."""
    return jax.tree.map(lambda *parts: jnp.stack([jnp.asarray(part) for part in parts]), *clips)


class BatchSimulator:
    """Simulates stacked clips, and remembers the sizes that were sufficient before.

    Attributes:
        required: largest sizes that clips have required so far; None before the first.
    """

    def __init__(
        self,
        radar: Radar,
        bodies: tuple[BodyModel, ...],
        settings: SimulationSettings = SimulationSettings(),
        map_settings: HeatmapSettings | None = HeatmapSettings(),
    ):
        """Nothing is compiled before the first clips.

        Args:
            radar: the board.
            bodies: of `Scene.bodies`, the same for every clip.
            settings: method and error, visibility, receiver.
            map_settings: of the heatmaps; None to return IF cubes.

        Raises:
            InputError: hidden point removal or the exact sum, which both need the host.
        """
        if settings.visibility == "hpr" or settings.method == "exact":
            value = settings.visibility if settings.visibility == "hpr" else settings.method
            raise InputError("settings", value, "cannot run on the device alone", "use simulate")
        self.required: RequiredSizes | None = None
        self._static = radar, settings, map_settings
        self._bodies = bodies

    def __call__(
        self, clips: PosedClip
    ) -> Heatmaps | Complex[Array, "clip frame chirp tx rx sample"]:
        """The heatmaps, or IF cubes [V], of stacked clips, clip axis first.

        Raises:
            InputError: something moves faster, or reaches farther, than the fast sum can represent.
        """
        radar, settings, _ = self._static
        if self.required is None:
            first = jax.tree.map(lambda part: part[0], clips)
            mesh, faces = skin_scene(self._bodies, first.posed)
            selection = select_faces(radar, settings, first.reflection, mesh, faces)
            self.required = selection.required
        while True:
            sizes = sizes_of_selection(radar, settings, clips.reflection, self.required)
            result, required = _simulate_clips(*self._static, sizes, self._bodies, clips)
            self.required = largest(self.required, required)
            if sizes_of_selection(radar, settings, clips.reflection, self.required) == sizes:
                return result


def largest(first: RequiredSizes, second: RequiredSizes) -> RequiredSizes:
    """Sizes sufficient for both, of one frame or many: the least distance, the most of all else."""
    both = jax.tree.map(lambda *parts: jnp.stack([part.max() for part in parts]), first, second)
    near_m = jnp.minimum(first.near_m.min(), second.near_m.min())
    return replace(jax.tree.map(jnp.max, both), near_m=near_m)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _simulate_clips(radar, settings, map_settings, sizes, bodies, clips):
    """Maps or cubes of every clip, and the sizes that their sums required."""

    def one_clip(clip: PosedClip):
        mesh, faces = skin_scene(bodies, clip.posed)
        selection = select_faces(radar, settings, clip.reflection, mesh, faces)
        echo = clip_echo(radar, settings, sizes, clip.reflection, mesh, faces, selection)
        cube_v = receive(radar, echo, clip.key, settings, clip.level_v, clip.extra_noise_db)
        if map_settings is None:
            return cube_v, selection.required
        return maps_of_clip(radar, cube_v, map_settings), selection.required

    return jax.lax.map(one_clip, clips)
