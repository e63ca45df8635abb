"""Scenes of the benchmarks: the free body moving in front of a radar, and moving points."""

from dataclasses import replace
from functools import partial
from itertools import islice

import jax
import numpy as np
from scipy.spatial.transform import Rotation

from builders.activities import perform
from radarsim.files import free_body
from radarsim.heatmaps.heatmaps import make_heatmaps
from radarsim.heatmaps.settings import PAPER_MAPS
from radarsim.point_targets import simulate_points
from radarsim.posed_clip import PosedClip, pose_clip
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.motion import cut_motion, sample_motion
from radarsim.scene.placement import Placement, RadarPose, place
from radarsim.scene.retarget import fit_to_body
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.scene.subject import Subject
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import mesh_cube, simulate
from radarsim.stream import stream

WALK = "walking_forward_and_backward"
# Start of the simulated time span [s]. Activities begin at rest; at this time, the subject moves.
START_S = 1.0
# Default number of moving points.
PEER_POINTS = 128


def settings_for(method: str, **changes) -> SimulationSettings:
    """Noiseless settings of one method: "accurate", "fast" or "exact"."""
    return SimulationSettings(method=method, thermal_noise=False, quantise=False, **changes)


class BenchmarkScene:
    """The free body in motion in front of a radar, placed at the requested mean distance.

    Attributes:
        radar, body, num_frames, sigma_rad: arguments of the constructor.
        scene: the subject and the radar's pose.
        reflection: quasi-specular reflection with the given lobe width.
        posed: the scene at the nodes of every burst.
        span_m: minimum and maximum distance of the pelvis.
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
        self.reflection = QuasiSpecular(self.sigma_rad)
        self.body = free_body() if body is None else body
        self.times_s = burst_times_s(radar, num_frames)
        duration_s = start_s + self.times_s.max() + 0.1
        performance = perform(activity, duration_s=max(3.0, duration_s))
        fitted = fit_to_body(performance, self.body)
        motion = tip_over(fitted.motion, tipping_rad_per_s, start_s)
        motion = cut_motion(motion, round(start_s * motion.rate_hz), motion.num_poses)
        motion = self._placed(motion, range_m)
        subject = Subject(fitted._replace(motion=motion), self.body, placement=None)
        self.scene = Scene([subject], RadarPose())
        self.posed = pose(self.scene, self.times_s)
        distances_m = self._distances_m(motion)
        self.span_m = float(distances_m.min()), float(distances_m.max())
        self.key = jax.random.key(0)

    def _placed(self, motion, range_m):
        """Place the motion at `range_m`, then correct the remaining error of the mean distance."""
        first = place(motion, Placement(distance_m=range_m))
        correction_m = range_m - self._distances_m(first).mean()
        return place(motion, Placement(distance_m=range_m + correction_m))

    def _distances_m(self, motion):
        """Horizontal distance of the pelvis from the radar at the nodes of every burst."""
        _, transl_m = sample_motion(motion, self.times_s)
        return np.linalg.norm((transl_m + motion.pelvis_offset_m)[..., :2], axis=-1)

    def mesh(self):
        """Mesh of the body in all frames, at the nodes of every burst."""
        return skin_scene((self.body,), self.posed)[0]

    def body_to_if(self, settings):
        """Simulate an IF cube [V] from poses, by skinning, visibility and the sum over faces."""
        # The reflectivity is 1, as for the oracle samples in `accuracy_checks.cube_error_db`.
        reflection = QuasiSpecular(self.sigma_rad, reflectivity=1.0)
        return mesh_cube(self.radar, self.mesh(), self.body.faces, self.key, reflection, settings)

    def motion_to_cube(self, settings):
        """Simulate an IF cube [V] as in a dataset build; the settings control noise and ADC."""
        return simulate(
            self.radar,
            self.scene,
            self.key,
            self.reflection,
            settings,
            num_frames=self.num_frames,
        )

    def motion_to_heatmaps(self, settings):
        """Simulate the three heatmaps from the motion."""
        return make_heatmaps(self.radar, self.motion_to_cube(settings), PAPER_MAPS)

    def clip(self) -> PosedClip:
        """The scene as an input clip of `BatchSimulator`."""
        settings = SimulationSettings()
        return pose_clip(
            self.radar, self.scene, self.key, self.reflection, settings, num_frames=self.num_frames
        )

    def points_m(self, count=PEER_POINTS):
        """Positions of some body vertices, as in the benchmark of a published simulator."""
        chosen = np.linspace(0, self.body.num_vertices - 1, count).astype(int)
        mesh = self.mesh()
        high, low = (np.asarray(part) for part in (mesh.origin_high_m, mesh.origin_low_m))
        origin_m = high.astype(np.float64) + low
        return np.asarray(mesh.vertices_m, np.float64)[:, :, chosen] + origin_m[:, :, None]

    def points_to_if(self, positions_m, settings):
        """Simulate an IF cube [V] from points of equal RCS."""
        rcs_m2 = np.full(positions_m.shape[2], 0.01, np.float32)
        return simulate_points(self.radar, positions_m, rcs_m2, self.key, settings)


def tip_over(motion, rate_rad_per_s: float, half_s: float):
    """Tip a motion over backwards about the feet, from upright to lying.

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
    """The body with only every `step`-th face but the same extent."""
    return replace(body, faces=body.faces[::step])


def heatmap_chunks(scene: BenchmarkScene, frames_per_chunk: int):
    """Iterate over heatmaps of successive chunks of the motion, with one chunk in memory."""
    settings = SimulationSettings(method=settings_for("accurate").method)
    cubes = stream(
        scene.radar,
        scene.scene,
        scene.key,
        scene.reflection,
        settings,
        frames_per_chunk=frames_per_chunk,
    )
    whole = islice(cubes, scene.num_frames // frames_per_chunk)
    # A variable would keep the cube in memory while the next cube is simulated.
    return map(partial(make_heatmaps, scene.radar, settings=PAPER_MAPS), whole)
