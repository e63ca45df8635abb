"""Reader of HumanML3D: three or four sentences for each of 14,616 segments of AMASS motions.

`index.csv` lists each clip's motion, first and last frame at 20 frames/s, and id; `texts/ID.txt`
contains one line per sentence, `caption#tokens#from#to`, with from = to = 0 [s] for the whole clip;
`train.txt`, `val.txt` and `test.txt` list ids. Ids with M denote mirrored motions, whose texts are
left out because AMASS does not contain mirrored motions.

Like the published scripts, this reader cuts off the start of motions from some collections before
it counts frames. The published scripts also take every n-th pose with n = floor(rate / 20), which
does not give 20 frames/s if the rate is not a multiple of 20; `frame_scale` corrects the times.

Source:
    Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", CVPR 2022, and
    `raw_pose_processing.ipynb` of https://github.com/EricGuo5513/HumanML3D.
"""

import csv
from pathlib import Path

from pipelines.caption_datasets.entries import (
    MIRRORED,
    NO_TIMES,
    UNREADABLE,
    TextSetEntries,
    as_number,
    find_files,
    read_splits,
)
from pipelines.table_files import read_bytes
from radarsim.errors import InputError

SOURCE = "HumanML3D"
LICENCE = "HumanML3D, MIT: https://github.com/EricGuo5513/HumanML3D"
RATE_HZ = 20
COLUMNS = ("source_path", "start_frame", "end_frame", "new_name")
# Segments of at least this length are left out, because the caption of a long segment may not apply
# to every window of the segment (mmCLIP paper, section 4.2).
LONGEST_S = 5.0
# Duration removed from the start of a motion before frames are counted [s], keyed by the collection
# name in `motion_key`.
HEAD_S = {
    "eyesjapandataset": 3.0,
    "hdm05": 3.0,
    "totalcapture": 1.0,
    "poseprior": 1.0,
    "transitions": 0.5,
}

TOO_LONG = f"of segments of {LONGEST_S:g} s or more"
NOT_AMASS = "of HumanAct12, which is not in AMASS"
NO_TEXT_FILE = "missing (clips of the index without a file in texts)"
NOT_IN_INDEX = "that are not in the index"


def read_humanml3d(path: str | Path, longest_s: float = LONGEST_S) -> TextSetEntries:
    """Read the sentences of all HumanML3D clips.

    Args:
        path: folder with `index.csv`; `texts/` and the split files are in this folder or in its
            subfolder `HumanML3D/`.
        longest_s: limit of the segment length [s]; texts of segments at or above the limit are left
            out.

    Returns:
        Sentences, keyed by motion.

    Raises:
        InputError: the index is missing or invalid, or the texts are missing.
    """
    (index,) = find_files(path, "--humanml3d", ("index.csv",))
    texts = _beside(index.parent, "texts")
    if texts is None:
        hint = "unpack texts.zip there"
        raise InputError(index.parent, "texts", "no such folder", hint)
    entries = TextSetEntries(SOURCE, LICENCE)
    splits = read_splits(texts.parent)
    files = {file.stem: file for file in sorted(texts.glob("*.txt"))}
    for row in _rows(index):
        name = Path(str(row["new_name"])).stem
        if name not in files:
            entries.leave_out(NO_TEXT_FILE)
            continue
        _add_clip(entries, row, _lines(files.pop(name)), splits.get(name, ""), longest_s)
    for name, file in files.items():
        cause = MIRRORED if name.startswith("M") else NOT_IN_INDEX
        entries.leave_out(cause, len(_lines(file)))
    return entries


def frame_scale(mocap_rate_hz: float) -> float:
    """Ratio of true time to the time stated in HumanML3D, for a given motion-capture rate.

    For example, the published scripts decimate a motion at 250 Hz by 12 and treat the result as 20
    Hz, so the true time is 0.96 times the stated time.
    """
    every = int(mocap_rate_hz / RATE_HZ)
    return every * RATE_HZ / mocap_rate_hz if every else 1.0


def _add_clip(
    entries: TextSetEntries, row: dict, lines: list[str], split: str, longest_s: float
) -> None:
    path = row["source_path"]
    if isinstance(path, str) and "humanact12" in path.casefold():
        return entries.leave_out(NOT_AMASS, len(lines))
    key = entries.key(path, len(lines))
    if key is None:
        return
    first, end = as_number(row["start_frame"]), as_number(row["end_frame"])
    if first is None or end is None or first < 0 or not (end > first or end == -1):
        return entries.leave_out(NO_TIMES, len(lines))
    entries.add_split(key, split)
    start_s = first / RATE_HZ + HEAD_S.get(key.split("/")[0], 0.0)
    clip = start_s, None if end == -1 else start_s + (end - first) / RATE_HZ
    for line in lines:
        _add_line(entries, key, clip, line, longest_s)


def _add_line(
    entries: TextSetEntries, key: str, clip: tuple[float, float | None], line: str, longest_s: float
) -> None:
    caption, *fields = line.rsplit("#", 3)
    tags = [_tag(field) for field in fields[1:]]
    if len(tags) < 2 or None in tags:
        return entries.leave_out(UNREADABLE)
    start_s, end_s = clip
    if min(tags) < 0:
        return entries.leave_out(NO_TIMES)
    if tags != [0, 0]:
        end_s = start_s + tags[1] if end_s is None else min(end_s, start_s + tags[1])
        start_s += tags[0]
    if end_s is not None and end_s - start_s >= longest_s:
        return entries.leave_out(TOO_LONG)
    entries.add(key, caption, start_s, end_s)


def _tag(field: str) -> float | None:
    """Time tag [s]; the authors treat NaN, which occurs in published tags, as zero."""
    return 0.0 if field.strip().casefold() == "nan" else as_number(field)


def _rows(index: Path) -> list[dict]:
    text = read_bytes(index).decode(errors="replace")
    try:
        rows = list(csv.DictReader(text.splitlines()))
    except csv.Error as error:
        raise InputError(index, "CSV", str(error), "give index.csv as published") from None
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        problem = f"column {missing[0]} is missing" if rows else "has no rows"
        raise InputError(index, "CSV", problem, "give index.csv as published")
    return rows


def _lines(file: Path) -> list[str]:
    lines = read_bytes(file).decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()]


def _beside(folder: Path, name: str) -> Path | None:
    """Return the subfolder `name` of the folder, or of its subfolder `HumanML3D/` as in the
    published repository."""
    places = (folder / name, folder / "HumanML3D" / name)
    return next((place for place in places if place.is_dir()), None)
