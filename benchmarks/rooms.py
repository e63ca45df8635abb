"""What does a multipath pass cost, compared with the direct echo of the same walker?

    python -m benchmarks.rooms --reflection body --frames 4
    python -m benchmarks.rooms --room office --leg-reflections 1 2

All multipath passes, the direct echo, and the complete simulation of the walker without a room
(poses, direct echo, noise and ADC) are timed alternately in one process. The processor times
exclude the compilation and the preparation of the room. Passes and direct echoes take about the
same time, so other load on the machine affects both alike. The results are the median ratios. With
`--leg-reflections 1 2`, the passes that are chosen with at most one and with at most two
reflections in one direction are compared.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from benchmarks.scenes import BenchmarkScene, settings_for
from pipelines.clip_rooms import unvaried_room
from pipelines.recipe_room import BUNDLED_ROOMS
from pipelines.recipe_room import Room as RoomSection
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import RoomEchoes, scene_room
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel, reflection_named
from radarsim.scene.mesh import Surface
from radarsim.scene.room import Room
from radarsim.scene.scene import Scene, skin_scene
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo, simulate

RANGE_M = 3.0
SIGMA_RAD = 0.5
ROUNDS = 5


class Timed(NamedTuple):
    """A computation whose processor time is measured.

    Attributes:
        name: description of the computation.
        run: function that computes all echoes.
        num_echoes: number of echoes by which the time is divided.
    """

    name: str
    run: Callable
    num_echoes: int = 1


class Walker:
    """The walker of the benchmark in front of a radar, as a scene and as a posed mesh.

    Attributes:
        radar, settings, reflection, num_frames: radar, noiseless settings, reflection model and
            number of frames of all timed simulations.
        scene: the walker in free space.
        mesh, faces: the walker's surface at the nodes of every burst.
    """

    def __init__(self, radar: Radar, method: str, reflection: ReflectionModel, num_frames: int):
        walker = BenchmarkScene(radar, num_frames, RANGE_M, SIGMA_RAD)
        self.radar, self.settings, self.reflection = radar, settings_for(method), reflection
        self.num_frames, self.scene = num_frames, walker.scene
        self.mesh, faces = skin_scene(walker.scene.bodies, walker.posed)
        self.faces = jnp.asarray(faces, jnp.int32)

    def direct(self) -> jax.Array:
        """Return the direct echo of the posed walker."""
        model = self.radar, self.settings, self.reflection
        selection = select_faces(*model, self.mesh, self.faces)
        sizes = sizes_of_selection(*model, selection.required)
        radar, settings, reflection = model
        return clip_echo(radar, settings, sizes, reflection, self.mesh, self.faces, selection)

    def passes(self, room: RoomEchoes) -> jax.Array:
        """Return the sum of all simulated passes of the posed walker in a prepared room."""
        surfaces = [Surface(self.mesh, self.faces)]
        model = self.radar, self.settings, self.reflection
        return RoomFrames(*model, room, [surfaces]).multipath(0, 0, self.reflection)

    def alone(self) -> jax.Array:
        """Return the cube of the walker in free space, with noise and ADC."""
        complete = SimulationSettings(method=self.settings.method)
        key, num_frames = jax.random.key(0), self.num_frames
        model = self.reflection, complete
        return simulate(self.radar, self.scene, key, *model, num_frames=num_frames)

    def prepared(self, room: Room) -> RoomEchoes:
        """Return the static echoes and the chosen passes of a room."""
        scene = Scene(self.scene.subjects, self.scene.radar_pose, room)
        return scene_room(self.radar, scene, self.reflection, self.settings)


def processor_s(function: Callable) -> float:
    """Return the processor time of one call [s]."""
    start_s = time.process_time()
    jax.block_until_ready(function())
    return time.process_time() - start_s


def room_named(name: str | None) -> Room:
    """Return a bundled room, or the room of the defaults of `Room`."""
    return Room() if name in (None, "default") else unvaried_room(RoomSection(name=name))


def timed_passes(walker: Walker, room: Room, most: int) -> Timed:
    """Choose the passes of a room, print the report, and return the computation of the passes.

    Args:
        walker: the walker.
        room: the room.
        most: maximum number of reflections in one direction.
    """
    prepared = walker.prepared(replace(room, leg_reflections=most))
    print(f"at most {most} reflections in one direction: {prepared.report}", flush=True)
    name = f"pass, at most {most} reflections in one direction"
    return Timed(name, partial(walker.passes, prepared), int(np.sum(prepared.passes.is_real)))


def seconds_per_echo(
    computations: Sequence[Timed], rounds: int
) -> Float[np.ndarray, "computation round"]:
    """Return the processor time of one echo of each computation [s], measured alternately.

    Args:
        computations: the computations, which are compiled before the measurement.
        rounds: number of measurements of each computation.
    """
    for each in computations:
        jax.block_until_ready(each.run())
    measured_s = [
        [processor_s(each.run) / each.num_echoes for each in computations] for _ in range(rounds)
    ]
    return np.transpose(measured_s)


def lines_of_results(
    computations: Sequence[Timed], per_echo_s: Float[np.ndarray, "computation round"]
) -> list[str]:
    """Return the lines with all times and with the median ratios of the passes.

    Args:
        computations: the direct echo, the complete simulation, and the passes.
        per_echo_s: result of `seconds_per_echo` [s].
    """
    direct_s, alone_s = per_echo_s[:2]
    lines = []
    for index, (each, seconds) in enumerate(zip(computations, per_echo_s, strict=True)):
        lines.append(f"{each.name}: {seconds} s")
        if index >= 2:
            lines += [
                f"  relative to the direct echo: {np.median(seconds / direct_s):.2f}",
                f"  relative to the complete simulation: {np.median(seconds / alone_s):.2f}",
            ]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the reports of the room and the cost of a pass relative to the walker alone."""
    options = make_parser().parse_args(arguments)
    reflection = reflection_named(options.reflection)
    walker = Walker(BOARDS[DEFAULT_BOARD], options.method, reflection, options.frames)
    room = room_named(options.room)
    computations = [
        Timed("direct echo", walker.direct),
        Timed("complete simulation without a room", walker.alone),
        *(timed_passes(walker, room, most) for most in options.leg_reflections),
    ]
    print("\n".join(lines_of_results(computations, seconds_per_echo(computations, ROUNDS))))
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rooms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--reflection", choices=("paper", "body"), default="body")
    parser.add_argument("--method", choices=("accurate", "fast"), default="accurate")
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--room", choices=("default", *BUNDLED_ROOMS))
    parser.add_argument("--leg-reflections", type=int, choices=(1, 2), nargs="+", default=[1])
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
