"""Radar cross-section of meshes over the angle of incidence, and its difference from theory."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.signal import argrelmax, argrelmin

from benchmarks.rcs_shapes import Shape
from radarsim.calibrate import apparent_rcs_m2
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import PhysicalOptics
from radarsim.scattering.visibility import faces_radar
from radarsim.scene.mesh import faces_of

# Range at which all shapes are in the far field [m]: k D^2 / R is 0.02 rad for D = 0.3 m.
FAR_M = 10_000.0
# Level below the strongest lobe down to which lobes and nulls are compared [dB]. Weaker lobes are
# smaller than the error of the facet model.
LOWEST_DB = 45.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Cross-section of a shape over the angle of incidence.

    Attributes:
        name: name of the shape.
        theory: formula or method that gives the theoretical values.
        angles_deg: angles of incidence [degrees].
        simulated_dbsm, theory_dbsm: simulated and theoretical RCS [dB relative to 1 m^2].
        worst_lobe_db: largest difference from theory at the peaks of the theoretical lobes [dB].
        worst_null_deg: largest difference between a simulated and a theoretical null [degrees]; 0
            for a shape without nulls.
        num_faces: number of faces of the mesh.
    """

    name: str
    theory: str
    angles_deg: np.ndarray
    simulated_dbsm: np.ndarray
    theory_dbsm: np.ndarray
    worst_lobe_db: float
    worst_null_deg: float
    num_faces: int


def angle_cut(radar: Radar, shape: Shape, step_deg: float) -> Cut:
    """Simulate a shape at angles from zero to `most_deg`, and compare the levels with theory.

    Args:
        radar: radar whose centre frequency is used.
        shape: metal shape to simulate.
        step_deg: step of the angle of incidence [degrees].
    """
    angles_deg = np.arange(0.0, shape.most_deg + step_deg / 2, step_deg)
    angles_rad = np.radians(angles_deg)
    simulated_dbsm = 10 * np.log10(simulated_rcs_m2(radar, shape, angles_rad))
    theory_m2 = shape.rcs_m2(angles_rad, radar.chirp.wavelength_m)
    theory_dbsm = 10 * np.log10(np.maximum(theory_m2, 1e-12))
    lobes, nulls = lobes_and_nulls(theory_dbsm)
    _, simulated_nulls = lobes_and_nulls(simulated_dbsm)
    apart_deg = np.abs(angles_deg[nulls][:, None] - angles_deg[simulated_nulls])
    return Cut(
        name=shape.name,
        theory=shape.theory,
        angles_deg=angles_deg,
        simulated_dbsm=simulated_dbsm,
        theory_dbsm=theory_dbsm,
        worst_lobe_db=float(np.abs(simulated_dbsm - theory_dbsm)[lobes].max()),
        worst_null_deg=float(apart_deg.min(1, initial=90.0).max(initial=0.0)),
        num_faces=len(shape.faces),
    )


def lobes_and_nulls(level_db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the lobes and of the nulls between the lobes; the first angle counts as a lobe.

    Args:
        level_db: levels at equidistant angles [dB].
    """
    peaks = np.concatenate([[0], argrelmax(level_db)[0]])
    lobes = peaks[level_db[peaks] > level_db[0] - LOWEST_DB]
    if np.ptp(level_db) < 3:  # the level is constant, as for a sphere
        return np.arange(len(level_db)), np.zeros(0, int)
    nulls = argrelmin(level_db)[0]
    return lobes, nulls[nulls < lobes[-1]]


def simulated_rcs_m2(radar: Radar, shape: Shape, angles_rad: np.ndarray) -> np.ndarray:
    """Far-field RCS of a shape at each angle, in float64 [m^2].

    Args:
        radar: radar whose centre frequency is used.
        shape: a metal shape, of which only the faces that point to the radar reflect.
        angles_rad: angles of incidence [rad].
    """
    model = PhysicalOptics("metal", blur_m=shape.blur_m)
    axis = np.asarray(shape.axis)

    @jax.jit
    def cut(vertices_m, faces, angles):
        def one(angle):
            around = jnp.cross(axis, vertices_m) * jnp.sin(angle)
            along = (vertices_m @ axis)[:, None] * axis * (1 - jnp.cos(angle))
            turned_m = vertices_m * jnp.cos(angle) + around + along
            at_m = turned_m + jnp.array([FAR_M, 0.0, 0.0])
            front = faces_radar(faces_of(at_m, faces))
            return apparent_rcs_m2(radar, at_m, faces, model, front)

        return jax.lax.map(one, angles)

    with jax.enable_x64(True):
        vertices_m = jnp.asarray(shape.vertices_m, jnp.float64)
        return np.asarray(cut(vertices_m, jnp.asarray(shape.faces), jnp.asarray(angles_rad)))
