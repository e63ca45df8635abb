"""Simulate many clips in one compiled program, from poses to IF cubes or heatmaps, on the device.

    poses -> mesh -> visible faces -> IF cube -> receiver -> heatmaps

The arrays of a compiled program have fixed sizes, which depend on the visible faces. This module
guesses the array sizes: clips are simulated with the sizes that sufficed for earlier clips, and the
program also returns the sizes that the new clips required. If the required sizes are larger than
the guess, the clips are simulated again, so that no result comes from arrays that are too small. In
contrast, `simulate.simulate` determines the array sizes on the host before the simulation.
"""

from collections.abc import Callable
from functools import partial, reduce
from operator import add
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex

from radarsim.array_checks import check_axes
from radarsim.checks import check_type
from radarsim.errors import InputError
from radarsim.frame_batches import (
    frames_per_batch,
    map_in_batches,
    one_by_one,
    repeated,
    shortest_batches,
)
from radarsim.heatmaps.heatmaps import Heatmaps, maps_of_clip
from radarsim.heatmaps.settings import HeatmapSettings, num_columns
from radarsim.input_checks import (
    check_radar,
    check_settings,
)
from radarsim.posed_clip import PosedClip
from radarsim.radar.radar import Radar
from radarsim.scene.body import BodyModel
from radarsim.scene.mesh import BurstMesh, Surface
from radarsim.scene.scene import PosedScene, skin_subjects
from radarsim.signal.array_sizes import RequiredSizes, SumSizes, largest, largest_of_bodies
from radarsim.signal.face_selection import sizes_of_selection
from radarsim.signal.received_echo import echoes_of, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.signal.surface_selection import select_each, with_echo_faces
from radarsim.simulate import clip_echo


class BatchSimulator:
    """Simulator of stacked clips that stores the array sizes required by earlier clips.

    Attributes:
        required: largest sizes that clips have required so far; None before the first clips.
    """

    def __init__(
        self,
        radar: Radar,
        bodies: tuple[BodyModel, ...],
        settings: SimulationSettings = SimulationSettings(),
        map_settings: HeatmapSettings | Callable | None = HeatmapSettings(),
    ):
        """Prepare the simulator; programs are compiled at the first call.

        Args:
            radar: the radar to be simulated; each clip has its own profile, from `pose_clip`.
            bodies: body models from `Scene.bodies`, shared by all clips.
            settings: simulation settings.
            map_settings: heatmap settings; None to return IF cubes; or a hashable function of
                radar, IF cube and clip that returns other products.

        Raises:
            InputError: an argument is invalid, or the settings select hidden point removal or the
                exact sum, which run on the host only.
        """
        check_radar("BatchSimulator", radar)
        check_settings("BatchSimulator", settings)
        hint = "give HeatmapSettings(...), or None for IF cubes"
        kinds = (HeatmapSettings, type(None), Callable)
        check_type("BatchSimulator", "map_settings", map_settings, kinds, hint)
        check_type("BatchSimulator", "bodies", bodies, (tuple, list), "give Scene.bodies")
        for body in bodies:
            check_type("BatchSimulator", "bodies", body, BodyModel, "give Scene.bodies")
        if settings.visibility == "hpr" or settings.method == "exact":
            value = settings.visibility if settings.visibility == "hpr" else settings.method
            raise InputError("settings", value, "cannot run on the device alone", "use simulate")
        self.required: RequiredSizes | None = None
        self._static = radar.without_profile, settings, map_settings
        self._bodies = tuple(bodies)

    def __call__(
        self, clips: PosedClip
    ) -> Heatmaps | Complex[Array, "clip frame chirp tx rx sample"]:
        """Compute the heatmaps or IF cubes [V] of stacked clips, with the clip axis first.

        Raises:
            InputError: the clips are not stacked, were made for other bodies, or are shorter than a
                heatmap window; or a speed or range extent exceeds what the fast sum can represent.
        """
        radar, settings, _ = self._static
        self._check_clips(clips)
        if self.required is None:
            first = jax.tree.map(lambda part: part[0], clips)
            surfaces = skin_subjects(self._bodies, first.posed)
            surfaces = with_echo_faces(first.reflection, surfaces)
            selections = select_each(radar, settings, first.reflection, surfaces)
            self.required = largest_of_bodies([each.required for each in selections])
        while True:
            sizes = sizes_of_selection(radar, settings, clips.reflection, self.required)
            result, required = _simulate_clips(*self._static, sizes, self._bodies, clips)
            self.required = largest(self.required, required)
            if sizes_of_selection(radar, settings, clips.reflection, self.required) == sizes:
                return result

    def at_sizes(
        self, clips: PosedClip, sizes: SumSizes, batch_frames: int | None = None
    ) -> tuple[Any, RequiredSizes]:
        """Start the simulation of stacked clips with given array sizes.

        Args:
            clips: stacked clips.
            sizes: array sizes of the fast sum.
            batch_frames: number of frames that are simulated at a time; batches of a fixed length
                give the same values for any number of clips. None to choose a length for the device
                and the number of clips; a CPU then simulates clip by clip.

        Returns:
            Heatmaps, IF cubes or other products, and the sizes that every frame required, with the
            clip axis first. Products of clips that required larger sizes are invalid.

        Raises:
            InputError: as for `__call__`, except for speed and range extent.
        """
        self._check_clips(clips)
        return _simulate_clips(*self._static, sizes, self._bodies, clips, batch_frames=batch_frames)

    def _check_clips(self, clips: PosedClip) -> None:
        radar, _, map_settings = self._static
        check_type("BatchSimulator", "clips", clips, PosedClip, "give stack_clips([...])")
        subjects = clips.posed.subjects
        if len(subjects) != len(self._bodies):
            problem = f"have {len(subjects)} subjects; the simulator has {len(self._bodies)} bodies"
            raise InputError("BatchSimulator", "clips", problem, "give Scene.bodies of the clips")
        for subject, body in zip(subjects, self._bodies):
            lengths = dict.fromkeys(("clip", "frame", "node"))
            lengths |= {"joint": body.num_joints, "coordinate": 3}
            shape, hint = jnp.shape(subject.poses_rad), "give stack_clips([...]) of these bodies"
            check_axes("BatchSimulator", "poses of the clips", shape, lengths, hint)
        if isinstance(map_settings, HeatmapSettings):
            num_columns(radar, subjects[0].poses_rad.shape[1], map_settings)


