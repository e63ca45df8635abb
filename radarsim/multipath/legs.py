"""Legs: paths from the antennas to a point via plane surfaces, by images of the antennas.

A ray that a plane reflects from an antenna to a point arrives with the length and direction of the
straight line from the antenna's mirror image to this point. For several reflections, the antenna is
mirrored in one plane after the other. The room is a box and therefore convex, so the straight line
from the image to a point in the room always crosses the surfaces inside their edges.

The image in two perpendicular planes is the same for both orders of reflection, and the point
determines which plane the ray meets first. The reflection coefficients depend on this order if the
electric field of the antennas is neither parallel nor perpendicular to the planes: for a radar with
vertical polarisation that is tilted by 20 degrees, the two orders of floor and wall differ by up to
5 dB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from radarsim.coordinates import split_float64
from radarsim.scattering.fresnel import copolar_reflection, dot, fresnel, mirrored, rough_amplitude
from radarsim.scene.room import Plane


class ImageMap(NamedTuple):
    """Affine map from a point p to the image of p: matrix p + shift_m [m], in float64."""

    matrix: np.ndarray
    shift_m: np.ndarray

    def of(self, points_m: np.ndarray) -> np.ndarray:
        """Return the images of points [m]."""
        return points_m @ self.matrix.T + self.shift_m


def image_map(planes: Sequence[Plane]) -> ImageMap:
    """Return the map from points to their images by successive reflections in the planes."""
    matrix, shift_m = np.eye(3), np.zeros(3)
    for plane in planes:
        mirror = np.eye(3) - 2 * np.outer(plane.normal, plane.normal)
        matrix, shift_m = mirror @ matrix, mirror @ shift_m + 2 * plane.offset_m * plane.normal
    return ImageMap(matrix, shift_m)


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Leg:
    """One path between the antennas and the scene, with values that JAX may trace.

    Several legs can be stacked along a leading axis.

    Attributes:
        matrix, shift_high_m, shift_low_m: map from an antenna to its image; the shift is a float64
            in two float32 parts [m].
        normals: unit normal of each surface, in the order of the outbound reflections; two
            perpendicular surfaces may have either order (`reverses_slots`).
        offset_m: offset of each surface's plane along the normal, as in `Plane` [m].
        permittivity_real, permittivity_imag: real and imaginary part of each surface's relative
            permittivity.
        roughness_m: rms height of each surface [m].
        used: mask of the slots that hold a reflection.
        polarisation: unit vector of the antennas' electric field.
    """

    matrix: Float[Array | np.ndarray, "*leg 3 3"]
    shift_high_m: Float[Array | np.ndarray, "*leg 3"]
    shift_low_m: Float[Array | np.ndarray, "*leg 3"]
    normals: Float[Array | np.ndarray, "*leg bounce 3"]
    offset_m: Float[Array | np.ndarray, "*leg bounce"]
    permittivity_real: Float[Array | np.ndarray, "*leg bounce"]
    permittivity_imag: Float[Array | np.ndarray, "*leg bounce"]
    roughness_m: Float[Array | np.ndarray, "*leg bounce"]
    used: Bool[Array | np.ndarray, "*leg bounce"]
    polarisation: Float[Array | np.ndarray, "*leg 3"]

    @property
    def origin_m(self) -> Float[Array | np.ndarray, "3"]:
        """The image of the array's phase centre [m]."""
        return self.shift_high_m

    def images_m(
        self, antennas_m: Float[Array | np.ndarray, "antenna 3"]
    ) -> Float[Array, "antenna 3"]:
        """Return the images of antennas [m] in the precision of the leg."""
        moved = jnp.matmul(jnp.asarray(antennas_m), jnp.transpose(self.matrix), precision="highest")
        return moved + (jnp.asarray(self.shift_high_m, moved.dtype) + self.shift_low_m)


