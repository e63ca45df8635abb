"""Point cloud of the targets that a radar detects in each frame."""

from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.detection.burst_spectrum import burst_middle_s
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

# Values of a point in the order in which `PointCloud.values` and stores contain them, with units.
POINT_VALUES = {
    "range_m": "m",
    "azimuth_rad": "rad",
    "elevation_rad": "rad",
    "speed_mps": "m/s",
    "snr_db": "dB",
    "x_m": "m",
    "y_m": "m",
    "z_m": "m",
}


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class PointCloud:
    """Detected points of each frame, strongest first; slots after the last point contain NaN.

    Attributes:
        range_m: distance from the radar at the middle of the burst [m].
        azimuth_rad: azimuth, left positive; NaN if the array cannot measure it [rad].
        elevation_rad: elevation, up positive; NaN if the array cannot measure it [rad].
        speed_mps: radial speed, receding positive, ambiguous by twice `Radar.max_speed_mps` [m/s].
        snr_db: power above the noise level, which is estimated from the training cells [dB].
        position_m: x (ahead), y (left), z (up) in the radar frame; an unmeasured angle counts as
            zero [m].
        folded_azimuth_rad: azimuth if the true speed is n times 2 `max_speed_mps` higher than the
            measured one, for n = 0, 1 ... num_tx - 1; n = -1 is equivalent to n = num_tx - 1 [rad].
        count: number of points.
        radar: radar that recorded the frames.
    """

    range_m: Float[Array | np.ndarray, "*frame point"]
    azimuth_rad: Float[Array | np.ndarray, "*frame point"]
    elevation_rad: Float[Array | np.ndarray, "*frame point"]
    speed_mps: Float[Array | np.ndarray, "*frame point"]
    snr_db: Float[Array | np.ndarray, "*frame point"]
    position_m: Float[Array | np.ndarray, "*frame point 3"]
    folded_azimuth_rad: Float[Array | np.ndarray, "*frame point fold"]
    count: Int[Array | np.ndarray, "*frame"]
    radar: Radar = field(metadata={"static": True})

    @property
    def times_s(self) -> Float[np.ndarray, " frame"]:
        """Middle of each burst, since the start of the first frame [s]."""
        return burst_middle_s(self.radar, self.range_m.shape[-2])

    @property
    def values(self) -> Float[np.ndarray, "*frame point value"]:
        """All values of each point, in the order of `POINT_VALUES`."""
        names = ("range_m", "azimuth_rad", "elevation_rad", "speed_mps", "snr_db")
        scalars = np.stack([np.asarray(getattr(self, name)) for name in names], axis=-1)
        return np.concatenate([scalars, np.asarray(self.position_m)], axis=-1)

    def frame(self, index: int) -> Float[np.ndarray, "point value"]:
        """The points of one frame of a clip, without empty slots, in the order of `POINT_VALUES`.

        Args:
            index: index of the frame.
        """
        return self.values[index, : int(self.count[index])]

    def plot(self, title: str = ""):
        """Plot the points of one clip from above and over time; needs the extra `viz`.

        Raises:
            InputError: these are the points of several clips.
        """
        check_one_clip(self)
        from radarsim.plots.points import points_page

        return points_page(self.values, self.times_s, title=title or self.radar.name)


def check_one_clip(points: PointCloud) -> None:
    """Check that a point cloud has one axis of frames.

    Raises:
        InputError: these are the points of several clips.
    """
    if np.ndim(points.range_m) != 2:
        problem = f"has shape {np.shape(points.range_m)}: points of several clips"
        hint = "take one of them: jax.tree.map(lambda values: values[0], points)"
        raise InputError("PointCloud", "range_m", problem, hint)
