"""Physical optics of a body surface: Gaussian facets with optional roughness and clothing."""

from dataclasses import dataclass, field, fields

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from radarsim.array_checks import check_scalar
from radarsim.checks import check_type
from radarsim.choices import SURFACE_MATERIALS
from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.scattering import gaussian_facets
from radarsim.scattering.dielectrics import Clothing, layered_reflection, skin_permittivity
from radarsim.scattering.roughness import (
    Roughness,
    are_rough_copies,
    log_rough_weight,
    material_cycles,
    with_rough_copies,
)
from radarsim.scattering.wrapping_reflection import innermost
from radarsim.scene.mesh import FaceIndices


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class RoughFacets(gaussian_facets.Facets):
    """Gaussian patches, each of which is either a smooth facet or a rough scatterer.

    Attributes:
        rough: whether the patch is a rough scatterer.
        material_cycles: random phase of each rough scatterer [cycles].
    """

    rough: Bool[Array, "*batch face"]
    material_cycles: Float[Array, "*batch face"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PhysicalOptics:
    """Physical optics on curved Gaussian facets (gaussian_facets.py), without fitted parameters.

    Attributes:
        material: "skin" (dry skin at the radar's frequency) or "metal" (Gamma = 1).
        clothing: a garment that covers the whole surface; None for a bare surface.
        roughness: statistics of a rough surface; None for a smooth surface.
        blur_m: standard deviation of the Gaussian blur of each facet [m]. At the angle of
            incidence a, the blur multiplies the power of the echoes of sharp edges by
            exp(-(2 k blur sin a)^2). Use 0 for plates whose mesh has edges below half a
            wavelength.
    """

    material: str = field(default="skin", metadata={"static": True})
    clothing: Clothing | None = field(default=None, metadata={"static": True})
    roughness: Roughness | None = None
    blur_m: float = field(default=gaussian_facets.BLUR_M, metadata={"static": True})

    def __post_init__(self):
        if self.material not in SURFACE_MATERIALS:
            raise InputError(
                "PhysicalOptics",
                "material",
                f"is {self.material!r}, which is unknown",
                f"choose one of: {', '.join(SURFACE_MATERIALS)}",
            )
        hint = "give Clothing(thickness_m=0.0006), or None"
        check_type("PhysicalOptics", "clothing", self.clothing, (Clothing, type(None)), hint)
        hint = "give Roughness(height_rms_m=0.00025), or None"
        check_type("PhysicalOptics", "roughness", self.roughness, (Roughness, type(None)), hint)
        hint = "give metres, such as 0.003"
        check_scalar("PhysicalOptics", "blur_m", self.blur_m, "m", at_least=0.0, hint=hint)

    @property
    def lobe_rad(self) -> float:
        """Return 0 for an unknown width: a facet's lobe width depends on its size and curvature."""
        return 0.0

    def reflectivity_at(self, radar: Radar) -> float:
        """Return |Gamma| of the surface at normal incidence, as required by physical optics.

        The echo of a smooth or slightly rough surface comes from points whose normal is directed
        at the radar. The reflectivity of bare skin is -4.7 dB at 77 GHz and -4.2 dB at 60 GHz. No
        constant is fitted: roughness and deviations of the antennas from their datasheet are not
        included, and the echo of a standing body is a few dB below the mean given in 3GPP TR
        38.901.
        """
        return abs(self._reflection(radar, self.clothing))

    def scatterers(self, vertices_m, faces, picked=None) -> gaussian_facets.Facets:
        """Represent the triangles of the mesh as Gaussian patches of a curved surface."""
        facets = gaussian_facets.facets_of(vertices_m, faces, picked, self.blur_m)
        if self.roughness is None:
            return facets
        picked = jnp.asarray(faces if picked is None else picked)
        shape = facets.area_m2.shape
        return RoughFacets(
            **{each.name: getattr(facets, each.name) for each in fields(facets)},
            rough=jnp.broadcast_to(are_rough_copies(picked), shape),
            material_cycles=jnp.broadcast_to(
                material_cycles(picked, self.roughness.realisation), shape
            ),
        )

    def log_weight(self, radar: Radar, scatterers: gaussian_facets.Facets, tx_m, rx_m):
        """Return the log-amplitude and phase at the centre frequency of the sweep."""
        wavenumber_per_m = 2 * np.pi / radar.chirp.wavelength_m
        level, cycles = self.log_weight_at(wavenumber_per_m, scatterers, tx_m, rx_m)
        if self.clothing is not None:
            cycles = cycles + self._clothing_cycles(radar)
        return level, cycles

    def log_weight_at(self, wavenumber_per_m: ArrayLike, scatterers, tx_m, rx_m):
        """Return the log-amplitude and phase at any frequency, without the phase of the clothing.

        Args:
            wavenumber_per_m: k = 2 pi / lambda [1/m].
            scatterers: result of `scatterers`, along axes that broadcast against the antennas.
            tx_m, rx_m: antenna positions [m].
        """
        level, cycles = gaussian_facets.log_weight(wavenumber_per_m, scatterers, tx_m, rx_m)
        if self.roughness is not None:
            rough_level, log_rho = log_rough_weight(
                self.roughness, wavenumber_per_m, scatterers, tx_m, rx_m
            )
            level = jnp.where(scatterers.rough, rough_level, level + log_rho)
            cycles = jnp.where(scatterers.rough, scatterers.material_cycles, cycles)
        return level, cycles

    def _reflection(self, radar: Radar, clothing: Clothing | None) -> complex:
        """Return the surface's reflection coefficient at normal incidence, bare or clothed."""
        freq_hz = radar.chirp.centre_freq_hz
        ground = skin_permittivity(freq_hz) if self.material == "skin" else None
        return layered_reflection(freq_hz, clothing.layers if clothing else (), ground)

    def _clothing_cycles(self, radar: Radar) -> float:
        """Return the phase that the garment adds to the echo of the bare surface [cycles].

        The phase of the IF signal increases with the delay, so this phase has the opposite sign
        to the phase of a wave with the time dependence exp(j w t).
        """
        clothed, bare = self._reflection(radar, self.clothing), self._reflection(radar, None)
        return float(-np.angle(clothed / bare) / (2 * np.pi))


def echo_faces(reflection, faces: FaceIndices) -> Int[Array, "copy 3"] | Int[np.ndarray, "copy 3"]:
    """Return the faces whose echoes a reflection model sums; a rough surface has each face twice.

    Args:
        reflection: any reflection model, wrapped or not.
        faces: triangles of the mesh.
    """
    own = innermost(reflection)
    rough = isinstance(own, PhysicalOptics) and own.roughness is not None
    return with_rough_copies(faces) if rough else faces
