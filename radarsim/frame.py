"""One radar frame on the device: from the surface at the nodes of a burst to its IF samples.

Bright faces are picked first (most of a body looks elsewhere), then tested for occlusion, then
summed. Their numbers differ from frame to frame, compiled programs do not: `sizes_for` rounds the
largest up, once per clip.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from radarsim.config import Radar
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.mesh import Faces, chebyshev_nodes, faces_of, lagrange_weights
from radarsim.synthesis import Plan, fast_sum, legs_at_nodes
from radarsim.visibility import facing, fade, unoccluded

METHODS = ("fast", "plain")
VISIBILITIES = ("occlusion", "hpr", "facing", "none")
# Room for what ranges at the nodes do not show: array offset, curvature, Doppler shift of a tone.
BAND_MARGIN_BINS = 1.5


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Settings:
    """What to simulate and how; static, one compilation each.

    Attributes:
        method: "fast", or "plain" for the float64 sum over every sample (minutes per frame).
        visibility: "occlusion" (on the device), "hpr" (the paper's hidden point removal),
            "facing" (no occlusion) or "none" (every face, both sides).
        visibility_blocks: times per burst that it is evaluated, faded in between.
        cull: faces weaker than this times the strongest are dropped; 1e-4 costs -81 dB.
        residual_video_phase: keep the phase -S tau^2 / 2.
        thermal_noise: add the receiver's noise.
        quantise: round to the steps of the ADC.
        num_nodes: Chebyshev times per burst that carry the surface.
    """

    method: str = "fast"
    visibility: str = "occlusion"
    visibility_blocks: int = 1
    cull: float = 1e-4
    residual_video_phase: bool = True
    thermal_noise: bool = True
    quantise: bool = True
    num_nodes: int = 4

    def __post_init__(self):
        for name, known in (("method", METHODS), ("visibility", VISIBILITIES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"Settings.{name} is {getattr(self, name)!r}; known: {', '.join(known)}"
                )
        if not (self.visibility_blocks >= 1 and self.num_nodes >= 2 and 0 <= self.cull < 1):
            raise ValueError(
                f"Settings: visibility_blocks {self.visibility_blocks} must be at least 1, "
                f"num_nodes {self.num_nodes} at least 2, cull {self.cull:g} in [0, 1)"
            )


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Array sizes of the fast program: bright faces, possible occluders, range cells."""

    num_bright: int
    num_front: int
    num_cells: int


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Burst:
    """A mesh at the nodes of one burst, or of many along a leading frame axis.

    Attributes:
        vertices_m: corners relative to the origin [m].
        origin_high_m, origin_low_m: the origin in the radar frame [m], a float64 in two parts
            (coordinates.split_float64).
    """

    vertices_m: Float[Array, "*frame node vertex 3"]
    origin_high_m: Float[Array, "*frame node 3"]
    origin_low_m: Float[Array, "*frame node 3"]


def probe_frame(
    radar: Radar,
    settings: Settings,
    model: Callable,
    burst: Burst,
    faces: Int[Array, "face 3"],
    sigma_rad,
) -> Float[Array, "3"]:
    """How many faces are bright, how many may hide others, and how many range bins are lit."""
    surface = faces_of(burst.vertices_m, faces)
    bright = bright_faces(settings, model, placed(surface, burst.origin_high_m), sigma_rad)
    low, high = range_band_bins(radar, placed(surface, burst.origin_high_m).centre_m, bright)
    front = jnp.max(jnp.sum(facing(placed(surface, burst.origin_high_m)), axis=-1))
    return jnp.stack([jnp.sum(bright), front, jnp.ceil(high - low)]).astype(jnp.float32)


def sizes_for(probes: Float[np.ndarray, "frame 3"], num_faces: int) -> Sizes:
    """Sizes that hold every frame of a clip, rounded up so that few programs are compiled."""
    bright, front, bins = np.asarray(probes).max(0).astype(int)
    plan = Plan(num_cells=0)
    cells = bins * plan.oversampling + plan.kernel_width + 2
    # A visibility block lies between the nodes: 2 % more faces may turn to the front.
    return Sizes(
        num_bright=min(_round_up(bright, 512), num_faces),
        num_front=min(_round_up(int(1.02 * front) + 16, 1024), num_faces),
        num_cells=_round_up(cells, 32),
    )


def _round_up(value, step):
    return int(max(1, -(-value // step)) * step)


def placed(surface: Faces, origin_m: Float[Array, "*node 3"]) -> Faces:
    """The same faces counted from the radar instead of from the body's origin."""
    return Faces(surface.centre_m + origin_m[..., None, :], surface.normal, surface.area_m2)


def bright_faces(
    settings: Settings, model: Callable, surface: Faces, sigma_rad
) -> Bool[Array, "face"]:
    """Faces worth summing: they face the radar at some node and are not below the threshold."""
    centre = jnp.zeros(3)
    strength = model(surface, centre, centre, sigma_rad)
    if settings.visibility != "none":
        strength = jnp.where(facing(surface), strength, -jnp.inf)
    strength = jnp.max(strength, axis=0)
    threshold = jnp.max(strength) + (np.log(settings.cull) if settings.cull else -np.inf)
    return (strength >= threshold) & jnp.isfinite(strength)


def range_band_bins(
    radar: Radar, centre_m: Float[Array, "node face 3"], bright: Bool[Array, "face"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Lowest and highest range bin that the bright faces reach during the burst."""
    bins_per_m = 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS
    bins = jnp.linalg.norm(centre_m, axis=-1) * bins_per_m
    low = jnp.min(jnp.where(bright, bins, jnp.inf)) - BAND_MARGIN_BINS
    high = jnp.max(jnp.where(bright, bins, -jnp.inf)) + BAND_MARGIN_BINS
    any_bright = jnp.any(bright)
    return jnp.where(any_bright, low, 0.0), jnp.where(any_bright, high, 0.0)


def block_nodes(settings: Settings) -> Float[np.ndarray, "block node"]:
    """Weights that carry the nodes to the centres of the visibility blocks."""
    count = settings.visibility_blocks
    centres = -1 + (2 * np.arange(count) + 1) / count
    return lagrange_weights(chebyshev_nodes(settings.num_nodes), centres).astype(np.float32)


def visible_in_blocks(
    settings: Settings,
    num_front: int,
    burst: Burst,
    faces: Int[Array, "face 3"],
    pick: Int[Array, "target"],
) -> Bool[Array, "block target"]:
    """Visibility of the picked faces at the centre of each block, without hidden point removal."""
    vertices_m = burst.vertices_m + burst.origin_high_m[:, None]
    vertices_m = jnp.einsum("bn,nvk->bvk", block_nodes(settings), vertices_m, precision="highest")

    def block(corners_m):
        surface = faces_of(corners_m, faces)
        front = facing(surface)
        if settings.visibility == "none":
            return jnp.ones(pick.shape, bool)
        if settings.visibility == "facing":
            return front[pick]
        occluders = jnp.nonzero(front, size=num_front, fill_value=0)[0]
        active = jnp.arange(num_front) < jnp.sum(front)
        clear = unoccluded(surface.centre_m[pick], corners_m[faces[occluders]], active)
        return front[pick] & clear

    return jax.lax.stop_gradient(jax.lax.map(block, vertices_m))


def fast_frame(
    radar: Radar,
    settings: Settings,
    sizes: Sizes,
    model: Callable,
    burst: Burst,
    faces: Int[Array, "face 3"],
    given: Bool[Array, "block face"] | None,
    sigma_rad,
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        settings, sizes: static choices.
        model: of reflection.py.
        burst: the mesh at the nodes.
        faces: its triangles.
        given: visibility made on the host (hidden point removal), or None.
        sigma_rad: lobe width of the model [rad].
    """
    surface = faces_of(burst.vertices_m, faces)
    bright = bright_faces(settings, model, placed(surface, burst.origin_high_m), sigma_rad)
    pick = jnp.nonzero(bright, size=sizes.num_bright, fill_value=0)[0]
    real = jnp.arange(sizes.num_bright) < jnp.sum(bright)
    if given is None:
        seen = visible_in_blocks(settings, sizes.num_front, burst, faces, pick)
    else:
        seen = given[:, pick]
    visible = fade(seen, radar.frame.num_chirps) * real
    picked = jax.tree.map(lambda values: values[:, pick], surface)
    return sum_faces(radar, settings, sizes.num_cells, model, picked, burst, visible, sigma_rad)


def sum_faces(
    radar: Radar,
    settings: Settings,
    num_cells: int,
    model: Callable,
    surface: Faces,
    burst: Burst,
    visible: Float[Array, "chirp face"],
    sigma_rad,
) -> Complex[Array, "chirp tx rx sample"]:
    """Reflection at the nodes, for each antenna against the centre of the others, then the sum."""
    near = placed(surface, burst.origin_high_m)
    one = jax.tree.map(lambda values: values[:, None], near)  # [node, antenna, face]
    tx_m, rx_m = (
        jnp.asarray(positions, jnp.float32)[:, None]
        for positions in (radar.array.tx_m, radar.array.rx_m)
    )
    tx_centre_m, rx_centre_m = tx_m.mean(0), rx_m.mean(0)
    log_tx = model(one, tx_m, rx_centre_m, sigma_rad)
    log_rx = model(one, tx_centre_m, rx_m, sigma_rad)
    log_rx = log_rx - model(one, tx_centre_m, rx_centre_m, sigma_rad)
    origin_m = (burst.origin_high_m, burst.origin_low_m)
    legs = legs_at_nodes(radar, surface.centre_m, origin_m, settings.residual_video_phase)
    low_bin, _ = range_band_bins(radar, near.centre_m, jnp.any(visible > 0, axis=0))
    plan = Plan(num_cells=num_cells, residual_video_phase=settings.residual_video_phase)
    return fast_sum(radar, plan, legs, log_tx, log_rx, visible, low_bin)
