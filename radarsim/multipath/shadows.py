"""Shadows that bodies and furniture cast on the static echoes of a room.

The edge of a shadow is as wide as the first Fresnel zone: the factor of an echo is the fraction of
visible points in this zone. The shadow is tested once per frame, at the middle of the burst, so a
static echo changes from frame to frame and not within a burst.
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
    """Factor of each static echo, from 0 (hidden) to 1 (visible).

    Args:
        echoes: the static echoes.
        corners_m: corners of the triangles that may hide them, radar frame [m].
        active: triangles to be tested.
    """
    probes_m = jnp.asarray(echoes.probes_m)
    if not probes_m.size:
        return jnp.zeros(len(probes_m))
    weights = jnp.asarray(echoes.weights)
    needed = weights.reshape(-1) > 0
    seen = unoccluded(probes_m.reshape(-1, 3), corners_m, active, needed).reshape(weights.shape)
    # A way without weights repeats the other way.
    fraction = jnp.sum(seen * weights, axis=-1) + (1 - jnp.sum(weights, axis=-1))
    return fraction[:, 0] * fraction[:, 1]


def static_samples(
    echoes: StaticEchoes, fractions: Float[Array, " echo"]
) -> Complex[Array, "tx rx sample"]:
    """Sum of the static echoes of one frame, without the level constant."""
    samples = jnp.asarray(echoes.samples)
    return jnp.tensordot(fractions.astype(samples.dtype), samples, axes=1, precision="highest")
