"""Poses to heatmaps as one compiled program over many clips, with no way back to the host.

    poses -> mesh -> visible faces -> IF cube -> receiver -> heatmaps

A program's arrays have fixed sizes, which follow from what is seen. Here they are guessed: a clip
is simulated at the sizes that held before, and the program tells what it would have needed. Where
that is more, the clips are simulated again; a result never comes from arrays too small for it.
`simulate.simulate_motion` asks first, and keeps the IF cube.
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
from radarsim.scene.body import BodyModel
from radarsim.scene.posed import Posed, surface
from radarsim.signal.array_sizes import Extent
from radarsim.signal.fast_clip import Choice, fast_clip, pick, sized
from radarsim.signal.receiver import receive
from radarsim.signal.settings import Settings


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Scene:
    """A clip, or many of the same number of frames along a leading axis (see `stacked`).

    Attributes:
        posed: the subject.
        key: of the receiver's noise.
        sigma_rad: lobe width of the reflection "paper" [rad].
        scale_v: level, of `levels.volts_per_weight` [V].
        extra_noise_db: added to the receiver's noise figure [dB].
    """

    posed: Posed
    key: Array
    sigma_rad: ArrayLike
    scale_v: ArrayLike
    extra_noise_db: ArrayLike = 0.0


def stacked(scenes: list[Scene]) -> Scene:
    """Clips along a leading axis."""
    return jax.tree.map(lambda *parts: jnp.stack([jnp.asarray(part) for part in parts]), *scenes)


class Chain:
    """Simulates stacked clips; remembers the sizes that held all before.

    Attributes:
        needed: the most that clips have needed so far; None before the first.
    """

    def __init__(
        self,
        radar: Radar,
        body: BodyModel,
        settings: Settings = Settings(),
        map_settings: HeatmapSettings | None = HeatmapSettings(),
    ):
        """Nothing is compiled before the first clips come.

        Args:
            radar: the board.
            body: the model to be posed.
            settings: what to simulate and how.
            map_settings: how heatmaps are cut; None to end with the IF cubes.

        Raises:
            InputError: hidden point removal was asked for, or the plain sum: both need the host.
        """
        if settings.visibility == "hpr" or settings.method == "plain":
            asked = settings.visibility if settings.visibility == "hpr" else settings.method
            raise InputError(
                "settings", asked, "cannot run on the device alone", "use simulate_motion"
            )
        self.needed: Extent | None = None
        self._given = radar, settings, map_settings
        self._body = body

    def __call__(self, scenes: Scene) -> Heatmaps | Complex[Array, "clip frame chirp tx rx sample"]:
        """The heatmaps, or IF cubes [V], of stacked clips, clip axis first.

        Raises:
            InputError: something moves faster than the sum can follow.
        """
        radar, settings, _ = self._given
        sigma_rad = float(jnp.min(jnp.asarray(scenes.sigma_rad)))
        if self.needed is None:
            posed = jax.tree.map(lambda part: part[0], scenes.posed)
            burst, faces = surface(self._body, posed), self._body.faces
            _, self.needed = pick(radar, settings, burst, faces, sigma_rad)
        while True:
            sizes = sized(radar, settings, self.needed, sigma_rad)
            result, needed = _program(*self._given, sizes, self._body, scenes)
            self.needed = most(self.needed, needed)
            if sized(radar, settings, self.needed, sigma_rad) == sizes:
                return result


def most(first: Extent, second: Extent) -> Extent:
    """What holds either, of one frame or many: the nearest, and the most of all else."""

    both = jax.tree.map(lambda *parts: jnp.stack([part.max() for part in parts]), first, second)
    near_m = jnp.minimum(first.near_m.min(), second.near_m.min())
    return replace(jax.tree.map(jnp.max, both), near_m=near_m)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _program(radar, settings, map_settings, sizes, body, scenes):
    """Maps or cubes of every clip, and what their sums needed room for."""

    def one(scene: Scene):
        burst, faces = surface(body, scene.posed), body.faces
        picked, needed = pick(radar, settings, burst, faces, scene.sigma_rad)
        choice = Choice(*picked, sizes)
        echo = fast_clip(radar, settings, choice, burst, faces, scene.sigma_rad)
        rest = scene.scale_v, scene.extra_noise_db
        cube_v = receive(radar, echo, scene.key, settings, *rest)
        if map_settings is None:
            return cube_v, needed
        return maps_of_clip(radar, cube_v, map_settings), needed

    return jax.lax.map(one, scenes)
