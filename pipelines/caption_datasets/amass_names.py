"""Normalised names of AMASS motions; all spellings of a motion's path have the same key.

The AMASS site renamed collections after the caption datasets were published, SMPL-X files have a
different suffix and no spaces in their names, and every caption dataset prepends a different
folder:

    ./pose_data/BioMotionLab_NTroje/rub055/0020_lifting_heavy2_poses.npy      HumanML3D
    BMLrub/BioMotionLab_NTroje/rub055/0020_lifting_heavy2_poses.npz           BABEL
    AMASS/BMLrub/rub055/0020_lifting_heavy2_stageii.npz                       AMASS site, today
"""

import re

# Maps the originally published folder names to the current names on the AMASS site.
RENAMED = {
    "BioMotionLab_NTroje": "BMLrub",
    "DFaust_67": "DFaust",
    "Eyes_Japan_Dataset": "EyesJapanDataset",
    "MPI_HDM05": "HDM05",
    "MPI_Limits": "PosePrior",
    "MPI_mosh": "MoSh",
    "SSM_synced": "SSM",
    "TCD_handMocap": "TCDHands",
    "Transitions_mocap": "Transitions",
}
AMASS_FOLDERS = frozenset(
    """
    ACCAD BMLhandball BMLmovi CMU CNRS DanceDB EKUT GRAB HUMAN4D HumanEva KIT SFU SOMA
    TotalCapture WEIZMANN
    """.split()  # noqa: SIM905  (one name per line would need 15 lines)
).union(RENAMED, RENAMED.values())

# Folders before the collection name that do not identify the motion.
_PREFIXES = frozenset({"pose_data", "amass", "amass_data"})
_SUFFIX = re.compile(r"\.(npz|npy|pkl|bvh)$", re.IGNORECASE)
_STAGE = re.compile(r"_(poses|stageii|stagei)$", re.IGNORECASE)
# Maximum length of a path; a longer text is not treated as a path.
_LONGEST_PATH = 1000


def _plain(name: str) -> str:
    """Return the name in lower case, with underscores instead of spaces and hyphens."""
    return re.sub(r"[ -]", "_", name).casefold()


_COLLECTIONS = {_plain(name): _plain(RENAMED.get(name, name)) for name in AMASS_FOLDERS}
# Some top-level folders of BABEL are old collection names without underscores:
# "MPIHDM05/MPI_HDM05/...".
_COLLECTIONS |= {_plain(old).replace("_", ""): _plain(new) for old, new in RENAMED.items()}


def motion_key(path: object) -> str | None:
    """Return the key of a motion, which is the same for all spellings of the path.

    Args:
        path: path from a caption dataset, a store or a folder, with or without leading folders.

    Returns:
        The key; None if the value is not a path.
    """
    if not isinstance(path, str) or not 0 < len(path) <= _LONGEST_PATH:
        return None
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or not path.isprintable():
        return None
    folders = [_plain(part) for part in parts[:-1]]
    name = _plain(_STAGE.sub("", _SUFFIX.sub("", parts[-1])))
    return "/".join([*_within(folders), name]) if name else None


def _within(folders: list[str]) -> list[str]:
    """Return the folders of a path, starting with the collection name.

    If the path contains no known collection, all folders are returned except leading prefixes and a
    duplicated first folder.
    """
    starts = [i for i, folder in enumerate(folders) if folder in _COLLECTIONS]
    if starts:
        return [_COLLECTIONS[folders[starts[-1]]], *folders[starts[-1] + 1 :]]
    while folders and folders[0] in _PREFIXES:
        folders = folders[1:]
    return folders[1:] if len(folders) > 1 and folders[0] == folders[1] else folders
