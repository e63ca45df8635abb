"""A clip's motion as the device takes it: poses at the nodes of every burst, and their surface."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from radarsim.coordinates import split_float64
from radarsim.radar.config import Radar
from radarsim.radar.timing import node_times_s
from radarsim.scene.body import BodyModel, fit_pose, skin
from radarsim.scene.motion import Motion, sample_motion
from radarsim.scene.placement import Placement, to_radar_frame
from radarsim.signal.fast_frame import Burst
from radarsim.signal.settings import Settings


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Posed:
    """A subject through the bursts of a clip, or of many along a leading axis.

    Attributes:
        betas: shape coefficients.
        scale: size of the body.
        poses_rad: axis-angle per joint, in the body's layout [rad].
        origin_high_m, origin_low_m: translation in the radar frame [m], a float64 in two parts.
        radar_tilt_rad: of the radar, positive looks up [rad].
    """

    betas: Float[Array, "*clip beta"]
    scale: ArrayLike
    poses_rad: Float[Array, "*clip frame node joint 3"]
    origin_high_m: Float[Array, "*clip frame node 3"]
    origin_low_m: Float[Array, "*clip frame node 3"]
    radar_tilt_rad: ArrayLike


def burst_times_s(
    radar: Radar, num_frames: int, num_nodes: int = Settings().nodes
) -> Float[np.ndarray, "frame node"]:
    """When the surface must be given, the nodes of each burst, since the first frame [s].

    Args:
        radar: its timing.
        num_frames: how many.
        num_nodes: 4 are enough for the fast mode, and for what hardly accelerates.
    """
    starts_s = np.arange(num_frames) * radar.frame.period_s
    return starts_s[:, None] + node_times_s(radar, num_nodes)


def pose(
    body: BodyModel,
    motion: Motion,
    placement: Placement,
    times_s: Float[np.ndarray, "frame node"],
    *,
    betas: Float[np.ndarray, "beta"] | None = None,
    scale: float = 1.0,
) -> Posed:
    """Sample a motion at the nodes.

    Args:
        body: the model to be posed.
        motion: placed before the radar (placement.place), fitted to the body (retarget).
        placement: the radar's height and tilt.
        times_s: of `burst_times_s`.
        betas: shape coefficients of the body, default its mean.
        scale: size of the body.
    """
    poses_rad, transl_m = sample_motion(motion, times_s)
    high, low = split_float64(np.asarray(to_radar_frame(transl_m, placement)))
    return Posed(
        betas=jnp.asarray(np.zeros(body.num_betas) if betas is None else betas, jnp.float32),
        scale=jnp.float32(scale),
        poses_rad=fit_pose(jnp.asarray(poses_rad, jnp.float32), motion.layout, body),
        origin_high_m=jnp.asarray(high),
        origin_low_m=jnp.asarray(low),
        radar_tilt_rad=jnp.float32(placement.radar_tilt_rad),
    )


def surface(body: BodyModel, posed: Posed) -> Burst:
    """The skinned body at the nodes, in the radar frame."""
    still = jnp.zeros(posed.origin_high_m.shape, jnp.float32)
    vertices_m = skin(body, posed.betas, posed.poses_rad, still, posed.scale)
    level = replace(Placement(), radar_height_m=0.0, radar_tilt_rad=posed.radar_tilt_rad)
    return Burst(to_radar_frame(vertices_m, level), posed.origin_high_m, posed.origin_low_m)
