"""Brute-force ray paths in a room, with explicit reflection points and fields, in float64."""

from itertools import pairwise

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


def bounces(start, end, planes):
    """Return the points at which up to two planes, in this order, reflect a ray."""
    if len(planes) < 2:
        return [bounce(start, end, plane) for plane in planes]
    second = bounce(mirror(start, planes[0]), end, planes[1])
    return [bounce(start, second, planes[0]), second]


def leg(antenna, points, planes, permittivities, polarisation):
    """Return length and coefficient of paths from an antenna to points via up to two planes."""
    corners = [antenna, *bounces(antenna, points, planes), points]
    rays = [end - start for start, end in pairwise(corners)]
    length = sum(np.linalg.norm(ray, axis=-1) for ray in rays)
    factor = 1.0
    for index, ((normal, _), permittivity) in enumerate(zip(planes, permittivities)):
        before, after = unit(rays[index]), unit(rays[index + 1])
        factor = factor * copolar(before, after, normal, permittivity, polarisation)
    return length, factor


def wall_tone_v(radar, range_m):
    """Return the echo of a metal wall ahead [tx, rx, sample], in volts by the radar equation.

    A cross-section of pi R^2 gives the received power P G^2 (lambda / (8 pi R))^2. The reflection
    inverts the sign, and each path is the straight line from the image of the transmitter.
    """
    chirp, array = radar.chirp, radar.array
    level_db = radar.tx_power_dbm - 30 + 2 * array.gain_dbi + radar.receiver.gain_db
    share = (chirp.wavelength_m / (8 * np.pi * range_m)) ** 2
    amplitude_v = np.sqrt(10 ** (level_db / 10) * share * radar.receiver.load_ohm)
    images_m = mirror(array.tx_m, (np.array([-1.0, 0.0, 0.0]), -range_m))
    path_m = np.linalg.norm(array.rx_m - images_m[:, None], axis=-1)[..., None]
    delay_s = path_m / SPEED_OF_LIGHT_MPS
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * (chirp.sample_times_s - delay_s / 2)
    return -amplitude_v * np.exp(2j * np.pi * freq_hz * delay_s)
