"""Writer of synthetic motion corpora in the layouts of AMASS, HumanML3D and BABEL.

    DIR/subject00/wave_hand_000_poses.npz     SMPL-H poses as AMASS publishes them
    DIR/index.csv, DIR/texts/000000.txt       captions as in HumanML3D
    DIR/segments.json                         timed actions as in BABEL
    DIR/attributes.jsonl                      five sentences for every caption
    DIR/about.json                            specification of the corpus

Frame numbers in `index.csv` refer to a rate of 20 frames per second, as in HumanML3D. Until the
corpus is complete, the texts of each motion are stored in a separate part file. Every file is
written completely or not at all.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from builders.activities.texts import ATTRIBUTES
from builders.corpus.plan import CorpusSpec, PlannedTake, subject_name
from builders.corpus.synthesis import CaptionedSpan
from radarsim.scene.formats.amass_writer import amass_arrays, npz_bytes
from radarsim.scene.motion import Motion

PARTS = "parts"
COLUMNS = ("caption", "variant", "part", "sentence", "provenance")
ABOUT, SEGMENTS_FILE, ATTRIBUTES_FILE = "about.json", "segments.json", "attributes.jsonl"
LICENCE = "Apache-2.0"
_RATE_HZ = 20  # frame rate of HumanML3D
# Kinds of corpora, stated in `about.json`.
HOME_KIND = "made-up people"
STAND_IN = "a stand-in for recordings: made-up people, simulated capture flaws"


def motion_path(spec: CorpusSpec, planned: PlannedTake) -> str:
    """Path of a motion file, relative to the corpus folder."""
    return (
        f"{subject_name(planned.subject_number, spec.seed, spec.domain)}/{planned.name}_poses.npz"
    )


def is_written(folder: Path, spec: CorpusSpec, planned: PlannedTake) -> bool:
    """Whether the motion file and the part file of a take exist."""
    return (folder / motion_path(spec, planned)).is_file() and _part(folder, planned).is_file()


def write_take(
    folder: Path,
    spec: CorpusSpec,
    planned: PlannedTake,
    motion: Motion,
    spans: list[CaptionedSpan],
) -> None:
    """Write the part file of a take, then its motion."""
    part = {
        "number": planned.number,
        "path": motion_path(spec, planned),
        "duration_s": round(motion.duration_s, 4),
        "num_poses": motion.num_poses,
        "pieces": [asdict(span) for span in spans],
    }
    _write(_part(folder, planned), json.dumps(part, ensure_ascii=False).encode())
    _write(folder / motion_path(spec, planned), amass_bytes(motion))


def amass_bytes(motion: Motion) -> bytes:
    """Encode a motion as an AMASS `.npz` file; equal motions give identical bytes.

    `trans` is written for SMPL's mean body and `betas` are zero, so that tools that support only
    SMPL can read the file; `free_betas` contains the shape coefficients of the free body, which
    this package reads instead.
    """
    return npz_bytes(amass_arrays(motion))


def begin_corpus(folder: Path, spec: CorpusSpec) -> None:
    """Create the folder and write `about.json`, marked as incomplete.

    Half-written files that a killed build has left behind are removed.
    """
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    for half in filter(_is_half, list(folder.rglob(".*"))):
        half.unlink()
    _write(folder / ABOUT, about_bytes(spec, complete=False))


def finish_corpus(folder: Path, spec: CorpusSpec, takes: list[PlannedTake]) -> int:
    """Merge the part files into the text files; return the number of distinct captions."""
    parts = [json.loads(_part(folder, planned).read_text("utf-8")) for planned in takes]
    (folder / "texts").mkdir(exist_ok=True)
    captions = _write_captions(folder, parts)
    segments = {f"{part['number']:06d}": _babel_entry(part) for part in parts}
    _write(folder / SEGMENTS_FILE, json.dumps(segments, indent=0).encode())
    _write_sentences(folder, parts)
    _write(folder / ABOUT, about_bytes(spec, complete=True))
    shutil.rmtree(folder / PARTS)
    return len(captions)


def about_bytes(spec: CorpusSpec, complete: bool) -> bytes:
    """Content of `about.json`: specification, kind, licence, and whether the corpus is complete."""
    kind = STAND_IN if spec.domain != "home" else HOME_KIND
    table = {"order": asdict(spec), "kind": kind, "licence": LICENCE, "complete": complete}
    return (json.dumps(table, indent=1) + "\n").encode()


def _write_captions(folder, parts) -> set[str]:
    """Write the captions of each take and the index file; return the distinct captions."""
    rows, captions = ["source_path,start_frame,end_frame,new_name"], set()
    for part in parts:
        name = f"{part['number']:06d}"
        source = f"./pose_data/{part['path'].removesuffix('.npz')}.npy"
        rows.append(f"{source},0,{int(part['duration_s'] * _RATE_HZ)},{name}.npy")
        lines = list(_caption_lines(part))
        captions |= {line.split("#")[0] for line in lines}
        _write(folder / "texts" / f"{name}.txt", ("\n".join(lines) + "\n").encode())
    _write(folder / "index.csv", ("\n".join(rows) + "\n").encode())
    return captions


def _caption_lines(part) -> Iterable[str]:
    """Yield the lines `caption#tokens#from#to` of a take.

    If both times are 0.0, the caption describes the whole motion. Every word has the part-of-speech
    tag X.
    """
    for span in part["pieces"]:
        whole = span["end_s"] - span["start_s"] >= part["duration_s"] - 0.01
        start_s, end_s = (
            (0.0, 0.0) if whole else (round(span["start_s"], 3), round(span["end_s"], 3))
        )
        for caption in span["captions"]:
            tokens = " ".join(f"{word}/X" for word in caption.replace(",", "").lower().split())
            yield f"{caption}#{tokens}#{start_s}#{end_s}"


def _babel_entry(part) -> dict:
    """BABEL entry with frame labels for all spans that have a label."""
    folder, name = part["path"].split("/")
    labels = [
        {
            "raw_label": span["label"],
            "proc_label": span["label"],
            "act_cat": [],
            "start_t": round(span["start_s"], 3),
            "end_t": round(span["end_s"], 3),
        }
        for span in part["pieces"]
        if span["label"]
    ]
    return {
        "feat_p": f"{folder}/{folder}/{name}",
        "dur": part["duration_s"],
        "seq_ann": None,
        "frame_ann": {"labels": labels},
    }


def _write_sentences(folder, parts) -> None:
    """Write one line for each combination of caption, wording and body part."""
    sentences = {}
    for part in parts:
        for row in _sentence_rows(part):
            sentences[row["caption"], row["variant"], row["part"]] = row
    lines = (json.dumps(row, ensure_ascii=False) for row in sentences.values())
    _write(folder / ATTRIBUTES_FILE, ("\n".join(lines) + "\n").encode())


def _sentence_rows(part) -> Iterable[dict]:
    """Yield a row for each combination of caption or label, wording and body part."""
    for span in part["pieces"]:
        source = span["provenance"]
        for caption in filter(None, (span["label"], *span["captions"])):
            for number, variant in enumerate(span["attributes"]):
                for name in ATTRIBUTES:
                    yield dict(zip(COLUMNS, (caption, number, name, variant[name], source)))


def _part(folder, planned) -> Path:
    return folder / PARTS / f"{planned.number:06d}.json"


def _write(path: Path, data: bytes) -> None:
    """Write a file atomically: after an interruption, the file is complete or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(data)
    half.replace(path)


def _is_half(path: Path) -> bool:
    """Whether a file was not completely written by `_write`."""
    return re.fullmatch(r"\..+\.(json|jsonl|npz|csv|txt)\.\d+", path.name) is not None
