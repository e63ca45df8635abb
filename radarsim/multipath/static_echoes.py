"""Static echoes of the walls and the furniture of a room.

A wall reflects like a mirror: at distance R, the path from the radar to the wall and back is 2 R
long, and the apparent radar cross-section is pi R^2 |Gamma|^2. Two or three walls that form an edge
or a corner return echoes by two or three reflections. Furniture is divided into patches of facets
(physical optics). The samples of every echo are computed once for a scene and added to every chirp;
a body that steps into the path of an echo only changes the factor by which this echo is multiplied
(shadows.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.multipath.legs import ImageMap, image_map, leg_reflection, make_leg, sequences
from radarsim.radar.radar import Radar
from radarsim.scattering.fresnel import mirrored
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import static_weight, with_axes
from radarsim.scene.room import POLARISATIONS, Plane, Room
from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.exact_sum import dechirped_phase_cycles

# Maximum number of successive reflections; three surfaces form the corner of a room.
MOST_STATIC_BOUNCES = 3
# Points that sample the first Fresnel zone of an echo: the centre and rings of 6 and 12 points.
RINGS = ((0.0, 1), (0.5, 6), (1.0, 12))
NUM_PROBES = sum(count for _, count in RINGS)
# Number of rays from which the orders of three reflections are determined, and their distance from
# the centre of the path, which is small compared to a room.
NUM_RAYS, RAY_OFFSET_M = 72, 1e-3
# Minimum padded number of static echoes.
LEAST_ECHOES = 128


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class StaticEchoes:
    """Echoes of walls and furniture, which change only if a body shadows them.

    Attributes:
        samples: IF samples of each echo, not scaled by the level constant.
        probes_m: points whose visibility from the radar is tested, for the outbound and the return
            path; the factor of an echo is the product of the weighted fractions of visible points
            of the two paths [m].
        weights: weight of each point; the weights of each path sum to 1, or to 0 for a return path
            that equals the outbound path.
    """

    samples: Complex[Array | np.ndarray, "echo tx rx sample"]
    probes_m: Float[Array | np.ndarray, "echo way probe 3"]
    weights: Float[Array | np.ndarray, "echo way probe"]


class StaticSource(NamedTuple):
    """Description of one static echo, for reports.

    Attributes:
        name: name of the surfaces or the piece of furniture that reflect the wave.
        range_m: half the length of the path [m].
        direction: unit vector of the direction in which the path leaves the radar.
        rcs_m2: apparent radar cross-section, including antenna patterns and filters [m^2].
    """

    name: str
    range_m: float
    direction: np.ndarray
    rcs_m2: float


def mirror_echoes(
    radar: Radar,
    room: Room,
    planes: Sequence[Plane],
    reflection: ReflectionModel,
    residual_video_phase: bool = True,
) -> tuple[list[StaticSource], StaticEchoes]:
    """Return the echoes of the room's surfaces with one to three specular reflections.

    The weight of a path of length d is lambda / d times the reflection coefficients, which is the
    free-space weight between the receiver and the image of the transmitter.

    Args:
        radar: board whose antennas and waveform are used.
        room: the room whose surfaces cause the echoes.
        planes: surfaces of the room in the radar frame, from `Room.planes`.
        reflection: reflection model of the bodies, whose antenna patterns, filters and delays also
            apply to the echoes of the room.
        residual_video_phase: whether to keep the phase -S tau^2 / 2.
    """
    sources, samples, probes = [], [], []
    for order in sequences(planes, MOST_STATIC_BOUNCES):
        path_m, gain = _mirror_path(radar, room, order, reflection)
        if not np.any(gain):
            continue
        image = image_map(order)
        samples.append(_samples(radar, path_m, gain, residual_video_phase))
        probes.append(_probes(radar, planes, image))
        range_m = np.linalg.norm(image.shift_m) / 2
        rcs_m2 = np.pi * range_m**2 * np.mean(np.abs(gain * path_m / radar.chirp.wavelength_m) ** 2)
        name = " + ".join(each.name for each in order)
        sources.append(StaticSource(name, range_m, _departure(image), float(rcs_m2)))
    return sources, stacked(radar, samples, probes)


def _mirror_path(radar: Radar, room: Room, order: Sequence[Plane], reflection: ReflectionModel):
    """Return the path length [m] and the complex weight of every antenna pair in float64."""
    chirp, array, image = radar.chirp, radar.array, image_map(order)
    images_m = image.of(array.tx_m)[:, None]
    vectors_m = array.rx_m - images_m
    path_m = np.linalg.norm(vectors_m, axis=-1)
    direction = vectors_m / path_m[..., None]
    polarisation = POLARISATIONS[room.polarisation]
    model = chirp.centre_freq_hz, polarisation, len(order), np.float64
    gain = sum(
        share * leg_reflection(make_leg(each, *model), 2 * np.pi / chirp.wavelength_m, direction)
        for each, share in _orders_met(order, image)
    )
    # Antennas do not receive waves from behind.
    gain = np.where(direction[..., 0] < 0, gain, 0.0)
    # Any point between the image and the receiver gives the path's directions and length.
    model = with_axes(reflection, image.matrix.T, np.eye(3))
    weight = static_weight(radar, model, images_m + vectors_m / 2, images_m, array.rx_m)
    # The mixer conjugates the reflection gain but not the weights, which apply to the IF signal.
    return path_m, chirp.wavelength_m / path_m * gain * np.conj(weight)


def _orders_met(order: Sequence[Plane], image: ImageMap) -> list[tuple[Sequence[Plane], float]]:
    """Return the orders in which the rays of a path meet its surfaces, and the share of each order.

    The path to a corner of three surfaces leads exactly through the corner, and the rays around it
    meet the surfaces in six orders, each within a sector of the Fresnel zone. The coefficient of
    the echo is the mean over these sectors. Both orders of two surfaces are the same path in
    opposite directions, which have equal coefficients.
    """
    if len(order) < MOST_STATIC_BOUNCES:
        return [(order, 1.0)]
    normals = np.array([each.normal for each in order])
    offsets_m = np.array([each.offset_m for each in order])
    rays = np.tile(_departure(image), (NUM_RAYS, 1))
    points_m = RAY_OFFSET_M * _circle(rays[0], (np.arange(NUM_RAYS) + 0.5) * 2 * np.pi / NUM_RAYS)
    left, met = np.ones((NUM_RAYS, len(order)), bool), []
    for _ in order:
        along = rays @ normals.T
        reach_m = np.full_like(along, np.inf)
        to_go_m = offsets_m - points_m @ normals.T
        np.divide(to_go_m, along, out=reach_m, where=left & (along < -1e-9))
        met.append(np.argmin(reach_m, axis=1))
        points_m = points_m + np.min(reach_m, axis=1)[:, None] * rays
        rays = mirrored(rays, normals[met[-1]])
        left[np.arange(NUM_RAYS), met[-1]] = False
    orders, counts = np.unique(np.stack(met, axis=1), axis=0, return_counts=True)
    return [([order[i] for i in each], n / NUM_RAYS) for each, n in zip(orders, counts)]


def _circle(direction, angles) -> Float[np.ndarray, "point 3"]:
    """Return points at given angles [rad] on the unit circle perpendicular to a direction."""
    across = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    turn = angles[:, None]
    return np.cos(turn) * across + np.sin(turn) * np.cross(direction, across)


def _samples(radar, path_m, gain, residual_video_phase) -> Complex[np.ndarray, "tx rx sample"]:
    """Return the IF samples of a path; the mixer conjugates the received signal and the gain."""
    times_s = radar.chirp.sample_times_s
    cycles = dechirped_phase_cycles(radar, path_m[..., None], times_s, residual_video_phase)
    return np.conj(gain)[..., None] * np.exp(2j * np.pi * cycles)


def _departure(image: ImageMap) -> Float[np.ndarray, "3"]:
    """Return the direction in which the path to the radar's image leaves the radar."""
    arrival = -image.shift_m / np.linalg.norm(image.shift_m)
    return image.matrix.T @ arrival


