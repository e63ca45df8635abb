"""Elevation pattern of the antennas, fitted to the level of a recorded walker over range.

With isotropic antennas, the level of the torso times R^4 is constant. If the beam of a radar is
narrow in elevation, the level has dips at the ranges at which the torso is in a null of the
pattern. The fitted pattern of both the transmit and the receive antenna is that of a uniform column
of patches, sin(x) / x with x = pi sin(e - tilt) / sin(null), where e is the elevation.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares

import radarsim as rs
from benchmarks.walker_measures import Walk
from radarsim.scattering.wrapping_reflection import WrappingReflection

# Edges of the range intervals in which levels are compared [m].
RANGE_EDGES_M = np.arange(2.0, 8.5, 0.75)
# Heights above the floor of the torso points whose power is averaged in the fit [m].
_TORSO_M = np.linspace(0.85, 1.45, 13)
# Heights of the radar that the fit tries [m]. Lower heights can explain the levels, but would place
# the legs in the beam, and the recorded limbs are weak.
_HEIGHTS_M = (1.0, 1.4, 1.8, 2.4)
# Minimum amplitude of the pattern, because the nulls of real antennas are filled.
_LEAST = 0.02
# Largest tilt of a mounted radar [rad]. The torso at the far end must be in the main lobe, because
# a fit in the sidelobes alone agrees equally well, but at a level 50 dB lower.
_MOST_TILT_RAD = 0.26
_IN_MAIN_LOBE = 0.85


@dataclass(frozen=True, kw_only=True)
class Mounting:
    """Height of a radar, and elevation pattern of its antennas.

    Attributes:
        height_m: height of the radar above the floor.
        tilt_rad: elevation angle of the beam, positive upwards.
        null_rad: angle from the beam to the first null.
        rms_db: root mean square difference between the fitted and the recorded levels.
    """

    height_m: float
    tilt_rad: float
    null_rad: float
    rms_db: float


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ElevationPattern(WrappingReflection):
    """Reflection model that includes the elevation pattern of the antennas.

    Attributes:
        model: reflection model for isotropic antennas.
        tilt_rad, null_rad: elevation pattern, as in `Mounting`.
    """

    model: rs.QuasiSpecular | rs.PhysicalOptics
    tilt_rad: float = field(metadata={"static": True})
    null_rad: float = field(metadata={"static": True})

    def log_weight(self, radar: rs.Radar, scatterers, tx_m, rx_m):
        """Log-amplitude and phase of the reflection model, including the gain of both antennas."""
        log_amplitude, phase = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        ahead_m, left_m, up_m = jnp.moveaxis(scatterers.centre_m, -1, 0)
        elevation_rad = jnp.arctan2(up_m, jnp.hypot(ahead_m, left_m))
        sine = jnp.sin(elevation_rad - self.tilt_rad) / np.sin(self.null_rad)
        return log_amplitude + 2 * jnp.log(jnp.maximum(jnp.abs(jnp.sinc(sine)), _LEAST)), phase


def level_curve_db(walk: Walk) -> np.ndarray:
    """Median of the torso's level times R^4 in each range interval [dB]; NaN: too few frames."""
    level_db = walk.level_db + 40 * np.log10(walk.range_m)
    place = np.digitize(walk.range_m, RANGE_EDGES_M) - 1
    found = [level_db[place == each] for each in range(len(RANGE_EDGES_M) - 1)]
    return np.array([np.median(each) if len(each) > 1 else np.nan for each in found])


def level_difference_db(recorded: Walk, simulated: Walk) -> dict[str, float]:
    """Root mean square difference of the level curves after removal of the mean difference."""
    first, second = level_curve_db(recorded), level_curve_db(simulated)
    common = np.isfinite(first) & np.isfinite(second)
    difference = (second - first)[common]
    return {"level RMS [dB]": float(difference.std())}


def fit_mounting(walk: Walk) -> Mounting:
    """Fit the radar's height, tilt and null to the levels of one walk away from the radar."""
    curve_db = level_curve_db(walk)
    range_m = 0.5 * (RANGE_EDGES_M[1:] + RANGE_EDGES_M[:-1])
    known = np.isfinite(curve_db)
    found = [_fit_at(height_m, range_m[known], curve_db[known]) for height_m in _HEIGHTS_M]
    return min(found, key=lambda each: each.rms_db)


def _fit_at(height_m, range_m, curve_db) -> Mounting:
    elevation_rad = np.arctan2(_TORSO_M - height_m, range_m[:, None])

    def difference(values):
        tilt_rad, null_rad, level_db = values
        gain = np.sinc(np.sin(elevation_rad - tilt_rad) / np.sin(null_rad)) ** 4
        return level_db + 10 * np.log10(gain.mean(axis=1) + _LEAST**4) - curve_db

    bounds = ([-_MOST_TILT_RAD, 0.08, -200.0], [_MOST_TILT_RAD, 0.9, 200.0])
    starts = [
        (tilt, null, curve_db.max()) for tilt in np.linspace(-0.24, 0.24, 7) for null in (0.2, 0.4)
    ]
    best = min((least_squares(difference, at, bounds=bounds) for at in starts), key=_cost)
    rms_db = float(np.sqrt(np.mean(best.fun**2)))
    far_rad = np.arctan2(_TORSO_M.mean() - height_m, range_m[-1])
    in_lobe = abs(far_rad - best.x[0]) < _IN_MAIN_LOBE * best.x[1]
    return Mounting(
        height_m=height_m,
        tilt_rad=float(best.x[0]),
        null_rad=float(best.x[1]),
        rms_db=rms_db if in_lobe else np.inf,
    )


def _cost(result) -> float:
    return float(result.cost)
