"""Shadows that bodies and furniture cast on the static echoes of a room.

Shadows have soft edges: each static echo is multiplied by the visible fraction of its first Fresnel
zone. This fraction is determined once per frame, at the middle of the burst, so a static echo
changes from frame to frame but not within a burst.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from radarsim.multipath.static_echoes import StaticEchoes
from radarsim.scattering.visibility import unoccluded


def visible_fractions(
    echoes: StaticEchoes,
    corners_m: Float[Array | np.ndarray, "occluder 3 3"],
    active: Bool[Array, " occluder"],
) -> Float[Array, " echo"]:
    """Return the factor of each static echo, from 0 (hidden) to 1 (fully visible).

    Args:
        echoes: the static echoes.
        corners_m: corners in the radar frame of the triangles that may hide the echoes [m].
        active: mask of the triangles to be tested.
    """
    probes_m = jnp.asarray(echoes.probes_m)
    if not probes_m.size:
        return jnp.zeros(len(probes_m))
    weights = jnp.asarray(echoes.weights)
    needed = weights.reshape(-1) > 0
    seen = unoccluded(probes_m.reshape(-1, 3), corners_m, active, needed).reshape(weights.shape)
    # A direction without weights has the same path as the other direction.
    fraction = jnp.sum(seen * weights, axis=-1) + (1 - jnp.sum(weights, axis=-1))
    return fraction[:, 0] * fraction[:, 1]


def static_samples(
    echoes: StaticEchoes, fractions: Float[Array, " echo"]
) -> Complex[Array, "tx rx sample"]:
    """Return the sum of the static echoes of one frame, not scaled by the level constant."""
    samples = jnp.asarray(echoes.samples)
    return jnp.tensordot(fractions.astype(samples.dtype), samples, axes=1, precision="highest")
