"""Read points and joints of a store: `python examples/points_and_joints.py synth.zarr`.

The example needs zarr, numpy and pyarrow, but not this project's code. In a store that was built
with `--keep points joints`, it pairs the point cloud of every frame with the joints of the body at
the same instant, as training data for pose estimation, and prints the distance of the points from
the body.
"""

import sys
from collections.abc import Iterator

try:
    import numpy as np
    import pyarrow.parquet as pq
    import zarr
except ImportError as error:
    sys.exit(f"{error.name} is not installed; this example needs: pip install zarr numpy pyarrow")

Frame = tuple[np.ndarray, np.ndarray, np.ndarray]


class PointsAndJoints:
    """Frames of the clips of a split, each with its points and joints.

    Args:
        path: folder of the store.
        split: "train", "val" or "test".

    Attributes:
        value_names: names of the values of a point, in order.
        joint_names: names of the joints, in order.
    """

    def __init__(self, path: str, split: str = "train"):
        self._store = zarr.open_group(path, mode="r")
        missing = [name for name in ("points", "joints_m") if name not in self._store]
        if missing:
            sys.exit(f"{path}: has no {missing[0]}; build it with --keep points joints")
        self.value_names = list(self._store["points"].attrs["value_names"])
        self.joint_names = list(self._store["joints_m"].attrs["joint_names"])
        clips = pq.read_table(f"{path}/tables/clips").to_pylist()
        self.rows = [clip["row"] for clip in clips if clip["split"] == split and clip["num_frames"]]

    def frames(self, row: int) -> Iterator[Frame]:
        """Yield the detected points, the joints and the visibility of each frame of a clip.

        Yields:
            Points [point, value], joints [joint, xyz] in the radar frame in metres, and whether
            each joint is visible from the radar [joint].
        """
        num_frames = int(self._store["num_frames"][row])
        counts, points = self._store["num_points"][row], self._store["points"][row]
        joints_m, visible = self._store["joints_m"][row], self._store["joint_visible"][row]
        for frame in range(num_frames):  # later frames of a short clip are padding
            yield points[frame, : counts[frame]], joints_m[frame], visible[frame]

    def positions_m(self, points: np.ndarray) -> np.ndarray:
        """x (ahead), y (left) and z (up) of points [point, 3]."""
        return points[:, [self.value_names.index(name) for name in ("x_m", "y_m", "z_m")]]


def main(path: str) -> None:
    """Print the median distance from the points to the nearest visible joint."""
    dataset = PointsAndJoints(path)
    distances_m, count = [np.zeros(0)], 0
    for row in dataset.rows:
        for points, joints_m, visible in dataset.frames(row):
            count += 1
            if len(points) and visible.any():
                apart_m = dataset.positions_m(points)[:, None] - joints_m[visible]
                distances_m.append(np.linalg.norm(apart_m, axis=-1).min(axis=1))
    apart_m = np.concatenate(distances_m)
    print(f"{len(dataset.rows)} clips, {count} frames, {len(apart_m)} points")
    if len(apart_m):
        print(f"median distance to the nearest visible joint: {np.median(apart_m):.2f} m")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give one store: python examples/points_and_joints.py synth.zarr")
    main(sys.argv[1])