def _probes(radar: Radar, planes: Sequence[Plane], image: ImageMap):
    """Return points that sample the first Fresnel zone on a path's first and last surface [m]."""
    length_m = np.linalg.norm(image.shift_m)
    out, back = _departure(image), image.shift_m / length_m
    points_m = np.stack([_zone(radar, planes, each, length_m) for each in (out, back)])
    weights = np.full(points_m.shape[:2], 1 / NUM_PROBES)
    return points_m, weights


def _zone(radar, planes, direction, length_m) -> Float[np.ndarray, "probe 3"]:
    """Return points of the first Fresnel zone where a ray from the radar meets a surface."""
    along = np.array([each.normal @ direction for each in planes])
    reach_m = np.array([each.offset_m for each in planes])[along < -1e-9] / along[along < -1e-9]
    near_m = min(reach_m.min(), length_m / 2)
    radius_m = np.sqrt(radar.chirp.wavelength_m * near_m * (length_m - near_m) / length_m)
    angles = [2 * np.pi * np.arange(count) / count for _, count in RINGS]
    radii_m = np.concatenate([np.full(count, share * radius_m) for share, count in RINGS])
    offset = _circle(direction, np.concatenate(angles))
    # The points are just in front of the surface, so that the surface does not hide them.
    return 0.999 * near_m * direction + radii_m[:, None] * offset


def stacked(radar: Radar, samples: Sequence, probes: Sequence[tuple]) -> StaticEchoes:
    """Stack echoes along the first axis, which has length 0 if there are no echoes.

    Args:
        radar: board whose numbers of antennas and samples determine the shape.
        samples: IF samples of each echo [tx, rx, sample].
        probes: points [way, probe, 3] in metres and weights [way, probe] of each echo.
    """
    array, num_samples = radar.array, radar.chirp.num_samples
    shape = (len(samples), array.num_tx, array.num_rx, num_samples)
    points_m = np.array([each for each, _ in probes], np.float32)
    weights = np.array([each for _, each in probes], np.float32)
    return StaticEchoes(
        samples=np.array(samples, np.complex64).reshape(shape),
        probes_m=points_m.reshape(len(samples), 2, NUM_PROBES, 3),
        weights=weights.reshape(len(samples), 2, NUM_PROBES),
    )


def joined(echoes: Sequence[StaticEchoes]) -> StaticEchoes:
    """Join static echoes along the first axis."""
    return jax.tree.map(lambda *parts: np.concatenate(parts), *echoes)


def padded(echoes: StaticEchoes) -> StaticEchoes:
    """Pad with zero echoes to a power of two, so that different rooms share compiled programs."""
    count = len(echoes.samples)
    if not count:
        return echoes
    # Zero echoes repeat the points of the last echo, because points at the origin would have no
    # direction. The points have zero weight and are not tested.
    indices = np.minimum(np.arange(power_of_two(count, LEAST_ECHOES)), count - 1)
    more = jax.tree.map(lambda part: np.asarray(part)[indices], echoes)
    silent = np.arange(len(indices)) >= count
    samples = np.where(silent[:, None, None, None], 0, more.samples)
    weights = np.where(silent[:, None, None], 0, more.weights)
    return replace(more, samples=samples, weights=weights)
