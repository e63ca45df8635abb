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
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.scenes import BenchmarkScene, settings_for
from pipelines.clip_rooms import unvaried_room
from pipelines.recipe_room import BUNDLED_ROOMS
from pipelines.recipe_room import Room as RoomSection
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import scene_room
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.scattering.reflection import reflection_named
from radarsim.scene.mesh import Surface
from radarsim.scene.room import Room
from radarsim.scene.scene import Scene, skin_scene
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo, simulate

RANGE_M = 3.0
SIGMA_RAD = 0.5
ROUNDS = 5


def processor_s(function: Callable) -> float:
    """Return the processor time of one call [s]."""
    start_s = time.process_time()
    jax.block_until_ready(function())
    return time.process_time() - start_s


def room_named(name: str | None) -> Room:
    """Return a bundled room, or the room of the defaults of `Room`."""
    return Room() if name in (None, "default") else unvaried_room(RoomSection(name=name))


def main() -> None:
    """Print the reports of the room and the cost of a pass relative to the walker alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reflection", choices=("paper", "body"), default="body")
    parser.add_argument("--method", choices=("accurate", "fast"), default="accurate")
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--room", choices=("default", *BUNDLED_ROOMS))
    parser.add_argument("--leg-reflections", type=int, choices=(1, 2), nargs="+", default=[1])
    options = parser.parse_args()
    radar, settings = BOARDS[DEFAULT_BOARD], settings_for(options.method)
    reflection = reflection_named(options.reflection)
    walker = BenchmarkScene(radar, options.frames, RANGE_M, SIGMA_RAD)
    mesh, faces = skin_scene(walker.scene.bodies, walker.posed)
    faces = jnp.asarray(faces, jnp.int32)

    def direct():
        selection = select_faces(radar, settings, reflection, mesh, faces)
        sizes = sizes_of_selection(radar, settings, reflection, selection.required)
        return clip_echo(radar, settings, sizes, reflection, mesh, faces, selection)

    def passes_in(room):
        frames = RoomFrames(radar, settings, reflection, room, [[Surface(mesh, faces)]])
        return frames.multipath(0, 0, reflection)

    def alone():
        complete = SimulationSettings(method=options.method)
        key, frames = jax.random.key(0), options.frames
        return simulate(radar, walker.scene, key, reflection, complete, num_frames=frames)

    functions, counts = [direct, alone], [1, 1]
    for most in options.leg_reflections:
        around = replace(room_named(options.room), leg_reflections=most)
        scene = Scene(walker.scene.subjects, walker.scene.radar_pose, around)
        room = scene_room(radar, scene, reflection, settings)
        print(f"at most {most} reflections in one direction: {room.report}", flush=True)
        functions.append(partial(passes_in, room))
        counts.append(int(np.sum(room.passes.is_real)))
    for function in functions:
        jax.block_until_ready(function())  # compiles
    per_echo_s = [
        [processor_s(function) / count for function, count in zip(functions, counts)]
        for _ in range(ROUNDS)
    ]
    direct_s, alone_s, *passes_s = np.transpose(per_echo_s)
    print(f"direct echo: {direct_s} s")
    print(f"complete simulation without a room: {alone_s} s")
    for most, pass_s in zip(options.leg_reflections, passes_s):
        print(f"pass, at most {most} reflections in one direction: {pass_s} s")
        print(f"  relative to the direct echo: {np.median(pass_s / direct_s):.2f}")
        print(f"  relative to the complete simulation: {np.median(pass_s / alone_s):.2f}")


if __name__ == "__main__":
    main()
