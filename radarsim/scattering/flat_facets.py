"""Physical optics on flat triangles: the exact integral of a linear phase, in float64.

The echo of a triangle in physical optics is the integral of exp(j k (R1 + R2)) over its area. If
the triangle is much smaller than the first Fresnel zone, the phase is a linear function on the
triangle, and its integral is known in closed form (Gordon, "Far-field approximations to the
Kirchhoff-Helmholtz representations of scattered fields", IEEE Trans. Antennas Propag. 23, 1975).
Adjacent triangles fit together exactly, so the echo of a plane surface does not depend on the mesh
and has no grating lobes. The echo of a facet has nulls, so its logarithm is not smooth; moving
bodies are therefore modelled with Gaussian facets (gaussian_facets.py).
"""

import numpy as np
from jaxtyping import Complex, Float

# Phase difference of two corners below which the integral is expanded in a Taylor series [rad]. At
# the limit, the series has an error of 2e-10.
TAYLOR_RAD = 0.1


def flat_weights(
    wavenumber_per_m: float,
    corners_m: Float[np.ndarray, "facet corner 3"],
    tx_m: Float[np.ndarray, "tx 3"],
    rx_m: Float[np.ndarray, "rx 3"],
) -> Complex[np.ndarray, "tx rx facet"]:
    """Return the weight of every facet and antenna pair, without the phase of the centroid's path.

    With the unit vectors u1 and u2 from the antennas to the centroid, the weight is
    A |(u1 + u2).n| / (2 R1 R2) times the mean of exp(j k (u1 + u2).x) over the triangle, where x is
    the position relative to the centroid. Both sides of a facet reflect equally.

    Args:
        wavenumber_per_m: k = 2 pi / lambda [1/m].
        corners_m: corners of the triangles [m].
        tx_m, rx_m: positions of the antennas [m].
    """
    centre_m = corners_m.mean(axis=1)
    edges_m = corners_m[:, 1:] - corners_m[:, :1]
    double_area = np.cross(edges_m[:, 0], edges_m[:, 1])  # along the normal
    outward, outward_range = _views(centre_m, tx_m)
    inward, inward_range = _views(centre_m, rx_m)
    both = outward[:, None] + inward
    facing = np.abs(np.einsum("trfx,fx->trf", both, double_area)) / 4
    phases_rad = wavenumber_per_m * np.einsum("trfx,fcx->ctrf", both, corners_m - centre_m[:, None])
    return facing / (outward_range[:, None] * inward_range) * mean_phasor(*phases_rad)


def mean_phasor(
    first_rad: Float[np.ndarray, "*shape"],
    second_rad: Float[np.ndarray, "*shape"],
    third_rad: Float[np.ndarray, "*shape"],
) -> Complex[np.ndarray, "*shape"]:
    """Return the mean of exp(j p) over a triangle on which the phase p is linear.

    By the Hermite-Genocchi formula, the mean is -2 times the second divided difference of exp(j p)
    at the phases a < b < c of the corners; a first divided difference is
    j exp(j (a + b) / 2) sinc((a - b) / 2). For small differences the mean is expanded in moments
    around the mean phase.

    Args:
        first_rad, second_rad, third_rad: phases at the corners [rad].
    """
    low, middle, high = np.sort([first_rad, second_rad, third_rad], axis=0)
    spread = high - low
    small = spread < TAYLOR_RAD
    slopes = [
        1j * np.exp(0.5j * (a + b)) * _sinc((b - a) / 2) for a, b in ((low, middle), (middle, high))
    ]
    divided = -2 * (slopes[1] - slopes[0]) / np.where(small, 1.0, spread)
    return np.where(small, _taylor(low, middle, high), divided)


def _taylor(a, b, c):
    """Return the mean of exp(j p) to the fourth order in the deviations from the mean phase."""
    mean = (a + b + c) / 3
    a, b, c = a - mean, b - mean, c - mean
    pairs, product = a * b + b * c + c * a, a * b * c
    return np.exp(1j * mean) * (1 + pairs / 12 - 1j * product / 60 + pairs**2 / 360)


def _sinc(x):
    return np.sinc(x / np.pi)


def _views(centre_m, antennas_m):
    """Return the unit vectors from each antenna to each centroid, and the distances [m]."""
    path_m = centre_m - antennas_m[:, None]
    range_m = np.linalg.norm(path_m, axis=-1)
    return path_m / range_m[..., None], range_m
