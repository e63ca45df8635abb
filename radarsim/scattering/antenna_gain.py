"""Antenna gain in a direction, as a smooth logarithm that the fast sum can interpolate.

The gain does not depend on the reflection, so a transmitter's gain is a factor in the weights per
transmitter, and a receiver's gain is a factor in the weights per receiver. Antenna patterns
therefore add no error to the fast sum's factorisation into transmitters and receivers.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float
from scipy.interpolate import PchipInterpolator

from radarsim.radar.receiver_profile import AntennaPattern

Cut = Float[Array, " angle"] | Float[np.ndarray, " angle"]
# Angular spacing of the samples of a resampled cut.
CUT_STEP_RAD = np.radians(1.0)
# Smallest cosine whose logarithm is taken; the back-lobe gain exceeds the gain at this cosine.
SMALLEST_COSINE = 1e-6
NEPERS_PER_DB = np.log(10) / 20
# Beyond each end of a measured cut, the cut falls within END_OF_CUT_RAD to a level that is
# BELOW_BACK_LOBE_DB below the back-lobe gain, so that only the back lobes contribute.
END_OF_CUT_RAD = np.radians(10.0)
BELOW_BACK_LOBE_DB = 30.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class AntennaGain:
    """Antenna pattern as arrays, so that clips with different patterns share one compiled program.

    Attributes:
        azimuth_exponent, elevation_exponent: exponents of the cosine in the power pattern.
        back_lobe: power of the back lobes relative to boresight, as a natural logarithm.
        azimuth_cut, elevation_cut: natural logarithm of the power from -180 to 180 degrees in steps
            of `CUT_STEP_RAD`; None to use the exponent.
    """

    azimuth_exponent: ArrayLike
    elevation_exponent: ArrayLike
    back_lobe: ArrayLike
    azimuth_cut: ArrayLike | None = None
    elevation_cut: ArrayLike | None = None


def antenna_gain(pattern: AntennaPattern) -> AntennaGain:
    """Convert an antenna pattern whose settings are numbers, not ranges, to arrays."""
    back_lobe = 2 * NEPERS_PER_DB * pattern.back_lobe_db
    return AntennaGain(
        azimuth_exponent=pattern.azimuth_exponent,
        elevation_exponent=pattern.elevation_exponent,
        back_lobe=back_lobe,
        azimuth_cut=_resampled(pattern.azimuth_cut, back_lobe),
        elevation_cut=_resampled(pattern.elevation_cut, back_lobe),
    )


def _resampled(cut, back_lobe: float) -> np.ndarray | None:
    """Interpolate a cut by monotone cubics and let both ends fall far below the back lobes."""
    if not cut:
        return None
    angle_rad, power_db = np.array(cut).T
    angle_rad = np.array(
        [angle_rad[0] - END_OF_CUT_RAD, *angle_rad, angle_rad[-1] + END_OF_CUT_RAD]
    )
    lowest = back_lobe - 2 * NEPERS_PER_DB * BELOW_BACK_LOBE_DB
    power = np.array([lowest, *(2 * NEPERS_PER_DB * power_db), lowest])
    grid_rad = np.arange(-180, 181) * CUT_STEP_RAD
    inside = np.clip(grid_rad, angle_rad[0], angle_rad[-1])
    return PchipInterpolator(angle_rad, power)(inside).astype(np.float32)


def log_gain(gain: AntennaGain, direction_m: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
    """Return the natural logarithm of the amplitude in a direction, relative to boresight.

    Args:
        gain: the antenna pattern.
        direction_m: vectors from the antenna, in the radar frame, of any length.
    """
    ahead, left, up = (direction_m[..., axis] for axis in range(3))
    level = jnp.sqrt(ahead**2 + left**2 + SMALLEST_COSINE**2)
    distance = jnp.sqrt(ahead**2 + left**2 + up**2 + SMALLEST_COSINE**2)
    if gain.azimuth_cut is None:
        azimuth = _cosine_cut(gain.azimuth_exponent, ahead / level)
    else:
        azimuth = _at(gain.azimuth_cut, jnp.arctan2(left, ahead))
    if gain.elevation_cut is None:
        elevation = _cosine_cut(gain.elevation_exponent, level / distance)
    else:
        elevation = _at(gain.elevation_cut, jnp.arctan2(up, level))
    return 0.5 * jnp.logaddexp(azimuth + elevation, gain.back_lobe)


def _cosine_cut(exponent, cosine):
    """Return the logarithm of cos^n; behind the antenna, the value is far below any back lobe."""
    in_front = exponent * jnp.log(jnp.maximum(cosine, SMALLEST_COSINE))
    return jnp.where(cosine > SMALLEST_COSINE, in_front, -100.0)


def _at(cut: Cut, angle_rad: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Interpolate a cut by Catmull-Rom splines, whose first derivatives are continuous."""
    place = (angle_rad + np.float32(np.pi)) / np.float32(CUT_STEP_RAD)
    index = jnp.clip(jnp.floor(place).astype(jnp.int32), 1, len(cut) - 3)
    t = place - index
    before, here, after, next_one = (jnp.asarray(cut)[index + step] for step in (-1, 0, 1, 2))
    slope = (after - before) / 2
    curve = before - 2.5 * here + 2 * after - 0.5 * next_one
    third = (next_one - before) / 2 + 1.5 * (here - after)
    return here + t * (slope + t * (curve + t * third))
