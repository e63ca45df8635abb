"""Range of a body fitted to Kinect skeletons, compared with radar points of the same recording.

    python -m benchmarks.kinect_radar FOLDER

FOLDER contains `s1_kinect_data_validate.csv`, `s1_radar_data_validate.csv` and the corresponding
files of subject s3 from the public MARS recordings: ten movements one after the other, 10 rows per
second, with the 25 joints of the Kinect in the coordinates of the radar, and the points of an
IWR1443 in the same rows. Missing radar frames are treated as missing poses, so that the fit bridges
the gaps and does not join different movements.

Three ranges along the axis of the radar (y) are compared with the mean range of the recorded
points: the range of the pelvis; the range of the surface that faces the radar, weighted by area and
by the lobe of the reflection model; and the range of this surface minus the mean difference over
the whole recording. Neither a time offset nor a sensor pose is fitted. Each line contains the root
mean square difference over all poses [cm], then the mean and the root mean square of the difference
for each movement [cm].

Source of the recordings:
    An and Ogras, "MARS: mmWave-based Assistive Rehabilitation System for Smart Healthcare", ACM
    Transactions on Embedded Computing Systems 20(5s), 2021.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

RATE_HZ, SUBJECTS = 10.0, (1, 3)
# Longest pause between two frames of one movement, and pause inserted between movements [frames].
_LONGEST_GAP, _PAUSE = 100, 15
# Width of the lobe of the reflection model [rad].
_LOBE_RAD = 0.35
# Number of poses whose surfaces are computed at a time.
_CHUNK = 64


def main(arguments: list[str] | None = None) -> int:
    """Fit both subjects and print the table; return exit status 0."""
    options = make_parser().parse_args(arguments)
    for subject in SUBJECTS:
        recording = Recording.read(options.folder, subject, options.rows)
        ranges_m = fitted_ranges_m(recording, options.step)
        print(f"subject {subject}: {recording.num_poses} poses, {ranges_m.pop('valid')} not valid")
        for name, range_m in ranges_m.items():
            print(f"  {name}: {comparison(range_m - recording.range_m, recording)}", flush=True)
    return 0


class Recording:
    """Joints and mean radar range of the recording of one subject.

    Attributes:
        joints_m: [pose, joint, 3] with y pointing away from the radar and z up; NaN for poses
            without a radar frame.
        range_m: mean range of the radar points of each pose; NaN for poses without a radar frame.
        movements: index of the movement to which each pose belongs; -1 between movements.
    """

    def __init__(self, joints_m, range_m, movements):
        self.joints_m, self.range_m, self.movements = joints_m, range_m, movements
        self.num_poses = len(range_m)

    @classmethod
    def read(cls, folder: Path, subject: int, rows: int | None = None) -> "Recording":
        """Read the files of a subject, or only the first `rows` rows of each file."""
        stem = Path(folder) / f"s{subject}_"
        kinect = np.genfromtxt(f"{stem}kinect_data_validate.csv", delimiter=",", skip_header=1)
        points = np.genfromtxt(f"{stem}radar_data_validate.csv", delimiter=",", skip_header=1)
        frames, first = np.unique(points[:, 0].astype(int), return_index=True)
        range_m = np.add.reduceat(points[:, 3], first) / np.diff(np.append(first, len(points)))
        # Coordinates are grouped by axis: all x, all y, then all z.
        joints_m = kinect.reshape(len(kinect), 3, -1).swapaxes(1, 2)
        steps = np.diff(frames[:rows], prepend=frames[0])
        movements = np.cumsum(steps > _LONGEST_GAP)
        places = np.cumsum(np.where(steps > _LONGEST_GAP, _PAUSE, steps))
        return cls(*(_spread(each[:rows], places) for each in (joints_m, range_m, movements)))


def _spread(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Put each row at the given index; all other rows are NaN, or -1 for integers."""
    whole = values.dtype.kind == "i"
    spread = np.full((places[-1] + 1, *values.shape[1:]), -1 if whole else np.nan)
    spread[places] = values
    return spread.astype(values.dtype)


def fitted_ranges_m(recording: Recording, step: int) -> dict:
    """Fit the body; return the ranges of pelvis and surface, and the number of invalid poses."""
    import radarsim as rs

    body = rs.free_body()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "joints.npz"
        np.savez(path, joints=recording.joints_m, fps=RATE_HZ)
        (sequence,) = rs.read_skeletons(path, "kinect25", up="z")
    fit = rs.fit_skeleton(sequence, body)
    radar_m = np.array([0.0, 0.0, fit.origin_height_m])
    surface_m = np.full(recording.num_poses, np.nan)
    chosen = np.flatnonzero(fit.valid & np.isfinite(recording.range_m))[::step]
    for some in np.array_split(chosen, len(chosen) // _CHUNK + 1):
        surface_m[some] = facing_range_m(body, fit, some, radar_m)
    pelvis_m = np.where(np.isfinite(surface_m), fit.motion.pelvis_m[:, 1], np.nan)
    offset_m = np.nanmean(surface_m - recording.range_m)
    return {
        "valid": int((~fit.valid[np.isfinite(recording.range_m)]).sum()),
        "pelvis": pelvis_m,
        "surface": surface_m,
        f"surface minus {100 * offset_m:.1f} cm": surface_m - offset_m,
    }


def facing_range_m(body, fit, some, radar_m) -> np.ndarray:
    """Return the mean y distance [m] of the surface that reflects to the radar, for some poses."""
    from radarsim.scene.body import skin

    motion = fit.motion
    arguments = motion.betas, motion.poses_rad[some], motion.transl_m[some], fit.scale
    corners_m = np.asarray(skin(body, *arguments))[:, np.asarray(body.faces)]
    centre_m, weight = facing_weights(corners_m - radar_m)
    return (weight * centre_m[..., 1]).sum(axis=1) / weight.sum(axis=1)


def facing_weights(corners_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of faces, and their weights in the echo by area, lobe and distance.

    Args:
        corners_m: corners relative to the radar [pose, face, corner, 3], in metres.

    Returns:
        Centres relative to the radar [pose, face, 3], in metres, and weights [pose, face], which
        are zero for faces that point away from the radar. Occlusion is not considered.
    """
    centre_m = corners_m.mean(axis=2)
    normal_m2 = np.cross(
        corners_m[:, :, 1] - corners_m[:, :, 0], corners_m[:, :, 2] - corners_m[:, :, 0]
    )
    distance_m, area_m2 = (np.linalg.norm(each, axis=-1) for each in (centre_m, normal_m2))
    cosine = -(centre_m * normal_m2).sum(axis=-1) / (distance_m * area_m2 + 1e-12)
    angle_rad = np.arccos(np.clip(cosine, -1, 1))
    lobe = np.where(cosine > 0, np.exp(-((angle_rad / _LOBE_RAD) ** 2) / 2), 0.0)
    return centre_m, area_m2 * lobe**2 / distance_m**4


def comparison(difference_m: np.ndarray, recording: Recording) -> str:
    """Return the RMS of all poses, and the mean and RMS of each movement [cm], as text."""
    found = []
    for number in range(recording.movements.max() + 1):
        some_cm = 100 * difference_m[recording.movements == number]
        found.append(f"{np.nanmean(some_cm):+.0f}/{_rms(some_cm):.0f}")
    return f"{100 * _rms(difference_m):.1f} cm; by movement {' '.join(found)}"


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(values**2)))


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kinect_radar", description=__doc__)
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="folder that contains the CSV files")
    add("--rows", type=int, help="use only this many rows of each file (default: all)")
    add("--step", type=int, default=5, help="step between compared poses (default: 5)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
