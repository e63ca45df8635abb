"""Occlusion as one GPU kernel: every block of targets is compared with its own triangles.

In XLA code, a loop runs over the triangles in front of a block; the host must check its condition,
and in a batch of frames all blocks take as many steps as the longest loop. In the kernel, each
block of targets is a separate program with a loop of the required length, and the targets stay in
registers.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Float, Int

# Number of triangles tested in one iteration of the loop.
UNROLLED = 4
# Each thread of a warp has four targets, so that the 12 values read per triangle are used four
# times.
NUM_WARPS = 1


def deepest_shadows(
    blocks_m: Float[Array, "block target 3"],
    edge_planes: Float[Array, "edge occluder 3"],
    planes: Float[Array, "occluder 3"],
    first: Int[Array, " block"],
    last: Int[Array, " block"],
    plane_limit: float,
    interpret: bool,
) -> Float[Array, "block target"]:
    """Depth of each target in the deepest shadow of the triangles `first` to `last` of its block.

    Args:
        blocks_m: targets in blocks [m]; the number of targets in a block is a power of two.
        edge_planes, planes: planes of each triangle, as in `visibility.shadow_depth`.
        first, last: range of triangles for each block; empty if `last` is not above `first`.
        plane_limit: value of n . p beyond which a target lies behind a triangle.
        interpret: whether to interpret the kernel, which works on any device.

    Returns:
        The largest depth, or minus infinity for blocks without triangles.
    """
    num_blocks, num_targets, _ = blocks_m.shape
    rows = jnp.concatenate([*edge_planes, planes], axis=-1)

    def whole(array):
        return pl.BlockSpec(array.shape, lambda block: (0,) * array.ndim)

    return pl.pallas_call(
        partial(_block_kernel, plane_limit),
        out_shape=jax.ShapeDtypeStruct((num_blocks, num_targets), jnp.float32),
        grid=(num_blocks,),
        in_specs=[
            pl.BlockSpec((None, 3, num_targets), lambda block: (block, 0, 0)),
            whole(rows),
            whole(first),
            whole(last),
        ],
        out_specs=pl.BlockSpec((None, num_targets), lambda block: (block, 0)),
        compiler_params=triton.CompilerParams(num_warps=NUM_WARPS, num_stages=1),
        interpret=interpret,
        name="occlusion",
    )(jnp.swapaxes(blocks_m, 1, 2), rows, first, last)


def _block_kernel(plane_limit, points_ref, rows_ref, first_ref, last_ref, deepest_ref):
    """Compare one block of targets with its triangles, four at a time."""
    block = pl.program_id(0)
    first, last = first_ref[block], last_ref[block]
    x, y, z = points_ref[0], points_ref[1], points_ref[2]

    def distance(triangle, plane):
        a, b, c = (rows_ref[triangle, 3 * plane + axis] for axis in range(3))
        return a * x + b * y + c * z

    def turn(step, deepest):
        for offset in range(UNROLLED):
            # The last iteration repeats the last triangle, which does not change the maximum.
            triangle = jnp.minimum(first + UNROLLED * step + offset, last - 1)
            edges = [distance(triangle, edge) for edge in range(3)]
            inside = -jnp.maximum(jnp.maximum(edges[0], edges[1]), edges[2])
            depth = jnp.minimum(inside, distance(triangle, 3) - plane_limit)
            deepest = jnp.maximum(deepest, depth)
        return deepest

    turns = jnp.maximum(last - first + UNROLLED - 1, 0) // UNROLLED
    deepest_ref[:] = jax.lax.fori_loop(0, turns, turn, jnp.full(x.shape, -jnp.inf))
