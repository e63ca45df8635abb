"""Check that the path of a placed body stays in front of the radar."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.placement import RadarPose, place, to_radar_frame
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject

# Minimum horizontal distance from radar to pelvis: half the front-to-back depth of a body.
MIN_DISTANCE_M = 0.2


class PathFault(NamedTuple):
    """First pose of a motion that is not in front of the radar.

    Attributes:
        through: True if the body touches the radar, False if it is behind the antennas.
        time_s: time of the pose, since the first frame of the capture [s].
        ahead_m: horizontal distance of the pelvis ahead of the radar [m].
        left_m: distance of the pelvis to the left of the radar [m].
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
    """Find the first pose of a placed motion at which the body touches or is behind the radar.

    Args:
        subject: subject with a placed motion, which starts at the first frame of the capture.
        radar_pose: height and tilt of the radar.
        duration_s: duration of the simulation [s].

    Returns:
        The fault, or None; a pose that touches the radar takes precedence over a pose behind it.
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
    """Raise InputError if the body of a placed motion touches the radar or is behind the radar.

    Args:
        subject: subject with a placed motion, which starts at the first frame of the capture.
        radar_pose: height and tilt of the radar.
        duration_s: duration of the simulation [s].
        option: name of the command-line option that placed the motion, for the error message.

    Raises:
        InputError: a pose is not in front of the radar; the message states time and position.
    """
    fault = path_fault(subject, radar_pose, duration_s)
    if fault is not None:
        hint = "change --distance-m, --lateral-m or --heading-deg, or start later in the motion "
        raise InputError(option, "motion", fault.text, hint + "with --motion-start-s")


def path_notes(scenes: Sequence[Scene], duration_s: float) -> list[str]:
    """Describe the bodies that touch the radar or are behind the radar on their track.

    Args:
        scenes: simulated scenes, each with one subject.
        duration_s: duration of the simulation [s].

    Returns:
        One line for each body that is not always in front of the radar.
    """
    faults = [path_fault(scene.subjects[0], scene.radar_pose, duration_s) for scene in scenes]
    hint = "; --distance-m and --heading-deg place the motion without the track"
    return [f"placement by the track: {fault.text}{hint}" for fault in faults if fault is not None]
