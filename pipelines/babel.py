"""BABEL: what a person does in each frame of a motion, as lists of timed actions.

Files `train.json`, `val.json`, `test.json` (without labels), and `extra_train.json`,
`extra_val.json`, which hold lists of annotations, one per annotator. By sequence:

    {"feat_p": "KIT/KIT/4/RightTurn01_poses.npz", "dur": 4.1,
     "seq_ann": {"labels": [{"proc_label": "turn right", ...}]},
     "frame_ann": {"labels": [{"proc_label": "turn", "start_t": 0, "end_t": 2.5,
                               "raw_label": "turning", "act_cat": ["turn"], ...}]}}

Labels of frames are preferred; a sequence without them takes those of the whole sequence. The
shorter `proc_label` is used, `raw_label` where it is missing. Transitions are dropped.

Source:
    Punnakkal et al., "BABEL: Bodies, Action and Behavior with English Labels", CVPR 2021, and
    https://github.com/abhinanda-punnakkal/BABEL/tree/main/notebooks.
"""

from pathlib import Path

from pipelines.text_set_entries import (
    UNREADABLE,
    TextSetEntries,
    entries_of,
    find_files,
    number,
    read_table,
)
from radarsim.errors import InputError

SOURCE = "BABEL"
LICENCE = "BABEL, non-commercial research: https://babel.is.tue.mpg.de/license.html"
FILES = ("train.json", "val.json", "test.json", "extra_train.json", "extra_val.json")
TRANSITION = "that mark transitions"
LABELLED_BEFORE = "of motions that another file labels, too"
OTHER_ANNOTATORS = "by further annotators"
WITHOUT_LABELS = "missing (sequences without labels)"


def read_babel(path: str | Path) -> TextSetEntries:
    """The actions of every sequence.

    Args:
        path: the published folder, or one of its files.

    Returns:
        Actions by motion.

    Raises:
        InputError: no such file, or none of BABEL's.
    """
    entries = TextSetEntries(SOURCE, LICENCE)
    for file in find_files(path, "--babel", FILES):
        sequences = read_table(file, "BABEL's train.json and the others")
        found = [each for each in sequences.values() if isinstance(each, dict)]
        if sequences and not any("feat_p" in each for each in found):
            hint = "give the folder with train.json, val.json and the others"
            raise InputError(file, "feat_p", "is in none of the entries", hint)
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
    entries.put_in(key, split)
    if not labels:
        return entries.leave_out(WITHOUT_LABELS)
    lasts_s = number(sequence.get("dur"))
    for label in labels:
        if not isinstance(label, dict):
            entries.leave_out(UNREADABLE)
        elif _is_transition(label):
            entries.leave_out(TRANSITION)
        else:
            times = (label.get("start_t"), label.get("end_t", "")) if of_frames else (0, None)
            entries.add(key, _words(label), *times, lasts_s=lasts_s, kind="action")


def _labels(entries: TextSetEntries, sequence: dict) -> tuple[list, bool]:
    """The labels that hold, and whether they are those of frames."""
    for kind in ("frame_ann", "seq_ann"):
        annotations = [sequence.get(kind), *entries_of(sequence.get(f"{kind}s"))]
        lists = [entries_of(each.get("labels")) for each in annotations if isinstance(each, dict)]
        lists = [labels for labels in lists if labels]
        if lists:
            # Annotators describe the same motion: one of them, as in the published notebooks.
            entries.leave_out(OTHER_ANNOTATORS, sum(map(len, lists[1:])))
            return lists[0], kind == "frame_ann"
    return [], False


def _words(label: dict) -> object:
    words = label.get("proc_label")
    return words if isinstance(words, str) and words.strip() else label.get("raw_label")


def _is_transition(label: dict) -> bool:
    kinds = label.get("act_cat")
    return "transition" in (_words(label), *(kinds if kinds == ["transition"] else ()))
