"""Simulate long motions chunk by chunk, using only the memory of one chunk."""

from collections.abc import Iterator

from jaxtyping import Array, Complex

from radarsim.checks import whole_number
from radarsim.input_checks import (
    SimulationInput,
    check_scene,
    check_simulation,
    check_untraced_scene,
    checked_frames,
)
from radarsim.multipath.room_plan import RoomEchoes, scene_room
from radarsim.numerics.malloc import trim_heap
from radarsim.progress import notice_if_slow
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scene.scene import Scene
from radarsim.signal.noise_and_adc import Key
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import scene_cube


def stream(
    radar: Radar,
    scene: Scene,
    key: Key,
    reflection: ReflectionModel = QuasiSpecular(),
    settings: SimulationSettings = SimulationSettings(),
    *,
    frames_per_chunk: int = 50,
    extra_noise_db: float = 0.0,
) -> Iterator[Complex[Array, "frame chirp tx rx sample"]]:
    """Simulate the IF cube of a long motion chunk by chunk, using only the memory of one chunk.

    The noise is identical to that of `simulate`, and the frames agree within rounding, because the
    array sizes depend on the chunk. The last chunk may be shorter.

    Args:
        radar, scene, key, reflection, settings, extra_noise_db: same arguments as for `simulate`.
        frames_per_chunk: radar frames in each chunk.

    Raises:
        InputError: same conditions as for `simulate`; invalid arguments are rejected before the
            first chunk is simulated.
    """
    given = SimulationInput(radar, key, reflection, settings, extra_noise_db)
    check_simulation("stream", given)
    check_scene("stream", scene)
    check_untraced_scene("stream", scene, reflection)
    frames_per_chunk = whole_number("stream", "frames_per_chunk", frames_per_chunk)
    num_frames, _ = checked_frames("stream", radar, scene, settings, None, 0)
    room = scene_room(radar, scene, reflection, settings)
    return _chunks(given, scene, room, num_frames, frames_per_chunk)


def _chunks(
    given: SimulationInput,
    scene: Scene,
    room: RoomEchoes | None,
    num_frames: int,
    frames_per_chunk: int,
) -> Iterator[Complex[Array, "frame chirp tx rx sample"]]:
    for first in range(0, num_frames, frames_per_chunk):
        yield _chunk(given, scene, room, min(frames_per_chunk, num_frames - first), first)
        trim_heap()


def _chunk(given: SimulationInput, scene: Scene, room: RoomEchoes | None, count: int, first: int):
    # Separate from the generator, so that the notice does not include the time of the caller.
    with notice_if_slow(f"simulating {count} frames (the first call compiles)"):
        return scene_cube(given, scene, room, count, first)
