"""Clips of built-in motion with true skeletons and heatmaps, for `benchmarks.skeletons`."""

import numpy as np

RATE_HZ = 30.0
_LIMBS = [f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "elbow", "knee")]
_LIMBS += ["left_ankle", "right_ankle"]
_FLOOR_DB, _DEPTH_DB = 6.0, 30.0


class TrueClip:
    """A clip whose true motion is known, with its landmarks, joints and heatmaps."""

    def __init__(self, title, names, rig, shape, pose, body):
        from radarsim.scene.skeletons.kinematics import forward

        self.title, self.names, self.rig, self.shape, self.body = title, names, rig, shape, body
        self.pose, self.posed = pose, forward(rig, shape, pose)

    def sequence(self, noise_m: np.ndarray):
        """Return the observed landmarks, which are the true landmarks plus noise."""
        from radarsim.scene.skeletons.sequence import JointSequence

        points_m = self.posed.points_m + noise_m
        return JointSequence(
            points_m=points_m, landmarks=self.names, rate_hz=RATE_HZ, name=self.title
        )

    def compare(self, shape, pose, true_maps) -> dict:
        """Return landmark distance [cm], speed error of the limbs [m/s] and map correlations."""
        from radarsim.scene.skeleton import JOINT
        from radarsim.scene.skeletons.kinematics import forward

        found = forward(self.rig, shape, pose)
        distance_m = np.linalg.norm(found.points_m - self.posed.points_m, axis=-1)
        limbs = [JOINT[name] for name in _LIMBS]
        error_m = (found.joints_m - self.posed.joints_m)[:, limbs]
        speed_mps = np.linalg.norm(np.diff(error_m, axis=0) * RATE_HZ, axis=-1)
        pairs = zip(self.maps(shape, pose), true_maps, strict=True) if true_maps else ()
        return {
            "distance_cm": 100 * float(distance_m.mean()),
            "speed_mps": float(np.sqrt((speed_mps**2).mean())),
            "maps": [correlation(one, other) for one, other in pairs],
        }

    def maps(self, shape=None, pose=None) -> list[np.ndarray]:
        """Return the three heatmaps of a pose sequence that starts 3 m in front of the radar."""
        import jax

        import radarsim as rs
        from radarsim.scene.retarget import FittedMotion

        shape, pose = (shape, pose) if pose else (self.shape, self.pose)
        motion = self.motion(shape, pose)
        subject = rs.Subject(FittedMotion(motion, shape.scale, shape.betas), self.body, None)
        radar = rs.load_radar("AWR1843BOOST")
        frames = int((motion.duration_s - 0.1) / radar.frame.period_s)
        fast = rs.SimulationSettings(method="fast")
        cube_v = rs.simulate(
            radar, rs.Scene([subject]), jax.random.key(0), settings=fast, num_frames=frames
        )
        found = rs.heatmaps(radar, cube_v)
        return [np.asarray(m) for m in (found.time_range, found.time_doppler, found.time_angle)]

    def motion(self, shape, pose):
        """Return a pose sequence as motion, displaced so that the true start is 3 m away.

        Args:
            shape: shape of the person, whose rest position of the pelvis is used.
            pose: pose sequence at `RATE_HZ`, in the coordinates of the true poses.

        Returns:
            The motion, with a horizontal displacement that is the same for every pose sequence of
            this clip: the true pelvis starts at x = 3 m, y = 0.
        """
        import radarsim as rs
        from radarsim.scene.skeletons.rotation_vectors import to_vectors

        poses_rad = np.zeros((len(pose.pelvis_m), 24, 3))
        poses_rad[:, :22] = to_vectors(pose.rotations)
        joints_m = self.rig.joint_template_m + self.rig.joint_shape_dirs @ shape.betas
        rest_m = shape.scale * joints_m[0]
        # All methods use the displacement that puts the true start 3 m in front of the radar.
        moved_m = np.array([3.0, 0.0, 0.0]) - self.pose.pelvis_m[0] * [1, 1, 0]
        return rs.Motion(
            poses_rad=poses_rad,
            transl_m=pose.pelvis_m + moved_m - rest_m,
            rate_hz=RATE_HZ,
            betas=shape.betas,
            shape_space="free",
            rest_pelvis_m=tuple(rest_m.tolist()),
        )


def true_clip(number: int, seconds: float, body) -> TrueClip:
    """Return a built-in activity of a person of unusual size, observed in one of the layouts."""
    from builders.corpus.plan import CorpusSpec, plan_takes
    from builders.corpus.synthesis import synthesize_take
    from radarsim.scene.skeletons.coordinates import rig_of
    from radarsim.scene.skeletons.kinematics import Pose, Shape
    from radarsim.scene.skeletons.landmarks import LANDMARKS, offsets_m
    from radarsim.scene.skeletons.layouts import LAYOUTS
    from radarsim.scene.skeletons.rotation_vectors import to_matrices

    spec = CorpusSpec(source="activities", num_subjects=1, num_repeats=1, seed=3)
    takes = plan_takes(spec)
    motion, _ = synthesize_take(spec, takes[(7 * number + 11) % len(takes)])
    layout = list(LAYOUTS.values())[number % len(LAYOUTS)]
    names = tuple(dict.fromkeys(filter(None, layout.landmarks)))
    rng, step = np.random.default_rng(1000 + number), round(motion.rate_hz / RATE_HZ)
    stds_m = np.array([LANDMARKS[name].std_m for name in names])[:, None]
    moved_m = offsets_m(names) + 0.5 * stds_m * rng.normal(size=(len(names), 3))
    shape = Shape(float(rng.uniform(0.92, 1.08)), np.asarray(motion.betas), moved_m)
    some = slice(0, int(seconds * motion.rate_hz), step)
    pose = Pose(to_matrices(np.asarray(motion.poses_rad)[some, :22]), motion.pelvis_m[some])
    title = f"{layout.name}, {motion.name.split('/')[-1]}"
    return TrueClip(title, names, rig_of(body, names), shape, pose, body)


def correlation(one_db: np.ndarray, other_db: np.ndarray) -> float:
    """Return the correlation over the cells that are above the noise in either map."""
    chosen = (one_db > _FLOOR_DB) | (other_db > _FLOOR_DB)
    if chosen.sum() < 3:
        return float("nan")
    clipped = [np.maximum(m, m.max() - _DEPTH_DB)[chosen] for m in (one_db, other_db)]
    return float(np.corrcoef(*clipped)[0, 1])
