"""Reader of KIT-ML: sentences about motions from KIT and CMU, keyed by AMASS path.

Format of `annotations.json`, as published with TMR:

    {"00002": {"path": "KIT/4/WalkingStraightForward02_poses", "duration": 5.31,
               "annotations": [{"seg_id": "00002_0", "text": "A person walks 4 steps forward.",
                                "start": 0.0, "end": 5.31}]}}

`train.txt`, `val.txt` and `test.txt` in the same folder list ids. Ids and paths with M denote
mirrored motions, whose texts are left out.

Source:
    Plappert, Mandery, Asfour, "The KIT Motion-Language Dataset", Big Data 4(4), 2016;
    Petrovich, Black, Varol, "TMR", ICCV 2023: https://github.com/Mathux/TMR.
"""

from pathlib import Path

from pipelines.caption_datasets.entries import (
    MIRRORED,
    UNREADABLE,
    TextSetEntries,
    as_list,
    as_number,
    find_files,
    read_json_object,
    read_splits,
)
from radarsim.errors import InputError

SOURCE = "KIT-ML"
LICENCE = "KIT Motion-Language, cite Plappert et al. 2016: terms come with that data set"
FILES = ("annotations.json",)


def read_kitml(path: str | Path) -> TextSetEntries:
    """Read the sentences of all KIT-ML motions.

    Args:
        path: the published folder, or its `annotations.json`.

    Returns:
        Sentences, keyed by motion.

    Raises:
        InputError: the file is missing, or is not a KIT-ML file.
    """
    (file,) = find_files(path, "--kitml", FILES)
    motions = read_json_object(file, "KIT-ML's annotations.json")
    found = {name: each for name, each in motions.items() if isinstance(each, dict)}
    if motions and not any("annotations" in each for each in found.values()):
        hint = "give KIT-ML's annotations.json"
        raise InputError(file, "annotations", "is missing from every entry", hint)
    entries = TextSetEntries(SOURCE, LICENCE)
    entries.leave_out(UNREADABLE, len(motions) - len(found))
    splits = read_splits(file.parent)
    for name, motion in found.items():
        _add_motion(entries, name, motion, splits.get(name, ""))
    return entries


def _add_motion(entries: TextSetEntries, name: str, motion: dict, split: str) -> None:
    texts, path = as_list(motion.get("annotations")), motion.get("path")
    if name.startswith("M") or (isinstance(path, str) and path.startswith("M/")):
        return entries.leave_out(MIRRORED, len(texts))
    key = entries.key(path, max(len(texts), 1))
    if key is None:
        return
    entries.add_split(key, split)
    duration_s = as_number(motion.get("duration"))
    for text in texts:
        if isinstance(text, dict):
            times = text.get("start"), text.get("end", "")
            entries.add(key, text.get("text"), *times, duration_s=duration_s)
        else:
            entries.leave_out(UNREADABLE)
