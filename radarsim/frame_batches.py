"""Simulate frames of many clips at a time on an accelerator, as many as fit into its memory.

An accelerator takes the same number of steps for one frame as for a thousand, so a batch holds
frames of several clips. Each frame is simulated as a clip of one frame; its noise depends only on
the key of its clip and its index in the clip.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from radarsim.numerics.batched_map import batch_size
from radarsim.radar.radar import Radar
from radarsim.scene.body import BodyModel

# Upper limit of the memory that a frame takes: cubes, and bytes for each face. The compiled program
# takes 18 MB for 15,000 faces and 3.1 MB for the cube of the default radar (benchmarks/gpu_plan).
CUBES_PER_FRAME = 3
BYTES_PER_FACE = 1000
# Share of the device's memory for the frames of a batch; the rest is for finished cubes.
MEMORY_SHARE = 0.5
# Memory of a device that does not state it [bytes].
LEAST_MEMORY = 8 << 30
# Maximum number of frames in a batch; in larger batches, the time per frame would hardly decrease.
MOST_FRAMES = 1024


def frames_per_batch(radar: Radar, bodies: Sequence[BodyModel]) -> int | None:
    """Number of frames simulated at a time, from the memory of the device; None on a CPU."""
    pairs = radar.array.num_tx * radar.array.num_rx
    cube_bytes = 8 * radar.frame.num_chirps * pairs * radar.chirp.num_samples
    frame_bytes = CUBES_PER_FRAME * cube_bytes + BYTES_PER_FACE * sum(
        len(body.faces) for body in bodies
    )
    stated = jax.devices()[0].memory_stats() or {}
    memory = MEMORY_SHARE * stated.get("bytes_limit", LEAST_MEMORY)
    return batch_size(int(np.clip(memory / frame_bytes, 1, MOST_FRAMES)))


def one_by_one(values: Any) -> Any:
    """Cut stacked clips [clip, frame, ...] into clips of one frame [clip x frame, 1, ...]."""
    return jax.tree.map(lambda part: part.reshape(-1, 1, *part.shape[2:]), values)


def repeated(values: Any, count: int) -> Any:
    """Repeat every clip of a pytree `count` times, once for each of its frames."""
    return jax.tree.map(lambda part: part[np.repeat(np.arange(len(part)), count)], values)


def map_in_batches(function: Callable, items: Any, most: int) -> Any:
    """Apply a function to all items in equal batches of at most `most` items.

    The last batch is filled by repeating the last item, so that only one size is compiled. Results
    depend on the size of the batches by rounding: in a test, 3 of 37,000 ADC codes changed.
    """
    count = len(jax.tree.leaves(items)[0])
    num_batches = -(-count // most)
    length = -(-count // num_batches)
    index = np.minimum(np.arange(num_batches * length), count - 1).reshape(num_batches, length)
    batches = jax.tree.map(lambda part: part[index], items)
    results = jax.lax.map(jax.vmap(function), batches)
    return jax.tree.map(lambda part: part.reshape(-1, *part.shape[2:])[:count], results)