def make_leg(
    planes: Sequence[Plane],
    freq_hz: float,
    polarisation: Sequence[float] | np.ndarray,
    num_slots: int,
    dtype=np.float32,
) -> Leg:
    """Create the leg from the radar via the given planes, in the order of the reflections.

    Args:
        planes: reflecting surfaces in order; empty for the direct leg. Legs to bodies have up to
            two surfaces, static echoes up to three.
        freq_hz: centre frequency of the sweep, at which the permittivity is evaluated [Hz].
        polarisation: unit vector of the antennas' electric field.
        num_slots: number of slots for reflections, at least the number of planes; unused slots have
            no effect.
        dtype: data type of the leg's arrays.

    Raises:
        InputError: the data of a material are not valid at this frequency.
    """
    matrix, shift_m = image_map(planes)
    high, low = split_float64(shift_m)
    slots = num_slots - len(planes)
    values = [each.material.permittivity(freq_hz) for each in planes] + [1.0 + 0j] * slots
    rough = [each.material.roughness_m for each in planes] + [0.0] * slots
    normals = [each.normal for each in planes] + [np.array([0.0, 0.0, 1.0])] * slots
    offsets_m = [each.offset_m for each in planes] + [0.0] * slots
    return Leg(
        matrix=matrix.astype(dtype),
        shift_high_m=high.astype(dtype),
        shift_low_m=low.astype(dtype),
        normals=np.array(normals, dtype).reshape(num_slots, 3),
        offset_m=np.array(offsets_m, dtype),
        permittivity_real=np.real(values).astype(dtype),
        permittivity_imag=np.imag(values).astype(dtype),
        roughness_m=np.array(rough, dtype),
        used=np.arange(num_slots) < len(planes),
        polarisation=np.array(polarisation, dtype),
    )


def direct_leg() -> Leg:
    """Create the leg from the radar straight to the scene, for tests of visibility."""
    # The frequency and the polarisation have no effect without a reflection.
    return make_leg([], 1.0, (0.0, 0.0, 1.0), 1)


def reverses_slots(
    leg: Leg, points_m: Float[Array | np.ndarray, "*batch 3"]
) -> Bool[Array | np.ndarray, "*batch"] | None:
    """Return a mask of the points whose ray meets the surfaces in the reverse order of the slots.

    Only perpendicular surfaces can have another order than their slots. A ray of length 1 from the
    image to a point at the distance d from a surface, on whose other side the image is at the
    distance h, meets this surface at the distance d / (d + h) from the point. The surface with the
    smaller distance reflects the ray last.

    Args:
        leg: leg from the radar to the points.
        points_m: points in the radar frame [m].

    Returns:
        The mask; None for a leg without exactly two slots, whose order is that of the slots.
    """
    if len(leg.used) != 2:
        return None
    normals, used = leg.normals, leg.used
    to_surface_m = [dot(points_m, normals[slot]) - leg.offset_m[slot] for slot in (0, 1)]
    to_image_m = [dot(points_m - leg.origin_m, normals[slot]) for slot in (0, 1)]
    reverse = to_surface_m[0] * to_image_m[1] < to_surface_m[1] * to_image_m[0]
    perpendicular = abs(dot(normals[0], normals[1])) < 0.5
    return reverse & perpendicular & used[0] & used[1]


