"""How much of the wave a face sends from a transmitter to a receiver, and with which phase.

A model gives the **log-amplitude** of a scatterer for a transmitter at one point and a receiver at
another, spreading 1/(R1 R2) included, without the level constant (see levels.py) and without the
carrier phase of the path (see if_signal.py). Logarithms, because they are smooth in time and over
the array, which is what the fast synthesis lives on. It may add a phase of its own in the same way,
apart from the delay of the path that places the echo in range.

Known models: "paper" (mmCLIP's, anchored in level) and "body" (gaussian_facets.py, a level of its
own). Points of known cross-section are `isotropic`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.numerics.polynomials import horner, sincos_cycles
from radarsim.numerics.vectors import dot, norm
from radarsim.radar.config import Radar
from radarsim.scattering import gaussian_facets
from radarsim.scene.mesh import Faces, faces_of

# Keeps log(0) of a degenerate face finite; 1e-30 m^2 is far below any culling threshold.
SMALLEST_AREA_M2 = 1e-30
# 4 arcsin^2(sqrt(s) / 2) / s for 0 < s <= 2 by least squares on Chebyshev points, 5e-8 off.
_CHORDS = 1 + np.cos(np.pi * (np.arange(400) + 0.5) / 400)
SQUARED_ANGLE_TERMS = np.linalg.lstsq(
    _CHORDS[:, None] ** np.arange(8), 4 * np.arcsin(np.sqrt(_CHORDS) / 2) ** 2 / _CHORDS, rcond=None
)[0].astype(np.float32)


REFLECTIONS = ("paper", "body")


@dataclass(frozen=True)
class Reflection:
    """A reflection model.

    Attributes:
        surface_of: (vertices, faces, picked or None) to the scatterers of the picked faces; their
            `centre_m` is the point whose path gives delay and carrier phase.
        log_weight: (scatterers, tx, rx, sigma_rad) to log-amplitude and phase [cycles], for
            antenna positions that broadcast against the scatterers. A phase of None is zero and
            costs nothing.
        lobe_rad: sigma_rad to the width of the narrowest lobe; 0 where that is not known.
    """

    surface_of: Callable[..., Faces]
    log_weight: Callable[..., tuple[Array, Array | None]]
    lobe_rad: Callable[[float], float]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Weights:
    """Weights of the faces of one burst, apart for each tx and each rx.

    Attributes:
        log_tx: log-amplitude for each tx with the receiver at the array's centre.
        log_rx: what each rx adds to it.
        cycles_tx, cycles_rx: the phase in the same way; None where there is none.
        pair: real and imaginary part of the factor that is left to each pair; None for 1.
    """

    log_tx: Float[Array, "node tx face"]
    log_rx: Float[Array, "node rx face"]
    cycles_tx: Float[Array, "node tx face"] | None = None
    cycles_rx: Float[Array, "node rx face"] | None = None
    pair: tuple[Float[Array, "tx rx face"], Float[Array, "tx rx face"]] | None = None


def reflection_of(radar: Radar, name: str) -> Reflection:
    """The model of that name, at the centre frequency of the radar's sweep."""
    if name == "paper":
        return PAPER

    def log_weight(facets, tx_m, rx_m, sigma_rad):
        del sigma_rad  # a facet's lobe is that of its size
        return gaussian_facets.log_weight(2 * np.pi / radar.chirp.wavelength_m, facets, tx_m, rx_m)

    return Reflection(gaussian_facets.facets_of, log_weight, lambda _: 0.0)


def weights_at_nodes(
    radar: Radar, model: Reflection, near: Faces, sigma_rad, by_pairs: bool
) -> Weights:
    """Weights at the nodes, of each antenna against the centre of the others.

    What that leaves to pairs is taken from one time: it changes little within a burst. On a walking
    body the facets' weights are off by -67 dB at 1 m and -84 dB at 2.5 m without it, -96 and
    -100 dB with it.

    Args:
        radar: antennas.
        model: gives the weights.
        near: faces at the nodes, radar frame.
        sigma_rad: lobe width [rad].
        by_pairs: whether pairs get what is left to them.
    """
    one = jax.tree.map(lambda values: values[:, None], near)  # [node, antenna, face]
    tx_m, rx_m = (
        jnp.asarray(positions, jnp.float32)[:, None]
        for positions in (radar.array.tx_m, radar.array.rx_m)
    )
    log_tx, cycles_tx = model.log_weight(one, tx_m, rx_m.mean(0), sigma_rad)
    log_rx, cycles_rx = jax.tree.map(
        jnp.subtract,
        model.log_weight(one, tx_m.mean(0), rx_m, sigma_rad),
        model.log_weight(one, tx_m.mean(0), rx_m.mean(0), sigma_rad),
    )
    weights = Weights(log_tx, log_rx, cycles_tx, cycles_rx)
    if not by_pairs:
        return weights
    middle = len(near.centre_m) // 2
    there = jax.tree.map(lambda values: values[middle], near)
    log_pair, cycles_pair = model.log_weight(there, tx_m[:, None], rx_m, sigma_rad)
    factor = jnp.exp(log_pair - log_tx[middle][:, None] - log_rx[middle])
    if cycles_pair is None:
        return replace(weights, pair=(factor, jnp.zeros_like(factor)))
    sin, cos = sincos_cycles(cycles_pair - cycles_tx[middle][:, None] - cycles_rx[middle])
    return replace(weights, pair=(factor * cos, factor * sin))


def without_phase(log_amplitude: Callable[..., Array]) -> Callable[..., tuple[Array, None]]:
    """A model that turns no phase, from its log-amplitude alone."""
    return lambda *arguments: (log_amplitude(*arguments), None)


def _picked_faces(vertices_m, faces, picked=None) -> Faces:
    return faces_of(vertices_m, faces if picked is None else picked)


def squared_angle(
    first: Float[Array, "*#batch 3"], second: Float[Array, "*#batch 3"]
) -> Float[Array, "*batch"]:
    """Squared angle between unit vectors [rad^2], smooth where they are parallel.

    From the chord s = |a - b|^2, as theta = 2 arcsin(sqrt(s)/2): the gradient of arccos is infinite
    where they are parallel (NaN after the chain rule). Beyond a right angle from its supplement.
    """
    apart = first - second
    chord = jnp.minimum(dot(apart, apart), 4 * (1 - 1e-6))
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
    tx_range_m, rx_range_m = norm(to_face), norm(to_rx)
    incoming = to_face / tx_range_m[..., None]
    mirrored = incoming - 2 * dot(incoming, faces.normal)[..., None] * faces.normal
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
    tx_range_m, rx_range_m = norm(points.centre_m - tx_m), norm(points.centre_m - rx_m)
    return jnp.log(points.area_m2 + SMALLEST_AREA_M2) - jnp.log(tx_range_m * rx_range_m)


PAPER = Reflection(_picked_faces, without_phase(paper), lambda sigma_rad: sigma_rad)
POINTS = Reflection(_picked_faces, without_phase(isotropic), lambda _: np.inf)
