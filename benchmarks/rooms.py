"""What does a multipath pass cost, compared with the direct echo of the same walker?

    python -m benchmarks.rooms --reflection body --frames 4
    python -m benchmarks.rooms --room office --leg-reflections 2

All multipath passes, and an equal number of direct echoes, are timed alternately in one process.
The processor times exclude the compilation and the preparation of the room. Passes and direct
echoes take about the same time, so other load on the machine affects both alike. The result is the
median ratio.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.scenes import BenchmarkScene, settings_for
from pipelines.clip_rooms import unvaried_room
from pipelines.recipe_room import Room as RoomSection
from radarsim.multipath.room_frames import RoomFrames
from radarsim.multipath.room_plan import scene_room
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.scattering.reflection import reflection_named
from radarsim.scene.mesh import Surface
from radarsim.scene.room import Room
from radarsim.scene.scene import Scene, skin_scene
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.simulate import clip_echo

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
    """Print the report of the room and the cost of a pass relative to the direct echo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reflection", choices=("paper", "body"), default="body")
    parser.add_argument("--method", choices=("accurate", "fast"), default="accurate")
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--room", choices=("default", "living-room", "office", "hall"))
    parser.add_argument("--leg-reflections", type=int, choices=(1, 2), default=1)
    options = parser.parse_args()
    radar, settings = BOARDS[DEFAULT_BOARD], settings_for(options.method)
    reflection = reflection_named(options.reflection)
    walker = BenchmarkScene(radar, options.frames, RANGE_M, SIGMA_RAD)
    around = replace(room_named(options.room), leg_reflections=options.leg_reflections)
    scene = Scene(walker.scene.subjects, walker.scene.radar_pose, around)
    mesh, faces = skin_scene(scene.bodies, walker.posed)
    faces = jnp.asarray(faces, jnp.int32)
    room = scene_room(radar, scene, reflection, settings)
    print(room.report, flush=True)

    def direct():
        selection = select_faces(radar, settings, reflection, mesh, faces)
        sizes = sizes_of_selection(radar, settings, reflection, selection.required)
        return clip_echo(radar, settings, sizes, reflection, mesh, faces, selection)

    def passes():
        frames = RoomFrames(radar, settings, reflection, room, [[Surface(mesh, faces)]])
        return frames.multipath(0, 0, reflection)

    num_passes = int(np.sum(room.passes.is_real))

    def repeated():
        return [direct() for _ in range(num_passes)]

    for function in (direct, passes):
        jax.block_until_ready(function())  # compiles
    times_s = np.array([(processor_s(repeated), processor_s(passes)) for _ in range(ROUNDS)])
    ratios = times_s[:, 1] / times_s[:, 0]
    print(f"{num_passes} direct echoes {times_s[:, 0]} s, {num_passes} passes {times_s[:, 1]} s")
    print(f"cost of a pass / cost of the direct echo: {np.median(ratios):.2f}")


if __name__ == "__main__":
    main()
