"""Rough surfaces: the coherent echo is reduced, and the lost power is scattered incoherently.

A rough surface is simulated with two scatterers per face: the smooth facet, whose amplitude is
multiplied by the coherent factor rho, and a rough scatterer with the power 1 - rho^2 and a random
phase that is fixed to the material. The two scatterers are kept separate because the fast sum
requires log-amplitudes that are smooth in time, and the sum of the two scatterers has nulls.

The list of faces therefore contains every triangle twice. The order of the corners distinguishes
the two copies: the smooth copy starts with the corner that has the smallest vertex index.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from radarsim.array_checks import check_scalar
from radarsim.numerics.angles import squared_angle
from radarsim.numerics.vectors import dot, norm
from radarsim.scene.mesh import SMALLEST_AREA_M2, FaceIndices, Faces

# Minimum incoherent share of the power, which keeps its logarithm finite on a smooth surface and at
# grazing incidence.
LEAST_SHARE = 1e-8


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
        realisation: number of the random surface; each number gives different phases.
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
    """Return a mask of the rough copies among the faces of `with_rough_copies`."""
    return faces[:, 0] > jnp.minimum(faces[:, 1], faces[:, 2])


def material_cycles(faces: FaceIndices, realisation: ArrayLike) -> Float[Array, " face"]:
    """Return the random phase of each face [cycles], uniform in 0..1, fixed by vertex indices.

    Args:
        faces: triangles with the corner order of `with_rough_copies`.
        realisation: number of the random surface.
    """
    state = jnp.asarray(realisation, jnp.uint32) * np.uint32(0x9E3779B9)
    state = jnp.broadcast_to(state, faces.shape[:1])
    for corner in range(3):
        state = _mixed(state ^ jnp.asarray(faces[:, corner], jnp.uint32))
    return (state >> 8).astype(jnp.float32) * np.float32(2.0**-24)


def _mixed(state):
    """Hash 32-bit integers such that each input bit changes about half of the output bits."""
    state = (state ^ (state >> 16)) * np.uint32(0x7FEB352D)
    state = (state ^ (state >> 15)) * np.uint32(0x846CA68B)
    return state ^ (state >> 16)


def log_coherent_factor(
    roughness: Roughness, wavenumber_per_m: ArrayLike, facing: Float[Array, "*out"]
) -> Float[Array, "*out"]:
    """Return the logarithm of the coherent factor rho = exp(-(2 k s cos)^2 / 2) of the echo.

    Args:
        roughness: statistics of the surface; s is its height_rms_m.
        wavenumber_per_m: k = 2 pi / lambda [1/m].
        facing: normal component of the sum of the unit vectors from both antennas to the face;
            -2 cos of the incidence angle for a radar with one antenna.

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
    """Return the log-amplitude of the rough scatterers, and log rho of the smooth facets.

    A rough scatterer has the amplitude

        lambda sqrt(A sigma0 (1 - rho^2) / (4 pi)) / (R1 R2),
        sigma0 = exp(-theta^2 / (8 slope^2)) / (2 slope^2),

    where theta is the angle between the mirrored incoming ray and the direction to the receiver.
    sigma0 is the small-slope scattering coefficient of geometrical optics without |Gamma|^2: the
    tangent of the tilt theta / 2 is replaced by the tilt, because the logarithm of the tangent
    form is not bounded at grazing incidence. The mean of sigma0 over the directions is 1 within
    0.1 dB for slopes up to 0.13, so the incoherent and the coherent power add up to the power
    that a smooth surface reflects.

    Args:
        roughness: statistics of the surface.
        wavenumber_per_m: k = 2 pi / lambda [1/m].
        faces: faces whose batch axes broadcast against the batch axes of the antennas.
        tx_m, rx_m: antenna positions [m].

    Source:
        Ulaby, Moore, Fung, "Microwave Remote Sensing", volume 2, 1982, section 12-4.
    """
    paths_m = faces.centre_m - tx_m, faces.centre_m - rx_m
    range_1, range_2 = norm(paths_m[0]), norm(paths_m[1])
    facing = dot(paths_m[0], faces.normal) / range_1 + dot(paths_m[1], faces.normal) / range_2
    incoming = paths_m[0] / range_1[..., None]
    mirrored = incoming - 2 * dot(incoming, faces.normal)[..., None] * faces.normal
    theta_squared = squared_angle(mirrored, -paths_m[1] / range_2[..., None])
    spread = 2 * roughness.slope_rms**2
    log_sigma0 = -theta_squared / (4 * spread) - jnp.log(spread)
    log_rho = log_coherent_factor(roughness, wavenumber_per_m, facing)
    share = LEAST_SHARE - jnp.expm1(2 * log_rho)
    wavelength_m = 2 * np.pi / wavenumber_per_m
    area_m2 = (faces.area_m2 + SMALLEST_AREA_M2) * (wavelength_m**2 / (4 * np.pi))
    level = jnp.log(area_m2) + jnp.log(share) + log_sigma0
    return level / 2 - jnp.log(range_1 * range_2), log_rho
