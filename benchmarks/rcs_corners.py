"""Cross-section of a dihedral that consists of a metal plate and a metal wall of a room.

Double bounces within one mesh are not simulated, but the multipath passes of a room contain the
double bounces between a body and a wall. A plate that stands at right angles on a metal wall is a
dihedral: the wave reaches the plate via the wall and returns directly, or in the reverse order. The
two passes are summed with the image antennas, the reflection coefficients and the facets of the
simulator, in the far field and in float64.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from benchmarks.rcs_angles import FAR_M, Cut
from benchmarks.rcs_shapes import PLATE_M, plate
from radarsim.multipath.bounced_reflection import BouncedReflection
from radarsim.multipath.legs import make_leg
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import PhysicalOptics
from radarsim.scene.materials import MATERIALS
from radarsim.scene.room import Plane

# Angles between the line of sight and the wall [degrees].
ANGLES_DEG = np.arange(20.0, 71.0, 5.0)
VERTICAL = (0.0, 0.0, 1.0)


def wall_dihedral(radar: Radar, edge_m: float) -> Cut:
    """Simulate the dihedral at several angles, and compare the levels with theory.

    The wave that first meets the plate and the wave that first meets the wall each fill an aperture
    of a x a cos(angle), so the RCS is 16 pi a^4 cos^2(angle) / lambda^2. At 45 degrees,
    this is the peak of a dihedral of two squares, 8 pi a^4 / lambda^2.

    Args:
        radar: radar whose centre frequency is used.
        edge_m: length of the edges of the plate's mesh [m].
    """
    angles_rad = np.radians(ANGLES_DEG)
    with jax.enable_x64(True):
        simulated_m2 = [_rcs_m2(radar, edge_m, float(each)) for each in angles_rad]
    theory_m2 = 16 * np.pi * (PLATE_M**2 * np.cos(angles_rad) / radar.chirp.wavelength_m) ** 2
    simulated_dbsm, theory_dbsm = 10 * np.log10(simulated_m2), 10 * np.log10(theory_m2)
    return Cut(
        name="dihedral of a plate, 10 cm, and a wall",
        theory="16 pi a^4 cos^2 / lambda^2",
        angles_deg=ANGLES_DEG,
        simulated_dbsm=simulated_dbsm,
        theory_dbsm=theory_dbsm,
        worst_lobe_db=float(np.abs(simulated_dbsm - theory_dbsm).max()),
        worst_null_deg=0.0,
        num_faces=len(plate(edge_m).faces),
    )


def _rcs_m2(radar: Radar, edge_m: float, angle_rad: float) -> float:
    """Return the RCS due to both passes at one angle [m^2]."""
    along = np.array([np.cos(angle_rad), np.sin(angle_rad), 0.0])
    normal = np.array([-np.sin(angle_rad), np.cos(angle_rad), 0.0])
    foot_m = np.array([FAR_M, 0.0, 0.0])
    wall = Plane("far_wall", normal, float(normal @ foot_m), MATERIALS["metal"])
    legs = [
        make_leg(planes, radar.chirp.centre_freq_hz, VERTICAL, 1, np.float64)
        for planes in ([], [wall])
    ]
    # The plate of `rcs_shapes.plate` faces -x; here it faces the radar along the wall.
    square = plate(edge_m)
    axes = np.stack([along, normal, VERTICAL])
    vertices_m = (square.vertices_m + np.array([0.0, PLATE_M / 2, 0.0])) @ axes + foot_m
    scatterers = PhysicalOptics("metal", blur_m=0.0).scatterers(
        jnp.asarray(vertices_m), jnp.asarray(square.faces)
    )
    echo = sum(_echo(radar, scatterers, out, back) for out, back in (legs, legs[::-1]))
    return float(4 * np.pi / radar.chirp.wavelength_m**2 * FAR_M**4 * abs(echo) ** 2)


@partial(jax.jit, static_argnums=0)
def _echo(radar: Radar, scatterers, out, back) -> Complex[Array, ""]:
    """Return the complex amplitude of one pass, in the units of `PhysicalOptics.log_weight`."""
    bounced = BouncedReflection(PhysicalOptics("metal", blur_m=0.0), out, back)
    images_m = [jnp.asarray(leg.shift_high_m) + leg.shift_low_m for leg in (out, back)]
    log_amplitude, cycles = bounced.log_weight(radar, scatterers, *images_m)
    path_m = sum(jnp.linalg.norm(scatterers.centre_m - each, axis=-1) for each in images_m)
    cycles = path_m / radar.chirp.wavelength_m + cycles
    return jnp.sum(jnp.exp(log_amplitude + 2j * np.pi * cycles))
