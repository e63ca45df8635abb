"""Exact integrals over flat triangles, compared with quadrature and with closed forms."""

import numpy as np
import pytest

from radarsim.scattering.flat_facets import flat_weights, mean_phasor

ANTENNA_M = np.zeros((1, 3))


def by_quadrature(a, b, c, order=40):
    """Return the mean of exp(j p) by Gauss quadrature over a square mapped to the triangle."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    u, v = np.meshgrid((nodes + 1) / 2, (nodes + 1) / 2)
    share = np.outer(weights, weights) / 4 * 2 * (1 - u)
    return np.sum(share * np.exp(1j * (a * u + (1 - u) * (b * v + c * (1 - v)))))


@pytest.mark.parametrize("scale_rad", [1e-6, 0.03, 0.049, 0.051, 1.0, 20.0])
def test_the_mean_phasor_equals_quadrature(scale_rad):
    """The spread of the phases is up to twice the scale: both sides of the Taylor limit."""
    for phases in ((-1, 0.3, 1), (1, 1, -1), (-1, 1, -1), (0.2, -0.7, 0.9)):
        a, b, c = np.split(5 + scale_rad * np.array(phases), 3)
        assert mean_phasor(a, b, c) == pytest.approx(by_quadrature(a, b, c), abs=1e-8)


def test_equal_phases_give_their_phasor():
    assert mean_phasor(*np.full((3, 1), 2.0)) == pytest.approx(np.exp(2j))


def test_a_square_of_two_triangles_has_the_pattern_of_a_square():
    """In the far field, the weight of a square is A cos / R^2 sinc(k a sin).

    At 10 km, the wavefront is flat to within k a^2 / (2 R), 2e-4 rad.
    """
    edge_m, range_m, wavenumber_per_m = 0.05, 1e4, 1650.0
    corners = edge_m / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    for angle_rad in (0.0, 0.03, 0.2, 0.9):
        across = np.array([-np.sin(angle_rad), np.cos(angle_rad), 0.0])
        square_m = np.outer(corners[:, 0], across) + np.outer(corners[:, 1], [0.0, 0.0, 1.0])
        triangles_m = square_m[[[0, 1, 2], [0, 2, 3]]] + [range_m, 0.0, 0.0]
        weights = flat_weights(wavenumber_per_m, triangles_m, ANTENNA_M, ANTENNA_M)[0, 0]
        path_m = 2 * np.linalg.norm(triangles_m.mean(axis=1), axis=-1)
        phasors = np.exp(1j * wavenumber_per_m * (path_m - 2 * range_m))
        x = wavenumber_per_m * edge_m * np.sin(angle_rad)
        expected = edge_m**2 * np.cos(angle_rad) * np.sinc(x / np.pi) / range_m**2
        assert np.sum(weights * phasors) == pytest.approx(expected, abs=2e-4 * edge_m**2 / 1e8)


def test_both_sides_of_a_facet_reflect_equally():
    corners_m = np.array([[[2.0, 0.0, 0.0], [2.01, 0.02, 0.0], [2.0, 0.0, 0.02]]])
    front, back = (
        flat_weights(1650.0, corners_m[:, order], ANTENNA_M, ANTENNA_M)
        for order in ([0, 1, 2], [0, 2, 1])
    )
    assert front == pytest.approx(back)
    assert np.abs(front) > 0
