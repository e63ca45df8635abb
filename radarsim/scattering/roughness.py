"""Rough surfaces: the coherent echo is reduced, and the lost power is scattered incoherently.

A rough surface is simulated with two scatterers per face: the smooth facet, whose amplitude is
multiplied by the coherent factor rho, and a rough scatterer with the power 1 - rho^2 and a random
phase that is fixed to the material. The two are separate scatterers because the logarithm of their
sum would not be smooth in time, as the fast sum requires (it has nulls).

The list of faces therefore contains every triangle twice. The order of the corners distinguishes
the two copies: in the smooth copy, the corner with the smallest vertex index is the first.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from radarsim.array_checks import check_scalar
from radarsim.numerics.vectors import dot, norm
from radarsim.scene.mesh import FaceIndices, Faces

# Lower limit for the cosine of the incidence angle, as for Gaussian facets.
LEAST_COSINE = 1e-3
# Limit for rough power, which keeps its logarithm finite on a smooth surface.
LEAST_POWER = 1e-30


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Roughness:
    """Statistics of a rough surface.

    Attributes:
        height_rms_m: standard deviation of the surface height [m]; 0.2 to 0.3 mm for skin.
        slope_rms: standard deviation of the surface slope along one direction, which sets the width
            of the incoherent echo. For heights with a Gaussian correlation of length l, the slope
            is sqrt(2) height_rms_m / l. The quasi-specular lobe of the width sigma corresponds to
            a slope of sigma / 4.
        realisation: number of the random surface; each number gives other phases.
    """

    height_rms_m: ArrayLike = 0.25e-3
    slope_rms: ArrayLike = 0.125
    realisation: ArrayLike = 0

    def __post_init__(self):
        if isinstance(self.height_rms_m, float | int):
            hint = "give metres, such as 0.00025"
            check_scalar(
                "Roughness", "height_rms_m", self.height_rms_m, "m", at_least=0.0, hint=hint
            )
        if isinstance(self.slope_rms, float | int):
            hint = "give a slope, such as 0.125"
            check_scalar("Roughness", "slope_rms", self.slope_rms, above=0.0, hint=hint)


def with_rough_copies(faces: FaceIndices) -> Int[Array, "twice 3"]:
    """Return the faces with the smooth copies first and the rough copies last.

    Args:
        faces: triangles of a mesh.
    """
    faces = jnp.asarray(faces, jnp.int32)
    order = (jnp.argmin(faces, axis=1)[:, None] + np.arange(3, dtype=np.int32)) % 3
    smooth = jnp.take_along_axis(faces, order, axis=1)
    return jnp.concatenate([smooth, smooth[:, np.array([1, 2, 0])]])


def are_rough_copies(faces: FaceIndices) -> Bool[Array, " face"]:
    """Which faces of `with_rough_copies` are rough copies."""
    return faces[:, 0] > jnp.minimum(faces[:, 1], faces[:, 2])


def material_cycles(faces: FaceIndices, realisation: ArrayLike) -> Float[Array, " face"]:
    """Random phase of each face [cycles], uniform in 0..1 and fixed by its vertex indices.

    Args:
        faces: triangles, in the order of corners of `with_rough_copies`.
        realisation: number of the random surface.
    """
    state = jnp.asarray(realisation, jnp.uint32) * np.uint32(0x9E3779B9)
    state = jnp.broadcast_to(state, faces.shape[:1])
    for corner in range(3):
        state = _mixed(state ^ jnp.asarray(faces[:, corner], jnp.uint32))
    return (state >> 8).astype(jnp.float32) * np.float32(2.0**-24)


def _mixed(state):
    """Hash 32-bit integers, so that each input bit changes half of the output bits."""
    state = (state ^ (state >> 16)) * np.uint32(0x7FEB352D)
    state = (state ^ (state >> 15)) * np.uint32(0x846CA68B)
    return state ^ (state >> 16)


def log_coherent_factor(
    roughness: Roughness, wavenumber_per_m: ArrayLike, facing: Float[Array, "*out"]
) -> Float[Array, "*out"]:
    """Logarithm of rho = exp(-(2 k s cos)^2 / 2), by which roughness reduces the coherent echo.

    Args:
        roughness: statistics of the surface; s is its height_rms_m.
        wavenumber_per_m: k = 2 pi / lambda [1/m].
        facing: component along the normal of the sum of the unit vectors from both antennas to the
            face, which is -2 cos of the incidence angle for a radar with one antenna.

    Source:
        Ulaby, Moore, Fung, "Microwave Remote Sensing", volume 2, 1982, section 12-4.
    """
    return -((wavenumber_per_m * roughness.height_rms_m * facing) ** 2) / 2


def log_rough_weight(
    roughness: Roughness,
    wavenumber_per_m: ArrayLike,
    faces: Faces,
    tx_m: Float[Array, "*#antennas 3"],
    rx_m: Float[Array, "*#antennas 3"],
) -> tuple[Float[Array, "*out"], Float[Array, "*out"]]:
    """Log-amplitude of the rough scatterers, and log rho of the smooth facets.

    A rough scatterer has the amplitude

        lambda sqrt(A sigma0 (1 - rho^2) / (4 pi)) / (R1 R2),
        sigma0 = exp(-tan^2 / (2 slope^2)) / (2 slope^2 cos^4),

    where the angle lies between the normal and the bisector of the directions to the antennas, and
    sigma0 is the scattering coefficient of geometrical optics without |Gamma|^2. The integral of
    sigma0 over all directions is 4 pi, so rough and coherent power add up to the power that a
    smooth surface reflects.

    Args:
        roughness: statistics of the surface.
        wavenumber_per_m: k = 2 pi / lambda [1/m].
        faces: faces whose batch axes broadcast against those of the antennas.
        tx_m, rx_m: antenna positions [m].

    Source:
        Ulaby, Moore, Fung, "Microwave Remote Sensing", volume 2, 1982, section 12-4.
    """
    paths_m = faces.centre_m - tx_m, faces.centre_m - rx_m
    range_1, range_2 = norm(paths_m[0]), norm(paths_m[1])
    both = paths_m[0] / range_1[..., None] + paths_m[1] / range_2[..., None]
    facing = dot(both, faces.normal)
    cos_squared = jnp.clip(facing**2 / dot(both, both), LEAST_COSINE**2, 1.0)
    spread = 2 * roughness.slope_rms**2
    tan_squared = 1 / cos_squared - 1
    log_sigma0 = -tan_squared / spread - jnp.log(spread * cos_squared**2)
    log_rho = log_coherent_factor(roughness, wavenumber_per_m, facing)
    power = faces.area_m2 * -jnp.expm1(2 * log_rho) + LEAST_POWER
    wavelength_m = 2 * np.pi / wavenumber_per_m
    level = jnp.log(power * (wavelength_m**2 / (4 * np.pi))) + log_sigma0
    return level / 2 - jnp.log(range_1 * range_2), log_rho
