"""Print the statistics of built-in activities behind the tables of `skeletons.pose_prior`.

Run `python tools/calibrate_skeletons.py` (one minute): mean and standard deviation of the rotation
vector of each joint [rad], and root mean square of its angular acceleration at 30 poses per second
[rad/s^2]. The tables contain these values, rounded and widened, because people move in more ways.
"""

import numpy as np

from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.synthesis import synthesize_take
from radarsim.scene.skeleton import JOINT_NAMES, NUM_SHARED_JOINTS
from radarsim.scene.skeletons.kinematics import Pose
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.smoothness import accelerations

_RATE_HZ = 30.0
SPEC = CorpusSpec(
    source="activities",
    num_subjects=1,
    num_repeats=1,
    hours=0.0,
    seed=3,
    domain="home",
    alive=False,
)


def main() -> None:
    """Print one line for each joint on the left side and on the midline, and one for the pelvis."""
    vectors_rad, found = [], []
    for planned in plan_takes(SPEC):
        motion, _ = synthesize_take(SPEC, planned)
        step = round(motion.rate_hz / _RATE_HZ)
        some_rad = np.asarray(motion.poses_rad)[::step, :NUM_SHARED_JOINTS]
        pose = Pose(to_matrices(some_rad), motion.pelvis_m[::step])
        vectors_rad.append(some_rad)
        found.append(accelerations(pose, _RATE_HZ))
    vectors_rad, found = np.concatenate(vectors_rad), np.concatenate(found)
    size = np.sqrt((found**2).mean(axis=(0, 2)))
    for joint, name in enumerate(JOINT_NAMES[:NUM_SHARED_JOINTS]):
        if not name.startswith("right"):
            mean, std = vectors_rad[:, joint].mean(axis=0), vectors_rad[:, joint].std(axis=0)
            print(f"{name:14s} {mean.round(2)} {std.round(2)} rad {size[joint]:.1f} rad/s^2")
    print(f"pelvis position {size[-1]:.1f} m/s^2")


if __name__ == "__main__":
    main()
