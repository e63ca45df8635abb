"""A clip cut into chunks of frames, to be simulated on several cores.

One compiled program hardly uses a second core, several in parallel do. The cut depends on the
clip's length alone, so that its samples are the same on every machine.
"""

from operator import itemgetter

import jax
import numpy as np

from radarsim.scene.mesh import BurstMesh

MOST_FRAMES = 10
# Fewer frames than these are one chunk.
LEAST_FRAMES = 4


def frame_chunks(mesh: BurstMesh) -> list[BurstMesh]:
    """Chunks of equal length; one chunk on an accelerator, which one program keeps busy."""
    if jax.default_backend() != "cpu" or len(mesh.vertices_m) < LEAST_FRAMES:
        return [mesh]
    return cut(mesh, MOST_FRAMES)


def cut(mesh: BurstMesh, most: int) -> list[BurstMesh]:
    """Two chunks or more of at most `most` frames; the last chunk repeats the last frame."""
    num_frames = len(mesh.vertices_m)
    count = max(2, -(-num_frames // most))
    length = -(-num_frames // count)
    indices = np.minimum(np.arange(count * length), num_frames - 1).reshape(count, length)
    return [jax.tree.map(itemgetter(index), mesh) for index in indices]
