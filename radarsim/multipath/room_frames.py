"""Add the multipath and static echoes of a room to the frames of a simulation."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import make_leg
from radarsim.multipath.pass_echo import passes_echo
from radarsim.multipath.pass_selection import select_passes
from radarsim.multipath.room_plan import RoomEchoes
from radarsim.multipath.shadows import static_samples, visible_fractions
from radarsim.multipath.static_echoes import StaticEchoes
from radarsim.numerics.batched_map import batched_map
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.visibility import faces_radar
from radarsim.scene.mesh import BurstMesh, FaceIndices, faces_of
from radarsim.signal.error_budget import MODES_DB
from radarsim.signal.face_selection import FaceSelection, block_weights, sizes_of_selection
from radarsim.signal.settings import SimulationSettings

# Most decibels by which the error of a pass may exceed the requested error, and the step to which
# they are rounded so that rooms share compiled programs.
MOST_RELAXED_DB = 15.0
STEP_DB = 5.0


class RoomFrames:
    """The frames of a simulation in a prepared room, in chunks.

    Attributes:
        settings: settings of the passes (`pass_settings`).
        chunks: vertices at the nodes of the frames of each chunk.
        selections: faces of the passes in each chunk; None if no pass is simulated.
        sizes: array sizes that suffice for all passes; None if no pass is simulated.
    """

    def __init__(
        self,
        radar: Radar,
        settings: SimulationSettings,
        reflection: ReflectionModel,
        room: RoomEchoes,
        chunks: list[BurstMesh],
        faces: FaceIndices,
    ):
        """Select the faces of every pass.

        Args:
            radar, settings, reflection: same arguments as for `simulate`.
            room: the prepared room.
            chunks: vertices at the nodes of the frames of each chunk.
            faces: triangles of the mesh.

        Raises:
            InputError: a speed or range extent exceeds what the fast sum can represent.
        """
        self._model = radar, settings, reflection
        self.settings = pass_settings(settings, room)
        self._room, self._faces = room, jnp.asarray(faces)
        self.chunks, self.selections, self.sizes = chunks, None, None
        if room.passes is not None:
            self.selections = list(map(self._select, chunks))
            required = jax.tree.map(
                lambda *parts: np.concatenate([np.ravel(part) for part in parts]),
                *(each.required for each in self.selections),
            )
            self.sizes = sizes_of_selection(radar, self.settings, reflection, required)

    def _select(self, chunk: BurstMesh) -> FaceSelection:
        radar, _, reflection = self._model
        passes, fixed_m = self._room.passes.selected, self._room.fixed_m
        options = self.settings.without_receiver
        return select_passes(radar, options, reflection, passes, chunk, self._faces, fixed_m)

    def shadowed(self, index: int, selection: FaceSelection) -> FaceSelection:
        """Remove the faces that furniture hides from the radar from the direct echo of a chunk."""
        settings, fixed_m = self._model[1], self._room.fixed_m
        if not len(fixed_m) or settings.visibility == "none":
            return selection
        seen = _unhidden(
            settings.without_receiver, self.chunks[index], self._faces, selection.visible, fixed_m
        )
        return replace(selection, visible=seen)

    def add_to(
        self, index: int, echo: Complex[Array, "frame chirp tx rx sample"]
    ) -> Complex[Array, "frame chirp tx rx sample"]:
        """Add the room's echoes to the direct echo of a chunk, without the level constant."""
        echo = echo + self.static_echo(index)[:, None]
        return echo if self.selections is None else echo + self.multipath(index)

    def static_echo(self, index: int) -> Complex[Array, "frame tx rx sample"]:
        """Static echoes of every frame of a chunk, with the shadow of the body."""
        return _static_frames(self._room.static, self.chunks[index], self._faces)

    def multipath(self, index: int) -> Complex[Array, "frame chirp tx rx sample"]:
        """Sum of the simulated passes of a chunk; call only if there are passes."""
        radar, _, reflection = self._model
        scene = reflection, self._room.passes, self.chunks[index], self._faces
        return passes_echo(radar, self.settings, self.sizes, *scene, self.selections[index])


def pass_settings(settings: SimulationSettings, room: RoomEchoes) -> SimulationSettings:
    """Settings of the passes, whose requested error allows for their level.

    The error of the whole echo is requested relative to the direct echo, so a pass that is weaker
    by some decibels may have an error that is larger by as many, up to `MOST_RELAXED_DB`.

    Args:
        settings: settings of the simulation.
        room: the prepared room.
    """
    strongest_db = max((each.level_db for each in room.report.passes if each.kept), default=0.0)
    relaxed_db = STEP_DB * np.floor(np.clip(-strongest_db, 0.0, MOST_RELAXED_DB) / STEP_DB)
    error_db = min(settings.error_budget.error_db + relaxed_db, max(MODES_DB.values()))
    return replace(settings, error_db=max(float(error_db), settings.error_budget.error_db))


@partial(jax.jit, static_argnums=0)
def _unhidden(settings, mesh, faces, visible, fixed_m):
    direct = make_leg([], 1.0, (0.0, 0.0, 1.0), 1)

    def one_frame(inputs):
        frame, seen = inputs
        vertices_m = frame.vertices_m + frame.origin_high_m[:, None]
        weights = block_weights(settings, frame)
        blocks_m = jnp.einsum("bn,nvk->bvk", weights, vertices_m, precision="highest")

        def block(parts):
            points_m, seen_here = parts
            surface = faces_of(points_m, faces)
            return visible_from(direct, surface.centre_m, surface.normal, fixed_m, seen_here)

        return batched_map(block, (blocks_m, seen))

    return batched_map(one_frame, (mesh, visible))


@jax.jit
def _static_frames(static: StaticEchoes, mesh: BurstMesh, faces):
    """Static echoes of every frame, with the shadow of the body in the middle of the burst."""

    def one_frame(frame: BurstMesh):
        middle = len(frame.vertices_m) // 2
        points_m = frame.vertices_m[middle] + frame.origin_high_m[middle]
        front = faces_radar(faces_of(points_m, faces))
        return static_samples(static, visible_fractions(static, points_m[faces], front))

    return batched_map(one_frame, mesh)