@partial(jax.jit, static_argnums=(0, 1, 2, 3), static_argnames="batch_frames")
def _simulate_clips(radar, settings, map_settings, sizes, bodies, clips, batch_frames=None):
    """Compute the heatmaps or IF cubes of every clip, and the array sizes that they required."""
    faces = tuple(body.faces for body in bodies)
    simulated = partial(_cube_of_meshes, radar, settings, sizes, faces)

    def one_clip(clip: PosedClip):
        cube_v, required = simulated(_meshes(bodies, clip.posed), _receiver_of(clip))
        return _products(radar, map_settings, cube_v, clip), required

    if batch_frames is None and jax.default_backend() == "cpu":
        return jax.lax.map(one_clip, clips)
    num_clips, num_frames = clips.posed.subjects[0].poses_rad.shape[:2]
    if batch_frames is None:
        most = frames_per_batch(radar, sum(len(body.faces) for body in bodies))
        batch_frames = shortest_batches(num_clips * num_frames, most)
    batch_clips = max(1, batch_frames // num_frames)
    meshes = map_in_batches(partial(_meshes, bodies), clips.posed, batch_clips)
    cubes_v, required = _cubes_by_frames(simulated, meshes, clips, batch_frames)
    products = map_in_batches(
        lambda pair: _products(radar, map_settings, *pair), (cubes_v, clips), batch_clips
    )
    return products, required


def _products(radar, map_settings, cube_v, clip: PosedClip):
    """The IF cube of a clip, its heatmaps, or the result of a function."""
    if map_settings is None:
        return cube_v
    if isinstance(map_settings, HeatmapSettings):
        return maps_of_clip(radar, cube_v, map_settings)
    return map_settings(radar, cube_v, clip)


def _receiver_of(clip: PosedClip) -> tuple:
    """Return the parts of a clip that describe the receiver, not the scene."""
    return clip.key, clip.reflection, clip.level_v, clip.extra_noise_db, clip.front_end


def _meshes(bodies, posed: PosedScene) -> tuple[BurstMesh, ...]:
    """The mesh of each body of a scene."""
    return tuple(surface.mesh for surface in skin_subjects(bodies, posed))


def _cube_of_meshes(radar, settings, sizes, faces, meshes, receiver, first_frame=0):
    """Simulate the IF cube [V] of one clip; also return the array sizes that it required."""
    key, reflection, level_v, noise_db, front_end = receiver
    surfaces = with_echo_faces(reflection, map(Surface, meshes, faces))
    selections = select_each(radar, settings, reflection, surfaces)

    def echo_of(model):
        echoes = (
            clip_echo(radar, settings, sizes, model, *surface, selection)
            for surface, selection in zip(surfaces, selections, strict=True)
        )
        return reduce(add, echoes)

    echoes = echoes_of(front_end, reflection, echo_of)
    levels = settings, level_v, noise_db
    cube_v = receive_echoes(radar, echoes, key, *levels, first_frame, front_end)
    return cube_v, largest_of_bodies([each.required for each in selections])


def _cubes_by_frames(simulated, meshes, clips: PosedClip, batch_frames: int):
    """Simulate stacked clips in batches of frames; each frame counts as a clip of one frame."""
    num_clips, num_frames = meshes[0].vertices_m.shape[:2]
    index = jnp.tile(jnp.arange(num_frames), num_clips)
    frames = one_by_one(meshes), repeated(_receiver_of(clips), num_frames), index
    found = map_in_batches(lambda frame: simulated(*frame), frames, batch_frames)
    # Each frame was a clip of one frame: [clip x frame, 1, ...] becomes [clip, frame, ...].
    return jax.tree.map(lambda part: part.reshape(num_clips, num_frames, *part.shape[2:]), found)
