"""Layouts: assignment of the columns of a file to landmarks.

Sources of the joint orders: COCO keypoints (cocodataset.org), OpenPose's documentation of BODY_25,
the 17 joints of Human3.6M in the order of VideoPose3D, the Kinect for Windows SDK 2.0 (JointType),
the ZED SDK (BODY_18, BODY_34, BODY_38), MediaPipe's pose landmarker, and SMPL. Marker names:
Vicon's Plug-in Gait, and the marker set of the CMU Graphics Lab.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from radarsim.errors import InputError
from radarsim.scene.skeleton import JOINT_NAMES
from radarsim.scene.skeletons.landmarks import LANDMARKS, MARKERS


@dataclass(frozen=True)
class Layout:
    """Names of the points in a file, and the landmarks to which they correspond.

    Attributes:
        name: name of the layout.
        columns: names of the points in files with named columns; in files without names, the
            columns have this order.
        landmarks: landmark of each column; "" for a point that the fit does not use.
    """

    name: str
    columns: tuple[str, ...]
    landmarks: tuple[str, ...]

    @property
    def num_points(self) -> int:
        return len(self.columns)

    @property
    def is_markers(self) -> bool:
        """Whether the points are markers on the skin."""
        return any(name in MARKERS for name in self.landmarks)


def _sides(text: str) -> list[str]:
    """Split a text into words, and expand the prefixes "l_" and "r_" to "left_" and "right_"."""
    sides = {"l_": "left_", "r_": "right_"}
    return [sides.get(word[:2], word[:2]) + word[2:] for word in text.split()]


def _both(text: str) -> list[str]:
    """For each word, the name on the left side followed by the name on the right side."""
    return [f"{side}_{word}" for word in text.split() for side in ("left", "right")]


def _left_right(text: str) -> list[str]:
    """All names on the left side, followed by all names on the right side."""
    return [f"{side}_{word}" for side in ("left", "right") for word in text.split()]


_FACE = "eye ear"
_LIMBS = "shoulder elbow wrist hip knee ankle"
_COCO = ["nose", *_both(f"{_FACE} {_LIMBS}")]
_BODY_25 = _sides(
    "nose mid_shoulder r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist mid_hip r_hip r_knee "
    "r_ankle l_hip l_knee l_ankle r_eye l_eye r_ear l_ear l_big_toe l_small_toe l_heel r_big_toe "
    "r_small_toe r_heel"
)
_HUMAN36M = _sides(
    "mid_hip r_hip r_knee r_ankle l_hip l_knee l_ankle spine_middle mid_shoulder nose head_top "
    "l_shoulder l_elbow l_wrist r_shoulder r_elbow r_wrist"
)
_KINECT = [
    *("spine_base", "spine_middle", "neck", "head_centre"),
    *_left_right("shoulder elbow wrist hand"),
    *_left_right("hip knee ankle foot"),
    *("mid_shoulder", *_left_right("hand_tip thumb")),
]
_KINECT_COLUMNS = (
    "SpineBase SpineMid Neck Head ShoulderLeft ElbowLeft WristLeft HandLeft ShoulderRight "
    "ElbowRight WristRight HandRight HipLeft KneeLeft AnkleLeft FootLeft HipRight KneeRight "
    "AnkleRight FootRight SpineShoulder HandTipLeft ThumbLeft HandTipRight ThumbRight"
)
_ZED_18 = _sides(
    "nose mid_shoulder r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist r_hip r_knee r_ankle "
    "l_hip l_knee l_ankle r_eye l_eye r_ear l_ear"
)
_ZED_34_ARM = "collar shoulder elbow wrist hand hand_tip thumb"
_ZED_34 = [
    *("pelvis", "spine1", "spine3", "neck"),
    *_left_right(_ZED_34_ARM),
    *_left_right("hip knee ankle foot"),
    *_sides("head nose l_eye l_ear r_eye r_ear l_heel r_heel"),
]
_ZED_38 = [
    *("pelvis", "spine1", "spine2", "spine3", "neck", "nose"),
    *_both(f"{_FACE} collar {_LIMBS} big_toe small_toe heel thumb index hand_tip pinky"),
]
_MEDIAPIPE = _sides(
    "nose l_eye_inner l_eye l_eye_outer r_eye_inner r_eye r_eye_outer l_ear r_ear l_mouth r_mouth "
    "l_shoulder r_shoulder l_elbow r_elbow l_wrist r_wrist l_pinky r_pinky l_index r_index "
    "l_thumb r_thumb l_hip r_hip l_knee r_knee l_ankle r_ankle l_heel r_heel l_big_toe r_big_toe"
)
_HEAD_AND_TRUNK = "LFHD RFHD LBHD RBHD C7 T10 CLAV STRN RBAK"
_ARM, _LEG = "SHO UPA ELB FRM WRA WRB FIN", "THI KNE TIB ANK HEE TOE"
# Other names of markers: CMU's, and those of plug-in-gait files with a sacrum marker.
_CMU_NAMES = {"RBAC": "RBAK", "FWT": "ASI", "BWT": "PSI", "SHN": "TIB"}


def _named(name: str, landmarks: list[str], columns: str = "") -> Layout:
    return Layout(name, tuple(columns.split()) or tuple(landmarks), tuple(landmarks))


def _markers(name: str, waist: str, leg: str) -> Layout:
    sides = [side + part for side in "LR" for part in _ARM.split()]
    legs = [side + part for side in "LR" for part in f"{waist} {leg}".split()]
    columns = (*_HEAD_AND_TRUNK.split(), *sides, *legs)
    return Layout(name, columns, tuple(marker_landmark(column) for column in columns))


def marker_landmark(column: str) -> str:
    """Landmark of a marker name in any of the known spellings; "" if the name is unknown."""
    name = column.upper()
    name = _CMU_NAMES.get(name, name[:1] + _CMU_NAMES.get(name[1:], name[1:]))
    return name if name in MARKERS else ""


LAYOUTS = {
    layout.name: layout
    for layout in (
        _named("coco17", _COCO),
        _named("body25", _BODY_25),
        _named("human36m17", _HUMAN36M),
        _named("kinect25", _KINECT, _KINECT_COLUMNS),
        _named("zed18", _ZED_18),
        _named("zed34", _ZED_34),
        _named("zed38", _ZED_38),
        _named("mediapipe33", _MEDIAPIPE),
        _named("smpl24", list(JOINT_NAMES)),
        _named("smpl22", list(JOINT_NAMES[:22])),
        _markers("plugingait", "ASI PSI", _LEG),
        _markers("cmu41", "FWT BWT", f"{_LEG.replace('TIB', 'SHN')} MT5"),
    )
}
"""Known layouts by name."""


def layout_from_table(table: Mapping, where: str) -> Layout:
    """Make a layout from the content of a TOML file.

    The table `joints` assigns a landmark to each column: `hand_l = "left_wrist"`. Columns of files
    without names are in the order of the table. "" marks a column that is not used.

    Args:
        table: content of the file.
        where: name of the file, used in messages.

    Raises:
        InputError: the table is missing or empty, or a landmark is unknown.
    """
    joints = table.get("joints", table.get("markers"))
    hint = 'write a table [joints] with lines such as hand_l = "left_wrist"'
    if not isinstance(joints, Mapping) or not joints:
        raise InputError(where, "joints", "missing or empty", hint)
    for column, name in joints.items():
        if name and name not in LANDMARKS:
            similar = get_close_matches(str(name), LANDMARKS, 4, 0.4) or list(LANDMARKS)[:4]
            place = "radarsim/scene/skeletons/landmarks.py"
            hint = f"use a name such as {', '.join(similar)} (all: {place})"
            raise InputError(where, column, f"is {name!r}, which is not a landmark", hint)
    if len(set(filter(None, joints.values()))) < 6:
        problem = f"{len(set(filter(None, joints.values())))} landmarks, but a body needs 6"
        raise InputError(where, "joints", problem, "name at least shoulders, hips, knees, wrists")
    return Layout(str(table.get("name", where)), tuple(joints), tuple(joints.values()))
