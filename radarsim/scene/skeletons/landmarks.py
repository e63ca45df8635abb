"""Landmarks: named points on the body, each fixed to one of SMPL's joints.

The offset of a landmark is given in the frame of its joint in the rest pose (T-pose, y up, facing
+z, left = +x) for a body of 1.70 m. The fit adjusts the offsets to each person, because every
camera system and every person who places markers defines the points somewhat differently.

Offsets of landmarks inside the body were read from the joints of the bundled body, those on the
surface from its mesh, after the placements described in the marker-set guides of Vicon (Plug-in
Gait) and the CMU Graphics Lab.
"""

from typing import NamedTuple

import numpy as np

from radarsim.scene.skeleton import JOINT


class Landmark(NamedTuple):
    """A point on the body.

    Attributes:
        joint: index of the SMPL joint with which the point moves.
        offset_m: position relative to the joint, in the frame of the joint [m].
        std_m: standard deviation of the offset between people and systems [m].
    """

    joint: int
    offset_m: tuple[float, float, float]
    std_m: float


# Standard deviations of offsets [m]: joint centres, points that systems define differently, and
# markers on the skin.
_CENTRE_M, _POINT_M, _MARKER_M = 0.015, 0.025, 0.03

# SMPL joint, offset [cm] and standard deviation [m] of the landmarks on the left and on the
# midline.
_JOINTS = {
    **{name: (name, (0, 0, 0), _CENTRE_M) for name in ("left_knee", "left_ankle")},
    **{name: (name, (0, 0, 0), _CENTRE_M) for name in ("left_elbow", "left_wrist")},
    **{name: (name, (0, 0, 0), 0.02) for name in ("pelvis", "left_hip", "left_shoulder")},
    **{name: (name, (0, 0, 0), _POINT_M) for name in ("spine1", "spine2", "spine3")},
    **{name: (name, (0, 0, 0), _POINT_M) for name in ("neck", "head", "left_collar")},
    "mid_hip": ("pelvis", (0, -7.2, 0.7), 0.02),
    "spine_base": ("pelvis", (0, -2, 0), _POINT_M),
    "spine_middle": ("spine2", (0, 3, 1), _POINT_M),
    "mid_shoulder": ("spine3", (0, 8.5, 3.5), _POINT_M),
    "head_centre": ("head", (0, 6, 0), _POINT_M),
    "head_top": ("head", (0, 15, 0), _POINT_M),
    "nose": ("head", (0, 1, 11.5), _POINT_M),
    "left_eye": ("head", (3.2, 4.5, 9.5), _POINT_M),
    "left_eye_inner": ("head", (1.5, 4.5, 10), _POINT_M),
    "left_eye_outer": ("head", (4.5, 4.5, 8.8), _POINT_M),
    "left_ear": ("head", (7.5, 4, -1), _POINT_M),
    "left_mouth": ("head", (2.2, -2.5, 10), _POINT_M),
    "left_hand": ("left_wrist", (9, -1.2, -1.2), _POINT_M),
    "left_hand_tip": ("left_wrist", (17, -2, -2), _POINT_M),
    "left_thumb": ("left_wrist", (8, -3, 7), _POINT_M),
    "left_index": ("left_wrist", (9, -0.5, 2), _POINT_M),
    "left_pinky": ("left_wrist", (8.5, -1, -5), _POINT_M),
    "left_heel": ("left_ankle", (0, -4.5, -5), _POINT_M),
    "left_foot": ("left_ankle", (1.1, -4.6, 13.2), _POINT_M),
    "left_big_toe": ("left_ankle", (-2.3, -5.4, 18), _POINT_M),
    "left_small_toe": ("left_ankle", (4.5, -6, 12), _POINT_M),
}
_MARKERS = {
    "LFHD": ("head", (6, 9, 9)),
    "LBHD": ("head", (6, 9, -8)),
    "C7": ("spine3", (0, 15, -4)),
    "T10": ("spine2", (0, 9, -6.5)),
    "CLAV": ("spine3", (0, 9, 11)),
    "STRN": ("spine3", (0, -6, 16)),
    "RBAK": ("spine3", (-9, 2, -7.5)),
    "LSHO": ("left_collar", (12.5, 4.5, -1)),
    "LUPA": ("left_shoulder", (13, 3, -3)),
    "LELB": ("left_elbow", (-0.5, 1.5, -4)),
    "LFRM": ("left_elbow", (12, 2, -3)),
    "LWRA": ("left_wrist", (-1, 0, 3.5)),
    "LWRB": ("left_wrist", (-1, 0, -3.5)),
    "LFIN": ("left_wrist", (8, 2, 1)),
    "LASI": ("pelvis", (12, 2, 12)),
    "LPSI": ("pelvis", (4.5, 5, -7.5)),
    "SACR": ("pelvis", (0, 5, -8)),
    "LTHI": ("left_hip", (10, -22, 3)),
    "LKNE": ("left_knee", (5.5, 0, 0)),
    "LTIB": ("left_knee", (5.5, -20, 0)),
    "LANK": ("left_ankle", (4.5, 0, 0)),
    "LHEE": ("left_ankle", (0, -4, -6.5)),
    "LTOE": ("left_ankle", (0, -3.5, 13)),
    "LMT5": ("left_ankle", (5, -5, 9)),
}


def _landmark(joint: str, offset_cm: tuple, std_m: float, mirrored: bool) -> Landmark:
    x, y, z = (value / 100 for value in offset_cm)
    name = joint.replace("left", "right") if mirrored else joint
    return Landmark(JOINT[name], (-x if mirrored else x, y, z), std_m)


def _all_landmarks() -> dict[str, Landmark]:
    table = dict(_JOINTS) | {name: (*value, _MARKER_M) for name, value in _MARKERS.items()}
    found = {}
    for name, (joint, offset_cm, std_m) in table.items():
        found[name] = _landmark(joint, offset_cm, std_m, mirrored=False)
        if name.startswith("left_"):
            other = name.replace("left_", "right_", 1)
            found[other] = _landmark(joint, offset_cm, std_m, mirrored=True)
        elif name in _MARKERS and name.startswith("L"):
            found["R" + name[1:]] = _landmark(joint, offset_cm, std_m, mirrored=True)
    return found


LANDMARKS = _all_landmarks()
"""All landmarks by name."""

MARKERS = frozenset(name for name in LANDMARKS if name.isupper())
"""Names of the landmarks that are markers on the skin."""


def mirror_name(name: str) -> str:
    """Name of the mirrored landmark; a landmark on the body's midline mirrors to itself."""
    if name in MARKERS:
        other = {"L": "R", "R": "L"}.get(name[0], name[0]) + name[1:]
        return other if other in LANDMARKS else name
    for side, other in (("left_", "right_"), ("right_", "left_")):
        if name.startswith(side):
            return name.replace(side, other, 1)
    return name


def offsets_m(names: tuple[str, ...]) -> np.ndarray:
    """Offsets of landmarks from their joints [landmark, 3], in metres."""
    return np.array([LANDMARKS[name].offset_m for name in names], np.float64).reshape(-1, 3)
