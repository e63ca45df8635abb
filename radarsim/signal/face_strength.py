"""Strength of each face's echo, which decides whether the face is summed, and energy shares."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float

from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.visibility import faces_radar
from radarsim.scene.mesh import BurstMesh, FaceIndices, Faces, relative_to_radar
from radarsim.signal.settings import SimulationSettings


def face_strengths(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: FaceIndices,
) -> tuple[Float[Array, " face"], Float[Array, "node face 3"]]:
    """Log-amplitude (-inf where negligible) and phase point of every face of one frame."""

    def at_node(inputs):
        vertices_m, origin_m = inputs
        return relative_to_radar(reflection.scatterers(vertices_m, faces), origin_m)

    # The loop makes XLA store the results of the loop instead of gathering the vertices again at
    # every use.
    scatterers = batched_map(at_node, (mesh.vertices_m, mesh.origin_high_m))
    return log_strength(radar, settings, reflection, scatterers), scatterers.centre_m


def log_strength(
    radar: Radar, settings: SimulationSettings, reflection: ReflectionModel, scatterers: Faces
) -> Float[Array, " face"]:
    """Largest log-amplitude of each face over the nodes; -inf for faces that need not be summed.

    A face need not be summed if it always points away from the radar or stays below the threshold,
    as seen from the centre of the array.
    """
    middle_m = (
        jnp.asarray(each.mean(0), jnp.float32) for each in (radar.array.tx_m, radar.array.rx_m)
    )
    strength, _ = reflection.log_weight(radar, scatterers, *middle_m)
    # As in mmCLIP, hidden point removal does not distinguish the two sides of a face.
    if settings.visibility in ("occlusion", "facing"):
        strength = jnp.where(faces_radar(scatterers), strength, -jnp.inf)
    strength = jnp.max(strength, axis=0)
    if not settings.cull_ratio:
        return strength
    lowest = np.log(settings.cull_ratio) - outer_antenna_margin(
        radar, settings, reflection, scatterers
    )
    return jnp.where(strength >= jnp.max(strength) + lowest, strength, -jnp.inf)


def outer_antenna_margin(
    radar: Radar, settings: SimulationSettings, reflection: ReflectionModel, scatterers: Faces
) -> ArrayLike:
    """Log-amplitude by which a face may be stronger for an outer antenna than for the centre.

    For a face at the threshold exp(-a^2 / lobe^2), the amplitude at an antenna at the angle b is
    larger by the factor exp(2 a b / lobe^2). With lobes of 0.35 rad at 2 m, this factor is 12 dB
    for a 0.3 m cascade and 0.5 dB for a single chip.
    """
    lobe_rad = reflection.lobe_rad
    if not isinstance(lobe_rad, jax.Array) and not 0 < lobe_rad < np.inf:
        return 0.0
    aperture_m = sum(
        np.linalg.norm(each - each.mean(0), axis=-1).max()
        for each in (radar.array.tx_m, radar.array.rx_m)
    )
    angle_rad = np.float32(aperture_m) / jnp.min(norm(scatterers.centre_m))
    return 2 * np.sqrt(-np.log(settings.cull_ratio)) * angle_rad / lobe_rad


def energy_shares(
    strength: Float[Array, " face"], selected: Bool[Array, " face"]
) -> Float[Array, " face"]:
    """Share of each face in the echo's energy; the shares sum to 1 if any face is selected."""
    strength = jnp.where(selected, strength, -jnp.inf)
    strongest = jnp.max(strength)
    power = jnp.exp(2 * (strength - jnp.where(jnp.isfinite(strongest), strongest, 0.0)))
    return power / jnp.maximum(jnp.sum(power), 1e-30)
