"""Points and maps of every frame of a clip, computed in one compiled program.

    frames of the clip -> static echoes -> one spectrum per burst -> points and maps

`detect`, `range_doppler` and `range_azimuth` compute the same values separately. In one program,
all products share the removal of static echoes and the transforms of each burst, which the compiler
merges.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from radarsim.detection.detect import points_of_burst
from radarsim.detection.frame_maps import range_azimuth_of_burst, range_doppler_of_burst
from radarsim.detection.point_cloud import PointCloud
from radarsim.detection.settings import DetectionSettings, FrameMapSettings
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class WantedProducts:
    """Selection of the products to compute for every frame, with their settings.

    Attributes:
        detection: settings of the points; its `clutter` applies to all products.
        maps: settings of the maps, except their `clutter`.
        points, range_doppler, range_azimuth: whether to compute each product.
    """

    detection: DetectionSettings = DetectionSettings()
    maps: FrameMapSettings = FrameMapSettings()
    points: bool = True
    range_doppler: bool = True
    range_azimuth: bool = True


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class FrameProducts:
    """Products of the frames of a clip; None for products that were not requested.

    Attributes:
        points: detected points of each frame.
        range_doppler_db: range-Doppler maps [dB above noise].
        range_azimuth_db: range-azimuth maps [dB above noise].
    """

    points: PointCloud | None
    range_doppler_db: Float[Array, "*frame range speed"] | None
    range_azimuth_db: Float[Array, "*frame range angle"] | None


@partial(jax.jit, static_argnums=(0, 1))
def frame_products(
    radar: Radar,
    wanted: WantedProducts,
    cube_v: Complex[Array, "frame chirp tx rx sample"],
    num_frames: ArrayLike,
) -> FrameProducts:
    """Compute the wanted products of every frame of a clip.

    The number of frames is a traced value, so clips of any length share one compiled program.

    Args:
        radar: the board that recorded the cube; its frames hold at least two loops if points or
            range-Doppler maps are wanted.
        wanted: the products and their settings.
        cube_v: volts at the ADC.
        num_frames: number of frames that belong to the clip; static echoes are estimated from these
            frames only, and the products of later frames are meaningless.
    """
    static_v = own_clutter_v(cube_v, num_frames, wanted.detection.clutter)

    def one_frame(frame_v):
        moving_v = frame_v - static_v
        return FrameProducts(
            points=points_of_burst(radar, wanted.detection, moving_v) if wanted.points else None,
            range_doppler_db=range_doppler_of_burst(radar, moving_v)
            if wanted.range_doppler
            else None,
            range_azimuth_db=range_azimuth_of_burst(radar, wanted.maps, moving_v)
            if wanted.range_azimuth
            else None,
        )

    return batched_map(one_frame, cube_v)


def own_clutter_v(
    cube_v: Complex[Array, "frame chirp tx rx sample"], num_frames: ArrayLike, clutter: str
) -> Complex[Array, "tx rx sample"]:
    """Static echo as in `heatmaps.clip_clutter_v`, estimated from the first `num_frames` frames."""
    if clutter == "none":
        return jnp.zeros_like(cube_v[0, 0])
    own = (jnp.arange(len(cube_v)) < num_frames)[:, None, None, None]
    bursts_v = jnp.where(own, cube_v.mean(1), 0)
    if clutter == "clip":
        return bursts_v.sum(0) / num_frames
    taper = hann(cube_v.shape[-1])
    profiles = jnp.fft.fft(bursts_v * taper, axis=-1)
    parts = [_own_median(part, own, num_frames) for part in (profiles.real, profiles.imag)]
    return jnp.fft.ifft(jax.lax.complex(*parts), axis=-1) / taper


def _own_median(values, own, num_frames) -> Float[Array, "tx rx bin"]:
    """Median over the first frames: the mean of the two middle values for an even frame count."""
    ordered = jnp.sort(jnp.where(own, values, np.float32(np.inf)), axis=0)
    low, high = (
        jnp.take(ordered, middle, axis=0) for middle in ((num_frames - 1) // 2, num_frames // 2)
    )
    return (low + high) / 2
