"""The files of a motion corpus: AMASS, HumanML3D and BABEL layouts, written whole or not at all.

    DIR/subject00/wave_hand_000_poses.npz     SMPL-H poses as AMASS publishes them
    DIR/index.csv, DIR/texts/000000.txt       captions as HumanML3D has them
    DIR/segments.json                         timed actions as BABEL has them
    DIR/attributes.jsonl                      five sentences for every caption
    DIR/about.json                            what was asked for

`texts/` and the index count at 20 frames/s. A part file beside each motion holds its texts until
the corpus is complete.
"""

import io
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from builders.corpus.corpus import ATTRIBUTES, Job, Order, Piece, subject_name
from radarsim.scene.motion import REST_PELVIS_M, Motion
from radarsim.scene.skeleton import NUM_JOINTS

PARTS = "parts"
COLUMNS = ("caption", "variant", "part", "sentence", "provenance")
ABOUT, SEGMENTS_FILE, ATTRIBUTES_FILE = "about.json", "segments.json", "attributes.jsonl"
LICENCE = "Apache-2.0"
NUM_SMPL_BETAS = 16
_RATE_HZ = 20  # HumanML3D counts frames at
STAND_IN = "a stand-in for recordings: made-up people, simulated capture flaws"


def motion_path(order: Order, job: Job) -> str:
    """Of a take, from the corpus on."""
    return f"{subject_name(order, job.subject_number)}/{job.name}_poses.npz"


def is_made(folder: Path, order: Order, job: Job) -> bool:
    """Whether a take lies there complete."""
    return (folder / motion_path(order, job)).is_file() and _part(folder, job).is_file()


def write_take(folder: Path, order: Order, job: Job, motion: Motion, pieces: list[Piece]) -> None:
    """A motion and its part file; the motion appears last and whole."""
    part = {"number": job.number, "path": motion_path(order, job),
            "duration_s": round(motion.duration_s, 4), "num_poses": motion.num_poses,
            "pieces": [asdict(piece) for piece in pieces]}  # fmt: skip
    _write(_part(folder, job), json.dumps(part, ensure_ascii=False).encode())
    _write(folder / motion_path(order, job), amass_bytes(motion))


def amass_bytes(motion: Motion) -> bytes:
    """The motion as an AMASS `.npz`: the same motion gives the same bytes.

    `trans` is written for SMPL's mean body and `betas` are zero, as tools that know only SMPL read
    them; `free_betas` holds the shape in the free body's space, which this package reads instead.
    """
    poses_rad = np.zeros((motion.num_poses, NUM_JOINTS["smplh"], 3), np.float32)
    poses_rad[:, :22] = motion.poses_rad[:, :22]
    arrays = {
        "poses": poses_rad.reshape(motion.num_poses, -1),
        "trans": (motion.pelvis_m - REST_PELVIS_M["smpl"]).astype(np.float32),
        "betas": np.zeros(NUM_SMPL_BETAS),
        "free_betas": motion.betas,
        "gender": np.array(motion.gender),
        "mocap_framerate": np.array(float(motion.rate_hz)),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def finish(folder: Path, order: Order, jobs: list[Job]) -> int:
    """Gather the parts into the texts of all takes; returns how many captions differ."""
    parts = [json.loads(_part(folder, job).read_text("utf-8")) for job in jobs]
    (folder / "texts").mkdir(exist_ok=True)
    rows = ["source_path,start_frame,end_frame,new_name"]
    segments, sentences, captions = {}, {}, set()
    for part in parts:
        name = f"{part['number']:06d}"
        source = f"./pose_data/{part['path'].removesuffix('.npz')}.npy"
        rows.append(f"{source},0,{int(part['duration_s'] * _RATE_HZ)},{name}.npy")
        lines = list(_caption_lines(part))
        captions |= {line.split("#")[0] for line in lines}
        _write(folder / "texts" / f"{name}.txt", ("\n".join(lines) + "\n").encode())
        segments[name] = _babel_entry(part)
        for row in _sentences(part):
            sentences[row["caption"], row["variant"], row["part"]] = row
    _write(folder / "index.csv", ("\n".join(rows) + "\n").encode())
    _write(folder / SEGMENTS_FILE, json.dumps(segments, indent=0).encode())
    lines = (json.dumps(row, ensure_ascii=False) for row in sentences.values())
    _write(folder / ATTRIBUTES_FILE, ("\n".join(lines) + "\n").encode())
    _write(folder / ABOUT, about(order, complete=True))
    for job in jobs:
        _part(folder, job).unlink()
    (folder / PARTS).rmdir()
    return len(captions)


def about(order: Order, complete: bool) -> bytes:
    """What the corpus is, in a file beside it."""
    kind = STAND_IN if order.domain != "home" else "made-up people"
    table = {"order": asdict(order), "kind": kind, "licence": LICENCE, "complete": complete}
    return (json.dumps(table, indent=1) + "\n").encode()


def begin(folder: Path, order: Order) -> None:
    """Make the folder and note what is asked for."""
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    _write(folder / ABOUT, about(order, complete=False))


def _caption_lines(part) -> Iterable[str]:
    """`caption#tokens#from#to`, 0 and 0 for the whole; tokens are the words without their kinds."""
    for piece in part["pieces"]:
        whole = piece["end_s"] - piece["start_s"] >= part["duration_s"] - 0.01
        span = (0.0, 0.0) if whole else (round(piece["start_s"], 3), round(piece["end_s"], 3))
        for caption in piece["captions"]:
            tokens = " ".join(f"{word}/X" for word in caption.replace(",", "").lower().split())
            yield f"{caption}#{tokens}#{span[0]}#{span[1]}"


def _babel_entry(part) -> dict:
    """The labels of frames, of all pieces but the one that tells the whole."""
    folder, name = part["path"].split("/")
    labels = [
        {"raw_label": piece["label"], "proc_label": piece["label"], "act_cat": [],
         "start_t": round(piece["start_s"], 3), "end_t": round(piece["end_s"], 3)}
        for piece in part["pieces"] if piece["label"]
    ]  # fmt: skip
    return {"feat_p": f"{folder}/{folder}/{name}", "dur": part["duration_s"], "seq_ann": None,
            "frame_ann": {"labels": labels}}  # fmt: skip


def _sentences(part) -> Iterable[dict]:
    """A row for each caption, label, variant and part of the body."""
    for piece in part["pieces"]:
        source = piece["provenance"]
        for caption in filter(None, (piece["label"], *piece["captions"])):
            for number, variant in enumerate(piece["attributes"]):
                for name in ATTRIBUTES:
                    yield dict(zip(COLUMNS, (caption, number, name, variant[name], source)))


def _part(folder, job) -> Path:
    return folder / PARTS / f"{job.number:06d}.json"


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, whenever the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(data)
    half.replace(path)
