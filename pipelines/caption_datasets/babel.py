"""Reader of BABEL: timed action labels for the frames of AMASS motions.

The files are `train.json`, `val.json`, `test.json` (without labels), `extra_train.json` and
`extra_val.json`; the last two contain lists of annotations, one per annotator. The entry of a
sequence has this form:

    {"feat_p": "KIT/KIT/4/RightTurn01_poses.npz", "dur": 4.1,
     "seq_ann": {"labels": [{"proc_label": "turn right", ...}]},
     "frame_ann": {"labels": [{"proc_label": "turn", "start_t": 0, "end_t": 2.5,
                               "raw_label": "turning", "act_cat": ["turn"], ...}]}}

Frame labels are preferred to sequence labels, and `proc_label` is preferred to the longer
`raw_label`. Labels of transitions are dropped.

Source:
    Punnakkal et al., "BABEL: Bodies, Action and Behavior with English Labels", CVPR 2021, and
    https://github.com/abhinanda-punnakkal/BABEL/tree/main/notebooks.
"""

from pathlib import Path

from pipelines.caption_datasets.entries import (
    UNREADABLE,
    TextSetEntries,
    as_list,
    as_number,
    find_files,
    read_json_object,
)
from radarsim.errors import InputError

SOURCE = "BABEL"
LICENCE = "BABEL, non-commercial research: https://babel.is.tue.mpg.de/license.html"
FILES = ("train.json", "val.json", "test.json", "extra_train.json", "extra_val.json")
TRANSITION = "that mark transitions"
LABELLED_BEFORE = "of motions that another file also labels"
OTHER_ANNOTATORS = "by further annotators"
WITHOUT_LABELS = "missing (sequences without labels)"


def read_babel(path: str | Path) -> TextSetEntries:
    """Read the actions of all BABEL sequences.

    Args:
        path: the folder as published, or one file in the folder.

    Returns:
        Actions, keyed by motion.

    Raises:
        InputError: the file is missing, or is not a BABEL file.
    """
    entries = TextSetEntries(SOURCE, LICENCE)
    for file in find_files(path, "--babel", FILES):
        sequences = read_json_object(file, "BABEL's train.json, val.json, ...")
        found = [each for each in sequences.values() if isinstance(each, dict)]
        if sequences and not any("feat_p" in each for each in found):
            hint = "give the folder that holds train.json, val.json, ..."
            raise InputError(file, "feat_p", "is missing from every entry", hint)
        entries.leave_out(UNREADABLE, len(sequences) - len(found))
        split = file.stem.removeprefix("extra_")
        before = set(entries.texts)
        for sequence in found:
            _add_sequence(entries, sequence, split if file.name in FILES else "", before)
    return entries


def _add_sequence(entries: TextSetEntries, sequence: dict, split: str, before: set[str]) -> None:
    labels, of_frames = _labels(entries, sequence)
    key = entries.key(sequence.get("feat_p"), max(len(labels), 1))
    if key is None:
        return
    if key in before:
        return entries.leave_out(LABELLED_BEFORE, len(labels))
    entries.add_split(key, split)
    if not labels:
        return entries.leave_out(WITHOUT_LABELS)
    duration_s = as_number(sequence.get("dur"))
    for label in labels:
        if not isinstance(label, dict):
            entries.leave_out(UNREADABLE)
        elif _is_transition(label):
            entries.leave_out(TRANSITION)
        else:
            times = (label.get("start_t"), label.get("end_t", "")) if of_frames else (0, None)
            entries.add(key, _label_text(label), *times, duration_s=duration_s, kind="action")


def _labels(entries: TextSetEntries, sequence: dict) -> tuple[list, bool]:
    """Return the labels of a sequence, and whether the labels are frame labels."""
    for kind in ("frame_ann", "seq_ann"):
        annotations = [sequence.get(kind), *as_list(sequence.get(f"{kind}s"))]
        lists = [as_list(each.get("labels")) for each in annotations if isinstance(each, dict)]
        lists = [labels for labels in lists if labels]
        if lists:
            # All annotators label the same motion; use the first annotator, as in the published
            # notebooks.
            entries.leave_out(OTHER_ANNOTATORS, sum(map(len, lists[1:])))
            return lists[0], kind == "frame_ann"
    return [], False


def _label_text(label: dict) -> object:
    text = label.get("proc_label")
    return text if isinstance(text, str) and text.strip() else label.get("raw_label")


def _is_transition(label: dict) -> bool:
    kinds = label.get("act_cat")
    return "transition" in (_label_text(label), *(kinds if kinds == ["transition"] else ()))
