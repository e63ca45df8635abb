"""Simulate frames of many clips at a time on an accelerator, as many as fit into its memory.

An accelerator takes the same number of steps for one frame as for a thousand, so a batch holds
frames of several clips. Each frame is simulated as a clip of one frame; its noise depends only on
the key of its clip and its index in the clip.

The length of a batch changes the order of sums, and thereby the last digits. A dataset therefore
uses batches of one length, whatever the number of its clips.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from radarsim.radar.radar import Radar

# Upper limit of the memory that a frame takes: cubes, and bytes for each face. The compiled program
# takes 18 MB for 15,000 faces and 3.1 MB for the cube of the default radar (benchmarks/gpu_plan).
CUBES_PER_FRAME = 3
BYTES_PER_FACE = 1000
# Each pair contains a lower limit of the memory that JAX may use on the device (by default, three
# quarters of the memory of a GPU) and the memory for the frames of a batch [bytes]. The steps are
# wide, because the number of frames changes the rounding: two GPUs of one kind must simulate the
# same number of frames at a time, even if their drivers reserve different amounts of memory.
MEMORY_OF_BATCH = ((52 << 30, 16 << 30), (24 << 30, 8 << 30), (13 << 30, 4 << 30), (0, 2 << 30))
# Maximum number of frames in a batch; in larger batches, the time per frame would hardly decrease.
MOST_FRAMES = 512


def frames_per_batch(radar: Radar, num_faces: int, usable: int | None = None) -> int:
    """Number of frames that a device simulates at a time: a power of two.

    Args:
        radar: board whose IF cubes are simulated.
        num_faces: number of faces of all bodies of the scene.
        usable: memory that JAX may use on the device [bytes]; None for the device of this process.
    """
    pairs = radar.array.num_tx * radar.array.num_rx
    cube_bytes = 8 * radar.frame.num_chirps * pairs * radar.chirp.num_samples
    frame_bytes = CUBES_PER_FRAME * cube_bytes + BYTES_PER_FACE * num_faces
    if usable is None:
        usable = (jax.devices()[0].memory_stats() or {}).get("bytes_limit", 0)
    memory = next(size for least, size in MEMORY_OF_BATCH if usable >= least)
    fitting = max(1, memory // frame_bytes)
    return min(1 << (fitting.bit_length() - 1), MOST_FRAMES)


def one_by_one(values: Any) -> Any:
    """Cut stacked clips [clip, frame, ...] into clips of one frame [clip x frame, 1, ...]."""
    return jax.tree.map(lambda part: part.reshape(-1, 1, *part.shape[2:]), values)


def repeated(values: Any, count: int) -> Any:
    """Repeat every clip of a pytree `count` times, once for each of its frames."""
    return jax.tree.map(lambda part: part[np.repeat(np.arange(len(part)), count)], values)


def map_in_batches(function: Callable, items: Any, length: int) -> Any:
    """Apply a function to all items in batches of `length` items.

    The last batch is filled by repeating the last item, so that only one size is compiled. Because
    of rounding, results depend on the length of the batches: in a test, 3 of 37,000 ADC codes
    changed.
    """
    count = len(jax.tree.leaves(items)[0])
    num_batches = -(-count // length)
    if missing := num_batches * length - count:
        index = np.minimum(np.arange(count + missing), count - 1)
        items = jax.tree.map(lambda part: part[index], items)
    batches = jax.tree.map(lambda part: part.reshape(num_batches, length, *part.shape[1:]), items)
    results = jax.lax.map(jax.vmap(function), batches)
    return jax.tree.map(lambda part: part.reshape(-1, *part.shape[2:])[:count], results)


def shortest_batches(count: int, most: int) -> int:
    """Length of each batch if items are divided into the fewest equal batches up to `most`."""
    return -(-count // -(-count // most))
