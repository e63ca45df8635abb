"""How much of the wave a face sends from a transmitter to a receiver; one function per model.

A model gives the **log-amplitude** of a scatterer for a transmitter at one point and a receiver at
another, spreading 1/(R1 R2) included, without the level constant (see levels.py) and without the
carrier phase of the path (see if_signal.py). Logarithms, because they are smooth in time and over
the array, which is what the fast synthesis lives on. A later model may add a phase in the same way.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.legs import horner
from radarsim.mesh import Faces

# Keeps log(0) of a degenerate face finite; 1e-30 m^2 is far below any culling threshold.
SMALLEST_AREA_M2 = 1e-30
# 4 arcsin^2(sqrt(s) / 2) / s for 0 < s <= 2 by least squares on Chebyshev points, 5e-8 off.
_CHORDS = 1 + np.cos(np.pi * (np.arange(400) + 0.5) / 400)
SQUARED_ANGLE_TERMS = np.linalg.lstsq(
    _CHORDS[:, None] ** np.arange(8), 4 * np.arcsin(np.sqrt(_CHORDS) / 2) ** 2 / _CHORDS, rcond=None
)[0].astype(np.float32)


def squared_angle(
    first: Float[Array, "*#batch 3"], second: Float[Array, "*#batch 3"]
) -> Float[Array, "*batch"]:
    """Squared angle between unit vectors [rad^2], smooth where they are parallel.

    From the chord s = |a - b|^2, as theta = 2 arcsin(sqrt(s)/2): the gradient of arccos is infinite
    where they are parallel (NaN after the chain rule). Beyond a right angle from its supplement.
    """
    chord = jnp.minimum(jnp.sum((first - second) ** 2, axis=-1), 4 * (1 - 1e-6))
    acute = chord < 2
    near = jnp.where(acute, chord, 4 - chord)
    squared = near * horner(SQUARED_ANGLE_TERMS, near)
    obtuse = (np.float32(np.pi) - jnp.sqrt(jnp.where(acute, 1.0, squared))) ** 2
    return jnp.where(acute, squared, obtuse)


def paper(
    faces: Faces,
    tx_m: Float[Array, "*#antennas 3"],
    rx_m: Float[Array, "*#antennas 3"],
    sigma_rad: Float[Array, ""] | float,
) -> Float[Array, "*out"]:
    """The quasi-specular model of mmCLIP: bright where the mirror ray meets the receiver.

        log(A exp(-theta^2 / sigma^2) / (R1 R2))

    theta is the angle between the mirrored incoming ray and the direction to the receiver: twice
    the incidence angle for one antenna.

    Args:
        faces: triangles; their batch axes must broadcast against the antennas'.
        tx_m, rx_m: antenna positions [m], broadcast against `faces.centre_m`.
        sigma_rad: width of the lobe [rad], 0.15 to 1 in the authors' data.

    Returns:
        Natural log-amplitude [log(1)], faces that look away included (visibility is another stage).

    Source:
        mmCLIP, SenSys 2024, section 3.5.
    """
    to_face = faces.centre_m - tx_m
    to_rx = rx_m - faces.centre_m
    tx_range_m = jnp.linalg.norm(to_face, axis=-1)
    rx_range_m = jnp.linalg.norm(to_rx, axis=-1)
    incoming = to_face / tx_range_m[..., None]
    mirrored = incoming - 2 * jnp.sum(incoming * faces.normal, -1, keepdims=True) * faces.normal
    theta_squared = squared_angle(mirrored, to_rx / rx_range_m[..., None])
    log_area = jnp.log(faces.area_m2 + SMALLEST_AREA_M2)
    return log_area - theta_squared / sigma_rad**2 - jnp.log(tx_range_m * rx_range_m)


def isotropic(
    points: Faces,
    tx_m: Float[Array, "*#antennas 3"],
    rx_m: Float[Array, "*#antennas 3"],
    sigma_rad: Float[Array, ""] | float = 0.0,
) -> Float[Array, "*out"]:
    """A point that answers alike in every direction: log(A / (R1 R2)), A = lambda sqrt(RCS / 4 pi).

    The area A of a point is set where it is made (`simulate.simulate_points`), so that one level
    constant serves plates and points.
    """
    del sigma_rad  # the same signature as the models that have a lobe
    tx_range_m = jnp.linalg.norm(points.centre_m - tx_m, axis=-1)
    rx_range_m = jnp.linalg.norm(points.centre_m - rx_m, axis=-1)
    return jnp.log(points.area_m2 + SMALLEST_AREA_M2) - jnp.log(tx_range_m * rx_range_m)
