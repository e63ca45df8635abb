"""One radar frame on the device: from the surface at the nodes of a burst to its IF samples.

Bright faces are picked first (most of a body looks elsewhere), then tested for occlusion, then
summed. Their numbers differ from frame to frame, compiled programs do not: the host takes the
largest of a clip after each step and rounds it up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from radarsim.config import Radar
from radarsim.legs import legs_at_nodes
from radarsim.mesh import FaceIndices, Faces, chebyshev_nodes, faces_of, lagrange_weights
from radarsim.sizes import FACES_PER_GROUP, Sizes, bins_of, tone_walk_bins_per_s
from radarsim.synthesis import Plan, fast_sum
from radarsim.visibility import facing, fade, unoccluded, window_needed

METHODS = ("fast", "plain")
VISIBILITIES = ("occlusion", "hpr", "facing", "none")


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Settings:
    """What to simulate and how; static, one compilation each.

    Attributes:
        method: "fast", or "plain" for the float64 sum over every sample (minutes per frame).
        visibility: "occlusion" (on the device), "hpr" (the paper's hidden point removal),
            "facing" (no occlusion) or "none" (every face, both sides).
        visibility_blocks: times per burst that it is evaluated, faded in between.
        cull: faces weaker than this times the strongest are dropped; see benchmarks/throughput.py
            for the error and the speed with and without.
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

    @property
    def echo(self) -> "Settings":
        """The same as far as the echo goes: what the receiver adds must not compile it again."""
        return replace(self, thermal_noise=False, quantise=False)

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


def placed(surface: Faces, origin_m: Float[Array, "*node 3"]) -> Faces:
    """The same faces counted from the radar instead of from the body's origin."""
    return Faces(surface.centre_m + origin_m[..., None, :], surface.normal, surface.area_m2)


def strengths(settings: Settings, model: Callable, near: Faces, sigma_rad) -> Float[Array, "face"]:
    """Largest log-amplitude of each face over the nodes; -inf where it is not worth summing.

    That is: it never faces the radar, or stays below the threshold.
    """
    centre = jnp.zeros(3)
    strength = model(near, centre, centre, sigma_rad)
    # Hidden point removal knows no sides, and neither does the paper.
    if settings.visibility in ("occlusion", "facing"):
        strength = jnp.where(facing(near), strength, -jnp.inf)
    strength = jnp.max(strength, axis=0)
    threshold = jnp.max(strength) + (np.log(settings.cull) if settings.cull else -np.inf)
    return jnp.where(strength >= threshold, strength, -jnp.inf)


def block_nodes(settings: Settings) -> Float[np.ndarray, "block node"]:
    """Weights that carry the nodes to the centres of the visibility blocks."""
    count = settings.visibility_blocks
    centres = -1 + (2 * np.arange(count) + 1) / count
    return lagrange_weights(chebyshev_nodes(settings.num_nodes), centres).astype(np.float32)


def probe_frame(
    radar: Radar, settings: Settings, model: Callable, burst: Burst, faces: FaceIndices, sigma_rad
) -> tuple[Bool[Array, "face"], Int[Array, "2"], Float[Array, ""]]:
    """The bright faces; how many they are, and how many may hide others; how fast tones walk."""
    near = placed(faces_of(burst.vertices_m, faces), burst.origin_high_m)
    strength = strengths(settings, model, near, sigma_rad)
    bright = jnp.isfinite(strength)
    # A visibility block lies between the nodes: a few more faces may turn to the front.
    front = jnp.max(jnp.sum(facing(near), axis=-1)) * 102 // 100 + 16
    walk = tone_walk_bins_per_s(radar, near.centre_m, strength)
    return bright, jnp.stack([jnp.sum(bright), front]), walk


def look(
    settings: Settings,
    burst: Burst,
    faces: FaceIndices,
    bright: Bool[Array, "face"],
    num_bright: int,
    num_front: int,
    window: int,
) -> tuple[Bool[Array, "block face"], Int[Array, ""]]:
    """Visibility of the bright faces at the centre of each block, hidden point removal apart.

    Args:
        settings: which test, and how many blocks.
        burst: the mesh at the nodes.
        faces: its triangles.
        bright: faces to be tested, at most `num_bright`.
        num_front: at least as many as face the radar.
        window: occluders tested per target, see `visibility.unoccluded`.

    Returns:
        True where seen, and the window that would have been needed: if larger, look again.
    """
    vertices_m = burst.vertices_m + burst.origin_high_m[:, None]
    vertices_m = jnp.einsum("bn,nvk->bvk", block_nodes(settings), vertices_m, precision="highest")
    pick = jnp.nonzero(bright, size=num_bright, fill_value=0)[0]
    # Padding repeats the first bright face, whose answer is then written twice.
    pick = jnp.where(jnp.arange(num_bright) < jnp.sum(bright), pick, jnp.argmax(bright))

    def block(corners_m):
        surface = faces_of(corners_m, faces)
        if settings.visibility == "none":
            return bright, 0
        front = facing(surface)
        if settings.visibility == "facing":
            return bright & front, 0
        occluders = jnp.nonzero(front, size=num_front, fill_value=0)[0]
        active = jnp.arange(num_front) < jnp.sum(front)
        scene = (surface.centre_m[pick], corners_m[faces[occluders]], active)
        clear = jnp.zeros(bright.shape, bool).at[pick].set(unoccluded(*scene, window))
        return bright & front & clear, window_needed(*scene)

    seen, needed = jax.lax.map(block, vertices_m)
    return seen, jnp.max(needed)


def lit_faces(
    radar: Radar,
    num_lit: int,
    burst: Burst,
    faces: FaceIndices,
    seen: Bool[Array, "block face"],
) -> tuple[Int[Array, "lit"], Bool[Array, "lit"], Float[Array, "group"], Float[Array, "group"]]:
    """Faces seen in any block, sorted by range, with the range bins that each group covers.

    Returns:
        Indices; False where an entry is padding; lowest and highest bin per group.
    """
    lit = jnp.any(seen, axis=0)
    near = placed(faces_of(burst.vertices_m, faces), burst.origin_high_m)
    low, high = bins_of(radar, near.centre_m)
    order = jnp.argsort(jnp.where(lit, low + high, jnp.inf))[:num_lit]
    padding = (0, num_lit - len(order))  # a mesh of few faces does not fill its last group
    order, real = jnp.pad(order, padding), jnp.pad(lit[order], padding)

    def extreme(values, fill, reduce):
        values = jnp.where(real, values[order], fill)
        return reduce(values.reshape(-1, FACES_PER_GROUP), axis=1)

    lows, highs = extreme(low, jnp.inf, jnp.min), extreme(high, -jnp.inf, jnp.max)
    # Groups of padding alone join the first, where they add nothing.
    some = lows < highs
    return order, real, jnp.where(some, lows, lows[0]), jnp.where(some, highs, lows[0])


def fast_frame(
    radar: Radar,
    settings: Settings,
    sizes: Sizes,
    model: Callable,
    burst: Burst,
    faces: FaceIndices,
    seen: Bool[Array, "block face"],
    sigma_rad,
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        settings: static choices.
        sizes: large enough for every frame.
        model: of reflection.py.
        burst: the mesh at the nodes.
        faces: its triangles.
        seen: bright and visible faces per block.
        sigma_rad: lobe width of the model [rad].
    """
    pick, real, low_bins, _ = lit_faces(radar, sizes.num_lit, burst, faces, seen)
    visible = fade(seen[:, pick], radar.frame.num_chirps) * real
    surface = faces_of(burst.vertices_m, faces[pick])
    return sum_faces(radar, settings, sizes, model, surface, burst, visible, low_bins, sigma_rad)


def sum_faces(
    radar: Radar,
    settings: Settings,
    sizes: Sizes,
    model: Callable,
    surface: Faces,
    burst: Burst,
    visible: Float[Array, "chirp face"],
    low_bins: Float[Array, "group"],
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
    plan = Plan(
        num_cells=sizes.num_cells,
        group_cells=sizes.group_cells,
        faces_per_group=FACES_PER_GROUP,
        chirps_per_block=sizes.chirps_per_block,
        shift_nodes=sizes.shift_nodes,
        residual_video_phase=settings.residual_video_phase,
    )
    return fast_sum(radar, plan, legs, log_tx, log_rx, visible, low_bins)
