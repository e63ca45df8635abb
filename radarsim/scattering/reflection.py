"""Reflection models: amplitude and phase of the echo of each face, per transmitter and receiver.

A model gives the **log-amplitude** of a scatterer for a transmitter at one point and a receiver at
another. The log-amplitude includes the spreading loss 1/(R1 R2), but neither the level (levels.py)
nor the carrier phase of the path (signal/exact_sum.py). Logarithms are used because they are smooth
in time and over the array, as the fast sum requires. A model may also give an additional phase,
separate from the path delay that determines the range of the echo.

To add a model, write one class with the members of `ReflectionModel`.
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from radarsim.numerics.angles import squared_angle
from radarsim.numerics.polynomials import sincos_cycles
from radarsim.numerics.vectors import dot, norm
from radarsim.radar.radar import Radar
from radarsim.scattering.physical_optics import PhysicalOptics as PhysicalOptics
from radarsim.scene.mesh import SMALLEST_AREA_M2, Faces, faces_of

DEFAULT_SIGMA_RAD = 0.5
# Result of calibrate.anchored_reflectivity for the free body, AWR1843BOOST and default sigma.
FREE_BODY_REFLECTIVITY = 0.486


@runtime_checkable  # the runtime type checks of the tests use isinstance
class ReflectionModel(Protocol):
    """Interface of reflection models, which are pytrees so that their parameters can be traced."""

    @property
    def lobe_rad(self) -> ArrayLike:
        """Width of the narrowest lobe [rad]; 0 if the width is unknown, infinite without a lobe."""

    def reflectivity_at(self, radar: Radar) -> float:
        """Amplitude factor Gamma of the surface for `levels.volts_per_weight`."""

    def scatterers(self, vertices_m, faces, picked=None) -> Faces:
        """Scatterers of the picked faces, or of all faces if `picked` is None.

        The path to the point `centre_m` determines the delay and carrier phase of a scatterer.
        """

    def log_weight(self, radar: Radar, scatterers, tx_m, rx_m) -> tuple[Array, Array | None]:
        """Natural log-amplitude and phase [cycles]; antennas broadcast against scatterers.

        A phase of None stands for zero and needs no computation.
        """


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class QuasiSpecular:
    """mmCLIP's model: a lobe around the mirror direction, with a level calibrated to measurements.

        log(A exp(-theta^2 / sigma^2) / (R1 R2))

    theta is the angle between the mirrored incoming ray and the direction to the receiver; if
    transmitter and receiver coincide, theta is twice the incidence angle.

    Attributes:
        sigma_rad: width of the lobe [rad]; 0.15 to 1 in the data of the mmCLIP authors.
        reflectivity: level constant Gamma. With the default value and default sigma, the free body
            has the mean radar cross-section of a person; calibrate.anchored_reflectivity computes
            the constant for any other body and sigma.

    Source:
        mmCLIP, SenSys 2024, section 3.5.
    """

    sigma_rad: ArrayLike = DEFAULT_SIGMA_RAD
    reflectivity: ArrayLike = FREE_BODY_REFLECTIVITY

    @property
    def lobe_rad(self):
        """Width of the lobe [rad]."""
        return self.sigma_rad

    def reflectivity_at(self, radar: Radar) -> float:
        """The level constant, which does not depend on frequency."""
        del radar
        return self.reflectivity

    def scatterers(self, vertices_m, faces, picked=None) -> Faces:
        """The triangles of the mesh as flat scatterers."""
        return faces_of(vertices_m, faces if picked is None else picked)

    def log_weight(self, radar: Radar, scatterers: Faces, tx_m, rx_m):
        """Log-amplitude, even of faces that point away from the radar; the phase is None."""
        del radar
        to_face = scatterers.centre_m - tx_m
        to_rx = rx_m - scatterers.centre_m
        tx_range_m, rx_range_m = norm(to_face), norm(to_rx)
        incoming = to_face / tx_range_m[..., None]
        normal = scatterers.normal
        mirrored = incoming - 2 * dot(incoming, normal)[..., None] * normal
        theta_squared = squared_angle(mirrored, to_rx / rx_range_m[..., None])
        log_area = jnp.log(scatterers.area_m2 + SMALLEST_AREA_M2)
        return log_area - theta_squared / self.sigma_rad**2 - jnp.log(tx_range_m * rx_range_m), None


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class IsotropicPoints:
    """Points that reflect equally in every direction: log(A / (R1 R2)).

    Points are represented as a mesh whose faces have one vertex each.

    Attributes:
        area_m2: area A = lambda sqrt(RCS / 4 pi) of each point (levels.point_area_m2), so that
            plates and points share one level constant [m^2].
    """

    area_m2: Float[Array, " point"] | Float[np.ndarray, " point"]

    @property
    def lobe_rad(self) -> float:
        """Return infinity, because points have no lobe."""
        return np.inf

    def reflectivity_at(self, radar: Radar) -> float:
        """Return 1, because the area already contains the radar cross-section."""
        del radar
        return 1.0

    def scatterers(self, vertices_m, faces, picked=None) -> Faces:
        """The points as faces that have an area but no normal."""
        indices = (faces if picked is None else picked)[:, 0]
        centre_m = vertices_m[..., indices, :]
        area_m2 = jnp.broadcast_to(jnp.asarray(self.area_m2)[indices], centre_m.shape[:-1])
        return Faces(centre_m, jnp.zeros_like(centre_m), area_m2)

    def log_weight(self, radar: Radar, scatterers: Faces, tx_m, rx_m):
        """Log-amplitude of each point; the phase is None."""
        del radar
        tx_range_m, rx_range_m = norm(scatterers.centre_m - tx_m), norm(scatterers.centre_m - rx_m)
        log_area = jnp.log(scatterers.area_m2 + SMALLEST_AREA_M2)
        return log_area - jnp.log(tx_range_m * rx_range_m), None


def reflection_named(name: str, sigma_rad: float = DEFAULT_SIGMA_RAD) -> ReflectionModel:
    """Return the model that recipes and commands call "paper" (`QuasiSpecular`) or "body".

    Args:
        name: a name from `choices.REFLECTIONS`.
        sigma_rad: lobe width of `QuasiSpecular` [rad].
    """
    return QuasiSpecular(sigma_rad) if name == "paper" else PhysicalOptics()


def point_indices(num_points: int) -> Int[np.ndarray, "point 1"]:
    """Face indices of a mesh of points: one vertex per face."""
    return np.arange(num_points, dtype=np.int32)[:, None]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class AntennaWeights:
    """Weights of the scatterers of one burst, separated into one factor per tx and one per rx.

    Attributes:
        log_tx: log-amplitude for each tx with the receiver at the array's centre.
        log_rx: log-amplitude that each rx adds.
        cycles_tx, cycles_rx: phase, split like the log-amplitude; None if the model gives no phase.
        pair: real and imaginary part of the remaining factor of each antenna pair; None if this
            factor is 1.
    """

    log_tx: Float[Array, "node tx face"]
    log_rx: Float[Array, "node rx face"]
    cycles_tx: Float[Array, "node tx face"] | None = None
    cycles_rx: Float[Array, "node rx face"] | None = None
    pair: tuple[Float[Array, "tx rx face"], Float[Array, "tx rx face"]] | None = None


def reflect(
    radar: Radar,
    model: ReflectionModel,
    scatterers: Faces,
    by_pairs: bool,
    antennas_m: tuple[Float[Array, "tx 3"], Float[Array, "rx 3"]] | None = None,
) -> AntennaWeights:
    """Compute weights at the nodes, with each tx and rx paired with the centre of the other array.

    The remaining factor of each antenna pair is computed at the middle node only, because it
    changes little within a burst. On a walking body, the weights of physical-optics facets have an
    error of -67 dB at 1 m and -84 dB at 2.5 m without this factor, and of -96 and -100 dB with the
    factor.

    Args:
        radar: board whose antennas are used.
        model: the reflection model.
        scatterers: scatterers at the nodes, radar frame.
        by_pairs: whether to compute the factor of each pair.
        antennas_m: positions of the transmitters and receivers, or of their images [m]; None for
            the positions on the board.
    """
    if antennas_m is None:
        antennas_m = radar.array.tx_m, radar.array.rx_m
    one = jax.tree.map(lambda values: values[:, None], scatterers)  # [node, antenna, face]
    tx_m, rx_m = (jnp.asarray(positions, jnp.float32)[:, None] for positions in antennas_m)
    log_tx, cycles_tx = model.log_weight(radar, one, tx_m, rx_m.mean(0))
    log_rx, cycles_rx = jax.tree.map(
        jnp.subtract,
        model.log_weight(radar, one, tx_m.mean(0), rx_m),
        model.log_weight(radar, one, tx_m.mean(0), rx_m.mean(0)),
    )
    weights = AntennaWeights(log_tx, log_rx, cycles_tx, cycles_rx)
    if not by_pairs:
        return weights
    middle = len(scatterers.centre_m) // 2
    at_middle = jax.tree.map(lambda values: values[middle], scatterers)
    log_pair, cycles_pair = model.log_weight(radar, at_middle, tx_m[:, None], rx_m)
    factor = jnp.exp(log_pair - log_tx[middle][:, None] - log_rx[middle])
    if cycles_pair is None:
        return replace(weights, pair=(factor, jnp.zeros_like(factor)))
    sin, cos = sincos_cycles(cycles_pair - cycles_tx[middle][:, None] - cycles_rx[middle])
    return replace(weights, pair=(factor * cos, factor * sin))