def leg_reflection(
    leg: Leg,
    wavenumber_per_m: float,
    direction: Float[Array | np.ndarray, "*batch 3"],
    reverse: Bool[Array | np.ndarray, "..."] | None = None,
) -> Complex[Array | np.ndarray, "*batch"]:
    """Return the product of a leg's reflection coefficients; 0 for rays that leave backwards.

    The antennas of a board radiate into the half-space in front of it (x > 0).

    Args:
        leg: leg whose surfaces reflect the rays.
        wavenumber_per_m: 2 pi / lambda.
        direction: unit vectors from an antenna's image to the points.
        reverse: mask of the rays that meet the surfaces in the reverse order of the slots, from
            `reverses_slots`; its shape must be broadcastable to that of the rays. None: all rays
            meet the surfaces in the order of the slots.
    """
    xp = jnp if isinstance(direction, jax.Array) or isinstance(leg.normals, jax.Array) else np
    ray, total = direction, xp.ones(direction.shape[:-1], direction.dtype) + 0j
    slots = leg.normals, leg.permittivity_real, leg.permittivity_imag, leg.roughness_m, leg.used
    slots = tuple(map(xp.asarray, slots))
    others = tuple(part[::-1] for part in slots)
    if xp is jnp and len(leg.used) > 1:
        # The loop compiles one slot for all slots, and skips unused slots when the program runs.
        def step(state, pair):
            def passed():
                met = _met_slot(reverse, *pair)
                before, factor = _reflected(leg, met, wavenumber_per_m, state[0])
                return before, (state[1] * factor).astype(state[1].dtype)

            return jax.lax.cond(pair[0][-1], passed, lambda: state), None

        ray, total = jax.lax.scan(step, (ray, total), (slots, others), reverse=True)[0]
        return jnp.where(ray[..., 0] > 0, total, 0.0)
    for slot, other in reversed(list(zip(zip(*slots), zip(*others)))):
        before, factor = _reflected(leg, _met_slot(reverse, slot, other), wavenumber_per_m, ray)
        total = xp.where(slot[-1], total * factor, total)
        ray = xp.where(slot[-1], before, ray)
    return xp.where(ray[..., 0] > 0, total, 0.0)


def _met_slot(reverse, slot: tuple, other: tuple) -> tuple:
    """Return the surface that each ray meets: that of a slot or, in reverse order, of the other."""
    if reverse is None:
        return slot
    xp = jnp if isinstance(reverse, jax.Array) else np
    normal = xp.where(reverse[..., None], other[0], slot[0])
    # Both slots are used if a ray meets them in reverse order.
    numbers = (xp.where(reverse, there, here) for here, there in zip(slot[1:-1], other[1:-1]))
    return normal, *numbers, slot[-1]


def _reflected(leg: Leg, slot: tuple, wavenumber_per_m: float, ray):
    """Return the rays before the reflection in one slot, and the coefficients of the reflection."""
    xp = jnp if isinstance(ray, jax.Array) or isinstance(slot[0], jax.Array) else np
    normal, polarisation = xp.asarray(slot[0]), xp.asarray(leg.polarisation)
    _, permittivity_real, permittivity_imag, roughness_m, _ = slot
    before = mirrored(ray, normal)
    cosine = xp.abs(dot(ray, normal))
    permittivity = permittivity_real + 1j * permittivity_imag
    factor = copolar_reflection(fresnel(permittivity, cosine), before, normal, polarisation)
    return before, factor * rough_amplitude(roughness_m, wavenumber_per_m, cosine)


def sequences(planes: Sequence[Plane], most_bounces: int) -> list[tuple[Plane, ...]]:
    """List all sequences of one to `most_bounces` planes that can reflect a ray.

    The images in perpendicular planes are equal for both orders, so only one order is listed.
    `reverses_slots` determines the order for each point.
    """
    found: dict[tuple, tuple[Plane, ...]] = {}
    for count in range(1, most_bounces + 1):
        for order in _without_repeats(planes, count):
            image = image_map(order)
            key = tuple(np.round(np.r_[image.matrix.ravel(), image.shift_m], 6))
            found.setdefault(key, order)
    identity = tuple(np.round(np.r_[np.eye(3).ravel(), np.zeros(3)], 6))
    found.pop(identity, None)
    return list(found.values())


def _without_repeats(planes, count: int) -> list[tuple[Plane, ...]]:
    """List the sequences of planes in which no plane follows itself."""
    found = [(each,) for each in planes]
    for _ in range(count - 1):
        found = [(*order, each) for order in found for each in planes if each is not order[-1]]
    return found
