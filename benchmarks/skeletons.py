"""Accuracy of the skeleton fit: built-in motion to noisy joints of cameras, to a body, to heatmaps.

    python -m benchmarks.skeletons --clips 20 --maps 3

Each clip is a built-in activity of an unusual person, observed as joints of one layout with white
noise, and fitted by four methods: the fit, a fit of each pose by itself, the same after a moving
average of the joints, and the same after linear interpolation of every third pose. The columns are
the mean distance of the layout's landmarks [cm], the root mean square error of the velocity of
wrists, elbows, knees and ankles [m/s], and, for the first clips, the correlation of the three
heatmaps with those of the true motion (dB, cells 6 dB above noise in either map, clipped 30 dB
below the peak).
"""

import argparse
import sys
import time
from dataclasses import replace

import numpy as np

RATE_HZ = 30.0
METHODS = ("fit", "each pose", "moving average", "interpolation")
_LIMBS = [f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "elbow", "knee")]
_LIMBS += ["left_ankle", "right_ankle"]
_FLOOR_DB, _DEPTH_DB = 6.0, 30.0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table; return exit status 0."""
    options = parser().parse_args(arguments)
    rows = [measure_clip(number, options) for number in range(options.clips)]
    for method in METHODS:
        mean = np.nanmean([row[method] for row in rows], axis=0)
        maps = ", ".join(f"{value:.2f}" for value in mean[2:5])
        print(f"mean, {method}: {mean[0]:.2f} cm, {mean[1]:.3f} m/s, maps {maps}", flush=True)
    print(f"processor time per second of motion: {np.mean([row['cpu'] for row in rows]):.2f} s")
    return 0


def measure_clip(number: int, options: argparse.Namespace) -> dict:
    """Figures of one clip by method: distance [cm], speed error [m/s], three map correlations."""
    from radarsim.files import free_body

    body = free_body()
    truth = true_clip(number, options.seconds, body)
    rng = np.random.default_rng(number)
    sequence = truth.sequence(options.noise_m * rng.normal(size=truth.posed.points_m.shape))
    row: dict = {}
    true_maps = truth.maps() if number < options.maps else None
    for method in METHODS:
        begin = time.process_time()
        shape, pose = fitted(method, sequence, body)
        if method == METHODS[0]:
            row["cpu"] = (time.process_time() - begin) / options.seconds
        row[method] = truth.compare(shape, pose, true_maps)
        shown = ", ".join(f"{value:.2f}" for value in row[method][2:])
        print(
            f"{truth.title}, {method}: {row[method][0]:.2f} cm, {row[method][1]:.3f} m/s, "
            f"maps {shown}",
            flush=True,
        )
    return row


def fitted(method: str, sequence, body):
    """Fit shape and pose by one of the methods."""
    from scipy.ndimage import uniform_filter1d

    from radarsim.scene.skeletons.cleaning import fill_gaps
    from radarsim.scene.skeletons.fit import fit_skeleton
    from radarsim.scene.skeletons.kinematics import Pose, Shape
    from radarsim.scene.skeletons.rotation_vectors import to_matrices

    if method == "fit":
        fit = fit_skeleton(sequence, body)
        pose = Pose(to_matrices(fit.motion.poses_rad[:, :22]), fit.motion.pelvis_m)
        return Shape(fit.scale, np.asarray(fit.motion.betas), fit.offsets_m), pose
    points_m = sequence.points_m
    if method == "moving average":
        points_m = uniform_filter1d(points_m, 5, axis=0, mode="nearest")
    if method == "interpolation":
        points_m = points_m.copy()
        points_m[np.arange(len(points_m)) % 3 != 0] = np.nan
        points_m = fill_gaps(points_m)
    return fit_each_pose(replace(sequence, points_m=points_m), body)


def fit_each_pose(sequence, body):
    """Fit one shape, and each pose by itself, without smoothness."""
    from radarsim.scene.skeletons import fit as fitting
    from radarsim.scene.skeletons.coordinates import rig_of
    from radarsim.scene.skeletons.observations import Observed
    from radarsim.scene.skeletons.pose_prior import PosePrior
    from radarsim.scene.skeletons.problem import Problem
    from radarsim.scene.skeletons.start import starting_pose

    observed, rig = Observed.of(sequence), rig_of(body, sequence.landmarks)
    shape, joints = (
        fitting._assumed_shape(rig, observed, True),
        fitting._unknown_joints(rig, observed),
    )
    unknown = joints, PosePrior.of(joints[:-1], fitting._twist_known(rig, observed))
    start = starting_pose(rig, shape, observed.filled_m, observed.rate_hz)
    fitting._rest_unknown(start, joints)
    shape, pose = fitting._fit_shape(rig, (shape, 0.1), start, observed, unknown)
    problem = Problem(
        rig=rig,
        shape=shape,
        points_m=observed.filled_m,
        weights=observed.weights,
        stds_m=observed.stds_m,
        joints=joints,
        prior=unknown[1],
        smoothness=np.zeros((len(pose.pelvis_m) - 2, rig.num_joints + 1)),
        robust=10.0,
    )
    return shape, problem.solve(pose, 15)


class TrueClip:
    """A clip whose motion is known: landmarks, joints and heatmaps."""

    def __init__(self, title, names, rig, shape, pose, body):
        from radarsim.scene.skeletons.kinematics import forward

        self.title, self.names, self.rig, self.shape, self.body = title, names, rig, shape, body
        self.pose, self.posed = pose, forward(rig, shape, pose)

    def sequence(self, noise_m: np.ndarray):
        """Observed landmarks with noise."""
        from radarsim.scene.skeletons.sequence import JointSequence

        points_m = self.posed.points_m + noise_m
        return JointSequence(
            points_m=points_m, landmarks=self.names, rate_hz=RATE_HZ, name=self.title
        )

    def compare(self, shape, pose, true_maps) -> list[float]:
        """Distance [cm], speed error of the limbs [m/s], and map correlations."""
        from radarsim.scene.skeleton import JOINT
        from radarsim.scene.skeletons.kinematics import forward

        found = forward(self.rig, shape, pose)
        distance_m = np.linalg.norm(found.points_m - self.posed.points_m, axis=-1)
        limbs = [JOINT[name] for name in _LIMBS]
        error_m = (found.joints_m - self.posed.joints_m)[:, limbs]
        speed_mps = np.linalg.norm(np.diff(error_m, axis=0) * RATE_HZ, axis=-1)
        figures = [100 * float(distance_m.mean()), float(np.sqrt((speed_mps**2).mean()))]
        if true_maps is None:
            return figures + [float("nan")] * 3
        return figures + [
            correlation(one, other) for one, other in zip(self.maps(shape, pose), true_maps)
        ]

    def maps(self, shape=None, pose=None) -> list[np.ndarray]:
        """Time-range, time-Doppler and time-angle heatmap of a pose, 3 m in front of the radar."""
        import jax

        import radarsim as rs
        from radarsim.scene.retarget import FittedMotion
        from radarsim.scene.skeletons.rotation_vectors import to_vectors

        shape, pose = (shape, pose) if pose else (self.shape, self.pose)
        poses_rad = np.zeros((len(pose.pelvis_m), 24, 3))
        poses_rad[:, :22] = to_vectors(pose.rotations)
        joints_m = self.rig.joint_template_m + self.rig.joint_shape_dirs @ shape.betas
        rest_m = shape.scale * joints_m[0]
        # The same displacement for all methods: the true start is 3 m in front of the radar.
        moved_m = np.array([3.0, 0.0, 0.0]) - self.pose.pelvis_m[0] * [1, 1, 0]
        motion = rs.Motion(
            poses_rad=poses_rad,
            transl_m=pose.pelvis_m + moved_m - rest_m,
            rate_hz=RATE_HZ,
            betas=shape.betas,
            shape_space="free",
            rest_pelvis_m=tuple(rest_m.tolist()),
        )
        subject = rs.Subject(FittedMotion(motion, shape.scale, shape.betas), self.body, None)
        radar = rs.load_radar("AWR1843BOOST")
        frames = int((motion.duration_s - 0.1) / radar.frame.period_s)
        cube_v = rs.simulate(radar, rs.Scene([subject]), jax.random.key(0), num_frames=frames)
        found = rs.heatmaps(radar, cube_v)
        return [np.asarray(m) for m in (found.time_range, found.time_doppler, found.time_angle)]


def true_clip(number: int, seconds: float, body) -> TrueClip:
    """A built-in activity by a person of unusual size, observed in one of the layouts."""
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
    """Correlation over the cells above the noise in either map."""
    chosen = (one_db > _FLOOR_DB) | (other_db > _FLOOR_DB)
    if chosen.sum() < 3:
        return float("nan")
    clipped = [np.maximum(m, m.max() - _DEPTH_DB)[chosen] for m in (one_db, other_db)]
    return float(np.corrcoef(*clipped)[0, 1])


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skeletons", description=__doc__)
    add = parser.add_argument
    add("--clips", type=int, default=20, help="number of clips (default: 20)")
    add("--maps", type=int, default=0, help="number of clips that are simulated (default: 0)")
    add("--seconds", type=float, default=6.0, help="length of a clip (default: 6)")
    add("--noise-m", type=float, default=0.02, help="noise per axis (default: 0.02)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
