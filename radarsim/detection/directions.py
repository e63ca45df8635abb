"""Directions of arrival at an antenna array of any shape, from one snapshot per point.

    beam power on a grid of directions -> strongest -> Newton steps to the maximum

A direction is given by the sines u = cos(elevation) sin(azimuth), towards +y (left), and
w = sin(elevation), towards +z (up).
"""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.radar.antennas import AntennaArray
from radarsim.radar.radar import Radar

# Extent of the array along an axis, in wavelengths, below which this axis counts as unresolved.
LEAST_EXTENT = 0.2
# Grid steps per beamwidth (wavelength / extent), so that a grid point always lies on the main lobe.
STEPS_PER_BEAM = 4
NEWTON_STEPS = 4


class Directions(NamedTuple):
    """Azimuth (left positive) and elevation (up positive) [rad]; NaN along unresolved axes."""

    azimuth_rad: Float[Array, " point"]
    elevation_rad: Float[Array, " point"]


class _Grid(NamedTuple):
    """Grid of sines [direction, 2], steering vectors [direction, element] and step lengths."""

    sines: Float[np.ndarray, "direction 2"]
    steering: Complex[np.ndarray, "direction element"]
    step: Float[np.ndarray, " 2"]


def resolves(array: AntennaArray, wavelength_m: float) -> tuple[bool, bool]:
    """Whether the array can measure azimuth and elevation."""
    extent = np.ptp(array.virtual_m.reshape(-1, 3), axis=0) / wavelength_m
    return bool(extent[1] > LEAST_EXTENT), bool(extent[2] > LEAST_EXTENT)


def find_directions(radar: Radar, snapshots: Complex[Array, "point tx rx"]) -> Directions:
    """Directions of the strongest beam of each snapshot.

    Args:
        radar: radar with the antenna array.
        snapshots: echo of one target at every transmitter-receiver pair, with the phase of its
            motion between transmitters already compensated. The function divides the snapshots by
            the channel gains.

    Returns:
        Angles of each point; for arrays without vertical extent, the azimuth is computed for zero
        elevation.
    """
    wanted = resolves(radar.array, radar.chirp.wavelength_m)
    grid = _grid(radar)
    calibrated = snapshots / radar.array.gains.astype(np.complex64)
    flat = calibrated.reshape(len(snapshots), -1)
    flat = flat / (jnp.linalg.norm(flat, axis=1, keepdims=True) + 1e-30)
    beams = jnp.einsum("de,pe->pd", grid.steering, flat, precision="highest")
    start = jnp.asarray(grid.sines, jnp.float32)[jnp.argmax(jnp.abs(beams), axis=1)]
    sines = jax.vmap(lambda one, at: _refined(radar, grid.step, wanted, one, at))(flat, start)
    u, w = sines[:, 0], sines[:, 1]
    ahead = jnp.sqrt(jnp.maximum(1 - u**2 - w**2, 0.0))
    return Directions(
        jnp.where(wanted[0], jnp.arctan2(u, ahead), jnp.nan),
        jnp.where(wanted[1], jnp.arcsin(jnp.clip(w, -1, 1)), jnp.nan),
    )


def _refined(radar, step, wanted, snapshot, start):
    """Newton's method for the maximum of the log beam power, within one grid step of the start."""
    cycles = _positions(radar).astype(np.float32)

    def log_power(sines):
        return jnp.log(jnp.abs(jnp.exp(2j * jnp.pi * (cycles @ sines)) @ snapshot) ** 2 + 1e-12)

    free = np.array(wanted, np.float32)
    reach = jnp.asarray(step, jnp.float32)

    def newton(_, sines):
        gradient = jax.grad(log_power)(sines) * free
        # The Hessian of unresolved axes gets a unit diagonal; if the curvature is positive, a
        # gradient step replaces the Newton step.
        curvature = jax.hessian(log_power)(sines) * np.outer(free, free) - np.diag(1 - free)
        trace = curvature[0, 0] + curvature[1, 1]
        determinant = curvature[0, 0] * curvature[1, 1] - curvature[0, 1] * curvature[1, 0]
        peaked = (trace < 0) & (determinant > 0)
        flat_step = jnp.array(
            [
                curvature[1, 1] * gradient[0] - curvature[0, 1] * gradient[1],
                curvature[0, 0] * gradient[1] - curvature[1, 0] * gradient[0],
            ]
        ) / jnp.where(peaked, determinant, 1.0)
        uphill = 0.25 * reach * jnp.sign(gradient)
        moved = sines + jnp.clip(jnp.where(peaked, -flat_step, uphill), -reach, reach)
        moved = jnp.clip(moved, start - reach, start + reach)
        return moved / jnp.maximum(1.0, jnp.linalg.norm(moved))

    return jax.lax.fori_loop(0, NEWTON_STEPS, newton, start)


@lru_cache(maxsize=8)
def _grid(radar: Radar) -> _Grid:
    cycles = _positions(radar)
    wanted = resolves(radar.array, radar.chirp.wavelength_m)
    # For elements more than half a wavelength apart, grating lobes appear beyond this sine.
    most = min(1.0, radar.chirp.wavelength_m / (2 * radar.array.half_wavelength_m))
    axes, steps = [], []
    for axis in (0, 1):
        if not wanted[axis]:
            axes.append(np.zeros(1))
            steps.append(1.0)
            continue
        extent = np.ptp(cycles[:, axis])
        half = max(8, int(np.ceil(most * STEPS_PER_BEAM * extent)))
        axes.append(np.linspace(-most, most, 2 * half + 1))
        steps.append(most / half)
    sines = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    sines = sines[np.linalg.norm(sines, axis=1) <= 1]
    steering = np.exp(2j * np.pi * sines @ cycles.T).astype(np.complex64)
    return _Grid(sines, steering, np.array(steps))


def _positions(radar: Radar) -> Float[np.ndarray, "element 2"]:
    """Positions of the virtual elements along +y and +z [wavelengths]."""
    return radar.array.virtual_m.reshape(-1, 3)[:, 1:] / radar.chirp.wavelength_m
