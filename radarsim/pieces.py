"""A clip in pieces: as many at once as there are cores. The echo itself is held whole.

One compiled program hardly uses a second core, several side by side do. How a clip is cut follows
from its length alone, so that its samples are the same on every machine.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from radarsim.clip import Choice, fast_clip, pick, sized
from radarsim.config import Radar
from radarsim.frame import Burst
from radarsim.mesh import FaceIndices
from radarsim.settings import Settings

MOST_FRAMES = 10


def fast_echo(
    radar: Radar, settings: Settings, burst: Burst, faces: FaceIndices, sigma_rad: float
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of every frame without the level constant: `clip.choose` and `clip.fast_clip`.

    Args:
        radar: waveform, timing and antennas.
        settings: what to simulate and how.
        burst: the mesh at the nodes of every frame.
        faces: its triangles.
        sigma_rad: lobe width of the model [rad].

    Raises:
        InputError: something moves faster than the sum can follow.
    """
    num_frames = len(burst.vertices_m)
    # An accelerator is busy with one program.
    whole = jax.default_backend() != "cpu" or num_frames <= MOST_FRAMES
    bursts = [burst] if whole else cut(burst, MOST_FRAMES)
    picked = side_by_side(lambda one: pick(radar, settings, one, faces, sigma_rad), bursts)
    needed = jax.tree.map(lambda *parts: jnp.concatenate(parts), *(extent for _, extent in picked))
    sizes = sized(radar, settings, needed, sigma_rad)
    echoes = side_by_side(
        lambda chosen, one: fast_clip(radar, settings, chosen, one, faces, sigma_rad),
        [Choice(*parts, sizes) for parts, _ in picked],
        bursts,
    )
    return echoes[0] if whole else jnp.concatenate(echoes)[:num_frames]


def cut(burst: Burst, most: int) -> list[Burst]:
    """Pieces of the same length, at most so many frames; the last repeats its last frame."""
    num_frames = len(burst.vertices_m)
    count = -(-num_frames // most)
    length = -(-num_frames // count)
    indices = np.minimum(np.arange(count * length), num_frames - 1).reshape(count, length)
    return [jax.tree.map(itemgetter(index), burst) for index in indices]


def side_by_side(function: Callable, *items: list) -> list:
    """The results of all items, in order; each is waited for."""
    if len(items[0]) == 1 or num_threads() == 1:
        return list(map(function, *items))
    with ThreadPoolExecutor(num_threads()) as pool:
        return list(pool.map(lambda *one: jax.block_until_ready(function(*one)), *items))


def num_threads() -> int:
    """Of OMP_NUM_THREADS, as for other numerical libraries; else the cores there are."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
