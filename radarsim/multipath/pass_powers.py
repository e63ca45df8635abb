"""Mean power of every candidate multipath pass, for the choice of the passes to simulate.

The power of a pass is the power of the coherent sum over all faces that are visible in this pass,
for one antenna pair at the array's centre, averaged over a few instants of the motion and a few
frequencies of the sweep.
"""

from collections.abc import Sequence
from functools import partial
from itertools import combinations_with_replacement, pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.multipath.leg_visibility import faces_image, visible_from
from radarsim.multipath.legs import Leg, image_map, make_leg, sequences
from radarsim.multipath.pass_selection import Passes
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.polynomials import sincos_cycles
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.mesh import FaceIndices, faces_of
from radarsim.scene.room import Plane

# Maximum total number of reflections on the way to the body and back. Passes with three or more
# reflections are neither simulated nor counted.
MOST_PASS_BOUNCES = 2
# Number of frequencies in the sweep over which the power of a pass is averaged.
NUM_FREQUENCIES = 4
# The antennas radiate forwards, so a horizontal radar reaches the wall behind it only via the far
# wall.
BEHIND, AHEAD = "near_wall", "far_wall"


class Candidates(NamedTuple):
    """Legs with up to two reflections, and the passes they form; pass 0 is the direct echo.

    Attributes:
        orders: surfaces of each leg, in the order of the outbound reflections; the order of
            perpendicular surfaces is arbitrary, because it depends on the point to which the leg
            leads, and is determined for each face (`reverses_slots`).
        legs: all legs, stacked along a leading axis, with two slots for reflections each.
        pairs: indices of both legs of each pass. A pass with two different legs represents both
            directions of travel, which have equal power.
    """

    orders: list[tuple[Plane, ...]]
    legs: Leg
    pairs: list[tuple[int, int]]


def candidate_passes(
    planes: Sequence[Plane], freq_hz: float, polarisation, points_m: Float[np.ndarray, "point 3"]
) -> Candidates:
    """List all multipath passes with up to two reflections.

    Args:
        planes: surfaces of the room in the radar frame.
        freq_hz: centre frequency of the sweep [Hz].
        polarisation: unit vector of the antennas' electric field.
        points_m: points of the bodies in the radar frame; they determine whether the waves of a
            tilted radar reach the bodies via the near wall [m].

    Raises:
        InputError: the data of a material are not valid at this frequency.
    """
    orders = [(), *_leaving_forwards(sequences(planes, MOST_PASS_BOUNCES), points_m)]
    legs = [make_leg(each, freq_hz, polarisation, MOST_PASS_BOUNCES) for each in orders]
    pairs = [
        (a, b)
        for a, b in combinations_with_replacement(range(len(orders)), 2)
        if len(orders[a]) + len(orders[b]) <= MOST_PASS_BOUNCES
    ]
    return Candidates(orders, jax.tree.map(lambda *parts: np.stack(parts), *legs), pairs)


def _leaving_forwards(orders: list[tuple[Plane, ...]], points_m) -> list[tuple[Plane, ...]]:
    """Leave out the orders for which no wave leaves the radar forwards.

    If the tilt of the radar permits any of them, all are kept: the powers of the others are 0, and
    there are only two numbers of candidates for which programs are compiled.
    """
    others = [each for each in orders if not _forwards_without_tilt(each)]
    if any(_leaves_forwards(each, points_m) for each in others):
        return orders
    return [each for each in orders if _forwards_without_tilt(each)]


def _leaves_forwards(order: Sequence[Plane], points_m) -> bool:
    """Return whether the path to any of the points leaves the radar into the half-space x > 0."""
    image = image_map(order)
    return bool(np.any((points_m - image.shift_m) @ image.matrix[:, 0] > 0))


def _forwards_without_tilt(order: Sequence[Plane]) -> bool:
    """Return whether a wave of a horizontal radar can be reflected in this order."""
    names = ["", *(plane.name for plane in order)]
    return all(before == AHEAD for before, name in pairwise(names) if name == BEHIND)


def pass_powers(
    radar: Radar,
    reflection: ReflectionModel,
    candidates: Candidates,
    vertices_m: Float[Array, "moment vertex 3"],
    faces: FaceIndices,
    others_m: Float[Array | np.ndarray, "moment occluder 3 3"],
) -> Float[np.ndarray, "moment pass"]:
    """Return the power of each candidate pass at some instants, not scaled by the level constant.

    Args:
        radar: board whose array and sweep are used.
        reflection: reflection model of the body.
        candidates: the candidate passes and their legs.
        vertices_m: vertices of the body in the radar frame at each instant [m].
        faces: triangles of the body.
        others_m: corners of the triangles of furniture and other bodies at each instant [m].
    """
    out, back = np.array(candidates.pairs).T
    passes = Passes(candidates.legs, out, back)
    return np.asarray(_powers(radar, reflection, passes, vertices_m, jnp.asarray(faces), others_m))


@partial(jax.jit, static_argnums=0)
def _powers(radar, reflection, passes, vertices_m, faces, others_m):
    def one_moment(inputs):
        points_m, around_m = inputs
        surface = faces_of(points_m, faces)
        occluders_m = jnp.concatenate([points_m[faces], around_m])
        scatterers = reflection.scatterers(points_m, faces)

        def seen_from(leg):
            every = jnp.ones(len(faces), bool)
            seen = visible_from(leg, surface.centre_m, surface.normal, occluders_m, every)
            return seen & faces_image(leg, scatterers.centre_m, scatterers.normal)

        seen = batched_map(seen_from, passes.legs)
        return batched_map(
            partial(_power, radar, reflection, passes, scatterers, seen),
            np.arange(len(passes.out)),
        )

    return batched_map(one_moment, (vertices_m, others_m))


def _power(radar: Radar, reflection, passes: Passes, scatterers, seen, index) -> Float[Array, ""]:
    bounced = passes.bounced(reflection, index)
    legs = (bounced.out, bounced.back)
    log_amplitude, cycles = bounced.log_weight(radar, scatterers, *(leg.origin_m for leg in legs))
    path_m = sum(norm(scatterers.centre_m - leg.origin_m) for leg in legs)
    visible = seen[jnp.asarray(passes.out)[index]] & seen[jnp.asarray(passes.back)[index]]
    amplitude = jnp.where(visible, jnp.exp(log_amplitude), 0.0)
    per_m = _frequencies_hz(radar) / SPEED_OF_LIGHT_MPS

    def at(frequency_per_m):
        sin, cos = sincos_cycles(path_m * frequency_per_m + (0.0 if cycles is None else cycles))
        return jnp.sum(amplitude * cos) ** 2 + jnp.sum(amplitude * sin) ** 2

    return jnp.mean(jax.lax.map(at, jnp.asarray(per_m, jnp.float32)))


def _frequencies_hz(radar: Radar) -> np.ndarray:
    """Return the centre frequencies of equal parts of the sweep [Hz]."""
    parts = (np.arange(NUM_FREQUENCIES) + 0.5) / NUM_FREQUENCIES - 0.5
    return radar.chirp.centre_freq_hz + parts * radar.chirp.bandwidth_hz
