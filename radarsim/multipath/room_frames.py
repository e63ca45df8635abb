"""Add the multipath and static echoes of a room to the frames of a simulation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex

from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import direct_leg
from radarsim.multipath.pass_echo import passes_echo
from radarsim.multipath.pass_selection import select_passes
from radarsim.multipath.room_plan import RoomEchoes
from radarsim.multipath.shadows import static_samples, visible_fractions
from radarsim.multipath.static_echoes import StaticEchoes
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.threads import parallel_map
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.visibility import faces_radar
from radarsim.scattering.weighted_reflection import DelayWeightedReflection
from radarsim.scene.mesh import BurstMesh, Surface, faces_of
from radarsim.signal.error_budget import MODES_DB
from radarsim.signal.face_selection import FaceSelection, block_vertices_m
from radarsim.signal.settings import SimulationSettings
from radarsim.signal.surface_selection import sizes_of_chunks, with_others

# Factor by which the error of the passes may exceed the requested error, if all passes together are
# weaker than the direct echo by at least this factor [dB]. A single step, instead of a gradual one,
# lets rooms share compiled programs.
RELAXED_DB = 10.0


class RoomFrames:
    """The frames of a simulation in a prepared room, divided into chunks.

    Attributes:
        settings: simulation settings of the passes, from `pass_settings`.
        selections: selected faces of each body's passes in each chunk; None if no pass is
            simulated.
        sizes: array sizes of each body that suffice for all passes; None if no pass is simulated.
    """

    def __init__(
        self,
        radar: Radar,
        settings: SimulationSettings,
        reflection: ReflectionModel,
        room: RoomEchoes | None,
        chunks: Sequence[Sequence[Surface]],
    ):
        """Select the faces of every pass.

        Args:
            radar: the simulated board, without receiver profile.
            settings: settings of the simulation.
            reflection: the reflection model, including antenna patterns and filters.
            room: the prepared room; None for free space.
            chunks: surface of each body at the nodes of the frames of each chunk.

        Raises:
            InputError: a speed or range extent exceeds what the fast sum can represent.
        """
        self._model = radar, settings, reflection
        self._room, self._chunks = room, chunks
        self.settings, self.selections, self.sizes = settings, None, None
        if room is not None and room.passes is not None:
            self.settings = pass_settings(settings, room)
            self.selections = parallel_map(self._select, chunks)
            self.sizes = [
                sizes_of_chunks(radar, self.settings, reflection, each)
                for each in zip(*self.selections)
            ]

    def _select(self, surfaces: Sequence[Surface]) -> list[FaceSelection]:
        radar, _, reflection = self._model
        passes, fixed_m = self._room.passes.selected, self._room.fixed_m
        model = radar, self.settings.without_receiver, reflection, passes
        return [select_passes(*model, *one, fixed_m) for one in with_others(surfaces)]

    def unhidden(self, index: int, selections: list[FaceSelection]) -> list[FaceSelection]:
        """Deselect faces in a chunk's direct echo that furniture hides from the radar.

        Args:
            index: index of the chunk.
            selections: selected faces of each body in the direct echo.
        """
        settings, fixed_m = self._model[1], self._room.fixed_m if self._room else ()
        if not len(fixed_m) or settings.visibility == "none":
            return selections
        options = settings.without_receiver
        return [
            replace(each, visible=_unhidden(options, *surface, each.visible, fixed_m))
            for surface, each in zip(self._chunks[index], selections, strict=True)
        ]

    def echoes(
        self, index: int, model: ReflectionModel
    ) -> Iterator[Complex[Array, "*frame tx rx sample"]]:
        """Yield the room's echoes in a chunk, not scaled by the level constant.

        Args:
            index: index of the chunk.
            model: reflection model of the bodies; a `DelayWeightedReflection` multiplies each echo
                by the delay of the echo.
        """
        if self._room is None:
            return
        yield self.static_echo(index, isinstance(model, DelayWeightedReflection))[:, None]
        if self.selections is not None:
            for body in range(len(self.sizes)):
                yield self.multipath(index, body, model)

    def static_echo(
        self, index: int, delayed: bool = False
    ) -> Complex[Array, "frame tx rx sample"]:
        """Return the static echoes in every frame of a chunk, shadowed by the bodies.

        Args:
            index: index of the chunk.
            delayed: whether to multiply each echo by the echo's delay [ns].
        """
        static = self._room.delayed if delayed else self._room.static
        return _static_frames(static, *zip(*self._chunks[index]))

    def multipath(
        self, index: int, body: int, model: ReflectionModel
    ) -> Complex[Array, "frame chirp tx rx sample"]:
        """Return the sum of a body's simulated passes in a chunk; at least one pass must exist."""
        scene = model, self._room.passes, *self._chunks[index][body], self.selections[index][body]
        return passes_echo(self._model[0], self.settings, self.sizes[body], *scene)


def pass_settings(settings: SimulationSettings, room: RoomEchoes) -> SimulationSettings:
    """Return the settings of the passes, with a relaxed error limit if the passes are weak.

    The requested error of the whole echo is relative to the direct echo. If all passes together are
    weaker than the direct echo by `RELAXED_DB` or more, their error may therefore be larger by
    `RELAXED_DB`.

    Args:
        settings: settings of the simulation.
        room: the prepared room.
    """
    relaxed_db = RELAXED_DB if room.report.kept_db <= -RELAXED_DB else 0.0
    error_db = min(settings.error_budget.error_db + relaxed_db, max(MODES_DB.values()))
    return replace(settings, error_db=max(float(error_db), settings.error_budget.error_db))


@partial(jax.jit, static_argnums=0)
def _unhidden(settings, mesh, faces, visible, fixed_m):
    direct = direct_leg()

    def one_frame(inputs):
        frame, seen = inputs

        def block(parts):
            points_m, seen_here = parts
            surface = faces_of(points_m, faces)
            return visible_from(direct, surface.centre_m, surface.normal, fixed_m, seen_here)

        return batched_map(block, (block_vertices_m(settings, frame), seen))

    return batched_map(one_frame, (mesh, visible))


@jax.jit
def _static_frames(static: StaticEchoes, meshes: tuple[BurstMesh, ...], faces: tuple):
    """Return the static echoes of every frame, shadowed by the bodies at mid-burst."""

    def body(frame: BurstMesh, indices):
        middle = len(frame.vertices_m) // 2
        points_m = frame.vertices_m[middle] + frame.origin_high_m[middle]
        return points_m[indices], faces_radar(faces_of(points_m, indices))

    def one_frame(frames: tuple[BurstMesh, ...]):
        corners_m, front = map(jnp.concatenate, zip(*map(body, frames, faces)))
        return static_samples(static, visible_fractions(static, corners_m, front))

    return batched_map(one_frame, meshes)
