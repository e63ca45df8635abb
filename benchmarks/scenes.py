"""Scenes of the benchmarks: the free body in motion before a radar, and moving points."""

from dataclasses import replace
from functools import partial
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities import perform
from radarsim.batch import Scene
from radarsim.files import free_body
from radarsim.heatmaps.heatmaps import make_heatmaps
from radarsim.scattering.levels import default_reflectivity, volts_per_weight
from radarsim.scene.body import skin
from radarsim.scene.motion import cut_motion, sample_motion
from radarsim.scene.placement import Placement, place, to_radar_frame
from radarsim.scene.posed import pose
from radarsim.scene.retarget import fit_to_body
from radarsim.signal.fast_clip import make_burst
from radarsim.signal.settings import Settings
from radarsim.simulate import (
    burst_times_s,
    simulate_mesh,
    simulate_motion,
    simulate_points,
    stream_motion,
)

WALK = "walking_forward_and_backward"
# Activities begin at rest; from this time on the subject moves.
START_S = 1.0
PEER_POINTS = 128


def settings_for(method: str, **changes) -> Settings:
    """Noiseless settings of one method: "accurate", "fast" or "plain"."""
    return Settings(method=method, thermal_noise=False, quantise=False, **changes)


class BenchmarkScene:
    """The free body in motion before a radar, placed at the requested mean distance.

    Attributes:
        radar, body, sigma_rad, num_frames: as given.
        poses_rad, transl_m, origin_m: motion at the nodes of every burst.
        span_m: least and greatest distance of the pelvis.
    """

    def __init__(
        self,
        radar,
        num_frames,
        range_m,
        sigma_rad,
        *,
        body=None,
        activity=WALK,
        start_s=START_S,
        tipping_rad_per_s=0.0,
    ):
        self.radar, self.num_frames, self.sigma_rad = radar, num_frames, float(sigma_rad)
        self.body = free_body() if body is None else body
        self.times_s = burst_times_s(radar, num_frames, Settings().nodes)
        duration_s = start_s + self.times_s.max() + 0.1
        performance = perform(activity, duration_s=max(3.0, duration_s))
        self.fitted = fit_to_body(performance, self.body)
        motion = tip_over(self.fitted.motion, tipping_rad_per_s, start_s)
        motion = cut_motion(motion, round(start_s * motion.rate_hz), motion.num_poses)
        self.motion, self.placement = self._placed(motion, range_m)
        distances_m = self._distances_m(self.motion)
        self.span_m = float(distances_m.min()), float(distances_m.max())
        self.key = jax.random.key(0)
        poses_rad, transl_m = sample_motion(self.motion, self.times_s)
        self.poses_rad = jnp.asarray(poses_rad, jnp.float32)
        self.transl_m = transl_m
        self.betas = jnp.asarray(self.fitted.betas, jnp.float32)
        self.origin_m = np.asarray(to_radar_frame(transl_m, self.placement))

    def _placed(self, motion, range_m):
        """Motion and placement at the mean distance `range_m`: placed, then moved by the error."""
        first = place(motion, Placement(distance_m=range_m))
        correction_m = range_m - self._distances_m(first).mean()
        placement = Placement(distance_m=range_m + correction_m)
        return place(motion, placement), placement

    def _distances_m(self, motion):
        """Horizontal distance of the pelvis at the nodes."""
        _, transl_m = sample_motion(motion, self.times_s)
        return np.linalg.norm((transl_m + motion.pelvis_offset_m)[..., :2], axis=-1)

    def vertices_m(self):
        """Vertices of the posed body at the nodes, relative to `origin_m`."""
        still = jnp.zeros(self.transl_m.shape, jnp.float32)
        return skin(self.body, self.betas, self.poses_rad, still, self.fitted.body_scale)

    def burst(self):
        """Vertices of all frames as the input of the IF sums."""
        return make_burst(self.vertices_m(), self.origin_m)

    def body_to_if(self, settings):
        """Poses to IF cube [V]: skinning, visibility and sum."""
        return simulate_mesh(
            self.radar,
            self.vertices_m(),
            self.body.faces,
            self.key,
            settings,
            origin_m=self.origin_m,
            sigma_rad=self.sigma_rad,
        )

    def motion_to_cube(self, settings):
        """Motion to IF cube [V], as in a dataset build; the settings switch noise and ADC."""
        return simulate_motion(
            self.radar,
            self.body,
            self.motion,
            self.placement,
            self.key,
            settings,
            num_frames=self.num_frames,
            betas=self.fitted.betas,
            scale=self.fitted.body_scale,
            sigma_rad=self.sigma_rad,
        )

    def motion_to_heatmaps(self, settings):
        """Motion to the three heatmaps."""
        return make_heatmaps(self.radar, self.motion_to_cube(settings))

    def scene(self) -> Scene:
        """The motion at its nodes as the input of `Chain`."""
        shape = {"betas": self.fitted.betas, "scale": self.fitted.body_scale}
        return Scene(
            posed=pose(self.body, self.motion, self.placement, self.times_s, **shape),
            key=self.key,
            sigma_rad=self.sigma_rad,
            scale_v=volts_per_weight(self.radar, default_reflectivity(self.radar, "paper")),
        )

    def points_m(self, count=PEER_POINTS):
        """Positions of some vertices of the moving body, like the public workload of a peer."""
        chosen = np.linspace(0, self.body.num_vertices - 1, count).astype(int)
        return np.asarray(self.vertices_m(), np.float64)[:, :, chosen] + self.origin_m[:, :, None]

    def points_to_if(self, positions_m, settings):
        """Points of equal cross-section to IF cube [V]."""
        rcs_m2 = np.full(positions_m.shape[2], 0.01, np.float32)
        return simulate_points(self.radar, positions_m, rcs_m2, self.key, settings)


def tip_over(motion, rate_rad_per_s: float, half_s: float):
    """The motion, tipped over backwards about the feet, from upright to lying.

    Args:
        motion: motion of a standing person.
        rate_rad_per_s: angular speed of the tipping; 0 leaves the motion unchanged.
        half_s: time at which the body is tilted by 45 degrees.
    """
    if rate_rad_per_s == 0:
        return motion
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    angle_rad = np.clip(np.pi / 4 + rate_rad_per_s * (times_s - half_s), 0, np.pi / 2)
    tilt = Rotation.from_rotvec(angle_rad[:, None] * [0, -1, 0])
    poses_rad = motion.poses_rad.copy()
    poses_rad[:, 0] = (tilt * Rotation.from_rotvec(poses_rad[:, 0])).as_rotvec()
    pelvis_m = tilt.apply(motion.transl_m + motion.pelvis_offset_m)
    return replace(motion, poses_rad=poses_rad, transl_m=pelvis_m - motion.pelvis_offset_m)


def decimate_faces(body, step: int):
    """The body with every `step`-th face: fewer faces, the same extent."""
    return replace(body, faces=body.faces[::step])


def heatmap_chunks(scene, frames_per_chunk):
    """Iterate over the heatmaps of successive chunks of the motion; memory holds one chunk."""
    settings = Settings(method=settings_for("accurate").method)
    cubes = stream_motion(
        scene.radar,
        scene.body,
        scene.motion,
        scene.placement,
        scene.key,
        settings,
        frames_per_piece=frames_per_chunk,
        betas=scene.fitted.betas,
        scale=scene.fitted.body_scale,
        sigma_rad=scene.sigma_rad,
    )
    whole = islice(cubes, scene.num_frames // frames_per_chunk)
    # No variable for a cube: it would keep one in memory while the next is simulated.
    return map(partial(make_heatmaps, scene.radar), whole)
