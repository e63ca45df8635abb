"""Divide a clip into chunks of frames that are simulated on several cores.

One compiled program hardly uses a second core, so several programs run in parallel. The division
depends only on the clip's length, so that the samples are identical on every machine.
"""

from operator import itemgetter

import jax
import numpy as np

from radarsim.scene.mesh import BurstMesh

# Maximum number of frames in a chunk.
MOST_FRAMES = 10
# Minimum number of frames for which a clip is divided.
LEAST_FRAMES = 4


def frame_chunks(mesh: BurstMesh) -> list[BurstMesh]:
    """Divide frames into chunks of equal length; one chunk is enough to fill an accelerator."""
    if jax.default_backend() != "cpu" or len(mesh.vertices_m) < LEAST_FRAMES:
        return [mesh]
    return cut(mesh, MOST_FRAMES)


def chunk_length(num_frames: int, most: int = MOST_FRAMES) -> int:
    """Number of frames in each chunk of a clip that is divided."""
    return -(-num_frames // max(2, -(-num_frames // most)))


def cut(mesh: BurstMesh, most: int) -> list[BurstMesh]:
    """Divide frames into two or more chunks of at most `most`, padded with the last frame."""
    num_frames = len(mesh.vertices_m)
    length = chunk_length(num_frames, most)
    count = max(2, -(-num_frames // most))
    indices = np.minimum(np.arange(count * length), num_frames - 1).reshape(count, length)
    return [_frames(mesh, index) for index in indices]


@jax.jit
def _frames(mesh: BurstMesh, index) -> BurstMesh:
    """Frames of a mesh, in one program for all arrays and all chunks of equal length."""
    return jax.tree.map(itemgetter(index), mesh)
