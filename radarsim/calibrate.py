"""Level calibration: match a body's apparent radar cross-section to human statistics."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial.transform import Rotation

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.input_checks import check_radar, checked_still_mesh
from radarsim.radar.radar import Radar
from radarsim.reflection_checks import check_sigma
from radarsim.scattering.physical_optics import echo_faces
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scattering.visibility import faces_radar, unoccluded
from radarsim.scene.mesh import BurstMesh, FaceIndices, burst_mesh, faces_of
from radarsim.signal.face_selection import visible_faces
from radarsim.signal.face_strength import face_strengths
from radarsim.signal.settings import SimulationSettings

# Mean human radar cross-section in 3GPP TR 38.901 (release 19, sensing targets).
HUMAN_RCS_DBSM = -1.37
ANCHOR_RANGE_M = 3.0
ANCHOR_YAWS = 60


def apparent_rcs_m2(
    radar: Radar,
    vertices_m: Float[Array, "vertex 3"],
    faces: FaceIndices,
    reflection: ReflectionModel,
    visible: Bool[Array, " face"] | None = None,
) -> Float[Array, ""]:
    """Monostatic RCS of a still mesh seen from the origin, at the sweep's centre frequency.

        (4 pi / lambda^2) R^4 |sum A C exp(j 2 k R) / R^2|^2,

    where the R of R^4 is the range of the mesh's centroid, and the R in the sum is the range of
    each face. For `PhysicalOptics`, complex weights W replace A C / R^2. The level constant Gamma
    is not included; multiply the RCS by Gamma^2.

    The RCS is called apparent because a radar closer than a kilometre is in the near field of a
    person. The RCS of a rough surface is that of one realisation.

    Args:
        radar: radar that sets the frequency.
        vertices_m: vertices in the radar frame [m].
        faces: triangles.
        reflection: the reflection model.
        visible: mask of visible faces; if None, every face is tested for occlusion by every other.
    """
    faces = echo_faces(reflection, faces)
    if visible is not None:
        visible = _for_copies(visible, faces)
    scatterers = reflection.scatterers(vertices_m, faces)
    if visible is None:
        flat = faces_of(vertices_m, faces)
        front = faces_radar(flat)
        visible = front & unoccluded(flat.centre_m, vertices_m[faces], front)
    origin = jnp.zeros(3)
    log_amplitude, weight_cycles = reflection.log_weight(radar, scatterers, origin, origin)
    amplitude = jnp.exp(log_amplitude) * visible
    with jax.enable_x64(True):
        range_m = jnp.linalg.norm(scatterers.centre_m.astype(jnp.float64), axis=-1)
        cycles = 2 * radar.chirp.centre_freq_hz / SPEED_OF_LIGHT_MPS * range_m
        cycles = (cycles - jnp.round(cycles)).astype(jnp.float32)
    cycles = cycles if weight_cycles is None else cycles + weight_cycles
    echo = jnp.sum(amplitude * jnp.exp(2j * jnp.pi * cycles))
    mean_range_m = jnp.linalg.norm(vertices_m.mean(0))
    scale = 4 * jnp.pi / radar.chirp.wavelength_m**2
    return scale * mean_range_m**4 * jnp.abs(echo) ** 2


def _for_copies(
    visible: Bool[Array, " face"], faces: Int[Array, "copy 3"] | Int[np.ndarray, "copy 3"]
) -> Bool[Array, " copy"]:
    """Repeat a mask of the faces of a mesh for the rough copies, if the list of faces has them."""
    return visible if len(visible) == len(faces) else jnp.concatenate([visible, visible])


@dataclass(frozen=True)
class StandingViews:
    """A motionless standing body 3 m away, seen from 60 directions at half its height.

    Occlusion takes most of the time of a calibration and does not depend on the reflection, so a
    corpus with many lobe widths computes the views of each body once.

    Attributes:
        mesh: one motionless frame for each direction.
        faces: triangles of the body.
        unoccluded: faces that no other face occludes, among those that face the radar.
    """

    mesh: BurstMesh
    faces: Int[Array, "face 3"]
    unoccluded: Bool[Array, "yaw face"]


def standing_views(
    standing_m: Float[np.ndarray, "vertex 3"], faces: Int[np.ndarray, "face 3"]
) -> StandingViews:
    """Rotate a standing body through 60 directions, and find the faces visible from the radar.

    Args:
        standing_m: vertices of the body in world axes (+z up) [m].
        faces: triangles of the body.

    Raises:
        InputError: an argument is invalid.
    """
    standing_m, faces = checked_still_mesh("standing_views", standing_m, faces)
    centred_m = standing_m - (standing_m.max(0) + standing_m.min(0)) / 2
    yaws_rad = np.arange(ANCHOR_YAWS) * 2 * np.pi / ANCHOR_YAWS
    rotated_m = Rotation.from_rotvec(yaws_rad[:, None] * [0, 0, 1]).as_matrix() @ centred_m.T
    rotated_m = rotated_m.transpose(0, 2, 1) + np.array([ANCHOR_RANGE_M, 0, 0])
    # Two nodes are the smallest number allowed.
    mesh = burst_mesh(np.repeat(rotated_m[:, None], 2, axis=1), None)
    faces = jnp.asarray(faces, jnp.int32)
    return StandingViews(mesh, faces, _unoccluded_of_each(mesh, faces))


@jax.jit
def _unoccluded_of_each(mesh, faces):
    every = jnp.ones(len(faces), bool)
    settings = SimulationSettings()
    return jax.lax.map(lambda frame: visible_faces(settings, frame, faces, every)[0], mesh)


def rcs_over_yaw_m2(
    radar: Radar, views: StandingViews, reflection: ReflectionModel
) -> Float[np.ndarray, " yaw"]:
    """Apparent RCS [m^2] of a standing body in each of its views.

    Args:
        radar: radar that determines the frequency.
        views: the body, from `standing_views`.
        reflection: the reflection model.
    """
    return np.asarray(_rcs_of_each(radar, views.mesh, views.faces, reflection, views.unoccluded))


@partial(jax.jit, static_argnums=0)
def _rcs_of_each(radar, mesh, faces, reflection, unoccluded):
    copies = echo_faces(reflection, faces)

    def one(inputs):
        frame, in_sight = inputs
        strength, _ = face_strengths(radar, SimulationSettings(), reflection, frame, copies)
        visible = _for_copies(in_sight, copies) & jnp.isfinite(strength)
        return apparent_rcs_m2(radar, frame.vertices_m[0], faces, reflection, visible)

    return jax.lax.map(one, (mesh, unoccluded))


def reflectivity_of_views(radar: Radar, views: StandingViews, sigma_rad: float) -> float:
    """Level constant of a body given by its views; see `anchored_reflectivity`."""
    mean_m2 = rcs_over_yaw_m2(radar, views, QuasiSpecular(sigma_rad)).mean()
    return float(np.sqrt(10 ** (HUMAN_RCS_DBSM / 10) / mean_m2))


def anchored_reflectivity(
    radar: Radar,
    standing_m: Float[np.ndarray, "vertex 3"],
    faces: Int[np.ndarray, "face 3"],
    sigma_rad: float,
) -> float:
    """Level constant for which a standing body has the mean RCS of 3GPP TR 38.901, -1.37 dBsm.

    The quasi-specular sum over face centres has no absolute level: its level depends on edge length
    and sigma, so each pair of mesh and sigma needs its own constant. The mean RCS is the power
    averaged over yaw. `PhysicalOptics` has an absolute level (`reflectivity_at`).

    Args:
        radar: radar that sets the frequency.
        standing_m: vertices of the standing body in world axes (+z up) [m].
        faces: triangles of the body.
        sigma_rad: width of the lobe of `QuasiSpecular` [rad].

    Raises:
        InputError: an argument is invalid.
    """
    check_radar("anchored_reflectivity", radar)
    check_sigma("anchored_reflectivity", sigma_rad)
    return reflectivity_of_views(radar, standing_views(standing_m, faces), sigma_rad)
