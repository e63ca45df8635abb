"""Check that the path of a placed body stays in front of the radar."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.placement import RadarPose, place, to_radar_frame
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject

# Closest distance along the floor from the radar to the pelvis: half the depth of a body.
MIN_DISTANCE_M = 0.2


class PathFault(NamedTuple):
    """First pose that is not in front of the radar.

    Attributes:
        through: True if the body touches the radar, False if it is behind the antennas.
        time_s: time from the first frame of the capture [s].
        ahead_m: forward distance of the pelvis from the radar along the floor [m].
        left_m: leftward distance of the pelvis from the radar [m].
        until_s: time of the last pose that is not in front of the radar [s].
    """

    through: bool
    time_s: float
    ahead_m: float
    left_m: float
    until_s: float

    @property
    def text(self) -> str:
        """Description of the fault for the user."""
        what = f"comes closer to the radar than {MIN_DISTANCE_M:g} m"
        if not self.through:
            what = "is behind the radar, which receives nothing from there"
        when = f"at {self.time_s:.2f} s"
        if self.until_s > self.time_s:
            when = f"from {self.time_s:.2f} to {self.until_s:.2f} s"
        return (
            f"the body {what}, {when} after the first frame; "
            f"pelvis at {self.ahead_m:+.2f} m ahead, {self.left_m:+.2f} m to the left"
        )


def path_fault(subject: Subject, radar_pose: RadarPose, duration_s: float) -> PathFault | None:
    """First part of a placed motion that touches the radar or lies behind it.

    Args:
        subject: placed motion; it starts at the first frame of the capture.
        radar_pose: height and tilt of the radar.
        duration_s: simulated time [s].

    Returns:
        The fault, or None; a body that touches the radar takes precedence over one behind it.
    """
    motion = place(subject.fitted.motion, subject.placement)
    count = min(motion.num_poses, int(np.ceil(duration_s * motion.rate_hz)) + 1)
    floor_m = np.asarray(motion.pelvis_m[:count])
    ahead_m = np.asarray(to_radar_frame(floor_m, radar_pose))[:, 0]
    near = np.hypot(floor_m[:, 0], floor_m[:, 1]) < MIN_DISTANCE_M
    for through, poses in ((True, near), (False, ahead_m <= 0)):
        if poses.any():
            at = np.flatnonzero(poses)
            first_m = floor_m[at[0]]
            return PathFault(through, float(at[0] / motion.rate_hz), float(first_m[0]),
                             float(first_m[1]), float(at[-1] / motion.rate_hz))  # fmt: skip
    return None


def require_path_in_front(
    subject: Subject, radar_pose: RadarPose, duration_s: float, option: str
) -> None:
    """Refuse a placed motion that touches the radar or lies behind it.

    Args:
        subject: placed motion; it starts at the first frame of the capture.
        radar_pose: height and tilt of the radar.
        duration_s: simulated time [s].
        option: name of the option that placed the motion, for the message.

    Raises:
        InputError: a pose is not in front of the radar; the message states time and position.
    """
    fault = path_fault(subject, radar_pose, duration_s)
    if fault is not None:
        hint = "change --distance-m, --lateral-m or --heading-deg, or start later in the motion "
        raise InputError(option, "motion", fault.text, hint + "with --motion-start-s")


def path_notes(scenes: Sequence[Scene], duration_s: float) -> list[str]:
    """Notes on bodies whose track leads through the radar or behind it.

    Args:
        scenes: simulated scenes, one subject each.
        duration_s: simulated time [s].

    Returns:
        One line per body that is not in front of the radar.
    """
    faults = [path_fault(scene.subjects[0], scene.radar_pose, duration_s) for scene in scenes]
    hint = "; --distance-m and --heading-deg place the motion without the track"
    return [f"placement by the track: {fault.text}{hint}" for fault in faults if fault is not None]
