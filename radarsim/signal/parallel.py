"""A clip in pieces: as many at once as there are cores.

One compiled program hardly uses a second core, several side by side do. How a clip is cut follows
from its length alone, so that its samples are the same on every machine.
"""

from collections.abc import Callable
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from radarsim.numerics.threads import side_by_side
from radarsim.radar.config import Radar
from radarsim.scene.mesh import FaceIndices
from radarsim.signal.fast_clip import Choice, fast_clip, pick, sized, sum_of_sizes
from radarsim.signal.fast_frame import Burst
from radarsim.signal.settings import Settings

MOST_FRAMES = 10
# Fewer than these are one piece.
LEAST_FRAMES = 4


def fast_echo(
    radar: Radar,
    settings: Settings,
    burst: Burst,
    faces: FaceIndices,
    sigma_rad: float,
    received: Callable[[Array, int], Array] = lambda echo, _: echo,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """IF samples of every frame without the level constant: `clip.choose` and `clip.fast_clip`.

    Args:
        radar: waveform, timing and antennas.
        settings: what to simulate and how.
        burst: the mesh at the nodes of every frame.
        faces: its triangles.
        sigma_rad: lobe width of the model [rad].
        received: (echo of a piece, its first frame) to what is wanted of it.

    Raises:
        InputError: something moves faster than the sum can follow.
    """
    num_frames = len(burst.vertices_m)
    # An accelerator is busy with one program.
    whole = jax.default_backend() != "cpu" or num_frames < LEAST_FRAMES
    bursts = [burst] if whole else cut(burst, MOST_FRAMES)
    picked = side_by_side(lambda one: pick(radar, settings, one, faces, sigma_rad), bursts)
    needed = jax.tree.map(lambda *parts: jnp.concatenate(parts), *(extent for _, extent in picked))
    sizes = sized(radar, settings, needed, sigma_rad)
    sum_of_sizes(radar, settings.echo, sizes)  # one program for all threads

    def piece(index, one):
        chosen = Choice(*picked[index][0], sizes)
        echo = fast_clip(radar, settings, chosen, one, faces, sigma_rad)
        return received(echo, index * len(one.vertices_m))

    cubes = side_by_side(piece, list(range(len(bursts))), bursts)
    return cubes[0] if whole else jnp.concatenate(cubes)[:num_frames]


def cut(burst: Burst, most: int) -> list[Burst]:
    """Two pieces or more, equally long, at most so many frames; the last repeats its last frame."""
    num_frames = len(burst.vertices_m)
    count = max(2, -(-num_frames // most))
    length = -(-num_frames // count)
    indices = np.minimum(np.arange(count * length), num_frames - 1).reshape(count, length)
    return [jax.tree.map(itemgetter(index), burst) for index in indices]
