"""Brute-force ray paths in a room, with explicit reflection points and fields, in float64."""

import numpy as np

SPEED_OF_LIGHT_MPS = 299_792_458.0


def mirror(points, plane):
    """Mirror points at a plane given as (unit normal, offset)."""
    normal, offset = plane
    return points - 2 * ((points @ normal) - offset)[..., None] * normal


def unit(vectors):
    """Normalise vectors to unit length."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def bounce(start, end, plane):
    """Return the point of the plane at which a ray from `start` to `end` is reflected."""
    normal, offset = plane
    image = mirror(start, plane)
    share = (offset - image @ normal) / ((end - image) @ normal)
    return image + share[..., None] * (end - image)


def copolar(incoming, outgoing, normal, permittivity, polarisation):
    """Return the reflected field component along the receiver's field, from s and p vectors."""
    cosine = np.abs(np.sum(incoming * normal, -1))
    root = np.sqrt(permittivity - (1 - cosine**2))
    te = (cosine - root) / (cosine + root)
    tm = (permittivity * cosine - root) / (permittivity * cosine + root)
    s = unit(np.cross(incoming, normal))
    p_in, p_out = np.cross(incoming, s), np.cross(outgoing, s)

    def field(ray):
        return unit(polarisation - np.sum(ray * polarisation, -1, keepdims=True) * ray)

    sent, received = field(incoming), field(outgoing)
    of_te = te * np.sum(sent * s, -1) * np.sum(received * s, -1)
    return of_te + tm * np.sum(sent * p_in, -1) * np.sum(received * p_out, -1)


def leg(antenna, points, plane, permittivity, polarisation):
    """Return length and coefficient of paths from an antenna to points; direct if plane is None."""
    if plane is None:
        return np.linalg.norm(points - antenna, axis=-1), 1.0
    at = bounce(antenna, points, plane)
    first, second = at - antenna, points - at
    length = np.linalg.norm(first, axis=-1) + np.linalg.norm(second, axis=-1)
    factor = copolar(unit(first), unit(second), plane[0], permittivity, polarisation)
    return length, factor
