"""Files of joints and markers of a synthetic person who walks."""

import json

from tests.helpers.skeleton_truth import RATE_HZ, walker

TRUTH = walker(num_poses=12)
POINTS_M = TRUTH.posed.points_m
MARKERS = walker("plugingait", num_poses=12)


def csv_text(points=POINTS_M, names=TRUTH.names, axes="xyz") -> str:
    """A table with a time column and a header such as nose_x, nose_y, nose_z."""
    header = ["time", *(f"{name}_{axis}" for name in names for axis in axes)]
    rows = [
        ",".join([f"{number / RATE_HZ:.6f}", *(f"{value:.6f}" for value in pose.ravel())])
        for number, pose in enumerate(points)
    ]
    return "\n".join([",".join(header), *rows]) + "\n"


def trc_text(points=MARKERS.posed.points_m, names=MARKERS.names, unit="mm") -> str:
    """Return the text of a marker file in the format of OpenSim."""
    lines = [
        "PathFileType\t4\t(X/Y/Z)\ttrial.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        f"{RATE_HZ}\t{RATE_HZ}\t{len(points)}\t{len(names)}\t{unit}",
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "\t\t" + "\t".join(f"{axis}{i + 1}" for i in range(len(names)) for axis in "XYZ"),
    ]
    for number, pose in enumerate(points * {"mm": 1000, "m": 1}.get(unit, 1)):
        values = "\t".join(f"{value:.4f}" for value in pose.ravel())
        lines.append(f"{number + 1}\t{number / RATE_HZ:.4f}\t{values}")
    return "\n".join(lines) + "\n"


def json_frames(**fields) -> str:
    frames = [
        {name: list(map(float, p)) for name, p in zip(TRUTH.names, pose)} for pose in POINTS_M
    ]
    return json.dumps({"fps": RATE_HZ, "frames": frames} | fields)


def people_csv(*people, time: str = "time") -> str:
    """A table of several people; each is an id, times [pose] and points [pose, joint, 3]."""
    header = [time, "person_id", *(f"{name}_{axis}" for name in TRUTH.names for axis in "xyz")]
    rows = [
        [f"{at:.6f}", person, *(f"{value:.6f}" for value in pose.ravel())]
        for person, times, points in people
        for at, pose in zip(times, points, strict=True)
    ]
    return "\n".join(",".join(row) for row in (header, *rows)) + "\n"
